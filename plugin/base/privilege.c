/* SPDX-License-Identifier: Apache-2.0 */
#include "base/privilege.h"

#include "base/error.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

/* As root: makes the spool directory for the build's user. */
static gboolean
make_spool(const SpocPlaces *places, GError **error)
{
    const struct passwd *user = getpwnam(places->user);
    const struct group *group = getgrnam(places->group);
    if (user == NULL || group == NULL) {
        g_set_error(error, SPOC_ERROR, SPOC_ERROR_NOT_FOUND,
                    "the user '%s' or the group '%s', which owns the spool, does not exist",
                    places->user, places->group);
        return FALSE;
    }
    if (mkdir(places->spool_dir, 0700) != 0 && errno != EEXIST) {
        spoc_error_set_errno(error, errno, "cannot make the spool '%s'", places->spool_dir);
        return FALSE;
    }
    if (lchown(places->spool_dir, user->pw_uid, group->gr_gid) != 0) {
        spoc_error_set_errno(error, errno, "cannot give the spool '%s' to '%s'", places->spool_dir,
                             places->user);
        return FALSE;
    }
    return TRUE;
}

gboolean
spoc_privilege_drop(const SpocPlaces *places, GError **error)
{
    (void)prctl(PR_SET_DUMPABLE, 0);
    if (geteuid() != 0)
        return TRUE;

    struct stat info;
    if (lstat(places->spool_dir, &info) != 0) {
        if (errno != ENOENT) {
            spoc_error_set_errno(error, errno, "cannot look at the spool '%s'", places->spool_dir);
            return FALSE;
        }
        if (!make_spool(places, error))
            return FALSE;
        if (lstat(places->spool_dir, &info) != 0) {
            spoc_error_set_errno(error, errno, "cannot look at the spool '%s'", places->spool_dir);
            return FALSE;
        }
    }
    if (!S_ISDIR(info.st_mode)) {
        g_set_error(error, SPOC_ERROR, SPOC_ERROR_DENIED, "the spool '%s' is not a directory",
                    places->spool_dir);
        return FALSE;
    }
    if (info.st_uid == 0)
        return TRUE;

    const struct passwd *owner = getpwuid(info.st_uid);
    int failed = owner != NULL ? initgroups(owner->pw_name, info.st_gid) : setgroups(0, NULL);
    if (failed != 0 || setgid(info.st_gid) != 0 || setuid(info.st_uid) != 0) {
        spoc_error_set_errno(error, errno, "cannot become the owner of the spool '%s' (uid %u)",
                             places->spool_dir, (unsigned)info.st_uid);
        return FALSE;
    }
    (void)prctl(PR_SET_DUMPABLE, 0); /* setuid() may have set it again */
    return TRUE;
}
