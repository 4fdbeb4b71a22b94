/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/apparmor.h"

#include <string.h>

#define PROFILES_FILE "/sys/kernel/security/apparmor/profiles"

/* As Debian's usr.sbin.cupsd has them; those of cupsd's own state are left out. */
static const char *const allowed[] = {"/etc/cups", "/etc/ssl", "/usr/share", NULL};
static const char *const allowed_state[] = {"/run/cups", "/var/run/cups", "/var/spool/cups",
                                            "/var/cache/cups", NULL};

gboolean
spoc_apparmor_enforces(const char *profiles)
{
    static const char *const names[] = {"/usr/sbin/cupsd (enforce)\n", "cupsd (enforce)\n"};
    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        const char *at = strstr(profiles, names[i]);
        if (at != NULL && (at == profiles || at[-1] == '\n'))
            return TRUE;
    }
    return FALSE;
}

gboolean
spoc_apparmor_is_in_force(void)
{
    g_autofree char *profiles = NULL;
    return g_file_get_contents(PROFILES_FILE, &profiles, NULL, NULL) &&
           spoc_apparmor_enforces(profiles);
}

static gboolean
is_below_any(const char *path, const char *const *folders)
{
    for (guint i = 0; folders[i] != NULL; i++) {
        gsize length = strlen(folders[i]);
        if (strncmp(path, folders[i], length) == 0 && path[length] == '/')
            return TRUE;
    }
    return FALSE;
}

gboolean
spoc_apparmor_allows(const char *path)
{
    g_autofree char *canonical = g_canonicalize_filename(path, "/");
    return is_below_any(canonical, allowed) || is_below_any(canonical, allowed_state);
}

char *
spoc_apparmor_allowed_text(void)
{
    return g_strjoinv(", ", (char **)allowed);
}
