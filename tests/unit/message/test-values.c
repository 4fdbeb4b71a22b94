/* SPDX-License-Identifier: Apache-2.0 */
/* What a mail says. Also tests: notice.c */
#include "message/values.h"

#include "sample.h"

#include <string.h>

static char *const NO_REASONS[] = {NULL};

static void
render(const SpocNotification *notification, SpocMailContent *ret_content)
{
    g_autofree char *warning = NULL;
    spoc_notification_render(notification, &warning, ret_content);
    g_assert_null(warning);
}

static void
expect(const char *text, const char *piece)
{
    if (strstr(text, piece) == NULL)
        g_error("no '%s' in\n%s", piece, text);
}

static void
expect_not(const char *text, const char *piece)
{
    if (strstr(text, piece) != NULL)
        g_error("'%s' is in\n%s", piece, text);
}

static SpocStateAttributes
make_facts(gint printer_state, gint job_state)
{
    static char *const jam[] = {(char *)"media-jam-error", NULL};
    static char *const bad[] = {(char *)"document-format-error", NULL};
    return (SpocStateAttributes){.printer_info = (char *)"Laser <by> the window",
                                 .printer_location = (char *)"Room 5",
                                 .printer_message = (char *)"Tray 2",
                                 .printer_state = printer_state,
                                 .printer_state_reasons = (char **)jam,
                                 .job_state = job_state,
                                 .job_state_reasons = (char **)bad,
                                 .job_impressions = -1,
                                 .job_impressions_completed = 12,
                                 .job_sheets_completed = 6};
}

/* What CUPS says counts where its state is the event's; where and what the printer is, always. */
static void
test_facts(void)
{
    for (guint fits = 0; fits < 2; fits++) {
        Sample sample;
        sample_init(&sample);
        sample.event.kind = SPOC_EVENT_PRINTER_STOPPED;
        sample.event.name = (char *)"printer-stopped";
        sample.event.job_id = 0;
        sample.event.printer_state = 5;
        sample.notice.old_printer_state = 4;
        SpocStateAttributes facts = make_facts(fits ? 5 : 3, 0);
        sample.notice.attributes = &facts;
        sample.notification.format = SPOC_FORMAT_BOTH;
        g_auto(SpocMailContent) content = {0};
        render(&sample.notification, &content);
        expect(content.text, "Description:");
        expect(content.text, " Laser <by> the window\n");
        expect(content.text, " Room 5\n");
        expect(content.text, "stopped (before: printing)");
        expect(content.html, "Laser &lt;by&gt; the window");
        expect_not(content.html, "<by>");
        if (fits) {
            g_assert_cmpstr(content.subject, ==, "q1 has stopped: paper is jammed (error)");
            expect(content.text, "What to do: ");
            expect(content.text, "Tray 2\n");
            expect(content.html, "<div class=\"card fault\">");
        } else {
            g_assert_cmpstr(content.subject, ==, "q1 has stopped");
            expect_not(content.text, "What to do");
            expect_not(content.text, "Tray 2");
        }
    }
}

static void
test_job_facts(void)
{
    Sample sample;
    sample_init(&sample);
    sample.event.job_state = 8;
    sample.event.job_impressions_completed = -1;
    SpocStateAttributes facts = make_facts(3, 8);
    sample.notice.attributes = &facts;
    g_auto(SpocMailContent) content = {0};
    render(&sample.notification, &content);
    expect(content.text, "aborted, the document is damaged");
    expect(content.text, " 12\n");
    g_assert_null(content.html);
}

/* A job that is over is not on its way, whatever cupsd left with it. */
static void
test_left_over_reasons(void)
{
    static const char *left_over[] = {"processing-to-stop-point", NULL};
    Sample sample;
    sample_init(&sample);
    sample.event.job_state = 9;
    SpocStateAttributes facts = make_facts(3, 9);
    facts.job_state_reasons = (char **)left_over;
    sample.notice.attributes = &facts;
    g_auto(SpocMailContent) content = {0};
    render(&sample.notification, &content);
    expect(content.text, "completed, without errors");
}

static void
test_link(void)
{
    static const struct {
        const char *printer;
        const char *uri;
        gboolean is_class;
        const char *web;
        const char *url; /* (nullable) */
    } cases[] = {
        {"q1", NULL, FALSE, "https://h:631", "https://h:631/printers/q1"},
        {"q1", NULL, FALSE, "https://h:631/", "https://h:631/printers/q1"},
        {"all", NULL, TRUE, "https://h:631", "https://h:631/classes/all"},
        {"all", "ipp://h/classes/all", FALSE, "https://h", "https://h/classes/all"},
        {NULL, "ipp://h/printers/q%202", FALSE, "https://h", "https://h/printers/q%202"},
        {"a/../b?c#d\"><x", NULL, FALSE, "https://h",
         "https://h/printers/a%2F..%2Fb%3Fc%23d%22%3E%3Cx"},
        {"caf\xc3\xa9", NULL, FALSE, "https://h", "https://h/printers/caf%C3%A9"},
        {"q1", NULL, FALSE, NULL, NULL},
        {"q1", NULL, FALSE, "", NULL},
        {"q1", NULL, FALSE, "javascript:x", NULL},
        {NULL, NULL, FALSE, "https://h", NULL},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        Sample sample;
        sample_init(&sample);
        sample.event.printer_name = (char *)cases[i].printer;
        sample.event.printer_uri = (char *)cases[i].uri;
        sample.notification.web_interface = cases[i].web;
        sample.notification.format = SPOC_FORMAT_BOTH;
        SpocStateAttributes facts = make_facts(3, 9);
        facts.is_class = cases[i].is_class;
        sample.notice.attributes = &facts;
        g_auto(SpocMailContent) content = {0};
        render(&sample.notification, &content);
        g_autofree char *href = g_strdup_printf("href=\"%s\"", cases[i].url);
        if (cases[i].url != NULL) {
            expect(content.text, cases[i].url);
            expect(content.html, href);
        } else {
            expect_not(content.text, "://");
            g_assert_cmpint(strstr(content.text, "Room 5") != NULL, ==, cases[i].printer != NULL);
            expect_not(content.html, "href=\"h");
            expect_not(content.html, "javascript");
        }
    }
}

/* Nowhere: not in the subject, not in what CUPS and the printer say, not in the list. */
static void
test_hidden_titles(void)
{
    Sample sample;
    sample_init(&sample);
    SpocEvent other = sample.event;
    other.job_name = (char *)"Dismissal of Bob.odt";
    other.job_id = 18;
    SpocStateAttributes facts = make_facts(3, 9);
    facts.printer_message = (char *)"Printing Report.pdf now";
    sample.event.kind = SPOC_EVENT_OTHER;
    sample.event.name = (char *)"job-odd";
    sample.event.text = (char *)"Job \"Report.pdf\" is odd.";
    SpocNotice notices[] = {
        {.event = &other, .owner = "bob", .times = 1, .job_title = "Dismissal of Bob.odt"},
        {.event = &sample.event,
         .owner = "carla",
         .times = 1,
         .attributes = &facts,
         .job_title = "Report.pdf"},
    };
    sample.notification.notices = notices;
    sample.notification.notice_count = 2;
    sample.notification.format = SPOC_FORMAT_BOTH;
    sample.notification.subject = "About Report.pdf";
    for (SpocMailKind kind = SPOC_MAIL_NOTICE; kind <= SPOC_MAIL_COLLECTED; kind++) {
        sample.notification.kind = kind;
        notices[0].hides_title = notices[1].hides_title = FALSE;
        g_auto(SpocMailContent) shown = {0};
        render(&sample.notification, &shown);
        expect(shown.text, "Dismissal of Bob.odt");
        expect(shown.subject, "Report.pdf");
        notices[0].hides_title = notices[1].hides_title = TRUE;
        g_auto(SpocMailContent) hidden = {0};
        render(&sample.notification, &hidden);
        const char *const parts[] = {hidden.subject, hidden.text, hidden.html};
        for (guint i = 0; i < G_N_ELEMENTS(parts); i++) {
            expect_not(parts[i], "Report.pdf");
            expect_not(parts[i], "Dismissal");
            expect_not(parts[i], "carla");
        }
        /* Each job by itself */
        notices[0].hides_title = FALSE;
        g_auto(SpocMailContent) one = {0};
        render(&sample.notification, &one);
        expect(one.text, "Dismissal of Bob.odt");
        expect_not(one.text, "Report.pdf");
    }
}

static void
test_several(void)
{
    Sample sample;
    sample_init(&sample);
    SpocEvent stopped = {.kind = SPOC_EVENT_PRINTER_STOPPED,
                         .name = (char *)"printer-stopped",
                         .when_unix_s = 1790000000 - 600,
                         .printer_name = (char *)"q1",
                         .printer_state = 5,
                         .printer_state_reasons = (char **)NO_REASONS,
                         .job_state_reasons = (char **)NO_REASONS};
    SpocEvent ready = stopped;
    ready.when_unix_s = 1790000000;
    ready.printer_state = 3;
    const SpocNotice notices[] = {
        {.event = &stopped, .times = 3},
        {.event = &ready, .times = 1, .is_resolved = TRUE, .old_printer_state = 5},
    };
    sample.notification.notices = notices;
    sample.notification.notice_count = 2;
    sample.notification.left_out = 4;
    g_auto(SpocMailContent) news = {0};
    render(&sample.notification, &news);
    g_assert_cmpstr(news.subject, ==, "Resolved: q1 is ready again");
    expect(news.text, "ready (before: stopped)");
    expect(news.text, "What else happened:\n\n* Monday, 21 September 2026, 16:03 CEST\n"
                      "  The printer q1 has stopped. (3 times)\n");
    expect(news.text, "\n* And 4 more events that are not listed.\n");
    sample.notification.kind = SPOC_MAIL_DIGEST;
    g_auto(SpocMailContent) digest = {0};
    render(&sample.notification, &digest);
    expect(digest.subject, "8 events");
    expect(digest.text, "16:13 CEST - Resolved\n  The printer q1 is ready again.\n");
}

/* More than a mail takes: the latest are listed, all are counted. */
static void
test_very_many(void)
{
    Sample sample;
    sample_init(&sample);
    g_autofree char *title = g_strnfill(1000, '<');
    sample.event.job_name = title;
    g_autofree SpocNotice *notices = g_new(SpocNotice, 5000);
    for (guint i = 0; i < 5000; i++)
        notices[i] = sample.notice;
    sample.notification.notices = notices;
    sample.notification.notice_count = 5000;
    sample.notification.kind = SPOC_MAIL_COLLECTED;
    sample.notification.format = SPOC_FORMAT_BOTH;
    g_auto(SpocMailContent) content = {0};
    render(&sample.notification, &content);
    expect(content.subject, "5000 events");
    expect(content.text, "And 4800 more events that are not listed.");
    g_assert_cmpuint(strlen(content.html), <, SPOC_TEMPLATE_OUTPUT_MAX_BYTES);
}

static void
test_subject(void)
{
    static const struct {
        const char *wish;
        const char *prefix;
        const char *subject;
    } cases[] = {
        {NULL, NULL, "Printed: Report.pdf"},     {NULL, "[print]", "[print] Printed: Report.pdf"},
        {"Mine", "[print]", "[print] Mine"},     {"\r\n", NULL, "Printed: Report.pdf"},
        {"a\r\nBcc: b", "c\nd", "c d a Bcc: b"}, {"", "", "Printed: Report.pdf"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        Sample sample;
        sample_init(&sample);
        sample.notification.subject = cases[i].wish;
        sample.notification.subject_prefix = cases[i].prefix;
        g_auto(SpocMailContent) content = {0};
        render(&sample.notification, &content);
        g_assert_cmpstr(content.subject, ==, cases[i].subject);
    }
}

/* The columns of labels fit, in letters that are two wide as well. */
static void
test_languages(void)
{
    static const char *const languages[] = {"en", "de", "pt-BR", "ja", "xx"};
    for (guint i = 0; i < G_N_ELEMENTS(languages); i++) {
        Sample sample;
        sample_init(&sample);
        sample.notification.language = languages[i];
        sample.notification.format = SPOC_FORMAT_BOTH;
        g_auto(SpocMailContent) content = {0};
        render(&sample.notification, &content);
        const SpocCatalogue *catalogue = spoc_catalogue_find(languages[i]);
        g_autofree char *lang =
            g_strdup_printf("<html lang=\"%s\">", spoc_catalogue_language(catalogue));
        expect(content.html, lang);
        g_autofree char *label = g_strconcat(spoc_word(catalogue, SPOC_WORD_TITLE), ":", NULL);
        expect(content.text, label);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/describe/facts", test_facts);
    g_test_add_func("/describe/job-facts", test_job_facts);
    g_test_add_func("/describe/left-over-reasons", test_left_over_reasons);
    g_test_add_func("/describe/link", test_link);
    g_test_add_func("/describe/hidden-titles", test_hidden_titles);
    g_test_add_func("/describe/several", test_several);
    g_test_add_func("/describe/very-many", test_very_many);
    g_test_add_func("/describe/subject", test_subject);
    g_test_add_func("/describe/languages", test_languages);
    return g_test_run();
}
