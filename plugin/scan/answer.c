/* SPDX-License-Identifier: Apache-2.0 */
#include "scan/answer.h"

#include "control/protocol.h"
#include "spool/message.h"

void
spoc_scan_answer(SpocControlPeer *client, SpocSubmitResult end, const char *text)
{
    g_autofree char *line = spoc_control_result_line(end, text);
    spoc_control_peer_reply(client, line);
}

gboolean
spoc_scan_answer_recorded(SpocControlPeer *client, SpocSpool *spool, SpocLog *log, const char *name)
{
    g_auto(SpocScanRecord) record = {0};
    SpocState state;
    gboolean is_message = spoc_message_find(spool, name, &state, NULL);
    gboolean has_record = spoc_scan_find_record(spool, name, &record, NULL);
    if (!is_message && !has_record)
        return FALSE;
    /* What waits needs its document, which is the same as this one. */
    gboolean was_delivered = has_record && record.end == SPOC_SCAN_DELIVERED;
    g_autoptr(GError) error = NULL;
    if (was_delivered && !is_message && !spoc_scan_remove(spool, name, &error))
        spoc_log(log, SPOC_LOG_ERROR, "%s: %s", name, error->message);
    spoc_scan_answer(client, was_delivered ? SPOC_SUBMIT_DELIVERED : SPOC_SUBMIT_QUEUED,
                     has_record ? record.text : "it was handed over before");
    return TRUE;
}

SpocSubmitResult
spoc_scan_answer_refused(const SpocRuntime *runtime)
{
    int wish = spoc_config_choice(runtime->config, SPOC_OPTION_SCAN_WHEN_REFUSED);
    return wish == SPOC_SCAN_REFUSED_HOLD ? SPOC_SUBMIT_REFUSED_HOLD : SPOC_SUBMIT_REFUSED;
}

SpocSubmitResult
spoc_scan_answer_unreachable(const SpocRuntime *runtime)
{
    static const SpocSubmitResult ends[] = {
        [SPOC_SCAN_UNREACHABLE_QUEUE] = SPOC_SUBMIT_QUEUED,
        [SPOC_SCAN_UNREACHABLE_HOLD] = SPOC_SUBMIT_HOLD,
        [SPOC_SCAN_UNREACHABLE_RETRY] = SPOC_SUBMIT_RETRY,
    };
    return ends[spoc_config_choice(runtime->config, SPOC_OPTION_SCAN_WHEN_UNREACHABLE)];
}

void
spoc_scan_answer_limit(SpocControlPeer *client, const SpocRuntime *runtime)
{
    gint64 limit = spoc_config_integer(runtime->config, SPOC_OPTION_SCAN_MAX_SIZE);
    g_autofree char *line =
        spoc_control_limit_line((guint64)limit, spoc_scan_answer_refused(runtime));
    spoc_control_peer_reply(client, line);
}

void
spoc_scan_answer_progress(SpocControlPeer *client, guint percent, const char *server)
{
    g_autofree char *line =
        spoc_control_progress_line(percent, server != NULL ? server : "the server");
    spoc_control_peer_reply(client, line);
}

gboolean
spoc_scan_has_delivered(const SpocEnvelope *envelope)
{
    for (guint i = 0; i < envelope->recipients->len; i++) {
        const SpocEnvelopeRecipient *recipient = g_ptr_array_index(envelope->recipients, i);
        if (recipient->state == SPOC_STATE_DONE)
            return TRUE;
    }
    return FALSE;
}
