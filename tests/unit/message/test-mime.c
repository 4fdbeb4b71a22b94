/* SPDX-License-Identifier: Apache-2.0 */
#include "message/mime.h"

#include <string.h>

/* TZ is Europe/Prague here; the test runner sets it. */
static void
test_date(void)
{
    static const struct {
        gint64 unix_s;
        const char *date;
    } cases[] = {
        {0, "Thu, 1 Jan 1970 01:00:00 +0100"},
        {1790000000, "Mon, 21 Sep 2026 16:13:20 +0200"},
        {G_MAXINT64, "Thu, 1 Jan 1970 00:00:00 +0000"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *date = spoc_mime_format_date(cases[i].unix_s);
        g_assert_cmpstr(date, ==, cases[i].date);
    }
}

static void
test_headers(void)
{
    g_autoptr(GString) mail = g_string_new(NULL);
    spoc_mime_append_text_header(mail, "Subject", "plain words");
    g_assert_cmpstr(mail->str, ==, "Subject: plain words\r\n");
    g_string_truncate(mail, 0);
    spoc_mime_append_text_header(mail, "Subject", "a\r\nBcc: x");
    g_assert_cmpstr(mail->str, ==, "Subject: a Bcc: x\r\n");
    g_string_truncate(mail, 0);
    spoc_mime_append_mailbox(mail, "To", "O'Neil, \"Al\" <x>", "a@example.com");
    g_assert_cmpstr(mail->str, ==, "To: \"O'Neil, \\\"Al\\\" <x>\" <a@example.com>\r\n");
    g_string_truncate(mail, 0);
    spoc_mime_append_mailbox(mail, "To", NULL, "a@example.com");
    g_assert_cmpstr(mail->str, ==, "To: <a@example.com>\r\n");
}

static void
test_encodings(void)
{
    g_autofree char *long_line = g_strnfill(2000, 'x');
    g_autofree char *long_text = g_strconcat(long_line, "\n", NULL);
    const struct {
        const char *text;
        const char *encoding;
    } cases[] = {
        {"plain\ntext\n", "7bit"},
        {"mostly plain, with one \u00e9 in it\n", "quoted-printable"},
        {"\u65e5\u672c\u8a9e\n", "base64"},
        {"a tab\t\n", "quoted-printable"},
        {long_text, "quoted-printable"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GString) mail = g_string_new(NULL);
        spoc_mime_append_text_part(mail, "plain", cases[i].text);
        g_autofree char *header =
            g_strdup_printf("Content-Transfer-Encoding: %s\r\n", cases[i].encoding);
        g_assert_nonnull(strstr(mail->str, header));
        g_assert_true(g_str_has_suffix(mail->str, "\r\n"));
        g_auto(GStrv) lines = g_strsplit(mail->str, "\r\n", -1);
        for (guint n = 0; lines[n] != NULL; n++) {
            g_assert_cmpuint(strlen(lines[n]), <=, 200);
            g_assert_null(strpbrk(lines[n], "\r\n"));
        }
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/mime/date", test_date);
    g_test_add_func("/mime/headers", test_headers);
    g_test_add_func("/mime/encodings", test_encodings);
    return g_test_run();
}
