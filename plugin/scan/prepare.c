/* SPDX-License-Identifier: Apache-2.0 */
#include "scan/prepare.h"

#include "base/error.h"
#include "delivery/attachment.h"
#include "message/scan.h"

#include <unistd.h>

void
spoc_prepared_scan_clear(SpocPreparedScan *prepared)
{
    g_clear_pointer(&prepared->envelope, spoc_envelope_free);
    g_clear_pointer(&prepared->frame, g_bytes_unref);
    g_clear_pointer(&prepared->refused, g_ptr_array_unref);
}

static gboolean
check_size(const SpocRuntime *setup, const SpocScanMetadata *facts, GError **error)
{
    gint64 limit = spoc_config_integer(setup->config, SPOC_OPTION_SCAN_MAX_SIZE);
    if (limit == 0 || facts->size_bytes <= (guint64)limit)
        return TRUE;
    g_set_error(error, SPOC_ERROR, SPOC_ERROR_LIMIT,
                "the document has %" G_GUINT64_FORMAT
                " bytes, and scanMaxSize is %" G_GINT64_FORMAT,
                facts->size_bytes, limit);
    return FALSE;
}

static SpocComposedMail *
compose(SpocSpool *spool, const SpocRuntime *setup, const char *name, const SpocScanMetadata *facts,
        const SpocScanRequest *order, GError **error)
{
    guint8 start[SPOC_SCAN_START_BYTES];
    int fd = spoc_scan_open_document(spool, name, facts->size_bytes, error);
    if (fd < 0)
        return NULL;
    ssize_t count = pread(fd, start, sizeof start, 0);
    close(fd);
    return spoc_scan_request_compose(order, name, facts, setup, start, (gsize)MAX(count, 0), error);
}

static SpocEnvelope *
make_envelope(const SpocRuntime *setup, const SpocScanMetadata *facts, const SpocScanRequest *order,
              const SpocComposedMail *mail)
{
    const GPtrArray *groups[] = {order->to, order->cc};
    SpocEnvelope *envelope = spoc_envelope_new();
    envelope->id = g_strdup(mail->id);
    envelope->kind = g_strdup(SPOC_SCAN_KIND);
    envelope->sender = g_strdup(setup->sender);
    for (guint i = 0; i < G_N_ELEMENTS(groups); i++) {
        for (guint k = 0; k < groups[i]->len; k++) {
            const SpocPerson *person = g_ptr_array_index(groups[i], k);
            spoc_envelope_add_recipient(envelope, person->address);
        }
    }
    envelope->owner = g_strdup(order->owner != NULL ? order->owner->address : NULL);
    envelope->job_id = facts->job_id;
    envelope->subject = g_strdup(mail->subject);
    envelope->message_id = g_strdup(mail->message_id);
    envelope->size_bytes =
        g_bytes_get_size(mail->bytes) + spoc_attachment_encoded_bytes(facts->size_bytes);
    envelope->created_unix_s = g_get_real_time() / G_USEC_PER_SEC;
    return envelope;
}

static gboolean
prepare(SpocSpool *spool, const SpocRuntime *setup, const char *name, const SpocScanMetadata *facts,
        const SpocScanRequest *order, SpocPreparedScan *ret_prepared, GError **error)
{
    g_autoptr(SpocComposedMail) mail = compose(spool, setup, name, facts, order, error);
    if (mail == NULL)
        return FALSE;
    ret_prepared->envelope = make_envelope(setup, facts, order, mail);
    ret_prepared->frame = g_bytes_ref(mail->bytes);
    return TRUE;
}

gboolean
spoc_scan_prepare(SpocSpool *spool, const SpocRuntime *setup, const char *name,
                  const SpocScanMetadata *facts, SpocScanAsking *asking,
                  SpocPreparedScan *ret_prepared, GError **error)
{
    if (!check_size(setup, facts, error))
        return FALSE;
    g_autoptr(SpocScanRequest) order = spoc_scan_request_new(facts, setup, spool, asking, error);
    if (order == NULL || !prepare(spool, setup, name, facts, order, ret_prepared, error))
        return FALSE;
    ret_prepared->refused = g_ptr_array_ref(order->refused);
    return TRUE;
}

gboolean
spoc_scan_keep_failed(SpocSpool *spool, const SpocRuntime *setup, const char *name,
                      const SpocScanMetadata *facts, const char *reason,
                      SpocPreparedScan *ret_prepared, GError **error)
{
    g_autoptr(GPtrArray) nobody = g_ptr_array_new();
    g_autoptr(GPtrArray) to = g_ptr_array_new();
    SpocPerson sender = {.address = (char *)setup->sender};
    g_ptr_array_add(to, &sender);
    const SpocScanRequest order = {
        .to = to, .cc = nobody, .subject = facts->title, .filename = facts->title};
    if (!prepare(spool, setup, name, facts, &order, ret_prepared, error))
        return FALSE;
    SpocEnvelopeRecipient *recipient = g_ptr_array_index(ret_prepared->envelope->recipients, 0);
    recipient->state = SPOC_STATE_FAILED;
    recipient->reply = g_strdup(reason);
    ret_prepared->envelope->reason = g_strdup(reason);
    return spoc_message_add(spool, ret_prepared->envelope, ret_prepared->frame, SPOC_STATE_FAILED,
                            error) &&
           spoc_scan_taken(spool, name, error);
}
