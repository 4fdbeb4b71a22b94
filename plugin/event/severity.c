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

/* --- severity --------------------------------------------------------------------------- */

static gboolean
is_state_kind(const SpocEvent *event)
{
    return !spoc_event_is_job(event) && (event->kind == SPOC_EVENT_PRINTER_STOPPED ||
                                         event->kind == SPOC_EVENT_PRINTER_STATE_CHANGED);
}

static gboolean
is_stopped(const SpocEvent *event)
{
    return event->kind == SPOC_EVENT_PRINTER_STOPPED ||
           event->printer_state == SPOC_PRINTER_STOPPED;
}

static SpocEventSeverity
worst_of(char *const *reasons)
{
    SpocEventSeverity worst = SPOC_EVENT_SEVERITY_INFO;
    for (gsize i = 0; reasons[i] != NULL; i++)
        worst = MAX(worst, spoc_reason_severity(reasons[i]));
    return worst;
}

/* Somebody stopped it on purpose: nothing is broken. */
static gboolean
is_paused_only(char *const *reasons)
{
    gboolean is_paused = FALSE;
    for (gsize i = 0; reasons[i] != NULL; i++) {
        if (strcmp(reasons[i], "paused") == 0)
            is_paused = TRUE;
        else if (!spoc_reason_is_passing(reasons[i]))
            return FALSE;
    }
    return is_paused;
}

static gboolean
has_one_of(char *const *reasons, const char *const *names)
{
    for (gsize i = 0; reasons[i] != NULL; i++)
        if (g_strv_contains(names, reasons[i]))
            return TRUE;
    return FALSE;
}

static SpocEventSeverity
severity_of_job_state(gint state, char *const *reasons)
{
    static const char *const incomplete[] = {"job-completed-with-errors",
                                             "job-completed-with-warnings", NULL};
    static const char *const by_system[] = {"aborted-by-system",
                                            "account-authorization-failed",
                                            "account-closed",
                                            "account-limit-reached",
                                            "compression-error",
                                            "document-access-error",
                                            "document-format-error",
                                            "document-password-error",
                                            "document-permission-error",
                                            "document-security-error",
                                            "document-unprintable-error",
                                            "errors-detected",
                                            "job-canceled-after-timeout",
                                            "resources-are-not-supported",
                                            "service-off-line",
                                            "submission-interrupted",
                                            "unsupported-attributes-or-values",
                                            "unsupported-compression",
                                            "unsupported-document-format",
                                            NULL};
    switch (state) {
    case SPOC_JOB_HELD:
        return SPOC_EVENT_SEVERITY_ATTENTION;
    case SPOC_JOB_STOPPED:
    case SPOC_JOB_ABORTED:
        return SPOC_EVENT_SEVERITY_FAULT;
    case SPOC_JOB_CANCELED:
        return has_one_of(reasons, by_system) ? SPOC_EVENT_SEVERITY_FAULT
                                              : SPOC_EVENT_SEVERITY_INFO;
    case SPOC_JOB_COMPLETED:
        return has_one_of(reasons, incomplete) ? SPOC_EVENT_SEVERITY_ATTENTION
                                               : SPOC_EVENT_SEVERITY_GOOD;
    default:
        return SPOC_EVENT_SEVERITY_INFO;
    }
}

static SpocEventSeverity
severity_of_job(const SpocEvent *event, char *const *reasons)
{
    switch (event->kind) {
    case SPOC_EVENT_JOB_CREATED: /* whatever its state: lp makes a job first, held */
    case SPOC_EVENT_JOB_PROGRESS:
    case SPOC_EVENT_JOB_CONFIG_CHANGED:
        return SPOC_EVENT_SEVERITY_INFO;
    case SPOC_EVENT_JOB_COMPLETED:
        /* The job of a lost printer can be said to have ended while it is in any state. */
        return event->job_state < SPOC_JOB_CANCELED
                   ? SPOC_EVENT_SEVERITY_INFO
                   : severity_of_job_state(event->job_state, reasons);
    case SPOC_EVENT_JOB_STOPPED:
        return event->job_state < SPOC_JOB_CANCELED
                   ? SPOC_EVENT_SEVERITY_FAULT
                   : severity_of_job_state(event->job_state, reasons);
    default:
        return severity_of_job_state(event->job_state, reasons);
    }
}

SpocEventSeverity
spoc_event_severity_by(const SpocEvent *event, char *const *job_reasons,
                       char *const *printer_reasons)
{
    if (spoc_event_is_job(event))
        return severity_of_job(event, job_reasons);
    switch (event->kind) {
    case SPOC_EVENT_PRINTER_STOPPED:
    case SPOC_EVENT_PRINTER_STATE_CHANGED:
        if (!is_stopped(event))
            return worst_of(printer_reasons);
        return is_paused_only(printer_reasons) ? SPOC_EVENT_SEVERITY_ATTENTION
                                               : SPOC_EVENT_SEVERITY_FAULT;
    case SPOC_EVENT_PRINTER_SHUTDOWN:
    case SPOC_EVENT_SERVER_STOPPED:
    case SPOC_EVENT_SERVER_AUDIT:
        return SPOC_EVENT_SEVERITY_ATTENTION;
    default:
        return SPOC_EVENT_SEVERITY_INFO;
    }
}

SpocEventSeverity
spoc_event_severity(const SpocEvent *event)
{
    return spoc_event_severity_by(event, event->job_state_reasons, event->printer_state_reasons);
}

gboolean
spoc_event_tells_state(const SpocEvent *event)
{
    return is_state_kind(event) &&
           (is_stopped(event) || event->printer_state == SPOC_PRINTER_IDLE ||
            event->printer_state == SPOC_PRINTER_PROCESSING ||
            spoc_event_severity(event) >= SPOC_EVENT_SEVERITY_ATTENTION);
}

gboolean
spoc_event_is_stopped(const SpocEvent *event)
{
    return is_state_kind(event) && is_stopped(event);
}

/* --- what a state is remembered by ------------------------------------------------------- */

/* Keywords have at most 255 bytes (RFC 8011 5.1.4), and cupsd keeps at most 64 of a printer. */
#define KEYWORD_MAX_BYTES 255
#define REMEMBERED_MAX 64
#define STOPPED_WORD "stopped"
#define GOING_WORD "going"
/* The version before wrote printer-state's number. */
#define OLD_STOPPED_WORD "5"

static int
compare_strings(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* What is none is told, and not remembered. */
static gboolean
is_keyword(const char *text)
{
    gsize length = 0;
    while (length <= KEYWORD_MAX_BYTES && g_ascii_isgraph(text[length]))
        length++;
    return length > 0 && length <= KEYWORD_MAX_BYTES && text[length] == '\0';
}

/* cupsd says the reasons in any order. */
static char *
make_signature(gboolean stopped, char *const *reasons, SpocEventSeverity at_least)
{
    guint count = g_strv_length((char **)reasons);
    g_autofree char **sorted = g_memdup2(reasons, (count + 1) * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, compare_strings);
    GString *signature = g_string_new(stopped ? STOPPED_WORD : GOING_WORD);
    for (guint i = 0, kept = 0; i < count && kept < REMEMBERED_MAX; i++) {
        if (!is_keyword(sorted[i]) || spoc_reason_is_passing(sorted[i]) ||
            spoc_reason_severity(sorted[i]) < at_least)
            continue;
        g_string_append_printf(signature, " %s", sorted[i]);
        kept++;
    }
    return g_string_free(signature, FALSE);
}

char *
spoc_event_state_signature(const SpocEvent *event)
{
    return make_signature(spoc_event_is_stopped(event), event->printer_state_reasons,
                          SPOC_EVENT_SEVERITY_GOOD);
}

/* @word: (nullable): the first one of a signature */
static gboolean
says_stopped(const char *word)
{
    return g_strcmp0(word, STOPPED_WORD) == 0 || g_strcmp0(word, OLD_STOPPED_WORD) == 0;
}

char *
spoc_state_signature_part(const char *signature, SpocEventSeverity at_least)
{
    g_auto(GStrv) words = g_strsplit(signature, " ", -1);
    gboolean stopped = says_stopped(words[0]);
    return make_signature(stopped, words[0] != NULL ? words + 1 : words, at_least);
}

gboolean
spoc_state_signature_is_old(const char *signature)
{
    return g_ascii_isdigit(signature[0]);
}

SpocEventSeverity
spoc_state_signature_severity(const char *signature)
{
    g_auto(GStrv) words = g_strsplit(signature, " ", -1);
    gboolean stopped = says_stopped(words[0]);
    char **reasons = words[0] != NULL ? words + 1 : words;
    if (!stopped)
        return worst_of(reasons);
    return is_paused_only(reasons) ? SPOC_EVENT_SEVERITY_ATTENTION : SPOC_EVENT_SEVERITY_FAULT;
}

gboolean
spoc_event_is_final(const SpocEvent *event)
{
    return event->kind == SPOC_EVENT_JOB_COMPLETED;
}
