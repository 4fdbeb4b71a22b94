/* SPDX-License-Identifier: Apache-2.0 */
#include "queue/command.h"

#include "base/error.h"
#include "control/protocol.h"
#include "spool/scan-list.h"
#include "spool/scans.h"

G_STATIC_ASSERT(SPOC_REQUEST_RETRY + SPOC_QUEUE_COMMAND_HOLD == SPOC_REQUEST_HOLD &&
                SPOC_REQUEST_RETRY + SPOC_QUEUE_COMMAND_RELEASE == SPOC_REQUEST_RELEASE &&
                SPOC_REQUEST_RETRY + SPOC_QUEUE_COMMAND_DELETE == SPOC_REQUEST_DELETE);

/* Where the message is, unless it is being sent. */
static gboolean
locate_message(SpocSpool *spool, const char *id, SpocState *ret_state, GError **error)
{
    if (!spoc_spool_name_is_valid(id)) {
        g_set_error_literal(error, SPOC_ERROR, SPOC_ERROR_INVALID,
                            "that is not a message's id; 'spocctl queue list' shows them");
        return FALSE;
    }
    SpocState state = SPOC_STATE_WAITING;
    if (!spoc_message_find(spool, id, &state, error))
        return FALSE;
    if (state == SPOC_STATE_SENDING) {
        g_set_error(error, SPOC_ERROR, SPOC_ERROR_UNAVAILABLE,
                    "message '%s' is being sent at this moment; try again when that is over", id);
        return FALSE;
    }
    *ret_state = state;
    return TRUE;
}

/* Those who were refused are asked again: the caller's wish says that something was mended. */
static void
revive_failed(SpocEnvelope *envelope, gint64 now_unix_s)
{
    for (guint i = 0; i < envelope->recipients->len; i++) {
        SpocEnvelopeRecipient *recipient = g_ptr_array_index(envelope->recipients, i);
        if (recipient->state == SPOC_STATE_FAILED)
            recipient->state = SPOC_STATE_WAITING;
    }
    envelope->created_unix_s = now_unix_s;
    envelope->attempts = 0;
    envelope->drops = 0;
    g_clear_pointer(&envelope->dropped_by, g_free);
}

static gboolean
retry_message(SpocEnvelope *envelope, SpocState state, gint64 now_unix_s, GError **error)
{
    if (state == SPOC_STATE_FAILED &&
        g_strcmp0(envelope->kind, SPOC_QUEUE_NOTIFICATION_KIND) == 0) {
        g_set_error(error, SPOC_ERROR, SPOC_ERROR_INVALID,
                    "message '%s' is a notification that failed: only its envelope is kept, so it "
                    "cannot be sent again; 'spocctl queue show %s' tells why it failed",
                    envelope->id, envelope->id);
        return FALSE;
    }
    if (state == SPOC_STATE_FAILED)
        revive_failed(envelope, now_unix_s);
    if (spoc_envelope_pending(envelope) == 0) {
        g_set_error(error, SPOC_ERROR, SPOC_ERROR_INVALID,
                    "message '%s' has no recipient left to send it to", envelope->id);
        return FALSE;
    }
    envelope->next_attempt_unix_s = now_unix_s;
    return TRUE;
}

static gboolean
hold_message(SpocEnvelope *envelope, SpocState state, gint64 now_unix_s, GError **error)
{
    if (state == SPOC_STATE_FAILED) {
        g_set_error(error, SPOC_ERROR, SPOC_ERROR_INVALID,
                    "message '%s' has failed and is not sent anyway; retry or delete it",
                    envelope->id);
        return FALSE;
    }
    envelope->next_attempt_unix_s = 0;
    g_free(envelope->reason);
    envelope->reason = g_strdup("held by the administrator");
    spoc_envelope_add_attempt(envelope, now_unix_s, envelope->reason);
    return TRUE;
}

static gboolean
release_message(SpocEnvelope *envelope, SpocState state, gint64 now_unix_s, GError **error)
{
    if (state != SPOC_STATE_HELD) {
        g_set_error(error, SPOC_ERROR, SPOC_ERROR_INVALID, "message '%s' is not held but %s",
                    envelope->id, spoc_message_state_name(state));
        return FALSE;
    }
    envelope->next_attempt_unix_s = now_unix_s;
    g_clear_pointer(&envelope->reason, g_free);
    spoc_envelope_add_attempt(envelope, now_unix_s, "released by the administrator");
    return TRUE;
}

/* The messages of one state that an command changes together */
typedef struct {
    GPtrArray *envelopes; /* none for a deletion: a damaged one can be deleted */
    GPtrArray *ids;       /* (element-type utf8): borrowed */
    GArray *places;       /* of gsize: in the command's list */
} Share;

static void
share_init(Share *share)
{
    share->envelopes = g_ptr_array_new_with_free_func((GDestroyNotify)spoc_envelope_free);
    share->ids = g_ptr_array_new();
    share->places = g_array_new(FALSE, FALSE, sizeof(gsize));
}

static void
share_clear(Share *share)
{
    g_ptr_array_unref(share->envelopes);
    g_ptr_array_unref(share->ids);
    g_array_unref(share->places);
}

/* What is in the list and is no message: a document in scans/, or what was set aside */
static gboolean
discard_entry(SpocSpool *spool, const char *id, GError **error)
{
    g_autoptr(GError) problem = NULL;
    if (spoc_scan_discard(spool, id, &problem))
        return TRUE;
    if (g_error_matches(problem, SPOC_ERROR, SPOC_ERROR_NOT_FOUND))
        return spoc_spool_discard_aside(spool, id, error);
    g_propagate_error(error, g_steal_pointer(&problem));
    return FALSE;
}

/* Looks at one message, changes its envelope in memory and takes it into its state's share. */
static gboolean
prepare_command(SpocSpool *spool, SpocQueueCommand command, const char *id, gsize place,
                gint64 now_unix_s, Share *shares, GError **error)
{
    static gboolean (*const changes[])(SpocEnvelope *, SpocState, gint64,
                                       GError **) = {retry_message, hold_message, release_message};
    SpocState state = SPOC_STATE_WAITING;
    g_autoptr(GError) problem = NULL;
    if (!locate_message(spool, id, &state, &problem)) {
        if (command == SPOC_QUEUE_COMMAND_DELETE &&
            g_error_matches(problem, SPOC_ERROR, SPOC_ERROR_NOT_FOUND))
            return discard_entry(spool, id, error);
        g_propagate_error(error, g_steal_pointer(&problem));
        return FALSE;
    }
    if (command != SPOC_QUEUE_COMMAND_DELETE) {
        g_autoptr(SpocEnvelope) envelope = spoc_message_load(spool, state, id, error);
        if (envelope == NULL || !changes[command](envelope, state, now_unix_s, error))
            return FALSE;
        g_ptr_array_add(shares[state].envelopes, g_steal_pointer(&envelope));
    }
    g_ptr_array_add(shares[state].ids, (gpointer)id);
    g_array_append_val(shares[state].places, place);
    return TRUE;
}

static void
carry_out(SpocSpool *spool, SpocQueueCommand command, const Share *share, SpocState state,
          GPtrArray *errors)
{
    SpocState target = command == SPOC_QUEUE_COMMAND_HOLD ? SPOC_STATE_HELD : SPOC_STATE_WAITING;
    g_autoptr(GError) error = NULL;
    gboolean done =
        command == SPOC_QUEUE_COMMAND_DELETE
            ? spoc_message_delete_batch(spool, state, (const char *const *)share->ids->pdata,
                                        share->ids->len, &error)
            : spoc_message_save_batch(spool, (SpocEnvelope *const *)share->envelopes->pdata,
                                      share->envelopes->len, state, target, &error);
    for (guint i = 0; !done && i < share->places->len; i++)
        errors->pdata[g_array_index(share->places, gsize, i)] = g_error_copy(error);
}

static void
free_error(gpointer error)
{
    if (error != NULL)
        g_error_free(error);
}

GPtrArray *
spoc_queue_command_errors_new(void)
{
    return g_ptr_array_new_with_free_func(free_error);
}

GPtrArray *
spoc_queue_command(SpocSpool *spool, SpocQueueCommand command, const char *const *ids, gsize count,
                   gint64 now_unix_s)
{
    g_return_val_if_fail(count <= SPOC_QUEUE_COMMAND_BATCH_MAX, NULL);

    GPtrArray *errors = spoc_queue_command_errors_new();
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
    Share shares[SPOC_STATE_FOLDERS];
    for (guint i = 0; i < SPOC_STATE_FOLDERS; i++)
        share_init(&shares[i]);
    for (gsize i = 0; i < count; i++) {
        GError *error = NULL;
        if (!g_hash_table_add(seen, (gpointer)ids[i]))
            g_set_error(&error, SPOC_ERROR, SPOC_ERROR_INVALID, "it is named twice");
        else
            (void)prepare_command(spool, command, ids[i], i, now_unix_s, shares, &error);
        g_ptr_array_add(errors, error);
    }
    for (guint i = 0; i < SPOC_STATE_FOLDERS; i++) {
        if (shares[i].ids->len > 0)
            carry_out(spool, command, &shares[i], (SpocState)i, errors);
        share_clear(&shares[i]);
    }
    return errors;
}
