/* SPDX-License-Identifier: Apache-2.0 */
#include "message/mime.h"

#include "base/text.h"

#include <gmime/gmime.h>
#include <string.h>
#include <time.h>

#define HEADER_TEXT_MAX_BYTES 600

#define DISPLAY_NAME_MAX_BYTES 300

#define FOLD_AT 76
#define HEADER_NAME_MAX 30 /* no fold before this column, so none behind a header's name */

/* A text line that needs no encoding is at most as long as a screen takes; nobody sees those of
 * HTML, which only have to fit RFC 5322. */
#define PLAIN_LINE_MAX_BYTES 200
#define HTML_LINE_MAX_BYTES 900

/* Once, and here rather than in each main: nobody can forget it. */
static void
need_gmime(void)
{
    static gsize done = 0;
    if (g_once_init_enter(&done)) {
        g_mime_init();
        g_once_init_leave(&done, 1);
    }
}

void
spoc_mime_append_header(GString *mail, const char *name, const char *value)
{
    g_string_append(mail, name);
    g_string_append(mail, ": ");
    g_string_append(mail, value);
    g_string_append(mail, "\r\n");
}

/* Appends text with \n line ends as lines with CRLF, ended by one. */
static void
append_lines(GString *mail, const char *text, gsize size)
{
    const char *end = text + size;
    while (text < end) {
        const char *line_end = memchr(text, '\n', (gsize)(end - text));
        gsize length = (gsize)((line_end != NULL ? line_end : end) - text);
        g_string_append_len(mail, text, (gssize)length);
        g_string_append(mail, "\r\n");
        text += length + (line_end != NULL ? 1 : 0);
    }
}

/* RFC 5322 2.2.3: short lines, where a blank allows it. GMime's own folding breaks a long word
 * that has no blank, which puts blanks into names. */
static void
append_folded(GString *mail, const char *header)
{
    gsize column = 0;
    for (const char *p = header; *p != '\0';) {
        gsize blanks = strspn(p, " ");
        gsize length = blanks + strcspn(p + blanks, " ");
        /* Not behind the header's name, and no line of blanks alone */
        if (p != header && blanks > 0 && length > blanks && column + length > FOLD_AT &&
            column > HEADER_NAME_MAX) {
            g_string_append(mail, "\r\n");
            column = 0;
        }
        g_string_append_len(mail, p, (gssize)length);
        column += length;
        p += length;
    }
    g_string_append(mail, "\r\n");
}

/* Bytes of text in one encoded word: 39 become 52 in base64, and with the 12 around them and
 * "Subject: " before them the line has 76 at most (RFC 2047 2). */
#define WORD_BYTES 39

/* Whether text needs RFC 2047: beyond ASCII, or so that a reader would take it for an encoded
 * word and decode it into anything, line breaks included. */
static gboolean
needs_words(const char *line)
{
    return !g_str_is_ascii(line) || strstr(line, "=?") != NULL;
}

/* Encoded words in base64, cut between characters. GMime's own are longer than RFC 2047
 * allows where the text has no blank, and it leaves alone what only looks like one. */
static char *
encode_words(const char *line)
{
    GString *words = g_string_sized_new(256);
    for (const char *p = line; *p != '\0';) {
        const char *end = p;
        while (*end != '\0' && g_utf8_next_char(end) - p <= WORD_BYTES)
            end = g_utf8_next_char(end);
        g_autofree char *encoded = g_base64_encode((const guchar *)p, (gsize)(end - p));
        g_string_append_printf(words, "%s=?utf-8?B?%s?=", words->len > 0 ? " " : "", encoded);
        p = end;
    }
    return g_string_free(words, FALSE);
}

void
spoc_mime_append_text_header(GString *mail, const char *name, const char *text)
{
    g_autofree char *line = spoc_text_line(text, -1, HEADER_TEXT_MAX_BYTES);
    g_autofree char *encoded = needs_words(line) ? encode_words(line) : g_strdup(line);
    g_autofree char *header = g_strconcat(name, ": ", encoded, NULL);
    append_folded(mail, header);
}

/* RFC 5322 3.2.4; the line has no control character. */
static char *
quote_name(const char *line)
{
    GString *quoted = g_string_new("\"");
    for (const char *p = line; *p != '\0'; p++) {
        if (*p == '"' || *p == '\\')
            g_string_append_c(quoted, '\\');
        g_string_append_c(quoted, *p);
    }
    g_string_append_c(quoted, '"');
    return g_string_free(quoted, FALSE);
}

void
spoc_mime_append_mailbox(GString *mail, const char *name, const char *display_name,
                         const char *address)
{
    g_autofree char *line = spoc_text_line(display_name, -1, DISPLAY_NAME_MAX_BYTES);
    if (*line == '\0') {
        g_autofree char *value = g_strconcat("<", address, ">", NULL);
        spoc_mime_append_header(mail, name, value);
        return;
    }
    g_autofree char *phrase = needs_words(line) ? encode_words(line) : quote_name(line);
    g_autofree char *header = g_strconcat(name, ": ", phrase, " <", address, ">", NULL);
    append_folded(mail, header);
}

char *
spoc_mime_format_date(gint64 unix_s)
{
    static const char *const days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    time_t when = (time_t)unix_s;
    struct tm local;
    if (localtime_r(&when, &local) == NULL || local.tm_year > 9999 - 1900 || local.tm_year < 0) {
        when = 0;
        (void)gmtime_r(&when, &local);
    }
    long minutes = local.tm_gmtoff / 60;
    return g_strdup_printf("%s, %d %s %d %02d:%02d:%02d %c%02ld%02ld", days[local.tm_wday],
                           local.tm_mday, months[local.tm_mon], local.tm_year + 1900, local.tm_hour,
                           local.tm_min, local.tm_sec, minutes < 0 ? '-' : '+', ABS(minutes) / 60,
                           ABS(minutes) % 60);
}

void
spoc_mime_append_date(GString *mail, gint64 unix_s)
{
    g_autofree char *date = spoc_mime_format_date(unix_s);
    spoc_mime_append_header(mail, "Date", date);
}

/* --- text parts ------------------------------------------------------------------------- */

static gboolean
is_plain(const char *text, gsize size, gsize line_max_bytes)
{
    for (const char *line = text, *end = text + size; line < end;) {
        const char *feed = memchr(line, '\n', (gsize)(end - line));
        gsize length = (gsize)((feed != NULL ? feed : end) - line);
        if (length > line_max_bytes || !spoc_text_is_printable_ascii(line, length))
            return FALSE;
        line += length + 1;
    }
    return TRUE;
}

/* 7bit if every line is short ASCII; else what GMime thinks is shorter of quoted-printable
 * and base64. Never 8bit: not every server offers 8BITMIME. */
static GMimeContentEncoding
choose_encoding(const char *text, gsize line_max_bytes)
{
    gsize size = strlen(text), beyond_ascii = 0;
    if (is_plain(text, size, line_max_bytes))
        return GMIME_CONTENT_ENCODING_7BIT;
    for (gsize i = 0; i < size; i++)
        beyond_ascii += (guchar)text[i] >= 0x80;
    return beyond_ascii * 6 > size ? GMIME_CONTENT_ENCODING_BASE64
                                   : GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE;
}

static void
append_encoded(GString *mail, GMimeContentEncoding method, const char *text, gsize size)
{
    GMimeEncoding state;
    g_mime_encoding_init_encode(&state, method);
    g_autofree char *encoded = g_malloc(g_mime_encoding_outlen(&state, size) + 1);
    gsize count = g_mime_encoding_flush(&state, text, size, encoded);
    append_lines(mail, encoded, count);
}

void
spoc_mime_append_text_part(GString *mail, const char *subtype, const char *text)
{
    need_gmime();
    GMimeContentEncoding method = choose_encoding(
        text, strcmp(subtype, "html") == 0 ? HTML_LINE_MAX_BYTES : PLAIN_LINE_MAX_BYTES);
    g_autofree char *type = g_strdup_printf("text/%s; charset=utf-8", subtype);
    spoc_mime_append_header(mail, "Content-Type", type);
    spoc_mime_append_header(mail, "Content-Transfer-Encoding",
                            g_mime_content_encoding_to_string(method));
    g_string_append(mail, "\r\n");
    if (method == GMIME_CONTENT_ENCODING_7BIT) {
        append_lines(mail, text, strlen(text));
        return;
    }
    /* base64 has the line ends of the text in it: they are CRLF there (RFC 2045 6.8). */
    g_autoptr(GString) lines = g_string_sized_new(strlen(text) + 64);
    if (method == GMIME_CONTENT_ENCODING_BASE64) {
        append_lines(lines, text, strlen(text));
        append_encoded(mail, method, lines->str, lines->len);
    } else {
        append_encoded(mail, method, text, strlen(text));
    }
}
