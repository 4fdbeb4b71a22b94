/* SPDX-License-Identifier: Apache-2.0 */
#include "cups/attributes.h"

void
spoc_job_attributes_free(SpocJobAttributes *attributes)
{
    if (attributes == NULL)
        return;
    g_free(attributes->owner);
    g_free(attributes->title);
    g_free(attributes->uuid);
    g_free(attributes);
}

SpocStateAttributes *
spoc_state_attributes_new(void)
{
    SpocStateAttributes *attributes = g_new0(SpocStateAttributes, 1);
    attributes->printer_state_reasons = g_new0(char *, 1);
    attributes->printer_is_accepting_jobs = -1;
    attributes->job_state_reasons = g_new0(char *, 1);
    attributes->job_impressions = -1;
    attributes->job_impressions_completed = -1;
    attributes->job_sheets_completed = -1;
    return attributes;
}

SpocStateAttributes *
spoc_state_attributes_copy(const SpocStateAttributes *attributes)
{
    SpocStateAttributes *copy = g_memdup2(attributes, sizeof *attributes);
    copy->printer_info = g_strdup(attributes->printer_info);
    copy->printer_location = g_strdup(attributes->printer_location);
    copy->printer_message = g_strdup(attributes->printer_message);
    copy->printer_state_reasons = g_strdupv(attributes->printer_state_reasons);
    copy->job_state_reasons = g_strdupv(attributes->job_state_reasons);
    copy->job_message = g_strdup(attributes->job_message);
    return copy;
}

void
spoc_state_attributes_free(SpocStateAttributes *attributes)
{
    if (attributes == NULL)
        return;
    g_free(attributes->printer_info);
    g_free(attributes->printer_location);
    g_free(attributes->printer_message);
    g_strfreev(attributes->printer_state_reasons);
    g_strfreev(attributes->job_state_reasons);
    g_free(attributes->job_message);
    g_free(attributes);
}
