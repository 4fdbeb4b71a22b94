/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/look.h"

#include "base/error.h"
#include "ctl/apparmor.h"
#include "ctl/ctl.h"
#include "ctl/find-cups.h"
#include "ctl/find-installation.h"
#include "ctl/find-settings.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

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

GPtrArray *
spoc_look_at_cups(SpocLook *look, const SpocPlaces *places)
{
    return spoc_find_cups(look->cups, places, look->aside, look->why_not_aside);
}
