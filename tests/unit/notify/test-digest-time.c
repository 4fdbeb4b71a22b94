/* SPDX-License-Identifier: Apache-2.0 */
#include "notify/group.h"

#define SEVEN (7 * 60)

static gint64
at(const char *text)
{
    g_autoptr(GTimeZone) zone = g_time_zone_new_local();
    g_autoptr(GDateTime) time = g_date_time_new_from_iso8601(text, zone);
    g_assert_nonnull(time);
    return g_date_time_to_unix(time);
}

static void
test_daily(void)
{
    static const struct {
        const char *event, *now, *due;
    } cases[] = {
        {"2026-11-24T06:00:00", "2026-11-24T06:01:00", "2026-11-24T07:00:00"},
        {"2026-11-24T07:00:00", "2026-11-24T07:00:00", "2026-11-25T07:00:00"},
        {"2026-11-24T23:59:00", "2026-11-24T23:59:00", "2026-11-25T07:00:00"},
        /* spocd was away at the time: it is due */
        {"2026-11-24T06:00:00", "2026-11-24T12:00:00", "2026-11-24T07:00:00"},
        /* where the clock is changed */
        {"2026-03-28T08:00:00", "2026-03-28T08:00:00", "2026-03-29T07:00:00"},
        {"2026-10-24T08:00:00", "2026-10-24T08:00:00", "2026-10-25T07:00:00"},
        /* a clock that goes wrong */
        {"2027-01-01T06:00:00", "2026-11-24T06:00:00", "2026-11-24T07:00:00"},
        {"2001-01-01T06:00:00", "2026-11-24T08:00:00", "2026-11-25T07:00:00"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++)
        g_assert_cmpint(spoc_group_daily_due_unix_s(SEVEN, at(cases[i].event), at(cases[i].now)),
                        ==, at(cases[i].due));
    gint64 now = at("2026-11-24T08:00:00");
    g_assert_cmpint(spoc_group_daily_due_unix_s(SEVEN, 0, now), ==, at("2026-11-25T07:00:00"));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/due/daily", test_daily);
    return g_test_run();
}
