/* SPDX-License-Identifier: Apache-2.0 */
#include "notify/selection.h"

SpocEventSeverity
spoc_selection_wanted(const SpocRules *rules, const SpocEntry *entry)
{
    static const SpocEventSeverity severities[] = {
        [SPOC_ONLY_ALL] = SPOC_EVENT_SEVERITY_GOOD,
        [SPOC_ONLY_PROBLEMS] = SPOC_EVENT_SEVERITY_ATTENTION,
        [SPOC_ONLY_FAULTS] = SPOC_EVENT_SEVERITY_FAULT,
    };
    SpocOnly only = entry->uri->only != SPOC_ONLY_UNSET ? entry->uri->only : entry->person->only;
    return severities[only != SPOC_ONLY_UNSET ? only : rules->only];
}

gboolean
spoc_selection_leaves_out(const SpocGroup *group, const SpocEvent *event, SpocMailKind kind,
                          SpocEventSeverity wanted)
{
    if (spoc_event_severity(event) >= wanted)
        return FALSE;
    if (!spoc_event_tells_state(event))
        return TRUE;
    return kind == SPOC_MAIL_DIGEST &&
           (group == NULL || !spoc_group_has_fault_of(group, event, wanted));
}
