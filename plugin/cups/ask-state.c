/* SPDX-License-Identifier: Apache-2.0 */
#include "cups/ask-state.h"

#include "base/text.h"

#include <cups/cups.h>
#include <string.h>

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

/* --- values ----------------------------------------------------------------------------- */

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

static void
add_question(ipp_t *request, const char *uri_name, const char *uri, const char *const *wanted,
             gint count)
{
    ippAddString(request, IPP_TAG_OPERATION, IPP_TAG_URI, uri_name, NULL, uri);
    ippAddString(request, IPP_TAG_OPERATION, IPP_TAG_NAME, "requesting-user-name", NULL, "root");
    ippAddStrings(request, IPP_TAG_OPERATION, IPP_TAG_KEYWORD, "requested-attributes", count, NULL,
                  wanted);
}

/* --- a printer -------------------------------------------------------------------------- */

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

SpocStateAttributes *
spoc_ask_printer_state(SpocAsker *asker, const char *name)
{
    g_autoptr(SpocStateAttributes) facts = spoc_state_attributes_new();
    if (!is_printer_name(name)) {
        facts->device = SPOC_DEVICE_OTHER;
        return g_steal_pointer(&facts);
    }
    gint status = IPP_STATUS_OK;
    ipp_t *response = spoc_asker_send(asker, make_printer_question, name, &status);
    if (response == NULL)
        return NULL;
    facts->device = get_device(response, status);
    if (status <= IPP_STATUS_OK_EVENTS_COMPLETE) {
        facts->printer_info = spoc_ask_get_text(response, "printer-info", NAME_MAX_BYTES);
        facts->printer_location = spoc_ask_get_text(response, "printer-location", NAME_MAX_BYTES);
        facts->printer_message =
            spoc_ask_get_text(response, "printer-state-message", MESSAGE_MAX_BYTES);
        facts->printer_state = get_number(response, "printer-state", IPP_TAG_ENUM, 0, 0);
        take_reasons(&facts->printer_state_reasons, response, "printer-state-reasons");
        ipp_attribute_t *accepting =
            ippFindAttribute(response, "printer-is-accepting-jobs", IPP_TAG_BOOLEAN);
        if (accepting != NULL)
            facts->printer_is_accepting_jobs = ippGetBoolean(accepting, 0);
        gint type = get_number(response, "printer-type", IPP_TAG_ENUM, 0, 0);
        facts->is_class = (type & CUPS_PRINTER_CLASS) != 0;
    }
    ippDelete(response);
    return g_steal_pointer(&facts);
}

/* --- a job ------------------------------------------------------------------------------ */

static ipp_t *
make_job_question(gconstpointer subject)
{
    static const char *const wanted[] = {
        "job-impressions",
        "job-impressions-completed",
        "job-media-sheets-completed",
        "job-printer-state-message",
        "job-state",
        "job-state-reasons",
    };
    g_autofree char *uri = g_strdup_printf("ipp://localhost/jobs/%d", GPOINTER_TO_INT(subject));
    ipp_t *request = ippNewRequest(IPP_OP_GET_JOB_ATTRIBUTES);
    add_question(request, "job-uri", uri, wanted, G_N_ELEMENTS(wanted));
    return request;
}

SpocStateAttributes *
spoc_ask_job_state(SpocAsker *asker, gint job_id)
{
    gint status = IPP_STATUS_OK;
    ipp_t *response = spoc_asker_send(asker, make_job_question, GINT_TO_POINTER(job_id), &status);
    if (response == NULL)
        return NULL;
    SpocStateAttributes *facts = spoc_state_attributes_new();
    if (status <= IPP_STATUS_OK_EVENTS_COMPLETE) {
        facts->job_state = get_number(response, "job-state", IPP_TAG_ENUM, 0, 0);
        take_reasons(&facts->job_state_reasons, response, "job-state-reasons");
        facts->job_message =
            spoc_ask_get_text(response, "job-printer-state-message", MESSAGE_MAX_BYTES);
        facts->job_impressions = get_number(response, "job-impressions", IPP_TAG_INTEGER, 0, -1);
        facts->job_impressions_completed =
            get_number(response, "job-impressions-completed", IPP_TAG_INTEGER, 0, -1);
        facts->job_sheets_completed =
            get_number(response, "job-media-sheets-completed", IPP_TAG_INTEGER, 0, -1);
    }
    ippDelete(response);
    return facts;
}
