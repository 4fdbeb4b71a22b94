/* SPDX-License-Identifier: Apache-2.0 */
/* Who waits for which answer, and what is remembered; worker.c does the asking. */
#include "cups/questions.h"

#include "cups/ask.h"
#include "cups/cupsd.h"
#include "cups/job-memory.h"
#include "cups/states.h"
#include "cups/worker.h"

/* Owners remembered; the one that was used longest ago goes first. About 300 bytes each. */
#define REMEMBERED_MAX 20000

/* Of these, so many are kept for the next spocd. */
#define EXPORTED_MAX 2000

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
    SpocWorker *worker;
    SpocStates *states;
    GHashTable *pending;    /* number to Pending */
    GHashTable *asked_jobs; /* job id to the number of its question under way */
    SpocJobMemory *memory;
    SpocCupsLearnedFunc learned; /* (nullable) */
    gpointer learned_data;
};

/* --- memory ----------------------------------------------------------------------------- */

const SpocJobAttributes *
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

char *
spoc_cups_export_job(SpocCups *cups, gint job_id)
{
    return spoc_job_memory_export_job(cups->memory, job_id);
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

static SpocCups *
new_cups(gint timeout_ms, const char *server_bin)
{
    SpocCups *cups = g_new0(SpocCups, 1);
    cups->worker = spoc_worker_new(timeout_ms, server_bin);
    cups->states = spoc_states_new(cups->worker);
    cups->pending = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, pending_free);
    cups->asked_jobs = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    cups->memory = spoc_job_memory_new(REMEMBERED_MAX);
    return cups;
}

SpocCups *
spoc_cups_new_with_timeout(gint timeout_ms)
{
    return new_cups(timeout_ms, NULL);
}

SpocCups *
spoc_cups_new(const char *server_bin)
{
    return new_cups(SPOC_CUPSD_TIMEOUT_MS, server_bin);
}

void
spoc_cups_free(SpocCups *cups)
{
    if (cups == NULL)
        return;
    spoc_worker_close(cups->worker);
    spoc_states_free(cups->states);
    spoc_worker_unref(cups->worker);
    g_hash_table_unref(cups->pending);
    g_hash_table_unref(cups->asked_jobs);
    spoc_job_memory_free(cups->memory);
    g_free(cups);
}

static void answered(SpocQuestion *question, gpointer user_data);

static guint64
put_question(SpocCups *cups, SpocQuestionKind kind, gint id, const Waiter *waiter)
{
    guint64 number = spoc_worker_ask(cups->worker, kind, id, NULL, answered, cups);
    Pending *pending = g_new0(Pending, 1);
    pending->job_id = kind == SPOC_QUESTION_JOB ? id : 0;
    pending->waiters = g_array_new(FALSE, FALSE, sizeof(Waiter));
    g_array_append_val(pending->waiters, *waiter);
    g_hash_table_insert(cups->pending, g_memdup2(&number, sizeof number), pending);
    return number;
}

void
spoc_cups_ask_subscription(SpocCups *cups, gint subscription_id, SpocCupsSubscriptionFunc callback,
                           gpointer user_data)
{
    const Waiter waiter = {.on_subscription = callback, .user_data = user_data};
    (void)put_question(cups, SPOC_QUESTION_SUBSCRIPTION, subscription_id, &waiter);
}

typedef struct {
    SpocCups *cups; /* lives: nobody is called when it was freed */
    gint job_id;
    Waiter waiter;
} Recollection;

static void
recollect(gpointer data)
{
    const Recollection *recollection = data;
    SpocCups *cups = recollection->cups;
    const Waiter *waiter = &recollection->waiter;
    const SpocJobAttributes *facts = spoc_cups_job_remembered(cups, recollection->job_id);
    if (facts != NULL)
        waiter->on_job(facts, NULL, FALSE, waiter->user_data);
    else /* forgotten in between */
        spoc_cups_ask_job(cups, recollection->job_id, waiter->on_job, waiter->user_data);
}

void
spoc_cups_ask_job(SpocCups *cups, gint job_id, SpocCupsJobFunc callback, gpointer user_data)
{
    const Waiter waiter = {.on_job = callback, .user_data = user_data};
    if (spoc_cups_job_remembered(cups, job_id) != NULL) {
        Recollection *recollection = g_new0(Recollection, 1);
        *recollection = (Recollection){cups, job_id, waiter};
        spoc_worker_call_later(cups->worker, recollect, recollection, g_free);
        return;
    }
    guint64 *asked = g_hash_table_lookup(cups->asked_jobs, GINT_TO_POINTER(job_id));
    if (asked != NULL) {
        Pending *pending = g_hash_table_lookup(cups->pending, asked);
        g_array_append_val(pending->waiters, waiter);
        return;
    }
    guint64 number = put_question(cups, SPOC_QUESTION_JOB, job_id, &waiter);
    g_hash_table_insert(cups->asked_jobs, GINT_TO_POINTER(job_id),
                        g_memdup2(&number, sizeof number));
}

/* An answer, on the main context. A callback may ask again, or free the SpocCups. */
static void
answered(SpocQuestion *question, gpointer user_data)
{
    SpocCups *cups = user_data;
    g_autoptr(SpocWorker) worker = spoc_worker_ref(cups->worker);
    Pending *pending = g_hash_table_lookup(cups->pending, &question->number);
    g_autoptr(GArray) waiters = g_array_ref(pending->waiters);
    SpocJobAttributes *facts = question->job.facts;
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
    for (guint i = 0; i < waiters->len && !spoc_worker_is_closed(worker); i++) {
        const Waiter *waiter = &g_array_index(waiters, Waiter, i);
        if (waiter->on_job != NULL)
            waiter->on_job(facts, question->job.why, question->job.may_pass, waiter->user_data);
        else
            waiter->on_subscription(question->subscription.status, question->subscription.job_id,
                                    question->subscription.printer_uri,
                                    question->subscription.subscriber, question->subscription.why,
                                    waiter->user_data);
    }
}

/* --- what they say of themselves -------------------------------------------------------- */

void
spoc_cups_ask_state_at(SpocCups *cups, gint job_id, const char *printer_name, gint printer_state,
                       SpocCupsStateFunc callback, gpointer user_data)
{
    spoc_states_ask(cups->states, job_id, printer_name, printer_state, callback, user_data);
}

void
spoc_cups_ask_state(SpocCups *cups, gint job_id, const char *printer_name,
                    SpocCupsStateFunc callback, gpointer user_data)
{
    spoc_cups_ask_state_at(cups, job_id, printer_name, 0, callback, user_data);
}

SpocDevice
spoc_cups_device_remembered(SpocCups *cups, const char *printer_name)
{
    return spoc_states_device(cups->states, printer_name);
}
