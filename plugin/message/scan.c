/* SPDX-License-Identifier: Apache-2.0 */
#include "message/scan.h"

#include "base/address.h"
#include "base/error.h"
#include "base/text.h"
#include "message/mime.h"
#include "message/words.h"

#include <gio/gio.h>
#include <string.h>

/* "--BOUNDARY--\r\n"; in a boundary "=_" cannot stand in base64 or quoted-printable. */
#define BOUNDARY_PREFIX "=_spoc_"
#define BOUNDARY_DIGITS 40
#define ORIGIN_DIGITS 12
#define BOUNDARY_BYTES (sizeof BOUNDARY_PREFIX - 1 + BOUNDARY_DIGITS)
#define TAIL_BYTES (2 + BOUNDARY_BYTES + 2 + 2)

/* --- a document that was not delivered: the notice --------------------------------------- */

#define LINE_MAX_BYTES 900

static char *
make_text(const SpocScanNotice *notice, const SpocCatalogue *catalogue, const SpocWordValue *values,
          gsize value_count)
{
    g_autofree char *intro =
        spoc_words_expand(spoc_word(catalogue, SPOC_WORD_SCAN_FAILED_TEXT), values, value_count);
    g_autofree char *remedy =
        spoc_words_expand(spoc_word(catalogue, SPOC_WORD_SCAN_FAILED_REMEDY), values, value_count);
    GString *text = g_string_new(intro);
    for (gsize i = 0; i < notice->count; i++) {
        g_autofree char *address =
            spoc_text_line(notice->undelivered[i].address, -1, LINE_MAX_BYTES);
        g_autofree char *reason = spoc_text_line(notice->undelivered[i].reason, -1, LINE_MAX_BYTES);
        g_string_append_printf(text, "\n%s\n", address);
        if (*reason != '\0')
            g_string_append_printf(text, "  %s: %s\n",
                                   spoc_word(catalogue, SPOC_WORD_BOUNCE_REASON), reason);
    }
    g_string_append_printf(text, "\n%s\n", remedy);
    return g_string_free(text, FALSE);
}

SpocComposedMail *
spoc_scan_notice_compose(const SpocScanNotice *notice, GError **error)
{
    g_return_val_if_fail(notice->count > 0, NULL);
    if (!spoc_address_is_valid(notice->sender, error) ||
        !spoc_address_is_valid(notice->owner->address, error))
        return NULL;
    const SpocCatalogue *catalogue = spoc_catalogue_find(notice->language);
    g_autofree char *host = spoc_text_line(notice->host_name, -1, 100);
    g_autofree char *title = spoc_text_line(notice->title, -1, 300);
    g_autofree char *printer = spoc_text_line(notice->printer, -1, 200);
    g_autofree char *when = spoc_words_when(catalogue, notice->sent_unix_s);
    g_autofree char *size = g_strdup_printf("%" G_GUINT64_FORMAT, notice->size_bytes);
    g_autofree char *mail_size = g_strdup_printf("%" G_GUINT64_FORMAT, notice->mail_size_bytes);
    const SpocWordValue values[] = {
        {"host", host},
        {"title", *title != '\0' ? title : spoc_word(catalogue, SPOC_WORD_UNTITLED)},
        {"size", size},
        {"mail_size", mail_size},
        {"when", when},
        {"printer", *printer != '\0' ? printer : "spocctl"},
        {"id", notice->id}};
    gsize count = G_N_ELEMENTS(values);
    g_autofree char *text = make_text(notice, catalogue, values, count);
    char *id = g_strconcat("notice-", notice->id, NULL);
    char *message_id = spoc_mail_message_id_of_sender(id, notice->sender);
    char *subject =
        spoc_words_expand(spoc_word(catalogue, SPOC_WORD_SCAN_FAILED_SUBJECT), values, count);
    const SpocMailHeaders headers = {.catalogue = catalogue,
                                     .sender = notice->sender,
                                     .sender_name = notice->sender_name,
                                     .host_name = notice->host_name,
                                     .to_name = notice->owner->name,
                                     .to = notice->owner->address,
                                     .date_unix_s = notice->now_unix_s};
    return spoc_mail_compose_text(id, message_id, subject, &headers, text);
}

/* --- what a document is, and what its file is called ------------------------------------- */

#define TYPE_MAX_BYTES 100
#define NAME_MAX_BYTES 180 /* with an extension it fits into every file system */
#define UNKNOWN_TYPE "application/octet-stream"
#define HARMLESS_EXTENSION "bin"

/* The first extension is the one that is given; the others are fine where they are. */
static const struct {
    const char *type;
    const char *extensions;
} kinds[] = {
    {"application/pdf", "pdf"},
    {"image/jpeg", "jpg jpeg jpe jfif"},
    {"image/png", "png"},
    {"image/tiff", "tif tiff"},
    {"image/gif", "gif"},
    {"image/bmp", "bmp dib"},
    {"image/webp", "webp"},
    {"image/svg+xml", "svg svgz"},
    {"image/urf", "urf"},
    {"image/pwg-raster", "pwg ras"},
    {"image/x-portable-anymap", "pnm ppm pgm pbm"},
    {"image/x-portable-bitmap", "pbm pnm"},
    {"image/x-portable-graymap", "pgm pnm"},
    {"image/x-portable-pixmap", "ppm pnm"},
    {"application/postscript", "ps eps"},
    {"application/zip", "zip"},
    {"application/gzip", "gz"},
    {"application/rtf", "rtf"},
    {"text/plain", "txt text log csv md conf"},
    {"text/html", "html htm"},
    {"text/csv", "csv"},
    {"application/xml", "xml"},
    {"text/xml", "xml"},
    {"application/json", "json"},
};

/* What a double click runs, on whatever system, or unpacks and shows as a folder of such. A name
 * that ends so is no document's. */
static const char executables[] =
    "action ade adp apk app appimage application appref-ms appx appxbundle asp aspx "
    "bash bat btm cab cer cgi chm cmd cnt com command cpl crt csh dash deb der desktop diagcab "
    "dll dmg drv elf exe fish flatpakref fxp gadget grp hlp hpj hta htc img inf ins iso isp its "
    "jar jnlp js jse jsx ksh library-ms lnk lua mad mde mht mhtml mjs msc msh msh1 msh2 mshxml msi "
    "msix msp mst ocx ops out osd pcd php php3 phar pif pkg pl plg prf prg printerexport ps1 "
    "ps1xml ps2 ps2xml psc1 psc2 psd1 psdm1 psm1 pssc py pyc pyo pyw pyz rb reg rpm run scf scr "
    "sct search-ms searchconnector-ms settingcontent-ms sh shb shs snap so sys theme udl "
    "url vb vbe vbp vbs vhd vhdx vsmacros vxd wasm webpnp website workflow ws wsc wsf wsh xbap "
    "xll xnk zsh";

/* The same of media types: the beginnings of such */
static const char *const executable_types[] = {
    "application/bat",
    "application/ecmascript",
    "application/hta",
    "application/java",
    "application/vnd.appimage",
    "application/vnd.debian.binary-package",
    "application/vnd.microsoft.portable-executable",
    "application/vnd.ms-htmlhelp",
    "application/vnd.ms-cab-compressed",
    "application/wasm",
    "application/x-apple-diskimage",
    "application/x-bat",
    "application/x-csh",
    "application/x-deb",
    "application/x-desktop",
    "application/x-dosexec",
    "application/x-elf",
    "application/x-executable",
    "application/x-iso9660",
    "application/x-java",
    "application/x-mach-binary",
    "application/x-mozilla-win-url",
    "application/x-mswinurl",
    "application/x-ms-",
    "application/x-msdos",
    "application/x-msdownload",
    "application/x-msi",
    "application/x-perl",
    "application/x-php",
    "application/x-pie-executable",
    "application/x-powershell",
    "application/x-python",
    "application/x-rpm",
    "application/x-ruby",
    "application/x-sh",
    "application/x-vbscript",
    "application/x-windows-",
    "text/ecmascript",
    "text/javascript",
    "text/vbscript",
    "text/x-csh",
    "text/x-javascript",
    "text/x-lua",
    "text/x-perl",
    "text/x-powershell",
    "text/x-python",
    "text/x-ruby",
    "text/x-script",
    "text/x-sh",
    "text/x-vbscript",
};

static gboolean
is_executable_type(const char *type)
{
    for (guint i = 0; i < G_N_ELEMENTS(executable_types); i++)
        if (g_ascii_strncasecmp(type, executable_types[i], strlen(executable_types[i])) == 0)
            return TRUE;
    return FALSE;
}

/* RFC 2045 5.1 */
static gsize
token_length(const char *text)
{
    return strspn(text, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "!#$&^_.+-");
}

static gboolean
is_type(const char *text)
{
    gsize first = token_length(text);
    if (first == 0 || text[first] != '/' || strlen(text) > TYPE_MAX_BYTES)
        return FALSE;
    gsize second = token_length(text + first + 1);
    return second > 0 && text[first + 1 + second] == '\0';
}

/* What CUPS calls data of its own, or data that it does not know */
static gboolean
says_something(const char *type)
{
    return is_type(type) && g_ascii_strcasecmp(type, UNKNOWN_TYPE) != 0 &&
           g_ascii_strncasecmp(type, "printer/", 8) != 0 &&
           g_ascii_strncasecmp(type, "application/vnd.cups-", 21) != 0 &&
           g_ascii_strncasecmp(type, "multipart/", 10) != 0 &&
           g_ascii_strncasecmp(type, "message/", 8) != 0;
}

/* What is scanned most, known also where no MIME database is installed */
static const char *
recognise_magic(const guint8 *start, gsize size)
{
    static const struct {
        const char *magic;
        gsize length;
        const char *type;
    } known[] = {
        {"%PDF-", 5, "application/pdf"},
        {"\xff\xd8\xff", 3, "image/jpeg"},
        {"\x89PNG\r\n\x1a\n", 8, "image/png"},
        {"II*\0", 4, "image/tiff"},
        {"MM\0*", 4, "image/tiff"},
        {"%!PS", 4, "application/postscript"},
        {"GIF8", 4, "image/gif"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(known); i++)
        if (size >= known[i].length && memcmp(start, known[i].magic, known[i].length) == 0)
            return known[i].type;
    return NULL;
}

static char *
guess_type(const guint8 *start, gsize size)
{
    const char *known = recognise_magic(start, size);
    if (known != NULL)
        return g_strdup(known);
    gboolean uncertain = FALSE;
    g_autofree char *content = g_content_type_guess(NULL, start, size, &uncertain);
    g_autofree char *mime = content != NULL ? g_content_type_get_mime_type(content) : NULL;
    return mime != NULL && says_something(mime) ? g_steal_pointer(&mime) : g_strdup(UNKNOWN_TYPE);
}

/* The last character may be cut. */
static gboolean
is_utf8(const guint8 *start, gsize size)
{
    const char *end = NULL;
    if (memchr(start, '\0', size) != NULL)
        return FALSE;
    return g_utf8_validate((const char *)start, (gssize)size, &end) ||
           (size == SPOC_SCAN_START_BYTES && (const char *)start + size - end < 4);
}

char *
spoc_scan_content_type(const char *declared, const guint8 *start, gsize size)
{
    g_autofree char *type = declared != NULL && says_something(declared)
                                ? g_ascii_strdown(declared, -1)
                                : guess_type(start, size);
    if (is_executable_type(type))
        return g_strdup(UNKNOWN_TYPE);
    if (g_str_has_prefix(type, "text/") && size > 0 && is_utf8(start, size))
        return g_strconcat(type, "; charset=utf-8", NULL);
    return g_steal_pointer(&type);
}

/* (nullable): "pdf jpg" of a type */
static const char *
extensions_of(const char *content_type)
{
    gsize length = strcspn(content_type, ";");
    for (guint i = 0; i < G_N_ELEMENTS(kinds); i++)
        if (strlen(kinds[i].type) == length &&
            g_ascii_strncasecmp(kinds[i].type, content_type, length) == 0)
            return kinds[i].extensions;
    return NULL;
}

static gboolean
is_listed(const char *extensions, const char *extension)
{
    g_auto(GStrv) list = g_strsplit(extensions, " ", -1);
    for (guint i = 0; list[i] != NULL; i++)
        if (g_ascii_strcasecmp(list[i], extension) == 0)
            return TRUE;
    return FALSE;
}

/* Whether what stands behind a name's last dot is what a document was called before it was
 * converted: "letter.odt" that is a PDF now */
static gboolean
is_other_extension(const char *extension)
{
    static const char others[] = "doc docx docm odt ods odp odg rtf xls xlsx xlsm ppt pptx";
    if (is_listed(others, extension))
        return TRUE;
    for (guint i = 0; i < G_N_ELEMENTS(kinds); i++)
        if (is_listed(kinds[i].extensions, extension))
            return TRUE;
    return FALSE;
}

/* What no file system has in a name becomes "_"; a leading dot would hide the file. */
static char *
make_safe(const char *wanted)
{
    g_autofree char *line = spoc_text_line(wanted, -1, NAME_MAX_BYTES);
    g_strdelimit(line, "/\\:*?\"<>|", '_');
    char *name = g_strdup(line + strspn(line, ". "));
    for (gsize length = strlen(name);
         length > 0 && (name[length - 1] == '.' || name[length - 1] == ' '); length--)
        name[length - 1] = '\0';
    return name;
}

char *
spoc_scan_filename(const char *wanted, const char *content_type)
{
    g_autofree char *name = make_safe(wanted);
    if (*name == '\0') {
        g_free(name);
        name = g_strdup("scan");
    }
    const char *extensions = extensions_of(content_type);
    char *dot = strrchr(name, '.');
    if (extensions == NULL && dot != NULL && is_listed(executables, dot + 1))
        return g_strconcat(name, ".", HARMLESS_EXTENSION, NULL);
    if (extensions == NULL || (dot != NULL && is_listed(extensions, dot + 1)))
        return g_steal_pointer(&name);
    if (dot != NULL && dot != name && is_other_extension(dot + 1))
        *dot = '\0';
    return g_strdup_printf("%s.%.*s", name, (int)strcspn(extensions, " "), extensions);
}

/* --- the mail around a document ---------------------------------------------------------- */

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
