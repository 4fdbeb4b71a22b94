/* SPDX-License-Identifier: Apache-2.0 */
#include "delivery/retry.h"

#define DAY_MS (24 * 3600 * (gint64)1000)

static void
test_table(void)
{
    static const gint64 delays_ms[] = {30000, 60000, 300000};
    const SpocRetrySchedule schedule = {delays_ms, G_N_ELEMENTS(delays_ms), 5 * DAY_MS};
    static const struct {
        guint attempts;
        gint64 created;
        gint64 now;
        double jitter;
        gint64 next;
    } cases[] = {
        {1, 1000, 1000, 0.0, 1030},    {1, 1000, 1000, 1.0, 1033}, {2, 1000, 2000, 0.0, 2060},
        {3, 1000, 2000, 0.0, 2300},    {4, 1000, 2000, 0.0, 2300}, /* the last repeats */
        {4000, 1000, 2000, 0.5, 2315},                             /* jitter: up to a tenth */
        {1, 5000, 1000, 0.0, 1030},                                /* the clock was set back */
        {9, 0, 431999, 0.0, 432000}, /* one last attempt at the end of its life */
        {9, 0, 432000, 0.0, 0},      /* tried then: given up */
        {9, 0, 999999, 0.0, 0},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++)
        g_assert_cmpint(spoc_retry_next(&schedule, cases[i].attempts, cases[i].created,
                                        cases[i].now, cases[i].jitter),
                        ==, cases[i].next);
}

/* A month of failures in a moment: it ends, and each step is later than the one before. */
static void
test_life(void)
{
    static const gint64 delays_ms[] = {500, 3600000};
    const SpocRetrySchedule schedule = {delays_ms, G_N_ELEMENTS(delays_ms), 30 * DAY_MS};
    gint64 now = 1000;
    guint attempts = 1;
    for (gint64 next; (next = spoc_retry_next(&schedule, attempts, 1000, now, 0.0)) != 0;) {
        g_assert_cmpint(next, >, now);
        now = next;
        attempts++;
    }
    g_assert_cmpint(now, ==, 1000 + 30 * DAY_MS / 1000);
    g_assert_cmpuint(attempts, ==, 722);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/schedule/table", test_table);
    g_test_add_func("/schedule/life", test_life);
    return g_test_run();
}
