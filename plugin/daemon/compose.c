/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/compose.h"

#include "message/notification.h"

static SpocEnvelope *
make_envelope(const SpocComposition *composition, const SpocComposedMail *mail)
{
    SpocEnvelope *envelope = spoc_envelope_new();
    envelope->id = g_strdup(mail->id);
    envelope->kind = g_strdup("notification");
    envelope->sender = g_strdup(composition->setup->sender);
    spoc_envelope_add_recipient(envelope, composition->person->address);
    envelope->job_id = composition->event->job_id;
    envelope->subject = g_strdup(mail->subject);
    envelope->message_id = g_strdup(mail->message_id);
    envelope->size_bytes = g_bytes_get_size(mail->bytes);
    envelope->created_unix_s = g_get_real_time() / G_USEC_PER_SEC;
    return envelope;
}

SpocEnvelope *
spoc_compose(const SpocComposition *composition, GBytes **ret_body, GError **error)
{
    const SpocJobFacts *facts = composition->facts;
    const SpocPerson *person = composition->person;
    const SpocRecipientUri *uri = composition->uri;
    const SpocNotice notice = {
        .event = composition->event,
        .owner = facts != NULL ? facts->owner : NULL,
        .job_title = facts != NULL ? facts->title : NULL,
        .times = 1,
    };
    const SpocNotification notification = {
        .notices = &notice,
        .notice_count = 1,
        .journal = spoc_journal_name(composition->journal),
        .person = person,
        .sender = composition->setup->sender,
        .host_name = composition->setup->host_name,
        .subject = uri->subject,
        .language = person->language != NULL ? person->language : uri->language,
        .format = uri->format,
        .fallback_unix_s = spoc_journal_created_unix_s(composition->journal),
    };
    g_autoptr(SpocComposedMail) mail = spoc_notification_compose(&notification, NULL, error);
    if (mail == NULL)
        return NULL;
    *ret_body = g_bytes_ref(mail->bytes);
    return make_envelope(composition, mail);
}
