/* SPDX-License-Identifier: Apache-2.0 */
#include "delivery/retry.h"

gint64
spoc_retry_next(const SpocRetrySchedule *schedule, guint attempts, gint64 created_unix_s,
                gint64 now_unix_s, double jitter)
{
    g_return_val_if_fail(schedule->delay_count > 0 && attempts > 0, 0);

    /* A clock that was set back must not keep a message for ever, nor throw it away. */
    gint64 age_s = MAX(now_unix_s - created_unix_s, 0);
    gint64 max_age_s = schedule->max_age_ms / 1000;
    if (age_s >= max_age_s)
        return 0;

    gint64 delay_ms = schedule->delays_ms[MIN((gsize)attempts, schedule->delay_count) - 1];
    delay_ms += (gint64)((double)delay_ms / 10 * CLAMP(jitter, 0.0, 1.0));
    gint64 delay_s = MAX((delay_ms + 999) / 1000, 1);

    /* The last attempt comes at the end of its life, not a whole delay behind it. */
    return now_unix_s + MIN(delay_s, MAX(max_age_s - age_s, 1));
}
