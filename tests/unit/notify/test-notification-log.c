/* SPDX-License-Identifier: Apache-2.0 */
#include "notify/notification-log.h"

#include "../spool/root.h"
#include "base/durable.h"

#include <string.h>

#define ALICE "alice@example.com"

static const char *no_reasons[] = {"none", NULL};
static const char *jam[] = {"media-jam-error", NULL};

typedef struct {
    Root root;
    SpocNotificationLog *store;
} Fixture;

static void
set_up(Fixture *fixture, gconstpointer data)
{
    root_set_up(&fixture->root, data);
    fixture->store = spoc_notification_log_new(fixture->root.spool, NULL);
}

static void
tear_down(Fixture *fixture, gconstpointer data)
{
    spoc_notification_log_free(fixture->store);
    root_tear_down(&fixture->root, data);
}

/* The next spocd */
static void
restart(Fixture *fixture)
{
    spoc_notification_log_free(fixture->store);
    fixture->store = spoc_notification_log_new(fixture->root.spool, NULL);
}

static SpocEvent
state_event(const char *printer, gint state, const char **reasons, gint64 when_unix_s)
{
    return (SpocEvent){.kind = SPOC_EVENT_PRINTER_STATE_CHANGED,
                       .printer_name = (char *)printer,
                       .printer_state = state,
                       .printer_state_reasons = (char **)reasons,
                       .when_unix_s = when_unix_s};
}

static void
test_restart(Fixture *fixture, gconstpointer data)
{
    const char *printer = "odd\tname \"\xc3\xa4\"";
    SpocEvent event = state_event(printer, 5, jam, 100);
    g_assert_null(spoc_notification_log_find(fixture->store, ALICE, printer));
    spoc_notification_log_record(fixture->store, ALICE, printer, &event, 3600, 1000);
    restart(fixture);
    const SpocLastNotification *told = spoc_notification_log_find(fixture->store, ALICE, printer);
    g_assert_nonnull(told);
    g_assert_cmpstr(told->signature, ==, "stopped media-jam-error");
    g_assert_cmpint(told->severity, ==, SPOC_EVENT_SEVERITY_FAULT);
    g_assert_cmpint(told->fault_unix_s, ==, 100);
    g_assert_cmpint(told->notified_unix_s, ==, 1000);
    g_assert_cmpuint(told->count, ==, 1);
    g_assert_null(spoc_notification_log_find(fixture->store, "bob@example.com", printer));
    g_assert_null(spoc_notification_log_find(fixture->store, ALICE, "q1"));
}

/* What the version before wrote */
static void
test_old_file(Fixture *fixture, gconstpointer data)
{
    static const char text[] =
        "told\talice@example.com\tq1\t5 paused\t1\t100\t1000\t2\t900\n"
        "told\talice@example.com\tq2\t4 toner-low-report\t0\t0\t1000\t1\t900\n"
        "told\talice@example.com\tq3\t3 media-empty-warning\t1\t7\t1000\t1\t900\n"
        "told\talice@example.com\tq4\t3\t4\t7\t1000\t1\t900\n";
    static const struct {
        const char *printer, *signature;
        SpocEventSeverity severity;
    } cases[] = {
        {"q1", "stopped paused", SPOC_EVENT_SEVERITY_ATTENTION},
        {"q2", "going toner-low-report", SPOC_EVENT_SEVERITY_INFO}, /* not told as a fault */
        {"q3", "going media-empty-warning", SPOC_EVENT_SEVERITY_FAULT},
    };
    g_autoptr(GError) error = NULL;
    spoc_notification_log_free(fixture->store);
    fixture->store = NULL;
    g_assert_true(spoc_durable_replace(spoc_spool_folder_fd(fixture->root.spool, "state"), "told",
                                       text, strlen(text), 0600, NULL, &error));
    fixture->store = spoc_notification_log_new(fixture->root.spool, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        const SpocLastNotification *told =
            spoc_notification_log_find(fixture->store, ALICE, cases[i].printer);
        g_assert_nonnull(told);
        g_assert_cmpstr(told->signature, ==, cases[i].signature);
        g_assert_cmpint(told->severity, ==, cases[i].severity);
    }
    g_assert_null(spoc_notification_log_find(fixture->store, ALICE, "q4"));
}

static void
test_seen(Fixture *fixture, gconstpointer data)
{
    SpocEvent idle = state_event("q1", 3, no_reasons, 10);
    SpocEvent stopped = state_event("q1", 5, jam, 20);
    SpocEvent again = state_event("q1", 3, no_reasons, 30);
    g_assert_cmpint(spoc_notification_log_note_state(fixture->store, &idle), ==, 0);
    g_assert_cmpint(spoc_notification_log_note_state(fixture->store, &stopped), ==, 3);
    /* Through another subscription */
    g_assert_cmpint(spoc_notification_log_note_state(fixture->store, &stopped), ==, 3);
    restart(fixture);
    g_assert_cmpint(spoc_notification_log_note_state(fixture->store, &again), ==, 5);
    /* From a journal that is read late */
    g_assert_cmpint(spoc_notification_log_note_state(fixture->store, &idle), ==, 0);
    SpocEvent server = {.kind = SPOC_EVENT_SERVER_STARTED};
    g_assert_cmpint(spoc_notification_log_note_state(fixture->store, &server), ==, 0);
}

static void
test_rate(Fixture *fixture, gconstpointer data)
{
    SpocNotificationLog *store = fixture->store;
    for (gint64 now = 1000; now < 1003; now++) {
        g_assert_cmpint(spoc_notification_log_next_unix_s(store, ALICE, 3, now), ==, now);
        spoc_notification_log_count(store, ALICE, now);
    }
    g_assert_cmpint(spoc_notification_log_next_unix_s(store, ALICE, 3, 1010), ==, 4600);
    g_assert_cmpint(spoc_notification_log_next_unix_s(store, ALICE, 2, 1010), ==, 4601);
    g_assert_cmpint(spoc_notification_log_next_unix_s(store, ALICE, 4, 1010), ==, 1010);
    g_assert_cmpint(spoc_notification_log_next_unix_s(store, "bob@example.com", 3, 1010), ==, 1010);
    restart(fixture);
    store = fixture->store;
    g_assert_cmpint(spoc_notification_log_next_unix_s(store, ALICE, 3, 1010), ==, 4600);
    g_assert_cmpint(spoc_notification_log_next_unix_s(store, ALICE, 3, 4600), ==, 4600);
    /* That what exceeds it is collected outlives a restart too, with times and without. */
    g_assert_false(spoc_notification_log_has_rest(store, ALICE));
    spoc_notification_log_set_rest(store, ALICE, TRUE);
    spoc_notification_log_set_rest(store, "bob@example.com", TRUE);
    restart(fixture);
    store = fixture->store;
    g_assert_true(spoc_notification_log_has_rest(store, ALICE));
    g_assert_true(spoc_notification_log_has_rest(store, "bob@example.com"));
    g_assert_cmpint(spoc_notification_log_next_unix_s(store, ALICE, 2, 1010), ==, 4601);
    g_assert_cmpint(spoc_notification_log_next_unix_s(store, "bob@example.com", 3, 1010), ==, 1010);
    spoc_notification_log_set_rest(store, ALICE, FALSE);
    restart(fixture);
    store = fixture->store;
    g_assert_false(spoc_notification_log_has_rest(store, ALICE));
    /* The clock was set back. */
    g_assert_cmpint(spoc_notification_log_next_unix_s(store, ALICE, 3, 10), ==, 10);
}

static void
test_hostile_file(Fixture *fixture, gconstpointer data)
{
    static const char text[] = "told\t" ALICE "\tq1\t5\t1\t100\t200\t1\t200\n"
                               "told\t" ALICE "\tq2\t5\t2\t100\t200\t1\t200\n"
                               "told\t" ALICE "\tq3\t5\t1\t-1\t200\t1\t200\n"
                               "told\t" ALICE "\tq4\t\\377\t1\t1\t200\t1\t200\n"
                               "told\t" ALICE "\tq5\n"
                               "seen\tq1\t99999999999\t1\t1\n"
                               "sent\t" ALICE "\t1,x\n"
                               "sent\n\n\t\t\t\nnonsense";
    spoc_notification_log_free(fixture->store);
    root_put(&fixture->root, "state", "told", text, strlen(text));
    fixture->store = spoc_notification_log_new(fixture->root.spool, NULL);
    g_assert_nonnull(spoc_notification_log_find(fixture->store, ALICE, "q1"));
    for (gint i = 2; i <= 5; i++) {
        g_autofree char *printer = g_strdup_printf("q%d", i);
        g_assert_null(spoc_notification_log_find(fixture->store, ALICE, printer));
    }
    g_assert_cmpint(spoc_notification_log_next_unix_s(fixture->store, ALICE, 1, 2), ==, 2);
}

/* What was used longest ago goes. */
static void
test_bound(Fixture *fixture, gconstpointer data)
{
    SpocEvent event = state_event("q", 5, jam, 100);
    for (guint i = 0; i < 5001; i++) {
        g_autofree char *printer = g_strdup_printf("q%u", i);
        spoc_notification_log_record(fixture->store, ALICE, printer, &event, 3600, 1000);
        g_assert_nonnull(spoc_notification_log_find(fixture->store, ALICE, "q0"));
    }
    restart(fixture);
    g_assert_nonnull(spoc_notification_log_find(fixture->store, ALICE, "q0"));
    g_assert_null(spoc_notification_log_find(fixture->store, ALICE, "q1"));
    g_assert_nonnull(spoc_notification_log_find(fixture->store, ALICE, "q5000"));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add("/told/restart", Fixture, NULL, set_up, test_restart, tear_down);
    g_test_add("/told/old-file", Fixture, NULL, set_up, test_old_file, tear_down);
    g_test_add("/told/seen", Fixture, NULL, set_up, test_seen, tear_down);
    g_test_add("/told/rate", Fixture, NULL, set_up, test_rate, tear_down);
    g_test_add("/told/hostile-file", Fixture, NULL, set_up, test_hostile_file, tear_down);
    g_test_add("/told/bound", Fixture, NULL, set_up, test_bound, tear_down);
    return g_test_run();
}
