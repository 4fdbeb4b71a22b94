/* SPDX-License-Identifier: Apache-2.0 */
#include "notifier/copier.h"

#include "base/error.h"
#include "base/privilege.h"
#include "control/client.h"
#include "spool/journal-writer.h"
#include "spool/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#define READ_BYTES 65536 /* a whole pipe */
#define WAKE_WARNING_US (60 * G_USEC_PER_SEC)

/* Above so much in memory the reading thread lets the writing one catch up, for at most so
 * long each time: the pipe holds what comes meanwhile */
#define RELAX_BYTES (128 * 1024)
#define RELAX_US 2500
/* The pipe is made larger where it can be: so many more events fit before cupsd drops one */
#define PIPE_BYTES (256 * 1024)

const SpocCopierLimits spoc_copier_limits_default = {
    .backlog_max_bytes = 64 * 1024 * 1024, /* about 120,000 events */
    .linger_ms = 24 * 60 * 60 * 1000, /* cupsd does not wait for us; an administrator has a day */
    .retry_ms = 1000,
    .silence_ms = 250,
    .journal_max_bytes = 8 * 1024 * 1024,
    .pause_ms = 1000,
    .wake_ms = 250,
};

/* --- the backlog ---------------------------------------------------------------------------- */

#define CHUNK_FIRST_BYTES 4096

typedef struct {
    guint8 *bytes;
    gsize size;
    gsize allocated;
    gboolean after_pause; /* the stream had been silent before these */
} Chunk;

/* Filled by the reading thread, emptied by the writing one. Holds what came first when its bound is
 * reached. */
typedef struct {
    GMutex mutex;
    GCond changed; /* for the writing thread */
    GCond relaxed; /* for the reading thread */
    GQueue chunks; /* (element-type Chunk), oldest first */
    gsize chunk_max_bytes;
    guint64 max_bytes;
    guint64 size; /* with what was taken and is not done */
    guint64 dropped;
    gboolean ended;
} Backlog;

static void
chunk_free(Chunk *chunk)
{
    if (chunk == NULL)
        return;
    g_free(chunk->bytes);
    g_free(chunk);
}

static Backlog *
backlog_new(guint64 max_bytes, gsize chunk_max_bytes)
{
    Backlog *backlog = g_new0(Backlog, 1);
    g_mutex_init(&backlog->mutex);
    g_cond_init(&backlog->changed);
    g_cond_init(&backlog->relaxed);
    g_queue_init(&backlog->chunks);
    backlog->max_bytes = max_bytes;
    backlog->chunk_max_bytes = chunk_max_bytes;
    return backlog;
}

static void
backlog_free(Backlog *backlog)
{
    if (backlog == NULL)
        return;
    for (Chunk *chunk; (chunk = g_queue_pop_head(&backlog->chunks)) != NULL;)
        chunk_free(chunk);
    g_cond_clear(&backlog->changed);
    g_cond_clear(&backlog->relaxed);
    g_mutex_clear(&backlog->mutex);
    g_free(backlog);
}

/* Appends to the chunk as much as it can take. Doubling: what it holds is moved seldom,
 * and memory that was never written to costs nothing. */
static gsize
fill_chunk(Chunk *chunk, const guint8 *bytes, gsize size, gsize max_bytes)
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

/* Reading thread: FALSE when there was no room, and the bytes are counted as dropped. */
static gboolean
backlog_put(Backlog *backlog, const void *bytes, gsize size, gboolean after_pause)
{
    g_mutex_lock(&backlog->mutex);
    gboolean room = backlog->size + size <= backlog->max_bytes;
    if (!room) {
        backlog->dropped += size;
    } else {
        const guint8 *p = bytes;
        backlog->size += size;
        for (gsize left = size; left > 0;) {
            Chunk *last = g_queue_peek_tail(&backlog->chunks);
            if (last == NULL || after_pause || last->size == backlog->chunk_max_bytes) {
                last = g_new0(Chunk, 1);
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

/* Reading thread: waits until less than @bytes are in memory, at most until @until_us. */
static void
backlog_relax(Backlog *backlog, guint64 bytes, gint64 until_us)
{
    g_mutex_lock(&backlog->mutex);
    gboolean in_time = TRUE;
    while (in_time && backlog->size >= bytes)
        in_time = g_cond_wait_until(&backlog->relaxed, &backlog->mutex, until_us);
    g_mutex_unlock(&backlog->mutex);
}

/* Reading thread: nothing more comes. */
static void
backlog_end(Backlog *backlog)
{
    g_mutex_lock(&backlog->mutex);
    backlog->ended = TRUE;
    g_cond_signal(&backlog->changed);
    g_mutex_unlock(&backlog->mutex);
}

/* Writing thread: the oldest chunk, the caller's; waits for one until @until_us on the
 * monotonic clock (-1: for ever). NULL with @ret_ended: whether none will ever come. */
static Chunk *
backlog_take(Backlog *backlog, gint64 until_us, gboolean *ret_ended)
{
    g_mutex_lock(&backlog->mutex);
    gboolean in_time = TRUE;
    while (in_time && !backlog->ended && g_queue_is_empty(&backlog->chunks)) {
        if (until_us < 0)
            g_cond_wait(&backlog->changed, &backlog->mutex);
        else
            in_time = g_cond_wait_until(&backlog->changed, &backlog->mutex, until_us);
    }
    Chunk *chunk = g_queue_pop_head(&backlog->chunks);
    *ret_ended = chunk == NULL && backlog->ended;
    g_mutex_unlock(&backlog->mutex);
    return chunk;
}

/* Writing thread: a chunk that was taken is on disk, and its room is free. */
static void
backlog_done(Backlog *backlog, gsize size)
{
    g_mutex_lock(&backlog->mutex);
    backlog->size -= size;
    g_cond_signal(&backlog->relaxed);
    g_mutex_unlock(&backlog->mutex);
}

/* Writing thread: waits until @until_us, or until the stream ends if it has not yet.
 * Returns whether it has ended. */
static gboolean
backlog_wait(Backlog *backlog, gint64 until_us)
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
get_number(Backlog *backlog, const guint64 *number)
{
    g_mutex_lock(&backlog->mutex);
    guint64 value = *number;
    g_mutex_unlock(&backlog->mutex);
    return value;
}

/* Bytes in memory, the chunk that was taken included */
static guint64
backlog_size(Backlog *backlog)
{
    return get_number(backlog, &backlog->size);
}

static guint64
backlog_dropped(Backlog *backlog)
{
    return get_number(backlog, &backlog->dropped);
}

/* --- the writing thread --------------------------------------------------------------------- */

/* What it has; nothing in it but the backlog is shared. */
typedef struct {
    const SpocCopierTask *task;
    Backlog *backlog;
    SpocSpool *spool;          /* (nullable) */
    SpocJournalWriter *writer; /* (nullable) */
    guint64 journal_bytes;
    char *trouble; /* (nullable): what was logged, until it is over */
    gboolean wake_wanted;
    gint64 last_wake_us;
    gint64 last_wake_warning_us;
    gboolean complete;
} Writer;

/* Root waits for the spool: until it is there, nobody knows whom to become for good. */
static gboolean
may_open(const SpocPlaces *places, GError **error)
{
    if (geteuid() == 0 && access(places->spool_dir, F_OK) != 0) {
        spoc_error_set_errno(error, errno, "cannot look at the spool '%s'", places->spool_dir);
        return FALSE;
    }
    return spoc_privilege_drop(places, error);
}

/* Everything anew: it was never made, or somebody removed it. */
static gboolean
open_journal(Writer *writer, GError **error)
{
    const SpocCopierTask *task = writer->task;
    if (writer->writer != NULL)
        return TRUE;
    if (writer->spool == NULL) {
        if (!may_open(task->places, error)) {
            spoc_spool_add_remedy(task->places, error);
            return FALSE;
        }
        writer->spool = spoc_spool_open(task->places, error);
        if (writer->spool == NULL)
            return FALSE;
    }
    writer->writer = spoc_journal_writer_new(writer->spool, task->recipient_uri, task->user_data,
                                             task->user_data_size, error);
    writer->journal_bytes = 0;
    if (writer->writer == NULL)
        g_clear_pointer(&writer->spool, spoc_spool_free); /* it may be another one next time */
    return writer->writer != NULL;
}

static void
close_journal(Writer *writer)
{
    g_clear_pointer(&writer->writer, spoc_journal_writer_free);
    g_clear_pointer(&writer->spool, spoc_spool_free);
}

static gboolean
finish_journal(Writer *writer, GError **error)
{
    g_autoptr(GError) reason = NULL;
    if (writer->writer == NULL)
        return TRUE;
    if (!spoc_journal_writer_finish(writer->writer, &reason) &&
        !g_error_matches(reason, SPOC_ERROR, SPOC_ERROR_NOT_FOUND)) {
        g_propagate_error(error, g_steal_pointer(&reason));
        return FALSE;
    }
    /* Not found: whoever removed the journal needs no end mark. */
    g_clear_pointer(&writer->writer, spoc_journal_writer_free);
    return TRUE;
}

static gboolean
write_chunk(Writer *writer, const Chunk *chunk, GError **error)
{
    if (chunk->after_pause && writer->journal_bytes >= writer->task->limits->journal_max_bytes &&
        !finish_journal(writer, error))
        return FALSE;
    g_autoptr(GError) reason = NULL;
    if (!open_journal(writer, error))
        return FALSE;
    if (!spoc_journal_writer_commit(writer->writer, chunk->bytes, chunk->size, &reason)) {
        if (g_error_matches(reason, SPOC_ERROR, SPOC_ERROR_NOT_FOUND))
            close_journal(writer);
        g_propagate_error(error, g_steal_pointer(&reason));
        return FALSE;
    }
    writer->journal_bytes += chunk->size;
    return TRUE;
}

static void
report_trouble(Writer *writer, const GError *reason)
{
    if (g_strcmp0(writer->trouble, reason->message) == 0)
        return;
    spoc_log(writer->task->log, SPOC_LOG_ERROR,
             "events cannot be written and wait in memory: %s. Make room in '%s' or mend its "
             "permissions; writing is tried again until it works.",
             reason->message, writer->task->places->spool_dir);
    g_free(writer->trouble);
    writer->trouble = g_strdup(reason->message);
}

static void
report_normal(Writer *writer)
{
    if (writer->trouble == NULL)
        return;
    guint64 dropped = backlog_dropped(writer->backlog);
    spoc_log(writer->task->log, SPOC_LOG_INFO, "events are written again to '%s'",
             writer->task->places->spool_dir);
    if (dropped > 0)
        spoc_log(writer->task->log, SPOC_LOG_ERROR,
                 "%" G_GUINT64_FORMAT
                 " bytes of events were lost, because more than %" G_GUINT64_FORMAT " bytes waited",
                 dropped, writer->task->limits->backlog_max_bytes);
    g_clear_pointer(&writer->trouble, g_free);
}

static void
wake_spocd(Writer *writer)
{
    g_autoptr(GError) error = NULL;
    writer->wake_wanted = FALSE;
    writer->last_wake_us = g_get_monotonic_time();
    if (writer->spool == NULL || spoc_control_wake(writer->spool, writer->task->places, &error))
        return;
    if (writer->last_wake_warning_us != 0 &&
        writer->last_wake_us - writer->last_wake_warning_us < WAKE_WARNING_US)
        return;
    writer->last_wake_warning_us = writer->last_wake_us;
    spoc_log(writer->task->log, SPOC_LOG_WARNING,
             "events are safe in the spool, but spocd cannot be woken: %s", error->message);
}

static gint64
wake_due_us(const Writer *writer)
{
    return writer->last_wake_us + writer->task->limits->wake_ms * 1000;
}

/* Does one step until it succeeds; FALSE when time is up after the stream's end. */
typedef gboolean (*Step)(Writer *writer, const Chunk *chunk, GError **error);

static gboolean
write_until_done(Writer *writer, Step step, const Chunk *chunk)
{
    const SpocCopierLimits *limits = writer->task->limits;
    gint64 give_up_us = -1;
    for (;;) {
        g_autoptr(GError) error = NULL;
        if (step(writer, chunk, &error)) {
            report_normal(writer);
            return TRUE;
        }
        report_trouble(writer, error);
        gint64 now_us = g_get_monotonic_time();
        gboolean ended = backlog_wait(writer->backlog, now_us + limits->retry_ms * 1000);
        if (ended && give_up_us < 0)
            give_up_us = now_us + limits->linger_ms * 1000;
        if (ended && g_get_monotonic_time() >= give_up_us)
            return FALSE;
    }
}

static gboolean
finish_step(Writer *writer, const Chunk *chunk, GError **error)
{
    return finish_journal(writer, error);
}

/* TRUE when all is written and the stream has ended. */
static gboolean
write_stream(Writer *writer)
{
    for (;;) {
        gboolean ended = FALSE;
        Chunk *chunk =
            backlog_take(writer->backlog, writer->wake_wanted ? wake_due_us(writer) : -1, &ended);
        if (chunk != NULL) {
            gboolean written = write_until_done(writer, write_chunk, chunk);
            if (written)
                backlog_done(writer->backlog, chunk->size);
            chunk_free(chunk);
            if (!written)
                return FALSE;
            writer->wake_wanted = TRUE;
        }
        if (ended)
            return write_until_done(writer, finish_step, NULL);
        if (writer->wake_wanted && g_get_monotonic_time() >= wake_due_us(writer))
            wake_spocd(writer);
    }
}

static gpointer
writer_thread(gpointer data)
{
    Writer *writer = data;
    writer->complete = write_stream(writer);
    if (!writer->complete)
        spoc_log(writer->task->log, SPOC_LOG_ERROR,
                 "gave up: %" G_GUINT64_FORMAT " bytes of events for '%s' are lost: %s",
                 backlog_size(writer->backlog), writer->task->recipient_uri, writer->trouble);
    wake_spocd(writer);
    return NULL;
}

/* --- the reading thread --------------------------------------------------------------------- */

/* What the reading thread knows of time */
typedef struct {
    gboolean stopping;
    gint64 last_read_us;
} Reader;

/* Waits for input. FALSE: the stream counts as ended. */
static gboolean
wait_for_input(const SpocCopierTask *task, Reader *reader)
{
    for (;;) {
        struct pollfd fds[] = {
            {.fd = task->input_fd, .events = POLLIN},
            {.fd = reader->stopping ? -1 : task->stop_fd, .events = POLLIN},
        };
        int timeout_ms = -1;
        if (reader->stopping) {
            gint64 silent_ms = (g_get_monotonic_time() - reader->last_read_us) / 1000;
            timeout_ms = (int)MAX(task->limits->silence_ms - silent_ms, 0);
        }
        int ready = poll(fds, G_N_ELEMENTS(fds), timeout_ms);
        if (ready > 0 && fds[0].revents != 0)
            return TRUE;
        if (ready == 0 && reader->stopping)
            return FALSE;
        if (ready > 0 && fds[1].revents != 0) {
            reader->stopping = TRUE;
            reader->last_read_us = g_get_monotonic_time();
        }
    }
}

static void
keep_bytes(const SpocCopierTask *task, Backlog *backlog, Reader *reader, const void *bytes,
           gsize size)
{
    gint64 now_us = g_get_monotonic_time();
    gboolean after_pause = now_us - reader->last_read_us >= task->limits->pause_ms * 1000;
    gboolean first_loss = backlog_dropped(backlog) == 0;
    reader->last_read_us = now_us;
    if (!backlog_put(backlog, bytes, size, after_pause) && first_loss)
        spoc_log(task->log, SPOC_LOG_ERROR,
                 "%" G_GUINT64_FORMAT " bytes of events wait in memory, and no more fit: later "
                 "events are lost until '%s' can be written to",
                 task->limits->backlog_max_bytes, task->places->spool_dir);
}

static void
read_stream(const SpocCopierTask *task, Backlog *backlog)
{
    static const char reading[] = "cannot read the events from stdin";
    g_autofree guint8 *buffer = g_malloc(READ_BYTES);
    Reader reader = {.last_read_us = g_get_monotonic_time()};
    (void)fcntl(task->input_fd, F_SETPIPE_SZ, PIPE_BYTES); /* fails for what is no pipe */
    while (wait_for_input(task, &reader)) {
        ssize_t count = read(task->input_fd, buffer, READ_BYTES);
        if (count == 0)
            return;
        if (count > 0) {
            keep_bytes(task, backlog, &reader, buffer, (gsize)count);
            backlog_relax(backlog, RELAX_BYTES, g_get_monotonic_time() + RELAX_US);
        } else if (errno != EINTR && errno != EAGAIN) {
            spoc_log(task->log, SPOC_LOG_ERROR, "%s: %s", reading, g_strerror(errno));
            return;
        }
    }
}

gboolean
spoc_copier_run(const SpocCopierTask *task)
{
    Backlog *backlog = backlog_new(task->limits->backlog_max_bytes, SPOC_JOURNAL_COMMIT_MAX_BYTES);
    Writer writer = {.task = task, .backlog = backlog};
    /* Without a name: it would become the thread's, and a journal's head tells the
     * process's own. */
    GThread *thread = g_thread_new(NULL, writer_thread, &writer);
    read_stream(task, backlog);
    backlog_end(backlog);
    g_thread_join(thread);
    close_journal(&writer);
    g_free(writer.trouble);
    gboolean complete = writer.complete && backlog_dropped(backlog) == 0;
    backlog_free(backlog);
    return complete;
}
