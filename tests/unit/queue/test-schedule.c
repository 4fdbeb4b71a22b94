/* SPDX-License-Identifier: Apache-2.0 */
#include "queue/schedule.h"

#define PLENTY 1000000

static void
assert_first(SpocSchedule *schedule, const char *id, gint64 due_unix_s)
{
    const SpocScheduleItem *first = spoc_schedule_first(schedule);
    g_assert_nonnull(first);
    g_assert_cmpstr(first->id, ==, id);
    g_assert_cmpint(first->due_unix_s, ==, due_unix_s);
}

static void
test_order(void)
{
    g_autoptr(SpocSchedule) schedule = spoc_schedule_new(PLENTY);
    g_assert_null(spoc_schedule_first(schedule));
    spoc_schedule_put(schedule, "b", SPOC_STATE_WAITING, 20);
    spoc_schedule_put(schedule, "a", SPOC_STATE_WAITING, 30);
    spoc_schedule_put(schedule, "c", SPOC_STATE_HELD, 10);
    g_assert_cmpuint(spoc_schedule_count(schedule), ==, 3);
    assert_first(schedule, "c", 10);
    g_assert_cmpint(spoc_schedule_first(schedule)->state, ==, SPOC_STATE_HELD);

    /* The same message with another time is one message. */
    spoc_schedule_put(schedule, "c", SPOC_STATE_WAITING, 40);
    g_assert_cmpuint(spoc_schedule_count(schedule), ==, 3);
    assert_first(schedule, "b", 20);

    spoc_schedule_remove(schedule, "b");
    spoc_schedule_remove(schedule, "none");
    assert_first(schedule, "a", 30);
}

static void
test_all_due(void)
{
    g_autoptr(SpocSchedule) schedule = spoc_schedule_new(PLENTY);
    spoc_schedule_put(schedule, "late", SPOC_STATE_WAITING, 1000);
    spoc_schedule_put(schedule, "early", SPOC_STATE_WAITING, 5);
    spoc_schedule_all_due(schedule, 100);
    assert_first(schedule, "early", 5);
    spoc_schedule_remove(schedule, "early");
    assert_first(schedule, "late", 100);
}

static void
test_many(void)
{
    g_autoptr(SpocSchedule) schedule = spoc_schedule_new(PLENTY);
    for (guint i = 0; i < 100000; i++) {
        g_autofree char *id = g_strdup_printf("message-%06u", i);
        spoc_schedule_put(schedule, id, SPOC_STATE_WAITING, (gint64)(i * 7919u % 100003u));
    }
    gint64 last = -1;
    const SpocScheduleItem *first = NULL;
    while ((first = spoc_schedule_first(schedule)) != NULL) {
        g_assert_cmpint(first->due_unix_s, >=, last);
        last = first->due_unix_s;
        spoc_schedule_remove(schedule, first->id);
    }
    g_assert_cmpuint(spoc_schedule_count(schedule), ==, 0);
}

/* Those of the same time come in the order in which they were put. */
static void
test_same_time(void)
{
    g_autoptr(SpocSchedule) schedule = spoc_schedule_new(PLENTY);
    static const char *const ids[] = {"z", "m", "a", "q", "b"};
    for (guint i = 0; i < G_N_ELEMENTS(ids); i++)
        spoc_schedule_put(schedule, ids[i], SPOC_STATE_NEW, 7);
    for (guint i = 0; i < G_N_ELEMENTS(ids); i++) {
        assert_first(schedule, ids[i], 7);
        spoc_schedule_remove(schedule, ids[i]);
    }
}

/* A queue of 1,000 through an schedule for 10: what is not held is read again, and everything
 * comes once, in its order. */
static void
test_window(void)
{
    enum { QUEUE = 1000 };
    g_autoptr(SpocSchedule) schedule = spoc_schedule_new(10);
    gboolean waits[QUEUE];
    for (guint i = 0; i < QUEUE; i++)
        waits[i] = TRUE;
    guint taken = 0, readings = 0;
    gint64 last = -1;
    spoc_schedule_put(schedule, "0", SPOC_STATE_WAITING, 0);
    for (; taken < QUEUE; taken++) {
        if (taken == 0 || spoc_schedule_is_short(schedule)) {
            spoc_schedule_clear(schedule);
            readings++;
            for (guint i = 0; i < QUEUE; i++) {
                g_autofree char *id = g_strdup_printf("%u", i);
                if (waits[i])
                    spoc_schedule_put(schedule, id, SPOC_STATE_WAITING,
                                      (gint64)(i * 7919u % 1009u));
            }
        }
        g_assert_cmpuint(spoc_schedule_count(schedule), ==, QUEUE - taken);
        const SpocScheduleItem *first = spoc_schedule_first(schedule);
        g_assert_nonnull(first);
        g_assert_cmpint(first->due_unix_s, >=, last);
        last = first->due_unix_s;
        guint64 number = g_ascii_strtoull(first->id, NULL, 10);
        g_assert_true(waits[number]);
        waits[number] = FALSE;
        spoc_schedule_remove(schedule, first->id);
    }
    g_assert_cmpuint(spoc_schedule_count(schedule), ==, 0);
    g_assert_false(spoc_schedule_is_short(schedule));
    g_assert_cmpuint(readings, ==, QUEUE / 10);
}

/* What is put later goes before what is left out when it is due earlier. */
static void
test_window_put(void)
{
    g_autoptr(SpocSchedule) schedule = spoc_schedule_new(2);
    spoc_schedule_put(schedule, "a", SPOC_STATE_WAITING, 10);
    spoc_schedule_put(schedule, "b", SPOC_STATE_WAITING, 20);
    spoc_schedule_put(schedule, "c", SPOC_STATE_WAITING, 30);
    spoc_schedule_put(schedule, "d", SPOC_STATE_WAITING, 5);
    spoc_schedule_put(schedule, "e", SPOC_STATE_WAITING, 40);
    g_assert_cmpuint(spoc_schedule_count(schedule), ==, 5);
    assert_first(schedule, "d", 5);
    spoc_schedule_remove(schedule, "d");
    assert_first(schedule, "a", 10);
    spoc_schedule_remove(schedule, "a");
    g_assert_true(spoc_schedule_is_short(schedule));
    /* After a change of the configuration those that are left out are due as well. */
    spoc_schedule_all_due(schedule, 15);
    spoc_schedule_put(schedule, "f", SPOC_STATE_WAITING, 16);
    g_assert_true(spoc_schedule_is_short(schedule));
    spoc_schedule_put(schedule, "g", SPOC_STATE_WAITING, 14);
    assert_first(schedule, "g", 14);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/schedule/order", test_order);
    g_test_add_func("/schedule/all-due", test_all_due);
    g_test_add_func("/schedule/many", test_many);
    g_test_add_func("/schedule/same-time", test_same_time);
    g_test_add_func("/schedule/window", test_window);
    g_test_add_func("/schedule/window-put", test_window_put);
    return g_test_run();
}
