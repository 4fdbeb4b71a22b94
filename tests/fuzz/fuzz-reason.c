/* SPDX-License-Identifier: Apache-2.0 */
/* Reasons of a printer, a line each, and what is remembered of them: bounded, and the same when it
 * is read again. */
#include "event/severity.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const guint8 *data, size_t size);

int
LLVMFuzzerTestOneInput(const guint8 *data, size_t size)
{
    static const char *const wanted[] = {"*", "-toner-low-report", NULL};
    g_autofree char *text = g_utf8_make_valid((const char *)data, (gssize)size);
    g_auto(GStrv) reasons = g_strsplit(text, "\n", -1);
    char *none[] = {NULL};
    const SpocEvent event = {.kind = SPOC_EVENT_PRINTER_STATE_CHANGED,
                             .printer_state =
                                 size % 2 == 0 ? SPOC_PRINTER_IDLE : SPOC_PRINTER_STOPPED,
                             .job_state_reasons = none,
                             .printer_state_reasons = reasons};
    for (gsize i = 0; reasons[i] != NULL; i++)
        g_assert_cmpint(spoc_reason_severity(reasons[i]), <=, spoc_event_severity(&event));
    g_autofree char *signature = spoc_event_state_signature(&event);
    g_assert_cmpuint(strlen(signature), <, 64 * 256 + 10);
    g_autofree char *part = spoc_state_signature_part(signature, SPOC_EVENT_SEVERITY_ATTENTION);
    g_autofree char *again = spoc_state_signature_part(part, SPOC_EVENT_SEVERITY_ATTENTION);
    g_assert_cmpstr(part, ==, again);
    (void)spoc_state_signature_severity(text);
    (void)spoc_reason_is_wanted(wanted, text);
    return 0;
}
