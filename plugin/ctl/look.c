/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/look.h"
#include "base/error.h"
#include "base/privilege.h"
#include "config/load.h"
#include "ctl/ctl.h"
#include "ctl/find-settings.h"
#include "ctl/subscription-limits.h"
#include "cups/cupsd.h"
#include "spool/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* A scan of that size must fit. */
#define ROOM_WANTED_BYTES ((guint64)100 * 1024 * 1024)
#define ROOM_NEEDED_BYTES ((guint64)1024 * 1024)
#define FILES_WANTED 1000
#define FILES_NEEDED 10

/* --- programs --------------------------------------------------------------------------- */

/* As a removal by hand leaves it */
static void
find_dangling_mailto(GPtrArray *findings, const SpocPlaces *places)
{
    g_autofree char *path = g_build_filename(places->server_bin, "notifier", "mailto", NULL);
    struct stat info;
    if (lstat(path, &info) != 0 || !S_ISLNK(info.st_mode) || stat(path, &info) == 0)
        return;
    SpocFinding *finding =
        spoc_findings_add(findings, SPOC_LOG_ERROR, path,
                          "'%s' is a link that leads nowhere, and CUPS refuses every lp -m", path);
    spoc_finding_set_remedy(finding,
                            "rm '%s', and where CUPS's own was diverted: dpkg-divert --rename "
                            "--remove '%s'",
                            path, path);
}

/* What cupsd starts, and would not start as it is */
static void
find_refused(GPtrArray *findings, const SpocPlaces *places,
             char *(*find)(const char *server_bin, char **ret_where, char **ret_remedy))
{
    g_autofree char *where = NULL;
    g_autofree char *remedy = NULL;
    g_autofree char *what = find(places->server_bin, &where, &remedy);
    if (what != NULL)
        spoc_finding_set_remedy(spoc_findings_add(findings, SPOC_LOG_ERROR, where, "%s", what),
                                "%s", remedy);
}

static void
find_programs(GPtrArray *findings, const SpocPlaces *places)
{
    find_dangling_mailto(findings, places);
    find_refused(findings, places, spoc_cupsd_find_spin);
    find_refused(findings, places, spoc_cupsd_find_refused_backend);

    const char *path = places->daemon_path;
    struct stat info, above;
    if (stat(path, &info) != 0 || !S_ISREG(info.st_mode) || access(path, X_OK) != 0) {
        SpocFinding *finding = spoc_findings_add(
            findings, SPOC_LOG_ERROR, path,
            "the daemon '%s' is missing or cannot be run, so nothing is mailed", path);
        spoc_finding_set_remedy(finding, "install cups-spoc again");
        return;
    }
    uid_t runner = stat(places->server_bin, &above) == 0 ? above.st_uid : 0;
    if ((info.st_uid != 0 && info.st_uid != runner) || (info.st_mode & 0022) != 0) {
        SpocFinding *finding =
            spoc_findings_add(findings, SPOC_LOG_ERROR, path,
                              "the daemon '%s' can be changed by others than root", path);
        spoc_finding_set_remedy(finding, "chown root:root '%s' && chmod 0755 '%s'", path, path);
    }
}

/* --- a spool that was moved beneath a process -------------------------------------------- */

/* (transfer full) (nullable): without the kernel's remark that the file is gone */
static char *
read_link(const char *path)
{
    static const char gone[] = " (deleted)";
    char *target = g_file_read_link(path, NULL);
    if (target != NULL && g_str_has_suffix(target, gone))
        target[strlen(target) - strlen(gone)] = '\0';
    return target;
}

/* (nullable): "spocd" or "a notifier" when the process is ours and of this CUPS */
static const char *
name_process(const char *process, const char *daemon, const char *notifier,
             const SpocPlaces *places)
{
    g_autofree char *exe_link = g_build_filename(process, "exe", NULL);
    g_autofree char *exe = read_link(exe_link);
    if (exe == NULL || (g_strcmp0(exe, daemon) != 0 && g_strcmp0(exe, notifier) != 0))
        return NULL;
    static const char variable[] = "CUPS_REQUESTROOT=";
    g_autofree char *path = g_build_filename(process, "environ", NULL);
    g_autofree char *environment = NULL;
    gsize size = 0;
    if (!g_file_get_contents(path, &environment, &size, NULL))
        return NULL;
    for (gsize at = 0; at < size; at += strlen(environment + at) + 1) {
        const char *entry = environment + at;
        if (g_str_has_prefix(entry, variable) &&
            strcmp(entry + strlen(variable), places->request_root) != 0)
            return NULL;
    }
    return g_strcmp0(exe, daemon) == 0 ? "spocd" : "a notifier";
}

/* (transfer full) (nullable): the spool that the process has open, when it is not @spool. What it
 * has open of folders is the spool and those in it. @spool: (nullable): there is none */
static char *
find_other_spool(const char *process, const struct stat *spool)
{
    g_autofree char *folder = g_build_filename(process, "fd", NULL);
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    g_autofree char *other = NULL;
    for (const char *name; dir != NULL && (name = g_dir_read_name(dir)) != NULL;) {
        g_autofree char *path = g_build_filename(folder, name, NULL);
        struct stat info;
        if (stat(path, &info) != 0 || !S_ISDIR(info.st_mode))
            continue;
        if (spool != NULL && info.st_dev == spool->st_dev && info.st_ino == spool->st_ino)
            return NULL;
        char *target = read_link(path);
        if (other == NULL || (target != NULL && strlen(target) < strlen(other))) {
            g_free(other);
            other = target;
        } else {
            g_free(target);
        }
    }
    return g_steal_pointer(&other);
}

static void
add_moved(GPtrArray *findings, const SpocPlaces *places, const char *who, const char *pid,
          const char *other)
{
    gboolean covered = strcmp(other, places->spool_dir) == 0;
    g_autofree char *old = covered ? g_strdup("a folder that this one hides or replaced")
                                   : g_strdup_printf("'%s'", other);
    SpocFinding *finding = spoc_findings_add(
        findings, SPOC_LOG_ERROR, places->spool_dir,
        "%s (process %s) does not use the spool '%s' but works in %s: no other program looks there",
        who, pid, places->spool_dir, old);
    spoc_finding_set_remedy(finding,
                            "stop CUPS and spocd (systemctl stop cups spocd.socket spocd), %s, and "
                            "start them again",
                            covered ? "unmount what hides it, or put both folders' files together"
                                    : "move the spool back, or its files into the new one");
}

static void
find_moved(GPtrArray *findings, const SpocPlaces *places)
{
    if (geteuid() != 0)
        return; /* others cannot see what these processes have open */
    g_autofree char *notifier_path = g_build_filename(places->server_bin, "notifier", "spoc", NULL);
    g_autofree char *daemon = realpath(places->daemon_path, NULL);
    g_autofree char *notifier = realpath(notifier_path, NULL);
    struct stat spool;
    gboolean has_spool = stat(places->spool_dir, &spool) == 0;
    g_autoptr(GDir) processes = g_dir_open("/proc", 0, NULL);
    for (const char *pid; processes != NULL && (pid = g_dir_read_name(processes)) != NULL;) {
        if (!g_ascii_isdigit(pid[0]))
            continue;
        g_autofree char *process = g_build_filename("/proc", pid, NULL);
        const char *who = name_process(process, daemon, notifier, places);
        g_autofree char *other =
            who != NULL ? find_other_spool(process, has_spool ? &spool : NULL) : NULL;
        if (other != NULL)
            add_moved(findings, places, who, pid, other);
    }
}

/* --- the spool -------------------------------------------------------------------------- */

static void
find_room(GPtrArray *findings, const char *path)
{
    struct statvfs info;
    if (statvfs(path, &info) != 0)
        return;
    guint64 room = (guint64)info.f_bavail * info.f_frsize;
    g_autofree char *shown = g_format_size(room);
    static const char remedy[] = "make room (df '%s')";
    if (room < ROOM_NEEDED_BYTES)
        spoc_finding_set_remedy(
            spoc_findings_add(findings, SPOC_LOG_ERROR, path,
                              "the file system of the spool '%s' is full (%s left): nothing can be "
                              "accepted",
                              path, shown),
            remedy, path);
    else if (room < ROOM_WANTED_BYTES)
        spoc_finding_set_remedy(spoc_findings_add(findings, SPOC_LOG_WARNING, path,
                                                  "the file system of the spool '%s' has only %s "
                                                  "left",
                                                  path, shown),
                                remedy, path);
    if (info.f_files > 0 && info.f_favail < FILES_WANTED)
        spoc_finding_set_remedy(
            spoc_findings_add(findings,
                              info.f_favail < FILES_NEEDED ? SPOC_LOG_ERROR : SPOC_LOG_WARNING,
                              path, "the file system of the spool '%s' has only %lu inodes left",
                              path, (unsigned long)info.f_favail),
            "remove files (df -i '%s')", path);
}

/* Who runs CUPS's programs must own the spool: nobody else could write to a 0700 folder. */
static void
find_owner(GPtrArray *findings, const SpocPlaces *places, uid_t owner)
{
    const char *path = places->spool_dir;
    const struct passwd *user = getpwnam(places->user);
    if (user == NULL)
        spoc_finding_set_remedy(
            spoc_findings_add(findings, SPOC_LOG_ERROR, NULL,
                              "the user '%s', which CUPS's programs run as, does not exist",
                              places->user),
            "make it, or build cups-spoc for the user of cups-files.conf (-Dcups_user)");
    else if (owner == 0 && user->pw_uid != 0)
        spoc_finding_set_remedy(
            spoc_findings_add(findings, SPOC_LOG_ERROR, path,
                              "the spool '%s' belongs to root, but the notifier runs as '%s' and "
                              "cannot write there",
                              path, places->user),
            "chown -R %s:%s '%s'", places->user, places->group, path);
    else if (owner != user->pw_uid)
        spoc_findings_add(findings, SPOC_LOG_WARNING, path,
                          "the spool '%s' belongs to uid %u and not to '%s': that is right only if "
                          "User in cups-files.conf says so",
                          path, (unsigned)owner, places->user);
}

/* A folder in the spool that cannot be used makes the whole spool unusable. */
static void
find_strange_folders(GPtrArray *findings, const SpocPlaces *places, const struct stat *spool)
{
    for (guint i = 0; spoc_spool_folder_name(i) != NULL; i++) {
        g_autofree char *path =
            g_build_filename(places->spool_dir, spoc_spool_folder_name(i), NULL);
        struct stat info;
        if (lstat(path, &info) != 0)
            continue; /* it will be made */
        SpocFinding *finding = NULL;
        if (!S_ISDIR(info.st_mode)) {
            finding = spoc_findings_add(findings, SPOC_LOG_ERROR, path,
                                        "'%s' in the spool is no folder, so spocd and the notifier "
                                        "cannot use the spool",
                                        path);
            spoc_finding_set_remedy(finding, "move it away");
        } else if (info.st_uid != spool->st_uid || (info.st_mode & 0700) != 0700) {
            finding = spoc_findings_add(
                findings, SPOC_LOG_ERROR, path,
                "the folder '%s' in the spool belongs to uid %u and has mode %03o, so spocd and "
                "the notifier cannot use the spool",
                path, (unsigned)info.st_uid, (unsigned)info.st_mode & 0777);
            spoc_finding_set_remedy(finding, "chown -R --reference='%s' '%s' && chmod 0700 '%s'",
                                    places->spool_dir, path, path);
        }
        if (finding != NULL)
            finding->stops_mail = TRUE;
    }
}

/* FALSE when it is no folder that can be looked into. */
static gboolean
find_missing_spool(GPtrArray *findings, const SpocPlaces *places, struct stat *ret_info)
{
    const char *path = places->spool_dir;
    if (lstat(path, ret_info) == 0 && S_ISDIR(ret_info->st_mode))
        return TRUE;
    SpocFinding *finding = NULL;
    if (lstat(path, ret_info) == 0) {
        finding = spoc_findings_add(findings, SPOC_LOG_ERROR, path,
                                    "the spool '%s' is not a directory", path);
        spoc_finding_set_remedy(finding, "move it away, then: install -d -m 0700 -o %s -g %s '%s'",
                                places->user, places->group, path);
        return FALSE;
    }
    finding = spoc_findings_add(findings, SPOC_LOG_ERROR, path,
                                "the spool '%s' does not exist (%s), so no event can be accepted",
                                path, g_strerror(errno));
    spoc_finding_set_remedy(finding, "install -d -m 0700 -o %s -g %s '%s'", places->user,
                            places->group, path);
    return FALSE;
}

static void
find_spool(GPtrArray *findings, const SpocPlaces *places)
{
    struct stat info;
    const char *path = places->spool_dir;
    if (!find_missing_spool(findings, places, &info))
        return;
    find_owner(findings, places, info.st_uid);
    if ((info.st_mode & 0077) != 0)
        spoc_finding_set_remedy(
            spoc_findings_add(findings, SPOC_LOG_ERROR, path,
                              "the spool '%s' is open to other users (mode %03o), who could read "
                              "or plant mail",
                              path, (unsigned)info.st_mode & 0777),
            "chmod 0700 '%s'", path);
    if (faccessat(AT_FDCWD, path, R_OK | W_OK | X_OK, AT_EACCESS) != 0)
        spoc_finding_set_remedy(
            spoc_findings_add(findings, SPOC_LOG_ERROR, path,
                              "the spool '%s' cannot be written by its owner: %s", path,
                              g_strerror(errno)),
            "chmod 0700 '%s', and see whether the file system is mounted read-only", path);
    find_strange_folders(findings, places, &info);
    find_room(findings, path);
}

static void
find_cache(GPtrArray *findings, const SpocPlaces *places)
{
    struct stat info;
    gboolean made = lstat(places->cache_dir, &info) == 0;
    const char *path = made ? places->cache_dir : places->cache_root;
    if (lstat(path, &info) != 0 || !S_ISDIR(info.st_mode)) {
        spoc_finding_set_remedy(
            spoc_findings_add(findings, SPOC_LOG_ERROR, path,
                              "the cache '%s', where spocd keeps its lock, is not a directory",
                              path),
            "install -d -m 0770 -o root -g %s '%s'", places->group, path);
        return;
    }
    struct stat spool;
    gboolean is_spocd = lstat(places->spool_dir, &spool) == 0 && spool.st_uid == geteuid();
    if (is_spocd && faccessat(AT_FDCWD, path, W_OK | X_OK, AT_EACCESS) != 0) {
        SpocFinding *finding =
            spoc_findings_add(findings, SPOC_LOG_ERROR, path,
                              "spocd cannot make its lock in '%s': %s", path, g_strerror(errno));
        if (made)
            spoc_finding_set_remedy(finding, "chown -R %s:%s '%s' && chmod 0700 '%s'", places->user,
                                    places->group, path, path);
        else
            spoc_finding_set_remedy(finding, "chgrp %s '%s' && chmod 0770 '%s'", places->group,
                                    path, path);
        finding->stops_mail = TRUE;
    }
    if (made && (info.st_mode & 0002) != 0)
        spoc_finding_set_remedy(spoc_findings_add(findings, SPOC_LOG_ERROR, path,
                                                  "the cache '%s' is writable for everybody", path),
                                "chmod o-w '%s'", path);
}

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
    find_programs(look->here, places);
    find_moved(look->here, places);
    g_autoptr(GError) problem = NULL;
    gboolean is_spocd = spoc_privilege_drop(places, &problem);
    look->config = spoc_config_load(places);
    if (is_spocd)
        spoc_find_settings(look->here, places, look->config, is_confined);
    guint known = look->here->len;
    find_spool(look->here, places);
    if (!is_spocd && look->here->len == known)
        spoc_findings_add(look->here, SPOC_LOG_ERROR, NULL, "%s", problem->message);
    find_cache(look->here, places);
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

GPtrArray *
spoc_look_at_cups(SpocLook *look, const SpocPlaces *places)
{
    GPtrArray *findings = look->cups;
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) list =
        look->aside != NULL ? spoc_subscription_take_aside(look->aside, &error) : NULL;
    const GError *reason = look->aside != NULL ? error : look->why_not_aside;
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
