/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/findings.h"

#include "ctl/ctl.h"
#include "ctl/json.h"

#include <stdio.h>
#include <string.h>

#define STOPS_MAIL " (no mail goes out until this is mended)"

static const char *const severity_names[] = {"ERROR", "WARNING", "INFO"};

static void
finding_free(gpointer data)
{
    SpocFinding *finding = data;
    g_free(finding->what);
    g_free(finding->where);
    g_free(finding->remedy);
    g_free(finding);
}

GPtrArray *
spoc_findings_new(void)
{
    return g_ptr_array_new_with_free_func(finding_free);
}

SpocFinding *
spoc_findings_add(GPtrArray *findings, SpocLogLevel severity, const char *where, const char *format,
                  ...)
{
    SpocFinding *finding = g_new0(SpocFinding, 1);
    finding->severity = severity;
    finding->where = g_strdup(where);
    va_list args;
    va_start(args, format);
    finding->what = g_strdup_vprintf(format, args);
    va_end(args);
    g_ptr_array_add(findings, finding);
    return finding;
}

void
spoc_finding_set_remedy(SpocFinding *finding, const char *format, ...)
{
    g_free(finding->remedy);
    va_list args;
    va_start(args, format);
    finding->remedy = g_strdup_vprintf(format, args);
    va_end(args);
}

char *
spoc_finding_text(const SpocFinding *finding)
{
    gboolean says_where =
        finding->where == NULL || strstr(finding->what, finding->where) != NULL ||
        (finding->remedy != NULL && strstr(finding->remedy, finding->where) != NULL);
    GString *text = g_string_new(NULL);
    if (!says_where)
        g_string_append_printf(text, "%s: ", finding->where);
    g_string_append(text, finding->what);
    if (finding->remedy != NULL)
        g_string_append_printf(text, ": %s", finding->remedy);
    if (finding->stops_mail)
        g_string_append(text, STOPS_MAIL);
    return g_string_free(text, FALSE);
}

guint
spoc_findings_count(const GPtrArray *findings, SpocLogLevel severity)
{
    guint count = 0;
    for (guint i = 0; i < findings->len; i++) {
        const SpocFinding *finding = g_ptr_array_index(findings, i);
        count += finding->severity == severity;
    }
    return count;
}

const SpocFinding *
spoc_findings_blocker(const GPtrArray *findings)
{
    for (guint i = 0; i < findings->len; i++) {
        const SpocFinding *finding = g_ptr_array_index(findings, i);
        if (finding->stops_mail)
            return finding;
    }
    return NULL;
}

void
spoc_findings_print(const GPtrArray *findings, SpocLogLevel least)
{
    for (guint severity = SPOC_LOG_ERROR; severity <= (guint)least; severity++) {
        for (guint i = 0; i < findings->len; i++) {
            const SpocFinding *finding = g_ptr_array_index(findings, i);
            if (finding->severity != severity)
                continue;
            g_autofree char *text = spoc_finding_text(finding);
            g_autofree char *shown = spoc_ctl_shown(text);
            (void)spoc_ctl_put("%s: %s\n", severity_names[severity], shown);
        }
    }
    (void)fflush(stdout); /* what comes next may take its time */
}

JsonArray *
spoc_findings_json(const GPtrArray *findings, SpocLogLevel least)
{
    JsonArray *array = json_array_new();
    for (guint i = 0; i < findings->len; i++) {
        const SpocFinding *finding = g_ptr_array_index(findings, i);
        if (finding->severity > least)
            continue;
        g_autofree char *severity = g_ascii_strdown(severity_names[finding->severity], -1);
        JsonObject *object = json_object_new();
        json_object_set_string_member(object, "severity", severity);
        spoc_json_set_text(object, "what", finding->what);
        spoc_json_set_text(object, "where", finding->where);
        spoc_json_set_text(object, "remedy", finding->remedy);
        json_array_add_object_element(array, object);
    }
    return array;
}
