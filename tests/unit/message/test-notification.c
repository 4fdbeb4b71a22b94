/* SPDX-License-Identifier: Apache-2.0 */
/* What the mail says is in test-values.c. Also tests: mail.c */
#include "base/error.h"
#include "sample.h"

#include <glib/gstdio.h>
#include <string.h>

static char *
compose(const Sample *sample)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(SpocComposedMail) mail =
        spoc_notification_compose(&sample->notification, NULL, &error);
    g_assert_no_error(error);
    gsize size = 0;
    const char *bytes = g_bytes_get_data(mail->bytes, &size);
    return g_strndup(bytes, size);
}

static void
expect(const char *mail, const char *piece)
{
    if (strstr(mail, piece) == NULL)
        g_error("no '%s' in\n%s", piece, mail);
}

static void
test_whole(void)
{
    Sample sample;
    sample_init(&sample);
    g_autofree char *mail = compose(&sample);
    static const char *const pieces[] = {
        "From: \"Print server printhost.example.com\" <print-server@example.com>\r\n",
        "To: \"Alice Smith\" <alice@example.com>\r\n",
        "Subject: Printed: Report.pdf\r\n",
        "Date: Mon, 21 Sep 2026 16:13:20 +0200\r\n",
        "Message-ID: <1790000000-0001-abc-1040-",
        "@printhost.example.com>\r\n",
        "In-Reply-To: <job-17@printhost.example.com>\r\n",
        "References: <job-17@printhost.example.com>\r\n",
        "MIME-Version: 1.0\r\n",
        "Auto-Submitted: auto-generated\r\n",
        "X-Auto-Response-Suppress: All\r\n",
        "Content-Language: en\r\n",
        "Content-Type: text/plain; charset=utf-8\r\n",
        "Content-Transfer-Encoding: 7bit\r\n\r\nYour document",
        "Your document \"Report.pdf\" has been printed on q1.\r\n\r\n",
        "Job:       17\r\n",
        "Title:     Report.pdf\r\n",
        "Owner:     alice\r\n",
        "Job state: completed, without errors\r\n",
        "Pages:     3\r\n",
        "Printer:   q1\r\n",
        "When:      Monday, 21 September 2026, 16:13 CEST\r\n",
        "\r\n-- \r\nSent by the print server printhost.example.com ",
    };
    for (guint i = 0; i < G_N_ELEMENTS(pieces); i++)
        expect(mail, pieces[i]);
}

/* The same in, the same out; another recipient or event, another mail. */
static void
test_identity(void)
{
    Sample sample;
    sample_init(&sample);
    g_autoptr(SpocComposedMail) first = spoc_notification_compose(&sample.notification, NULL, NULL);
    g_autoptr(SpocComposedMail) again = spoc_notification_compose(&sample.notification, NULL, NULL);
    g_assert_cmpstr(first->id, ==, again->id);
    g_assert_cmpstr(first->message_id, ==, again->message_id);
    g_assert_true(g_bytes_equal(first->bytes, again->bytes));
    g_assert_true(g_str_has_prefix(first->message_id, first->id));
    g_assert_cmpuint(strlen(first->id), <, 200);
    g_assert_cmpuint(strspn(first->id, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "._-"), ==,
                     strlen(first->id));

    sample.person.address = (char *)"bob@example.com";
    g_autoptr(SpocComposedMail) other_person =
        spoc_notification_compose(&sample.notification, NULL, NULL);
    g_assert_cmpstr(other_person->id, !=, first->id);
    sample_init(&sample);
    sample.event.offset++;
    g_autoptr(SpocComposedMail) other_event =
        spoc_notification_compose(&sample.notification, NULL, NULL);
    g_assert_cmpstr(other_event->id, !=, first->id);
    sample_init(&sample);
    sample.notice.journal = "../a name that no journal has";
    g_autoptr(SpocComposedMail) odd = spoc_notification_compose(&sample.notification, NULL, NULL);
    g_assert_cmpuint(strspn(odd->id, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "._-"), ==,
                     strlen(odd->id));
    g_assert_cmpint(odd->id[0], !=, '.');
}

static void
test_news(void)
{
    static const struct {
        SpocEventKind kind;
        const char *name;
        gint job_id;
        gint job_state;
        gint printer_state;
        const char *reason;
        gboolean is_owner;
        const char *subject;
        const char *first;
    } cases[] = {
        {SPOC_EVENT_JOB_CREATED, "job-created", 17, 3, 3, "none", TRUE, "Queued: Report.pdf",
         "Your document \"Report.pdf\" has been queued for q1."},
        {SPOC_EVENT_JOB_CREATED, "job-created", 17, 4, 3, "none", TRUE, "Queued: Report.pdf",
         "Your document \"Report.pdf\" has been queued for q1."},
        {SPOC_EVENT_JOB_COMPLETED, "job-completed", 17, 9, 3, "none", FALSE, "Printed: Report.pdf",
         "The document \"Report.pdf\" has been printed on q1."},
        {SPOC_EVENT_JOB_COMPLETED, "job-completed", 17, 7, 3, "none", TRUE, "Canceled: Report.pdf",
         "was canceled."},
        {SPOC_EVENT_JOB_COMPLETED, "job-completed", 17, 8, 3, "none", TRUE,
         "Not printed: Report.pdf", "could not be printed on q1."},
        {SPOC_EVENT_JOB_COMPLETED, "job-completed", 17, 0, 3, "none", TRUE, "Finished: Report.pdf",
         "is finished."},
        {SPOC_EVENT_JOB_STOPPED, "job-stopped", 17, 6, 3, "none", TRUE, "Stopped: Report.pdf",
         "has stopped."},
        {SPOC_EVENT_JOB_STATE_CHANGED, "job-state-changed", 17, 5, 4, "none", TRUE,
         "Printing: Report.pdf", "is being printed on q1."},
        {SPOC_EVENT_JOB_PROGRESS, "job-progress", 17, 5, 4, "none", TRUE, "Printing: Report.pdf",
         "pages so far 3."},
        {SPOC_EVENT_PRINTER_STATE_CHANGED, "printer-state-changed", 0, 0, 5, "media-jam-error",
         FALSE, "q1 has stopped: paper is jammed (error)",
         "The printer q1 has stopped: paper is jammed (error)."},
        {SPOC_EVENT_PRINTER_STATE_CHANGED, "printer-state-changed", 0, 0, 4, "toner-low-warning",
         FALSE, "q1 needs attention: toner is low (warning)", "needs attention"},
        {SPOC_EVENT_PRINTER_STATE_CHANGED, "printer-state-changed", 0, 0, 3, "none", FALSE,
         "q1 is ready", "The printer q1 is ready."},
        {SPOC_EVENT_PRINTER_STOPPED, "printer-stopped", 0, 0, 5, "paused", FALSE,
         "q1 has stopped: paused", "The printer q1 has stopped: paused."},
        {SPOC_EVENT_PRINTER_ADDED, "printer-added", 0, 0, 3, "none", FALSE, "q1 was added",
         "The printer q1 was added."},
        {SPOC_EVENT_SERVER_RESTARTED, "server-restarted", 0, 0, 0, "none", FALSE,
         "The print server printhost.example.com was restarted", "was restarted."},
        {SPOC_EVENT_OTHER, "printer-burnt", 0, 0, 0, "none", FALSE,
         "The print server printhost.example.com reports: printer-burnt", "printer-burnt."},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        Sample sample;
        sample_init(&sample);
        sample.event.kind = cases[i].kind;
        sample.event.name = (char *)cases[i].name;
        sample.event.job_id = cases[i].job_id;
        sample.event.job_state = cases[i].job_state;
        sample.event.printer_state = cases[i].printer_state;
        sample.printer_reasons[0] = (char *)cases[i].reason;
        sample.person.is_owner = cases[i].is_owner;
        g_autoptr(SpocComposedMail) mail =
            spoc_notification_compose(&sample.notification, NULL, NULL);
        g_assert_cmpstr(mail->subject, ==, cases[i].subject);
        g_autofree char *text = compose(&sample);
        expect(text, cases[i].first);
        g_assert_cmpint(strstr(text, "References:") != NULL, ==, cases[i].job_id > 0);
    }
}

/* Whatever a title is, the mail has the same headers, short lines and CRLF. */
static void
check_shape(const char *mail)
{
    gsize lines = 0;
    for (const char *p = mail; *p != '\0';) {
        const char *end = strstr(p, "\r\n");
        g_assert_nonnull(end);
        g_assert_cmpint(end - p, <=, 998);
        for (const char *c = p; c < end; c++)
            g_assert_true((guchar)*c >= 0x20 && (guchar)*c < 0x7f);
        p = end + 2;
        lines++;
    }
    g_assert_cmpuint(lines, >, 20);
    g_autofree char *head = g_strndup(mail, (gsize)(strstr(mail, "\r\n\r\n") - mail));
    g_auto(GStrv) headers = g_strsplit(head, "\r\n", -1);
    guint names = 0;
    for (guint i = 0; headers[i] != NULL; i++) {
        if (headers[i][0] != ' ' && headers[i][0] != '\t')
            names++;
        g_assert_false(g_str_has_prefix(headers[i], "Bcc"));
    }
    g_assert_cmpuint(names, ==, 13);
}

static void
test_titles(void)
{
    g_autofree char *long_title = g_strnfill(255, 'x');
    g_autofree char *long_script = g_strdup("");
    for (int i = 0; i < 85; i++) {
        char *longer = g_strconcat(long_script, "\u65e5", NULL);
        g_free(long_script);
        long_script = longer;
    }
    const char *titles[] = {
        "a\r\nBcc: eve@example.net",
        "a\r\n\r\n.\r\nMAIL FROM:<x@y>",
        "\x01\x02\x1b[31mred\x7f",
        "caf\u00e9",
        "=?utf-8?Q?=0D=0ABcc:_eve@example.net?=",
        "\u202egnp.exe",
        "{printer} {title} {",
        "",
        " ",
        "\r\n",
        ".",
        "From the office",
        long_title,
        long_script,
        NULL,
    };
    for (guint i = 0; i < G_N_ELEMENTS(titles); i++) {
        Sample sample;
        sample_init(&sample);
        sample.event.job_name = (char *)titles[i];
        sample.person.name = (char *)titles[i];
        sample.event.printer_name = (char *)titles[i];
        sample.event.text = (char *)titles[i];
        sample.notice.owner = titles[i];
        sample.printer_reasons[0] = (char *)(titles[i] != NULL ? titles[i] : "none");
        g_autofree char *mail = compose(&sample);
        check_shape(mail);
        sample.notification.subject = titles[i];
        sample.notification.host_name = titles[i];
        g_autofree char *other = compose(&sample);
        check_shape(other);
    }
    Sample sample;
    sample_init(&sample);
    sample.event.job_name = (char *)"\r\n";
    g_autoptr(SpocComposedMail) mail = spoc_notification_compose(&sample.notification, NULL, NULL);
    g_assert_cmpstr(mail->subject, ==, "Printed: untitled");
    sample.event.job_name = (char *)"a\u200bb\ufeffc\U000e0041d\u202e";
    g_autoptr(SpocComposedMail) plain = spoc_notification_compose(&sample.notification, NULL, NULL);
    g_assert_cmpstr(plain->subject, ==, "Printed: a b c d");
    sample.event.job_name = (char *)"\r\n";
    sample.notice.job_title = "Told by CUPS";
    g_autoptr(SpocComposedMail) told = spoc_notification_compose(&sample.notification, NULL, NULL);
    g_assert_cmpstr(told->subject, ==, "Printed: Told by CUPS");
}

static void
test_refused(void)
{
    Sample sample;
    sample_init(&sample);
    g_autoptr(GError) error = NULL;
    sample.person.address = (char *)"alice@example.com\r\nBcc: eve@example.net";
    g_assert_null(spoc_notification_compose(&sample.notification, NULL, &error));
    g_assert_error(error, SPOC_ERROR, SPOC_ERROR_INVALID);
    g_clear_error(&error);
    sample_init(&sample);
    sample.notification.sender = "nobody";
    g_assert_null(spoc_notification_compose(&sample.notification, NULL, &error));
    g_assert_error(error, SPOC_ERROR, SPOC_ERROR_INVALID);
}

/* A part of a mail that several notices make: its identifier and thread */
static void
test_several(void)
{
    static const struct {
        SpocMailKind kind;
        const char *members;
        const char *thread;
        gint job_id;
        const char *reference; /* (nullable) */
    } cases[] = {
        {SPOC_MAIL_NOTICE, NULL, NULL, 17, "job-17@printhost.example.com"},
        {SPOC_MAIL_NOTICE, NULL, NULL, 0, NULL},
        {SPOC_MAIL_NOTICE, "a", "printer-q1-1732450000", 0,
         "printer-q1-1732450000@printhost.example.com"},
        {SPOC_MAIL_NOTICE, "b", "a> b\r\nBcc: c", 17, "a--b--Bcc--c@printhost.example.com"},
        {SPOC_MAIL_DIGEST, "c", NULL, 17, NULL},
        {SPOC_MAIL_COLLECTED, "d", NULL, 17, NULL},
    };
    g_autoptr(GHashTable) ids = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        Sample sample;
        sample_init(&sample);
        sample.event.job_id = cases[i].job_id;
        sample.notification.kind = cases[i].kind;
        sample.notification.members = cases[i].members;
        sample.notification.thread = cases[i].thread;
        g_autoptr(SpocComposedMail) mail =
            spoc_notification_compose(&sample.notification, NULL, NULL);
        g_assert_true(g_str_has_prefix(mail->id, "1790000000-0001-abc-1040-"));
        /* Those without members are of one event, and so one mail. */
        g_assert_cmpint(g_hash_table_add(ids, g_strdup(mail->id)), ==, i != 1);
        g_autofree char *text = compose(&sample);
        expect(text, "\r\nDate: Mon, 21 Sep 2026 16:13:20 +0200\r\n");
        sample.notification.date_unix_s = 1790003600;
        g_autofree char *later = compose(&sample);
        expect(later, "\r\nDate: Mon, 21 Sep 2026 17:13:20 +0200\r\n");
        if (cases[i].reference != NULL) {
            g_autofree char *reply =
                g_strdup_printf("\r\nIn-Reply-To: <%s>\r\n", cases[i].reference);
            g_autofree char *references =
                g_strdup_printf("\r\nReferences: <%s>\r\n", cases[i].reference);
            expect(text, reply);
            expect(text, references);
        } else {
            g_assert_null(strstr(text, "In-Reply-To:"));
        }
    }
}

static void
test_cc(void)
{
    static const char *const cc[] = {"bob@example.com", "carol@example.com", NULL};
    static const char *const bad[] = {"bob@example.com\r\nBcc: eve@example.net", NULL};
    static const char *const nobody[] = {NULL};
    Sample sample;
    sample_init(&sample);
    sample.notification.cc = cc;
    g_autofree char *mail = compose(&sample);
    expect(mail, "\r\nCc: <bob@example.com>,\r\n <carol@example.com>\r\nSubject:");
    sample.notification.cc = nobody;
    g_autofree char *none = compose(&sample);
    g_assert_null(strstr(none, "Cc:"));
    sample.notification.cc = bad;
    g_autoptr(GError) error = NULL;
    g_assert_null(spoc_notification_compose(&sample.notification, NULL, &error));
    g_assert_error(error, SPOC_ERROR, SPOC_ERROR_INVALID);
}

static void
test_formats(void)
{
    static const struct {
        SpocFormat format;
        const char *type;
        guint parts;
    } cases[] = {
        {SPOC_FORMAT_BOTH, "\r\nContent-Type: multipart/alternative;\r\n boundary=\"=_spoc_", 4},
        {SPOC_FORMAT_TEXT, "\r\nContent-Type: text/plain; charset=utf-8\r\n", 1},
        {SPOC_FORMAT_HTML, "\r\nContent-Type: text/html; charset=utf-8\r\n", 1},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        Sample sample;
        sample_init(&sample);
        sample.notification.format = cases[i].format;
        g_autofree char *mail = compose(&sample);
        g_autofree char *again = compose(&sample);
        g_assert_cmpstr(mail, ==, again);
        expect(mail, cases[i].type);
        g_auto(GStrv) pieces = g_strsplit(mail, "\r\n--=_spoc_", -1);
        g_assert_cmpuint(g_strv_length(pieces), ==, cases[i].parts);
        if (cases[i].parts == 1)
            continue;
        /* The best comes last. */
        expect(pieces[1], "text/plain");
        expect(pieces[2], "text/html");
        g_assert_true(g_str_has_suffix(pieces[3], "--\r\n"));
    }
}

/* The administrator's templates, and what becomes of broken ones */
static void
test_templates(void)
{
    g_autofree char *folder = g_dir_make_tmp("spoc-templates-XXXXXX", NULL);
    g_autofree char *text = g_build_filename(folder, "job-completed.txt", NULL);
    g_autofree char *html = g_build_filename(folder, "notification.html", NULL);
    g_assert_true(
        g_file_set_contents(text, "Subject: {{title}} on {{printer}}\n\nMine.\n", -1, NULL));
    g_assert_true(g_file_set_contents(html, "<p {{title}}>", -1, NULL));
    g_autoptr(SpocTemplates) templates = spoc_templates_new(NULL, folder);
    Sample sample;
    sample_init(&sample);
    sample.notification.templates = templates;
    sample.notification.format = SPOC_FORMAT_BOTH;
    sample.notification.subject_prefix = "[print]";
    g_autofree char *warning = NULL;
    g_autoptr(SpocComposedMail) mail =
        spoc_notification_compose(&sample.notification, &warning, NULL);
    g_assert_cmpstr(mail->subject, ==, "[print] Report.pdf on q1");
    expect(warning, "notification.html:1: ");
    g_autofree char *bytes = compose(&sample);
    expect(bytes, "\r\n\r\nMine.\r\n");
    expect(bytes, "color-scheme"); /* the stock HTML */
    sample.notification.subject = "As I wish";
    g_autoptr(SpocComposedMail) wished =
        spoc_notification_compose(&sample.notification, NULL, NULL);
    g_assert_cmpstr(wished->subject, ==, "[print] As I wish");

    /* One that makes too much shows only when it is used. */
    g_autofree char *large = g_strnfill(250000, 'x');
    g_autofree char *much = g_strconcat("{{#facts}}", large, "{{/facts}}\n", NULL);
    g_assert_true(g_file_set_contents(text, much, -1, NULL));
    g_autoptr(SpocTemplates) greedy = spoc_templates_new(NULL, folder);
    sample.notification.templates = greedy;
    sample.notification.format = SPOC_FORMAT_TEXT;
    g_autofree char *said = NULL;
    g_autoptr(SpocComposedMail) stock =
        spoc_notification_compose(&sample.notification, &said, NULL);
    expect(said, "job-completed.txt: ");
    g_assert_cmpuint(g_bytes_get_size(stock->bytes), <, 4096);
    g_assert_no_errno(g_remove(text));
    g_assert_no_errno(g_remove(html));
    g_assert_no_errno(g_rmdir(folder));
}

static void
test_test_mail(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(SpocComposedMail) mail =
        spoc_test_mail_compose("print-server@example.com", NULL, "alice@example.com", "printhost",
                               NULL, 1790000000, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(mail->subject, ==, "Test mail from the print server printhost");
    g_assert_true(g_str_has_prefix(mail->id, "test-1790000000-"));
    g_autofree char *text =
        g_strndup(g_bytes_get_data(mail->bytes, NULL), g_bytes_get_size(mail->bytes));
    expect(text, "From: \"Print server printhost\" <print-server@example.com>\r\n");
    expect(text, "To: <alice@example.com>\r\n");
    expect(text, "spocctl test alice@example.com\r\n");
    /* mailfrom's own name, encoded where it needs it (RFC 2047) */
    static const struct {
        const char *name;
        const char *header;
    } named[] = {
        {"Print Server", "From: \"Print Server\" <p@example.com>\r\n"},
        {"a \"b\" \\", "From: \"a \\\"b\\\" \\\\\" <p@example.com>\r\n"},
        {"Drucker \u00dcbersee", "From: =?utf-8?B?RHJ1Y2tlciDDnGJlcnNlZQ==?= <p@example.com>\r\n"},
        {"=?utf-8?B?QmNj?=", "From: =?utf-8?B?PT91dGYtOD9CP1FtTmo/PQ==?= <p@example.com>\r\n"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(named); i++) {
        g_autoptr(SpocComposedMail) one = spoc_test_mail_compose(
            "p@example.com", named[i].name, "alice@example.com", "h", NULL, 0, &error);
        g_autofree char *bytes =
            g_strndup(g_bytes_get_data(one->bytes, NULL), g_bytes_get_size(one->bytes));
        expect(bytes, named[i].header);
    }
    g_assert_null(spoc_test_mail_compose("a@b", NULL, "x", "h", NULL, 0, &error));
    g_assert_error(error, SPOC_ERROR, SPOC_ERROR_INVALID);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/notification/whole", test_whole);
    g_test_add_func("/notification/identity", test_identity);
    g_test_add_func("/notification/news", test_news);
    g_test_add_func("/notification/titles", test_titles);
    g_test_add_func("/notification/refused", test_refused);
    g_test_add_func("/notification/several", test_several);
    g_test_add_func("/notification/cc", test_cc);
    g_test_add_func("/notification/formats", test_formats);
    g_test_add_func("/notification/templates", test_templates);
    g_test_add_func("/notification/test-mail", test_test_mail);
    return g_test_run();
}
