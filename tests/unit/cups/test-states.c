/* SPDX-License-Identifier: Apache-2.0 */
/* Also tests: attributes.c, questions.c, worker.c */
#include "cups/questions.h"

#include "fake-cupsd.h"

#include <string.h>

/* The server of all tests: CUPS_SERVER is read once a thread. */
static FakeCupsd *server;

#define SHORT_MS 300
#define LONG_MS 20000

typedef struct {
    guint answers;
    SpocStateAttributes *attributes;
} Heard;

static void
heard_clear(Heard *heard)
{
    spoc_state_attributes_free(heard->attributes);
    *heard = (Heard){0};
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Heard, heard_clear)

static void
on_state(const SpocStateAttributes *attributes, gpointer user_data)
{
    Heard *heard = user_data;
    heard->answers++;
    spoc_state_attributes_free(heard->attributes);
    heard->attributes = attributes != NULL ? spoc_state_attributes_copy(attributes) : NULL;
}

static void
wait_for(const Heard *heard, guint answers)
{
    while (heard->answers < answers)
        g_main_context_iteration(NULL, TRUE);
    g_assert_cmpuint(heard->answers, ==, answers);
}

/* --- how the server answers ------------------------------------------------------------- */

static const char *
requested_uri(ipp_t *request, const char *name)
{
    ipp_attribute_t *user = ippFindAttribute(request, "requesting-user-name", IPP_TAG_NAME);
    g_assert_nonnull(user);
    g_assert_cmpstr(ippGetString(user, 0, NULL), ==, "root");
    ipp_attribute_t *uri = ippFindAttribute(request, name, IPP_TAG_URI);
    g_assert_nonnull(uri);
    return ippGetString(uri, 0, NULL);
}

static void
answer_printer(ipp_t *response, gint state)
{
    static const char *const reasons[] = {"media-empty-error", "none", "Bad\r\nreason", "",
                                          "com.vendor.Cover_open-warning"};
    ippAddString(response, IPP_TAG_PRINTER, IPP_TAG_TEXT, "printer-info", NULL, "The big\none");
    ippAddString(response, IPP_TAG_PRINTER, IPP_TAG_TEXT, "printer-location", NULL, "Room 12");
    ippAddInteger(response, IPP_TAG_PRINTER, IPP_TAG_ENUM, "printer-state", state);
    ippAddString(response, IPP_TAG_PRINTER, IPP_TAG_TEXT, "printer-state-message", NULL,
                 "Tray 2\r\nSubject: x");
    ippAddStrings(response, IPP_TAG_PRINTER, IPP_TAG_KEYWORD, "printer-state-reasons",
                  G_N_ELEMENTS(reasons), NULL, reasons);
    ippAddBoolean(response, IPP_TAG_PRINTER, "printer-is-accepting-jobs", 1);
}

static void
answer_job(ipp_t *response)
{
    ippAddInteger(response, IPP_TAG_JOB, IPP_TAG_ENUM, "job-state", 5);
    ippAddString(response, IPP_TAG_JOB, IPP_TAG_KEYWORD, "job-state-reasons", NULL, "job-printing");
    ippAddString(response, IPP_TAG_JOB, IPP_TAG_TEXT, "job-printer-state-message", NULL,
                 "Heating up");
    ippAddInteger(response, IPP_TAG_JOB, IPP_TAG_INTEGER, "job-impressions", 12);
    ippAddInteger(response, IPP_TAG_JOB, IPP_TAG_INTEGER, "job-impressions-completed", 3);
    ippAddOutOfBand(response, IPP_TAG_JOB, IPP_TAG_NOVALUE, "job-media-sheets-completed");
}

/* The printers are q1, stopped, and the class c1, whose name has to be escaped; the job is 17. */
static gboolean
answer(ipp_t *request, ipp_t *response)
{
    if (ippGetOperation(request) == IPP_OP_GET_JOB_ATTRIBUTES) {
        if (g_str_equal(requested_uri(request, "job-uri"), "ipp://localhost/jobs/17"))
            answer_job(response);
        else
            ippSetStatusCode(response, IPP_STATUS_ERROR_NOT_FOUND);
        return TRUE;
    }
    g_assert_cmpint(ippGetOperation(request), ==, IPP_OP_GET_PRINTER_ATTRIBUTES);
    const char *uri = requested_uri(request, "printer-uri");
    if (g_str_equal(uri, "ipp://localhost/printers/q1")) {
        answer_printer(response, 5);
    } else if (g_str_equal(uri, "ipp://localhost/printers/c%C3%BC1")) {
        ippAddInteger(response, IPP_TAG_PRINTER, IPP_TAG_ENUM, "printer-state", 3);
        ippAddInteger(response, IPP_TAG_PRINTER, IPP_TAG_ENUM, "printer-type",
                      CUPS_PRINTER_CLASS | CUPS_PRINTER_BW);
    } else {
        ippSetStatusCode(response, IPP_STATUS_ERROR_NOT_FOUND);
    }
    return TRUE;
}

/* scan's device is ours, q1's a printer's, odd's nothing that can be understood; busy cannot be
 * told of now. */
static gboolean
answer_device(ipp_t *request, ipp_t *response)
{
    static const struct {
        const char *name;
        const char *device;
        ipp_tag_t tag;
        ipp_status_t status;
    } queues[] = {
        {"scan", "SPOC:example.com", IPP_TAG_URI, IPP_STATUS_OK},
        {"q1", "ipp://spoc:1/", IPP_TAG_URI, IPP_STATUS_OK},
        {"odd", "spoc:x", IPP_TAG_NAME, IPP_STATUS_OK},
        {"class", NULL, 0, IPP_STATUS_OK},
        {"secret", NULL, 0, IPP_STATUS_ERROR_FORBIDDEN},
        {"busy", "spoc:x", IPP_TAG_URI, IPP_STATUS_ERROR_SERVICE_UNAVAILABLE},
    };
    const char *name = strrchr(requested_uri(request, "printer-uri"), '/') + 1;
    ippSetStatusCode(response, IPP_STATUS_ERROR_NOT_FOUND);
    for (guint i = 0; i < G_N_ELEMENTS(queues); i++) {
        if (!g_str_equal(name, queues[i].name))
            continue;
        ippSetStatusCode(response, queues[i].status);
        if (queues[i].device != NULL)
            ippAddString(response, IPP_TAG_PRINTER, queues[i].tag, "device-uri", NULL,
                         queues[i].device);
    }
    return TRUE;
}

/* Nothing is of the type that it should be. */
static gboolean
answer_odd(ipp_t *request, ipp_t *response)
{
    static const char *const texts[] = {"printer-state", "printer-type", "job-state",
                                        "job-impressions", "printer-is-accepting-jobs"};
    static const char *const numbers[] = {"printer-info", "printer-state-reasons",
                                          "job-state-reasons", "printer-state-message"};
    for (guint i = 0; i < G_N_ELEMENTS(texts); i++)
        ippAddString(response, IPP_TAG_PRINTER, IPP_TAG_TEXT, texts[i], NULL, "3");
    for (guint i = 0; i < G_N_ELEMENTS(numbers); i++)
        ippAddInteger(response, IPP_TAG_PRINTER, IPP_TAG_INTEGER, numbers[i], 5);
    ippAddInteger(response, IPP_TAG_JOB, IPP_TAG_INTEGER, "job-impressions-completed", -7);
    return TRUE;
}

static gboolean
answer_endless(ipp_t *request, ipp_t *response)
{
    g_autofree char *text = g_strnfill(1000, 'x');
    const char *reasons[100];
    for (guint i = 0; i < G_N_ELEMENTS(reasons); i++)
        reasons[i] = i == 0 ? text : "toner-low";
    ippAddInteger(response, IPP_TAG_PRINTER, IPP_TAG_ENUM, "printer-state", 3);
    ippAddString(response, IPP_TAG_PRINTER, IPP_TAG_TEXT, "printer-info", NULL, text);
    ippAddStrings(response, IPP_TAG_PRINTER, IPP_TAG_KEYWORD, "printer-state-reasons",
                  G_N_ELEMENTS(reasons), NULL, reasons);
    return TRUE;
}

static gboolean
answer_never(ipp_t *request, ipp_t *response)
{
    return FALSE;
}

/* --- tests ------------------------------------------------------------------------------ */

static void
expect_printer(const SpocStateAttributes *attributes)
{
    static const char *const reasons[] = {"media-empty-error", "com.vendor.Cover_open-warning",
                                          NULL};
    g_assert_nonnull(attributes);
    g_assert_cmpstr(attributes->printer_info, ==, "The big one");
    g_assert_cmpstr(attributes->printer_location, ==, "Room 12");
    g_assert_cmpstr(attributes->printer_message, ==, "Tray 2 Subject: x");
    g_assert_cmpint(attributes->printer_state, ==, 5);
    g_assert_cmpstrv(attributes->printer_state_reasons, (char **)reasons);
    g_assert_cmpint(attributes->printer_is_accepting_jobs, ==, 1);
    g_assert_false(attributes->is_class);
}

static void
expect_job(const SpocStateAttributes *attributes)
{
    static const char *const reasons[] = {"job-printing", NULL};
    g_assert_cmpint(attributes->job_state, ==, 5);
    g_assert_cmpstrv(attributes->job_state_reasons, (char **)reasons);
    g_assert_cmpstr(attributes->job_message, ==, "Heating up");
    g_assert_cmpint(attributes->job_impressions, ==, 12);
    g_assert_cmpint(attributes->job_impressions_completed, ==, 3);
    g_assert_cmpint(attributes->job_sheets_completed, ==, -1);
}

static void
expect_no_job(const SpocStateAttributes *attributes)
{
    g_assert_cmpint(attributes->job_state, ==, 0);
    g_assert_null(attributes->job_state_reasons[0]);
    g_assert_null(attributes->job_message);
    g_assert_cmpint(attributes->job_impressions, ==, -1);
    g_assert_cmpint(attributes->job_impressions_completed, ==, -1);
    g_assert_cmpint(attributes->job_sheets_completed, ==, -1);
}

static void
expect_no_printer(const SpocStateAttributes *attributes)
{
    g_assert_nonnull(attributes);
    g_assert_null(attributes->printer_info);
    g_assert_null(attributes->printer_location);
    g_assert_null(attributes->printer_message);
    g_assert_cmpint(attributes->printer_state, ==, 0);
    g_assert_null(attributes->printer_state_reasons[0]);
    g_assert_cmpint(attributes->printer_is_accepting_jobs, ==, -1);
}

static void
test_what_cups_says(void)
{
    fake_cupsd_set_answer(server, answer);
    g_autoptr(SpocCups) cups = spoc_cups_new_with_timeout(LONG_MS);
    g_auto(Heard) heard = {0};
    spoc_cups_ask_state(cups, 17, "q1", on_state, &heard);
    g_assert_cmpuint(heard.answers, ==, 0); /* never at once */
    wait_for(&heard, 1);
    expect_printer(heard.attributes);
    expect_job(heard.attributes);

    spoc_cups_ask_state(cups, 0, "q1", on_state, &heard);
    g_assert_cmpuint(heard.answers, ==, 1);
    wait_for(&heard, 2);
    expect_printer(heard.attributes);
    expect_no_job(heard.attributes);

    spoc_cups_ask_state(cups, 17, NULL, on_state, &heard);
    wait_for(&heard, 3);
    expect_no_printer(heard.attributes);
    expect_job(heard.attributes);

    spoc_cups_ask_state(cups, 0, "cü1", on_state, &heard);
    wait_for(&heard, 4);
    g_assert_true(heard.attributes->is_class);
    g_assert_cmpint(heard.attributes->printer_state, ==, 3);
}

static void
test_unknown(void)
{
    static const char *const names[] = {"gone", "",    "a/../b", "a b",
                                        "a?b",  "a#b", "\xff",   "a\r\nb"};
    fake_cupsd_set_answer(server, answer);
    g_autoptr(SpocCups) cups = spoc_cups_new_with_timeout(LONG_MS);
    guint before = fake_cupsd_count(server);
    g_auto(Heard) heard = {0};
    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        spoc_cups_ask_state(cups, 0, names[i], on_state, &heard);
        wait_for(&heard, i + 1);
        expect_no_printer(heard.attributes);
        expect_no_job(heard.attributes);
    }
    g_assert_cmpuint(fake_cupsd_count(server) - before, ==, 1); /* no name of a printer's */
    spoc_cups_ask_state(cups, 18, "gone", on_state, &heard);
    wait_for(&heard, G_N_ELEMENTS(names) + 1);
    expect_no_printer(heard.attributes);
    expect_no_job(heard.attributes);
}

static void
test_hostile(void)
{
    g_autoptr(SpocCups) cups = spoc_cups_new_with_timeout(LONG_MS);
    g_auto(Heard) heard = {0};
    fake_cupsd_set_answer(server, answer_odd);
    spoc_cups_ask_state(cups, 17, "odd", on_state, &heard);
    wait_for(&heard, 1);
    expect_no_printer(heard.attributes);
    expect_no_job(heard.attributes);

    fake_cupsd_set_answer(server, answer_endless);
    spoc_cups_ask_state(cups, 0, "endless", on_state, &heard);
    wait_for(&heard, 2);
    g_assert_cmpuint(strlen(heard.attributes->printer_info), <=, 255);
    g_assert_cmpuint(g_strv_length(heard.attributes->printer_state_reasons), <=, 32);
    for (char **reason = heard.attributes->printer_state_reasons; *reason != NULL; reason++)
        g_assert_cmpstr(*reason, ==, "toner-low");
}

static void
test_burst(void)
{
    fake_cupsd_set_answer(server, answer);
    g_autoptr(SpocCups) cups = spoc_cups_new_with_timeout(LONG_MS);
    guint before = fake_cupsd_count(server);
    gint64 began_us = g_get_monotonic_time();
    Heard heard[20] = {0};
    for (guint i = 0; i < G_N_ELEMENTS(heard); i++)
        spoc_cups_ask_state(cups, i % 2 == 0 ? 17 : 0, "q1", on_state, &heard[i]);
    for (guint i = 0; i < G_N_ELEMENTS(heard); i++) {
        wait_for(&heard[i], 1);
        expect_printer(heard[i].attributes);
        if (i % 2 == 0)
            expect_job(heard[i].attributes);
        else
            expect_no_job(heard[i].attributes);
    }
    g_assert_cmpuint(fake_cupsd_count(server) - before, ==, 2); /* the printer, the job */

    /* A printer is remembered for a while, but not as what it is no longer; a job's words are
     * always new. */
    spoc_cups_ask_state_at(cups, 0, "q1", 5, on_state, &heard[0]);
    wait_for(&heard[0], 2);
    guint asked = fake_cupsd_count(server) - before;
    if (g_get_monotonic_time() - began_us < SPOC_STATE_REMEMBERED_MS * 1000)
        g_assert_cmpuint(asked, ==, 2);
    spoc_cups_ask_state_at(cups, 0, "q1", 3, on_state, &heard[0]);
    wait_for(&heard[0], 3);
    g_assert_cmpuint(fake_cupsd_count(server) - before, ==, asked + 1);
    spoc_cups_ask_state(cups, 17, NULL, on_state, &heard[0]);
    wait_for(&heard[0], 4);
    g_assert_cmpuint(fake_cupsd_count(server) - before, ==, asked + 2);
    for (guint i = 0; i < G_N_ELEMENTS(heard); i++)
        heard_clear(&heard[i]);
}

/* Whoever is told may free all of it: the others are not called. */
typedef struct {
    SpocCups *cups;
    guint answers;
} Freeing;

static void
on_state_free(const SpocStateAttributes *attributes, gpointer user_data)
{
    Freeing *freeing = user_data;
    freeing->answers++;
    expect_printer(attributes);
    g_clear_pointer(&freeing->cups, spoc_cups_free);
}

static void
test_free(void)
{
    fake_cupsd_set_answer(server, answer);
    Freeing freeing = {.cups = spoc_cups_new_with_timeout(LONG_MS)};
    for (guint i = 0; i < 3; i++)
        spoc_cups_ask_state(freeing.cups, 0, "q1", on_state_free, &freeing);
    while (freeing.answers == 0)
        g_main_context_iteration(NULL, TRUE);
    g_auto(Heard) heard = {0};
    g_autoptr(SpocCups) next = spoc_cups_new_with_timeout(LONG_MS);
    spoc_cups_ask_state(next, 0, "q1", on_state, &heard);
    wait_for(&heard, 1);
    g_assert_cmpuint(freeing.answers, ==, 1);
}

static void
test_silence(void)
{
    fake_cupsd_set_answer(server, answer_never);
    g_autoptr(SpocCups) cups = spoc_cups_new_with_timeout(SHORT_MS);
    g_auto(Heard) heard = {0};
    spoc_cups_ask_state(cups, 17, "q1", on_state, &heard);
    wait_for(&heard, 1);
    g_assert_null(heard.attributes);

    /* Nothing to ask is nothing that CUPS said. */
    spoc_cups_ask_state(cups, 0, NULL, on_state, &heard);
    g_assert_cmpuint(heard.answers, ==, 1);
    wait_for(&heard, 2);
    g_assert_null(heard.attributes);
}

static void
test_device(void)
{
    static const struct {
        const char *name;
        SpocDevice device;
    } cases[] = {
        {"scan", SPOC_DEVICE_OURS},  {"q1", SPOC_DEVICE_OTHER},
        {"odd", SPOC_DEVICE_OTHER},  {"class", SPOC_DEVICE_OTHER},
        {"gone", SPOC_DEVICE_OTHER}, {"secret", SPOC_DEVICE_UNKNOWN},
        {"a/b", SPOC_DEVICE_OTHER},  {"busy", SPOC_DEVICE_UNKNOWN},
    };
    g_autoptr(SpocCups) cups = spoc_cups_new_with_timeout(LONG_MS);
    fake_cupsd_set_answer(server, answer_device);
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(Heard) heard = {0};
        g_assert_cmpint(spoc_cups_device_remembered(cups, cases[i].name), ==, SPOC_DEVICE_UNKNOWN);
        spoc_cups_ask_state(cups, 0, cases[i].name, on_state, &heard);
        wait_for(&heard, 1);
        if (heard.attributes != NULL)
            g_assert_cmpint(heard.attributes->device, ==, cases[i].device);
        g_test_message("%s", cases[i].name);
        g_assert_cmpint(spoc_cups_device_remembered(cups, cases[i].name), ==, cases[i].device);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    server = fake_cupsd_start();
    fake_cupsd_set_answer(server, answer);
    g_autofree char *address = g_strdup_printf("127.0.0.1:%u", fake_cupsd_port(server));
    g_setenv("CUPS_SERVER", address, TRUE);
    g_test_add_func("/states/what-cups-says", test_what_cups_says);
    g_test_add_func("/states/unknown", test_unknown);
    g_test_add_func("/states/hostile", test_hostile);
    g_test_add_func("/states/burst", test_burst);
    g_test_add_func("/states/free", test_free);
    g_test_add_func("/states/silence", test_silence);
    g_test_add_func("/states/device", test_device);
    int status = g_test_run();
    fake_cupsd_stop(server);
    return status;
}
