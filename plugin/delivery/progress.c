/* SPDX-License-Identifier: Apache-2.0 */
#include "delivery/progress.h"

#include "base/text.h"
#include "delivery/route.h"

#define REASON_MAX_BYTES 1800

static void
recipient_free(gpointer data)
{
    SpocRequestRecipient *recipient = data;
    g_free(recipient->address);
    g_free(recipient->words);
    g_free(recipient);
}

SpocDeliveryRequest *
spoc_delivery_request_new(const SpocParcel *parcel)
{
    SpocDeliveryRequest *job = g_new0(SpocDeliveryRequest, 1);
    job->id = g_strdup(parcel->id);
    job->sender = g_strdup(parcel->sender);
    job->recipients = g_ptr_array_new_with_free_func(recipient_free);
    job->stage = -1;
    for (guint i = 0; parcel->recipients[i] != NULL; i++) {
        SpocRequestRecipient *recipient = g_new0(SpocRequestRecipient, 1);
        recipient->address = g_strdup(parcel->recipients[i]);
        recipient->open = TRUE;
        recipient->result = SPOC_RESULT_LATER;
        g_ptr_array_add(job->recipients, recipient);
    }
    job->content = parcel->stream != NULL ? spoc_content_ref(parcel->stream)
                                          : spoc_content_new_bytes(parcel->content);
    job->drops = parcel->drops;
    job->dropped_by = g_strdup(parcel->dropped_by);
    job->trace = parcel->trace;
    job->finished = parcel->finished;
    job->user_data = parcel->user_data;
    job->reason = g_string_new(NULL);
    return job;
}

void
spoc_delivery_request_free(SpocDeliveryRequest *job)
{
    if (job == NULL)
        return;
    g_free(job->id);
    g_free(job->sender);
    g_ptr_array_unref(job->recipients);
    spoc_content_unref(job->content);
    g_string_free(job->reason, TRUE);
    g_free(job->dropped_by);
    g_free(job->server);
    g_free(job->queue_reply);
    g_free(job);
}

gboolean
spoc_delivery_request_is_open(const SpocDeliveryRequest *job)
{
    for (guint i = 0; i < job->recipients->len; i++) {
        const SpocRequestRecipient *recipient = g_ptr_array_index(job->recipients, i);
        if (recipient->open)
            return TRUE;
    }
    return FALSE;
}

SpocMail *
spoc_delivery_request_make_mail(SpocDeliveryRequest *job)
{
    SpocMail *mail = spoc_mail_new(job->sender, job->content, job);
    for (guint i = 0; i < job->recipients->len &&
                      mail->recipients->len < SPOC_DELIVERY_REQUEST_MAIL_RECIPIENTS_MAX;
         i++) {
        SpocRequestRecipient *recipient = g_ptr_array_index(job->recipients, i);
        if (recipient->open)
            spoc_mail_add_recipient(mail, recipient->address, recipient);
    }
    return mail;
}

void
spoc_delivery_request_note(SpocRequestRecipient *recipient, SpocVerdict verdict, const char *words)
{
    if (!recipient->open)
        return;
    g_free(recipient->words);
    recipient->words = g_strdup(words);
    switch (verdict) {
    case SPOC_VERDICT_DELIVERED:
        recipient->open = FALSE;
        recipient->result = SPOC_RESULT_DELIVERED;
        break;
    case SPOC_VERDICT_RETURN:
        recipient->open = FALSE;
        recipient->result = SPOC_RESULT_RETURN;
        break;
    case SPOC_VERDICT_RETURN_UNLESS_BACKUP:
        recipient->returned_unless_backup = TRUE;
        break;
    case SPOC_VERDICT_HOLD:
        recipient->result = SPOC_RESULT_HOLD;
        recipient->returned_unless_backup = FALSE;
        break;
    case SPOC_VERDICT_FRESH:
    case SPOC_VERDICT_SAME_SERVER:
    case SPOC_VERDICT_LATER:
    case SPOC_VERDICT_SLOWER:
        /* A server that wants something mended stays the louder one. */
        recipient->returned_unless_backup = FALSE;
        break;
    }
}

void
spoc_delivery_request_note_all(SpocDeliveryRequest *job, SpocVerdict verdict, const char *words)
{
    for (guint i = 0; i < job->recipients->len; i++)
        spoc_delivery_request_note(g_ptr_array_index(job->recipients, i), verdict, words);
}

void
spoc_job_note_drop(SpocDeliveryRequest *job, const char *server)
{
    job->dropped_now = TRUE;
    /* Once one server had its chance, any may have it: there is nothing more to find out. */
    if (job->drops < SPOC_ROUTE_DROPS_MAX && g_strcmp0(job->dropped_by, server) != 0) {
        g_free(job->dropped_by);
        job->dropped_by = g_strdup(server);
        job->drops = 0;
    }
    job->drops++;
    job->stay = job->drops < SPOC_ROUTE_DROPS_MAX;
}

void
spoc_delivery_request_explain(SpocDeliveryRequest *job, SpocStage stage, const char *sentence)
{
    job->stage = (int)stage;
    if (g_str_has_suffix(job->reason->str, sentence))
        return;
    if (job->reason->len > 0)
        g_string_append(job->reason, "; then ");
    g_string_append(job->reason, sentence);
}

static SpocResult
final_result(const SpocRequestRecipient *recipient, gboolean untried)
{
    if (recipient->open && recipient->returned_unless_backup && !untried)
        return SPOC_RESULT_RETURN;
    return recipient->result;
}

void
spoc_delivery_request_finish(SpocDeliveryRequest *job, gboolean untried, gint64 earliest_unix_s)
{
    g_autofree SpocRecipientOutcome *outcomes =
        g_new0(SpocRecipientOutcome, MAX(job->recipients->len, 1));
    gboolean all = TRUE, any = FALSE;
    for (guint i = 0; i < job->recipients->len; i++) {
        const SpocRequestRecipient *recipient = g_ptr_array_index(job->recipients, i);
        outcomes[i].address = recipient->address;
        outcomes[i].result = final_result(recipient, untried);
        outcomes[i].reply = recipient->words != NULL ? recipient->words : job->reason->str;
        all = all && outcomes[i].result == SPOC_RESULT_DELIVERED;
        any = any || outcomes[i].result == SPOC_RESULT_DELIVERED;
    }
    g_autofree char *reason = all ? NULL : spoc_text_line(job->reason->str, -1, REASON_MAX_BYTES);
    const SpocOutcome outcome = {
        .recipients = outcomes,
        .recipient_count = job->recipients->len,
        .reason = reason,
        .stage = job->stage,
        .server = job->server,
        .queue_reply = job->queue_reply,
        .possible_duplicate = job->dropped_now || (any && job->drops > 0),
        .drops = job->drops,
        .dropped_by = job->dropped_by,
        .attempted = job->tried != 0,
        .earliest_unix_s = earliest_unix_s,
    };
    job->finished(&outcome, job->user_data);
}

void
spoc_delivery_request_trace(const SpocDeliveryRequest *job, SpocStage stage, gboolean good,
                            const char *server, const char *text)
{
    if (job->trace != NULL)
        job->trace(stage, good, server, text, job->user_data);
}
