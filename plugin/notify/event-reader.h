/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   Goes through a journal event by event, in pieces, so that memory does not depend on its
 *           size. Looks ahead, because something must be learned of an event before its turn comes.
 * OWNERSHIP Borrows journal and budget.
 *
 * An event that was parsed is kept until its turn is over, while the budget has room: then it is
 * not parsed again. An event that finds no room is parsed once when it is looked at and once more
 * each time that it is its turn.
 */
#pragma once

#include "event/event.h"
#include "spool/journal.h"

/* Parsed events that wait for their turn, of all journals together. All zero at first. */
typedef struct {
    guint events;
    gsize bytes;
} SpocEventBudget;

/* @bytes are of memory, estimated: an event's strings cost more than it has bytes. */
#define SPOC_EVENT_BUDGET_EVENTS 1000
#define SPOC_EVENT_BUDGET_BYTES (2 * 1024 * 1024)

/**
 * SpocEventReaderFuncs:
 * @learn: looks at an event ahead of its turn, in the journal's order
 * @handle: it is the event's turn; FALSE: not yet
 * @damaged: bytes that belong to no event were passed over; once for each place
 */
typedef struct {
    void (*learn)(const SpocEvent *event, gpointer user_data);
    gboolean (*handle)(const SpocEvent *event, gpointer user_data);
    void (*damaged)(guint64 offset, gsize size_bytes, gpointer user_data);
} SpocEventReaderFuncs;

typedef struct _SpocEventReader SpocEventReader;

/* Begins behind what is marked as finished. */
SpocEventReader *spoc_event_reader_new(SpocJournal *journal, SpocEventBudget *budget,
                                       const SpocEventReaderFuncs *funcs, gpointer user_data);
void spoc_event_reader_free(SpocEventReader *reader);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SpocEventReader, spoc_event_reader_free)

/* Calls learn() for all that it was not called for, from the first event of the journal on.
 * @ended: nothing more will come */
gboolean spoc_event_reader_look_ahead(SpocEventReader *reader, gboolean ended,
                                      GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * spoc_event_reader_run:
 * @events_max: stops before one more
 * @ret_more: (out): it stopped because of @events_max or handle(), and there is more
 *
 * Calls handle() for one event after the other.
 */
gboolean spoc_event_reader_run(SpocEventReader *reader, gboolean ended, guint events_max,
                               gboolean *ret_more, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The place of the next event to be handled */
guint64 spoc_event_reader_position(const SpocEventReader *reader);
/* Whole events are left, or were not looked for yet. */
gboolean spoc_event_reader_is_behind(const SpocEventReader *reader);
