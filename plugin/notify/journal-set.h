/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   All journals that are open, each a stream: finds new ones, lets each go on in its turn,
 *           and removes those that are done.
 * OWNERSHIP Borrows surroundings and desk. Owns the streams: what desk and outbox hold of them must
 *           be gone before.
 */
#pragma once

#include "notify/journal-consumer.h"

typedef struct _SpocJournals SpocJournals;

SpocJournals *spoc_journals_new(const SpocSurroundings *surroundings, SpocDesk *desk);
void spoc_journals_free(SpocJournals *journals);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SpocJournals, spoc_journals_free)

guint spoc_journals_count(const SpocJournals *journals);

/* Finds new journals, and what was added to those that are known. FALSE: some could not be read,
 * which is logged and may pass. */
gboolean spoc_journals_rescan(SpocJournals *journals);

/* One round. Returns whether one could do more at once. */
gboolean spoc_journals_step(SpocJournals *journals);

/* Remembers how far the journals go now; later, whether all have been read so far, but for those
 * that something else keeps. */
void spoc_journals_note_ends(SpocJournals *journals);
gboolean spoc_journals_are_past_ends(const SpocJournals *journals);

/* Returns whether there is room again for some that were left out. */
gboolean spoc_journals_remove_done(SpocJournals *journals);

gboolean spoc_journals_any(const SpocJournals *journals, SpocStreamStatus status);

/* What keeps the events of each journal. @until_unix_s: 0: not known */
typedef void (*SpocJournalsWaitFunc)(const char *journal, const char *reason, gint64 until_unix_s,
                                     gpointer user_data);
void spoc_journals_each_wait(SpocJournals *journals, SpocJournalsWaitFunc each, gpointer user_data);

/* Makes their marks safe from power loss. */
void spoc_journals_sync(SpocJournals *journals);
