/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   One journal on its way to mails: reads its events, finds out whose they are and
 *           who gets them, hands them to the aggregator, and marks what is done.
 * OWNERSHIP Borrows everything in its context; they outlive it.
 *
 * An event is finished when each of its mails is done or safe in the spool. Where an
 * answer of CUPS is needed it stops at that event and goes on when it has come, so
 * its memory is the same for ten events and for a million (SpocEventBudget).
 */
#pragma once

#include "notify/aggregator.h"
#include "notify/context.h"
#include "notify/event-reader.h"

typedef struct _SpocJournalConsumer SpocJournalConsumer;

/**
 * spoc_journal_consumer_open:
 * @budget: for the parsed events of all consumers
 *
 * Returns: (transfer full): SPOC_ERROR_CORRUPT when the journal cannot be understood
 */
SpocJournalConsumer *spoc_journal_consumer_open(const SpocNotifyContext *context,
                                                SpocAggregator *aggregator, SpocEventBudget *budget,
                                                const char *journal_name,
                                                GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* What is under way must be gone from aggregator and queue manager before, and CUPS must not be
 * asked: it is DONE, or the SpocCups is gone. */
void spoc_journal_consumer_free(SpocJournalConsumer *consumer);

/* Its journal, the consumer's; to be deleted once it is DONE */
SpocJournal *spoc_journal_consumer_journal(const SpocJournalConsumer *consumer);

/* Looks for what its notifier has added. */
gboolean spoc_journal_consumer_refresh(SpocJournalConsumer *consumer,
                                       GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * spoc_journal_consumer_step:
 *
 * Goes on with its events while the aggregator has room, up to a bounded number of them.
 *
 * Returns: whether it could do more at once
 */
gboolean spoc_journal_consumer_step(SpocJournalConsumer *consumer);

typedef enum {
    SPOC_JOURNAL_CONSUMER_IDLE,    /* all that is there is done; more may come */
    SPOC_JOURNAL_CONSUMER_BUSY,    /* it can go on, or an answer of CUPS is awaited */
    SPOC_JOURNAL_CONSUMER_PARKED,  /* its events are with the aggregator or the queue manager */
    SPOC_JOURNAL_CONSUMER_BLOCKED, /* events are there, and the configuration, a directory or CUPS,
                            which is away, keeps them */
    SPOC_JOURNAL_CONSUMER_UNDECIDED, /* only the end of the journal can tell whose its events are */
    SPOC_JOURNAL_CONSUMER_DONE,      /* ended, and all is done */
} SpocJournalConsumerStatus;

/* Remembers how far its journal goes now. */
void spoc_journal_consumer_note_end(SpocJournalConsumer *consumer);
/* Whether it has read as far as was noted, or something else than reading keeps it. */
gboolean spoc_journal_consumer_is_past_end(const SpocJournalConsumer *consumer);

/* What the aggregator says of an entry of some journal, for spoc_journal_consumer_reason() */
void spoc_journal_consumer_take_wait(gpointer entry, const SpocAggregatorWait *wait);
void spoc_journal_consumer_forget_wait(SpocJournalConsumer *consumer);

/* (transfer full) (nullable): what keeps its events, and until when; NULL where it has none.
 * @ret_until_unix_s: 0: not known */
char *spoc_journal_consumer_reason(const SpocJournalConsumer *consumer, gint64 *ret_until_unix_s);

SpocJournalConsumerStatus spoc_journal_consumer_status(const SpocJournalConsumer *consumer);
