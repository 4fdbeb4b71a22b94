/* SPDX-License-Identifier: Apache-2.0 */
#include "delivery/pace.h"

/* Takes whatever may go, at random moments and at once when it may, for some minutes; then
 * looks at every minute that begins with a message. */
static void
run_for(guint per_minute, gboolean greedy, guint minutes)
{
    g_autoptr(GArray) sent = g_array_new(FALSE, FALSE, sizeof(gint64));
    SpocPace pace = {0};
    spoc_pace_set_limit(&pace, per_minute);
    gint64 start = g_test_rand_int_range(0, 1 << 30), now = start;
    while (now < start + (gint64)minutes * SPOC_PACE_MINUTE_US) {
        gint64 next = spoc_pace_next_us(&pace, now);
        if (next == 0) {
            spoc_pace_take(&pace, now);
            g_array_append_val(sent, now);
        }
        if (greedy)
            now = MAX(next, now);
        else
            now += g_test_rand_int_range(1, (gint32)(4 * pace.interval_us));
    }
    for (guint i = 0; i + per_minute < sent->len; i++)
        g_assert_cmpint(g_array_index(sent, gint64, i + per_minute), >=,
                        g_array_index(sent, gint64, i) + SPOC_PACE_MINUTE_US);
    /* Not much slower than allowed either */
    if (greedy)
        g_assert_cmpuint(sent->len, >=, per_minute * minutes * 8 / 10);
}

static void
test_no_more_than_the_limit(void)
{
    static const guint limits[] = {1, 2, 3, 5, 6, 7, 12, 30, 60, 600, 10000};
    for (guint i = 0; i < G_N_ELEMENTS(limits); i++) {
        run_for(limits[i], TRUE, 5);
        run_for(limits[i], FALSE, 3);
    }
}

static void
test_no_limit(void)
{
    SpocPace pace = {0};
    for (guint i = 0; i < 1000; i++) {
        g_assert_cmpint(spoc_pace_next_us(&pace, 5), ==, 0);
        spoc_pace_take(&pace, 5);
    }
}

/* Setting the same limit again gives nothing extra; another counts what was taken. */
static void
test_change(void)
{
    SpocPace pace = {0};
    spoc_pace_set_limit(&pace, 6);
    spoc_pace_take(&pace, 1000);
    gint64 next = spoc_pace_next_us(&pace, 1000);
    g_assert_cmpint(next, >, 1000);
    spoc_pace_set_limit(&pace, 6);
    g_assert_cmpint(spoc_pace_next_us(&pace, 1000), ==, next);
    g_assert_cmpint(spoc_pace_next_us(&pace, next), ==, 0);
    spoc_pace_set_limit(&pace, 0);
    g_assert_cmpint(spoc_pace_next_us(&pace, 1000), ==, 0);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/delivery/pace/no-more-than-the-limit", test_no_more_than_the_limit);
    g_test_add_func("/delivery/pace/no-limit", test_no_limit);
    g_test_add_func("/delivery/pace/change", test_change);
    return g_test_run();
}
