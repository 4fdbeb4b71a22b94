/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/find-cups.h"

#include "base/error.h"
#include "ctl/subscription-limits.h"

#include <unistd.h>

/* cupsd makes it in its StateDir when it starts. */
#define MADE_FOLDER "certs"

static void
find_limits(GPtrArray *findings, const SpocPlaces *places, const SpocCupsdLimits *limits,
            const GPtrArray *list)
{
    g_autofree char *file = g_build_filename(places->server_root, "cupsd.conf", NULL);
    if (!limits->is_known) {
        SpocFinding *finding =
            spoc_findings_add(findings, SPOC_LOG_WARNING, file,
                              "'%s' cannot be read, so MaxSubscriptions is not known", file);
        spoc_finding_set_remedy(finding, "see whether CUPS is installed there");
        return;
    }
    if (limits->total > 0 && limits->total < SPOC_CUPSD_MAX_SUBSCRIPTIONS_DEFAULT) {
        SpocFinding *finding = spoc_findings_add(findings, SPOC_LOG_WARNING, file,
                                                 "CUPS takes only %" G_GINT64_FORMAT
                                                 " subscriptions at a time, one for each job that "
                                                 "wants mail, and drops more without an error",
                                                 limits->total);
        spoc_finding_set_remedy(finding, "raise MaxSubscriptions in cupsd.conf");
    } else if (limits->total > 0 && list != NULL && (gint64)list->len * 2 > limits->total) {
        spoc_findings_add(
            findings, SPOC_LOG_INFO, file,
            "CUPS has %u of the %" G_GINT64_FORMAT " subscriptions that it takes at "
            "a time, and drops more without an error (MaxSubscriptions in cupsd.conf)",
            list->len, limits->total);
    }
}

/* A CUPS that has never been started is about to be set up: that it is absent is no finding. */
static gboolean
has_been_started(const SpocPlaces *places)
{
    g_autofree char *made = g_build_filename(places->state_root, MADE_FOLDER, NULL);
    return access(made, F_OK) == 0;
}

GPtrArray *
spoc_find_cups(GPtrArray *findings, const SpocPlaces *places, SpocCupsAside *aside,
               const GError *why_not)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) list = aside != NULL ? spoc_subscription_take_aside(aside, &error) : NULL;
    const GError *reason = aside != NULL ? error : why_not;
    SpocCupsdLimits limits = spoc_cupsd_conf_read(places);
    find_limits(findings, places, &limits, list);
    if (list != NULL)
        spoc_subscription_limits_find(findings, &limits, spoc_subscription_limits_tasks_max(), list,
                                      spoc_subscription_limits_serves_mailto(places));
    else if (g_error_matches(reason, SPOC_ERROR, SPOC_ERROR_UNAVAILABLE))
        spoc_findings_add(findings, has_been_started(places) ? SPOC_LOG_ERROR : SPOC_LOG_INFO, NULL,
                          "%s", reason->message);
    else
        spoc_findings_add(findings, SPOC_LOG_INFO, NULL,
                          "the subscriptions of CUPS could not be checked: %s", reason->message);
    return g_steal_pointer(&list);
}
