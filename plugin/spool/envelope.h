/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   The envelope of a message, and the bytes of its file. The format is described at
 *           the top of envelope.c.
 * SECURITY  Parsing takes any bytes; what is not exactly an envelope is SPOC_ERROR_CORRUPT.
 */
#pragma once

#include "base/state.h"
#include "spool/spool.h"

/* A recipient's word in the envelope and in JSON: it is WAITING, DONE or FAILED. */
const char *spoc_recipient_state_name(SpocState state);
gboolean spoc_recipient_state_parse(const char *name, gsize length, SpocState *ret_state);

typedef struct {
    char *address;
    SpocState state; /* WAITING, DONE or FAILED */
    char *reply;     /* (nullable): the server's words */
} SpocEnvelopeRecipient;

/* One attempt; the last SPOC_ENVELOPE_HISTORY_MAX are kept */
typedef struct {
    gint64 when_unix_s;
    char *text; /* one line */
} SpocAttempt;

#define SPOC_ENVELOPE_HISTORY_MAX 10
#define SPOC_ENVELOPE_RECIPIENTS_MAX 100
#define SPOC_ENVELOPE_MAX_BYTES (256 * 1024)

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

/* SPOC_ERROR_INVALID when a name or an address cannot be written on one line,
 * SPOC_ERROR_LIMIT when something is too long or too many. Texts are made one line. */
GString *spoc_envelope_format(const SpocEnvelope *envelope,
                              GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Everything but next_attempt_unix_s, which is the file's modification time */
SpocEnvelope *spoc_envelope_parse(const char *text, gsize size,
                                  GError **error) G_GNUC_WARN_UNUSED_RESULT;
