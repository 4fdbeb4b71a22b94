/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  What waits, in the order in which it is due. Holds the identifiers, states and times
 *          of the earliest only, so that its memory is the same for any queue; of the others it
 *          knows the number. When the earliest are used up the caller reads the folders again.
 */
#pragma once

#include "spool/message.h"

typedef struct _SpocSchedule SpocSchedule;

typedef struct {
    gint64 due_unix_s;
    guint64 order; /* of being put */
    SpocState state;
    char id[];
} SpocScheduleItem;

/* @items_max: how many it holds, at least 1 */
SpocSchedule *spoc_schedule_new(guint items_max);
void spoc_schedule_free(SpocSchedule *schedule);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SpocSchedule, spoc_schedule_free)

/* An @id that is there already gets the new state and time. */
void spoc_schedule_put(SpocSchedule *schedule, const char *id, SpocState state, gint64 due_unix_s);
void spoc_schedule_remove(SpocSchedule *schedule, const char *id);
/* (nullable): the earliest, and of those due at the same time the one that was put first; the
 * schedule's until it is changed */
const SpocScheduleItem *spoc_schedule_first(const SpocSchedule *schedule);
/* Those it holds and those that it left out */
guint spoc_schedule_count(const SpocSchedule *schedule);
/* Lets everything that is due later be due at @now_unix_s. */
void spoc_schedule_all_due(SpocSchedule *schedule, gint64 now_unix_s);

/* Whether it holds none but left some out: clear it, and put all that waits again. */
gboolean spoc_schedule_is_short(const SpocSchedule *schedule);
void spoc_schedule_clear(SpocSchedule *schedule);

/**
 * spoc_schedule_fill:
 * @all_due_unix_s: what was planned before this moment is due since then; 0: nothing is
 *
 * Reads the folders of what waits, instead of what was there.
 */
gboolean spoc_schedule_fill(SpocSchedule *schedule, SpocSpool *spool, gint64 all_due_unix_s,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;
