/* SPDX-License-Identifier: Apache-2.0 */
#include "cups/attributes.h"

void
spoc_job_attributes_free(SpocJobAttributes *facts)
{
    if (facts == NULL)
        return;
    g_free(facts->owner);
    g_free(facts->title);
    g_free(facts->uuid);
    g_free(facts);
}

SpocStateAttributes *
spoc_state_attributes_new(void)
{
    SpocStateAttributes *facts = g_new0(SpocStateAttributes, 1);
    facts->printer_state_reasons = g_new0(char *, 1);
    facts->printer_is_accepting_jobs = -1;
    facts->job_state_reasons = g_new0(char *, 1);
    facts->job_impressions = -1;
    facts->job_impressions_completed = -1;
    facts->job_sheets_completed = -1;
    return facts;
}

SpocStateAttributes *
spoc_state_attributes_copy(const SpocStateAttributes *facts)
{
    SpocStateAttributes *copy = g_memdup2(facts, sizeof *facts);
    copy->printer_info = g_strdup(facts->printer_info);
    copy->printer_location = g_strdup(facts->printer_location);
    copy->printer_message = g_strdup(facts->printer_message);
    copy->printer_state_reasons = g_strdupv(facts->printer_state_reasons);
    copy->job_state_reasons = g_strdupv(facts->job_state_reasons);
    copy->job_message = g_strdup(facts->job_message);
    return copy;
}

void
spoc_state_attributes_free(SpocStateAttributes *facts)
{
    if (facts == NULL)
        return;
    g_free(facts->printer_info);
    g_free(facts->printer_location);
    g_free(facts->printer_message);
    g_strfreev(facts->printer_state_reasons);
    g_strfreev(facts->job_state_reasons);
    g_free(facts->job_message);
    g_free(facts);
}
