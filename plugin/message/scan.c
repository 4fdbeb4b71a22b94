/* SPDX-License-Identifier: Apache-2.0 */
#include "message/scan.h"

#include "base/address.h"
#include "base/error.h"
#include "base/text.h"
#include "message/mime.h"

#include <string.h>

/* "--BOUNDARY--\r\n"; in a boundary "=_" cannot stand in base64 or quoted-printable. */
#define BOUNDARY_PREFIX "=_spoc_"
#define BOUNDARY_DIGITS 40
#define ORIGIN_DIGITS 12
#define BOUNDARY_BYTES (sizeof BOUNDARY_PREFIX - 1 + BOUNDARY_DIGITS)
#define TAIL_BYTES (2 + BOUNDARY_BYTES + 2 + 2)

/* Of the text itself, so that no text can hold its own boundary. */
static char *
make_boundary(const SpocScanMail *mail, const char *body)
{
    g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
    g_checksum_update(sum, (const guchar *)mail->name, (gssize)strlen(mail->name) + 1);
    g_checksum_update(sum, (const guchar *)body, -1);
    return g_strdup_printf(BOUNDARY_PREFIX "%.*s", BOUNDARY_DIGITS, g_checksum_get_string(sum));
}

/* Valid UTF-8 with \n line ends and no other control characters */
static char *
clean_body(const char *body)
{
    g_autofree char *valid = g_utf8_make_valid(body != NULL ? body : "", -1);
    GString *clean = g_string_new(NULL);
    for (const char *p = valid; *p != '\0' && clean->len < SPOC_SCAN_BODY_MAX_BYTES;
         p = g_utf8_next_char(p)) {
        gunichar character = g_utf8_get_char(p);
        if (character == '\r')
            character = p[1] == '\n' ? 0 : '\n';
        if (character == '\n' || character == '\t')
            g_string_append_c(clean, (char)character);
        else if (character != 0 && !spoc_text_is_control(character))
            g_string_append_unichar(clean, character);
    }
    if (clean->len == 0 || clean->str[clean->len - 1] != '\n')
        g_string_append_c(clean, '\n');
    return g_string_free(clean, FALSE);
}

/* RFC 5322 3.6.3, one address a line: names are long and recipients few. */
static gboolean
append_people(GString *head, const char *header, const GPtrArray *people, GError **error)
{
    for (guint i = 0; i < people->len; i++) {
        const SpocPerson *person = g_ptr_array_index(people, i);
        if (!spoc_address_is_valid(person->address, error)) {
            g_prefix_error(error, "the recipient: ");
            return FALSE;
        }
    }
    if (people->len == 0)
        return TRUE;
    GString *value = g_string_new(NULL);
    for (guint i = 0; i < people->len; i++) {
        const SpocPerson *person = g_ptr_array_index(people, i);
        g_autoptr(GString) one = g_string_new(NULL);
        spoc_mime_append_mailbox(one, header, person->name, person->address);
        g_string_truncate(one, one->len - strlen("\r\n"));
        if (i > 0)
            g_string_append(value, ",\r\n");
        /* The first brings the header's name, the others its blank alone. */
        g_string_append(value, one->str + (i > 0 ? strlen(header) + 1 : 0));
    }
    g_string_append_len(head, value->str, (gssize)value->len);
    g_string_append(head, "\r\n");
    g_string_free(value, TRUE);
    return TRUE;
}

static gboolean
append_authors(GString *head, const SpocScanMail *mail, GError **error)
{
    g_autofree char *server = spoc_mail_sender_name(spoc_catalogue_find(mail->language),
                                                    mail->sender_name, mail->host_name);
    const SpocPerson *owner = mail->owner;
    if (!spoc_address_is_valid(mail->sender, error) ||
        (owner != NULL && !spoc_address_is_valid(owner->address, error))) {
        g_prefix_error(error, "the sender: ");
        return FALSE;
    }
    if (owner != NULL && mail->is_from_owner) {
        spoc_mime_append_mailbox(head, "From", owner->name, owner->address);
        spoc_mime_append_mailbox(head, "Sender", server, mail->sender);
        return TRUE;
    }
    spoc_mime_append_mailbox(head, "From", server, mail->sender);
    if (owner != NULL)
        spoc_mime_append_mailbox(head, "Reply-To", owner->name, owner->address);
    return TRUE;
}

/* RFC 2231 where it is needed: "name=value" or "name*=UTF-8''percent-encoded", quoted */
static void
append_parameter(GString *head, const char *name, const char *value)
{
    if (g_str_is_ascii(value) && strpbrk(value, "\"\\") == NULL && strlen(value) < 60) {
        g_string_append_printf(head, ";\r\n %s=\"%s\"", name, value);
        return;
    }
    g_autofree char *encoded = g_uri_escape_string(value, NULL, FALSE);
    /* Unreserved in a URI and no attribute-char here: none but "~", which is one. */
    g_string_append_printf(head, ";\r\n %s*=UTF-8''%s", name, encoded);
}

static void
append_document_headers(GString *head, const SpocScanMail *mail)
{
    g_string_append_printf(head, "Content-Type: %s", mail->content_type);
    append_parameter(head, "name", mail->filename);
    g_string_append(head, "\r\nContent-Disposition: attachment");
    append_parameter(head, "filename", mail->filename);
    g_string_append(head, "\r\nContent-Transfer-Encoding: base64\r\n\r\n");
}

/* Another server that mails from the same domain may have a job of the same number and second. */
static char *
make_message_id(const SpocScanMail *mail)
{
    const char *uuid = mail->uuid != NULL ? mail->uuid : "";
    g_autoptr(GChecksum) origin = g_checksum_new(G_CHECKSUM_SHA256);
    g_checksum_update(origin, (const guchar *)uuid, (gssize)strlen(uuid) + 1);
    g_checksum_update(origin, (const guchar *)mail->host_name, -1);
    g_autofree char *id =
        g_strdup_printf("%s.%.*s", mail->name, ORIGIN_DIGITS, g_checksum_get_string(origin));
    return spoc_mail_message_id_of_sender(id, mail->sender);
}

SpocComposedMail *
spoc_scan_compose(const SpocScanMail *mail, GError **error)
{
    g_autoptr(GString) head = g_string_sized_new(2048);
    if (!append_authors(head, mail, error) || !append_people(head, "To", mail->to, error) ||
        !append_people(head, "Cc", mail->cc, error))
        return NULL;
    g_autofree char *body = clean_body(mail->body);
    g_autofree char *boundary = make_boundary(mail, body);

    char *message_id = make_message_id(mail);
    char *subject = spoc_text_line(mail->subject, -1, 500);
    spoc_mime_append_text_header(head, "Subject", subject);
    spoc_mime_append_date(head, mail->when_unix_s);
    g_string_append_printf(head,
                           "Message-ID: <%s>\r\nMIME-Version: 1.0\r\n"
                           "X-Auto-Response-Suppress: OOF, AutoReply\r\n"
                           "Content-Type: multipart/mixed;\r\n boundary=\"%s\"\r\n\r\n--%s\r\n",
                           message_id, boundary, boundary);
    spoc_mime_append_text_part(head, "plain", body);
    g_string_append_printf(head, "--%s\r\n", boundary);
    append_document_headers(head, mail);
    g_string_append_printf(head, "--%s--\r\n", boundary);
    return spoc_composed_mail_new(g_strdup(mail->name), message_id, subject,
                                  g_steal_pointer(&head));
}

gboolean
spoc_scan_frame_split(GBytes *frame, GBytes **ret_head, GBytes **ret_tail, GError **error)
{
    gsize size = 0;
    const char *bytes = g_bytes_get_data(frame, &size);
    if (size < TAIL_BYTES + 4 || memcmp(bytes + size - TAIL_BYTES - 4, "\r\n\r\n", 4) != 0 ||
        memcmp(bytes + size - TAIL_BYTES, "--" BOUNDARY_PREFIX, 2 + strlen(BOUNDARY_PREFIX)) != 0) {
        g_set_error_literal(error, SPOC_ERROR, SPOC_ERROR_CORRUPT,
                            "the body is not what stands around a document");
        return FALSE;
    }
    *ret_head = g_bytes_new_from_bytes(frame, 0, size - TAIL_BYTES);
    *ret_tail = g_bytes_new_from_bytes(frame, size - TAIL_BYTES, TAIL_BYTES);
    return TRUE;
}
