/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  How many messages went to a server in the last 24 hours, by the hour and for each
 *          recipient, so that a day's limit is kept wherever the day begins. Pure: time is an
 *          argument.
 *
 * An hour counts until its last minute is a day old: rather a message too late than one too many.
 * The count outlives the process as a text. To write that for each message would cost a sync
 * each; so it is written ahead: what is written has a piece of the limit in it already, and is
 * written again when that piece is used, and exactly when nothing is left to do. Whoever is killed
 * has lost at most one piece.
 */
#pragma once

#include <glib.h>

#define SPOC_DAY_COUNT_HOURS 25

/* All zero: nothing was sent. */
typedef struct {
    guint limit;      /* in 24 hours; 0: none */
    gint64 last_hour; /* since 1970; of the last of @sent */
    guint sent[SPOC_DAY_COUNT_HOURS];
    guint written_ahead; /* of the last hour, in the text that was written, and not sent yet */
} SpocDayCount;

/* Returns: 0 when a message may go, else the Unix time at which the next one may. */
gint64 spoc_day_count_next_unix_s(const SpocDayCount *count, gint64 now_unix_s);

/**
 * spoc_day_count_take:
 * @recipients: of the message: providers count each
 *
 * One goes now.
 *
 * Returns: whether the text must be written first
 */
gboolean spoc_day_count_take(SpocDayCount *count, gint64 now_unix_s, guint recipients);

/* Whether what was written says more than was sent. */
gboolean spoc_day_count_is_ahead(const SpocDayCount *count);

/* (transfer full): one line; with @ahead a piece of the limit is in it already */
char *spoc_day_count_text(SpocDayCount *count, gboolean ahead);

/* Takes over what spoc_day_count_text() gave; anything else is nothing. */
void spoc_day_count_read(SpocDayCount *count, const char *text);
