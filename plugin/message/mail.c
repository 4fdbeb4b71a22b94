/* SPDX-License-Identifier: Apache-2.0 */
#include "message/mail.h"

#include "base/address.h"
#include "base/text.h"
#include "message/mime.h"
#include "message/words.h"

#include <string.h>

#define HOST_MAX_BYTES 100

SpocComposedMail *
spoc_composed_mail_new(char *id, char *message_id, char *subject, GString *bytes)
{
    SpocComposedMail *mail = g_new0(SpocComposedMail, 1);
    mail->id = id;
    mail->message_id = message_id;
    mail->subject = subject;
    /* Many are under way at once, and a GString has up to twice the room. */
    gsize size = bytes->len;
    mail->bytes = g_bytes_new_take(g_realloc(g_string_free(bytes, FALSE), size), size);
    return mail;
}

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

char *
spoc_mail_message_id(const char *id, const char *domain)
{
    g_autofree char *name = g_strcanon(g_strdup(domain != NULL ? domain : ""),
                                       G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "._-", '-');
    g_autofree char *probe = g_strconcat("x@", name, NULL);
    return g_strconcat(id, "@", spoc_address_is_valid(probe, NULL) ? name : "localhost", NULL);
}

char *
spoc_mail_message_id_of_sender(const char *id, const char *sender)
{
    const char *domain = strrchr(sender, '@') + 1;
    return g_strconcat(id, "@", g_str_is_ascii(domain) ? domain : "localhost", NULL);
}

char *
spoc_mail_sender_name(const SpocCatalogue *catalogue, const char *own_name, const char *host_name)
{
    g_autofree char *host = spoc_text_line(host_name, -1, HOST_MAX_BYTES);
    const SpocWordValue values[] = {{"host", host}};
    return own_name != NULL ? g_strdup(own_name)
                            : spoc_words_expand(spoc_word(catalogue, SPOC_WORD_SENDER), values,
                                                G_N_ELEMENTS(values));
}

static void
append_identifier(GString *mail, const char *name, const char *identifier)
{
    g_autofree char *value = g_strconcat("<", identifier, ">", NULL);
    spoc_mime_append_header(mail, name, value);
}

/* RFC 5322 3.6.3, one address a line */
static void
append_cc(GString *mail, const char *const *cc)
{
    if (cc == NULL || cc[0] == NULL)
        return;
    g_string_append(mail, "Cc:");
    for (gsize i = 0; cc[i] != NULL; i++)
        g_string_append_printf(mail, "%s <%s>", i > 0 ? ",\r\n" : "", cc[i]);
    g_string_append(mail, "\r\n");
}

void
spoc_mail_append_headers(GString *mail, const SpocMailHeaders *headers)
{
    g_autofree char *from =
        spoc_mail_sender_name(headers->catalogue, headers->sender_name, headers->host_name);
    spoc_mime_append_mailbox(mail, "From", from, headers->sender);
    spoc_mime_append_mailbox(mail, "To", headers->to_name, headers->to);
    append_cc(mail, headers->cc);
    spoc_mime_append_text_header(mail, "Subject", headers->subject);
    spoc_mime_append_date(mail, headers->date_unix_s);
    append_identifier(mail, "Message-ID", headers->message_id);
    if (headers->thread != NULL) {
        append_identifier(mail, "In-Reply-To", headers->thread);
        append_identifier(mail, "References", headers->thread);
    }
    spoc_mime_append_header(mail, "MIME-Version", "1.0");
    spoc_mime_append_header(mail, "Auto-Submitted", "auto-generated"); /* RFC 3834 5 */
    spoc_mime_append_header(mail, "X-Auto-Response-Suppress", "All");
    if (headers->language != NULL)
        spoc_mime_append_header(mail, "Content-Language", headers->language);
}

SpocComposedMail *
spoc_mail_compose_text(char *id, char *message_id, char *subject, const SpocMailHeaders *headers,
                       const char *text)
{
    SpocMailHeaders all = *headers;
    all.subject = subject;
    all.message_id = message_id;
    GString *mail = g_string_sized_new(2048);
    spoc_mail_append_headers(mail, &all);
    spoc_mime_append_text_part(mail, "plain", text);
    return spoc_composed_mail_new(id, message_id, subject, mail);
}
