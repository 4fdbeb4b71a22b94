/* SPDX-License-Identifier: Apache-2.0 */
#include "message/notification.h"

#include "base/address.h"
#include "base/error.h"
#include "base/text.h"
#include "message/mime.h"
#include "message/values.h"

#include <string.h>

/* Of an identifier, so that it is a valid name in the spool and Message-ID fits a line */
#define JOURNAL_NAME_MAX_BYTES 100
#define DIGEST_DIGITS 16
#define SUBJECT_MAX_BYTES 200
#define CC_MAX SPOC_RECIPIENTS_MAX

/* --- identifiers ------------------------------------------------------------------------ */

static char *
digest_text(const char *text)
{
    char *sum = g_compute_checksum_for_string(G_CHECKSUM_SHA256, text, -1);
    sum[DIGEST_DIGITS] = '\0';
    return sum;
}

/* Letters, digits, ".", "_", "-" stay; anything else becomes "-". */
static char *
as_name(const char *text)
{
    return g_strcanon(g_strdup(text), G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "._-", '-');
}

/* JOURNAL-OFFSET-DIGEST: the same events to the same address are the same mail. */
static char *
make_id(const SpocNotification *notification)
{
    const char *address = notification->person->address;
    g_autofree char *members = notification->members != NULL
                                   ? g_strconcat(address, "\n", notification->members, NULL)
                                   : NULL;
    g_autofree char *who = digest_text(members != NULL ? members : address);
    g_autofree char *journal = as_name(notification->notices[0].journal);
    if (strlen(journal) > JOURNAL_NAME_MAX_BYTES || journal[0] == '.' || journal[0] == '\0') {
        g_autofree char *sum = digest_text(notification->notices[0].journal);
        g_free(journal);
        journal = g_strconcat("j", sum, NULL);
    }
    return g_strdup_printf("%s-%" G_GUINT64_FORMAT "-%s", journal,
                           notification->notices[0].event->offset, who);
}

/* (nullable): the beginning of the thread; no mail has this identifier, all refer to it. A job's
 * is made only of what every event says, so that mails to different people, and from different
 * subscriptions, stand together. */
static char *
thread_id(const SpocNotification *notification)
{
    if (notification->thread != NULL) {
        g_autofree char *name = as_name(notification->thread);
        g_autofree char *id = g_strndup(name, JOURNAL_NAME_MAX_BYTES);
        return spoc_mail_message_id(id, notification->host_name);
    }
    gint job_id = notification->notices[notification->notice_count - 1].event->job_id;
    if (notification->kind != SPOC_MAIL_NOTICE || job_id <= 0)
        return NULL;
    g_autofree char *id = g_strdup_printf("job-%d", job_id);
    return spoc_mail_message_id(id, notification->host_name);
}

/* --- addresses -------------------------------------------------------------------------- */

static gboolean
check_address(const char *address, const char *role, GError **error)
{
    if (spoc_address_is_valid(address, error))
        return TRUE;
    g_prefix_error(error, "%s: ", role);
    return FALSE;
}

static gboolean
check_people(const SpocNotification *notification, GError **error)
{
    if (!check_address(notification->sender, "the sender", error) ||
        !check_address(notification->person->address, "the recipient", error))
        return FALSE;
    for (gsize i = 0; notification->cc != NULL && notification->cc[i] != NULL; i++) {
        if (i == CC_MAX) {
            g_set_error(error, SPOC_ERROR, SPOC_ERROR_LIMIT, "more than %d addresses in Cc",
                        CC_MAX);
            return FALSE;
        }
        if (!check_address(notification->cc[i], "a copy's recipient", error))
            return FALSE;
    }
    return TRUE;
}

/* --- content ---------------------------------------------------------------------------- */

void
spoc_mail_content_clear(SpocMailContent *content)
{
    g_clear_pointer(&content->subject, g_free);
    g_clear_pointer(&content->text, g_free);
    g_clear_pointer(&content->html, g_free);
}

static void
add_warning(GString *warnings, const char *what)
{
    if (what == NULL || strstr(warnings->str, what) != NULL)
        return;
    if (warnings->len > 0)
        g_string_append(warnings, "; ");
    g_string_append(warnings, what);
}

static const SpocTemplate *
find_template(const SpocNotification *notification, SpocTemplateType type, GString *warnings)
{
    const SpocEvent *event = notification->notices[notification->notice_count - 1].event;
    const char *name = event->name != NULL ? event->name : "";
    const char *problem = NULL;
    const SpocTemplate *template = spoc_templates_find(
        notification->templates, notification->kind == SPOC_MAIL_NOTICE ? name : NULL,
        notification->language, type, &problem);
    add_warning(warnings, problem);
    return template;
}

/* A template that makes too much is as good as broken; the stock one never does. */
static char *
make_part(const SpocNotification *notification, const SpocValues *values, SpocTemplateType type,
          GString *warnings)
{
    g_autoptr(GError) error = NULL;
    const SpocTemplate *template = find_template(notification, type, warnings);
    GString *part = g_string_sized_new(type == SPOC_TEMPLATE_HTML ? 8192 : 1024);
    if (!spoc_template_render(template, &values->scope, part, &error)) {
        add_warning(warnings, error->message);
        g_clear_error(&error);
        g_string_truncate(part, 0);
        template = spoc_templates_find_stock(notification->kind != SPOC_MAIL_NOTICE, type);
        if (!spoc_template_render(template, &values->scope, part, &error))
            g_string_truncate(part, SPOC_TEMPLATE_OUTPUT_MAX_BYTES);
    }
    return g_string_free(part, FALSE);
}

/* The text's template says it for both parts, unless the recipient does. */
static char *
make_subject(const SpocNotification *notification, const SpocValues *values, GString *warnings)
{
    g_autoptr(GString) subject = g_string_new(NULL);
    const SpocTemplate *template = find_template(notification, SPOC_TEMPLATE_TEXT, warnings);
    if (values->is_subject_wished || !spoc_template_has_subject(template) ||
        !spoc_template_render_subject(template, &values->scope, subject, NULL))
        g_string_assign(subject, spoc_values_get(values, SPOC_SLOT_SUBJECT));
    g_autofree char *line = spoc_text_line(subject->str, -1, SUBJECT_MAX_BYTES);
    const char *said = *line != '\0' ? line : spoc_values_get(values, SPOC_SLOT_SUBJECT);
    g_autofree char *prefix =
        spoc_text_line(notification->subject_prefix, -1, SUBJECT_MAX_BYTES / 2);
    return g_strconcat(prefix, *prefix != '\0' ? " " : "", said, NULL);
}

/* The latest event's time: how it is now */
static gint64
time_of(const SpocNotification *notification)
{
    gint64 when = notification->notices[notification->notice_count - 1].event->when_unix_s;
    return when > 0 ? when : notification->fallback_unix_s;
}

void
spoc_notification_render(const SpocNotification *notification, char **ret_warning,
                         SpocMailContent *ret_content)
{
    g_auto(SpocValues) values = {0};
    spoc_values_make(notification, spoc_catalogue_find(notification->language),
                     time_of(notification), &values);
    g_autoptr(GString) warnings = g_string_new(NULL);
    ret_content->subject = make_subject(notification, &values, warnings);
    if (notification->format != SPOC_FORMAT_HTML)
        ret_content->text = make_part(notification, &values, SPOC_TEMPLATE_TEXT, warnings);
    if (notification->format != SPOC_FORMAT_TEXT)
        ret_content->html = make_part(notification, &values, SPOC_TEMPLATE_HTML, warnings);
    if (ret_warning != NULL)
        *ret_warning = warnings->len > 0 ? g_strdup(warnings->str) : NULL;
}

/* The same mail has the same; "=_" stands in no encoded text, and no other text has it in it. */
static char *
make_boundary(const char *id, const SpocMailContent *content)
{
    g_autofree char *sum = digest_text(id);
    GString *boundary = g_string_new("=_spoc_");
    g_string_append(boundary, sum);
    while (strstr(content->text, boundary->str) != NULL ||
           strstr(content->html, boundary->str) != NULL)
        g_string_append_c(boundary, '_');
    return g_string_free(boundary, FALSE);
}

/* RFC 2046 5.1.4: the last one is the best. */
static void
append_content(GString *mail, const char *id, const SpocMailContent *content)
{
    if (content->html == NULL || content->text == NULL) {
        gboolean is_html = content->text == NULL;
        spoc_mime_append_text_part(mail, is_html ? "html" : "plain",
                                   is_html ? content->html : content->text);
        return;
    }
    g_autofree char *boundary = make_boundary(id, content);
    g_autofree char *type =
        g_strdup_printf("multipart/alternative;\r\n boundary=\"%.60s\"", boundary);
    spoc_mime_append_header(mail, "Content-Type", type);
    g_string_append_printf(mail, "\r\n--%.60s\r\n", boundary);
    spoc_mime_append_text_part(mail, "plain", content->text);
    g_string_append_printf(mail, "\r\n--%.60s\r\n", boundary);
    spoc_mime_append_text_part(mail, "html", content->html);
    g_string_append_printf(mail, "\r\n--%.60s--\r\n", boundary);
}

SpocComposedMail *
spoc_notification_compose(const SpocNotification *notification, char **ret_warning, GError **error)
{
    g_return_val_if_fail(notification->notice_count > 0 && notification->person != NULL, NULL);
    if (!check_people(notification, error))
        return NULL;
    const SpocPerson *person = notification->person;
    const SpocCatalogue *catalogue = spoc_catalogue_find(notification->language);
    gint64 date_unix_s =
        notification->date_unix_s > 0 ? notification->date_unix_s : time_of(notification);
    g_auto(SpocMailContent) content = {0};
    spoc_notification_render(notification, ret_warning, &content);

    g_autofree char *thread = thread_id(notification);
    char *id = make_id(notification);
    char *message_id = spoc_mail_message_id(id, notification->host_name);
    const SpocMailHeaders headers = {.catalogue = catalogue,
                                     .sender = notification->sender,
                                     .sender_name = notification->sender_name,
                                     .host_name = notification->host_name,
                                     .to_name = person->name,
                                     .to = person->address,
                                     .cc = notification->cc,
                                     .subject = content.subject,
                                     .date_unix_s = date_unix_s,
                                     .message_id = message_id,
                                     .thread = thread,
                                     .language = spoc_catalogue_language(catalogue)};
    GString *mail = g_string_sized_new(12288);
    spoc_mail_append_headers(mail, &headers);
    append_content(mail, id, &content);
    return spoc_composed_mail_new(id, message_id, g_steal_pointer(&content.subject), mail);
}

SpocComposedMail *
spoc_test_mail_compose(const char *sender, const char *sender_name, const char *recipient,
                       const char *host_name, const char *language, gint64 now_unix_s,
                       GError **error)
{
    const SpocCatalogue *catalogue = spoc_catalogue_find(language);
    if (!check_address(sender, "the sender", error) ||
        !check_address(recipient, "the recipient", error))
        return NULL;
    g_autofree char *host = spoc_text_line(host_name, -1, 100);
    const SpocWordValue values[] = {{"host", host}, {"recipient", recipient}};
    char *subject = spoc_words_expand(spoc_word(catalogue, SPOC_WORD_TEST_SUBJECT), values,
                                      G_N_ELEMENTS(values));
    g_autofree char *text =
        spoc_words_expand(spoc_word(catalogue, SPOC_WORD_TEST_TEXT), values, G_N_ELEMENTS(values));
    g_autofree char *random = g_uuid_string_random();
    char *id = g_strdup_printf("test-%" G_GINT64_FORMAT "-%.8s", now_unix_s, random);
    char *message_id = spoc_mail_message_id(id, host_name);

    const SpocMailHeaders headers = {.catalogue = catalogue,
                                     .sender = sender,
                                     .sender_name = sender_name,
                                     .host_name = host_name,
                                     .to = recipient,
                                     .date_unix_s = now_unix_s};
    return spoc_mail_compose_text(id, message_id, subject, &headers, text);
}
