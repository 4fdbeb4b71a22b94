/* SPDX-License-Identifier: Apache-2.0 */
#include "delivery/pace.h"

#define BURST_PART 6

void
spoc_pace_set_limit(SpocPace *pace, guint per_minute)
{
    pace->per_minute = per_minute;
    if (per_minute == 0)
        return;
    pace->burst = MAX(per_minute / BURST_PART, 1);
    /* In a minute: what the bucket held, and what came in; rounded up, so never a hair more. */
    gint64 refill = (gint64)per_minute - pace->burst + 1;
    pace->interval_us = (SPOC_PACE_MINUTE_US + refill - 1) / refill;
}

gint64
spoc_pace_next_us(const SpocPace *pace, gint64 now_us)
{
    if (pace->per_minute == 0)
        return 0;
    /* A token is there unless filling takes longer than for all but one. */
    gint64 next_us = pace->full_at_us - (pace->burst - 1) * pace->interval_us;
    return next_us > now_us ? next_us : 0;
}

void
spoc_pace_take(SpocPace *pace, gint64 now_us)
{
    if (pace->per_minute != 0)
        pace->full_at_us = MAX(pace->full_at_us, now_us) + pace->interval_us;
}
