/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One worker thread, because libcups has only blocking calls. It and the main loop share
 * Shared, which whoever lets go of it last frees; questions go over a queue, answers come
 * back as idle sources. Whoever asked is known on the main loop's side alone, so freeing
 * SpocCups silences all answers at once and need not wait for the thread.
 */
#include "people/cups.h"

#include "people/ask.h"
#include "people/job-memory.h"

#include <gio/gio.h>

/* Owners remembered; the one that was used longest ago goes first. About 300 bytes each. */
#define REMEMBERED_MAX 20000

/* Of these, so many are kept for the next spocd. */
#define EXPORTED_MAX 2000

/* A line to cupsd that is not used is given up after this. */
#define REST_AFTER_US G_USEC_PER_SEC

/* Questions that wait behind one that found cupsd silent are not all made to wait for the
 * time-out: they are answered so at once. */
#define SILENCE_BELIEVED_US G_USEC_PER_SEC

typedef enum { QUESTION_SUBSCRIPTION, QUESTION_JOB, QUESTION_STOP } QuestionKind;

typedef struct {
    QuestionKind kind;
    gint id;
    guint64 number; /* names it on the main loop's side */
    SpocSubscriptionAnswer subscription;
    SpocJobAnswer job;
} Question;

typedef struct {
    GAsyncQueue *questions;
    GMainContext *context;
    gint timeout_ms;
    SpocCups *cups; /* (nullable): touched on the main context alone; NULL once freed */
} Shared;

/* One who waits for an answer */
typedef struct {
    SpocCupsSubscriptionFunc on_subscription;
    SpocCupsJobFunc on_job;
    gpointer user_data;
} Waiter;

/* A question under way */
typedef struct {
    gint job_id;          /* 0 for a subscription */
    gboolean is_outdated; /* the job was forgotten meanwhile */
    GArray *waiters;
} Pending;

struct _SpocCups {
    Shared *shared;
    guint64 last_number;
    GHashTable *pending;    /* number to Pending */
    GHashTable *asked_jobs; /* job id to the number of its question under way */
    SpocJobMemory *memory;
    SpocCupsLearnedFunc learned; /* (nullable) */
    gpointer learned_data;
};

static void
question_free(Question *question)
{
    g_free(question->subscription.printer_uri);
    spoc_job_facts_free(question->job.facts);
    g_free(question->job.why);
    g_free(question);
}

static void
shared_clear(gpointer data)
{
    Shared *shared = data;
    g_async_queue_unref(shared->questions);
    g_main_context_unref(shared->context);
}

static void
shared_release(Shared *shared)
{
    g_atomic_rc_box_release_full(shared, shared_clear);
}

/* Lets the main loop call @function in its next turn, never at once. */
static void
call_later(Shared *shared, GSourceFunc function, gpointer data, GDestroyNotify destroy)
{
    GSource *source = g_idle_source_new();
    g_source_set_priority(source, G_PRIORITY_DEFAULT);
    g_source_set_callback(source, function, data, destroy);
    g_source_attach(source, shared->context);
    g_source_unref(source);
}

/* --- the worker thread ------------------------------------------------------------------ */

typedef struct {
    Shared *shared;
    Question *question;
} Delivery;

static void
delivery_free(gpointer data)
{
    Delivery *delivery = data;
    question_free(delivery->question);
    shared_release(delivery->shared);
    g_free(delivery);
}

static gboolean deliver(gpointer data);

static void
send_back(Shared *shared, Question *question)
{
    Delivery *delivery = g_new0(Delivery, 1);
    delivery->shared = g_atomic_rc_box_acquire(shared);
    delivery->question = question;
    call_later(shared, deliver, delivery, delivery_free);
}

/* Returns whether cupsd answered. */
static gboolean
answer(SpocAsker *asker, Question *question)
{
    if (question->kind == QUESTION_SUBSCRIPTION) {
        spoc_ask_subscription(asker, question->id, &question->subscription);
        return spoc_asker_is_connected(asker);
    }
    spoc_ask_job(asker, question->id, &question->job);
    return !question->job.may_pass;
}

static void
answer_silence(Question *question)
{
    if (question->kind == QUESTION_SUBSCRIPTION) {
        question->subscription.status = SPOC_SUBSCRIPTION_UNREACHABLE;
    } else {
        question->job.may_pass = TRUE;
        question->job.why = g_strdup("cupsd could not be reached a moment ago");
    }
}

static gpointer
work(gpointer data)
{
    Shared *shared = data;
    SpocAsker *asker = spoc_asker_new(shared->timeout_ms);
    gint64 silent_until_us = 0;
    for (;;) {
        Question *question = spoc_asker_is_connected(asker)
                                 ? g_async_queue_timeout_pop(shared->questions, REST_AFTER_US)
                                 : g_async_queue_pop(shared->questions);
        if (question == NULL) {
            spoc_asker_rest(asker);
            continue;
        }
        if (question->kind == QUESTION_STOP) {
            question_free(question);
            break;
        }
        if (g_get_monotonic_time() < silent_until_us)
            answer_silence(question);
        else if (!answer(asker, question))
            silent_until_us = g_get_monotonic_time() + SILENCE_BELIEVED_US;
        send_back(shared, question);
    }
    spoc_asker_free(asker);
    shared_release(shared);
    return NULL;
}

/* --- memory ----------------------------------------------------------------------------- */

const SpocJobFacts *
spoc_cups_job_remembered(SpocCups *cups, gint job_id)
{
    return spoc_job_memory_get(cups->memory, job_id);
}

void
spoc_cups_forget_job(SpocCups *cups, gint job_id)
{
    spoc_job_memory_forget(cups->memory, job_id);
    guint64 *number = g_hash_table_lookup(cups->asked_jobs, GINT_TO_POINTER(job_id));
    if (number == NULL)
        return;
    Pending *pending = g_hash_table_lookup(cups->pending, number);
    pending->is_outdated = TRUE;
    g_hash_table_remove(cups->asked_jobs, GINT_TO_POINTER(job_id));
}

void
spoc_cups_set_learned(SpocCups *cups, SpocCupsLearnedFunc learned, gpointer user_data)
{
    cups->learned = learned;
    cups->learned_data = user_data;
}

char *
spoc_cups_export(const SpocCups *cups)
{
    return spoc_job_memory_export(cups->memory, EXPORTED_MAX);
}

void
spoc_cups_import(SpocCups *cups, const char *text)
{
    spoc_job_memory_import(cups->memory, text, g_get_real_time() / G_USEC_PER_SEC);
}

/* --- questions and answers -------------------------------------------------------------- */

static void
pending_free(gpointer data)
{
    Pending *pending = data;
    g_array_unref(pending->waiters);
    g_free(pending);
}

SpocCups *
spoc_cups_new_with_timeout(gint timeout_ms)
{
    Shared *shared = g_atomic_rc_box_new0(Shared);
    shared->questions = g_async_queue_new_full((GDestroyNotify)question_free);
    shared->context = g_main_context_ref_thread_default();
    shared->timeout_ms = timeout_ms;

    SpocCups *cups = g_new0(SpocCups, 1);
    cups->shared = shared;
    cups->pending = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, pending_free);
    cups->asked_jobs = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    cups->memory = spoc_job_memory_new(REMEMBERED_MAX);
    shared->cups = cups;
    g_thread_unref(g_thread_new("spoc-cups", work, g_atomic_rc_box_acquire(shared)));
    return cups;
}

SpocCups *
spoc_cups_new(void)
{
    return spoc_cups_new_with_timeout(SPOC_ASK_TIMEOUT_MS);
}

void
spoc_cups_free(SpocCups *cups)
{
    if (cups == NULL)
        return;
    /* What nobody waits for need not be asked. */
    for (Question *left; (left = g_async_queue_try_pop(cups->shared->questions)) != NULL;)
        question_free(left);
    Question *stop = g_new0(Question, 1);
    stop->kind = QUESTION_STOP;
    g_async_queue_push(cups->shared->questions, stop);
    cups->shared->cups = NULL;
    shared_release(cups->shared);
    g_hash_table_unref(cups->pending);
    g_hash_table_unref(cups->asked_jobs);
    spoc_job_memory_free(cups->memory);
    g_free(cups);
}

static guint64
put_question(SpocCups *cups, QuestionKind kind, gint id, const Waiter *waiter)
{
    guint64 number = ++cups->last_number;
    Pending *pending = g_new0(Pending, 1);
    pending->job_id = kind == QUESTION_JOB ? id : 0;
    pending->waiters = g_array_new(FALSE, FALSE, sizeof(Waiter));
    g_array_append_val(pending->waiters, *waiter);
    g_hash_table_insert(cups->pending, g_memdup2(&number, sizeof number), pending);

    Question *question = g_new0(Question, 1);
    question->kind = kind;
    question->id = id;
    question->number = number;
    g_async_queue_push(cups->shared->questions, question);
    return number;
}

void
spoc_cups_ask_subscription(SpocCups *cups, gint subscription_id, SpocCupsSubscriptionFunc callback,
                           gpointer user_data)
{
    const Waiter waiter = {.on_subscription = callback, .user_data = user_data};
    (void)put_question(cups, QUESTION_SUBSCRIPTION, subscription_id, &waiter);
}

typedef struct {
    Shared *shared;
    gint job_id;
    Waiter waiter;
} Recollection;

static void
recollection_free(gpointer data)
{
    Recollection *recollection = data;
    shared_release(recollection->shared);
    g_free(recollection);
}

static gboolean
recollect(gpointer data)
{
    Recollection *recollection = data;
    SpocCups *cups = recollection->shared->cups;
    if (cups == NULL)
        return G_SOURCE_REMOVE;
    const Waiter *waiter = &recollection->waiter;
    const SpocJobFacts *facts = spoc_cups_job_remembered(cups, recollection->job_id);
    if (facts != NULL)
        waiter->on_job(facts, NULL, FALSE, waiter->user_data);
    else /* forgotten in between */
        spoc_cups_ask_job(cups, recollection->job_id, waiter->on_job, waiter->user_data);
    return G_SOURCE_REMOVE;
}

void
spoc_cups_ask_job(SpocCups *cups, gint job_id, SpocCupsJobFunc callback, gpointer user_data)
{
    const Waiter waiter = {.on_job = callback, .user_data = user_data};
    if (spoc_cups_job_remembered(cups, job_id) != NULL) {
        Recollection *recollection = g_new0(Recollection, 1);
        recollection->shared = g_atomic_rc_box_acquire(cups->shared);
        recollection->job_id = job_id;
        recollection->waiter = waiter;
        call_later(cups->shared, recollect, recollection, recollection_free);
        return;
    }
    guint64 *asked = g_hash_table_lookup(cups->asked_jobs, GINT_TO_POINTER(job_id));
    if (asked != NULL) {
        Pending *pending = g_hash_table_lookup(cups->pending, asked);
        g_array_append_val(pending->waiters, waiter);
        return;
    }
    guint64 number = put_question(cups, QUESTION_JOB, job_id, &waiter);
    g_hash_table_insert(cups->asked_jobs, GINT_TO_POINTER(job_id),
                        g_memdup2(&number, sizeof number));
}

/* An answer, on the main context. A callback may ask again, or free the SpocCups. */
static gboolean
deliver(gpointer data)
{
    Delivery *delivery = data;
    Shared *shared = delivery->shared;
    Question *question = delivery->question;
    SpocCups *cups = shared->cups;
    if (cups == NULL)
        return G_SOURCE_REMOVE;

    Pending *pending = g_hash_table_lookup(cups->pending, &question->number);
    g_autoptr(GArray) waiters = g_array_ref(pending->waiters);
    SpocJobFacts *facts = question->job.facts;
    gint64 now_unix_s = g_get_real_time() / G_USEC_PER_SEC;
    if (facts != NULL)
        facts->learned_unix_s = now_unix_s;
    if (pending->job_id != 0 && !pending->is_outdated) {
        g_hash_table_remove(cups->asked_jobs, GINT_TO_POINTER(pending->job_id));
        if (facts != NULL && facts->owner != NULL) {
            spoc_job_memory_put(cups->memory, pending->job_id, facts, now_unix_s);
            if (cups->learned != NULL)
                cups->learned(cups->learned_data);
        }
    }
    g_hash_table_remove(cups->pending, &question->number);
    for (guint i = 0; i < waiters->len && shared->cups != NULL; i++) {
        const Waiter *waiter = &g_array_index(waiters, Waiter, i);
        if (waiter->on_job != NULL)
            waiter->on_job(facts, question->job.why, question->job.may_pass, waiter->user_data);
        else
            waiter->on_subscription(question->subscription.status, question->subscription.job_id,
                                    question->subscription.printer_uri, waiter->user_data);
    }
    return G_SOURCE_REMOVE;
}
