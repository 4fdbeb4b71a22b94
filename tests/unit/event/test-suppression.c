/* SPDX-License-Identifier: Apache-2.0 */
/* Also tests: severity.c */
#include "event/suppression.h"

#define INTERVAL_S 3600
#define WAIT_S 10

static const char *no_reasons[] = {"none", NULL};
static const char *empty_error[] = {"media-empty-error", NULL};
static const char *two[] = {"toner-low-warning", "media-low-warning", NULL};
static const char *two_turned[] = {"media-low-warning", "none", "toner-low-warning", NULL};
static const char *report[] = {"toner-low-report", NULL};

static SpocEvent
state_event(gint state, const char *const *reasons)
{
    return (SpocEvent){.kind = SPOC_EVENT_PRINTER_STATE_CHANGED,
                       .printer_name = (char *)"q1",
                       .printer_state = state,
                       .printer_state_reasons = (char **)reasons,
                       .job_state_reasons = (char **)no_reasons};
}

static void
test_condition(void)
{
    const struct {
        gint state;
        const char *const *reasons;
        SpocSeverityOfState condition;
        const char *signature;
    } cases[] = {
        {3, no_reasons, SPOC_CONDITION_FINE, "3"},
        {4, no_reasons, SPOC_CONDITION_FINE, "4"},
        {3, report, SPOC_CONDITION_FINE, "3 toner-low-report"},
        {3, empty_error, SPOC_CONDITION_TROUBLE, "3 media-empty-error"},
        {4, two, SPOC_CONDITION_TROUBLE, "4 media-low-warning toner-low-warning"},
        {4, two_turned, SPOC_CONDITION_TROUBLE, "4 media-low-warning toner-low-warning"},
        {5, no_reasons, SPOC_CONDITION_STOPPED, "5"},
        {0, no_reasons, SPOC_CONDITION_NONE, "0"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        SpocEvent event = state_event(cases[i].state, cases[i].reasons);
        g_autofree char *signature = spoc_event_state_signature(&event);
        g_assert_cmpint(spoc_event_severity(&event), ==, cases[i].condition);
        g_assert_cmpstr(signature, ==, cases[i].signature);
    }
    SpocEvent stopped = state_event(0, no_reasons);
    stopped.kind = SPOC_EVENT_PRINTER_STOPPED;
    g_assert_cmpint(spoc_event_severity(&stopped), ==, SPOC_CONDITION_STOPPED);
    SpocEvent job = state_event(5, no_reasons);
    job.job_id = 3;
    g_assert_cmpint(spoc_event_severity(&job), ==, SPOC_CONDITION_NONE);
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

/* A story of one printer and one person: what comes, and what is made of it. */
typedef struct {
    gint64 at_s;
    gint state;
    const char *const *reasons;
    gboolean had_fault; /* among those that waited with it */
    SpocSuppression verdict;
} Scene;

static void
play(const Scene *scenes, guint count)
{
    SpocLastNotification told = {0};
    for (guint i = 0; i < count; i++) {
        const Scene *scene = &scenes[i];
        SpocEvent event = state_event(scene->state, scene->reasons);
        gboolean is_fault = spoc_condition_is_fault(spoc_event_severity(&event));
        SpocSuppression verdict = spoc_suppression_decide(
            &told, &event, scene->had_fault || is_fault, INTERVAL_S, 1000000 + scene->at_s);
        g_test_message("scene %u", i);
        g_assert_cmpint(verdict, ==, scene->verdict);
        if (verdict != SPOC_SUPPRESSION_DROP)
            spoc_suppression_record(&told, &event, INTERVAL_S, 1000000 + scene->at_s);
    }
    spoc_last_notification_clear(&told);
}

static void
test_stories(void)
{
    static const Scene fault_and_back[] = {
        {0, 5, empty_error, FALSE, SPOC_SUPPRESSION_NOTIFY},
        {20, 5, empty_error, FALSE, SPOC_SUPPRESSION_DROP},
        {40, 3, no_reasons, FALSE, SPOC_SUPPRESSION_NOTIFY_RESOLVED},
        {50, 3, no_reasons, FALSE, SPOC_SUPPRESSION_DROP},
        {60, 4, no_reasons, FALSE, SPOC_SUPPRESSION_NOTIFY},
    };
    static const Scene cleared_within_the_wait[] = {
        {0, 3, no_reasons, TRUE, SPOC_SUPPRESSION_DROP}, /* never told of */
        {100, 3, no_reasons, FALSE, SPOC_SUPPRESSION_NOTIFY},
        {200, 3, no_reasons, TRUE, SPOC_SUPPRESSION_DROP},
        {9000, 3, no_reasons, TRUE, SPOC_SUPPRESSION_DROP},
        {9100, 3, no_reasons, FALSE, SPOC_SUPPRESSION_NOTIFY},
    };
    static const Scene lasting_fault[] = {
        {0, 5, empty_error, FALSE, SPOC_SUPPRESSION_NOTIFY},
        {3599, 5, empty_error, FALSE, SPOC_SUPPRESSION_DROP},
        {3600, 5, empty_error, FALSE, SPOC_SUPPRESSION_NOTIFY},
        {3700, 5, no_reasons, FALSE, SPOC_SUPPRESSION_NOTIFY}, /* another fault */
        {3800, 3, two, FALSE, SPOC_SUPPRESSION_NOTIFY},        /* it goes on, with a warning */
        {3900, 4, no_reasons, TRUE, SPOC_SUPPRESSION_NOTIFY_RESOLVED},
    };
    play(fault_and_back, G_N_ELEMENTS(fault_and_back));
    play(cleared_within_the_wait, G_N_ELEMENTS(cleared_within_the_wait));
    play(lasting_fault, G_N_ELEMENTS(lasting_fault));
}

static void
test_thread(void)
{
    SpocLastNotification told = {0};
    SpocEvent stopped = state_event(5, empty_error), trouble = state_event(3, two),
              fine = state_event(3, no_reasons);
    spoc_suppression_record(&told, &stopped, INTERVAL_S, 100);
    g_assert_cmpint(told.fault_unix_s, ==, 100);
    spoc_suppression_record(&told, &trouble, INTERVAL_S,
                            200); /* the same trouble, in the same thread */
    g_assert_cmpint(told.fault_unix_s, ==, 100);
    spoc_suppression_record(&told, &fine, INTERVAL_S, 300);
    g_assert_false(told.is_fault);
    g_assert_cmpint(told.fault_unix_s, ==, 100);
    spoc_suppression_record(&told, &stopped, INTERVAL_S, 400);
    g_assert_cmpint(told.fault_unix_s, ==, 400);
    spoc_last_notification_clear(&told);
}

/* Waits double with each mail, to the interval and no further, and start anew behind it. */
static void
test_wait(void)
{
    SpocLastNotification told = {0};
    SpocEvent fine = state_event(3, no_reasons);
    g_assert_cmpint(spoc_suppression_wait_s(NULL, WAIT_S, INTERVAL_S, 0), ==, WAIT_S);
    g_assert_cmpint(spoc_suppression_wait_s(&told, 0, INTERVAL_S, 0), ==, 0);
    static const gint64 waits[] = {10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600};
    for (guint i = 0; i < G_N_ELEMENTS(waits); i++) {
        spoc_suppression_record(&told, &fine, INTERVAL_S, 1000 + i);
        g_assert_cmpint(spoc_suppression_wait_s(&told, WAIT_S, INTERVAL_S, 1100), ==, waits[i]);
    }
    g_assert_cmpint(spoc_suppression_wait_s(&told, 0, 2, 1001), ==, 2);
    g_assert_cmpint(spoc_suppression_wait_s(&told, WAIT_S, 0, 1100), ==, WAIT_S);
    g_assert_cmpint(spoc_suppression_wait_s(&told, WAIT_S, INTERVAL_S, 1000 + INTERVAL_S), ==,
                    WAIT_S);
    g_assert_cmpint(spoc_suppression_wait_s(&told, WAIT_S, INTERVAL_S, 10), ==, WAIT_S);
    spoc_suppression_record(&told, &fine, INTERVAL_S, 1000 + INTERVAL_S);
    g_assert_cmpuint(told.count, ==, 1);
    spoc_last_notification_clear(&told);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/quiet/condition", test_condition);
    g_test_add_func("/quiet/topic", test_topic);
    g_test_add_func("/quiet/stories", test_stories);
    g_test_add_func("/quiet/thread", test_thread);
    g_test_add_func("/quiet/wait", test_wait);
    return g_test_run();
}
