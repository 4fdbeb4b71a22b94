/* SPDX-License-Identifier: Apache-2.0 */
#include "notifier/backlog.h"

#include <string.h>

#define CHUNK_FIRST_BYTES 4096

struct _SpocBacklog {
    GMutex mutex;
    GCond changed; /* for the writing thread */
    GCond relaxed; /* for the reading thread */
    GQueue chunks; /* (element-type SpocChunk), oldest first */
    gsize chunk_max_bytes;
    guint64 max_bytes;
    guint64 size; /* with what was taken and is not done */
    guint64 dropped;
    gboolean ended;
};

void
spoc_chunk_free(SpocChunk *chunk)
{
    if (chunk == NULL)
        return;
    g_free(chunk->bytes);
    g_free(chunk);
}

SpocBacklog *
spoc_backlog_new(guint64 max_bytes, gsize chunk_max_bytes)
{
    SpocBacklog *backlog = g_new0(SpocBacklog, 1);
    g_mutex_init(&backlog->mutex);
    g_cond_init(&backlog->changed);
    g_cond_init(&backlog->relaxed);
    g_queue_init(&backlog->chunks);
    backlog->max_bytes = max_bytes;
    backlog->chunk_max_bytes = chunk_max_bytes;
    return backlog;
}

void
spoc_backlog_free(SpocBacklog *backlog)
{
    if (backlog == NULL)
        return;
    for (SpocChunk *chunk; (chunk = g_queue_pop_head(&backlog->chunks)) != NULL;)
        spoc_chunk_free(chunk);
    g_cond_clear(&backlog->changed);
    g_cond_clear(&backlog->relaxed);
    g_mutex_clear(&backlog->mutex);
    g_free(backlog);
}

/* Appends to the chunk as much as it can take. Doubling: what it holds is moved seldom,
 * and memory that was never written to costs nothing. */
static gsize
fill_chunk(SpocChunk *chunk, const guint8 *bytes, gsize size, gsize max_bytes)
{
    gsize take = MIN(size, max_bytes - chunk->size);
    if (chunk->size + take > chunk->allocated) {
        gsize wanted = MAX(chunk->allocated * 2, MAX(chunk->size + take, CHUNK_FIRST_BYTES));
        chunk->allocated = MIN(wanted, max_bytes);
        chunk->bytes = g_realloc(chunk->bytes, chunk->allocated);
    }
    memcpy(chunk->bytes + chunk->size, bytes, take);
    chunk->size += take;
    return take;
}

gboolean
spoc_backlog_put(SpocBacklog *backlog, const void *bytes, gsize size, gboolean after_pause)
{
    g_mutex_lock(&backlog->mutex);
    gboolean room = backlog->size + size <= backlog->max_bytes;
    if (!room) {
        backlog->dropped += size;
    } else {
        const guint8 *p = bytes;
        backlog->size += size;
        for (gsize left = size; left > 0;) {
            SpocChunk *last = g_queue_peek_tail(&backlog->chunks);
            if (last == NULL || after_pause || last->size == backlog->chunk_max_bytes) {
                last = g_new0(SpocChunk, 1);
                last->after_pause = after_pause;
                after_pause = FALSE;
                g_queue_push_tail(&backlog->chunks, last);
            }
            gsize taken = fill_chunk(last, p, left, backlog->chunk_max_bytes);
            p += taken;
            left -= taken;
        }
        g_cond_signal(&backlog->changed);
    }
    g_mutex_unlock(&backlog->mutex);
    return room;
}

void
spoc_backlog_relax(SpocBacklog *backlog, guint64 bytes, gint64 until_us)
{
    g_mutex_lock(&backlog->mutex);
    gboolean in_time = TRUE;
    while (in_time && backlog->size >= bytes)
        in_time = g_cond_wait_until(&backlog->relaxed, &backlog->mutex, until_us);
    g_mutex_unlock(&backlog->mutex);
}

void
spoc_backlog_end(SpocBacklog *backlog)
{
    g_mutex_lock(&backlog->mutex);
    backlog->ended = TRUE;
    g_cond_signal(&backlog->changed);
    g_mutex_unlock(&backlog->mutex);
}

SpocChunk *
spoc_backlog_take(SpocBacklog *backlog, gint64 until_us, gboolean *ret_ended)
{
    g_mutex_lock(&backlog->mutex);
    gboolean in_time = TRUE;
    while (in_time && !backlog->ended && g_queue_is_empty(&backlog->chunks)) {
        if (until_us < 0)
            g_cond_wait(&backlog->changed, &backlog->mutex);
        else
            in_time = g_cond_wait_until(&backlog->changed, &backlog->mutex, until_us);
    }
    SpocChunk *chunk = g_queue_pop_head(&backlog->chunks);
    *ret_ended = chunk == NULL && backlog->ended;
    g_mutex_unlock(&backlog->mutex);
    return chunk;
}

void
spoc_backlog_done(SpocBacklog *backlog, gsize size)
{
    g_mutex_lock(&backlog->mutex);
    backlog->size -= size;
    g_cond_signal(&backlog->relaxed);
    g_mutex_unlock(&backlog->mutex);
}

gboolean
spoc_backlog_wait(SpocBacklog *backlog, gint64 until_us)
{
    g_mutex_lock(&backlog->mutex);
    gboolean was_ended = backlog->ended, in_time = TRUE;
    while (in_time && backlog->ended == was_ended)
        in_time = g_cond_wait_until(&backlog->changed, &backlog->mutex, until_us);
    gboolean ended = backlog->ended;
    g_mutex_unlock(&backlog->mutex);
    return ended;
}

static guint64
get(SpocBacklog *backlog, const guint64 *number)
{
    g_mutex_lock(&backlog->mutex);
    guint64 value = *number;
    g_mutex_unlock(&backlog->mutex);
    return value;
}

guint64
spoc_backlog_size(SpocBacklog *backlog)
{
    return get(backlog, &backlog->size);
}

guint64
spoc_backlog_dropped(SpocBacklog *backlog)
{
    return get(backlog, &backlog->dropped);
}
