/* SPDX-License-Identifier: Apache-2.0 */
#include "scan/notice.h"

#include "base/error.h"
#include "message/scan.h"
#include "queue/bounces.h"
#include "queue/message.h"
#include "spool/scans.h"

static SpocComposedMail *
compose_notice(const SpocRuntime *runtime, const SpocScanMetadata *metadata,
               const SpocEnvelope *envelope, const SpocPerson *owner, GError **error)
{
    g_autoptr(GArray) undelivered = g_array_new(FALSE, FALSE, sizeof(SpocUndelivered));
    for (guint i = 0; i < envelope->recipients->len; i++) {
        const SpocEnvelopeRecipient *recipient = g_ptr_array_index(envelope->recipients, i);
        const SpocUndelivered one = {.address = recipient->address,
                                     .reason = recipient->reply != NULL ? recipient->reply
                                                                        : envelope->reason};
        if (recipient->state == SPOC_STATE_FAILED)
            g_array_append_val(undelivered, one);
    }
    SpocSender sender = spoc_runtime_sender(runtime, metadata->printer);
    const SpocScanNotice notice = {
        .id = envelope->id,
        .owner = owner,
        .undelivered = (const SpocUndelivered *)(gpointer)undelivered->data,
        .count = undelivered->len,
        .title = envelope->subject,
        .printer = *metadata->printer_info != '\0' ? metadata->printer_info : metadata->printer,
        .sender = sender.address,
        .sender_name = sender.name,
        .host_name = runtime->host_name,
        .language = runtime->language,
        .size_bytes = metadata->size_bytes,
        .mail_size_bytes = envelope->size_bytes,
        .sent_unix_s = metadata->created_unix_s,
        .now_unix_s = g_get_real_time() / G_USEC_PER_SEC,
    };
    return spoc_scan_notice_compose(&notice, error);
}

/* The owner's people now; while the directory must be asked, or cannot be, the address that was
 * the owner's when the document came: the notice cannot wait. */
static GPtrArray *
find_owner(const SpocRuntime *runtime, const char *user, const SpocEnvelope *failed, GError **error)
{
    const SpocRecipient owner = {.who = SPOC_WHO_OWNER};
    g_autoptr(GError) problem = NULL;
    GPtrArray *people = spoc_people_resolve(runtime->owner_people, &owner, user, NULL, &problem);
    gboolean is_unknown = g_error_matches(problem, SPOC_ERROR, SPOC_ERROR_PENDING) ||
                          g_error_matches(problem, SPOC_ERROR, SPOC_ERROR_UNAVAILABLE);
    if (is_unknown && failed->owner != NULL && spoc_address_is_valid(failed->owner, NULL)) {
        SpocPerson *person = g_new0(SpocPerson, 1);
        person->address = g_strdup(failed->owner);
        person->is_owner = TRUE;
        people = g_ptr_array_new_with_free_func((GDestroyNotify)spoc_person_free);
        g_ptr_array_add(people, person);
    } else if (problem != NULL) {
        g_propagate_error(error, g_steal_pointer(&problem));
    }
    return people;
}

static char *
queue_notice(SpocSpool *spool, const SpocRuntime *runtime, const SpocEnvelope *failed,
             GError **error)
{
    g_autoptr(SpocScanMetadata) metadata = spoc_scan_load(spool, failed->id, error);
    if (metadata == NULL)
        return NULL;
    g_autoptr(GPtrArray) people = find_owner(runtime, metadata->user, failed, error);
    if (people == NULL)
        return NULL;
    g_autoptr(SpocComposedMail) mail =
        compose_notice(runtime, metadata, failed, g_ptr_array_index(people, 0), error);
    if (mail == NULL)
        return NULL;
    g_autoptr(SpocMessage) message = spoc_message_from_mail(mail, SPOC_BOUNCE_KIND, "");
    SpocEnvelope *envelope = message->envelope;
    for (guint i = 0; i < people->len; i++) {
        const SpocPerson *person = g_ptr_array_index(people, i);
        spoc_envelope_add_recipient(envelope, person->address);
    }
    envelope->job_id = failed->job_id;
    envelope->next_attempt_unix_s = envelope->created_unix_s;
    if (!spoc_message_add(spool, message, SPOC_STATE_WAITING, error))
        return NULL;
    return g_strdup(mail->id);
}

char *
spoc_scan_notice_queue(SpocSpool *spool, SpocLog *log, const SpocRuntime *runtime,
                       const SpocEnvelope *envelope)
{
    g_autoptr(GError) error = NULL;
    char *id = queue_notice(spool, runtime, envelope, &error);
    if (id == NULL)
        spoc_log(log, SPOC_LOG_WARNING, "%s: its owner cannot be told that it failed: %s",
                 envelope->id, error->message);
    return id;
}
