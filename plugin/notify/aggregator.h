/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   Where events for one person become mails: at once, or after they have waited for
 *           others about the same job or printer, for the daily digest, or for their turn under
 *           notifyMaxPerHour. Decides with event/suppression.h what is not mailed, and asks CUPS
 *           for the state of a printer and a job now.
 * OWNERSHIP Borrows its context, which outlives it.
 *
 * While they wait, events are in memory here and safe in their journals. A mail that waited is a
 * message in the spool before it is sent, so that after a crash the same events are in one mail;
 * one that goes at once is sent from memory.
 */
#pragma once

#include "notify/context.h"
#include "notify/group.h"

typedef struct _SpocAggregator SpocAggregator;

SpocAggregator *spoc_aggregator_new(const SpocNotifyContext *context);
/* The callbacks of events that wait are not called. */
void spoc_aggregator_free(SpocAggregator *aggregator);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SpocAggregator, spoc_aggregator_free)

/* How many more entries may come now. */
guint spoc_aggregator_room(const SpocAggregator *aggregator);

/* Whether the configuration lets such events be mailed at all */
gboolean spoc_aggregator_wants(const SpocAggregator *aggregator, const SpocEvent *event);

/**
 * spoc_aggregator_put:
 * @entry: its event is copied where it has to wait
 *
 * Its safe() may be called before this returns.
 */
void spoc_aggregator_put(SpocAggregator *aggregator, const SpocEntry *entry);

/* Whether a digest, or what was collected, is due: it tells all that is there at that moment, so
 * the journals are to be read first, to the end as they stand then. */
gboolean spoc_aggregator_whole_is_due(const SpocAggregator *aggregator);

/* Lets go what is due, as far as there is room. @all_read: those too that tell all that is there */
void spoc_aggregator_step(SpocAggregator *aggregator, gboolean all_read);

/* Lets all that waits for company be due: nothing more comes. @and_digests: those that wait for
 * the time of the day as well. Returns whether there was any. */
gboolean spoc_aggregator_close(SpocAggregator *aggregator, gboolean and_digests);

/* Something is due and can be written, or CUPS is asked */
gboolean spoc_aggregator_is_busy(const SpocAggregator *aggregator);
/* Mails to be that wait */
guint spoc_aggregator_waiting(const SpocAggregator *aggregator);
/* Unix seconds when the next is due; 0: never */
gint64 spoc_aggregator_next_due_unix_s(const SpocAggregator *aggregator);

/* Why an entry is not a mail yet, in words, and until when; 0: not known */
typedef struct {
    const char *reason;
    gint64 until_unix_s;
} SpocAggregatorWait;

/* @entry: the user_data of one that waits */
typedef void (*SpocAggregatorWaitFunc)(gpointer entry, const SpocAggregatorWait *wait);
void spoc_aggregator_each_wait(const SpocAggregator *aggregator, SpocAggregatorWaitFunc each);
