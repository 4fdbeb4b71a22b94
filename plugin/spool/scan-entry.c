/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/scan-entry.h"

#include "base/error.h"
#include "spool/file.h"
#include "spool/message.h"
#include "spool/scans.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PIECE_BYTES ((gsize)8 * 1024 * 1024) /* between looks at the order to stop */
#define BUFFER_BYTES ((gsize)64 * 1024)
#define FULL_WAIT_MS 2000
#define FULL_PATIENCE_MS (15 * 60 * 1000)

typedef struct {
    const SpocScanCopy *copy;
    int output_fd;
    gboolean in_kernel; /* copy_file_range is worth a try */
    guint8 *buffer;
    gsize held;   /* bytes in the buffer that are not written yet */
    gsize offset; /* of the first of them */
    guint64 size_bytes;
    guint waited_ms;
} State;

static gboolean
must_stop(const State *state, int input_fd, int timeout_ms)
{
    struct pollfd watched[2] = {{.fd = state->copy->stop_fd, .events = POLLIN},
                                {.fd = input_fd, .events = POLLIN}};
    return poll(watched, 2, timeout_ms) > 0 && watched[0].revents != 0;
}

static gboolean
is_full(int reason)
{
    return reason == ENOSPC || reason == EDQUOT;
}

/* How much of @wanted may still be read: one byte beyond the limit tells that it is too large. */
static gsize
room_below_limit(const State *state, gsize wanted)
{
    guint64 limit = state->copy->max_bytes;
    if (limit == 0)
        return wanted;
    guint64 left = limit > state->size_bytes ? limit - state->size_bytes : 0;
    return left < wanted ? (gsize)left + 1 : wanted;
}

/* One piece: 1: more to come, 0: the end, -1: errno says why not */
static int
copy_in_kernel(State *state)
{
    ssize_t count = copy_file_range(state->copy->input_fd, NULL, state->output_fd, NULL,
                                    room_below_limit(state, PIECE_BYTES), 0);
    if (count >= 0)
        state->size_bytes += (guint64)count;
    /* Some file systems say 0 for what they cannot do. */
    if (count == 0 && state->size_bytes == 0)
        state->in_kernel = FALSE;
    if (count > 0 || (count == 0 && !state->in_kernel))
        return 1;
    if (count == 0)
        return 0;
    if (errno == EINTR)
        return 1;
    if (is_full(errno))
        return -1;
    state->in_kernel = FALSE; /* not a file, or not the same file system */
    return 1;
}

static int
copy_by_buffer(State *state)
{
    if (state->held == 0) {
        ssize_t count =
            read(state->copy->input_fd, state->buffer, room_below_limit(state, BUFFER_BYTES));
        if (count < 0)
            return errno == EINTR || errno == EAGAIN ? 1 : -1;
        if (count == 0)
            return 0;
        state->held = (gsize)count;
        state->offset = 0;
    }
    ssize_t count = write(state->output_fd, state->buffer + state->offset, state->held);
    if (count < 0)
        return errno == EINTR ? 1 : -1;
    state->held -= (gsize)count;
    state->offset += (gsize)count;
    state->size_bytes += (guint64)count;
    return 1;
}

/* FALSE when it has been full for too long. */
static gboolean
wait_for_room(State *state)
{
    if (state->waited_ms >= FULL_PATIENCE_MS)
        return FALSE;
    if (state->waited_ms == 0)
        spoc_log(state->copy->log, SPOC_LOG_WARNING,
                 "the disk of %s is full; waiting until there is room for the document",
                 spoc_spool_path(state->copy->spool));
    state->waited_ms += FULL_WAIT_MS;
    return TRUE;
}

static gboolean
is_too_large(const State *state, guint64 size_bytes, GError **error)
{
    guint64 limit = state->copy->max_bytes;
    if (limit == 0 || size_bytes <= limit)
        return FALSE;
    g_set_error(error, SPOC_ERROR, SPOC_ERROR_LIMIT,
                "the document has %s%" G_GUINT64_FORMAT
                " bytes, and scanMaxSize is %" G_GUINT64_FORMAT,
                size_bytes == limit + 1 ? "more than " : "",
                size_bytes == limit + 1 ? limit : size_bytes, limit);
    return TRUE;
}

/* A file says its size before it is copied. */
static guint64
announced_bytes(const State *state)
{
    struct stat info;
    if (fstat(state->copy->input_fd, &info) != 0 || !S_ISREG(info.st_mode))
        return 0;
    off_t at = lseek(state->copy->input_fd, 0, SEEK_CUR);
    return at >= 0 && info.st_size > at ? (guint64)(info.st_size - at) : 0;
}

static SpocScanCopyResult
copy_all(State *state, GError **error)
{
    for (;;) {
        if (is_too_large(state, state->size_bytes, error))
            return SPOC_SCAN_COPY_TOO_LARGE;
        /* Where stdin is a pipe the filters may take their time. */
        if (must_stop(state, state->held == 0 ? state->copy->input_fd : -1,
                      state->in_kernel || state->held > 0 ? 0 : -1))
            return SPOC_SCAN_COPY_STOPPED;
        int more = state->in_kernel ? copy_in_kernel(state) : copy_by_buffer(state);
        if (more == 0)
            return SPOC_SCAN_COPY_DONE;
        if (more > 0)
            continue;
        int reason = errno;
        if (!is_full(reason) || !wait_for_room(state)) {
            spoc_error_set_errno(error, reason, "cannot copy the document to '%s/scans'",
                                 spoc_spool_path(state->copy->spool));
            return SPOC_SCAN_COPY_FAILED;
        }
        if (must_stop(state, -1, FULL_WAIT_MS))
            return SPOC_SCAN_COPY_STOPPED;
    }
}

SpocScanCopyResult
spoc_scan_copy_run(const SpocScanCopy *copy, guint64 *ret_size_bytes, GError **error)
{
    State state = {.copy = copy, .in_kernel = TRUE};
    if (is_too_large(&state, announced_bytes(&state), error))
        return SPOC_SCAN_COPY_TOO_LARGE;
    state.output_fd = spoc_scan_begin(copy->spool, copy->name, copy->metadata, error);
    if (state.output_fd < 0)
        return SPOC_SCAN_COPY_FAILED;
    state.buffer = g_malloc(BUFFER_BYTES);
    SpocScanCopyResult result = copy_all(&state, error);
    g_free(state.buffer);
    if (close(state.output_fd) != 0 && result == SPOC_SCAN_COPY_DONE) {
        spoc_error_set_errno(error, errno, "cannot copy the document");
        result = SPOC_SCAN_COPY_FAILED;
    }
    *ret_size_bytes = state.size_bytes;
    return result;
}

/* --- names ------------------------------------------------------------------------------- */

#define NEW_PREFIX "scan-new-"
#define RUNS_MAX 10000

/* (nullable): what the names of the job begin with. Names of versions before had the job's UUID
 * there, which no job number is. */
static char *
base_of(const SpocScanMetadata *metadata)
{
    if (metadata->job_id <= 0 || metadata->accepted_unix_s <= 0)
        return NULL;
    return g_strdup_printf("scan-%" G_GINT64_FORMAT "-%" G_GINT64_FORMAT, metadata->job_id,
                           metadata->accepted_unix_s);
}

static char *
new_name(void)
{
    g_autofree char *uuid = g_uuid_string_random();
    return g_strconcat(NEW_PREFIX, uuid, NULL);
}

gboolean
spoc_scan_name_recurs(const char *name)
{
    return !g_str_has_prefix(name, NEW_PREFIX);
}

/* (nullable): whose the entry of this name is, or was; NULL when there is none, or nothing
 * tells */
static char *
owner_of(SpocSpool *spool, const char *name)
{
    g_auto(SpocScanRecord) record = {0};
    if (spoc_scan_find_record(spool, name, &record, NULL) && record.owner != NULL)
        return g_steal_pointer(&record.owner);
    g_autoptr(SpocScanMetadata) metadata = spoc_scan_load(spool, name, NULL);
    return metadata != NULL ? g_strdup(metadata->user) : NULL;
}

/* Whether @name is done; a damaged record counts as one, for better late than twice. */
static gboolean
find_done(SpocSpool *spool, const char *name, SpocScanRecord *ret_record)
{
    g_autoptr(GError) error = NULL;
    SpocState state;
    if (spoc_scan_find_record(spool, name, ret_record, &error))
        return TRUE;
    /* A crash between keeping the message and writing the record. */
    if (!spoc_message_find(spool, name, &state, NULL) &&
        g_error_matches(error, SPOC_ERROR, SPOC_ERROR_NOT_FOUND))
        return FALSE;
    *ret_record = (SpocScanRecord){.end = SPOC_SCAN_QUEUED,
                                   .owner = owner_of(spool, name),
                                   .server = g_strdup(""),
                                   .text = g_strdup("it was handed over before")};
    return TRUE;
}

char *
spoc_scan_choose_name(SpocSpool *spool, const SpocScanMetadata *metadata, guint document,
                      gboolean *ret_is_done, SpocScanRecord *ret_record, GError **error)
{
    *ret_is_done = FALSE;
    g_autofree char *base = base_of(metadata);
    if (base == NULL)
        return new_name();
    for (guint run = 1; run <= RUNS_MAX; run++) {
        g_autofree char *name = g_strdup_printf("%s-%u-%u", base, document, run);
        g_auto(SpocScanRecord) record = {0};
        g_autofree char *owner = owner_of(spool, name);
        if (owner != NULL && strcmp(owner, metadata->user) != 0)
            continue;
        if (!find_done(spool, name, &record))
            return g_steal_pointer(&name);
        if (*metadata->server != '\0' && strcmp(record.server, metadata->server) == 0)
            continue;
        *ret_is_done = TRUE;
        *ret_record = record;
        record = (SpocScanRecord){0};
        return g_steal_pointer(&name);
    }
    g_set_error(error, SPOC_ERROR, SPOC_ERROR_LIMIT, "this document was run %d times", RUNS_MAX);
    return NULL;
}

gboolean
spoc_scan_update_record(SpocSpool *spool, const char *name, const SpocScanRecord *record,
                        const char *server, GError **error)
{
    const SpocScanRecord updated = {
        .end = record->end, .owner = record->owner, .server = (char *)server, .text = record->text};
    return spoc_scan_write_record(spool, name, &updated, error);
}

gboolean
spoc_scan_expect_rerun(SpocSpool *spool, const SpocScanMetadata *metadata, GError **error)
{
    g_autofree char *base = base_of(metadata);
    if (base == NULL)
        return TRUE;
    g_autofree char *prefix = g_strconcat(base, "-", NULL);
    g_autoptr(GPtrArray) files = spoc_file_list(spoc_scan_folder(spool), error);
    if (files == NULL)
        return FALSE;
    for (guint i = 0; i < files->len; i++) {
        char *file = files->pdata[i];
        g_auto(SpocScanRecord) record = {0};
        if (!g_str_has_prefix(file, prefix) || !g_str_has_suffix(file, SPOC_SCAN_RECORD))
            continue;
        file[strlen(file) - strlen(SPOC_SCAN_RECORD)] = '\0';
        if (!spoc_scan_find_record(spool, file, &record, NULL))
            continue;
        if (g_strcmp0(record.owner, metadata->user) == 0 &&
            strcmp(record.server, metadata->server) == 0 &&
            !spoc_scan_update_record(spool, file, &record, "", error))
            return FALSE;
    }
    return TRUE;
}
