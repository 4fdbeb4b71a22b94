/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/steer.h"

#include "base/error.h"
#include "spool/scans.h"

/* Where the message is, unless it is being sent. */
static gboolean
locate(SpocSpool *spool, const char *id, SpocMessageState *ret_state, GError **error)
{
    if (!spoc_spool_name_is_valid(id)) {
        g_set_error_literal(error, SPOC_ERROR, SPOC_ERROR_INVALID,
                            "that is not a message's id; 'spocctl queue list' shows them");
        return FALSE;
    }
    SpocMessageState state = SPOC_STATE_WAITING;
    if (!spoc_queue_find(spool, id, &state, error))
        return FALSE;
    if (state == SPOC_STATE_SENDING) {
        g_set_error(error, SPOC_ERROR, SPOC_ERROR_UNAVAILABLE,
                    "message '%s' is being sent at this moment; try again when that is over", id);
        return FALSE;
    }
    *ret_state = state;
    return TRUE;
}

static SpocEnvelope *
take(SpocSpool *spool, const char *id, SpocMessageState *ret_state, GError **error)
{
    if (!locate(spool, id, ret_state, error))
        return NULL;
    return spoc_queue_load(spool, *ret_state, id, error);
}

/* Those who were refused are asked again: the caller's wish says that something was mended. */
static void
revive(SpocEnvelope *envelope, gint64 now_unix_s)
{
    for (guint i = 0; i < envelope->recipients->len; i++) {
        SpocEnvelopeRecipient *recipient = g_ptr_array_index(envelope->recipients, i);
        if (recipient->state == SPOC_RECIPIENT_FAILED)
            recipient->state = SPOC_RECIPIENT_PENDING;
    }
    envelope->created_unix_s = now_unix_s;
    envelope->attempts = 0;
    envelope->drops = 0;
    g_clear_pointer(&envelope->dropped_by, g_free);
}

gboolean
spoc_steer_retry(SpocSpool *spool, const char *id, gint64 now_unix_s, GError **error)
{
    SpocMessageState state = SPOC_STATE_WAITING;
    g_autoptr(SpocEnvelope) envelope = take(spool, id, &state, error);
    if (envelope == NULL)
        return FALSE;
    if (state == SPOC_STATE_FAILED)
        revive(envelope, now_unix_s);
    if (spoc_envelope_pending(envelope) == 0) {
        g_set_error(error, SPOC_ERROR, SPOC_ERROR_INVALID,
                    "message '%s' has no recipient left to send it to", id);
        return FALSE;
    }
    envelope->next_attempt_unix_s = now_unix_s;
    return spoc_queue_save(spool, envelope, state, SPOC_STATE_WAITING, error);
}

gboolean
spoc_steer_hold(SpocSpool *spool, const char *id, gint64 now_unix_s, GError **error)
{
    SpocMessageState state = SPOC_STATE_WAITING;
    g_autoptr(SpocEnvelope) envelope = take(spool, id, &state, error);
    if (envelope == NULL)
        return FALSE;
    if (state == SPOC_STATE_FAILED) {
        g_set_error(error, SPOC_ERROR, SPOC_ERROR_INVALID,
                    "message '%s' has failed and is not sent anyway; retry or delete it", id);
        return FALSE;
    }
    envelope->next_attempt_unix_s = 0;
    g_free(envelope->reason);
    envelope->reason = g_strdup("held by the administrator");
    spoc_envelope_add_attempt(envelope, now_unix_s, envelope->reason);
    return spoc_queue_save(spool, envelope, state, SPOC_STATE_HELD, error);
}

gboolean
spoc_steer_release(SpocSpool *spool, const char *id, gint64 now_unix_s, GError **error)
{
    SpocMessageState state = SPOC_STATE_WAITING;
    g_autoptr(SpocEnvelope) envelope = take(spool, id, &state, error);
    if (envelope == NULL)
        return FALSE;
    if (state != SPOC_STATE_HELD) {
        g_set_error(error, SPOC_ERROR, SPOC_ERROR_INVALID, "message '%s' is not held but %s", id,
                    spoc_message_state_name(state));
        return FALSE;
    }
    envelope->next_attempt_unix_s = now_unix_s;
    g_clear_pointer(&envelope->reason, g_free);
    spoc_envelope_add_attempt(envelope, now_unix_s, "released by the administrator");
    return spoc_queue_save(spool, envelope, state, SPOC_STATE_WAITING, error);
}

/* What is in the list and is no message: a document in scans/, or what was set aside */
static gboolean
discard(SpocSpool *spool, const char *id, GError **error)
{
    g_autoptr(GError) problem = NULL;
    if (spoc_scan_discard(spool, id, &problem))
        return TRUE;
    if (g_error_matches(problem, SPOC_ERROR, SPOC_ERROR_NOT_FOUND))
        return spoc_spool_discard_aside(spool, id, error);
    g_propagate_error(error, g_steal_pointer(&problem));
    return FALSE;
}

gboolean
spoc_steer_delete(SpocSpool *spool, const char *id, gint64 now_unix_s, GError **error)
{
    SpocMessageState state = SPOC_STATE_WAITING;
    g_autoptr(GError) problem = NULL;
    if (locate(spool, id, &state, &problem))
        return spoc_queue_delete(spool, state, id, error);
    if (g_error_matches(problem, SPOC_ERROR, SPOC_ERROR_NOT_FOUND))
        return discard(spool, id, error);
    g_propagate_error(error, g_steal_pointer(&problem));
    return FALSE;
}
