/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/compose.h"

#include "message/notification.h"
#include "people/copies.h"

static SpocEnvelope *
make_envelope(const SpocSetup *setup, const SpocGroup *group, char **copies,
              const SpocComposedMail *mail)
{
    const SpocGroupItem *last = g_ptr_array_index(group->items, group->items->len - 1);
    SpocEnvelope *envelope = spoc_envelope_new();
    envelope->id = g_strdup(mail->id);
    envelope->kind = g_strdup("notification");
    envelope->sender = g_strdup(setup->sender);
    spoc_envelope_add_recipient(envelope, group->person->address);
    for (guint i = 0; copies != NULL && copies[i] != NULL; i++)
        spoc_envelope_add_recipient(envelope, copies[i]);
    envelope->job_id = group->kind == SPOC_MAIL_NEWS ? last->event->job_id : 0;
    envelope->subject = g_strdup(mail->subject);
    envelope->message_id = g_strdup(mail->message_id);
    envelope->size_bytes = g_bytes_get_size(mail->bytes);
    envelope->created_unix_s = g_get_real_time() / G_USEC_PER_SEC;
    return envelope;
}

SpocEnvelope *
spoc_compose(const SpocSetup *setup, const SpocGroup *group, GBytes **ret_body, GError **error)
{
    const SpocGroupItem *last = g_ptr_array_index(group->items, group->items->len - 1);
    g_auto(GStrv) copies = spoc_copies_for(setup->config, group->person->address);
    const SpocNotification notification = {
        .event = last->event,
        .journal = last->journal,
        .person = group->person,
        .sender = setup->sender,
        .host_name = setup->host_name,
        .owner = last->owner,
        .job_title = last->title,
        .subject = group->subject,
        .language = group->language,
        .format = group->format,
        .fallback_unix_s = group->created_unix_s,
    };
    g_autoptr(SpocComposedMail) mail = spoc_notification_compose(&notification, error);
    if (mail == NULL)
        return NULL;
    *ret_body = g_bytes_ref(mail->bytes);
    return make_envelope(setup, group, copies, mail);
}
