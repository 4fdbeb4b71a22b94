/* SPDX-License-Identifier: Apache-2.0 */
#include "event/severity.h"

#include <cups/http.h>
#include <stdlib.h>
#include <string.h>

SpocTopic
spoc_event_topic(const SpocEvent *event)
{
    if (event->job_id > 0)
        return SPOC_TOPIC_JOB;
    return event->printer_name != NULL || event->printer_uri != NULL ? SPOC_TOPIC_PRINTER
                                                                     : SPOC_TOPIC_SERVER;
}

char *
spoc_event_printer_of_uri(const char *uri)
{
    char scheme[32];
    char user[256];
    char host[HTTP_MAX_HOST];
    char resource[HTTP_MAX_URI];
    int port = 0;
    if (uri == NULL ||
        httpSeparateURI(HTTP_URI_CODING_ALL, uri, scheme, sizeof scheme, user, sizeof user, host,
                        sizeof host, &port, resource, sizeof resource) < HTTP_URI_STATUS_OK)
        return NULL;
    const char *name = NULL;
    if (g_str_has_prefix(resource, "/printers/") || g_str_has_prefix(resource, "/classes/"))
        name = strchr(resource + 1, '/') + 1;
    return name != NULL && *name != '\0' ? g_strdup(name) : NULL;
}

char *
spoc_event_printer(const SpocEvent *event)
{
    if (event->printer_name != NULL && *event->printer_name != '\0')
        return g_strdup(event->printer_name);
    return spoc_event_printer_of_uri(event->printer_uri);
}

char *
spoc_event_topic_name(const SpocEvent *event)
{
    g_autofree char *printer = NULL;
    switch (spoc_event_topic(event)) {
    case SPOC_TOPIC_JOB:
        return g_strdup_printf("job %d", event->job_id);
    case SPOC_TOPIC_PRINTER:
        printer = spoc_event_printer(event);
        return g_strconcat("printer ", printer, NULL);
    case SPOC_TOPIC_SERVER:
        break;
    }
    return g_strdup("server");
}

/* RFC 8011 5.4.12: the suffix says how bad a reason is. */
static gboolean
has_trouble(char *const *reasons)
{
    for (gsize i = 0; reasons[i] != NULL; i++)
        if (g_str_has_suffix(reasons[i], "-warning") || g_str_has_suffix(reasons[i], "-error"))
            return TRUE;
    return FALSE;
}

SpocSeverityOfState
spoc_event_severity(const SpocEvent *event)
{
    if (event->job_id > 0)
        return SPOC_CONDITION_NONE;
    if (event->kind == SPOC_EVENT_PRINTER_STOPPED)
        return SPOC_CONDITION_STOPPED;
    if (event->kind != SPOC_EVENT_PRINTER_STATE_CHANGED)
        return SPOC_CONDITION_NONE;
    if (event->printer_state == SPOC_PRINTER_STOPPED)
        return SPOC_CONDITION_STOPPED;
    if (has_trouble(event->printer_state_reasons))
        return SPOC_CONDITION_TROUBLE;
    return event->printer_state == SPOC_PRINTER_IDLE ||
                   event->printer_state == SPOC_PRINTER_PROCESSING
               ? SPOC_CONDITION_FINE
               : SPOC_CONDITION_NONE;
}

gboolean
spoc_condition_is_fault(SpocSeverityOfState condition)
{
    return condition == SPOC_CONDITION_TROUBLE || condition == SPOC_CONDITION_STOPPED;
}

static int
compare_strings(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

char *
spoc_event_state_signature(const SpocEvent *event)
{
    /* cupsd says the reasons in any order; "none" is no reason. */
    guint count = g_strv_length(event->printer_state_reasons);
    g_autofree char **sorted =
        g_memdup2(event->printer_state_reasons, (count + 1) * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, compare_strings);
    int state =
        event->kind == SPOC_EVENT_PRINTER_STOPPED ? SPOC_PRINTER_STOPPED : event->printer_state;
    GString *signature = g_string_new(NULL);
    g_string_append_printf(signature, "%d", state);
    for (guint i = 0; i < count; i++)
        if (strcmp(sorted[i], "none") != 0)
            g_string_append_printf(signature, " %s", sorted[i]);
    return g_string_free(signature, FALSE);
}

gboolean
spoc_event_is_final(const SpocEvent *event)
{
    return event->kind == SPOC_EVENT_JOB_COMPLETED;
}
