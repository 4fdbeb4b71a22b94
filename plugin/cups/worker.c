/* SPDX-License-Identifier: Apache-2.0 */
#include "cups/worker.h"

#include "cups/ask-state.h"

#include <gio/gio.h>

/* A line to cupsd that is not used is given up after this. */
#define REST_AFTER_US G_USEC_PER_SEC

/* Questions that wait behind one that found cupsd silent are not all made to wait for the
 * time-out: they are answered so at once. */
#define SILENCE_BELIEVED_US G_USEC_PER_SEC
#define SILENT "cupsd cannot be asked: it was silent a moment ago"

struct _SpocWorker {
    GAsyncQueue *questions;
    GMainContext *context;
    gint timeout_ms;
    char *server_bin;    /* (nullable) */
    guint64 last_number; /* this and the next are touched on the main context alone */
    gboolean is_closed;
};

static void
question_free(SpocQuestion *question)
{
    g_free(question->name);
    g_free(question->subscription.printer_uri);
    g_free(question->subscription.subscriber);
    g_free(question->subscription.why);
    spoc_job_attributes_free(question->job.facts);
    g_free(question->job.why);
    spoc_state_attributes_free(question->state);
    g_free(question);
}

static void
worker_clear(gpointer data)
{
    SpocWorker *worker = data;
    g_async_queue_unref(worker->questions);
    g_main_context_unref(worker->context);
    g_free(worker->server_bin);
}

SpocWorker *
spoc_worker_ref(SpocWorker *worker)
{
    return g_atomic_rc_box_acquire(worker);
}

void
spoc_worker_unref(SpocWorker *worker)
{
    g_atomic_rc_box_release_full(worker, worker_clear);
}

gboolean
spoc_worker_is_closed(const SpocWorker *worker)
{
    return worker->is_closed;
}

/* --- back to the main loop -------------------------------------------------------------- */

typedef struct {
    SpocWorker *worker;
    void (*function)(gpointer data);
    gpointer data;
    GDestroyNotify destroy;
} Call;

static void
call_free(gpointer data)
{
    Call *call = data;
    call->destroy(call->data);
    spoc_worker_unref(call->worker);
    g_free(call);
}

static gboolean
call_now(gpointer data)
{
    Call *call = data;
    if (!call->worker->is_closed)
        call->function(call->data);
    return G_SOURCE_REMOVE;
}

void
spoc_worker_call_later(SpocWorker *worker, void (*function)(gpointer data), gpointer data,
                       GDestroyNotify destroy)
{
    Call *call = g_new0(Call, 1);
    *call = (Call){spoc_worker_ref(worker), function, data, destroy};
    GSource *source = g_idle_source_new();
    g_source_set_priority(source, G_PRIORITY_DEFAULT);
    g_source_set_callback(source, call_now, call, call_free);
    g_source_attach(source, worker->context);
    g_source_unref(source);
}

static void
deliver(gpointer data)
{
    SpocQuestion *question = data;
    question->answered(question, question->user_data);
}

/* --- the thread ------------------------------------------------------------------------- */

/* Returns whether cupsd answered. */
static gboolean
answer(SpocAsker *asker, SpocQuestion *question)
{
    switch (question->kind) {
    case SPOC_QUESTION_SUBSCRIPTION:
        spoc_ask_subscription(asker, question->id, &question->subscription);
        return spoc_asker_is_connected(asker);
    case SPOC_QUESTION_JOB:
        spoc_ask_job(asker, question->id, &question->job);
        return spoc_asker_is_connected(asker);
    case SPOC_QUESTION_JOB_STATE:
        question->state = spoc_ask_job_state(asker, question->id);
        return question->state != NULL;
    case SPOC_QUESTION_PRINTER:
        question->state = spoc_ask_printer_state(asker, question->name);
        return question->state != NULL;
    case SPOC_QUESTION_STOP:
        break;
    }
    g_return_val_if_reached(FALSE);
}

static void
answer_silence(SpocQuestion *question)
{
    if (question->kind == SPOC_QUESTION_SUBSCRIPTION) {
        question->subscription.status = SPOC_SUBSCRIPTION_UNREACHABLE;
        question->subscription.why = g_strdup(SILENT);
    } else if (question->kind == SPOC_QUESTION_JOB) {
        question->job.may_pass = TRUE;
        question->job.why = g_strdup(SILENT);
    }
}

static gpointer
work(gpointer data)
{
    SpocWorker *worker = data;
    SpocAsker *asker = spoc_asker_new(worker->timeout_ms, worker->server_bin);
    gint64 silent_until_us = 0;
    for (;;) {
        SpocQuestion *question = spoc_asker_is_connected(asker)
                                     ? g_async_queue_timeout_pop(worker->questions, REST_AFTER_US)
                                     : g_async_queue_pop(worker->questions);
        if (question == NULL) {
            spoc_asker_rest(asker);
            continue;
        }
        if (question->kind == SPOC_QUESTION_STOP) {
            question_free(question);
            break;
        }
        if (g_get_monotonic_time() < silent_until_us)
            answer_silence(question);
        else if (!answer(asker, question))
            silent_until_us = g_get_monotonic_time() + SILENCE_BELIEVED_US;
        spoc_worker_call_later(worker, deliver, question, (GDestroyNotify)question_free);
    }
    spoc_asker_free(asker);
    spoc_worker_unref(worker);
    return NULL;
}

/* --- questions -------------------------------------------------------------------------- */

static gint
compare(gconstpointer a, gconstpointer b, gpointer user_data)
{
    const SpocQuestion *first = a;
    const SpocQuestion *second = b;
    if (first->kind != second->kind)
        return first->kind < second->kind ? -1 : 1;
    return first->number < second->number ? -1 : first->number > second->number;
}

SpocWorker *
spoc_worker_new(gint timeout_ms, const char *server_bin)
{
    SpocWorker *worker = g_atomic_rc_box_new0(SpocWorker);
    worker->questions = g_async_queue_new_full((GDestroyNotify)question_free);
    worker->context = g_main_context_ref_thread_default();
    worker->timeout_ms = timeout_ms;
    worker->server_bin = g_strdup(server_bin);
    g_thread_unref(g_thread_new("spoc-cups", work, spoc_worker_ref(worker)));
    return worker;
}

guint64
spoc_worker_ask(SpocWorker *worker, SpocQuestionKind kind, gint id, const char *name,
                SpocQuestionAnsweredFunc answered, gpointer user_data)
{
    SpocQuestion *question = g_new0(SpocQuestion, 1);
    question->kind = kind;
    question->id = id;
    question->name = g_strdup(name);
    question->number = ++worker->last_number;
    question->answered = answered;
    question->user_data = user_data;
    guint64 number = question->number; /* the thread may have answered before the return */
    g_async_queue_push_sorted(worker->questions, question, compare, NULL);
    return number;
}

void
spoc_worker_close(SpocWorker *worker)
{
    worker->is_closed = TRUE;
    /* What nobody waits for need not be asked. */
    for (SpocQuestion *left; (left = g_async_queue_try_pop(worker->questions)) != NULL;)
        question_free(left);
    SpocQuestion *stop = g_new0(SpocQuestion, 1);
    stop->kind = SPOC_QUESTION_STOP;
    g_async_queue_push(worker->questions, stop);
}
