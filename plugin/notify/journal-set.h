/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   All journals that are open, each with a consumer: finds new ones, lets each go on in
 *           its turn, and removes those that are done.
 * OWNERSHIP Borrows the context and aggregator. Owns the consumers: what aggregator and queue
 *           manager hold of them must be gone before.
 */
#pragma once

#include "notify/journal-consumer.h"

typedef struct _SpocJournalSet SpocJournalSet;

SpocJournalSet *spoc_journal_set_new(const SpocNotifyContext *context, SpocAggregator *aggregator);
void spoc_journal_set_free(SpocJournalSet *journals);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SpocJournalSet, spoc_journal_set_free)

guint spoc_journal_set_count(const SpocJournalSet *journals);

/* Finds new journals, and what was added to those that are known. FALSE: some could not be read,
 * which is logged and may pass. */
gboolean spoc_journal_set_rescan(SpocJournalSet *journals);

/* One round. Returns whether one could do more at once. */
gboolean spoc_journal_set_step(SpocJournalSet *journals);

/* Remembers how far the journals go now; later, whether all have been read so far, but for those
 * that something else keeps. */
void spoc_journal_set_note_ends(SpocJournalSet *journals);
gboolean spoc_journal_set_are_past_ends(const SpocJournalSet *journals);

/* Returns whether there is room again for some that were left out. */
gboolean spoc_journal_set_remove_done(SpocJournalSet *journals);

gboolean spoc_journal_set_any(const SpocJournalSet *journals, SpocJournalConsumerStatus status);

/* Makes their marks safe from power loss. */
void spoc_journal_set_sync(SpocJournalSet *journals);

/* (transfer full): what keeps the events of each journal, for `spocctl queue list`: a line a
 * journal, spoc_wait_line()s; "" when nothing waits */
char *spoc_journal_set_waits(SpocJournalSet *journals);
/* Keeps that in the spool's state/, for when no spocd runs. */
void spoc_journal_set_keep_waits(SpocJournalSet *journals);
/* What a spocd before us kept holds no longer. */
void spoc_journal_set_forget_waits(SpocJournalSet *journals);
