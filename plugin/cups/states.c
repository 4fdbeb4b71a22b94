/* SPDX-License-Identifier: Apache-2.0 */
#include "cups/states.h"

/* Who asks beyond this is told nothing; events that wait are far fewer. */
#define REQUESTS_MAX 20000

/* Printers whose answer is remembered. About 1 KB each. */
#define REMEMBERED_MAX 500

/* And whose device is. About 100 bytes each. */
#define DEVICES_MAX 5000

typedef struct {
    SpocStates *states;
    SpocCupsStateFunc callback;
    gpointer user_data;
    SpocStateAttributes *facts; /* what is known so far */
    gboolean is_heard;          /* cupsd answered something */
    guint waits_for;            /* answers to come */
} Request;

typedef struct {
    SpocStateAttributes *facts;
    gint64 learned_us;
} Remembered;

typedef struct {
    SpocDevice device;
    gint64 learned_us;
} KnownDevice;

struct _SpocStates {
    SpocWorker *worker;
    GHashTable *requests;       /* the set of all, which it owns */
    GHashTable *asked_printers; /* name to the array of Requests that wait */
    GHashTable *asked_jobs;     /* id to the same */
    GHashTable *remembered;     /* name of a printer to Remembered */
    GHashTable *devices;        /* the same to KnownDevice */
};

static void
request_free(gpointer data)
{
    Request *request = data;
    spoc_state_attributes_free(request->facts);
    g_free(request);
}

static void
remembered_free(gpointer data)
{
    Remembered *remembered = data;
    spoc_state_attributes_free(remembered->facts);
    g_free(remembered);
}

SpocStates *
spoc_states_new(SpocWorker *worker)
{
    SpocStates *states = g_new0(SpocStates, 1);
    GDestroyNotify unref = (GDestroyNotify)g_ptr_array_unref;
    states->worker = spoc_worker_ref(worker);
    states->requests = g_hash_table_new_full(NULL, NULL, request_free, NULL);
    states->asked_printers = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, unref);
    states->asked_jobs = g_hash_table_new_full(NULL, NULL, NULL, unref);
    states->remembered = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, remembered_free);
    states->devices = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    return states;
}

void
spoc_states_free(SpocStates *states)
{
    g_hash_table_unref(states->asked_printers);
    g_hash_table_unref(states->asked_jobs);
    g_hash_table_unref(states->remembered);
    g_hash_table_unref(states->devices);
    g_hash_table_unref(states->requests);
    spoc_worker_unref(states->worker);
    g_free(states);
}

/* --- memory ----------------------------------------------------------------------------- */

static gboolean
is_stale(gpointer key, gpointer value, gpointer user_data)
{
    const Remembered *remembered = value;
    const gint64 *now_us = user_data;
    return *now_us - remembered->learned_us >= SPOC_STATE_REMEMBERED_MS * 1000;
}

static void
remember(SpocStates *states, const char *name, const SpocStateAttributes *facts)
{
    gint64 now_us = g_get_monotonic_time();
    if (facts->printer_state == 0)
        return;
    if (g_hash_table_size(states->remembered) >= REMEMBERED_MAX)
        (void)g_hash_table_foreach_remove(states->remembered, is_stale, &now_us);
    if (g_hash_table_size(states->remembered) >= REMEMBERED_MAX)
        return;
    Remembered *remembered = g_new0(Remembered, 1);
    remembered->facts = spoc_state_attributes_copy(facts);
    remembered->learned_us = now_us;
    g_hash_table_replace(states->remembered, g_strdup(name), remembered);
}

static gboolean
is_old_device(gpointer key, gpointer value, gpointer user_data)
{
    const KnownDevice *known = value;
    const gint64 *now_us = user_data;
    return *now_us - known->learned_us >= SPOC_DEVICE_REMEMBERED_MS * 1000;
}

static void
remember_device(SpocStates *states, const char *name, SpocDevice device)
{
    gint64 now_us = g_get_monotonic_time();
    if (device == SPOC_DEVICE_UNKNOWN)
        return;
    if (g_hash_table_size(states->devices) >= DEVICES_MAX)
        (void)g_hash_table_foreach_remove(states->devices, is_old_device, &now_us);
    if (g_hash_table_size(states->devices) >= DEVICES_MAX)
        return;
    KnownDevice *known = g_new0(KnownDevice, 1);
    *known = (KnownDevice){.device = device, .learned_us = now_us};
    g_hash_table_replace(states->devices, g_strdup(name), known);
}

SpocDevice
spoc_states_device(SpocStates *states, const char *printer_name)
{
    gint64 now_us = g_get_monotonic_time();
    KnownDevice *known = g_hash_table_lookup(states->devices, printer_name);
    return known != NULL && !is_old_device(NULL, known, &now_us) ? known->device
                                                                 : SPOC_DEVICE_UNKNOWN;
}

/* (nullable) */
static const SpocStateAttributes *
recall(SpocStates *states, const char *name, gint printer_state)
{
    gint64 now_us = g_get_monotonic_time();
    Remembered *remembered = g_hash_table_lookup(states->remembered, name);
    if (remembered == NULL || is_stale(NULL, remembered, &now_us))
        return NULL;
    gboolean is_it = printer_state == 0 || printer_state == remembered->facts->printer_state;
    return is_it ? remembered->facts : NULL;
}

/* --- answers ---------------------------------------------------------------------------- */

static void
add_printer(Request *request, const SpocStateAttributes *printer)
{
    SpocStateAttributes *all = spoc_state_attributes_copy(printer);
    SpocStateAttributes *job = request->facts;
    g_strfreev(all->job_state_reasons);
    all->job_state = job->job_state;
    all->job_state_reasons = g_steal_pointer(&job->job_state_reasons);
    all->job_message = g_steal_pointer(&job->job_message);
    all->job_impressions = job->job_impressions;
    all->job_impressions_completed = job->job_impressions_completed;
    all->job_sheets_completed = job->job_sheets_completed;
    spoc_state_attributes_free(job);
    request->facts = all;
    request->is_heard = TRUE;
}

static void
add_job(Request *request, const SpocStateAttributes *job)
{
    SpocStateAttributes *all = request->facts;
    g_strfreev(all->job_state_reasons);
    g_free(all->job_message);
    all->job_state = job->job_state;
    all->job_state_reasons = g_strdupv(job->job_state_reasons);
    all->job_message = g_strdup(job->job_message);
    all->job_impressions = job->job_impressions;
    all->job_impressions_completed = job->job_impressions_completed;
    all->job_sheets_completed = job->job_sheets_completed;
    request->is_heard = TRUE;
}

static void
finish(gpointer data)
{
    Request *request = data;
    g_hash_table_steal(request->states->requests, request);
    request->callback(request->is_heard ? request->facts : NULL, request->user_data);
    request_free(request);
}

/* A callback may ask again, or close the worker and free the states. */
static void
tell(SpocWorker *worker, GPtrArray *waiters, const SpocStateAttributes *facts,
     void (*add)(Request *request, const SpocStateAttributes *facts))
{
    for (guint i = 0; i < waiters->len && !spoc_worker_is_closed(worker); i++) {
        Request *request = waiters->pdata[i];
        if (facts != NULL)
            add(request, facts);
        if (--request->waits_for == 0)
            finish(request);
    }
}

static void
on_printer(SpocQuestion *question, gpointer user_data)
{
    SpocStates *states = user_data;
    g_autoptr(SpocWorker) worker = spoc_worker_ref(states->worker);
    g_autoptr(GPtrArray) waiters =
        g_ptr_array_ref(g_hash_table_lookup(states->asked_printers, question->name));
    g_hash_table_remove(states->asked_printers, question->name);
    if (question->state != NULL) {
        remember(states, question->name, question->state);
        remember_device(states, question->name, question->state->device);
    }
    tell(worker, waiters, question->state, add_printer);
}

static void
on_job(SpocQuestion *question, gpointer user_data)
{
    SpocStates *states = user_data;
    g_autoptr(SpocWorker) worker = spoc_worker_ref(states->worker);
    gpointer id = GINT_TO_POINTER(question->id);
    g_autoptr(GPtrArray) waiters = g_ptr_array_ref(g_hash_table_lookup(states->asked_jobs, id));
    g_hash_table_remove(states->asked_jobs, id);
    tell(worker, waiters, question->state, add_job);
}

/* --- questions -------------------------------------------------------------------------- */

static void
ask_job(SpocStates *states, gint job_id, Request *request)
{
    GPtrArray *waiters = g_hash_table_lookup(states->asked_jobs, GINT_TO_POINTER(job_id));
    if (waiters == NULL) {
        waiters = g_ptr_array_new();
        g_hash_table_insert(states->asked_jobs, GINT_TO_POINTER(job_id), waiters);
        (void)spoc_worker_ask(states->worker, SPOC_QUESTION_JOB_STATE, job_id, NULL, on_job,
                              states);
    }
    g_ptr_array_add(waiters, request);
    request->waits_for++;
}

static void
ask_printer(SpocStates *states, const char *name, Request *request)
{
    GPtrArray *waiters = g_hash_table_lookup(states->asked_printers, name);
    if (waiters == NULL) {
        waiters = g_ptr_array_new();
        g_hash_table_insert(states->asked_printers, g_strdup(name), waiters);
        (void)spoc_worker_ask(states->worker, SPOC_QUESTION_PRINTER, 0, name, on_printer, states);
    }
    g_ptr_array_add(waiters, request);
    request->waits_for++;
}

static void
keep(gpointer request)
{
    /* the set of requests owns it */
}

void
spoc_states_ask(SpocStates *states, gint job_id, const char *printer_name, gint printer_state,
                SpocCupsStateFunc callback, gpointer user_data)
{
    gboolean is_too_much = g_hash_table_size(states->requests) >= REQUESTS_MAX;
    Request *request = g_new0(Request, 1);
    request->states = states;
    request->callback = callback;
    request->user_data = user_data;
    request->facts = spoc_state_attributes_new();
    g_hash_table_add(states->requests, request);
    if (job_id > 0 && !is_too_much)
        ask_job(states, job_id, request);
    if (printer_name != NULL && !is_too_much) {
        const SpocStateAttributes *printer = recall(states, printer_name, printer_state);
        if (printer != NULL)
            add_printer(request, printer);
        else
            ask_printer(states, printer_name, request);
    }
    if (request->waits_for == 0)
        spoc_worker_call_later(states->worker, finish, request, keep);
}
