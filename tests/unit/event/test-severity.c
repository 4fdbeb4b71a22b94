/* SPDX-License-Identifier: Apache-2.0 */
/* Also tests: reason.c */
#include "event/severity.h"

#include <string.h>

#define GOOD SPOC_EVENT_SEVERITY_GOOD
#define INFO SPOC_EVENT_SEVERITY_INFO
#define ATTENTION SPOC_EVENT_SEVERITY_ATTENTION
#define FAULT SPOC_EVENT_SEVERITY_FAULT

/* What CUPS by SNMP, RFC 8011, PWG 5100.9 and drivers say */
static void
test_reasons(void)
{
    static const struct {
        const char *keyword;
        SpocEventSeverity severity;
        gboolean is_passing;
    } cases[] = {
        {"none", INFO, TRUE},
        {"toner-low-report", ATTENTION},
        {"toner-low-warning", ATTENTION},
        {"toner-low-error", FAULT},
        {"toner-low", ATTENTION},
        {"toner-empty", FAULT},
        {"toner-empty-report", FAULT},
        {"toner-empty-warning", FAULT},
        {"marker-supply-low-report", ATTENTION},
        {"marker-supply-low-warning", ATTENTION},
        {"marker-supply-empty-warning", FAULT},
        {"marker-supply-missing-warning", ATTENTION},
        {"marker-supply-missing", FAULT},
        {"developer-low-report", ATTENTION},
        {"developer-empty-warning", FAULT},
        {"opc-near-eol-report", ATTENTION},
        {"opc-life-over-warning", FAULT},
        {"waste-receptacle-almost-full-report", ATTENTION},
        {"waste-receptacle-full-warning", FAULT},
        {"marker-waste-almost-full-report", ATTENTION},
        {"marker-waste-full-error", FAULT},
        {"cleaner-life-almost-over-report", ATTENTION},
        {"cleaner-life-over-warning", FAULT},
        {"media-low-report", ATTENTION},
        {"media-empty-warning", FAULT},
        {"media-empty-error", FAULT},
        {"media-empty", FAULT},
        {"media-jam-warning", ATTENTION},
        {"media-jam", FAULT},
        {"media-needed-report", INFO},
        {"media-needed-error", FAULT},
        {"door-open-report", INFO},
        {"cover-open", FAULT},
        {"input-tray-missing-warning", ATTENTION},
        {"output-area-almost-full-report", INFO},
        {"output-area-almost-full", ATTENTION},
        {"output-area-full-warning", ATTENTION},
        {"offline-report", INFO},
        {"service-needed-warning", ATTENTION},
        {"marker-toner-cartridge-missing-error", FAULT},
        {"stapler-almost-empty-report", ATTENTION},
        {"wrapper-life-over", FAULT},
        {"cups-missing-filter-warning", ATTENTION},
        {"cups-waiting-for-job-completed", INFO, TRUE},
        {"connecting-to-device", INFO, TRUE},
        {"connecting-to-device-report", INFO, TRUE},
        {"connecting-to-device-error", FAULT},
        {"paused", INFO},
        {"other", INFO},
        {"other-report", INFO},
        {"com.brother.drum-warning", ATTENTION},
        {"com.example.never-heard-of", INFO},
        {"com.example.never-heard-of-error", FAULT},
        /* Not words of ours, whatever they look like */
        {"", INFO},
        {"-error", INFO},
        {"error", INFO},
        {"TONER-LOW-REPORT", INFO},
        {"toner-low-report\n", INFO},
        {"xtoner-low-report", INFO},
        {"%s%n-report", INFO},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_test_message("%s", cases[i].keyword);
        g_assert_cmpint(spoc_reason_severity(cases[i].keyword), ==, cases[i].severity);
        g_assert_cmpint(spoc_reason_is_passing(cases[i].keyword), ==, cases[i].is_passing);
    }
}

static void
test_base(void)
{
    g_autofree char *error = spoc_reason_base("media-empty-error");
    g_autofree char *plain = spoc_reason_base("media-empty");
    g_autofree char *nothing = spoc_reason_base("-error");
    g_assert_cmpstr(error, ==, "media-empty");
    g_assert_cmpstr(plain, ==, "media-empty");
    g_assert_cmpstr(nothing, ==, "-error");
}

static void
test_wanted(void)
{
    static const struct {
        const char *list[5];
        const char *keyword;
        gboolean is_wanted;
    } cases[] = {
        {{"*"}, "toner-low-report", TRUE},
        {{"*", "-toner-low-report"}, "toner-low-report", FALSE},
        {{"*", "-toner-low-report"}, "toner-low-warning", TRUE},
        {{"*", "-toner-low"}, "toner-low-report", TRUE},
        {{"-toner-low-report"}, "toner-low-report", FALSE},
        {{"-toner-low-report"}, "media-jam", TRUE},
        {{"toner-empty-warning"}, "toner-empty-warning", TRUE},
        {{"toner-empty-warning"}, "media-jam", FALSE},
        {{"-*", "media-jam"}, "media-jam", TRUE},
        {{"-*", "media-jam"}, "media-low", FALSE},
        {{"*", "-media-low", "media-low"}, "media-low", TRUE},
        {{"media-low", "-*"}, "media-low", FALSE},
        {{NULL}, "media-low", TRUE},
        {{"*", "-"}, "", FALSE},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_test_message("case %u", i);
        g_assert_cmpint(spoc_reason_is_wanted(cases[i].list, cases[i].keyword), ==,
                        cases[i].is_wanted);
    }
    static const char *const wanted[] = {"*", "-toner-low-report", NULL};
    static const char *said[] = {"media-jam-error", "toner-low-report", NULL};
    g_autoptr(SpocEvent) event = spoc_event_new();
    event->name = g_strdup("printer-state-changed");
    event->printer_name = g_strdup("q1");
    event->job_state_reasons = g_new0(char *, 1);
    event->printer_state_reasons = g_strdupv((char **)said);
    event->offset = 77;
    g_autoptr(SpocEvent) less = spoc_event_with_reasons(event, wanted);
    g_autoptr(SpocEvent) same = spoc_event_with_reasons(less, wanted);
    g_assert_true(same == less);
    g_assert_cmpuint(g_strv_length(less->printer_state_reasons), ==, 1);
    g_assert_cmpuint(g_strv_length(event->printer_state_reasons), ==, 2);
    g_assert_cmpuint(less->offset, ==, 77);
}

/* Of an event: kind, state, one or two reasons */
static void
test_events(void)
{
    static const struct {
        const char *name;
        gint state;
        const char *reasons[3];
        SpocEventSeverity severity;
        const char *signature; /* NULL: it tells no printer's state */
    } cases[] = {
        {"job-created", 4, {"job-hold-until-specified"}, INFO},
        {"job-state-changed", 3, {"none"}, INFO},
        {"job-state-changed", 4, {"job-hold-until-specified"}, ATTENTION},
        {"job-state-changed", 5, {"job-printing"}, INFO},
        {"job-state-changed", 6, {"job-stopped"}, FAULT},
        {"job-config-changed", 4, {"none"}, INFO},
        {"job-progress", 5, {"job-printing"}, INFO},
        {"job-stopped", 6, {"job-stopped"}, FAULT},
        {"job-stopped", 0, {"none"}, FAULT},
        {"job-completed", 7, {"job-canceled-by-user"}, INFO},
        {"job-completed", 7, {"job-canceled-at-device"}, INFO},
        {"job-completed", 7, {"aborted-by-system"}, FAULT},
        {"job-completed", 7, {"document-format-error"}, FAULT},
        {"job-completed", 8, {"aborted-by-system"}, FAULT},
        {"job-completed", 8, {"none"}, FAULT},
        {"job-completed", 9, {"job-completed-successfully"}, GOOD},
        {"job-completed", 9, {"job-completed-with-warnings"}, ATTENTION},
        {"job-completed", 9, {"job-completed-with-errors"}, ATTENTION},
        {"job-completed", 5, {"none"}, INFO},
        {"printer-state-changed", 3, {"none"}, INFO, "going"},
        {"printer-state-changed", 4, {"none"}, INFO, "going"},
        {"printer-state-changed", 4, {"connecting-to-device"}, INFO, "going"},
        {"printer-state-changed", 3, {"toner-low-report"}, ATTENTION, "going toner-low-report"},
        {"printer-state-changed", 4, {"toner-low-report"}, ATTENTION, "going toner-low-report"},
        {"printer-state-changed",
         3,
         {"media-low-warning", "media-jam-error"},
         FAULT,
         "going media-jam-error media-low-warning"},
        {"printer-state-changed", 4, {"other-report"}, INFO, "going other-report"},
        {"printer-state-changed", 0, {"none"}, INFO},
        {"printer-state-changed", 5, {"none"}, FAULT, "stopped"},
        {"printer-state-changed", 5, {"paused"}, ATTENTION, "stopped paused"},
        {"printer-state-changed", 5, {"paused", "media-jam"}, FAULT, "stopped media-jam paused"},
        {"printer-stopped", 0, {"none"}, FAULT, "stopped"},
        {"printer-stopped", 5, {"paused", "moving-to-paused"}, ATTENTION, "stopped paused"},
        {"printer-shutdown", 3, {"none"}, ATTENTION},
        {"printer-added", 5, {"toner-empty-error"}, INFO},
        {"server-stopped", 0, {"none"}, ATTENTION},
        {"server-audit", 0, {"none"}, ATTENTION},
        {"server-started", 0, {"none"}, INFO},
        {"unheard-of", 5, {"toner-empty-error"}, INFO},
    };
    static const char *const none[] = {"none", NULL};
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        gboolean is_job = g_str_has_prefix(cases[i].name, "job");
        const SpocEvent event = {
            .kind = spoc_event_kind(cases[i].name),
            .job_id = is_job ? 3 : 0,
            .job_state = is_job ? cases[i].state : 0,
            .printer_state = is_job ? SPOC_PRINTER_STOPPED : cases[i].state,
            .printer_name = (char *)"q1",
            .job_state_reasons = is_job ? (char **)cases[i].reasons : (char **)none,
            /* Of a job's event the printer's do not count. */
            .printer_state_reasons = (char **)cases[i].reasons,
        };
        g_test_message("%s %d %s", cases[i].name, cases[i].state, cases[i].reasons[0]);
        g_assert_cmpint(spoc_event_severity(&event), ==, cases[i].severity);
        g_assert_cmpint(spoc_event_tells_state(&event), ==, cases[i].signature != NULL);
        if (cases[i].signature == NULL)
            continue;
        g_autofree char *signature = spoc_event_state_signature(&event);
        g_assert_cmpstr(signature, ==, cases[i].signature);
        g_assert_cmpint(spoc_state_signature_severity(signature), ==, cases[i].severity);
    }
}

/* From the version before as well */
static void
test_signatures(void)
{
    static const struct {
        const char *written;
        SpocEventSeverity severity;
        const char *all, *problems, *faults;
    } cases[] = {
        {"3", INFO, "going", "going", "going"},
        {"4 toner-low-report", ATTENTION, "going toner-low-report", "going toner-low-report",
         "going"},
        {"5 paused", ATTENTION, "stopped paused", "stopped", "stopped"},
        {"5", FAULT, "stopped", "stopped", "stopped"},
        {"going media-jam-error other-report toner-low-report", FAULT,
         "going media-jam-error other-report toner-low-report",
         "going media-jam-error toner-low-report", "going media-jam-error"},
        {"", INFO, "going", "going", "going"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        const char *written = cases[i].written;
        g_autofree char *all = spoc_state_signature_part(written, GOOD);
        g_autofree char *problems = spoc_state_signature_part(written, ATTENTION);
        g_autofree char *faults = spoc_state_signature_part(written, FAULT);
        g_assert_cmpstr(all, ==, cases[i].all);
        g_assert_cmpstr(problems, ==, cases[i].problems);
        g_assert_cmpstr(faults, ==, cases[i].faults);
        g_assert_cmpint(spoc_state_signature_severity(written), ==, cases[i].severity);
        g_assert_cmpint(spoc_state_signature_is_old(written), ==, g_ascii_isdigit(written[0]) != 0);
    }
}

/* Whatever a printer or somebody's filter says: it is bounded, and no line of a file. */
static void
test_hostile(void)
{
    g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
    g_autofree char *long_one = g_strnfill(60000, 'x');
    g_autofree char *long_error = g_strconcat(long_one, "-error", NULL);
    g_strv_builder_add(builder, long_error);
    for (guint i = 0; i < 5000; i++) {
        g_autofree char *reason = g_strdup_printf("a%u\t\n%%s%%n-warning", i);
        g_strv_builder_add(builder, reason);
    }
    g_auto(GStrv) reasons = g_strv_builder_end(builder);
    char *none[] = {NULL};
    const SpocEvent event = {.kind = SPOC_EVENT_PRINTER_STATE_CHANGED,
                             .printer_state = SPOC_PRINTER_IDLE,
                             .job_state_reasons = none,
                             .printer_state_reasons = reasons};
    g_assert_cmpint(spoc_event_severity(&event), ==, FAULT);
    g_autofree char *signature = spoc_event_state_signature(&event);
    g_assert_cmpuint(strlen(signature), <, 64 * 256 + 10);
    g_autofree char *again = spoc_event_state_signature(&event);
    g_assert_cmpstr(signature, ==, again);
}

static void
test_topic(void)
{
    const struct {
        gint job_id;
        const char *printer_name, *printer_uri;
        SpocTopic topic;
        const char *name;
    } cases[] = {
        {12, "q1", NULL, SPOC_TOPIC_JOB, "job 12"},
        {0, "q1", "ipp://h/printers/q2", SPOC_TOPIC_PRINTER, "printer q1"},
        {0, NULL, "ipp://h/printers/q2", SPOC_TOPIC_PRINTER, "printer q2"},
        {0, NULL, NULL, SPOC_TOPIC_SERVER, "server"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        const SpocEvent event = {.job_id = cases[i].job_id,
                                 .printer_name = (char *)cases[i].printer_name,
                                 .printer_uri = (char *)cases[i].printer_uri};
        g_autofree char *name = spoc_event_topic_name(&event);
        g_assert_cmpint(spoc_event_topic(&event), ==, cases[i].topic);
        g_assert_cmpstr(name, ==, cases[i].name);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/severity/reasons", test_reasons);
    g_test_add_func("/severity/base", test_base);
    g_test_add_func("/severity/wanted", test_wanted);
    g_test_add_func("/severity/events", test_events);
    g_test_add_func("/severity/signatures", test_signatures);
    g_test_add_func("/severity/hostile", test_hostile);
    g_test_add_func("/severity/topic", test_topic);
    return g_test_run();
}
