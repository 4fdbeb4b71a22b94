/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  What waits, in the order in which it is due. Holds no more than identifier, state
 *          and time of each, so that a queue of 100,000 fits.
 */
#pragma once

#include "spool/queue.h"

typedef struct _SpocAgenda SpocAgenda;

typedef struct {
    gint64 due_unix_s;
    SpocMessageState state;
    char id[];
} SpocAgendaItem;

SpocAgenda *spoc_agenda_new(void);
void spoc_agenda_free(SpocAgenda *agenda);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SpocAgenda, spoc_agenda_free)

/* An @id that is there already gets the new state and time. */
void spoc_agenda_put(SpocAgenda *agenda, const char *id, SpocMessageState state, gint64 due_unix_s);
void spoc_agenda_remove(SpocAgenda *agenda, const char *id);
/* (nullable): the earliest, the agenda's until it is changed */
const SpocAgendaItem *spoc_agenda_first(const SpocAgenda *agenda);
guint spoc_agenda_count(const SpocAgenda *agenda);
/* Lets everything that is due later be due at @now_unix_s. */
void spoc_agenda_all_due(SpocAgenda *agenda, gint64 now_unix_s);
