/* SPDX-License-Identifier: Apache-2.0 */
#include "delivery/day-count.h"

#define HOUR 3600
#define NOW ((gint64)500000 * HOUR + 1234)

static void
test_limit(void)
{
    SpocDayCount count = {.limit = 10};
    for (guint i = 0; i < 10; i++) {
        g_assert_cmpint(spoc_day_count_next_unix_s(&count, NOW + i * HOUR), ==, 0);
        (void)spoc_day_count_take(&count, NOW + i * HOUR, 1);
    }
    /* The first hour is over, and a day old, 25 hours after it began. */
    gint64 next = (gint64)500025 * HOUR;
    g_assert_cmpint(spoc_day_count_next_unix_s(&count, NOW + 9 * HOUR), ==, next);
    g_assert_cmpint(spoc_day_count_next_unix_s(&count, next - 1), ==, next);
    g_assert_cmpint(spoc_day_count_next_unix_s(&count, next), ==, 0);
    (void)spoc_day_count_take(&count, next, 1);
    g_assert_cmpint(spoc_day_count_next_unix_s(&count, next), ==, next + HOUR);
    /* after a long time nothing is left of it */
    g_assert_cmpint(spoc_day_count_next_unix_s(&count, next + 1000 * HOUR), ==, 0);
    count.limit = 0;
    g_assert_cmpint(spoc_day_count_next_unix_s(&count, next), ==, 0);
    count.limit = 3;
    g_assert_cmpint(spoc_day_count_next_unix_s(&count, next), ==, (gint64)500033 * HOUR);
}

/* Never more than the limit in any 24 hours, wherever they begin. */
static void
test_any_day(void)
{
    SpocDayCount count = {.limit = 500};
    g_autoptr(GArray) sent = g_array_new(FALSE, FALSE, sizeof(gint64));
    g_autoptr(GRand) random = g_rand_new_with_seed(12);
    gint64 now = NOW;
    while (sent->len < 5000) {
        now += g_rand_int_range(random, 0, 300);
        gint64 next = spoc_day_count_next_unix_s(&count, now);
        if (next != 0) {
            g_assert_cmpint(next, >, now);
            now = next;
        }
        (void)spoc_day_count_take(&count, now, 1);
        g_array_append_val(sent, now);
        if (sent->len > 500)
            g_assert_cmpint(now - g_array_index(sent, gint64, sent->len - 501), >, 24 * HOUR);
    }
}

/* Killed at any moment, it has counted at least what was sent, and at most a piece more. */
static void
test_kept(void)
{
    SpocDayCount count = {.limit = 10000};
    g_autofree char *kept = NULL;
    guint written = 0;
    for (guint i = 1; i <= 1000; i++) {
        if (spoc_day_count_take(&count, NOW + i, 1)) {
            g_free(kept);
            kept = spoc_day_count_text(&count, TRUE);
            written++;
        }
        SpocDayCount again = {.limit = 10000};
        spoc_day_count_read(&again, kept);
        g_assert_cmpuint(again.sent[SPOC_DAY_COUNT_HOURS - 1], >=, i);
        g_assert_cmpuint(again.sent[SPOC_DAY_COUNT_HOURS - 1], <=, i + 100);
    }
    g_assert_cmpuint(written, <=, 11);
    g_assert_true(spoc_day_count_is_ahead(&count));
    g_autofree char *exact = spoc_day_count_text(&count, FALSE);
    g_assert_false(spoc_day_count_is_ahead(&count));
    SpocDayCount again = {.limit = 10000};
    spoc_day_count_read(&again, exact);
    g_assert_cmpuint(again.sent[SPOC_DAY_COUNT_HOURS - 1], ==, 1000);
    /* several recipients */
    g_assert_true(spoc_day_count_take(&again, NOW, 7));
    g_assert_cmpuint(again.sent[SPOC_DAY_COUNT_HOURS - 1], ==, 1007);
}

static void
test_clock(void)
{
    SpocDayCount count = {.limit = 2};
    (void)spoc_day_count_take(&count, NOW + 1000 * HOUR, 2);
    /* set back: it still counts, for a day */
    g_assert_cmpint(spoc_day_count_next_unix_s(&count, NOW), ==, (gint64)500025 * HOUR);
}

static void
test_damage(void)
{
    static const char *const texts[] = {"", "1", "a b", "500000 1 2 3", "-1 0", NULL};
    for (guint i = 0; texts[i] != NULL; i++) {
        SpocDayCount count = {.limit = 5};
        spoc_day_count_read(&count, texts[i]);
        g_assert_cmpuint(count.limit, ==, 5);
        g_assert_cmpint(count.last_hour, ==, 0);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/day-count/limit", test_limit);
    g_test_add_func("/day-count/any-day", test_any_day);
    g_test_add_func("/day-count/kept", test_kept);
    g_test_add_func("/day-count/clock", test_clock);
    g_test_add_func("/day-count/damage", test_damage);
    return g_test_run();
}
