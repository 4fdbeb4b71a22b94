/* SPDX-License-Identifier: Apache-2.0 */
#include "notify/digest-time.h"

gint64
spoc_due_daily_unix_s(gint minute, gint64 event_unix_s, gint64 now_unix_s)
{
    gint64 base_unix_s = event_unix_s;
    if (base_unix_s > now_unix_s || base_unix_s < now_unix_s - SPOC_DUE_BACKLOG_MAX_S)
        base_unix_s = now_unix_s;
    g_autoptr(GDateTime) base = g_date_time_new_from_unix_local(base_unix_s);
    if (base == NULL)
        return now_unix_s;
    /* Today's, else tomorrow's; where the clock is changed the day has 23 or 25 hours. */
    for (gint day = 0; day <= 1; day++) {
        g_autoptr(GDateTime) date = g_date_time_add_days(base, day);
        g_autoptr(GDateTime) due =
            date != NULL
                ? g_date_time_new_local(g_date_time_get_year(date), g_date_time_get_month(date),
                                        g_date_time_get_day_of_month(date), minute / 60,
                                        minute % 60, 0)
                : NULL;
        if (due != NULL && g_date_time_to_unix(due) > base_unix_s)
            return g_date_time_to_unix(due);
    }
    return base_unix_s + 24 * 3600;
}
