/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/file.h"

#include "base/durable.h"
#include "base/error.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Whether this is a file that the spool itself could have made. */
static gboolean
check_trusted(const struct stat *info, const char *name, GError **error)
{
    const char *what = NULL;
    if (!S_ISREG(info->st_mode))
        what = "is not a regular file";
    else if (info->st_nlink > 1)
        what = "has a second name (hard link)";
    else if (info->st_uid != geteuid())
        what = "belongs to another user";
    if (what != NULL)
        g_set_error(error, SPOC_ERROR, SPOC_ERROR_CORRUPT, "'%s' %s", name, what);
    return what == NULL;
}

int
spoc_file_open(int directory_fd, const char *name, int flags, struct stat *ret_info, GError **error)
{
    int fd = openat(directory_fd, name, flags | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) {
        /* ENXIO: a socket, or a FIFO that nobody reads */
        if (errno == ELOOP || errno == ENXIO || errno == EISDIR)
            g_set_error(error, SPOC_ERROR, SPOC_ERROR_CORRUPT, "'%s' is not a regular file", name);
        else
            spoc_error_set_errno(error, errno, "cannot open '%s'", name);
        return -1;
    }
    struct stat info;
    gboolean good = fstat(fd, &info) == 0;
    if (!good)
        spoc_error_set_errno(error, errno, "cannot look at '%s'", name);
    if (!good || !check_trusted(&info, name, error)) {
        close(fd);
        return -1;
    }
    if (ret_info != NULL)
        *ret_info = info;
    return fd;
}

GBytes *
spoc_file_read(int directory_fd, const char *name, gsize max_bytes, struct stat *ret_info,
               GError **error)
{
    struct stat info;
    int fd = spoc_file_open(directory_fd, name, O_RDONLY, &info, error);
    if (fd < 0)
        return NULL;
    if (info.st_size < 0 || (guint64)info.st_size > max_bytes) {
        g_set_error(error, SPOC_ERROR, SPOC_ERROR_LIMIT,
                    "'%s' is larger than %" G_GSIZE_FORMAT " bytes", name, max_bytes);
        close(fd);
        return NULL;
    }
    gsize size = (gsize)info.st_size;
    g_autofree char *content = g_malloc(size + 1);
    gssize count = spoc_file_read_at(fd, 0, content, size, error);
    close(fd);
    if (count < 0) {
        g_prefix_error(error, "'%s': ", name);
        return NULL;
    }
    if (ret_info != NULL)
        *ret_info = info;
    return g_bytes_new_take(g_steal_pointer(&content), (gsize)count);
}

static char *
temporary_name(const SpocFileContent *file)
{
    return g_strconcat(SPOC_DURABLE_TEMPORARY_PREFIX, file->name, NULL);
}

static gboolean
fill_file(int fd, const SpocFileContent *file, GError **error)
{
    if (!spoc_durable_write_all(fd, file->data, file->size_bytes, error))
        return FALSE;
    if (file->modified != NULL) {
        const struct timespec times[2] = {*file->modified, *file->modified};
        if (futimens(fd, times) != 0) {
            spoc_error_set_errno(error, errno, "cannot set the time");
            return FALSE;
        }
    }
    /* Only a hint: the fsync that follows is what counts. */
    (void)sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE);
    return TRUE;
}

/* A temporary file on its way to the disk; -1 with the error set. */
static int
begin_file(int directory_fd, const SpocFileContent *file, GError **error)
{
    g_autofree char *temporary = temporary_name(file);
    (void)unlinkat(directory_fd, temporary, 0);
    int fd =
        openat(directory_fd, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0) {
        spoc_error_set_errno(error, errno, "cannot make '%s'", temporary);
        return -1;
    }
    if (!fill_file(fd, file, error)) {
        g_prefix_error(error, "'%s': ", file->name);
        close(fd);
        (void)unlinkat(directory_fd, temporary, 0);
        return -1;
    }
    return fd;
}

static gboolean
finish_file(int directory_fd, const SpocFileContent *file, int fd, GError **error)
{
    g_autofree char *temporary = temporary_name(file);
    const char *failed = fsync(fd) != 0 ? "cannot sync" : NULL;
    int saved_errno = errno;
    if (close(fd) != 0 && failed == NULL) {
        failed = "cannot close";
        saved_errno = errno;
    }
    if (failed == NULL && renameat(directory_fd, temporary, directory_fd, file->name) != 0) {
        failed = "cannot rename";
        saved_errno = errno;
    }
    if (failed == NULL)
        return TRUE;
    spoc_error_set_errno(error, saved_errno, "'%s': %s", file->name, failed);
    (void)unlinkat(directory_fd, temporary, 0);
    return FALSE;
}

static void
drop_file(int directory_fd, const SpocFileContent *file, int fd)
{
    g_autofree char *temporary = temporary_name(file);
    close(fd);
    (void)unlinkat(directory_fd, temporary, 0);
}

static gboolean
place_together(int directory_fd, const SpocFileContent *files, gsize count, GError **error)
{
    int fds[SPOC_FILE_TOGETHER_MAX];
    gsize begun = 0, finished = 0;
    gboolean good = TRUE;
    while (good && begun < count) {
        fds[begun] = begin_file(directory_fd, &files[begun], error);
        good = fds[begun] >= 0;
        begun += good ? 1 : 0;
    }
    while (good && finished < begun) {
        good = finish_file(directory_fd, &files[finished], fds[finished], error);
        finished++;
    }
    for (gsize i = finished; i < begun; i++)
        drop_file(directory_fd, &files[i], fds[i]);
    return good;
}

gboolean
spoc_file_place_all(int directory_fd, const SpocFileContent *files, gsize count, GError **error)
{
    for (gsize i = 0; i < count; i += SPOC_FILE_TOGETHER_MAX)
        if (!place_together(directory_fd, files + i, MIN(count - i, SPOC_FILE_TOGETHER_MAX), error))
            return FALSE;
    return TRUE;
}

gboolean
spoc_file_place(int directory_fd, const char *name, const void *data, gsize size_bytes,
                GError **error)
{
    const SpocFileContent file = {.name = name, .data = data, .size_bytes = size_bytes};
    return place_together(directory_fd, &file, 1, error);
}

gboolean
spoc_file_write_at(int fd, guint64 place, const void *data, gsize size_bytes, GError **error)
{
    const char *p = data;
    while (size_bytes > 0) {
        ssize_t written = pwrite(fd, p, size_bytes, (off_t)place);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0) {
            spoc_error_set_errno(error, written < 0 ? errno : EIO, "cannot write");
            return FALSE;
        }
        p += written;
        place += (guint64)written;
        size_bytes -= (gsize)written;
    }
    return TRUE;
}

gssize
spoc_file_read_at(int fd, guint64 place, void *buffer, gsize size_bytes, GError **error)
{
    gsize done = 0;
    while (done < size_bytes) {
        ssize_t count = pread(fd, (char *)buffer + done, size_bytes - done, (off_t)(place + done));
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0) {
            spoc_error_set_errno(error, errno, "cannot read");
            return -1;
        }
        if (count == 0)
            break;
        done += (gsize)count;
    }
    return (gssize)done;
}

gboolean
spoc_file_remove(int directory_fd, const char *name, GError **error)
{
    if (unlinkat(directory_fd, name, 0) != 0 && errno != ENOENT) {
        spoc_error_set_errno(error, errno, "cannot remove '%s'", name);
        return FALSE;
    }
    return TRUE;
}

gboolean
spoc_file_exists(int directory_fd, const char *name)
{
    struct stat info;
    return fstatat(directory_fd, name, &info, AT_SYMLINK_NOFOLLOW) == 0;
}

gboolean
spoc_file_each(int directory_fd, SpocFileEachFunc each, gpointer user_data, GError **error)
{
    /* A descriptor of its own: the position in the directory belongs to it. */
    int fd = openat(directory_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *folder = fd < 0 ? NULL : fdopendir(fd);
    if (folder == NULL) {
        int saved_errno = errno;
        if (fd >= 0)
            close(fd);
        spoc_error_set_errno(error, saved_errno, "cannot read the folder");
        return FALSE;
    }
    gboolean good = TRUE;
    errno = 0;
    for (const struct dirent *entry; good && (entry = readdir(folder)) != NULL; errno = 0)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            good = each(directory_fd, entry->d_name, user_data, error);
    int saved_errno = errno;
    closedir(folder);
    if (good && saved_errno != 0) {
        spoc_error_set_errno(error, saved_errno, "cannot read the folder");
        return FALSE;
    }
    return good;
}

static gboolean
add_name(int directory_fd, const char *name, gpointer names, GError **error)
{
    g_ptr_array_add(names, g_strdup(name));
    return TRUE;
}

GPtrArray *
spoc_file_list(int directory_fd, GError **error)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    if (!spoc_file_each(directory_fd, add_name, names, error))
        return NULL;
    return g_steal_pointer(&names);
}
