/* SPDX-License-Identifier: Apache-2.0 */
#include "cups/ask.h"

#include "base/text.h"
#include "cups/cupsd.h"

#include <string.h>

#define TEXT_MAX_BYTES 1023 /* RFC 8011 5.1.2 */

/* cupsd takes any host here; it looks at the path alone. */
#define SERVER_URI "ipp://localhost/"

#define HIDDEN                                                                                     \
    "cupsd's policy hides the owner of the job: let JobPrivateAccess in cupsd.conf's <Policy> "    \
    "contain @SYSTEM, or take job-originating-user-name out of JobPrivateValues"

struct _SpocAsker {
    http_t *http; /* (nullable): not connected */
    gint timeout_ms;
    char *server_bin; /* (nullable) */
};

static const char *
no_password(const char *prompt, http_t *http, const char *method, const char *resource,
            void *user_data)
{
    return NULL;
}

SpocAsker *
spoc_asker_new(gint timeout_ms, const char *server_bin)
{
    cupsSetPasswordCB2(no_password, NULL);
    SpocAsker *asker = g_new0(SpocAsker, 1);
    asker->timeout_ms = timeout_ms;
    asker->server_bin = g_strdup(server_bin);
    return asker;
}

void
spoc_asker_rest(SpocAsker *asker)
{
    if (asker->http != NULL)
        httpClose(asker->http);
    asker->http = NULL;
}

void
spoc_asker_free(SpocAsker *asker)
{
    if (asker == NULL)
        return;
    spoc_asker_rest(asker);
    g_free(asker->server_bin);
    g_free(asker);
}

gboolean
spoc_asker_is_connected(const SpocAsker *asker)
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

ipp_t *
spoc_asker_send(SpocAsker *asker, ipp_t *(*make)(gconstpointer subject), gconstpointer subject,
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
        spoc_asker_rest(asker);
        if (!was_kept)
            break;
    }
    return NULL;
}

/* The same words for all that cannot be asked: they are said once. */
static char *
explain_silence(const SpocAsker *asker)
{
    g_autofree char *said = spoc_cupsd_last_words();
    g_autofree char *cause = spoc_cupsd_explain_silence(asker->server_bin);
    return g_strdup_printf("cupsd cannot be asked: %s; %s", said, cause);
}

char *
spoc_ask_get_text(ipp_t *response, const char *name, gsize max_bytes)
{
    ipp_attribute_t *attribute = ippFindAttribute(response, name, IPP_TAG_ZERO);
    const char *text = attribute != NULL ? ippGetString(attribute, 0, NULL) : NULL;
    if (text == NULL)
        return NULL;
    g_autofree char *line = spoc_text_line(text, -1, max_bytes);
    return *line != '\0' ? g_steal_pointer(&line) : NULL;
}

static char *
get_text(ipp_t *response, const char *name)
{
    return spoc_ask_get_text(response, name, TEXT_MAX_BYTES);
}

/* --- a subscription --------------------------------------------------------------------- */

static ipp_t *
make_subscription_question(gconstpointer subject)
{
    gint id = GPOINTER_TO_INT(subject);
    static const char *const wanted[] = {"notify-subscription-id", "notify-job-id",
                                         "notify-printer-uri", "notify-subscriber-user-name"};
    ipp_t *request = ippNewRequest(IPP_OP_GET_SUBSCRIPTION_ATTRIBUTES);
    ippAddString(request, IPP_TAG_OPERATION, IPP_TAG_URI, "printer-uri", NULL, SERVER_URI);
    ippAddInteger(request, IPP_TAG_OPERATION, IPP_TAG_INTEGER, "notify-subscription-id", id);
    ippAddString(request, IPP_TAG_OPERATION, IPP_TAG_NAME, "requesting-user-name", NULL, "root");
    ippAddStrings(request, IPP_TAG_OPERATION, IPP_TAG_KEYWORD, "requested-attributes",
                  G_N_ELEMENTS(wanted), NULL, wanted);
    return request;
}

/* Whether it is an answer about this one, and not only looks like success. */
static gboolean
is_about(ipp_t *response, const char *name, gint id)
{
    ipp_attribute_t *attribute = ippFindAttribute(response, name, IPP_TAG_INTEGER);
    return attribute != NULL && ippGetInteger(attribute, 0) == id;
}

void
spoc_ask_subscription(SpocAsker *asker, gint subscription_id, SpocSubscriptionAnswer *ret_answer)
{
    *ret_answer = (SpocSubscriptionAnswer){.status = SPOC_SUBSCRIPTION_UNREACHABLE};
    gint status = IPP_STATUS_OK;
    ipp_t *response = spoc_asker_send(asker, make_subscription_question,
                                      GINT_TO_POINTER(subscription_id), &status);
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
            ret_answer->printer_uri = get_text(response, "notify-printer-uri");
        ret_answer->subscriber = get_text(response, "notify-subscriber-user-name");
    } else {
        ret_answer->why = g_strdup_printf(
            "cupsd answers %s to the question what a subscription is for: allow "
            "Get-Subscription-Attributes without a password in cupsd.conf's <Policy>",
            ippErrorString((ipp_status_t)status));
    }
    ippDelete(response);
}

/* --- a job ------------------------------------------------------------------------------ */

static ipp_t *
make_job_question(gconstpointer subject)
{
    gint id = GPOINTER_TO_INT(subject);
    static const char *const wanted[] = {"job-id", "job-originating-user-name", "job-name",
                                         "job-uuid"};
    g_autofree char *uri = g_strdup_printf("%sjobs/%d", SERVER_URI, id);
    ipp_t *request = ippNewRequest(IPP_OP_GET_JOB_ATTRIBUTES);
    ippAddString(request, IPP_TAG_OPERATION, IPP_TAG_URI, "job-uri", NULL, uri);
    ippAddString(request, IPP_TAG_OPERATION, IPP_TAG_NAME, "requesting-user-name", NULL, "root");
    ippAddStrings(request, IPP_TAG_OPERATION, IPP_TAG_KEYWORD, "requested-attributes",
                  G_N_ELEMENTS(wanted), NULL, wanted);
    return request;
}

static char *
explain(ipp_status_t status, gint job_id)
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

void
spoc_ask_job(SpocAsker *asker, gint job_id, SpocJobAnswer *ret_answer)
{
    *ret_answer = (SpocJobAnswer){0};
    gint status = IPP_STATUS_OK;
    ipp_t *response = spoc_asker_send(asker, make_job_question, GINT_TO_POINTER(job_id), &status);
    if (response == NULL) {
        ret_answer->may_pass = TRUE;
        ret_answer->why = explain_silence(asker);
        return;
    }
    if (status > IPP_STATUS_OK_EVENTS_COMPLETE) {
        ret_answer->why = explain((ipp_status_t)status, job_id);
        ret_answer->may_pass =
            status != IPP_STATUS_ERROR_NOT_FOUND && status != IPP_STATUS_ERROR_GONE;
    } else if (!is_about(response, "job-id", job_id)) {
        ret_answer->why = g_strdup("cupsd's answer about a job does not tell of it (is "
                                   "JobPrivateValues \"all\" in cupsd.conf?)");
        ret_answer->may_pass = TRUE;
    } else {
        SpocJobAttributes *facts = g_new0(SpocJobAttributes, 1);
        facts->owner = get_text(response, "job-originating-user-name");
        facts->title = get_text(response, "job-name");
        facts->uuid = get_text(response, "job-uuid");
        ret_answer->facts = facts;
        if (facts->owner == NULL)
            ret_answer->why = g_strdup(HIDDEN);
    }
    ippDelete(response);
}
