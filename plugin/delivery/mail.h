/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   One message on its way over one connection: its envelope, its content, and what
 *           the server said about it.
 * SECURITY  spoc_envelope_address_check() is the last gate in front of the line.
 */
#pragma once

#include "delivery/content.h"
#include "delivery/verdict.h"

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

/**
 * spoc_envelope_address_check:
 *
 * Returns: whether the address can stand in an SMTP command: no control characters, blanks,
 *   or angle brackets, and not longer than RFC 5321 4.5.3.1.3 allows
 */
gboolean spoc_envelope_address_check(const char *address);
