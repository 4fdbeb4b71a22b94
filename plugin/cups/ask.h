/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   The questions to cupsd themselves, one at a time, blocking; for the worker thread
 *           of cups.c alone.
 * SECURITY  Asks as root: the name is not verified on the local socket, and only so owner and
 *           title are told. Never asks a person for a password.
 */
#pragma once

#include "cups/attributes.h"
#include "event/subscription-match.h"

typedef struct _SpocAsker SpocAsker;

/* Of one thread: libcups keeps its settings per thread. @timeout_ms: SPOC_CUPSD_TIMEOUT_MS;
 * @server_bin: (nullable): where to look for the cause when cupsd does not answer */
SpocAsker *spoc_asker_new(gint timeout_ms, const char *server_bin);
void spoc_asker_free(SpocAsker *asker);
/* Hangs up, for cupsd has a limited number of lines. */
void spoc_asker_rest(SpocAsker *asker);
gboolean spoc_asker_is_connected(const SpocAsker *asker);

typedef struct {
    SpocSubscriptionStatus status;
    gint job_id;
    char *printer_uri; /* (nullable) */
    char *subscriber;  /* (nullable): who made it, if cupsd says */
    char *why;         /* (nullable): UNREACHABLE: the reason */
} SpocSubscriptionAnswer;

void spoc_ask_subscription(SpocAsker *asker, gint subscription_id,
                           SpocSubscriptionAnswer *ret_answer);

/**
 * SpocJobAnswer:
 * @facts: (nullable): with an owner, or without when it is hidden
 * @why: (nullable): when anything is missing
 * @may_pass: cupsd could not be asked, or what it said is no answer
 */
typedef struct {
    SpocJobAttributes *facts;
    char *why;
    gboolean may_pass;
} SpocJobAnswer;

void spoc_ask_job(SpocAsker *asker, gint job_id, SpocJobAnswer *ret_answer);

/* For ask.c and ask-state.c: (nullable): the response to what @make makes of @subject. A line
 * that was kept may be stale: then once anew. */
struct _ipp_s *spoc_asker_send(SpocAsker *asker, struct _ipp_s *(*make)(gconstpointer subject),
                               gconstpointer subject, gint *ret_status);
/* (transfer full) (nullable): the attribute's first value as one line, NULL for none */
char *spoc_ask_get_text(struct _ipp_s *response, const char *name, gsize max_bytes);
