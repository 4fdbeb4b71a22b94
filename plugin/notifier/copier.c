/* SPDX-License-Identifier: Apache-2.0 */
#include "notifier/copier.h"

#include "base/error.h"
#include "base/privilege.h"
#include "control/socket.h"
#include "notifier/backlog.h"
#include "spool/journal-writer.h"
#include "spool/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#define READ_BYTES 65536 /* a whole pipe */
#define WAKE_WARNING_US (60 * G_USEC_PER_SEC)

const SpocCopierLimits spoc_copier_limits_default = {
    .backlog_max_bytes = SPOC_COPIER_BACKLOG_MAX_BYTES,
    .linger_ms = SPOC_COPIER_LINGER_MS,
    .retry_ms = SPOC_COPIER_RETRY_MS,
    .silence_ms = SPOC_COPIER_SILENCE_MS,
    .journal_max_bytes = SPOC_COPIER_JOURNAL_MAX_BYTES,
    .pause_ms = SPOC_COPIER_PAUSE_MS,
    .wake_ms = SPOC_COPIER_WAKE_MS,
};

/* What the writing thread has; nothing in it but the backlog is shared. */
typedef struct {
    const SpocCopierJob *job;
    SpocBacklog *backlog;
    SpocSpool *spool;          /* (nullable) */
    SpocJournalWriter *writer; /* (nullable) */
    guint64 journal_bytes;
    char *trouble; /* (nullable): what the administrator was told, until it is over */
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
    const SpocCopierJob *job = writer->job;
    if (writer->writer != NULL)
        return TRUE;
    if (writer->spool == NULL) {
        if (!may_open(job->places, error)) {
            spoc_spool_add_remedy(job->places, error);
            return FALSE;
        }
        writer->spool = spoc_spool_open(job->places, error);
        if (writer->spool == NULL)
            return FALSE;
    }
    writer->writer = spoc_journal_writer_new(writer->spool, job->recipient_uri, job->user_data,
                                             job->user_data_size, error);
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
write_chunk(Writer *writer, const SpocChunk *chunk, GError **error)
{
    if (chunk->after_pause && writer->journal_bytes >= writer->job->limits->journal_max_bytes &&
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
    spoc_log(writer->job->log, SPOC_LOG_ERROR,
             "events cannot be written and wait in memory: %s. Make room or mend '%s'; it is "
             "tried again until that works.",
             reason->message, writer->job->places->spool_dir);
    g_free(writer->trouble);
    writer->trouble = g_strdup(reason->message);
}

static void
report_normal(Writer *writer)
{
    if (writer->trouble == NULL)
        return;
    guint64 dropped = spoc_backlog_dropped(writer->backlog);
    spoc_log(writer->job->log, SPOC_LOG_INFO, "events are written again to '%s'",
             writer->job->places->spool_dir);
    if (dropped > 0)
        spoc_log(writer->job->log, SPOC_LOG_ERROR,
                 "%" G_GUINT64_FORMAT
                 " bytes of events were lost, because more than %" G_GUINT64_FORMAT " bytes waited",
                 dropped, writer->job->limits->backlog_max_bytes);
    g_clear_pointer(&writer->trouble, g_free);
}

static void
wake(Writer *writer)
{
    g_autoptr(GError) error = NULL;
    writer->wake_wanted = FALSE;
    writer->last_wake_us = g_get_monotonic_time();
    if (writer->spool == NULL || spoc_control_wake(writer->spool, writer->job->places, &error))
        return;
    if (writer->last_wake_warning_us != 0 &&
        writer->last_wake_us - writer->last_wake_warning_us < WAKE_WARNING_US)
        return;
    writer->last_wake_warning_us = writer->last_wake_us;
    spoc_log(writer->job->log, SPOC_LOG_WARNING,
             "events are safe in the spool, but spocd cannot be woken: %s", error->message);
}

static gint64
wake_due_us(const Writer *writer)
{
    return writer->last_wake_us + writer->job->limits->wake_ms * 1000;
}

/* Does one step until it succeeds; FALSE when time is up after the stream's end. */
typedef gboolean (*Step)(Writer *writer, const SpocChunk *chunk, GError **error);

static gboolean
persist(Writer *writer, Step step, const SpocChunk *chunk)
{
    const SpocCopierLimits *limits = writer->job->limits;
    gint64 give_up_us = -1;
    for (;;) {
        g_autoptr(GError) error = NULL;
        if (step(writer, chunk, &error)) {
            report_normal(writer);
            return TRUE;
        }
        report_trouble(writer, error);
        gint64 now_us = g_get_monotonic_time();
        gboolean ended = spoc_backlog_wait(writer->backlog, now_us + limits->retry_ms * 1000);
        if (ended && give_up_us < 0)
            give_up_us = now_us + limits->linger_ms * 1000;
        if (ended && g_get_monotonic_time() >= give_up_us)
            return FALSE;
    }
}

static gboolean
finish_step(Writer *writer, const SpocChunk *chunk, GError **error)
{
    return finish_journal(writer, error);
}

/* TRUE when all is written and the stream has ended. */
static gboolean
write_stream(Writer *writer)
{
    for (;;) {
        gboolean ended = FALSE;
        SpocChunk *chunk = spoc_backlog_take(
            writer->backlog, writer->wake_wanted ? wake_due_us(writer) : -1, &ended);
        if (chunk != NULL) {
            gboolean written = persist(writer, write_chunk, chunk);
            if (written)
                spoc_backlog_done(writer->backlog, chunk->size);
            spoc_chunk_free(chunk);
            if (!written)
                return FALSE;
            writer->wake_wanted = TRUE;
        }
        if (ended)
            return persist(writer, finish_step, NULL);
        if (writer->wake_wanted && g_get_monotonic_time() >= wake_due_us(writer))
            wake(writer);
    }
}

static gpointer
writer_thread(gpointer data)
{
    Writer *writer = data;
    writer->complete = write_stream(writer);
    if (!writer->complete)
        spoc_log(writer->job->log, SPOC_LOG_ERROR,
                 "gave up: %" G_GUINT64_FORMAT " bytes of events for '%s' are lost: %s",
                 spoc_backlog_size(writer->backlog), writer->job->recipient_uri, writer->trouble);
    wake(writer);
    return NULL;
}

/* What the reading thread knows of time */
typedef struct {
    gboolean stopping;
    gint64 last_read_us;
} Reader;

/* Waits for input. FALSE: the stream counts as ended. */
static gboolean
wait_for_input(const SpocCopierJob *job, Reader *reader)
{
    for (;;) {
        struct pollfd fds[] = {
            {.fd = job->input_fd, .events = POLLIN},
            {.fd = reader->stopping ? -1 : job->stop_fd, .events = POLLIN},
        };
        int timeout_ms = -1;
        if (reader->stopping) {
            gint64 silent_ms = (g_get_monotonic_time() - reader->last_read_us) / 1000;
            timeout_ms = (int)MAX(job->limits->silence_ms - silent_ms, 0);
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
keep(const SpocCopierJob *job, SpocBacklog *backlog, Reader *reader, const void *bytes, gsize size)
{
    gint64 now_us = g_get_monotonic_time();
    gboolean after_pause = now_us - reader->last_read_us >= job->limits->pause_ms * 1000;
    gboolean first_loss = spoc_backlog_dropped(backlog) == 0;
    reader->last_read_us = now_us;
    if (!spoc_backlog_put(backlog, bytes, size, after_pause) && first_loss)
        spoc_log(job->log, SPOC_LOG_ERROR,
                 "%" G_GUINT64_FORMAT " bytes of events wait in memory, which is all that may: "
                 "later events are lost until '%s' can be written to",
                 job->limits->backlog_max_bytes, job->places->spool_dir);
}

static void
read_stream(const SpocCopierJob *job, SpocBacklog *backlog)
{
    static const char reading[] = "cannot read the events from stdin";
    g_autofree guint8 *buffer = g_malloc(READ_BYTES);
    Reader reader = {.last_read_us = g_get_monotonic_time()};
    (void)fcntl(job->input_fd, F_SETPIPE_SZ,
                SPOC_COPIER_PIPE_BYTES); /* fails for what is no pipe */
    while (wait_for_input(job, &reader)) {
        ssize_t count = read(job->input_fd, buffer, READ_BYTES);
        if (count == 0)
            return;
        if (count > 0) {
            keep(job, backlog, &reader, buffer, (gsize)count);
            spoc_backlog_relax(backlog, SPOC_COPIER_RELAX_BYTES,
                               g_get_monotonic_time() + SPOC_COPIER_RELAX_US);
        } else if (errno != EINTR && errno != EAGAIN) {
            spoc_log(job->log, SPOC_LOG_ERROR, "%s: %s", reading, g_strerror(errno));
            return;
        }
    }
}

gboolean
spoc_copier_run(const SpocCopierJob *job)
{
    g_autoptr(SpocBacklog) backlog =
        spoc_backlog_new(job->limits->backlog_max_bytes, SPOC_JOURNAL_COMMIT_MAX_BYTES);
    Writer writer = {.job = job, .backlog = backlog};
    /* Without a name: it would become the thread's, and a journal's head tells the
     * process's own. */
    GThread *thread = g_thread_new(NULL, writer_thread, &writer);
    read_stream(job, backlog);
    spoc_backlog_end(backlog);
    g_thread_join(thread);
    close_journal(&writer);
    g_free(writer.trouble);
    return writer.complete && spoc_backlog_dropped(backlog) == 0;
}
