/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The format of the queue, version 1.
 *
 *   data/ID             the body: the bytes of the mail, never changed
 *   STATE/ID            the envelope (envelope.c); STATE is new, waiting, sending, held or
 *                       failed; modification time: the next attempt, 0 for none
 *   .tmp-NAME           in any folder: unfinished; swept when older than an hour
 *
 * A message exists when its envelope does, so the body is made first and removed last.
 * Every change is whole: an envelope is replaced under its name, and moving is a rename.
 * The folders are flat: the file systems that print servers have (ext4, XFS, btrfs) find
 * a name among 100,000 as fast as among 100, and a start reads each folder once anyway.
 */
#include "spool/queue.h"

#include "base/durable.h"
#include "base/error.h"
#include "spool/envelope.h"
#include "spool/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define SWEEP_AFTER_S 3600

static const char *const state_names[SPOC_STATE_COUNT] = {"new", "waiting", "sending", "held",
                                                          "failed"};

const char *
spoc_message_state_name(SpocMessageState state)
{
    g_return_val_if_fail(state < SPOC_STATE_COUNT, "");
    return state_names[state];
}

static int
state_fd(SpocSpool *spool, SpocMessageState state)
{
    return spoc_spool_folder_fd(spool, spoc_message_state_name(state));
}

static gboolean
check_id(const char *id, GError **error)
{
    if (spoc_spool_name_is_valid(id))
        return TRUE;
    g_set_error(error, SPOC_ERROR, SPOC_ERROR_INVALID, "'%s' is no identifier of a message", id);
    return FALSE;
}

static gboolean
write_envelope(int folder, const SpocEnvelope *envelope, GError **error)
{
    g_autoptr(GString) text = spoc_envelope_format(envelope, error);
    if (text == NULL)
        return FALSE;
    if (text->len > SPOC_ENVELOPE_MAX_BYTES) {
        g_set_error(error, SPOC_ERROR, SPOC_ERROR_LIMIT, "the envelope is larger than %d bytes",
                    SPOC_ENVELOPE_MAX_BYTES);
        return FALSE;
    }
    const struct timespec due = {.tv_sec = envelope->next_attempt_unix_s};
    return spoc_file_place(folder, envelope->id, text->str, text->len, &due, error);
}

static gboolean
exists_in(SpocSpool *spool, const char *id, SpocMessageState *ret_state)
{
    /* Twice: a message may move to a folder that was looked into before it came. */
    for (guint i = 0; i < 2 * SPOC_STATE_COUNT; i++) {
        SpocMessageState state = (SpocMessageState)(i % SPOC_STATE_COUNT);
        if (spoc_file_exists(state_fd(spool, state), id)) {
            *ret_state = state;
            return TRUE;
        }
    }
    return FALSE;
}

gboolean
spoc_queue_add(SpocSpool *spool, const SpocEnvelope *envelope, GBytes *body, SpocMessageState state,
               GError **error)
{
    const SpocQueueItem item = {.envelope = envelope, .body = body};
    return spoc_queue_add_batch(spool, &item, 1, state, error);
}

static gboolean
add_bodies(SpocSpool *spool, const SpocQueueItem *items, gsize count, gboolean *is_new,
           GError **error)
{
    int data = spoc_spool_folder_fd(spool, "data");
    gboolean any = FALSE;
    for (gsize i = 0; i < count; i++) {
        const char *id = items[i].envelope->id;
        SpocMessageState state;
        if (!check_id(id, error))
            return FALSE;
        is_new[i] = !exists_in(spool, id, &state);
        if (!is_new[i])
            continue;
        gsize size;
        const void *bytes = g_bytes_get_data(items[i].body, &size);
        if (size > SPOC_QUEUE_BODY_MAX_BYTES) {
            g_set_error(error, SPOC_ERROR, SPOC_ERROR_LIMIT,
                        "the message '%s' is larger than %d bytes", id, SPOC_QUEUE_BODY_MAX_BYTES);
            return FALSE;
        }
        if (!spoc_file_place(data, id, bytes, size, NULL, error))
            return FALSE;
        any = TRUE;
    }
    return !any || spoc_durable_sync_directory(data, error);
}

gboolean
spoc_queue_add_batch(SpocSpool *spool, const SpocQueueItem *items, gsize count,
                     SpocMessageState state, GError **error)
{
    g_autofree gboolean *is_new = g_new0(gboolean, count);
    if (!add_bodies(spool, items, count, is_new, error)) {
        g_prefix_error(error, "cannot keep a message in '%s/data': ", spoc_spool_path(spool));
        return FALSE;
    }
    int folder = state_fd(spool, state);
    gboolean good = TRUE, any = FALSE;
    for (gsize i = 0; good && i < count; i++) {
        any = any || is_new[i];
        good = !is_new[i] || write_envelope(folder, items[i].envelope, error);
    }
    if (good && any)
        good = spoc_durable_sync_directory(folder, error);
    if (!good)
        g_prefix_error(error, "cannot keep a message in '%s/%s': ", spoc_spool_path(spool),
                       spoc_message_state_name(state));
    return good;
}

static void
entry_free(gpointer data)
{
    SpocQueueEntry *entry = data;
    g_free(entry->id);
    g_free(entry);
}

GPtrArray *
spoc_queue_list(SpocSpool *spool, SpocMessageState state, GError **error)
{
    int folder = state_fd(spool, state);
    g_autoptr(GPtrArray) names = spoc_file_list(folder, error);
    if (names == NULL) {
        g_prefix_error(error, "'%s/%s': ", spoc_spool_path(spool), spoc_message_state_name(state));
        return NULL;
    }
    GPtrArray *entries = g_ptr_array_new_with_free_func(entry_free);
    for (guint i = 0; i < names->len; i++) {
        struct stat info;
        char *id = names->pdata[i];
        if (!spoc_spool_name_is_valid(id) || fstatat(folder, id, &info, AT_SYMLINK_NOFOLLOW) != 0)
            continue;
        SpocQueueEntry *entry = g_new0(SpocQueueEntry, 1);
        entry->id = g_steal_pointer(&names->pdata[i]);
        entry->state = state;
        entry->next_attempt_unix_s = info.st_mtim.tv_sec;
        g_ptr_array_add(entries, entry);
    }
    return entries;
}

gboolean
spoc_queue_find(SpocSpool *spool, const char *id, SpocMessageState *ret_state, GError **error)
{
    if (!check_id(id, error))
        return FALSE;
    if (exists_in(spool, id, ret_state))
        return TRUE;
    g_set_error(error, SPOC_ERROR, SPOC_ERROR_NOT_FOUND, "there is no message '%s'", id);
    return FALSE;
}

SpocEnvelope *
spoc_queue_load(SpocSpool *spool, SpocMessageState state, const char *id, GError **error)
{
    if (!check_id(id, error))
        return NULL;
    struct stat info;
    g_autoptr(GError) reason = NULL;
    g_autoptr(SpocEnvelope) envelope = NULL;
    g_autoptr(GBytes) text =
        spoc_file_read(state_fd(spool, state), id, SPOC_ENVELOPE_MAX_BYTES, &info, &reason);
    if (text != NULL) {
        gsize size;
        const char *bytes = g_bytes_get_data(text, &size);
        envelope = spoc_envelope_parse(bytes, size, &reason);
    }
    if (envelope != NULL && strcmp(envelope->id, id) != 0)
        g_set_error(&reason, SPOC_ERROR, SPOC_ERROR_CORRUPT, "it belongs to the message '%s'",
                    envelope->id);
    if (reason != NULL) {
        if (g_error_matches(reason, SPOC_ERROR, SPOC_ERROR_LIMIT))
            reason->code = SPOC_ERROR_CORRUPT; /* the spool never makes one so large */
        g_propagate_prefixed_error(error, g_steal_pointer(&reason),
                                   "the envelope '%s/%s': ", spoc_message_state_name(state), id);
        return NULL;
    }
    envelope->next_attempt_unix_s = info.st_mtim.tv_sec;
    return g_steal_pointer(&envelope);
}

GBytes *
spoc_queue_load_body(SpocSpool *spool, const char *id, GError **error)
{
    if (!check_id(id, error))
        return NULL;
    GBytes *body = spoc_file_read(spoc_spool_folder_fd(spool, "data"), id,
                                  SPOC_QUEUE_BODY_MAX_BYTES, NULL, error);
    if (body == NULL)
        g_prefix_error(error, "the body 'data/%s': ", id);
    return body;
}

gboolean
spoc_queue_move(SpocSpool *spool, const char *id, SpocMessageState from, SpocMessageState to,
                GError **error)
{
    if (!check_id(id, error))
        return FALSE;
    if (from != to && renameat(state_fd(spool, from), id, state_fd(spool, to), id) != 0) {
        spoc_error_set_errno(error, errno, "cannot move the message '%s' from %s to %s", id,
                             spoc_message_state_name(from), spoc_message_state_name(to));
        return FALSE;
    }
    return TRUE;
}

/* The new content first takes the old one's place and then moves: so there is at no time
 * an older envelope in another folder that a crash could bring back. */
gboolean
spoc_queue_save(SpocSpool *spool, const SpocEnvelope *envelope, SpocMessageState from,
                SpocMessageState to, GError **error)
{
    int source = state_fd(spool, from), target = state_fd(spool, to);
    if (!check_id(envelope->id, error))
        return FALSE;
    gboolean good =
        write_envelope(source, envelope, error) && spoc_durable_sync_directory(source, error);
    if (good && from != to)
        good = spoc_queue_move(spool, envelope->id, from, to, error) &&
               spoc_durable_sync_directory(target, error);
    if (!good)
        g_prefix_error(error, "cannot save the message '%s' in '%s/%s': ", envelope->id,
                       spoc_spool_path(spool), spoc_message_state_name(to));
    return good;
}

gboolean
spoc_queue_delete(SpocSpool *spool, SpocMessageState state, const char *id, GError **error)
{
    int folder = state_fd(spool, state);
    return check_id(id, error) && spoc_file_remove(folder, id, error) &&
           spoc_durable_sync_directory(folder, error) &&
           spoc_file_remove(spoc_spool_folder_fd(spool, "data"), id, error);
}

static gboolean
is_old(int folder, const char *name, gint64 now_s)
{
    struct stat info;
    return fstatat(folder, name, &info, AT_SYMLINK_NOFOLLOW) == 0 &&
           info.st_ctim.tv_sec < now_s - SWEEP_AFTER_S;
}

/* Removes old temporary files and, in data/, old bodies that no envelope names. */
static gboolean
sweep(SpocSpool *spool, const char *folder_name, gint64 now_s, GError **error)
{
    int folder = spoc_spool_folder_fd(spool, folder_name);
    gboolean bodies = strcmp(folder_name, "data") == 0;
    g_autoptr(GPtrArray) names = spoc_file_list(folder, error);
    if (names == NULL)
        return FALSE;
    for (guint i = 0; i < names->len; i++) {
        const char *name = names->pdata[i];
        SpocMessageState state;
        gboolean leftover =
            g_str_has_prefix(name, SPOC_DURABLE_TEMPORARY_PREFIX) ||
            (bodies && spoc_spool_name_is_valid(name) && !exists_in(spool, name, &state));
        if (leftover && is_old(folder, name, now_s) && !spoc_file_remove(folder, name, error))
            return FALSE;
    }
    return TRUE;
}

/* After a crash on a file system whose renames are not whole: keeps what was written last. */
static gboolean
keep_latest(SpocSpool *spool, const char *id, SpocMessageState state, GError **error)
{
    struct stat own;
    if (fstatat(state_fd(spool, state), id, &own, AT_SYMLINK_NOFOLLOW) != 0)
        return TRUE;
    for (guint i = 0; i < SPOC_STATE_COUNT; i++) {
        SpocMessageState other = (SpocMessageState)i;
        struct stat info;
        if (other == state || fstatat(state_fd(spool, other), id, &info, AT_SYMLINK_NOFOLLOW) != 0)
            continue;
        gboolean own_is_later = own.st_ctim.tv_sec != info.st_ctim.tv_sec
                                    ? own.st_ctim.tv_sec > info.st_ctim.tv_sec
                                    : own.st_ctim.tv_nsec >= info.st_ctim.tv_nsec;
        SpocMessageState loser = own_is_later ? other : state;
        if (!spoc_file_remove(state_fd(spool, loser), id, error))
            return FALSE;
        if (!own_is_later)
            return TRUE;
    }
    return TRUE;
}

static gboolean
put_back(SpocSpool *spool, const char *id, GError **error)
{
    int sending = state_fd(spool, SPOC_STATE_SENDING);
    if (!spoc_file_exists(sending, id))
        return TRUE;
    if (utimensat(sending, id, NULL, AT_SYMLINK_NOFOLLOW) != 0) {
        spoc_error_set_errno(error, errno, "cannot set the time of 'sending/%s'", id);
        return FALSE;
    }
    return spoc_queue_move(spool, id, SPOC_STATE_SENDING, SPOC_STATE_WAITING, error);
}

gboolean
spoc_queue_recover(SpocSpool *spool, guint *ret_recovered, GError **error)
{
    guint recovered = 0;
    for (guint i = 0; i < SPOC_STATE_COUNT; i++) {
        SpocMessageState state = (SpocMessageState)i;
        if (state == SPOC_STATE_WAITING)
            continue; /* nearly all; one that has a double is found from the other side */
        g_autoptr(GPtrArray) entries = spoc_queue_list(spool, state, error);
        if (entries == NULL)
            return FALSE;
        for (guint k = 0; k < entries->len; k++) {
            const SpocQueueEntry *entry = entries->pdata[k];
            if (!keep_latest(spool, entry->id, state, error))
                return FALSE;
            if (state == SPOC_STATE_SENDING && !put_back(spool, entry->id, error))
                return FALSE;
        }
        if (state == SPOC_STATE_SENDING)
            recovered = entries->len;
    }
    if (recovered > 0 && !spoc_durable_sync_directory(state_fd(spool, SPOC_STATE_WAITING), error))
        return FALSE;

    gint64 now_s = g_get_real_time() / G_USEC_PER_SEC;
    static const char *const folders[] = {"new",  "waiting", "sending", "held", "failed",
                                          "data", "events",  "scans",   "state"};
    for (guint i = 0; i < G_N_ELEMENTS(folders); i++)
        if (!sweep(spool, folders[i], now_s, error))
            return FALSE;
    if (ret_recovered != NULL)
        *ret_recovered = recovered;
    return TRUE;
}
