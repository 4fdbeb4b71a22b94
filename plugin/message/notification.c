/* SPDX-License-Identifier: Apache-2.0 */
#include "message/notification.h"

#include "base/error.h"
#include "base/text.h"
#include "message/describe.h"
#include "message/mime.h"
#include "message/words.h"

#include <string.h>

/* Of an identifier, so that it is a valid name in the spool and Message-ID fits a line */
#define JOURNAL_NAME_MAX_BYTES 100
#define DIGEST_DIGITS 16

void
spoc_composed_mail_free(SpocComposedMail *mail)
{
    if (mail == NULL)
        return;
    g_free(mail->id);
    g_free(mail->message_id);
    g_free(mail->subject);
    g_clear_pointer(&mail->bytes, g_bytes_unref);
    g_free(mail);
}

/* --- identifiers ------------------------------------------------------------------------ */

static char *
digest(const char *text)
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

/* JOURNAL-OFFSET-DIGEST: the same event to the same address is the same mail. */
static char *
identifier(const SpocNotification *notification)
{
    const char *address = notification->person->address;
    g_autofree char *who = digest(address);
    g_autofree char *journal = as_name(notification->journal);
    if (strlen(journal) > JOURNAL_NAME_MAX_BYTES || journal[0] == '.' || journal[0] == '\0') {
        g_autofree char *sum = digest(notification->journal);
        g_free(journal);
        journal = g_strconcat("j", sum, NULL);
    }
    return g_strdup_printf("%s-%" G_GUINT64_FORMAT "-%s", journal, notification->event->offset,
                           who);
}

/* What stands behind the @ of an identifier: a domain, whatever the host is called. */
static char *
identifier_domain(const char *host_name)
{
    g_autofree char *name = as_name(host_name != NULL ? host_name : "");
    g_autofree char *probe = g_strconcat("x@", name, NULL);
    return spoc_address_is_valid(probe, NULL) ? g_steal_pointer(&name) : g_strdup("localhost");
}

/* The beginning of the job's thread; no mail has this identifier, all refer to it. Made only of
 * what every event says, so that mails to different people, and from different subscriptions,
 * stand together. */
static char *
thread_identifier(const SpocNotification *notification, const char *domain)
{
    return g_strdup_printf("job-%d@%s", notification->event->job_id, domain);
}

/* --- headers ---------------------------------------------------------------------------- */

static void
append_identity(GString *mail, const SpocCatalogue *catalogue, const char *sender,
                const char *host_name)
{
    const SpocWordValue values[] = {{"host", host_name}};
    g_autofree char *name =
        spoc_words_expand(spoc_word(catalogue, SPOC_WORD_SENDER), values, G_N_ELEMENTS(values));
    spoc_mime_append_mailbox(mail, "From", name, sender);
}

static void
append_automatic(GString *mail)
{
    spoc_mime_append_header(mail, "MIME-Version", "1.0");
    spoc_mime_append_header(mail, "Auto-Submitted", "auto-generated"); /* RFC 3834 5 */
    spoc_mime_append_header(mail, "X-Auto-Response-Suppress", "All");
}

static void
append_identifier(GString *mail, const char *name, const char *identifier_text)
{
    g_autofree char *value = g_strconcat("<", identifier_text, ">", NULL);
    spoc_mime_append_header(mail, name, value);
}

static gboolean
check_address(const char *address, const char *role, GError **error)
{
    if (spoc_address_is_valid(address, error))
        return TRUE;
    g_prefix_error(error, "%s: ", role);
    return FALSE;
}

static SpocComposedMail *
finish(GString *bytes, char *id, char *message_id, char *subject)
{
    SpocComposedMail *mail = g_new0(SpocComposedMail, 1);
    mail->id = id;
    mail->message_id = message_id;
    mail->subject = subject;
    mail->bytes = g_string_free_to_bytes(bytes);
    return mail;
}

SpocComposedMail *
spoc_notification_compose(const SpocNotification *notification, GError **error)
{
    g_return_val_if_fail(notification->event != NULL && notification->person != NULL, NULL);
    const SpocEvent *event = notification->event;
    const SpocPerson *person = notification->person;
    if (!check_address(notification->sender, "the sender", error) ||
        !check_address(person->address, "the recipient", error))
        return NULL;

    gint64 when_unix_s =
        event->when_unix_s > 0 ? event->when_unix_s : notification->fallback_unix_s;
    g_autofree char *when = spoc_mime_format_date(when_unix_s);
    g_auto(SpocDescription) description = {0};
    spoc_describe(notification, when_unix_s, &description);

    const SpocCatalogue *catalogue = spoc_catalogue_find(notification->language);
    g_autofree char *host = spoc_text_line(notification->host_name, -1, 100);
    g_autofree char *domain = identifier_domain(notification->host_name);
    char *id = identifier(notification);
    char *message_id = g_strconcat(id, "@", domain, NULL);
    GString *mail = g_string_sized_new(2048);
    append_identity(mail, catalogue, notification->sender, host);
    spoc_mime_append_mailbox(mail, "To", person->name, person->address);
    spoc_mime_append_text_header(mail, "Subject", description.subject);
    spoc_mime_append_header(mail, "Date", when);
    append_identifier(mail, "Message-ID", message_id);
    if (event->job_id > 0) {
        g_autofree char *thread = thread_identifier(notification, domain);
        append_identifier(mail, "In-Reply-To", thread);
        append_identifier(mail, "References", thread);
    }
    append_automatic(mail);
    spoc_mime_append_text_part(mail, "plain", description.text);
    return finish(mail, id, message_id, g_steal_pointer(&description.subject));
}

SpocComposedMail *
spoc_test_mail_compose(const char *sender, const char *recipient, const char *host_name,
                       const char *language, gint64 now_unix_s, GError **error)
{
    if (!check_address(sender, "the sender", error) ||
        !check_address(recipient, "the recipient", error))
        return NULL;
    const SpocCatalogue *catalogue = spoc_catalogue_find(language);
    g_autofree char *host = spoc_text_line(host_name, -1, 100);
    g_autofree char *domain = identifier_domain(host_name);
    const SpocWordValue values[] = {{"host", host}, {"recipient", recipient}};
    char *subject = spoc_words_expand(spoc_word(catalogue, SPOC_WORD_TEST_SUBJECT), values,
                                      G_N_ELEMENTS(values));
    g_autofree char *text =
        spoc_words_expand(spoc_word(catalogue, SPOC_WORD_TEST_TEXT), values, G_N_ELEMENTS(values));
    g_autofree char *random = g_uuid_string_random();
    char *id = g_strdup_printf("test-%" G_GINT64_FORMAT "-%.8s", now_unix_s, random);
    char *message_id = g_strconcat(id, "@", domain, NULL);

    GString *mail = g_string_sized_new(1024);
    append_identity(mail, catalogue, sender, host);
    spoc_mime_append_mailbox(mail, "To", NULL, recipient);
    spoc_mime_append_text_header(mail, "Subject", subject);
    spoc_mime_append_date(mail, now_unix_s);
    append_identifier(mail, "Message-ID", message_id);
    append_automatic(mail);
    spoc_mime_append_text_part(mail, "plain", text);
    return finish(mail, id, message_id, subject);
}
