/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   Copies a stream of events into journals as fast as it comes, and never gives up.
 * ERRORS    Whatever prevents writing is one ERROR line with the remedy; the bytes stay in
 *           memory and are tried again. It comes back only when all is on disk, or when
 *           that has failed for long after the stream's end.
 * SECURITY  The bytes are not looked at.
 *
 * Two threads, and their reason: cupsd drops events in the
 * middle when its pipe of 64 KiB is full, and fdatasync() blocks for as long as the disk
 * likes. So one thread reads and does nothing else, and the other one writes.
 */
#pragma once

#include "base/log.h"
#include "base/places.h"

#include <glib.h>

/**
 * SpocCopierLimits:
 * @backlog_max_bytes: what is kept in memory while it cannot be written
 * @linger_ms: how long a failed write is tried again after the stream has ended
 * @silence_ms: after SIGTERM the stream counts as ended when nothing came for so long
 * @journal_max_bytes: a journal that holds so much is ended, in a pause of the stream of @pause_ms,
 *   and the next one begun, so that spocd can delete it: a subscription may live for years
 * @wake_ms: between two wake-ups of spocd; the last commit always makes one
 *
 * So that a test can have smaller ones
 */
typedef struct {
    guint64 backlog_max_bytes;
    gint64 linger_ms;
    gint64 retry_ms;
    gint64 silence_ms;
    guint64 journal_max_bytes;
    gint64 pause_ms;
    gint64 wake_ms;
} SpocCopierLimits;

extern const SpocCopierLimits spoc_copier_limits_default;

/**
 * SpocCopierTask:
 * @input_fd: where the events come from, blocking or not
 * @stop_fd: readable when the process was told to end; -1: never
 * @recipient_uri: as cupsd gave it
 * @log: written to by both threads, one write(2) a line
 *
 * Everything is borrowed.
 */
typedef struct {
    int input_fd;
    int stop_fd;
    const char *recipient_uri;
    const void *user_data;
    gsize user_data_size;
    const SpocPlaces *places;
    SpocLog *log;
    const SpocCopierLimits *limits;
} SpocCopierTask;

/**
 * spoc_copier_run:
 *
 * Returns: whether all that was read is on disk
 */
gboolean spoc_copier_run(const SpocCopierTask *task);

/* --- the backlog: bytes that are not written yet
 * ------------------------------------------------------ */

/* Filled by the reading thread, emptied by the writing one. Holds what came first when its bound is
 * reached. Here for its test. */
typedef struct _SpocBacklog SpocBacklog;

typedef struct {
    guint8 *bytes;
    gsize size;
    gsize allocated;
    gboolean after_pause; /* the stream had been silent before these */
} SpocChunk;

void spoc_chunk_free(SpocChunk *chunk);

SpocBacklog *spoc_backlog_new(guint64 max_bytes, gsize chunk_max_bytes);
void spoc_backlog_free(SpocBacklog *backlog);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SpocBacklog, spoc_backlog_free)

/* Reading thread: FALSE when there was no room, and the bytes are counted as dropped. */
gboolean spoc_backlog_put(SpocBacklog *backlog, const void *bytes, gsize size,
                          gboolean after_pause);
/* Reading thread: waits until less than @bytes are in memory, at most until @until_us. */
void spoc_backlog_relax(SpocBacklog *backlog, guint64 bytes, gint64 until_us);
/* Reading thread: nothing more comes. */
void spoc_backlog_end(SpocBacklog *backlog);

/* Writing thread: the oldest chunk, the caller's; waits for one until @until_us on the
 * monotonic clock (-1: for ever). NULL with @ret_ended: whether none will ever come. */
SpocChunk *spoc_backlog_take(SpocBacklog *backlog, gint64 until_us, gboolean *ret_ended);
/* Writing thread: a chunk that was taken is on disk, and its room is free. */
void spoc_backlog_done(SpocBacklog *backlog, gsize size);
/* Writing thread: waits until @until_us, or until the stream ends if it has not yet.
 * Returns whether it has ended. */
gboolean spoc_backlog_wait(SpocBacklog *backlog, gint64 until_us);

/* Bytes in memory, the chunk that was taken included, and bytes that were dropped */
guint64 spoc_backlog_size(SpocBacklog *backlog);
guint64 spoc_backlog_dropped(SpocBacklog *backlog);
