/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  What waits, in the order in which it is due. Holds the identifiers, states and times
 *          of the earliest only, so that its memory is the same for any queue; of the others it
 *          knows the number. When the earliest are used up the caller reads the folders again.
 */
#pragma once

#include "spool/message.h"

typedef struct _SpocAgenda SpocAgenda;

typedef struct {
    gint64 due_unix_s;
    guint64 order; /* of being put */
    SpocMessageState state;
    char id[];
} SpocAgendaItem;

/* @items_max: how many it holds, at least 1 */
SpocAgenda *spoc_agenda_new(guint items_max);
void spoc_agenda_free(SpocAgenda *agenda);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SpocAgenda, spoc_agenda_free)

/* An @id that is there already gets the new state and time. */
void spoc_agenda_put(SpocAgenda *agenda, const char *id, SpocMessageState state, gint64 due_unix_s);
void spoc_agenda_remove(SpocAgenda *agenda, const char *id);
/* (nullable): the earliest, and of those due at the same time the one that was put first; the
 * agenda's until it is changed */
const SpocAgendaItem *spoc_agenda_first(const SpocAgenda *agenda);
/* Those it holds and those that it left out */
guint spoc_agenda_count(const SpocAgenda *agenda);
/* Lets everything that is due later be due at @now_unix_s. */
void spoc_agenda_all_due(SpocAgenda *agenda, gint64 now_unix_s);

/* Whether it holds none but left some out: clear it, and put all that waits again. */
gboolean spoc_agenda_is_short(const SpocAgenda *agenda);
void spoc_agenda_clear(SpocAgenda *agenda);

/**
 * spoc_agenda_fill:
 * @all_due_unix_s: what was planned before this moment is due since then; 0: nothing is
 *
 * Reads the folders of what waits, instead of what was there.
 */
gboolean spoc_agenda_fill(SpocAgenda *agenda, SpocSpool *spool, gint64 all_due_unix_s,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;
