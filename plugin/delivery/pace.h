/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  How many messages may go to one server in a minute. Pure: time is an argument.
 *
 * A token bucket that never lets more than the limit through in any minute, wherever it begins.
 *
 * A bucket that held a whole minute's worth could pour it out and be refilled within the same
 * minute. So it holds a sixth, and is refilled so slowly that both together are the limit.
 */
#pragma once

#include <glib.h>

#define SPOC_PACE_MINUTE_US (60 * (gint64)G_USEC_PER_SEC)

/* All zero: no limit */
typedef struct {
    guint per_minute;   /* 0: no limit */
    guint burst;        /* what the bucket holds */
    gint64 interval_us; /* a token comes so often */
    gint64 full_at_us;  /* when the bucket is full again; anything past: it is */
} SpocPace;

/* Another limit; what was taken before counts on. */
void spoc_pace_set_limit(SpocPace *pace, guint per_minute);

/* Returns: 0 when a message may go at @now_us, else when the next one may. */
gint64 spoc_pace_next_us(const SpocPace *pace, gint64 now_us);

/* One goes at @now_us. */
void spoc_pace_take(SpocPace *pace, gint64 now_us);
