/* SPDX-License-Identifier: Apache-2.0 */
#include "cups/worker.h"

#include "base/text.h"
#include "cups/cupsd.h"

#include <cups/cups.h>
#include <gio/gio.h>
#include <string.h>

#define TEXT_MAX_BYTES 1023 /* RFC 8011 5.1.2 */

/* cupsd takes any host here; it looks at the path alone. */
#define SERVER_URI "ipp://localhost/"

#define HIDDEN                                                                                     \
    "cupsd's policy hides the owner of the job: let JobPrivateAccess in cupsd.conf's <Policy> "    \
    "contain @SYSTEM, or take job-originating-user-name out of JobPrivateValues"

typedef struct {
    http_t *http; /* (nullable): not connected */
    gint timeout_ms;
    char *server_bin; /* (nullable) */
} Asker;

static const char *
no_password(const char *prompt, http_t *http, const char *method, const char *resource,
            void *user_data)
{
    return NULL;
}

static Asker *
asker_new(gint timeout_ms, const char *server_bin)
{
    cupsSetPasswordCB2(no_password, NULL);
    Asker *asker = g_new0(Asker, 1);
    asker->timeout_ms = timeout_ms;
    asker->server_bin = g_strdup(server_bin);
    return asker;
}

static void
hang_up(Asker *asker)
{
    if (asker->http != NULL)
        httpClose(asker->http);
    asker->http = NULL;
}

static void
asker_free(Asker *asker)
{
    if (asker == NULL)
        return;
    hang_up(asker);
    g_free(asker->server_bin);
    g_free(asker);
}

static gboolean
is_connected(const Asker *asker)
{
    return asker->http != NULL;
}

/* Whether the status is cupsd's word about the question, not about the line to it. */
static gboolean
is_answer(const ipp_t *response, ipp_status_t status)
{
    return response != NULL && status != IPP_STATUS_ERROR_SERVICE_UNAVAILABLE &&
           status != IPP_STATUS_ERROR_TEMPORARY && status != IPP_STATUS_ERROR_BUSY;
}

static ipp_t *
send_question(Asker *asker, ipp_t *(*make)(gconstpointer subject), gconstpointer subject,
              gint *ret_status)
{
    for (int attempt = 0; attempt < 2; attempt++) {
        gboolean was_kept = asker->http != NULL;
        if (!was_kept)
            asker->http = spoc_cupsd_connect(asker->timeout_ms);
        if (asker->http == NULL) {
            *ret_status = IPP_STATUS_ERROR_SERVICE_UNAVAILABLE;
            return NULL;
        }
        ipp_t *response = cupsDoRequest(asker->http, make(subject), "/");
        *ret_status = cupsLastError();
        if (is_answer(response, (ipp_status_t)*ret_status))
            return response;
        ippDelete(response);
        hang_up(asker);
        if (!was_kept)
            break;
    }
    return NULL;
}

/* The same words for all that cannot be asked: they are said once. */
static char *
explain_silence(const Asker *asker)
{
    g_autofree char *said = spoc_cupsd_last_words();
    g_autofree char *cause = spoc_cupsd_explain_silence(asker->server_bin);
    return g_strdup_printf("cupsd cannot be asked: %s; %s", said, cause);
}

static char *
get_text(ipp_t *response, const char *name, gsize max_bytes)
{
    ipp_attribute_t *attribute = ippFindAttribute(response, name, IPP_TAG_ZERO);
    const char *text = attribute != NULL ? ippGetString(attribute, 0, NULL) : NULL;
    if (text == NULL)
        return NULL;
    g_autofree char *line = spoc_text_line(text, -1, max_bytes);
    return *line != '\0' ? g_steal_pointer(&line) : NULL;
}

static void
add_question(ipp_t *request, const char *uri_name, const char *uri, const char *const *wanted,
             gint count)
{
    ippAddString(request, IPP_TAG_OPERATION, IPP_TAG_URI, uri_name, NULL, uri);
    ippAddString(request, IPP_TAG_OPERATION, IPP_TAG_NAME, "requesting-user-name", NULL, "root");
    ippAddStrings(request, IPP_TAG_OPERATION, IPP_TAG_KEYWORD, "requested-attributes", count, NULL,
                  wanted);
}

static ipp_t *
new_job_question(gint job_id, const char *const *wanted, gint count)
{
    g_autofree char *uri = g_strdup_printf("%sjobs/%d", SERVER_URI, job_id);
    ipp_t *request = ippNewRequest(IPP_OP_GET_JOB_ATTRIBUTES);
    add_question(request, "job-uri", uri, wanted, count);
    return request;
}

/* --- a subscription --------------------------------------------------------------------- */

static ipp_t *
make_subscription_question(gconstpointer subject)
{
    gint id = GPOINTER_TO_INT(subject);
    static const char *const wanted[] = {"notify-subscription-id", "notify-job-id",
                                         "notify-printer-uri", "notify-subscriber-user-name"};
    ipp_t *request = ippNewRequest(IPP_OP_GET_SUBSCRIPTION_ATTRIBUTES);
    add_question(request, "printer-uri", SERVER_URI, wanted, G_N_ELEMENTS(wanted));
    ippAddInteger(request, IPP_TAG_OPERATION, IPP_TAG_INTEGER, "notify-subscription-id", id);
    return request;
}

/* Whether it is an answer about this one, and not only looks like success. */
static gboolean
is_about(ipp_t *response, const char *name, gint id)
{
    ipp_attribute_t *attribute = ippFindAttribute(response, name, IPP_TAG_INTEGER);
    return attribute != NULL && ippGetInteger(attribute, 0) == id;
}

static void
ask_subscription(Asker *asker, gint subscription_id, SpocSubscriptionAnswer *ret_answer)
{
    *ret_answer = (SpocSubscriptionAnswer){.status = SPOC_SUBSCRIPTION_UNREACHABLE};
    gint status = IPP_STATUS_OK;
    ipp_t *response =
        send_question(asker, make_subscription_question, GINT_TO_POINTER(subscription_id), &status);
    if (response == NULL) {
        ret_answer->why = explain_silence(asker);
        return;
    }
    if (status == IPP_STATUS_ERROR_NOT_FOUND || status == IPP_STATUS_ERROR_GONE) {
        ret_answer->status = SPOC_SUBSCRIPTION_NOT_FOUND;
    } else if (status <= IPP_STATUS_OK_EVENTS_COMPLETE &&
               is_about(response, "notify-subscription-id", subscription_id)) {
        ipp_attribute_t *job = ippFindAttribute(response, "notify-job-id", IPP_TAG_INTEGER);
        ret_answer->status = SPOC_SUBSCRIPTION_KNOWN;
        ret_answer->job_id = job != NULL ? MAX(ippGetInteger(job, 0), 0) : 0;
        if (ret_answer->job_id == 0)
            ret_answer->printer_uri = get_text(response, "notify-printer-uri", TEXT_MAX_BYTES);
        ret_answer->subscriber = get_text(response, "notify-subscriber-user-name", TEXT_MAX_BYTES);
    } else {
        ret_answer->why = g_strdup_printf(
            "cupsd answers %s to the question what a subscription is for: allow "
            "Get-Subscription-Attributes without a password in cupsd.conf's <Policy>",
            ippErrorString((ipp_status_t)status));
    }
    ippDelete(response);
}

/* --- a job: whose it is ------------------------------------------------------------------ */

static ipp_t *
make_owner_question(gconstpointer subject)
{
    static const char *const wanted[] = {"job-id", "job-originating-user-name", "job-name",
                                         "job-uuid"};
    return new_job_question(GPOINTER_TO_INT(subject), wanted, G_N_ELEMENTS(wanted));
}

static char *
explain_job_refusal(ipp_status_t status, gint job_id)
{
    switch (status) {
    case IPP_STATUS_ERROR_NOT_FOUND:
    case IPP_STATUS_ERROR_GONE:
        return g_strdup_printf("CUPS no longer knows job %d: with PreserveJobHistory No in "
                               "cupsd.conf it forgets a job as soon as it is done",
                               job_id);
    case IPP_STATUS_ERROR_FORBIDDEN:
    case IPP_STATUS_ERROR_NOT_AUTHENTICATED:
    case IPP_STATUS_ERROR_NOT_AUTHORIZED:
        return g_strdup_printf("cupsd does not let us ask whose a job is (%s): allow "
                               "Get-Job-Attributes without a password in cupsd.conf's <Policy>",
                               ippErrorString(status));
    default:
        return g_strdup_printf("cupsd answers %s to the question whose a job is",
                               ippErrorString(status));
    }
}

static void
ask_job(Asker *asker, gint job_id, SpocJobAnswer *ret_answer)
{
    *ret_answer = (SpocJobAnswer){0};
    gint status = IPP_STATUS_OK;
    ipp_t *response = send_question(asker, make_owner_question, GINT_TO_POINTER(job_id), &status);
    if (response == NULL) {
        ret_answer->may_pass = TRUE;
        ret_answer->why = explain_silence(asker);
        return;
    }
    if (status > IPP_STATUS_OK_EVENTS_COMPLETE) {
        ret_answer->why = explain_job_refusal((ipp_status_t)status, job_id);
        ret_answer->may_pass =
            status != IPP_STATUS_ERROR_NOT_FOUND && status != IPP_STATUS_ERROR_GONE;
    } else if (!is_about(response, "job-id", job_id)) {
        ret_answer->why = g_strdup("cupsd's answer about a job does not tell of it (is "
                                   "JobPrivateValues \"all\" in cupsd.conf?)");
        ret_answer->may_pass = TRUE;
    } else {
        SpocJobAttributes *attributes = g_new0(SpocJobAttributes, 1);
        attributes->owner = get_text(response, "job-originating-user-name", TEXT_MAX_BYTES);
        attributes->title = get_text(response, "job-name", TEXT_MAX_BYTES);
        attributes->uuid = get_text(response, "job-uuid", TEXT_MAX_BYTES);
        ret_answer->attributes = attributes;
        if (attributes->owner == NULL)
            ret_answer->why = g_strdup(HIDDEN);
    }
    ippDelete(response);
}

/* Longer than RFC 8011 allows a name (127 bytes), as printers do not keep to it; shorter than
 * its longest text, as all of it stands in a mail. */
#define NAME_MAX_BYTES 255
#define MESSAGE_MAX_BYTES 500
#define REASONS_MAX 32
#define KEYWORD_MAX_BYTES 127

/* Of our backend */
#define DEVICE_SCHEME "spoc:"

/* cupsd's own limit for the name of a printer */
#define PRINTER_NAME_MAX_BYTES 127

/* --- the state of a printer -------------------------------------------------------------- */

/* @fallback when it is missing, of another type ("no-value" too), or below @least */
static gint
get_number(ipp_t *response, const char *name, ipp_tag_t tag, gint least, gint fallback)
{
    ipp_attribute_t *attribute = ippFindAttribute(response, name, tag);
    gint value = attribute != NULL ? ippGetInteger(attribute, 0) : fallback;
    return value >= least ? value : fallback;
}

/* RFC 8011 5.1.4, and capitals, which some drivers use */
static gboolean
is_keyword(const char *text)
{
    gsize length =
        strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.");
    return length > 0 && length <= KEYWORD_MAX_BYTES && text[length] == '\0';
}

static void
take_reasons(char ***reasons, ipp_t *response, const char *name)
{
    ipp_attribute_t *attribute = ippFindAttribute(response, name, IPP_TAG_KEYWORD);
    if (attribute == NULL)
        return;
    g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
    gint count = MIN(ippGetCount(attribute), REASONS_MAX);
    for (gint i = 0; i < count; i++) {
        const char *reason = ippGetString(attribute, i, NULL);
        if (reason != NULL && is_keyword(reason) && strcmp(reason, "none") != 0)
            g_strv_builder_add(builder, reason);
    }
    g_strfreev(*reasons);
    *reasons = g_strv_builder_end(builder);
}

/* cupsd finds a class under /printers/ as well. */
static ipp_t *
make_printer_question(gconstpointer subject)
{
    static const char *const wanted[] = {
        "device-uri",    "printer-info",          "printer-is-accepting-jobs", "printer-location",
        "printer-state", "printer-state-message", "printer-state-reasons",     "printer-type",
    };
    const char *name = subject;
    char uri[HTTP_MAX_URI];
    httpAssembleURIf(HTTP_URI_CODING_ALL, uri, sizeof uri, "ipp", NULL, "localhost", 0,
                     "/printers/%s", name);
    ipp_t *request = ippNewRequest(IPP_OP_GET_PRINTER_ATTRIBUTES);
    add_question(request, "printer-uri", uri, wanted, G_N_ELEMENTS(wanted));
    return request;
}

/* What cupsd would not let be a printer's name need not be asked about. */
static gboolean
is_printer_name(const char *name)
{
    return *name != '\0' && strlen(name) <= PRINTER_NAME_MAX_BYTES &&
           g_utf8_validate(name, -1, NULL) && strpbrk(name, "/?# \t\r\n") == NULL;
}

/* A class has no device; that there is no such queue is an answer, and anything else is none. */
static SpocDevice
get_device(ipp_t *response, gint status)
{
    if (status == IPP_STATUS_ERROR_NOT_FOUND || status == IPP_STATUS_ERROR_GONE)
        return SPOC_DEVICE_OTHER;
    if (status > IPP_STATUS_OK_EVENTS_COMPLETE)
        return SPOC_DEVICE_UNKNOWN;
    ipp_attribute_t *attribute = ippFindAttribute(response, "device-uri", IPP_TAG_URI);
    const char *uri = attribute != NULL ? ippGetString(attribute, 0, NULL) : NULL;
    gboolean is_ours =
        uri != NULL && g_ascii_strncasecmp(uri, DEVICE_SCHEME, strlen(DEVICE_SCHEME)) == 0;
    return is_ours ? SPOC_DEVICE_OURS : SPOC_DEVICE_OTHER;
}

static SpocStateAttributes *
ask_printer_state(Asker *asker, const char *name)
{
    g_autoptr(SpocStateAttributes) attributes = spoc_state_attributes_new();
    if (!is_printer_name(name)) {
        attributes->device = SPOC_DEVICE_OTHER;
        return g_steal_pointer(&attributes);
    }
    gint status = IPP_STATUS_OK;
    ipp_t *response = send_question(asker, make_printer_question, name, &status);
    if (response == NULL)
        return NULL;
    attributes->device = get_device(response, status);
    if (status <= IPP_STATUS_OK_EVENTS_COMPLETE) {
        attributes->printer_info = get_text(response, "printer-info", NAME_MAX_BYTES);
        attributes->printer_location = get_text(response, "printer-location", NAME_MAX_BYTES);
        attributes->printer_message =
            get_text(response, "printer-state-message", MESSAGE_MAX_BYTES);
        attributes->printer_state = get_number(response, "printer-state", IPP_TAG_ENUM, 0, 0);
        take_reasons(&attributes->printer_state_reasons, response, "printer-state-reasons");
        ipp_attribute_t *accepting =
            ippFindAttribute(response, "printer-is-accepting-jobs", IPP_TAG_BOOLEAN);
        if (accepting != NULL)
            attributes->printer_is_accepting_jobs = ippGetBoolean(accepting, 0);
        gint type = get_number(response, "printer-type", IPP_TAG_ENUM, 0, 0);
        attributes->is_class = (type & CUPS_PRINTER_CLASS) != 0;
    }
    ippDelete(response);
    return g_steal_pointer(&attributes);
}

/* --- the state of a job ------------------------------------------------------------------ */

static ipp_t *
make_job_state_question(gconstpointer subject)
{
    static const char *const wanted[] = {
        "job-impressions",
        "job-impressions-completed",
        "job-media-sheets-completed",
        "job-printer-state-message",
        "job-state",
        "job-state-reasons",
    };
    return new_job_question(GPOINTER_TO_INT(subject), wanted, G_N_ELEMENTS(wanted));
}

static SpocStateAttributes *
ask_job_state(Asker *asker, gint job_id)
{
    gint status = IPP_STATUS_OK;
    ipp_t *response =
        send_question(asker, make_job_state_question, GINT_TO_POINTER(job_id), &status);
    if (response == NULL)
        return NULL;
    SpocStateAttributes *attributes = spoc_state_attributes_new();
    if (status <= IPP_STATUS_OK_EVENTS_COMPLETE) {
        attributes->job_state = get_number(response, "job-state", IPP_TAG_ENUM, 0, 0);
        take_reasons(&attributes->job_state_reasons, response, "job-state-reasons");
        attributes->job_message =
            get_text(response, "job-printer-state-message", MESSAGE_MAX_BYTES);
        attributes->job_impressions =
            get_number(response, "job-impressions", IPP_TAG_INTEGER, 0, -1);
        attributes->job_impressions_completed =
            get_number(response, "job-impressions-completed", IPP_TAG_INTEGER, 0, -1);
        attributes->job_sheets_completed =
            get_number(response, "job-media-sheets-completed", IPP_TAG_INTEGER, 0, -1);
    }
    ippDelete(response);
    return attributes;
}

/* --- the thread -------------------------------------------------------------------------- */

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
    spoc_job_attributes_free(question->job.attributes);
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
deliver_answer(gpointer data)
{
    SpocQuestion *question = data;
    question->answered(question, question->user_data);
}

/* --- answers ----------------------------------------------------------------------------- */

/* Returns whether cupsd answered. */
static gboolean
answer_question(Asker *asker, SpocQuestion *question)
{
    switch (question->kind) {
    case SPOC_QUESTION_SUBSCRIPTION:
        ask_subscription(asker, question->id, &question->subscription);
        return is_connected(asker);
    case SPOC_QUESTION_JOB:
        ask_job(asker, question->id, &question->job);
        return is_connected(asker);
    case SPOC_QUESTION_JOB_STATE:
        question->state = ask_job_state(asker, question->id);
        return question->state != NULL;
    case SPOC_QUESTION_PRINTER:
        question->state = ask_printer_state(asker, question->name);
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
run_worker(gpointer data)
{
    SpocWorker *worker = data;
    Asker *asker = asker_new(worker->timeout_ms, worker->server_bin);
    gint64 silent_until_us = 0;
    for (;;) {
        SpocQuestion *question = is_connected(asker)
                                     ? g_async_queue_timeout_pop(worker->questions, REST_AFTER_US)
                                     : g_async_queue_pop(worker->questions);
        if (question == NULL) {
            hang_up(asker);
            continue;
        }
        if (question->kind == SPOC_QUESTION_STOP) {
            question_free(question);
            break;
        }
        if (g_get_monotonic_time() < silent_until_us)
            answer_silence(question);
        else if (!answer_question(asker, question))
            silent_until_us = g_get_monotonic_time() + SILENCE_BELIEVED_US;
        spoc_worker_call_later(worker, deliver_answer, question, (GDestroyNotify)question_free);
    }
    asker_free(asker);
    spoc_worker_unref(worker);
    return NULL;
}

/* --- questions -------------------------------------------------------------------------- */

static gint
compare_urgency(gconstpointer a, gconstpointer b, gpointer user_data)
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
    g_thread_unref(g_thread_new("spoc-cups", run_worker, spoc_worker_ref(worker)));
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
    g_async_queue_push_sorted(worker->questions, question, compare_urgency, NULL);
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
