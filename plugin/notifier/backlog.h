/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   What was read and is not yet on disk: filled by the reading thread, emptied by
 *           the writing one. Holds what came first when its bound is reached.
 */
#pragma once

#include <glib.h>

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
