/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  When a message is tried again, and when it is given up. Pure: time is an argument.
 */
#pragma once

#include <glib.h>

typedef struct {
    const gint64 *delays_ms; /* the last repeats */
    gsize delay_count;       /* at least one */
    gint64 max_age_ms;
} SpocRetrySchedule;

/**
 * spoc_retry_next:
 * @attempts: how many there were, at least 1
 * @jitter: 0.0 to 1.0, spreads by up to a tenth of the delay
 *
 * Returns: Unix seconds of the next attempt; 0 when the message would then be older than
 *   max_age_ms and was tried after it became so: give it up
 */
gint64 spoc_retry_next(const SpocRetrySchedule *schedule, guint attempts, gint64 created_unix_s,
                       gint64 now_unix_s, double jitter);
