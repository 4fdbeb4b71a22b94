/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  Goes through a journal event by event, in pieces, so that memory does not depend on its
 *          size.
 */
#pragma once

#include "event/event.h"
#include "people/recipient.h"
#include "spool/journal.h"

/* Returns whether to go on behind the event; FALSE stops before it. */
typedef gboolean (*SpocEventReaderEventFunc)(const SpocEvent *event, gpointer user_data);
/* Bytes that belong to no event were passed over. */
typedef void (*SpocEventReaderDamagedFunc)(guint64 offset, gsize size_bytes, gpointer user_data);

/**
 * spoc_event_reader_run:
 * @ended: nothing more will come
 * @events_max: stops before one more
 * @damaged: (nullable)
 * @position: (inout): where to begin; moves behind what was dealt with
 * @ret_stopped: (out): it stopped because of @events_max or @event, and there is more
 */
gboolean spoc_event_reader_run(SpocJournal *journal, gboolean ended, guint events_max,
                               SpocEventReaderEventFunc event, SpocEventReaderDamagedFunc damaged,
                               gpointer user_data, guint64 *position, gboolean *ret_stopped,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Names the recipient in the marks of an event. */
guint spoc_event_reader_part(const SpocPerson *person);

/* Whether the event has waited for so long as a mail is tried. Its journal is as old as its first
 * event. */
gboolean spoc_event_reader_is_too_old(const SpocJournal *journal, const SpocEvent *event,
                                      gint64 max_age_ms);
