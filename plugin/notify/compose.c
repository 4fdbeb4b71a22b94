/* SPDX-License-Identifier: Apache-2.0 */
#include "notify/compose.h"

#include "message/catalogue.h"
#include "message/notification.h"
#include "people/copies.h"

static SpocEnvelope *
make_envelope(const SpocRuntime *setup, const SpocGroup *group, char **copies,
              const SpocComposedMail *mail)
{
    const SpocNotice *last = spoc_group_last(group);
    SpocEnvelope *envelope = spoc_envelope_new();
    envelope->id = g_strdup(mail->id);
    envelope->kind = g_strdup(SPOC_QUEUE_NOTIFICATION_KIND);
    envelope->sender = g_strdup(setup->sender);
    spoc_envelope_add_recipient(envelope, group->person->address);
    for (guint i = 0; copies != NULL && copies[i] != NULL; i++)
        spoc_envelope_add_recipient(envelope, copies[i]);
    envelope->job_id = group->kind == SPOC_MAIL_NOTICE ? last->event->job_id : 0;
    envelope->subject = g_strdup(mail->subject);
    envelope->message_id = g_strdup(mail->message_id);
    envelope->size_bytes = g_bytes_get_size(mail->bytes);
    envelope->created_unix_s = g_get_real_time() / G_USEC_PER_SEC;
    return envelope;
}

/* What the recipient asks for, else what is known of the person, else the site's */
static const char *
language_of(const SpocRuntime *setup, const SpocGroup *group)
{
    if (group->language != NULL && spoc_catalogue_exists(group->language))
        return group->language;
    if (group->person->language != NULL && spoc_catalogue_exists(group->person->language))
        return group->person->language;
    return setup->language;
}

SpocEnvelope *
spoc_compose(const SpocRuntime *setup, const SpocGroup *group, GBytes **ret_body, GError **error)
{
    g_autofree char *members = spoc_group_members(group);
    g_auto(GStrv) copies = spoc_copies_for(setup->config, group->person->address);
    const SpocNotification notification = {
        .kind = group->kind,
        .notices = spoc_group_notice(group, 0),
        .notice_count = group->notices->len,
        .left_out = group->left_out,
        .members = members,
        .thread = group->kind == SPOC_MAIL_NOTICE ? group->thread : NULL,
        .person = group->person,
        .sender = setup->sender,
        .sender_name = setup->sender_name,
        .host_name = setup->host_name,
        .subject = group->subject,
        .subject_prefix = setup->subject_prefix,
        .cc = (const char *const *)copies,
        .language = language_of(setup, group),
        .format = group->format,
        .web_interface = setup->web_interface,
        .templates = setup->templates,
        .fallback_unix_s = group->created_unix_s,
        .date_unix_s = group->kind != SPOC_MAIL_NOTICE ? g_get_real_time() / G_USEC_PER_SEC : 0,
    };
    g_autoptr(SpocComposedMail) mail = spoc_notification_compose(&notification, NULL, error);
    if (mail == NULL)
        return NULL;
    *ret_body = g_bytes_ref(mail->bytes);
    return make_envelope(setup, group, copies, mail);
}
