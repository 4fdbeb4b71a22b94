/* SPDX-License-Identifier: Apache-2.0 */
/* Also tests: describe.c */
#include "base/error.h"
#include "sample.h"

#include <string.h>

static char *
compose(const Sample *sample)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(SpocComposedMail) mail = spoc_notification_compose(&sample->notification, &error);
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
        "Content-Type: text/plain; charset=utf-8\r\n",
        "Content-Transfer-Encoding: 7bit\r\n\r\nYour document",
        "Your document \"Report.pdf\" has been printed on q1.\r\n\r\n",
        "Job:           17\r\n",
        "Title:         Report.pdf\r\n",
        "Owner:         alice\r\n",
        "Job state:     completed, without errors\r\n",
        "Pages:         3\r\n",
        "Printer:       q1\r\n",
        "Printer state: ready\r\n",
        "When:          Monday, 21 September 2026, 16:13 CEST\r\n",
        "CUPS says:     Job completed.\r\n",
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
    g_autoptr(SpocComposedMail) first = spoc_notification_compose(&sample.notification, NULL);
    g_autoptr(SpocComposedMail) again = spoc_notification_compose(&sample.notification, NULL);
    g_assert_cmpstr(first->id, ==, again->id);
    g_assert_cmpstr(first->message_id, ==, again->message_id);
    g_assert_true(g_bytes_equal(first->bytes, again->bytes));
    g_assert_true(g_str_has_prefix(first->message_id, first->id));
    g_assert_cmpuint(strlen(first->id), <, 200);
    g_assert_cmpuint(strspn(first->id, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "._-"), ==,
                     strlen(first->id));

    sample.person.address = (char *)"bob@example.com";
    g_autoptr(SpocComposedMail) other_person =
        spoc_notification_compose(&sample.notification, NULL);
    g_assert_cmpstr(other_person->id, !=, first->id);
    sample_init(&sample);
    sample.event.offset++;
    g_autoptr(SpocComposedMail) other_event = spoc_notification_compose(&sample.notification, NULL);
    g_assert_cmpstr(other_event->id, !=, first->id);
    sample_init(&sample);
    sample.notification.journal = "../a name that no journal has";
    g_autoptr(SpocComposedMail) odd = spoc_notification_compose(&sample.notification, NULL);
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
         "3 pages so far."},
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
        g_autoptr(SpocComposedMail) mail = spoc_notification_compose(&sample.notification, NULL);
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
    g_assert_cmpuint(names, ==, 12);
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
        sample.notification.owner = titles[i];
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
    g_autoptr(SpocComposedMail) mail = spoc_notification_compose(&sample.notification, NULL);
    g_assert_cmpstr(mail->subject, ==, "Printed: untitled");
    sample.notification.job_title = "Told by CUPS";
    g_autoptr(SpocComposedMail) told = spoc_notification_compose(&sample.notification, NULL);
    g_assert_cmpstr(told->subject, ==, "Printed: Told by CUPS");
}

static void
test_refused(void)
{
    Sample sample;
    sample_init(&sample);
    g_autoptr(GError) error = NULL;
    sample.person.address = (char *)"alice@example.com\r\nBcc: eve@example.net";
    g_assert_null(spoc_notification_compose(&sample.notification, &error));
    g_assert_error(error, SPOC_ERROR, SPOC_ERROR_INVALID);
    g_clear_error(&error);
    sample_init(&sample);
    sample.notification.sender = "nobody";
    g_assert_null(spoc_notification_compose(&sample.notification, &error));
    g_assert_error(error, SPOC_ERROR, SPOC_ERROR_INVALID);
}

static void
test_test_mail(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(SpocComposedMail) mail = spoc_test_mail_compose(
        "print-server@example.com", "alice@example.com", "printhost", NULL, 1790000000, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(mail->subject, ==, "Test mail from the print server printhost");
    g_assert_true(g_str_has_prefix(mail->id, "test-1790000000-"));
    g_autofree char *text =
        g_strndup(g_bytes_get_data(mail->bytes, NULL), g_bytes_get_size(mail->bytes));
    expect(text, "To: <alice@example.com>\r\n");
    expect(text, "spocctl test alice@example.com\r\n");
    g_assert_null(spoc_test_mail_compose("a@b", "x", "h", NULL, 0, &error));
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
    g_test_add_func("/notification/test-mail", test_test_mail);
    return g_test_run();
}
