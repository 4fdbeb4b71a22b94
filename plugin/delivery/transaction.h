/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   The mail transaction (RFC 5321 3.3) as a pure state machine: mails and the
 *           server's bytes in, our bytes and outcomes out. No sockets, no clock.
 *
 *           With PIPELINING (RFC 2920) MAIL, all RCPT and DATA go out at once, and the same of
 *           the next mail right behind the final dot of the one before. Each reply finds its
 *           command in a queue of expected replies.
 * OWNERSHIP A mail that was started belongs to the transaction until it is taken finished.
 * SECURITY  No address goes into a command that could be read as something else.
 *           A reply that nobody asked for, or that comes before its command was sent, ends the
 *           connection: what follows could be taken for the answer to something else.
 */
#pragma once

#include "delivery/capabilities.h"
#include "delivery/content.h"
#include "delivery/verdict.h"

/* --- mails ------------------------------------------------------------------------------- */

/**
 * SpocMailRecipient:
 * @accepted: RCPT was answered 2xx
 * @refused: it was refused; @failure and @words say how
 */
typedef struct {
    char *address;
    gboolean accepted;
    gboolean refused;
    SpocFailure failure;
    char *words;
    gpointer tag; /* the owner's */
} SpocMailRecipient;

/**
 * SpocMail: one message on its way over one connection
 * @delivered: the recipients that were accepted have it
 * @failed: the whole mail failed for those who were not refused; see @failure
 * @words: (nullable): the final reply, or what failed
 *
 * Neither @delivered nor @failed: every recipient was refused.
 */
typedef struct _SpocMail {
    char *sender;
    GPtrArray *recipients; /* (element-type SpocMailRecipient) */
    SpocContent *content;
    gpointer tag; /* the owner's */

    gboolean delivered;
    gboolean failed;
    SpocFailure failure;
    char *words;

    /* The transaction's own. */
    int phase;
    gboolean first;      /* of its connection */
    gboolean answered;   /* any reply came */
    gboolean mail_taken; /* MAIL was answered 2xx */
    gboolean sized;      /* MAIL said how large it is */
    guint accepted_count;
    guint next_recipient; /* without PIPELINING */
    guint64 dot_end;      /* the stream's position behind the final dot */
    SpocContentReader *reader;
} SpocMail;

SpocMail *spoc_mail_new(const char *sender, SpocContent *content, gpointer tag);
void spoc_mail_add_recipient(SpocMail *mail, const char *address, gpointer tag);
void spoc_mail_free(SpocMail *mail);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SpocMail, spoc_mail_free)

/* --- the transaction ------------------------------------------------------------------------ */

typedef struct _SpocTransaction SpocTransaction;

/* Every reply, for traces. */
typedef void (*SpocTransactionReplyFunc)(SpocMail *mail, SpocStage stage, const SpocReply *reply,
                                         gpointer user_data);

SpocTransaction *spoc_transaction_new(const SpocCapabilities *capabilities,
                                      SpocTransactionReplyFunc answered, gpointer user_data);
void spoc_transaction_free(SpocTransaction *transaction);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SpocTransaction, spoc_transaction_free)

/* Whether another mail can be started now: idle, or behind the last final dot */
gboolean spoc_transaction_can_take(const SpocTransaction *transaction);
/* Nothing is under way and no reply is awaited. */
gboolean spoc_transaction_is_idle(const SpocTransaction *transaction);

/* @mail: (transfer full) */
void spoc_transaction_start(SpocTransaction *transaction, SpocMail *mail);

/**
 * spoc_transaction_output:
 * @ret_bytes: (out): what is to be sent next, valid until the next call
 *
 * Reads more content when what it has was sent.
 *
 * Returns: FALSE when the content cannot be read: abort with SPOC_FAILURE_LOCAL
 */
gboolean spoc_transaction_output(SpocTransaction *transaction, const guint8 **ret_bytes,
                                 gsize *ret_size, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void spoc_transaction_sent(SpocTransaction *transaction, gsize size);

/**
 * spoc_transaction_input:
 *
 * Returns: (nullable): what is wrong with the server's bytes: abort with
 *   SPOC_FAILURE_PROTOCOL; NULL when all is well
 */
const char *spoc_transaction_input(SpocTransaction *transaction, const guint8 *bytes, gsize size);

/* The server is leaving (421), or the two are out of step: abort and close. */
gboolean spoc_transaction_must_close(const SpocTransaction *transaction);

/* How many replies were understood so far: the only sign of progress that a server that
 * sends one byte a second cannot make up. */
guint64 spoc_transaction_reply_count(const SpocTransaction *transaction);

/* What the oldest mail waits for, with its commands sent. */
SpocStage spoc_transaction_stage(const SpocTransaction *transaction);

/**
 * spoc_transaction_abort:
 * @words: for people
 *
 * The connection is gone: every mail under way is finished with a failure at the stage where
 * it stood.
 */
void spoc_transaction_abort(SpocTransaction *transaction, SpocFailureKind kind, const char *words);

/* (transfer full) (nullable): the next mail that is finished */
SpocMail *spoc_transaction_take_finished(SpocTransaction *transaction);
