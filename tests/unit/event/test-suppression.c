/* SPDX-License-Identifier: Apache-2.0 */
#include "event/suppression.h"

#define INTERVAL_S 3600
#define WAIT_S 10

static const char *no_reasons[] = {"none", NULL};
static const char *empty_error[] = {"media-empty-error", NULL};
static const char *two[] = {"toner-low-warning", "media-low-warning", NULL};

static SpocEvent
state_event(gint state, const char *const *reasons)
{
    return (SpocEvent){.kind = SPOC_EVENT_PRINTER_STATE_CHANGED,
                       .printer_name = (char *)"q1",
                       .printer_state = state,
                       .printer_state_reasons = (char **)reasons,
                       .job_state_reasons = (char **)no_reasons};
}

/* A story of one printer and one person: what comes, and what is made of it. */
typedef struct {
    gint64 at_s;
    gint state;
    const char *const *reasons;
    gboolean had_fault; /* among those that waited with it */
    SpocSuppression verdict;
} Scene;

#define ALL SPOC_EVENT_SEVERITY_GOOD
#define PROBLEMS SPOC_EVENT_SEVERITY_ATTENTION
#define FAULTS SPOC_EVENT_SEVERITY_FAULT

static void
play(SpocEventSeverity wanted, const Scene *scenes, guint count)
{
    SpocLastNotification told = {0};
    for (guint i = 0; i < count; i++) {
        const Scene *scene = &scenes[i];
        SpocEvent event = state_event(scene->state, scene->reasons);
        gboolean is_fault = spoc_event_severity(&event) >= SPOC_EVENT_SEVERITY_ATTENTION;
        SpocSuppression verdict = spoc_suppression_decide(
            &told, &event, scene->had_fault || is_fault, wanted, INTERVAL_S, 1000000 + scene->at_s);
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
        {60, 4, no_reasons, FALSE, SPOC_SUPPRESSION_DROP}, /* it prints */
        {9000, 3, no_reasons, FALSE, SPOC_SUPPRESSION_DROP},
    };
    static const Scene cleared_within_the_wait[] = {
        {0, 3, no_reasons, TRUE, SPOC_SUPPRESSION_DROP}, /* never told of */
        {100, 3, no_reasons, FALSE, SPOC_SUPPRESSION_NOTIFY},
        {200, 3, no_reasons, TRUE, SPOC_SUPPRESSION_DROP},
        {9000, 3, no_reasons, TRUE, SPOC_SUPPRESSION_DROP},
        {9100, 3, no_reasons, FALSE, SPOC_SUPPRESSION_DROP},
    };
    static const Scene lasting_fault[] = {
        {0, 5, empty_error, FALSE, SPOC_SUPPRESSION_NOTIFY},
        {3599, 5, empty_error, FALSE, SPOC_SUPPRESSION_DROP},
        {9999, 5, empty_error, FALSE, SPOC_SUPPRESSION_DROP},   /* nothing has changed */
        {10000, 5, no_reasons, FALSE, SPOC_SUPPRESSION_NOTIFY}, /* another fault */
        {10100, 3, two, FALSE, SPOC_SUPPRESSION_NOTIFY},        /* it goes on, with a warning */
        {10200, 4, no_reasons, TRUE, SPOC_SUPPRESSION_NOTIFY_RESOLVED},
    };
    static const char *low[] = {"toner-low-report", NULL};
    static const char *low_busy[] = {"connecting-to-device", "toner-low-report",
                                     "cups-waiting-for-job-completed", NULL};
    static const char *low_other[] = {"toner-low-report", "vendor.door-report", NULL};
    static const char *used_up[] = {"toner-empty-warning", NULL};
    /* However many jobs there are */
    static const Scene lasting_warning[] = {
        {0, 3, low, FALSE, SPOC_SUPPRESSION_NOTIFY},
        {10, 4, low, FALSE, SPOC_SUPPRESSION_DROP},
        {20, 4, low_busy, FALSE, SPOC_SUPPRESSION_DROP},
        {30, 3, low, FALSE, SPOC_SUPPRESSION_DROP},
        {90000, 4, low_busy, FALSE, SPOC_SUPPRESSION_DROP},
        {90010, 3, low_other, FALSE, SPOC_SUPPRESSION_NOTIFY}, /* long ago, and something changed */
        {90020, 3, low, FALSE, SPOC_SUPPRESSION_DROP},
        {90030, 3, used_up, FALSE, SPOC_SUPPRESSION_NOTIFY},
        {90040, 4, no_reasons, FALSE, SPOC_SUPPRESSION_NOTIFY_RESOLVED},
        {90050, 4, low, FALSE, SPOC_SUPPRESSION_NOTIFY},
    };
    static const char *paused[] = {"paused", NULL};
    static const Scene only_problems[] = {
        {0, 3, no_reasons, FALSE, SPOC_SUPPRESSION_DROP},
        {10, 4, no_reasons, FALSE, SPOC_SUPPRESSION_DROP},
        {20, 4, low, FALSE, SPOC_SUPPRESSION_NOTIFY},
        {30, 3, no_reasons, FALSE, SPOC_SUPPRESSION_NOTIFY_RESOLVED},
        {40, 4, no_reasons, FALSE, SPOC_SUPPRESSION_DROP},
        {50, 3, no_reasons, TRUE, SPOC_SUPPRESSION_DROP},
    };
    static const Scene only_faults[] = {
        {0, 3, low, FALSE, SPOC_SUPPRESSION_DROP},
        {10, 3, used_up, FALSE, SPOC_SUPPRESSION_NOTIFY},
        {20, 5, paused, FALSE, SPOC_SUPPRESSION_DROP}, /* not ready yet */
        {30, 3, low, FALSE, SPOC_SUPPRESSION_NOTIFY_RESOLVED},
        {40, 3, no_reasons, FALSE, SPOC_SUPPRESSION_DROP},
    };
    play(ALL, fault_and_back, G_N_ELEMENTS(fault_and_back));
    play(ALL, cleared_within_the_wait, G_N_ELEMENTS(cleared_within_the_wait));
    play(ALL, lasting_fault, G_N_ELEMENTS(lasting_fault));
    play(ALL, lasting_warning, G_N_ELEMENTS(lasting_warning));
    play(PROBLEMS, lasting_warning, G_N_ELEMENTS(lasting_warning));
    play(PROBLEMS, only_problems, G_N_ELEMENTS(only_problems));
    play(FAULTS, only_faults, G_N_ELEMENTS(only_faults));
}

/* Of two subscriptions of one person the mails of the one are no faults of the other. */
static void
test_two_wishes(void)
{
    SpocLastNotification told = {0};
    SpocEvent low = state_event(3, two), fine = state_event(3, no_reasons);
    spoc_suppression_record(&told, &low, INTERVAL_S, 100);
    g_assert_cmpint(spoc_suppression_decide(&told, &fine, FALSE, FAULTS, INTERVAL_S, 200), ==,
                    SPOC_SUPPRESSION_DROP);
    g_assert_cmpint(spoc_suppression_decide(&told, &fine, FALSE, PROBLEMS, INTERVAL_S, 200), ==,
                    SPOC_SUPPRESSION_NOTIFY_RESOLVED);
    spoc_last_notification_clear(&told);
}

/* 0: every change is mailed. */
static void
test_every_change(void)
{
    SpocLastNotification told = {0};
    SpocEvent fine = state_event(3, no_reasons), busy = state_event(4, no_reasons);
    spoc_suppression_record(&told, &fine, 0, 100);
    g_assert_cmpint(spoc_suppression_decide(&told, &busy, FALSE, ALL, 0, 100), ==,
                    SPOC_SUPPRESSION_NOTIFY);
    spoc_last_notification_clear(&told);
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
    g_assert_cmpint(told.severity, ==, SPOC_EVENT_SEVERITY_INFO);
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
    g_test_add_func("/quiet/stories", test_stories);
    g_test_add_func("/quiet/two-wishes", test_two_wishes);
    g_test_add_func("/quiet/every-change", test_every_change);
    g_test_add_func("/quiet/thread", test_thread);
    g_test_add_func("/quiet/wait", test_wait);
    return g_test_run();
}
