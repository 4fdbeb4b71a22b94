/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  Messages that wait: an envelope (small, changes) in the folder of its state,
 *          and a body (never changes) in data/. Moving between states is one rename.
 *
 * The on-disk format is described at the top of queue.c, its only owner. An envelope's
 * modification time is the time of its next attempt, in failed/ that of the report about it,
 * so that a start needs no more than a reading of the folders.
 */
#pragma once

#include "spool/spool.h"

typedef enum {
    SPOC_STATE_NEW,
    SPOC_STATE_WAITING,
    SPOC_STATE_SENDING,
    SPOC_STATE_HELD,
    SPOC_STATE_FAILED,
    SPOC_STATE_COUNT,
} SpocMessageState;

const char *spoc_message_state_name(SpocMessageState state);

typedef enum {
    SPOC_RECIPIENT_PENDING,
    SPOC_RECIPIENT_DELIVERED,
    SPOC_RECIPIENT_FAILED,
} SpocRecipientState;

const char *spoc_recipient_state_name(SpocRecipientState state);

typedef struct {
    char *address;
    SpocRecipientState state;
    char *reply; /* (nullable): the server's words */
} SpocEnvelopeRecipient;

/* One attempt; the last SPOC_ENVELOPE_HISTORY_MAX are kept */
typedef struct {
    gint64 when_unix_s;
    char *text; /* one line */
} SpocAttempt;

#define SPOC_ENVELOPE_HISTORY_MAX 10
#define SPOC_ENVELOPE_RECIPIENTS_MAX 100
#define SPOC_ENVELOPE_MAX_BYTES (256 * 1024)
#define SPOC_MESSAGE_BODY_MAX_BYTES (64 * 1024 * 1024)

typedef struct {
    char *id;              /* a valid spool name; also the name of both files */
    char *kind;            /* "notification", "scan", "report" */
    char *sender;          /* envelope sender, may be "" */
    GPtrArray *recipients; /* (element-type SpocEnvelopeRecipient) */
    char *owner;           /* (nullable): address of a document's owner, as it was then */
    gint64 job_id;         /* 0 for none */
    char *subject;         /* readable, one line */
    char *message_id;      /* without angle brackets */
    guint64 size_bytes;
    guint attempts;
    guint drops;      /* how often the connection was lost behind the final dot */
    char *dropped_by; /* (nullable): "host:port" of the server that did so */
    gint64 created_unix_s;
    gint64 next_attempt_unix_s; /* 0: none is planned */
    char *reason;               /* (nullable): why it waits, is held or has failed */
    GPtrArray *history;         /* (element-type SpocAttempt), oldest first */
} SpocEnvelope;

SpocEnvelope *spoc_envelope_new(void);
void spoc_envelope_free(SpocEnvelope *envelope);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SpocEnvelope, spoc_envelope_free)
void spoc_envelope_add_recipient(SpocEnvelope *envelope, const char *address);
void spoc_envelope_add_attempt(SpocEnvelope *envelope, gint64 when_unix_s, const char *text);
guint spoc_envelope_pending(const SpocEnvelope *envelope);

/* The kind of mails about events. Of one that failed only the envelope is kept, and not its body:
 * nobody needs to be told later, and strangers can cause many. */
#define SPOC_QUEUE_NOTIFICATION_KIND "notification"

/* Makes a message: body, then envelope, both durable. One with this id that is already
 * there in any state is left as it is, and TRUE returned: composing is idempotent. */
gboolean spoc_message_add(SpocSpool *spool, const SpocEnvelope *envelope, GBytes *body,
                          SpocMessageState state, GError **error) G_GNUC_WARN_UNUSED_RESULT;

typedef struct {
    const SpocEnvelope *envelope;
    GBytes *body;
} SpocNewMessage;

/* Like spoc_message_add() for each of @items, whose ids are distinct, with their syncs shared.
 * On failure some may be there; all may be given again. */
gboolean spoc_message_add_batch(SpocSpool *spool, const SpocNewMessage *items, gsize count,
                                SpocMessageState state, GError **error) G_GNUC_WARN_UNUSED_RESULT;

typedef struct {
    char *id;
    SpocMessageState state;
    gint64 next_attempt_unix_s; /* from the modification time; 0: none */
} SpocMessageEntry;

/* (transfer full) (element-type SpocMessageEntry): what is in one state, in no order */
GPtrArray *spoc_message_list(SpocSpool *spool, SpocMessageState state,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* @changed_unix_s: when it came into this state, or was changed in it */
typedef void (*SpocMessageEachFunc)(const char *id, gint64 next_attempt_unix_s,
                                    gint64 changed_unix_s, gpointer user_data);

/* The same without holding all of them: @each may move or delete the message. */
gboolean spoc_message_each(SpocSpool *spool, SpocMessageState state, SpocMessageEachFunc each,
                           gpointer user_data, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Sets the time alone, without sync. */
gboolean spoc_message_set_time(SpocSpool *spool, SpocMessageState state, const char *id,
                               gint64 next_attempt_unix_s,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* (nullable) FALSE with SPOC_ERROR_NOT_FOUND when no state has it */
gboolean spoc_message_find(SpocSpool *spool, const char *id, SpocMessageState *ret_state,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* SPOC_ERROR_CORRUPT when it cannot be understood: the caller sets it aside */
SpocEnvelope *spoc_message_load(SpocSpool *spool, SpocMessageState state, const char *id,
                                GError **error) G_GNUC_WARN_UNUSED_RESULT;
GBytes *spoc_message_load_body(SpocSpool *spool, const char *id,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Claims by rename, without sync. */
gboolean spoc_message_move(SpocSpool *spool, const char *id, SpocMessageState from,
                           SpocMessageState to, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Writes the envelope, durably, into @to, then removes it from @from when they differ. */
gboolean spoc_message_save(SpocSpool *spool, const SpocEnvelope *envelope, SpocMessageState from,
                           SpocMessageState to, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Envelope first, then body; the document of a scan as well. */
/* Like spoc_message_save() for each of @envelopes, whose ids are distinct, with their syncs shared.
 * On failure some may have been saved and moved; all may be given again. */
gboolean spoc_message_save_batch(SpocSpool *spool, SpocEnvelope *const *envelopes, gsize count,
                                 SpocMessageState from, SpocMessageState to,
                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Like spoc_message_delete() for each of @ids; on failure some may be gone. */
gboolean spoc_message_delete_batch(SpocSpool *spool, SpocMessageState state, const char *const *ids,
                                   gsize count, GError **error) G_GNUC_WARN_UNUSED_RESULT;

gboolean spoc_message_delete(SpocSpool *spool, SpocMessageState state, const char *id,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * spoc_queue_bound:
 * @bytes_max: of envelopes, bodies and documents together
 * @ret_removed: (out)
 *
 * Removes from @state what has been there longest, until no more than @count_max messages of
 * @bytes_max are left. The latest stays, however large it is.
 */
gboolean spoc_queue_bound(SpocSpool *spool, SpocMessageState state, guint count_max,
                          guint64 bytes_max, guint *ret_removed,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* At the start of a spocd: sending/ goes back to waiting/ (due at once), bodies without
 * envelope and temporary files older than an hour are removed, an id in two states is
 * kept in the later written one. Returns how many were put back in @ret_recovered. */
gboolean spoc_message_recover(SpocSpool *spool, guint *ret_recovered,
                              GError **error) G_GNUC_WARN_UNUSED_RESULT;
