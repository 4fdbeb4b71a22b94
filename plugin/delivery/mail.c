/* SPDX-License-Identifier: Apache-2.0 */
#include "delivery/mail.h"

#include <string.h>

/* RFC 5321 4.5.3.1.3: a path is at most 256 octets with its brackets. */
#define ADDRESS_MAX_BYTES 254

static void
recipient_free(gpointer data)
{
    SpocMailRecipient *recipient = data;
    g_free(recipient->address);
    g_free(recipient->words);
    g_free(recipient);
}

SpocMail *
spoc_mail_new(const char *sender, SpocContent *content, gpointer tag)
{
    SpocMail *mail = g_new0(SpocMail, 1);
    mail->sender = g_strdup(sender);
    mail->recipients = g_ptr_array_new_with_free_func(recipient_free);
    mail->content = spoc_content_ref(content);
    mail->tag = tag;
    return mail;
}

void
spoc_mail_add_recipient(SpocMail *mail, const char *address, gpointer tag)
{
    SpocMailRecipient *recipient = g_new0(SpocMailRecipient, 1);
    recipient->address = g_strdup(address);
    recipient->tag = tag;
    g_ptr_array_add(mail->recipients, recipient);
}

void
spoc_mail_free(SpocMail *mail)
{
    if (mail == NULL)
        return;
    g_free(mail->sender);
    g_free(mail->words);
    g_ptr_array_unref(mail->recipients);
    spoc_content_unref(mail->content);
    spoc_content_reader_free(mail->reader);
    g_free(mail);
}

gboolean
spoc_envelope_address_check(const char *address)
{
    gsize length = strlen(address);
    if (length > ADDRESS_MAX_BYTES || !g_utf8_validate(address, (gssize)length, NULL))
        return FALSE;
    for (const char *p = address; *p != '\0'; p = g_utf8_next_char(p)) {
        gunichar c = g_utf8_get_char(p);
        if (c <= 0x20 || (c >= 0x7f && c < 0xa0) || c == '<' || c == '>')
            return FALSE;
    }
    return TRUE;
}
