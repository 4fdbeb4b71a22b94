/* SPDX-License-Identifier: Apache-2.0 */
#include "delivery/day-count.h"

#include <string.h>

#define HOUR_S 3600
#define LAST (SPOC_DAY_COUNT_HOURS - 1)
/* So many pieces a day are written ahead. */
#define PIECES 100

/* Moves the hours on. A clock that was set back keeps what was counted, in the hour that it is. */
static void
move_on(SpocDayCount *count, gint64 now_unix_s)
{
    gint64 hour = now_unix_s / HOUR_S, passed = hour - count->last_hour;
    if (passed > 0) {
        gsize gone = (gsize)MIN(passed, SPOC_DAY_COUNT_HOURS);
        memmove(count->sent, count->sent + gone,
                (SPOC_DAY_COUNT_HOURS - gone) * sizeof count->sent[0]);
        memset(count->sent + SPOC_DAY_COUNT_HOURS - gone, 0, gone * sizeof count->sent[0]);
        count->written_ahead = 0;
    }
    count->last_hour = hour;
}

static guint64
sum(const SpocDayCount *count)
{
    guint64 sent = 0;
    for (guint i = 0; i < SPOC_DAY_COUNT_HOURS; i++)
        sent += count->sent[i];
    return sent;
}

gint64
spoc_day_count_next_unix_s(const SpocDayCount *count, gint64 now_unix_s)
{
    if (count->limit == 0)
        return 0;
    SpocDayCount now = *count;
    move_on(&now, now_unix_s);
    guint64 sent = sum(&now);
    /* The hours that must be gone before there is room for one */
    guint hours = 0;
    while (hours < SPOC_DAY_COUNT_HOURS && sent >= count->limit)
        sent -= now.sent[hours++];
    return hours == 0 ? 0 : (now.last_hour + hours) * HOUR_S;
}

gboolean
spoc_day_count_take(SpocDayCount *count, gint64 now_unix_s, guint recipients)
{
    move_on(count, now_unix_s);
    count->sent[LAST] = MIN(count->sent[LAST], G_MAXINT32 - recipients) + recipients;
    gboolean is_written = count->written_ahead >= recipients;
    count->written_ahead -= is_written ? recipients : count->written_ahead;
    return !is_written && count->limit != 0;
}

gboolean
spoc_day_count_is_ahead(const SpocDayCount *count)
{
    return count->written_ahead > 0;
}

char *
spoc_day_count_text(SpocDayCount *count, gboolean ahead)
{
    guint piece = ahead ? MAX(count->limit / PIECES, 1) : 0;
    GString *text = g_string_new(NULL);
    g_string_append_printf(text, "%" G_GINT64_FORMAT, count->last_hour);
    for (guint i = 0; i < SPOC_DAY_COUNT_HOURS; i++)
        g_string_append_printf(text, " %u", count->sent[i] + (i == LAST ? piece : 0));
    count->written_ahead = piece;
    return g_string_free(text, FALSE);
}

void
spoc_day_count_read(SpocDayCount *count, const char *text)
{
    g_auto(GStrv) words = g_strsplit(text, " ", SPOC_DAY_COUNT_HOURS + 2);
    SpocDayCount read = {.limit = count->limit};
    guint64 number = 0;
    if (g_strv_length(words) != SPOC_DAY_COUNT_HOURS + 1 ||
        !g_ascii_string_to_unsigned(words[0], 10, 0, G_MAXINT32, &number, NULL))
        return;
    read.last_hour = (gint64)number;
    for (guint i = 0; i < SPOC_DAY_COUNT_HOURS; i++) {
        if (!g_ascii_string_to_unsigned(words[i + 1], 10, 0, G_MAXINT32 / 2, &number, NULL))
            return;
        read.sent[i] = (guint)number;
    }
    *count = read;
}
