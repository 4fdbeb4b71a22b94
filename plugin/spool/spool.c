/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Folders are opened once, by descriptor, and everything in them is reached through
 * these: a spool that is moved or replaced while a program runs stays the one that it
 * opened.
 */
#include "spool/spool.h"

#include "base/durable.h"
#include "base/error.h"
#include "spool/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME_MAX_BYTES 200
#define SET_ASIDE_TRIES 1000
#define LOCK_TRIES 100

static const char *const folder_names[] = {"events",  "scans", "data",   "new",     "waiting",
                                           "sending", "held",  "failed", "corrupt", "state"};

struct _SpocSpool {
    char *path;
    char *cache_dir;
    char *service_dir; /* (nullable) */
    int fd;
    int folder_fds[G_N_ELEMENTS(folder_names)];
    int lock_fd;
    char *lock_name;
};

/* Opens a directory, making it when it is missing; TRUE in @ret_made when it was. */
static int
open_directory(int parent_fd, const char *name, gboolean *ret_made, GError **error)
{
    gboolean made = mkdirat(parent_fd, name, 0700) == 0;
    int mkdir_errno = made ? 0 : errno;
    int fd = openat(parent_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) {
        /* Where it's missing, the reason why it could not be made says more. */
        int reason = errno == ENOENT && mkdir_errno != EEXIST ? mkdir_errno : errno;
        spoc_error_set_errno(error, reason, "cannot open or make the folder '%s'", name);
        return -1;
    }
    *ret_made = made;
    return fd;
}

/* Owned by who we are, and closed to everybody else. */
static gboolean
check_owner(int fd, const char *name, GError **error)
{
    struct stat info;
    if (fstat(fd, &info) != 0) {
        spoc_error_set_errno(error, errno, "cannot look at '%s'", name);
        return FALSE;
    }
    if (info.st_uid != geteuid()) {
        g_set_error(error, SPOC_ERROR, SPOC_ERROR_DENIED,
                    "'%s' belongs to uid %u, but this program runs as uid %u", name,
                    (unsigned)info.st_uid, (unsigned)geteuid());
        return FALSE;
    }
    if ((info.st_mode & 0077) != 0 && fchmod(fd, 0700) != 0) {
        spoc_error_set_errno(error, errno, "cannot close '%s' to other users", name);
        return FALSE;
    }
    return TRUE;
}

static gboolean
open_folders(SpocSpool *spool, GError **error)
{
    gboolean any_made = FALSE;
    for (guint i = 0; i < G_N_ELEMENTS(folder_names); i++) {
        gboolean made = FALSE;
        spool->folder_fds[i] = open_directory(spool->fd, folder_names[i], &made, error);
        if (spool->folder_fds[i] < 0 || !check_owner(spool->folder_fds[i], folder_names[i], error))
            return FALSE;
        any_made = any_made || made;
    }
    return !any_made || spoc_durable_sync_directory(spool->fd, error);
}

static void
sync_parent(const char *path)
{
    g_autofree char *parent = g_path_get_dirname(path);
    int fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return; /* RequestRoot is not always readable for us; then it is CUPS's to keep */
    (void)fsync(fd);
    close(fd);
}

static void G_GNUC_PRINTF(2, 3) add_remedy(GError **error, const char *format, ...)
{
    if (error == NULL || *error == NULL)
        return;
    va_list args;
    va_start(args, format);
    g_autofree char *remedy = g_strdup_vprintf(format, args);
    va_end(args);
    char *extended = g_strdup_printf("%s; remedy: %s", (*error)->message, remedy);
    g_free((*error)->message);
    (*error)->message = extended;
}

void
spoc_spool_add_remedy(const SpocPlaces *places, GError **error)
{
    add_remedy(error, "install -d -o %s -g %s -m 0700 %s", places->user, places->group,
               places->spool_dir);
}

SpocSpool *
spoc_spool_open(const SpocPlaces *places, GError **error)
{
    g_autoptr(SpocSpool) spool = g_new0(SpocSpool, 1);
    spool->path = g_strdup(places->spool_dir);
    spool->cache_dir = g_strdup(places->cache_dir);
    spool->service_dir = g_strdup(places->service_dir);
    spool->fd = spool->lock_fd = -1;
    for (guint i = 0; i < G_N_ELEMENTS(folder_names); i++)
        spool->folder_fds[i] = -1;

    gboolean made = FALSE;
    spool->fd = open_directory(AT_FDCWD, spool->path, &made, error);
    if (spool->fd < 0) {
        spoc_spool_add_remedy(places, error);
        return NULL;
    }
    if (made)
        sync_parent(spool->path);
    if (!check_owner(spool->fd, spool->path, error)) {
        g_prefix_error(error, "the spool '%s' cannot be used: ", spool->path);
        return NULL;
    }
    if (!open_folders(spool, error)) {
        g_prefix_error(error, "the spool '%s' cannot be used: ", spool->path);
        if (error != NULL && g_error_matches(*error, SPOC_ERROR, SPOC_ERROR_DENIED))
            add_remedy(error, "chown -R --reference='%s' '%s'", spool->path, spool->path);
        return NULL;
    }
    return g_steal_pointer(&spool);
}

void
spoc_spool_free(SpocSpool *spool)
{
    if (spool == NULL)
        return;
    for (guint i = 0; i < G_N_ELEMENTS(folder_names); i++)
        if (spool->folder_fds[i] >= 0)
            close(spool->folder_fds[i]);
    if (spool->fd >= 0)
        close(spool->fd);
    if (spool->lock_fd >= 0)
        close(spool->lock_fd);
    g_free(spool->lock_name);
    g_free(spool->cache_dir);
    g_free(spool->service_dir);
    g_free(spool->path);
    g_free(spool);
}

const char *
spoc_spool_path(const SpocSpool *spool)
{
    return spool->path;
}

const char *
spoc_spool_service_dir(const SpocSpool *spool)
{
    return spool->service_dir;
}

int
spoc_spool_fd(const SpocSpool *spool)
{
    return spool->fd;
}

int
spoc_spool_folder_fd(const SpocSpool *spool, const char *folder)
{
    for (guint i = 0; i < G_N_ELEMENTS(folder_names); i++)
        if (strcmp(folder, folder_names[i]) == 0)
            return spool->folder_fds[i];
    g_return_val_if_reached(-1);
}

gboolean
spoc_spool_is_at_path(const SpocSpool *spool)
{
    struct stat by_name, by_fd;
    return lstat(spool->path, &by_name) == 0 && fstat(spool->fd, &by_fd) == 0 &&
           by_name.st_dev == by_fd.st_dev && by_name.st_ino == by_fd.st_ino;
}

const char *
spoc_spool_folder_name(guint index)
{
    return index < G_N_ELEMENTS(folder_names) ? folder_names[index] : NULL;
}

gboolean
spoc_spool_name_is_valid(const char *name)
{
    if (name == NULL || name[0] == '\0' || name[0] == '.')
        return FALSE;
    gsize length = 0;
    for (; name[length] != '\0'; length++)
        if (!g_ascii_isalnum(name[length]) && strchr("._-", name[length]) == NULL)
            return FALSE;
    return length <= NAME_MAX_BYTES;
}

gboolean
spoc_spool_set_aside(SpocSpool *spool, const char *folder, const char *name, GError **error)
{
    if (name[0] == '\0' || strchr(name, '/') != NULL || strcmp(name, ".") == 0 ||
        strcmp(name, "..") == 0) {
        g_set_error(error, SPOC_ERROR, SPOC_ERROR_INVALID, "'%s' is not a name", name);
        return FALSE;
    }
    int from = spoc_spool_folder_fd(spool, folder);
    int corrupt = spoc_spool_folder_fd(spool, "corrupt");
    /* What is planted may have any name; in corrupt/ it gets a harmless one. */
    g_autofree char *safe = g_strndup(name, NAME_MAX_BYTES - 40);
    g_strcanon(safe, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-", '_');
    for (guint i = 0; i < SET_ASIDE_TRIES; i++) {
        g_autofree char *target = i == 0 ? g_strdup_printf("%s.%s", folder, safe)
                                         : g_strdup_printf("%s.%s.%u", folder, safe, i);
        if (spoc_file_exists(corrupt, target))
            continue;
        if (renameat(from, name, corrupt, target) == 0)
            return spoc_durable_sync_directory(corrupt, error);
        spoc_error_set_errno(error, errno, "cannot move '%s/%s' to corrupt/", folder, name);
        return FALSE;
    }
    g_set_error(error, SPOC_ERROR, SPOC_ERROR_LIMIT,
                "corrupt/ holds %u files named '%s'; look at them and remove them", SET_ASIDE_TRIES,
                safe);
    return FALSE;
}

static void
aside_free(SpocAside *aside)
{
    if (aside == NULL)
        return;
    g_free(aside->name);
    g_free(aside);
}

GPtrArray *
spoc_spool_list_aside(SpocSpool *spool, GError **error)
{
    int corrupt = spoc_spool_folder_fd(spool, "corrupt");
    g_autoptr(GPtrArray) names = spoc_file_list(corrupt, error);
    if (names == NULL)
        return NULL;
    GPtrArray *list = g_ptr_array_new_with_free_func((GDestroyNotify)aside_free);
    for (guint i = 0; i < names->len; i++) {
        struct stat info;
        if (fstatat(corrupt, g_ptr_array_index(names, i), &info, AT_SYMLINK_NOFOLLOW) != 0)
            continue;
        SpocAside *aside = g_new0(SpocAside, 1);
        aside->name = g_strdup(g_ptr_array_index(names, i));
        aside->size_bytes = (guint64)MAX(info.st_size, 0);
        aside->changed_unix_s = info.st_ctim.tv_sec;
        g_ptr_array_add(list, aside);
    }
    return list;
}

gboolean
spoc_spool_discard_aside(SpocSpool *spool, const char *name, GError **error)
{
    int corrupt = spoc_spool_folder_fd(spool, "corrupt");
    if (!spoc_spool_name_is_valid(name) || !spoc_file_exists(corrupt, name)) {
        g_set_error(error, SPOC_ERROR, SPOC_ERROR_NOT_FOUND, "there is no message '%s'", name);
        return FALSE;
    }
    return spoc_file_remove(corrupt, name, error);
}

/* TRUE when @fd is what stands under the lock's name now. */
static gboolean
is_named(const SpocSpool *spool, const char *name, int fd)
{
    g_autofree char *path = g_build_filename(spool->cache_dir, name, NULL);
    struct stat by_name, by_fd;
    return lstat(path, &by_name) == 0 && fstat(fd, &by_fd) == 0 && by_name.st_dev == by_fd.st_dev &&
           by_name.st_ino == by_fd.st_ino;
}

/* A descriptor that has the lock; -1 with @ret_busy, or with @error. */
static int
take_lock(const SpocSpool *spool, const char *name, gboolean *ret_busy, GError **error)
{
    g_autofree char *path = g_build_filename(spool->cache_dir, name, NULL);
    for (guint tries = 0; tries < LOCK_TRIES; tries++) {
        if (mkdir(spool->cache_dir, 0700) != 0 && errno != EEXIST) {
            spoc_error_set_errno(error, errno, "cannot make the cache folder '%s'",
                                 spool->cache_dir);
            return -1;
        }
        int fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0600);
        if (fd < 0 && errno == ENOENT && tries + 1 < LOCK_TRIES)
            continue; /* the folder was removed in between */
        if (fd < 0) {
            spoc_error_set_errno(error, errno, "cannot open the lock '%s'", path);
            return -1;
        }
        if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
            int saved_errno = errno;
            close(fd);
            *ret_busy = saved_errno == EWOULDBLOCK;
            if (!*ret_busy)
                spoc_error_set_errno(error, saved_errno, "cannot take the lock '%s'", path);
            return -1;
        }
        if (is_named(spool, name, fd))
            return fd;
        close(fd); /* removed between opening and locking */
    }
    g_set_error(error, SPOC_ERROR, SPOC_ERROR_UNAVAILABLE, "the lock '%s' is removed all the time",
                path);
    return -1;
}

gboolean
spoc_spool_lock(SpocSpool *spool, gboolean *ret_busy, GError **error)
{
    *ret_busy = FALSE;
    if (spool->lock_fd >= 0 && spoc_spool_lock_is_current(spool))
        return TRUE;
    struct stat info;
    if (fstat(spool->fd, &info) != 0) {
        spoc_error_set_errno(error, errno, "cannot look at the spool '%s'", spool->path);
        return FALSE;
    }
    g_autofree char *name =
        g_strdup_printf("spool-%" G_GINT64_MODIFIER "x-%" G_GINT64_MODIFIER "x.lock",
                        (guint64)info.st_dev, (guint64)info.st_ino);
    gboolean busy = FALSE;
    int fd = take_lock(spool, name, &busy, error);
    if (busy) {
        *ret_busy = TRUE;
        g_set_error(error, SPOC_ERROR, SPOC_ERROR_UNAVAILABLE,
                    "another spocd serves the spool '%s'", spool->path);
    }
    if (fd < 0)
        return FALSE;
    if (spool->lock_fd >= 0)
        close(spool->lock_fd);
    spool->lock_fd = fd;
    g_free(spool->lock_name);
    spool->lock_name = g_steal_pointer(&name);
    return TRUE;
}

gboolean
spoc_spool_lock_is_current(const SpocSpool *spool)
{
    return spool->lock_fd >= 0 && is_named(spool, spool->lock_name, spool->lock_fd);
}
