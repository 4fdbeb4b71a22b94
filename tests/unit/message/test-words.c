/* SPDX-License-Identifier: Apache-2.0 */
/* Also tests: reason-words.c */
#include "message/reason-words.h"
#include "message/words.h"

#include <string.h>

#define ENGLISH spoc_catalogue_find("en")

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
        g_autofree char *words = spoc_words_reasons(ENGLISH, (char *const *)cases[i].keywords);
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
        g_autofree char *words = spoc_words_reasons(ENGLISH, (char *const *)one);
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
    for (int i = 0; i < SPOC_NOTICE_COUNT; i++) {
        SpocKindWords words;
        spoc_words_kind(ENGLISH, i, &words);
        g_assert_nonnull(words.subject);
        g_assert_nonnull(words.theirs);
    }
    for (int i = 0; i < SPOC_WORD_COUNT; i++)
        g_assert_nonnull(spoc_word(ENGLISH, i));
    g_assert_null(spoc_words_job_state(ENGLISH, 2));
    g_assert_cmpstr(spoc_words_job_state(ENGLISH, 9), ==, "completed");
    g_assert_null(spoc_words_job_state(ENGLISH, 10));
    g_assert_cmpstr(spoc_words_printer_state(ENGLISH, 5), ==, "stopped");
    g_assert_null(spoc_words_printer_state(ENGLISH, 6));
}

static void
test_advice(void)
{
    static const struct {
        const char *keywords[6];
        const char *advice;
    } cases[] = {
        {{"none"}, NULL},
        {{"media-empty-error"}, "Put paper into the tray."},
        {{"media-empty", "media-needed-error"}, "Put paper into the tray."},
        {{"door-open-warning", "toner-low-report"},
         "Close all covers and doors of the printer. Have a new toner cartridge ready."},
        {{"document-password-error"},
         "Open the document, save it as PDF, and print that. If it is protected, remove the "
         "protection first."},
        {{"no-such-thing-error", "-error", ""}, NULL},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *advice = spoc_words_advice(ENGLISH, (char *const *)cases[i].keywords);
        g_assert_cmpstr(advice, ==, cases[i].advice);
    }
}

static void
test_when(void)
{
    g_autofree char *winter = spoc_words_when(ENGLISH, 1795521900);
    g_autofree char *summer = spoc_words_when(ENGLISH, 1783600000);
    g_autofree char *wild = spoc_words_when(ENGLISH, G_MAXINT64);
    g_assert_cmpstr(winter, ==, "Tuesday, 24 November 2026, 13:05 CET");
    g_assert_true(g_str_has_suffix(summer, " CEST"));
    g_assert_true(strstr(wild, "1970") != NULL);
}

static void
test_counts(void)
{
    static const struct {
        SpocCount what;
        gulong n;
        const char *words;
    } cases[] = {
        {SPOC_COUNT_EVENTS, 1, "1 event"},
        {SPOC_COUNT_EVENTS, 12, "12 events"},
        {SPOC_COUNT_TIMES, 0, "0 times"},
        {SPOC_COUNT_LEFT_OUT, 1, "And 1 more event that is not listed."},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *words = spoc_words_count(ENGLISH, cases[i].what, cases[i].n);
        g_assert_cmpstr(words, ==, cases[i].words);
    }
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
    g_test_add_func("/words/when", test_when);
    g_test_add_func("/words/counts", test_counts);
    return g_test_run();
}
