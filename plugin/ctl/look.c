/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/look.h"

#include "base/error.h"
#include "config/load.h"
#include "ctl/apparmor.h"
#include "ctl/ctl.h"
#include "ctl/find-installation.h"
#include "ctl/find-settings.h"
#include "ctl/subscription-limits.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

/* cupsd makes it in its StateDir when it starts. */
#define MADE_FOLDER "certs"

static gboolean
may_look(const SpocPlaces *places, GError **error)
{
    struct stat info;
    gboolean is_there = lstat(places->spool_dir, &info) == 0;
    if (geteuid() == 0 || (is_there ? info.st_uid == geteuid() : errno != EACCES))
        return TRUE;
    g_set_error(error, SPOC_ERROR, SPOC_ERROR_DENIED,
                "only root sees what spocd and CUPS see: run this as root (sudo %s)",
                g_get_prgname());
    return FALSE;
}

SpocLook *
spoc_look_new(const SpocPlaces *places, GError **error)
{
    if (!may_look(places, error))
        return NULL;
    SpocLook *look = g_new0(SpocLook, 1);
    look->here = spoc_findings_new();
    look->cups = spoc_findings_new();
    look->aside = spoc_subscription_ask_aside(places, &look->why_not_aside);

    gboolean is_confined = spoc_apparmor_is_in_force();
    spoc_find_programs(look->here, places);
    spoc_find_moved(look->here, places);
    g_autoptr(GError) problem = NULL;
    gboolean is_spocd = spoc_ctl_see_as_spocd(places, &problem);
    look->config = spoc_config_load(places);
    if (is_spocd)
        spoc_find_settings(look->here, places, look->config, is_confined);
    guint known = look->here->len;
    spoc_find_spool(look->here, places);
    if (!is_spocd && look->here->len == known)
        spoc_findings_add(look->here, SPOC_LOG_ERROR, NULL, "%s", problem->message);
    spoc_find_cache(look->here, places);
    return look;
}

void
spoc_look_free(SpocLook *look)
{
    if (look == NULL)
        return;
    spoc_cups_aside_free(look->aside);
    g_clear_error(&look->why_not_aside);
    spoc_config_unref(look->config);
    g_ptr_array_unref(look->here);
    g_ptr_array_unref(look->cups);
    g_free(look);
}

/* --- CUPS ------------------------------------------------------------------------------- */

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

/* Whether CUPS answers, its limits, and the subscriptions that it has.
 * @aside: (nullable): the question that was asked for them; without it @why_not says why */
static GPtrArray *
find_cups(GPtrArray *findings, const SpocPlaces *places, SpocCupsAside *aside,
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

GPtrArray *
spoc_look_at_cups(SpocLook *look, const SpocPlaces *places)
{
    return find_cups(look->cups, places, look->aside, look->why_not_aside);
}
