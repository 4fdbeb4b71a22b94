/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who waits for which answer, and what is remembered; worker.c does the asking. The file state/jobs
 * is what spoc_job_memory_export() writes.
 */
#include "cups/questions.h"

#include "base/durable.h"
#include "cups/cupsd.h"
#include "cups/job-memory.h"
#include "cups/worker.h"

#include <string.h>

/* Owners remembered; the one that was used longest ago goes first. About 300 bytes each. */
#define JOBS_MAX 20000

/* Of these, so many are kept for the next spocd. */
#define EXPORTED_MAX 2000

#define FILE_NAME "jobs"
#define FILE_MAX_BYTES (8 * 1024 * 1024)
/* What is learned within this is written together. */
#define SAVE_MS 200

/* Who asks beyond this gets no answer; events that wait are far fewer. */
#define REQUESTS_MAX 20000

/* Printers whose answer is remembered. About 1 KiB each. */
#define PRINTERS_MAX 500

/* And whose device is. About 100 bytes each. */
#define DEVICES_MAX 5000

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

typedef struct {
    SpocStateAttributes *attributes;
    gint64 learned_us;
} Remembered;

typedef struct {
    SpocDevice device;
    gint64 learned_us;
} KnownDevice;

/* One who waits for the state of a printer, of a job, or of both */
typedef struct {
    SpocCups *cups;
    SpocCupsStateFunc callback;
    gpointer user_data;
    SpocStateAttributes *attributes; /* what is known so far */
    gboolean is_heard;               /* cupsd answered something */
    guint waits_for;                 /* answers to come */
} Request;

struct _SpocCups {
    SpocWorker *worker;
    GHashTable *pending;    /* number to Pending */
    GHashTable *asked_jobs; /* job id to the number of its question under way */
    SpocJobMemory *memory;
    SpocSpool *spool; /* (nullable): jobs are not kept */
    SpocLog *log;
    guint save_timer;

    GHashTable *requests;         /* the set of all, which it owns */
    GHashTable *asked_printers;   /* name to the array of Requests that wait */
    GHashTable *asked_job_states; /* id to the same */
    GHashTable *remembered;       /* name of a printer to Remembered */
    GHashTable *devices;          /* the same to KnownDevice */
};

/* --- what is remembered of jobs ---------------------------------------------------------- */

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

static gboolean
save_jobs(gpointer user_data)
{
    SpocCups *cups = user_data;
    g_autoptr(GError) error = NULL;
    cups->save_timer = 0;
    g_autofree char *text = spoc_job_memory_export(cups->memory, EXPORTED_MAX);
    if (!spoc_durable_replace(spoc_spool_folder_fd(cups->spool, "state"), FILE_NAME, text,
                              strlen(text), 0600, NULL, &error))
        spoc_log(cups->log, SPOC_LOG_ERROR,
                 "cannot write the owners of jobs to the spool's state/; after a restart spocd may "
                 "not know them any more: %s",
                 error->message);
    return G_SOURCE_REMOVE;
}

void
spoc_cups_keep_jobs(SpocCups *cups, SpocSpool *spool, SpocLog *log)
{
    cups->spool = spool;
    cups->log = log;
    g_autoptr(GBytes) text =
        spoc_durable_read(spoc_spool_folder_fd(spool, "state"), FILE_NAME, FILE_MAX_BYTES, NULL);
    if (text != NULL) {
        g_autofree char *copy = g_strndup(g_bytes_get_data(text, NULL), g_bytes_get_size(text));
        spoc_cups_import(cups, copy);
    }
}

/* --- new and free ------------------------------------------------------------------------ */

static void
pending_free(gpointer data)
{
    Pending *pending = data;
    g_array_unref(pending->waiters);
    g_free(pending);
}

static void
request_free(gpointer data)
{
    Request *request = data;
    spoc_state_attributes_free(request->attributes);
    g_free(request);
}

static void
remembered_free(gpointer data)
{
    Remembered *remembered = data;
    spoc_state_attributes_free(remembered->attributes);
    g_free(remembered);
}

static SpocCups *
new_cups(gint timeout_ms, const char *server_bin)
{
    SpocCups *cups = g_new0(SpocCups, 1);
    GDestroyNotify unref = (GDestroyNotify)g_ptr_array_unref;
    cups->worker = spoc_worker_new(timeout_ms, server_bin);
    cups->pending = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, pending_free);
    cups->asked_jobs = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    cups->memory = spoc_job_memory_new(JOBS_MAX);
    cups->requests = g_hash_table_new_full(NULL, NULL, request_free, NULL);
    cups->asked_printers = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, unref);
    cups->asked_job_states = g_hash_table_new_full(NULL, NULL, NULL, unref);
    cups->remembered = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, remembered_free);
    cups->devices = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
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
    if (cups->save_timer != 0) {
        g_source_remove(cups->save_timer);
        (void)save_jobs(cups);
    }
    spoc_worker_close(cups->worker);
    spoc_worker_unref(cups->worker);
    GHashTable *tables[] = {cups->pending,          cups->asked_jobs, cups->asked_printers,
                            cups->asked_job_states, cups->remembered, cups->devices,
                            cups->requests};
    for (guint i = 0; i < G_N_ELEMENTS(tables); i++)
        g_hash_table_unref(tables[i]);
    spoc_job_memory_free(cups->memory);
    g_free(cups);
}

/* --- subscriptions and jobs -------------------------------------------------------------- */

static void on_answer(SpocQuestion *question, gpointer user_data);

static guint64
put_question(SpocCups *cups, SpocQuestionKind kind, gint id, const Waiter *waiter)
{
    guint64 number = spoc_worker_ask(cups->worker, kind, id, NULL, on_answer, cups);
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
answer_from_memory(gpointer data)
{
    const Recollection *recollection = data;
    SpocCups *cups = recollection->cups;
    const Waiter *waiter = &recollection->waiter;
    const SpocJobAttributes *attributes = spoc_cups_job_remembered(cups, recollection->job_id);
    if (attributes != NULL)
        waiter->on_job(attributes, NULL, FALSE, waiter->user_data);
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
        spoc_worker_call_later(cups->worker, answer_from_memory, recollection, g_free);
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
on_answer(SpocQuestion *question, gpointer user_data)
{
    SpocCups *cups = user_data;
    g_autoptr(SpocWorker) worker = spoc_worker_ref(cups->worker);
    Pending *pending = g_hash_table_lookup(cups->pending, &question->number);
    g_autoptr(GArray) waiters = g_array_ref(pending->waiters);
    SpocJobAttributes *attributes = question->job.attributes;
    gint64 now_unix_s = g_get_real_time() / G_USEC_PER_SEC;
    if (attributes != NULL)
        attributes->learned_unix_s = now_unix_s;
    if (pending->job_id != 0 && !pending->is_outdated) {
        g_hash_table_remove(cups->asked_jobs, GINT_TO_POINTER(pending->job_id));
        if (attributes != NULL && attributes->owner != NULL) {
            spoc_job_memory_put(cups->memory, pending->job_id, attributes, now_unix_s);
            if (cups->spool != NULL && cups->save_timer == 0)
                cups->save_timer = g_timeout_add(SAVE_MS, save_jobs, cups);
        }
    }
    g_hash_table_remove(cups->pending, &question->number);
    for (guint i = 0; i < waiters->len && !spoc_worker_is_closed(worker); i++) {
        const Waiter *waiter = &g_array_index(waiters, Waiter, i);
        if (waiter->on_job != NULL)
            waiter->on_job(attributes, question->job.why, question->job.may_pass,
                           waiter->user_data);
        else
            waiter->on_subscription(&question->subscription, waiter->user_data);
    }
}

/* --- the states of printers and jobs ----------------------------------------------------- */

static gboolean
is_stale(gpointer key, gpointer value, gpointer user_data)
{
    const Remembered *remembered = value;
    const gint64 *now_us = user_data;
    return *now_us - remembered->learned_us >= SPOC_STATE_REMEMBERED_MS * 1000;
}

static void
remember_printer(SpocCups *cups, const char *name, const SpocStateAttributes *attributes)
{
    gint64 now_us = g_get_monotonic_time();
    if (attributes->printer_state == 0)
        return;
    if (g_hash_table_size(cups->remembered) >= PRINTERS_MAX)
        (void)g_hash_table_foreach_remove(cups->remembered, is_stale, &now_us);
    if (g_hash_table_size(cups->remembered) >= PRINTERS_MAX)
        return;
    Remembered *remembered = g_new0(Remembered, 1);
    remembered->attributes = spoc_state_attributes_copy(attributes);
    remembered->learned_us = now_us;
    g_hash_table_replace(cups->remembered, g_strdup(name), remembered);
}

static gboolean
is_old_device(gpointer key, gpointer value, gpointer user_data)
{
    const KnownDevice *known = value;
    const gint64 *now_us = user_data;
    return *now_us - known->learned_us >= SPOC_DEVICE_REMEMBERED_MS * 1000;
}

static void
remember_device(SpocCups *cups, const char *name, SpocDevice device)
{
    gint64 now_us = g_get_monotonic_time();
    if (device == SPOC_DEVICE_UNKNOWN)
        return;
    if (g_hash_table_size(cups->devices) >= DEVICES_MAX)
        (void)g_hash_table_foreach_remove(cups->devices, is_old_device, &now_us);
    if (g_hash_table_size(cups->devices) >= DEVICES_MAX)
        return;
    KnownDevice *known = g_new0(KnownDevice, 1);
    *known = (KnownDevice){.device = device, .learned_us = now_us};
    g_hash_table_replace(cups->devices, g_strdup(name), known);
}

/* (nullable) */
static const SpocStateAttributes *
recall_printer(SpocCups *cups, const char *name, gint printer_state)
{
    gint64 now_us = g_get_monotonic_time();
    Remembered *remembered = g_hash_table_lookup(cups->remembered, name);
    if (remembered == NULL || is_stale(NULL, remembered, &now_us))
        return NULL;
    gboolean is_it = printer_state == 0 || printer_state == remembered->attributes->printer_state;
    return is_it ? remembered->attributes : NULL;
}

static void
copy_job_part(SpocStateAttributes *all, const SpocStateAttributes *job)
{
    g_strfreev(all->job_state_reasons);
    g_free(all->job_message);
    all->job_state = job->job_state;
    all->job_state_reasons = g_strdupv(job->job_state_reasons);
    all->job_message = g_strdup(job->job_message);
    all->job_impressions = job->job_impressions;
    all->job_impressions_completed = job->job_impressions_completed;
    all->job_sheets_completed = job->job_sheets_completed;
}

static void
add_printer(Request *request, const SpocStateAttributes *printer)
{
    g_autoptr(SpocStateAttributes) before = request->attributes;
    request->attributes = spoc_state_attributes_copy(printer);
    copy_job_part(request->attributes, before);
    request->is_heard = TRUE;
}

static void
add_job(Request *request, const SpocStateAttributes *job)
{
    copy_job_part(request->attributes, job);
    request->is_heard = TRUE;
}

static void
finish_request(gpointer data)
{
    Request *request = data;
    g_hash_table_steal(request->cups->requests, request);
    request->callback(request->is_heard ? request->attributes : NULL, request->user_data);
    request_free(request);
}

/* A callback may ask again, or free the SpocCups. */
static void
answer_requests(SpocWorker *worker, GPtrArray *waiters, const SpocStateAttributes *attributes,
                void (*add)(Request *request, const SpocStateAttributes *attributes))
{
    for (guint i = 0; i < waiters->len && !spoc_worker_is_closed(worker); i++) {
        Request *request = waiters->pdata[i];
        if (attributes != NULL)
            add(request, attributes);
        if (--request->waits_for == 0)
            finish_request(request);
    }
}

static void
on_printer_state(SpocQuestion *question, gpointer user_data)
{
    SpocCups *cups = user_data;
    g_autoptr(SpocWorker) worker = spoc_worker_ref(cups->worker);
    g_autoptr(GPtrArray) waiters =
        g_ptr_array_ref(g_hash_table_lookup(cups->asked_printers, question->name));
    g_hash_table_remove(cups->asked_printers, question->name);
    if (question->state != NULL) {
        remember_printer(cups, question->name, question->state);
        remember_device(cups, question->name, question->state->device);
    }
    answer_requests(worker, waiters, question->state, add_printer);
}

static void
on_job_state(SpocQuestion *question, gpointer user_data)
{
    SpocCups *cups = user_data;
    g_autoptr(SpocWorker) worker = spoc_worker_ref(cups->worker);
    gpointer id = GINT_TO_POINTER(question->id);
    g_autoptr(GPtrArray) waiters = g_ptr_array_ref(g_hash_table_lookup(cups->asked_job_states, id));
    g_hash_table_remove(cups->asked_job_states, id);
    answer_requests(worker, waiters, question->state, add_job);
}

static void
ask_job_state(SpocCups *cups, gint job_id, Request *request)
{
    GPtrArray *waiters = g_hash_table_lookup(cups->asked_job_states, GINT_TO_POINTER(job_id));
    if (waiters == NULL) {
        waiters = g_ptr_array_new();
        g_hash_table_insert(cups->asked_job_states, GINT_TO_POINTER(job_id), waiters);
        (void)spoc_worker_ask(cups->worker, SPOC_QUESTION_JOB_STATE, job_id, NULL, on_job_state,
                              cups);
    }
    g_ptr_array_add(waiters, request);
    request->waits_for++;
}

static void
ask_printer_state(SpocCups *cups, const char *name, Request *request)
{
    GPtrArray *waiters = g_hash_table_lookup(cups->asked_printers, name);
    if (waiters == NULL) {
        waiters = g_ptr_array_new();
        g_hash_table_insert(cups->asked_printers, g_strdup(name), waiters);
        (void)spoc_worker_ask(cups->worker, SPOC_QUESTION_PRINTER, 0, name, on_printer_state, cups);
    }
    g_ptr_array_add(waiters, request);
    request->waits_for++;
}

static void
keep_request(gpointer request)
{
    /* the set of requests owns it */
}

void
spoc_cups_ask_state_at(SpocCups *cups, gint job_id, const char *printer_name, gint printer_state,
                       SpocCupsStateFunc callback, gpointer user_data)
{
    gboolean is_too_much = g_hash_table_size(cups->requests) >= REQUESTS_MAX;
    Request *request = g_new0(Request, 1);
    request->cups = cups;
    request->callback = callback;
    request->user_data = user_data;
    request->attributes = spoc_state_attributes_new();
    g_hash_table_add(cups->requests, request);
    if (job_id > 0 && !is_too_much)
        ask_job_state(cups, job_id, request);
    if (printer_name != NULL && !is_too_much) {
        const SpocStateAttributes *printer = recall_printer(cups, printer_name, printer_state);
        if (printer != NULL)
            add_printer(request, printer);
        else
            ask_printer_state(cups, printer_name, request);
    }
    if (request->waits_for == 0)
        spoc_worker_call_later(cups->worker, finish_request, request, keep_request);
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
    gint64 now_us = g_get_monotonic_time();
    KnownDevice *known = g_hash_table_lookup(cups->devices, printer_name);
    return known != NULL && !is_old_device(NULL, known, &now_us) ? known->device
                                                                 : SPOC_DEVICE_UNKNOWN;
}
