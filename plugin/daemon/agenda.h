/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  What waits, in the order in which it is due. Holds no more than identifier, state
 *          and time of each, packed, so that a queue of 100,000 fits into a few megabytes.
 */
#pragma once

#include "spool/queue.h"

typedef struct _SpocAgenda SpocAgenda;

/* @id: the agenda's, until it is changed */
typedef struct {
    gint64 due_unix_s;
    SpocMessageState state;
    const char *id;
} SpocAgendaItem;

SpocAgenda *
spoc_agenda_new(void);
void
spoc_agenda_free(SpocAgenda *agenda);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SpocAgenda, spoc_agenda_free)

/* An @id that is there already gets the new state and time. */
void
spoc_agenda_put(SpocAgenda *agenda, const char *id, SpocMessageState state, gint64 due_unix_s);
void
spoc_agenda_remove(SpocAgenda *agenda, const char *id);
/* The earliest; of those due at the same time the one that was put first. FALSE: there is none */
gboolean
spoc_agenda_first(const SpocAgenda *agenda, SpocAgendaItem *ret_item);
guint
spoc_agenda_count(const SpocAgenda *agenda);
/* Lets everything that is due later be due at @now_unix_s. */
void
spoc_agenda_all_due(SpocAgenda *agenda, gint64 now_unix_s);
