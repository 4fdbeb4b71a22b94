/* SPDX-License-Identifier: Apache-2.0 */
/* Also tests: reasons.c counts.c dates.c */
#include "message/words.h"

#include <string.h>

static const SpocCatalogue *
english(void)
{
    return spoc_catalogue_find(NULL);
}

static void
test_reasons(void)
{
    static const struct {
        const char *keywords[12];
        const char *words;
    } cases[] = {
        {{"none"}, NULL},
        {{NULL}, NULL},
        {{""}, NULL},
        {{"media-empty"}, "paper is out"},
        {{"media-empty-error"}, "paper is out (error)"},
        {{"media-jam-warning", "none", "toner-low-report"},
         "paper is jammed (warning); toner is low (report)"},
        {{"aborted-by-system"}, "aborted by the print system"},
        {{"wifi-not-configured"}, "the wireless network is not set up"},
        {{"cups-waiting-for-job-completed"}, "waiting for the printer to finish the job"},
        {{"com.example-strange-thing-error"}, "com.example strange thing (error)"},
        {{"a\r\nb-c"}, "a b c"},
        {{"-error"}, " (error)"},
        {{"a", "b", "c", "d", "e", "f", "g", "h", "i"}, "a; b; c; d; e; f; g; h"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *words = spoc_words_reasons(english(), (char *const *)cases[i].keywords);
        g_assert_cmpstr(words, ==, cases[i].words);
    }
}

/* A keyword that is out of order in the table would not be found. */
static void
test_reasons_are_found(void)
{
    static const char *const keywords[] = {"account-closed",
                                           "connecting-to-device",
                                           "cover-open",
                                           "door-open",
                                           "fuser-over-temp",
                                           "interlock-open",
                                           "job-canceled-by-user",
                                           "job-completed-successfully",
                                           "job-completed-with-errors",
                                           "job-hold-until-specified",
                                           "job-incoming",
                                           "job-printing",
                                           "job-queued",
                                           "job-queued-for-marker",
                                           "job-stopped",
                                           "marker-supply-low",
                                           "marker-waste-full",
                                           "media-low",
                                           "media-needed",
                                           "opc-near-eol",
                                           "other",
                                           "output-area-full",
                                           "printer-stopped",
                                           "shutdown",
                                           "spool-area-full",
                                           "stopped-partly",
                                           "timed-out",
                                           "toner-empty",
                                           "unsupported-compression"};
    for (guint i = 0; i < G_N_ELEMENTS(keywords); i++) {
        const char *one[] = {keywords[i], NULL};
        g_autofree char *words = spoc_words_reasons(english(), (char *const *)one);
        g_autofree char *plain = g_strdelimit(g_strdup(keywords[i]), "-", ' ');
        g_assert_cmpstr(words, !=, plain);
        g_assert_nonnull(words);
    }
}

static void
test_expand(void)
{
    const SpocWordValue values[] = {{"a", "1"}, {"bb", "{a}"}, {"c", NULL}};
    static const struct {
        const char *in;
        const char *out;
    } cases[] = {
        {"", ""},   {"x{a}y{bb}z", "x1y{a}z"}, {"{c}", ""}, {"{d}", "{d}"}, {"{a", "{a"},
        {"{", "{"}, {"}{a}{", "}1{"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *out = spoc_words_expand(cases[i].in, values, G_N_ELEMENTS(values));
        g_assert_cmpstr(out, ==, cases[i].out);
    }
}

static void
test_complete(void)
{
    for (int i = 0; i < SPOC_NEWS_COUNT; i++) {
        SpocNewsWords words;
        spoc_words_news(english(), i, &words);
        g_assert_nonnull(words.subject);
        g_assert_nonnull(words.theirs);
    }
    for (int i = 0; i < SPOC_WORD_COUNT; i++)
        g_assert_nonnull(spoc_word(english(), i));
    g_assert_null(spoc_words_job_state(english(), 2));
    g_assert_cmpstr(spoc_words_job_state(english(), 9), ==, "completed");
    g_assert_null(spoc_words_job_state(english(), 10));
    g_assert_cmpstr(spoc_words_printer_state(english(), 5), ==, "stopped");
    g_assert_null(spoc_words_printer_state(english(), 6));
}

static void
test_advice(void)
{
    static const struct {
        const char *keywords[6];
        const char *advice;
    } cases[] = {
        {{"none"}, NULL},
        {{"com.example-strange-error"}, NULL},
        {{"media-empty-error"}, "Put paper into the tray."},
        {{"cover-open", "door-open-error", "toner-low-warning"},
         "Close the printer's covers and doors. Have a new cartridge ready."},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *advice = spoc_words_advice(english(), (char *const *)cases[i].keywords);
        g_assert_cmpstr(advice, ==, cases[i].advice);
    }
}

/* TZ is Europe/Prague; C.UTF-8 is all that is installed. */
static void
test_dates(void)
{
    static const struct {
        const char *language;
        const char *when;
        const char *when_short;
    } cases[] = {
        {"en", "Tuesday, 24 November 2026, 13:05 CET", "Tuesday, 13:05"},
        {"cs", "\u00fater\u00fd 24. listopadu 2026, 13:05 CET", "\u00fater\u00fd 13:05"},
        {"de", "Dienstag, 24. November 2026, 13:05 Uhr CET", "Dienstag, 13:05 Uhr"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        const SpocCatalogue *catalogue = spoc_catalogue_find(cases[i].language);
        g_autofree char *when = spoc_words_when(catalogue, 1795521900);
        g_autofree char *when_short = spoc_words_when_short(catalogue, 1795521900);
        g_assert_cmpstr(when, ==, cases[i].when);
        g_assert_cmpstr(when_short, ==, cases[i].when_short);
    }
    g_autofree char *summer = spoc_words_when(english(), 1790000000);
    g_assert_cmpstr(summer, ==, "Monday, 21 September 2026, 16:13 CEST");
    g_autofree char *never = spoc_words_when(english(), G_MAXINT64);
    g_assert_nonnull(strstr(never, "1970"));
}

static void
test_counts(void)
{
    static const struct {
        const char *language;
        gulong n;
        const char *pages;
    } cases[] = {
        {"en", 0, "0 pages"},          {"en", 1, "1 page"},         {"en", 2, "2 pages"},
        {"de", 1, "1 Seite"},          {"cs", 1, "1 str\u00e1nka"}, {"cs", 3, "3 str\u00e1nky"},
        {"cs", 22, "22 str\u00e1nek"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        const SpocCatalogue *catalogue = spoc_catalogue_find(cases[i].language);
        g_autofree char *pages = spoc_words_pages(catalogue, cases[i].n);
        g_assert_cmpstr(pages, ==, cases[i].pages);
    }
    g_autofree char *of = spoc_words_pages_of(english(), 3, 7);
    g_assert_cmpstr(of, ==, "3 of 7 pages");
    g_autofree char *events = spoc_words_events(english(), 2);
    g_assert_cmpstr(events, ==, "2 events");
    g_autofree char *subject = spoc_words_count(english(), SPOC_COUNT_DIGEST_SUBJECT, 1, "ph1");
    g_assert_cmpstr(subject, ==, "Printing on ph1: 1 event");
}

static void
test_join(void)
{
    static const struct {
        SpocJoin how;
        const char *first;
        const char *more;
        const char *text;
    } cases[] = {
        {SPOC_JOIN_REASONS, "a", "b", "a; b"},
        {SPOC_JOIN_STATE, "a", "b", "a, b"},
        {SPOC_JOIN_SENTENCES, "A.", "B.", "A. B."},
        {SPOC_JOIN_STATE, NULL, "b", "b"},
        {SPOC_JOIN_STATE, "a", "", "a"},
        {SPOC_JOIN_STATE, "", NULL, NULL},
        {SPOC_JOIN_STATE, "{more}", "x", "{more}, x"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *text =
            spoc_words_join(english(), cases[i].how, cases[i].first, cases[i].more);
        g_assert_cmpstr(text, ==, cases[i].text);
    }
    g_autofree char *label = spoc_words_label(english(), SPOC_WORD_PRINTER);
    g_assert_cmpstr(label, ==, "Printer:");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/words/reasons", test_reasons);
    g_test_add_func("/words/reasons-are-found", test_reasons_are_found);
    g_test_add_func("/words/expand", test_expand);
    g_test_add_func("/words/complete", test_complete);
    g_test_add_func("/words/advice", test_advice);
    g_test_add_func("/words/dates", test_dates);
    g_test_add_func("/words/counts", test_counts);
    g_test_add_func("/words/join", test_join);
    return g_test_run();
}
