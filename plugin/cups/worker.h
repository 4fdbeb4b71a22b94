/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE    The thread that asks cupsd, one question at a time: libcups has only blocking calls.
 *            Questions go over a queue, answers come back on the main context.
 * OWNERSHIP  Counted, for the thread and whoever waits share it. spoc_worker_close() silences
 *            all answers at once and need not wait for the thread.
 * SECURITY   Asks as root: the name is not verified on the local socket, and only so owner and
 *            title are said. Never asks a person for a password.
 */
#pragma once

#include "cups/attributes.h"

/**
 * SpocJobAnswer:
 * @attributes: (nullable): with an owner, or without when it is hidden
 * @why: (nullable): when anything is missing
 * @may_pass: cupsd could not be asked, or what it said is no answer
 */
typedef struct {
    SpocJobAttributes *attributes;
    char *why;
    gboolean may_pass;
} SpocJobAnswer;

/* In the order of urgency: what a subscription is for can be asked for a moment only; a
 * printer's words come last. */
typedef enum {
    SPOC_QUESTION_STOP,
    SPOC_QUESTION_SUBSCRIPTION,
    SPOC_QUESTION_JOB,
    SPOC_QUESTION_JOB_STATE,
    SPOC_QUESTION_PRINTER,
} SpocQuestionKind;

typedef struct _SpocQuestion SpocQuestion;
typedef void (*SpocQuestionAnsweredFunc)(SpocQuestion *question, gpointer user_data);

struct _SpocQuestion {
    SpocQuestionKind kind;
    guint64 number; /* names it */
    gint id;        /* of the subscription or the job */
    char *name;     /* (nullable): of the printer */
    SpocSubscriptionAnswer subscription;
    SpocJobAnswer job;
    SpocStateAttributes *state; /* (nullable): NULL: not asked for, or cupsd could not be asked */
    SpocQuestionAnsweredFunc answered;
    gpointer user_data;
};

typedef struct _SpocWorker SpocWorker;

/* Answers come on the thread-default context of the caller of this. */
SpocWorker *spoc_worker_new(gint timeout_ms, const char *server_bin);
SpocWorker *spoc_worker_ref(SpocWorker *worker);
void spoc_worker_unref(SpocWorker *worker);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SpocWorker, spoc_worker_unref)

/* From now on nobody is called any more. */
void spoc_worker_close(SpocWorker *worker);
gboolean spoc_worker_is_closed(const SpocWorker *worker);

/* Returns the question's number. @answered: may close the worker */
guint64 spoc_worker_ask(SpocWorker *worker, SpocQuestionKind kind, gint id, const char *name,
                        SpocQuestionAnsweredFunc answered, gpointer user_data);

/* Lets the main loop call @function once in its next turn, never at once, and not when the
 * worker was closed; @destroy is called in any case. */
void spoc_worker_call_later(SpocWorker *worker, void (*function)(gpointer data), gpointer data,
                            GDestroyNotify destroy);
