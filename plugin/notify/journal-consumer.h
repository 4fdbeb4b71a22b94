/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   One journal on its way to mails: reads its events, finds out whose they are and
 *           who gets them, hands them to the desk, and marks what is done.
 * OWNERSHIP Borrows everything in its surroundings; they outlive it.
 *
 * An event is finished when each of its mails is settled or safe in the spool. Where an
 * answer of CUPS is needed the stream stops at that event and goes on when it has come, so
 * its memory is the same for ten events and for a million.
 */
#pragma once

#include "notify/aggregator.h"
#include "notify/context.h"
#include "spool/journal.h"

typedef struct _SpocStream SpocStream;

/**
 * spoc_stream_open:
 *
 * Returns: (transfer full): SPOC_ERROR_CORRUPT when the journal cannot be understood
 */
SpocStream *spoc_stream_open(const SpocSurroundings *surroundings, SpocDesk *desk,
                             const char *journal_name, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* What is under way must be gone from desk and outbox before. */
void spoc_stream_free(SpocStream *stream);

/* The name of its journal, the stream's */
const char *spoc_stream_journal(const SpocStream *stream);

/* Looks for what its notifier has added. */
gboolean spoc_stream_refresh(SpocStream *stream, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * spoc_stream_step:
 *
 * Goes on with its events while the desk has room, up to a bounded number of them.
 *
 * Returns: whether it could do more at once
 */
gboolean spoc_stream_step(SpocStream *stream);

typedef enum {
    SPOC_STREAM_IDLE,      /* all that is there is done; more may come */
    SPOC_STREAM_BUSY,      /* it can go on, or an answer of CUPS is awaited */
    SPOC_STREAM_PARKED,    /* its events are with the desk or the outbox */
    SPOC_STREAM_BLOCKED,   /* events are there, and the configuration, a directory or CUPS, which is
                              away, keeps them */
    SPOC_STREAM_UNDECIDED, /* only the end of the stream can tell whose its events are */
    SPOC_STREAM_DONE,      /* ended, and all is done: spoc_stream_remove() it */
} SpocStreamStatus;

/* Remembers how far its journal goes now. */
void spoc_stream_note_end(SpocStream *stream);
/* Whether it has read as far as was noted, or something else than reading keeps it. */
gboolean spoc_stream_is_past_end(const SpocStream *stream);

/* What the desk says of an entry of some stream, for spoc_stream_reason() */
void spoc_stream_take_wait(gpointer entry, const SpocDeskWait *wait);
void spoc_stream_forget_wait(SpocStream *stream);

/* (transfer full) (nullable): what keeps its events, and until when; NULL where it has none.
 * @ret_until_unix_s: 0: not known */
char *spoc_stream_reason(const SpocStream *stream, gint64 *ret_until_unix_s);

SpocStreamStatus spoc_stream_status(const SpocStream *stream);

/* Deletes its journal. */
gboolean spoc_stream_remove(SpocStream *stream, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Makes its marks, and what CUPS answered, safe from power loss. */
gboolean spoc_stream_sync(SpocStream *stream, GError **error) G_GNUC_WARN_UNUSED_RESULT;
