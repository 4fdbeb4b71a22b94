/* SPDX-License-Identifier: Apache-2.0 */
#include "job.h"

#include <cups/cups.h>
#include <string.h>

static char *
cups_says(const char *options, const char *name)
{
    cups_option_t *parsed = NULL;
    int count = cupsParseOptions(options, 0, &parsed);
    const char *value = cupsGetOption(name, count, parsed);
    char *copy = g_strdup(value != NULL ? value : "");
    cupsFreeOptions(count, parsed);
    return copy;
}

static void
compare(const char *options, const char *name)
{
    g_autofree char *ours = spoc_job_option(options, name);
    g_autofree char *theirs = cups_says(options, name);
    if (strcmp(ours, theirs) != 0)
        g_error("'%s' in <%s>: '%s', and libcups says '%s'", name, options, ours, theirs);
}

static void
test_options(void)
{
    static const struct {
        const char *options;
        const char *value; /* of time-at-creation */
    } cases[] = {
        {"finishings=3 time-at-creation=17 time-at-processing=18", "17"},
        {"time-at-creation=1 job-uuid=urn:uuid:1 time-at-creation=2", "2"},
        {"mail-subject=Hallo time-at-creation=5", "5"},
        {"mail-subject='a time-at-creation=1 b' time-at-creation=5", "5"},
        {"time-at-creation=5 mail-subject=\"x\\\" time-at-creation=1\"", "5"},
        {"time-at-creation=5 document-name-supplied=x\\ time-at-creation=1", "5"},
        {"media-col={media-size={x-dimension=1 y-dimension=2} time-at-creation=1} "
         "time-at-creation=5",
         "5"},
        {"x=a,'b time-at-creation=1',c time-at-creation=5", "5"},
        {"xtime-at-creation=1 time-at-creation", "true"},
        {"time-at-creation=5 notime-at-creation", "false"},
        {"time-at-creation=", ""},
        {"TIME-AT-CREATION=5", "5"},
        {"time-at-creation = 5", ""},
        {"x='time-at-creation=5", ""},
        {"=time-at-creation=5", ""},
        {"", ""},
        {"\\", ""},
        {"x=\\", ""},
        {"x={", ""},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *value = spoc_job_option(cases[i].options, "time-at-creation");
        g_assert_cmpstr(value, ==, cases[i].value);
        compare(cases[i].options, "time-at-creation");
    }
}

/* Whatever stands there, libcups and we read the same. */
static void
test_like_libcups(void)
{
    static const char *const pieces[] = {"a",  "b",  "=",   "=",        " ",  "'",
                                         "\"", "\\", ",",   "\t",       "{",  "}",
                                         "\n", "no", "\\'", "\xc3\xa4", "a=", " b="};
    for (guint i = 0; i < 200000; i++) {
        g_autoptr(GString) options = g_string_new("x");
        guint count = (guint)g_test_rand_int_range(0, 16);
        for (guint k = 0; k < count; k++)
            g_string_append(options, pieces[g_test_rand_int_range(0, G_N_ELEMENTS(pieces))]);
        compare(options->str, "a");
        compare(options->str, "b");
    }
}

static void
test_facts(void)
{
    static const struct {
        const char *time;
        gint64 unix_s;
    } cases[] = {{"1700000000", 1700000000}, {"0", 0}, {"-5", 0}, {"", 0}, {"5x", 0}, {" 5", 0},
                 {"99999999999999999999", 0}};
    g_assert_true(g_setenv("DEVICE_URI", "spoc:%40owner", TRUE));
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *options = g_strdup_printf(
            "job-uuid=urn:uuid:1 mail-subject=\"time-at-creation=1\" time-at-creation=\"%s\"",
            cases[i].time);
        char *argv[] = {
            (char *)"spoc:", (char *)"42", (char *)"alice", (char *)"title job-uuid=2", (char *)"1",
            options,         NULL};
        g_autoptr(SpocScanMetadata) metadata = spoc_job_metadata(argv);
        g_assert_cmpint(metadata->accepted_unix_s, ==, cases[i].unix_s);
        g_assert_cmpint(metadata->job_id, ==, 42);
        g_assert_cmpstr(metadata->uuid, ==, "urn:uuid:1");
        g_assert_cmpstr(metadata->uri, ==, "spoc:%40owner");
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/job/options", test_options);
    g_test_add_func("/job/like-libcups", test_like_libcups);
    g_test_add_func("/job/metadata", test_facts);
    return g_test_run();
}
