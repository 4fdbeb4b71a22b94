/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "message/scan.h"

#include <string.h>

static const SpocPerson alice = {.address = (char *)"alice@example.com",
                                 .name = (char *)"Alice \"A\" \u00c4"};
static const SpocPerson bob = {.address = (char *)"bob@example.org"};

static SpocScanMail
sample(GPtrArray *to, GPtrArray *cc)
{
    g_ptr_array_add(to, (gpointer)&alice);
    g_ptr_array_add(to, (gpointer)&bob);
    return (SpocScanMail){.name = "scan-1-1-1",
                          .to = to,
                          .cc = cc,
                          .owner = &alice,
                          .sender = "print-server@example.com",
                          .host_name = "host",
                          .subject = "A\r\nBcc: x@evil.example",
                          .body = "hello\n",
                          .filename = "a.pdf",
                          .content_type = "application/pdf",
                          .when_unix_s = 1700000000};
}

static char *
compose(const SpocScanMail *mail)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(SpocComposedMail) composed = spoc_scan_compose(mail, &error);
    g_assert_no_error(error);
    g_autoptr(GBytes) head = NULL;
    g_autoptr(GBytes) tail = NULL;
    g_assert_true(spoc_scan_frame_split(composed->bytes, &head, &tail, &error));
    g_autofree char *end = g_strndup(g_bytes_get_data(tail, NULL), g_bytes_get_size(tail));
    g_assert_true(g_str_has_prefix(end, "--=_spoc_") && g_str_has_suffix(end, "--\r\n"));
    return g_strndup(g_bytes_get_data(head, NULL), g_bytes_get_size(head));
}

static guint
count(const char *text, const char *part)
{
    guint found = 0;
    for (const char *p = text; (p = strstr(p, part)) != NULL; p += strlen(part))
        found++;
    return found;
}

static void
test_compose(void)
{
    g_autoptr(GPtrArray) to = g_ptr_array_new();
    g_autoptr(GPtrArray) cc = g_ptr_array_new();
    SpocScanMail mail = sample(to, cc);
    g_autofree char *text = compose(&mail);
    g_assert_true(g_str_has_suffix(text, "\r\n\r\n"));
    g_assert_nonnull(strstr(text, "\r\nTo: "));
    g_assert_nonnull(strstr(text, " <alice@example.com>,\r\n <bob@example.org>\r\n"));
    g_assert_nonnull(strstr(text, "\r\nReply-To: "));
    g_assert_null(strstr(text, "\r\nCc:"));
    g_assert_nonnull(strstr(text, "\r\nSubject: A Bcc: x@evil.example\r\n"));
    g_assert_nonnull(strstr(text, "\r\nMessage-ID: <scan-1-1-1.c65895926275@example.com>\r\n"));
    g_assert_nonnull(strstr(text, "filename=\"a.pdf\""));
    /* A job of the same number on another server is another message. */
    mail.host_name = "host2";
    g_autofree char *elsewhere = compose(&mail);
    g_assert_null(strstr(elsewhere, ".c65895926275@"));
    mail.host_name = "host";
    mail.is_from_owner = TRUE;
    g_autofree char *from_owner = compose(&mail);
    g_assert_nonnull(strstr(from_owner, "\r\nSender: "));
    g_assert_null(strstr(from_owner, "\r\nReply-To: "));
    mail.sender_name = "Scanner, 2nd floor";
    g_autofree char *named = compose(&mail);
    g_assert_nonnull(strstr(named, "\r\nSender: \"Scanner, 2nd floor\" <print-server@ex"));
    mail.is_from_owner = FALSE;
    g_autofree char *from_server = compose(&mail);
    g_assert_true(g_str_has_prefix(from_server, "From: \"Scanner, 2nd floor\" <print-server@ex"));
}

/* No text ends the part that it stands in, whatever it knows of other mails' boundaries. */
static void
test_boundary(void)
{
    g_autoptr(GPtrArray) to = g_ptr_array_new();
    g_autoptr(GPtrArray) cc = g_ptr_array_new();
    SpocScanMail mail = sample(to, cc);
    g_autofree char *first = compose(&mail);
    const char *boundary = strstr(first, "--=_spoc_");
    g_autofree char *line = g_strndup(boundary, strcspn(boundary, "\r"));
    g_autofree char *body = g_strconcat(line, "\n.\n", line, "--\n", NULL);
    mail.body = body;
    g_autofree char *text = compose(&mail);
    const char *own = strstr(text, "boundary=\"");
    g_autofree char *mark = g_strconcat("--", own + strlen("boundary=\""), NULL);
    *strchr(mark, '"') = '\0';
    g_assert_cmpstr(mark, !=, line);
    g_assert_cmpuint(count(text, mark), ==, 2);
}

static void
test_addresses(void)
{
    static const SpocPerson bad = {.address = (char *)"x@y>\r\nBcc: z@evil.example"};
    g_autoptr(GPtrArray) to = g_ptr_array_new();
    g_autoptr(GPtrArray) cc = g_ptr_array_new();
    SpocScanMail mail = sample(to, cc);
    g_ptr_array_add(cc, (gpointer)&bad);
    g_autoptr(GError) error = NULL;
    g_assert_null(spoc_scan_compose(&mail, &error));
    g_assert_error(error, SPOC_ERROR, SPOC_ERROR_INVALID);
}

static void
test_frame(void)
{
    static const char *const bad[] = {"", "frame", "\r\n\r\n--=_spoc_x--\r\n"};
    for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GBytes) frame = g_bytes_new(bad[i], strlen(bad[i]));
        g_autoptr(GBytes) head = NULL;
        g_autoptr(GBytes) tail = NULL;
        g_autoptr(GError) error = NULL;
        g_assert_false(spoc_scan_frame_split(frame, &head, &tail, &error));
        g_assert_error(error, SPOC_ERROR, SPOC_ERROR_CORRUPT);
    }
}

static void
test_content_type(void)
{
    static const struct {
        const char *declared;
        const char *start;
        const char *type;
    } cases[] = {
        {"application/pdf", "anything", "application/pdf"},
        {"image/JPEG", "", "image/jpeg"},
        {NULL, "%PDF-1.4", "application/pdf"},
        {"", "\xff\xd8\xff\xe0", "image/jpeg"},
        {"application/octet-stream", "\x89PNG\r\n\x1a\n", "image/png"},
        {"application/vnd.cups-raw", "%PDF-1.7", "application/pdf"},
        {"printer/scan", "%!PS-Adobe", "application/postscript"},
        {"text/html; charset=x\r\nBcc: y", "GIF89a", "image/gif"},
        {"multipart/mixed", "GIF89a", "image/gif"},
        {"message/rfc822", "GIF89a", "image/gif"},
        {"text/csv", "a;\xc3\xa4", "text/csv; charset=utf-8"},
        {"text/csv", "a;\xe4", "text/csv"},
        {"application/x-msdownload", "MZ", "application/octet-stream"},
        {"Application/JavaScript", "x", "application/octet-stream"},
        {"text/x-shellscript", "x", "application/octet-stream"},
        {NULL, "#!/bin/sh\nrm -rf /\n", "application/octet-stream"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *type = spoc_scan_content_type(
            cases[i].declared, (const guint8 *)cases[i].start, strlen(cases[i].start));
        g_assert_cmpstr(type, ==, cases[i].type);
        g_assert_null(strpbrk(type, "\r\n\""));
    }
}

static void
test_filename(void)
{
    static const struct {
        const char *wanted;
        const char *type;
        const char *name;
    } cases[] = {
        {"a", "application/pdf", "a.pdf"},
        {"a.pdf", "application/pdf", "a.pdf"},
        {"a.PDF", "application/pdf", "a.PDF"},
        {"a.jpeg", "image/jpeg", "a.jpeg"},
        {"letter.odt", "application/pdf", "letter.pdf"},
        {"Report v1.2", "application/pdf", "Report v1.2.pdf"},
        {"../../etc/passwd", "application/pdf", "_.._etc_passwd.pdf"},
        {"a\r\nX: y", "application/pdf", "a X_ y.pdf"},
        {"C:\\x?*", "image/png", "C__x__.png"},
        {"", "image/tiff", "scan.tif"},
        {" ... ", "image/tiff", "scan.tif"},
        {"\u202egpj.exe", "image/jpeg", "gpj.exe.jpg"},
        {"Gr\u00fc\u00dfe", "text/plain; charset=utf-8", "Gr\u00fc\u00dfe.txt"},
        {"data.xyz", "application/octet-stream", "data.xyz"},
        {"setup.exe", "application/octet-stream", "setup.exe.bin"},
        {"invoice.pdf.JS", "application/octet-stream", "invoice.pdf.JS.bin"},
        {"a.lnk. . ", "application/octet-stream", "a.lnk.bin"},
        {"a.e\u200bxe", "application/octet-stream", "a.e xe"},
        {"a.hta\u202e", "application/x-unknown", "a.hta.bin"},
        {"run.bat", "text/plain; charset=utf-8", "run.bat.txt"},
        {"x.scr", "application/pdf", "x.scr.pdf"},
        {"invoice\u200b\u202efdp.exe", "application/octet-stream", "invoice fdp.exe.bin"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *name = spoc_scan_filename(cases[i].wanted, cases[i].type);
        g_assert_cmpstr(name, ==, cases[i].name);
    }
    g_autofree char *endless = g_strnfill(5000, 'x');
    g_autofree char *cut = spoc_scan_filename(endless, "application/pdf");
    g_assert_cmpuint(strlen(cut), <, 255);
    g_assert_true(g_str_has_suffix(cut, ".pdf"));
}

static void
test_notice(void)
{
    static const SpocUndelivered undelivered[] = {{"carol@example.net", "554 no\r\nBcc: x@y"}};
    const SpocScanNotice notice = {.id = "scan-1-1-1",
                                   .owner = &alice,
                                   .undelivered = undelivered,
                                   .count = 1,
                                   .title = "My\nletter",
                                   .printer = "scan",
                                   .sender = "print-server@example.com",
                                   .host_name = "host",
                                   .size_bytes = 1234,
                                   .mail_size_bytes = 2345,
                                   .sent_unix_s = 1700000000,
                                   .now_unix_s = 1700000100};
    g_autoptr(GError) error = NULL;
    g_autoptr(SpocComposedMail) mail = spoc_scan_notice_compose(&notice, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(mail->id, ==, "notice-scan-1-1-1");
    g_autofree char *text =
        g_strndup(g_bytes_get_data(mail->bytes, NULL), g_bytes_get_size(mail->bytes));
    g_assert_nonnull(strstr(text, "\r\nSubject: Not delivered: My letter\r\n"));
    g_assert_nonnull(strstr(text, "\r\nAuto-Submitted: auto-generated\r\n"));
    g_assert_nonnull(strstr(text, "\r\ncarol@example.net\r\n"));
    g_assert_nonnull(strstr(text, "554 no Bcc: x@y\r\n"));
    g_assert_nonnull(strstr(text, "1234 bytes, 2345 as a mail"));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/scan/compose", test_compose);
    g_test_add_func("/scan/boundary", test_boundary);
    g_test_add_func("/scan/addresses", test_addresses);
    g_test_add_func("/scan/frame", test_frame);
    g_test_add_func("/scan/content-type", test_content_type);
    g_test_add_func("/scan/filename", test_filename);
    g_test_add_func("/scan/notice", test_notice);
    return g_test_run();
}
