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
#include "spool/message.h"

#include "base/durable.h"
#include "base/error.h"
#include "spool/envelope.h"
#include "spool/file.h"
#include "spool/scans.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define SWEEP_AFTER_S 3600

static const char *const state_names[SPOC_STATE_FOLDERS] = {"new", "waiting", "sending", "held",
                                                            "failed"};

const char *
spoc_message_state_name(SpocState state)
{
    g_return_val_if_fail(state < SPOC_STATE_FOLDERS, "");
    return state_names[state];
}

static int
state_fd(SpocSpool *spool, SpocState state)
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

/* (transfer full): the envelope's text */
static GString *
format_envelope(const SpocEnvelope *envelope, GError **error)
{
    g_autoptr(GString) text = spoc_envelope_format(envelope, error);
    if (text == NULL)
        return NULL;
    if (text->len > SPOC_ENVELOPE_MAX_BYTES) {
        g_set_error(error, SPOC_ERROR, SPOC_ERROR_LIMIT, "the envelope is larger than %d bytes",
                    SPOC_ENVELOPE_MAX_BYTES);
        return NULL;
    }
    return g_steal_pointer(&text);
}

/* Whether a message in @state has a body */
static gboolean
keeps_body(const SpocEnvelope *envelope, SpocState state)
{
    return state != SPOC_STATE_FAILED ||
           g_strcmp0(envelope->kind, SPOC_QUEUE_NOTIFICATION_KIND) != 0;
}

static gboolean
exists_in(SpocSpool *spool, const char *id, SpocState *ret_state)
{
    /* Twice: a message may move to a folder that was looked into before it came. */
    for (guint i = 0; i < 2 * SPOC_STATE_FOLDERS; i++) {
        SpocState state = (SpocState)(i % SPOC_STATE_FOLDERS);
        if (spoc_file_exists(state_fd(spool, state), id)) {
            *ret_state = state;
            return TRUE;
        }
    }
    return FALSE;
}

SpocMessage *
spoc_message_new(SpocEnvelope *envelope, GBytes *body)
{
    SpocMessage *message = g_new(SpocMessage, 1);
    *message = (SpocMessage){envelope, g_bytes_ref(body)};
    return message;
}

void
spoc_message_free(SpocMessage *message)
{
    if (message == NULL)
        return;
    spoc_envelope_free(message->envelope);
    g_bytes_unref(message->body);
    g_free(message);
}

gboolean
spoc_message_add(SpocSpool *spool, const SpocMessage *message, SpocState state, GError **error)
{
    SpocMessage *const one = (SpocMessage *)message;
    return spoc_message_add_batch(spool, &one, 1, state, error);
}

/* Those of the batch that are not in the queue yet */
static GPtrArray *
find_new(SpocSpool *spool, SpocMessage *const *messages, gsize count, GError **error)
{
    g_autoptr(GPtrArray) new_messages = g_ptr_array_new();
    for (gsize i = 0; i < count; i++) {
        const char *id = messages[i]->envelope->id;
        SpocState state;
        if (!check_id(id, error))
            return NULL;
        if (exists_in(spool, id, &state))
            continue;
        if (g_bytes_get_size(messages[i]->body) > SPOC_MESSAGE_BODY_MAX_BYTES) {
            g_set_error(error, SPOC_ERROR, SPOC_ERROR_LIMIT,
                        "the message '%s' is larger than %d bytes", id,
                        SPOC_MESSAGE_BODY_MAX_BYTES);
            return NULL;
        }
        g_ptr_array_add(new_messages, messages[i]);
    }
    return g_steal_pointer(&new_messages);
}

static gboolean
place_all(int folder, GArray *files, GError **error)
{
    return spoc_file_place_all(folder, (const SpocFileContent *)(gpointer)files->data, files->len,
                               error) &&
           spoc_durable_sync_directory(folder, error);
}

static gboolean
add_bodies(int folder, const GPtrArray *messages, SpocState state, GError **error)
{
    g_autoptr(GArray) files = g_array_new(FALSE, FALSE, sizeof(SpocFileContent));
    for (guint i = 0; i < messages->len; i++) {
        const SpocMessage *message = g_ptr_array_index(messages, i);
        SpocFileContent file = {.name = message->envelope->id};
        file.data = g_bytes_get_data(message->body, &file.size_bytes);
        if (keeps_body(message->envelope, state))
            g_array_append_val(files, file);
    }
    return place_all(folder, files, error);
}

static void
free_text(gpointer text)
{
    g_string_free(text, TRUE);
}

/* Makes or replaces them, durably. */
static gboolean
write_envelopes(int folder, SpocEnvelope *const *envelopes, gsize count, GError **error)
{
    g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func(free_text);
    g_autofree struct timespec *times = g_new0(struct timespec, count);
    g_autoptr(GArray) files = g_array_new(FALSE, FALSE, sizeof(SpocFileContent));
    for (gsize i = 0; i < count; i++) {
        GString *text = format_envelope(envelopes[i], error);
        if (text == NULL)
            return FALSE;
        g_ptr_array_add(texts, text);
        times[i].tv_sec = envelopes[i]->next_attempt_unix_s;
        const SpocFileContent file = {.name = envelopes[i]->id,
                                      .data = text->str,
                                      .size_bytes = text->len,
                                      .modified = &times[i]};
        g_array_append_val(files, file);
    }
    return place_all(folder, files, error);
}

static gboolean
add_envelopes(int folder, const GPtrArray *messages, GError **error)
{
    g_autoptr(GPtrArray) envelopes = g_ptr_array_new();
    for (guint i = 0; i < messages->len; i++) {
        const SpocMessage *message = g_ptr_array_index(messages, i);
        g_ptr_array_add(envelopes, message->envelope);
    }
    return write_envelopes(folder, (SpocEnvelope *const *)envelopes->pdata, envelopes->len, error);
}

gboolean
spoc_message_add_batch(SpocSpool *spool, SpocMessage *const *messages, gsize count, SpocState state,
                       GError **error)
{
    g_autoptr(GPtrArray) new_messages = find_new(spool, messages, count, error);
    if (new_messages != NULL && new_messages->len == 0)
        return TRUE;
    if (new_messages == NULL ||
        !add_bodies(spoc_spool_folder_fd(spool, "data"), new_messages, state, error)) {
        g_prefix_error(error, "cannot keep a message in '%s/data': ", spoc_spool_path(spool));
        return FALSE;
    }
    if (!add_envelopes(state_fd(spool, state), new_messages, error)) {
        g_prefix_error(error, "cannot keep a message in '%s/%s': ", spoc_spool_path(spool),
                       spoc_message_state_name(state));
        return FALSE;
    }
    return TRUE;
}

typedef struct {
    SpocMessageEachFunc each;
    gpointer user_data;
} Each;

static gboolean
visit_envelope(int folder, const char *name, gpointer user_data, GError **error)
{
    const Each *visitor = user_data;
    struct stat info;
    if (spoc_spool_name_is_valid(name) && fstatat(folder, name, &info, AT_SYMLINK_NOFOLLOW) == 0)
        visitor->each(name, info.st_mtim.tv_sec, info.st_ctim.tv_sec, visitor->user_data);
    return TRUE;
}

gboolean
spoc_message_each(SpocSpool *spool, SpocState state, SpocMessageEachFunc each, gpointer user_data,
                  GError **error)
{
    Each visitor = {.each = each, .user_data = user_data};
    if (spoc_file_each(state_fd(spool, state), visit_envelope, &visitor, error))
        return TRUE;
    g_prefix_error(error, "'%s/%s': ", spoc_spool_path(spool), spoc_message_state_name(state));
    return FALSE;
}

gboolean
spoc_message_set_time(SpocSpool *spool, SpocState state, const char *id, gint64 next_attempt_unix_s,
                      GError **error)
{
    const struct timespec times[2] = {{.tv_sec = next_attempt_unix_s},
                                      {.tv_sec = next_attempt_unix_s}};
    if (!check_id(id, error))
        return FALSE;
    if (utimensat(state_fd(spool, state), id, times, AT_SYMLINK_NOFOLLOW) != 0) {
        spoc_error_set_errno(error, errno, "cannot set the time of '%s/%s'",
                             spoc_message_state_name(state), id);
        return FALSE;
    }
    return TRUE;
}

gboolean
spoc_message_find(SpocSpool *spool, const char *id, SpocState *ret_state, GError **error)
{
    if (!check_id(id, error))
        return FALSE;
    if (exists_in(spool, id, ret_state))
        return TRUE;
    g_set_error(error, SPOC_ERROR, SPOC_ERROR_NOT_FOUND, "there is no message '%s'", id);
    return FALSE;
}

SpocEnvelope *
spoc_message_load(SpocSpool *spool, SpocState state, const char *id, GError **error)
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
    /* Nothing that failed is tried again; its time is that of the report about it. */
    if (state != SPOC_STATE_FAILED)
        envelope->next_attempt_unix_s = info.st_mtim.tv_sec;
    return g_steal_pointer(&envelope);
}

GBytes *
spoc_message_load_body(SpocSpool *spool, const char *id, GError **error)
{
    if (!check_id(id, error))
        return NULL;
    GBytes *body = spoc_file_read(spoc_spool_folder_fd(spool, "data"), id,
                                  SPOC_MESSAGE_BODY_MAX_BYTES, NULL, error);
    if (body == NULL)
        g_prefix_error(error, "the body 'data/%s': ", id);
    return body;
}

gboolean
spoc_message_move(SpocSpool *spool, const char *id, SpocState from, SpocState to, GError **error)
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

static gboolean
move_all(SpocSpool *spool, SpocEnvelope *const *envelopes, gsize count, SpocState from,
         SpocState to, GError **error)
{
    for (gsize i = 0; i < count; i++)
        if (!spoc_message_move(spool, envelopes[i]->id, from, to, error))
            return FALSE;
    return spoc_durable_sync_directory(state_fd(spool, to), error);
}

/* Of those that have come into @state */
static gboolean
drop_bodies(SpocSpool *spool, SpocEnvelope *const *envelopes, gsize count, SpocState state,
            GError **error)
{
    for (gsize i = 0; i < count; i++)
        if (!keeps_body(envelopes[i], state) &&
            !spoc_file_remove(spoc_spool_folder_fd(spool, "data"), envelopes[i]->id, error))
            return FALSE;
    return TRUE;
}

/* The new content first takes the old one's place and then moves: so there is at no time
 * an older envelope in another folder that a crash could bring back. */
gboolean
spoc_message_save_batch(SpocSpool *spool, SpocEnvelope *const *envelopes, gsize count,
                        SpocState from, SpocState to, GError **error)
{
    if (count == 0)
        return TRUE;
    for (gsize i = 0; i < count; i++)
        if (!check_id(envelopes[i]->id, error))
            return FALSE;
    if (write_envelopes(state_fd(spool, from), envelopes, count, error) &&
        (from == to || move_all(spool, envelopes, count, from, to, error)) &&
        drop_bodies(spool, envelopes, count, to, error))
        return TRUE;
    if (count == 1)
        g_prefix_error(error, "cannot save the message '%s' in '%s/%s': ", envelopes[0]->id,
                       spoc_spool_path(spool), spoc_message_state_name(to));
    else
        g_prefix_error(error, "cannot save %" G_GSIZE_FORMAT " messages in '%s/%s': ", count,
                       spoc_spool_path(spool), spoc_message_state_name(to));
    return FALSE;
}

gboolean
spoc_message_save(SpocSpool *spool, const SpocEnvelope *envelope, SpocState from, SpocState to,
                  GError **error)
{
    SpocEnvelope *const one = (SpocEnvelope *)envelope;
    return spoc_message_save_batch(spool, &one, 1, from, to, error);
}

gboolean
spoc_message_delete_batch(SpocSpool *spool, SpocState state, const char *const *ids, gsize count,
                          GError **error)
{
    int folder = state_fd(spool, state);
    for (gsize i = 0; i < count; i++)
        if (!check_id(ids[i], error) || !spoc_file_remove(folder, ids[i], error))
            return FALSE;
    if (!spoc_durable_sync_directory(folder, error))
        return FALSE;
    for (gsize i = 0; i < count; i++)
        if (!spoc_file_remove(spoc_spool_folder_fd(spool, "data"), ids[i], error) ||
            !spoc_scan_remove(spool, ids[i], error))
            return FALSE;
    return TRUE;
}

gboolean
spoc_message_delete(SpocSpool *spool, SpocState state, const char *id, GError **error)
{
    return spoc_message_delete_batch(spool, state, &id, 1, error);
}

typedef struct {
    char *id;
    gint64 changed_unix_s;
    guint64 size_bytes;
} Bounded;

typedef struct {
    SpocSpool *spool;
    SpocState state;
    GArray *messages; /* of Bounded */
} Bounding;

static void
bounded_clear(gpointer data)
{
    Bounded *message = data;
    g_free(message->id);
}

static guint64
size_of(int folder, const char *name)
{
    struct stat info;
    return fstatat(folder, name, &info, AT_SYMLINK_NOFOLLOW) == 0 ? (guint64)info.st_size : 0;
}

static void
weigh_message(const char *id, gint64 next_attempt_unix_s, gint64 changed_unix_s, gpointer user_data)
{
    const Bounding *bounding = user_data;
    Bounded message = {.id = g_strdup(id), .changed_unix_s = changed_unix_s};
    message.size_bytes = size_of(state_fd(bounding->spool, bounding->state), id) +
                         size_of(spoc_spool_folder_fd(bounding->spool, "data"), id) +
                         spoc_scan_document_size(bounding->spool, id);
    g_array_append_val(bounding->messages, message);
}

static gint
compare_latest(gconstpointer a, gconstpointer b)
{
    const Bounded *left = a, *right = b;
    return (left->changed_unix_s < right->changed_unix_s) -
           (left->changed_unix_s > right->changed_unix_s);
}

gboolean
spoc_message_bound(SpocSpool *spool, SpocState state, guint count_max, guint64 bytes_max,
                   guint *ret_removed, GError **error)
{
    g_autoptr(GArray) messages = g_array_new(FALSE, FALSE, sizeof(Bounded));
    g_array_set_clear_func(messages, bounded_clear);
    Bounding bounding = {.spool = spool, .state = state, .messages = messages};
    guint64 bytes = 0;
    *ret_removed = 0;
    if (!spoc_message_each(spool, state, weigh_message, &bounding, error))
        return FALSE;
    g_array_sort(messages, compare_latest);
    for (guint i = 0; i < messages->len; i++) {
        const Bounded *message = &g_array_index(messages, Bounded, i);
        bytes += message->size_bytes;
        if (i == 0 || (i < count_max && bytes <= bytes_max))
            continue;
        if (!spoc_message_delete(spool, state, message->id, error))
            return FALSE;
        (*ret_removed)++;
    }
    return TRUE;
}

static gboolean
is_old(int folder, const char *name, gint64 now_s)
{
    struct stat info;
    return fstatat(folder, name, &info, AT_SYMLINK_NOFOLLOW) == 0 &&
           info.st_ctim.tv_sec < now_s - SWEEP_AFTER_S;
}

typedef struct {
    SpocSpool *spool;
    gboolean bodies; /* in data/, where one that no envelope names is a leftover as well */
    gint64 now_s;
} Sweep;

static gboolean
sweep_one(int folder, const char *name, gpointer user_data, GError **error)
{
    const Sweep *sweep = user_data;
    SpocState state;
    gboolean temporary = g_str_has_prefix(name, SPOC_DURABLE_TEMPORARY_PREFIX);
    if (!temporary && !sweep->bodies)
        return TRUE;
    if (!is_old(folder, name, sweep->now_s))
        return TRUE;
    if (!temporary && (!spoc_spool_name_is_valid(name) || exists_in(sweep->spool, name, &state)))
        return TRUE;
    return spoc_file_remove(folder, name, error);
}

/* Removes old temporary files and, in data/, old bodies that no envelope names. */
static gboolean
sweep_folder(SpocSpool *spool, const char *folder_name, gint64 now_s, GError **error)
{
    Sweep sweep = {.spool = spool, .bodies = strcmp(folder_name, "data") == 0, .now_s = now_s};
    return spoc_file_each(spoc_spool_folder_fd(spool, folder_name), sweep_one, &sweep, error);
}

/* After a crash on a file system whose renames are not whole: keeps what was written last. */
static gboolean
keep_latest(SpocSpool *spool, const char *id, SpocState state, GError **error)
{
    struct stat own;
    if (fstatat(state_fd(spool, state), id, &own, AT_SYMLINK_NOFOLLOW) != 0 ||
        !S_ISREG(own.st_mode))
        return TRUE;
    for (guint i = 0; i < SPOC_STATE_FOLDERS; i++) {
        SpocState other = (SpocState)i;
        struct stat info;
        if (other == state ||
            fstatat(state_fd(spool, other), id, &info, AT_SYMLINK_NOFOLLOW) != 0 ||
            !S_ISREG(info.st_mode))
            continue; /* what was planted is set aside when its turn comes */
        gboolean own_is_later = own.st_ctim.tv_sec != info.st_ctim.tv_sec
                                    ? own.st_ctim.tv_sec > info.st_ctim.tv_sec
                                    : own.st_ctim.tv_nsec >= info.st_ctim.tv_nsec;
        SpocState loser = own_is_later ? other : state;
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
    /* Only something that was planted can be in the way, or be put in the way. */
    if (spoc_file_exists(state_fd(spool, SPOC_STATE_WAITING), id))
        return spoc_spool_set_aside(spool, spoc_message_state_name(SPOC_STATE_SENDING), id, error);
    if (utimensat(sending, id, NULL, AT_SYMLINK_NOFOLLOW) != 0) {
        spoc_error_set_errno(error, errno, "cannot set the time of 'sending/%s'", id);
        return FALSE;
    }
    return spoc_message_move(spool, id, SPOC_STATE_SENDING, SPOC_STATE_WAITING, error);
}

typedef struct {
    SpocSpool *spool;
    SpocState state;
    guint put_back;
} Recovery;

static gboolean
recover_one(int folder, const char *name, gpointer user_data, GError **error)
{
    Recovery *recovery = user_data;
    if (!spoc_spool_name_is_valid(name))
        return TRUE;
    if (!keep_latest(recovery->spool, name, recovery->state, error))
        return FALSE;
    if (recovery->state != SPOC_STATE_SENDING)
        return TRUE;
    recovery->put_back++;
    return put_back(recovery->spool, name, error);
}

static gboolean
sweep_all(SpocSpool *spool, GError **error)
{
    static const char *const folders[] = {"new",  "waiting", "sending", "held", "failed",
                                          "data", "events",  "scans",   "state"};
    gint64 now_s = g_get_real_time() / G_USEC_PER_SEC;
    for (guint i = 0; i < G_N_ELEMENTS(folders); i++)
        if (!sweep_folder(spool, folders[i], now_s, error))
            return FALSE;
    return TRUE;
}

gboolean
spoc_message_recover(SpocSpool *spool, guint *ret_recovered, GError **error)
{
    Recovery recovery = {.spool = spool};
    for (guint i = 0; i < SPOC_STATE_FOLDERS; i++) {
        recovery.state = (SpocState)i;
        if (recovery.state == SPOC_STATE_WAITING)
            continue; /* nearly all; one that has a double is found from the other side */
        if (!spoc_file_each(state_fd(spool, recovery.state), recover_one, &recovery, error))
            return FALSE;
    }
    if (recovery.put_back > 0 &&
        !spoc_durable_sync_directory(state_fd(spool, SPOC_STATE_WAITING), error))
        return FALSE;
    if (!sweep_all(spool, error))
        return FALSE;
    if (ret_recovered != NULL)
        *ret_recovered = recovery.put_back;
    return TRUE;
}
