/* SPDX-License-Identifier: Apache-2.0 */
#include "notify/compose.h"

#include "message/catalogue.h"
#include "message/notification.h"
#include "people/allow.h"
#include "queue/message.h"

/* What the recipient asks for, else what is known of the person, else the site's */
static const char *
language_of(const SpocRuntime *runtime, const SpocGroup *group)
{
    if (group->language != NULL && spoc_catalogue_exists(group->language))
        return group->language;
    if (group->person->language != NULL && spoc_catalogue_exists(group->person->language))
        return group->person->language;
    return runtime->language;
}

SpocMessage *
spoc_compose(const SpocRuntime *runtime, const SpocGroup *group, GError **error)
{
    g_autofree char *members = spoc_group_members(group);
    g_auto(GStrv) copies = spoc_copies_for(runtime->config, group->person->address);
    const SpocNotification notification = {
        .kind = group->kind,
        .notices = spoc_group_notice(group, 0),
        .notice_count = group->notices->len,
        .left_out = group->left_out,
        .members = members,
        .thread = group->kind == SPOC_MAIL_NOTICE ? group->thread : NULL,
        .person = group->person,
        .sender = runtime->sender,
        .sender_name = runtime->sender_name,
        .host_name = runtime->host_name,
        .subject = group->subject,
        .subject_prefix = runtime->subject_prefix,
        .cc = (const char *const *)copies,
        .language = language_of(runtime, group),
        .format = group->format,
        .web_interface = runtime->web_interface,
        .templates = runtime->templates,
        .fallback_unix_s = group->created_unix_s,
        .date_unix_s = group->kind != SPOC_MAIL_NOTICE ? g_get_real_time() / G_USEC_PER_SEC : 0,
    };
    g_autoptr(SpocComposedMail) mail = spoc_notification_compose(&notification, NULL, error);
    if (mail == NULL)
        return NULL;
    SpocMessage *message =
        spoc_message_from_mail(mail, SPOC_QUEUE_NOTIFICATION_KIND, runtime->sender);
    spoc_envelope_add_recipient(message->envelope, group->person->address);
    for (guint i = 0; copies != NULL && copies[i] != NULL; i++)
        spoc_envelope_add_recipient(message->envelope, copies[i]);
    if (group->kind == SPOC_MAIL_NOTICE)
        message->envelope->job_id = spoc_group_last(group)->event->job_id;
    return message;
}
