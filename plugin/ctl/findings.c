/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/findings.h"

#include "ctl/crowding.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* A scan of that size must fit. */
#define ROOM_WANTED_BYTES ((guint64)100 * 1024 * 1024)
#define ROOM_NEEDED_BYTES ((guint64)1024 * 1024)
#define FILES_WANTED 1000

static void
finding_free(gpointer data)
{
    SpocFinding *finding = data;
    g_free(finding->message);
    g_free(finding);
}

GPtrArray *
spoc_findings_new(void)
{
    return g_ptr_array_new_with_free_func(finding_free);
}

void
spoc_findings_add(GPtrArray *findings, SpocLogLevel level, const char *format, ...)
{
    SpocFinding *finding = g_new0(SpocFinding, 1);
    finding->level = level;
    va_list args;
    va_start(args, format);
    finding->message = g_strdup_vprintf(format, args);
    va_end(args);
    g_ptr_array_add(findings, finding);
}

static void
check_room(GPtrArray *findings, const char *path)
{
    struct statvfs info;
    if (statvfs(path, &info) != 0)
        return;
    guint64 room = (guint64)info.f_bavail * info.f_frsize;
    g_autofree char *shown = g_format_size(room);
    if (room < ROOM_NEEDED_BYTES)
        spoc_findings_add(findings, SPOC_LOG_ERROR,
                          "the file system of the spool '%s' is full (%s left): nothing can be "
                          "accepted; make room",
                          path, shown);
    else if (room < ROOM_WANTED_BYTES)
        spoc_findings_add(findings, SPOC_LOG_WARNING,
                          "the file system of the spool '%s' has only %s left; make room", path,
                          shown);
    if (info.f_files > 0 && info.f_favail < FILES_WANTED)
        spoc_findings_add(findings, SPOC_LOG_WARNING,
                          "the file system of the spool '%s' has only %lu inodes left; remove "
                          "files",
                          path, (unsigned long)info.f_favail);
}

/* Who runs CUPS's programs must own the spool: nobody else could write to a 0700 folder. */
static void
check_owner(GPtrArray *findings, const SpocPlaces *places, uid_t owner)
{
    const struct passwd *user = getpwnam(places->user);
    if (user == NULL)
        spoc_findings_add(findings, SPOC_LOG_ERROR,
                          "the user '%s', which CUPS's programs run as, does not exist",
                          places->user);
    else if (owner == 0 && user->pw_uid != 0)
        spoc_findings_add(findings, SPOC_LOG_ERROR,
                          "the spool '%s' belongs to root, but the notifier runs as '%s' and "
                          "cannot write there: chown -R %s:%s '%s'",
                          places->spool_dir, places->user, places->user, places->group,
                          places->spool_dir);
    else if (owner != user->pw_uid)
        spoc_findings_add(findings, SPOC_LOG_WARNING,
                          "the spool '%s' belongs to uid %u and not to '%s': that is well only if "
                          "User in cups-files.conf says so",
                          places->spool_dir, (unsigned)owner, places->user);
}

void
spoc_findings_check_spool(GPtrArray *findings, const SpocPlaces *places)
{
    struct stat info;
    const char *path = places->spool_dir;
    if (lstat(path, &info) != 0 && errno == EACCES) {
        spoc_findings_add(findings, SPOC_LOG_WARNING,
                          "the spool '%s' cannot be looked at: run this as root", path);
        return;
    }
    if (lstat(path, &info) != 0) {
        spoc_findings_add(findings, SPOC_LOG_ERROR,
                          "the spool '%s' does not exist (%s), so no event can be accepted: "
                          "install -d -m 0700 -o %s -g %s '%s'",
                          path, g_strerror(errno), places->user, places->group, path);
        return;
    }
    if (!S_ISDIR(info.st_mode)) {
        spoc_findings_add(findings, SPOC_LOG_ERROR,
                          "the spool '%s' is not a directory: move it away and make one", path);
        return;
    }
    check_owner(findings, places, info.st_uid);
    if ((info.st_mode & 0077) != 0)
        spoc_findings_add(findings, SPOC_LOG_ERROR,
                          "the spool '%s' is open to other users (mode %03o), who could read or "
                          "plant mail: chmod 0700 '%s'",
                          path, (unsigned)info.st_mode & 0777, path);
    if (geteuid() == info.st_uid && faccessat(AT_FDCWD, path, R_OK | W_OK | X_OK, AT_EACCESS) != 0)
        spoc_findings_add(findings, SPOC_LOG_ERROR,
                          "the spool '%s' cannot be written by its owner: %s; chmod 0700 '%s', and "
                          "see whether the file system is mounted read-only",
                          path, g_strerror(errno), path);
    if (geteuid() != info.st_uid)
        spoc_findings_add(findings, SPOC_LOG_WARNING,
                          "what spocd may read and write was not tried, because this is another "
                          "user: run it as root");
    check_room(findings, path);
}

void
spoc_findings_check_cache(GPtrArray *findings, const SpocPlaces *places)
{
    struct stat info;
    gboolean made = lstat(places->cache_dir, &info) == 0;
    const char *path = made ? places->cache_dir : places->cache_root;
    if (lstat(path, &info) != 0 || !S_ISDIR(info.st_mode)) {
        spoc_findings_add(findings, SPOC_LOG_ERROR,
                          "the cache '%s', where spocd keeps its lock, is not a directory: "
                          "install -d -m 0770 -o root -g %s '%s'",
                          path, places->group, path);
        return;
    }
    struct stat spool;
    gboolean is_spocd = lstat(places->spool_dir, &spool) == 0 && spool.st_uid == geteuid();
    if (is_spocd && faccessat(AT_FDCWD, path, W_OK | X_OK, AT_EACCESS) != 0)
        spoc_findings_add(findings, SPOC_LOG_ERROR,
                          "spocd cannot make its lock in '%s': %s; give the folder to its user: "
                          "chown %s:%s '%s'",
                          path, g_strerror(errno), places->user, places->group, path);
    if (made && (info.st_mode & 0002) != 0)
        spoc_findings_add(findings, SPOC_LOG_ERROR,
                          "the cache '%s' is writable for everybody: chmod o-w '%s'", path, path);
}

/* cupsd's own rule for what it runs: its own or root's, and writable for nobody else. */
static gboolean
is_safe(const struct stat *info, uid_t invoker)
{
    return (info->st_uid == 0 || info->st_uid == invoker) && (info->st_mode & 0022) == 0;
}

static void
check_notifier(GPtrArray *findings, const char *folder, const char *path)
{
    static const char consequence[] =
        "as soon as there is a subscription cupsd tries again and again, at full speed and "
        "without serving anybody";
    struct stat info;
    if (stat(path, &info) != 0 || !S_ISREG(info.st_mode)) {
        spoc_findings_add(findings, SPOC_LOG_ERROR,
                          "the notifier '%s' is missing, and %s: install cups-spoc again, or end "
                          "its subscriptions with 'spocctl unsubscribe --all'",
                          path, consequence);
        return;
    }
    if (!is_safe(&info, getuid()) || (info.st_mode & 0111) != 0111)
        spoc_findings_add(findings, SPOC_LOG_ERROR,
                          "cupsd does not run the notifier '%s' (uid %u, mode %03o), and %s: "
                          "chown root:root '%s' && chmod 0755 '%s'",
                          path, (unsigned)info.st_uid, (unsigned)info.st_mode & 0777, consequence,
                          path, path);
    if (stat(folder, &info) == 0 && !is_safe(&info, getuid()))
        spoc_findings_add(findings, SPOC_LOG_ERROR,
                          "cupsd runs nothing in '%s' (uid %u, mode %03o), and %s: "
                          "chown root:root '%s' && chmod 0755 '%s'",
                          folder, (unsigned)info.st_uid, (unsigned)info.st_mode & 0777, consequence,
                          folder, folder);
}

void
spoc_findings_check_programs(GPtrArray *findings, const SpocPlaces *places)
{
    g_autofree char *folder = g_build_filename(places->server_bin, "notifier", NULL);
    g_autofree char *notifier = g_build_filename(folder, "spoc", NULL);
    check_notifier(findings, folder, notifier);

    struct stat info;
    if (stat(places->daemon_path, &info) != 0 || !S_ISREG(info.st_mode) ||
        access(places->daemon_path, X_OK) != 0)
        spoc_findings_add(findings, SPOC_LOG_ERROR,
                          "the daemon '%s' is missing or cannot be run, so nothing is mailed: "
                          "install cups-spoc again",
                          places->daemon_path);
    else if (!is_safe(&info, getuid()))
        spoc_findings_add(findings, SPOC_LOG_ERROR,
                          "the daemon '%s' can be changed by others than root: "
                          "chown root:root '%s' && chmod 0755 '%s'",
                          places->daemon_path, places->daemon_path, places->daemon_path);
}

void
spoc_findings_check_cupsd(GPtrArray *findings, const SpocPlaces *places, const GPtrArray *list)
{
    SpocCupsdLimits limits = spoc_cupsd_conf_read(places);
    if (!limits.is_known)
        spoc_findings_add(findings, SPOC_LOG_WARNING,
                          "'%s/cupsd.conf' cannot be read, so MaxSubscriptions is not known: is "
                          "CUPS installed there, and are you root?",
                          places->server_root);
    else if (limits.total > 0 && limits.total < SPOC_CUPSD_MAX_SUBSCRIPTIONS_DEFAULT)
        spoc_findings_add(findings, SPOC_LOG_WARNING,
                          "CUPS takes only %" G_GINT64_FORMAT " subscriptions at a time, one for "
                          "each job that wants mail, and drops more without a word: raise "
                          "MaxSubscriptions in cupsd.conf",
                          limits.total);
    else if (limits.total > 0)
        spoc_findings_add(findings, SPOC_LOG_INFO,
                          "CUPS takes %" G_GINT64_FORMAT " subscriptions at a time and drops more "
                          "without a word (MaxSubscriptions in cupsd.conf)",
                          limits.total);
    if (list == NULL)
        return;
    g_autoptr(GPtrArray) found = spoc_crowding_find(&limits, spoc_crowding_tasks_max(), list,
                                                    spoc_crowding_serves_mailto(places));
    for (guint i = 0; i < found->len; i++)
        spoc_findings_add(findings, SPOC_LOG_WARNING, "%s",
                          (const char *)g_ptr_array_index(found, i));
}
