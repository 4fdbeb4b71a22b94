/* SPDX-License-Identifier: Apache-2.0 */
#include "base/privilege.h"

#include "base/error.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct {
    uid_t uid;
    gid_t gid;
} Owner;

/* Where there is no spool yet: who is to own it. */
static gboolean
find_built_owner(const SpocPlaces *places, Owner *ret_owner, GError **error)
{
    const struct passwd *user = getpwnam(places->user);
    const struct group *group = getgrnam(places->group);
    if (user == NULL || group == NULL || user->pw_uid == 0)
        return spoc_error_set(
            error, SPOC_ERROR_NOT_FOUND,
            "there is no spool '%s', and no user '%s' with a group '%s' to run as; this "
            "program does not run as root",
            places->spool_dir, places->user, places->group);
    *ret_owner = (Owner){user->pw_uid, group->gr_gid};
    return TRUE;
}

static gboolean
find_owner(const SpocPlaces *places, Owner *ret_owner, GError **error)
{
    struct stat info;
    if (lstat(places->spool_dir, &info) != 0) {
        if (errno == ENOENT)
            return find_built_owner(places, ret_owner, error);
        return spoc_error_set_errno(error, errno, "cannot look at the spool '%s'",
                                    places->spool_dir);
    }
    if (!S_ISDIR(info.st_mode))
        return spoc_error_set(error, SPOC_ERROR_DENIED, "the spool '%s' is not a directory",
                              places->spool_dir);
    if (info.st_uid == 0 && !places->is_private)
        return spoc_error_set(
            error, SPOC_ERROR_DENIED,
            "the spool '%s' belongs to root, and this program does not run as root; remedy: "
            "chown -R %s:%s %s",
            places->spool_dir, places->user, places->group, places->spool_dir);
    *ret_owner = (Owner){info.st_uid, info.st_gid};
    return TRUE;
}

static gboolean
become_owner(const Owner *owner, GError **error)
{
    const struct passwd *account = getpwuid(owner->uid);
    /* A folder that was made by root may have root's group. */
    gid_t gid = owner->gid == 0 && account != NULL ? account->pw_gid : owner->gid;
    int failed = account != NULL ? initgroups(account->pw_name, gid) : setgroups(0, NULL);
    if (failed != 0 || setgid(gid) != 0 || setuid(owner->uid) != 0)
        return spoc_error_set_errno(error, errno, "cannot become the owner of the spool (uid %u)",
                                    (unsigned)owner->uid);
    return TRUE;
}

gboolean
spoc_privilege_drop(const SpocPlaces *places, GError **error)
{
    (void)prctl(PR_SET_DUMPABLE, 0);
    if (geteuid() != 0)
        return TRUE;
    Owner owner = {0};
    if (!find_owner(places, &owner, error))
        return FALSE;
    if (owner.uid == 0)
        return TRUE;
    if (!become_owner(&owner, error))
        return FALSE;
    (void)prctl(PR_SET_DUMPABLE, 0); /* setuid() may have set it again */
    return TRUE;
}
