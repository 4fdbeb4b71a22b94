/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  Messages that wait: an envelope (small, changes) in the folder of its state,
 *          and a body (never changes) in data/. Moving between states is one rename.
 *
 * The on-disk format is described at the top of message.c, its only owner. An envelope's
 * modification time is the time of its next attempt, in failed/ that of the report about it,
 * so that a start needs no more than a reading of the folders.
 */
#pragma once

#include "base/state.h"
#include "spool/envelope.h"
#include "spool/spool.h"

/* The folder's name; not for SPOC_STATE_DONE */
const char *spoc_message_state_name(SpocState state);

#define SPOC_MESSAGE_BODY_MAX_BYTES (64 * 1024 * 1024)

/* The kind of mails about events. Of one that failed only the envelope is kept, and not its body:
 * nobody needs to be told later, and strangers can cause many. */
#define SPOC_QUEUE_NOTIFICATION_KIND "notification"

typedef struct {
    SpocEnvelope *envelope;
    GBytes *body; /* of a document: the frame around it */
} SpocMessage;

/* @envelope: (transfer full) */
SpocMessage *spoc_message_new(SpocEnvelope *envelope, GBytes *body);
void spoc_message_free(SpocMessage *message);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SpocMessage, spoc_message_free)

/* Stores a message: body, then envelope, both durable. One with this id that is already
 * there in any state is left as it is, and TRUE returned: composing is idempotent. */
gboolean spoc_message_add(SpocSpool *spool, const SpocMessage *message, SpocState state,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Like spoc_message_add() for each of @messages, whose ids are distinct, with their syncs shared.
 * On failure some may be there; all may be given again. */
gboolean spoc_message_add_batch(SpocSpool *spool, SpocMessage *const *messages, gsize count,
                                SpocState state, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* @next_attempt_unix_s: 0: none; @changed_unix_s: when it came into this state, or was changed in
 * it */
typedef void (*SpocMessageEachFunc)(const char *id, gint64 next_attempt_unix_s,
                                    gint64 changed_unix_s, gpointer user_data);

/* Calls @each with every message of one state, in no order; it may move or delete the message. */
gboolean spoc_message_each(SpocSpool *spool, SpocState state, SpocMessageEachFunc each,
                           gpointer user_data, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Sets the time alone, without sync. */
gboolean spoc_message_set_time(SpocSpool *spool, SpocState state, const char *id,
                               gint64 next_attempt_unix_s,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* (nullable) FALSE with SPOC_ERROR_NOT_FOUND when no state has it */
gboolean spoc_message_find(SpocSpool *spool, const char *id, SpocState *ret_state,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* SPOC_ERROR_CORRUPT when it cannot be understood: the caller sets it aside */
SpocEnvelope *spoc_message_load(SpocSpool *spool, SpocState state, const char *id,
                                GError **error) G_GNUC_WARN_UNUSED_RESULT;
GBytes *spoc_message_load_body(SpocSpool *spool, const char *id,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Renames the envelope, without sync. */
gboolean spoc_message_move(SpocSpool *spool, const char *id, SpocState from, SpocState to,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Writes the envelope, durably, into @to, then removes it from @from when they differ. */
gboolean spoc_message_save(SpocSpool *spool, const SpocEnvelope *envelope, SpocState from,
                           SpocState to, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Like spoc_message_save() for each of @envelopes, whose ids are distinct, with their syncs shared.
 * On failure some may have been saved and moved; all may be given again. */
gboolean spoc_message_save_batch(SpocSpool *spool, SpocEnvelope *const *envelopes, gsize count,
                                 SpocState from, SpocState to,
                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Like spoc_message_delete() for each of @ids; on failure some may be gone. */
gboolean spoc_message_delete_batch(SpocSpool *spool, SpocState state, const char *const *ids,
                                   gsize count, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Envelope first, then body; the document of a scan as well. */
gboolean spoc_message_delete(SpocSpool *spool, SpocState state, const char *id,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * spoc_message_bound:
 * @bytes_max: of envelopes, bodies and documents together
 * @ret_removed: (out)
 *
 * Removes from @state what has been there longest, until no more than @count_max messages of
 * @bytes_max are left. The latest stays, however large it is.
 */
gboolean spoc_message_bound(SpocSpool *spool, SpocState state, guint count_max, guint64 bytes_max,
                            guint *ret_removed, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* At the start of a spocd: sending/ goes back to waiting/ (due at once), bodies without
 * envelope and temporary files older than an hour are removed, an id in two states is
 * kept in the later written one. Returns how many were put back in @ret_recovered. */
gboolean spoc_message_recover(SpocSpool *spool, guint *ret_recovered,
                              GError **error) G_GNUC_WARN_UNUSED_RESULT;
