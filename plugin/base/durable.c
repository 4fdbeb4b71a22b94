/* SPDX-License-Identifier: Apache-2.0 */
#include "base/durable.h"

#include "base/error.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

gboolean
spoc_durable_write_all(int fd, const void *data, gsize size_bytes, GError **error)
{
    const char *p = data;
    while (size_bytes > 0) {
        ssize_t written = write(fd, p, size_bytes);
        if (written < 0) {
            if (errno == EINTR)
                continue;
            spoc_error_set_errno(error, errno, "cannot write");
            return FALSE;
        }
        p += written;
        size_bytes -= (gsize)written;
    }
    return TRUE;
}

gboolean
spoc_durable_sync_directory(int directory_fd, GError **error)
{
    if (fsync(directory_fd) != 0) {
        spoc_error_set_errno(error, errno, "cannot sync the directory");
        return FALSE;
    }
    return TRUE;
}

/* Writes, sets the time and syncs; the caller names and closes the file. */
static gboolean
fill(int fd, const void *data, gsize size_bytes, const struct timespec *modified, GError **error)
{
    if (!spoc_durable_write_all(fd, data, size_bytes, error))
        return FALSE;
    if (modified != NULL) {
        const struct timespec times[2] = {*modified, *modified};
        if (futimens(fd, times) != 0) {
            spoc_error_set_errno(error, errno, "cannot set the time");
            return FALSE;
        }
    }
    if (fsync(fd) != 0) {
        spoc_error_set_errno(error, errno, "cannot sync");
        return FALSE;
    }
    return TRUE;
}

gboolean
spoc_durable_replace(int directory_fd, const char *name, const void *data, gsize size_bytes,
                     mode_t mode, const struct timespec *modified, GError **error)
{
    g_return_val_if_fail(strchr(name, '/') == NULL, FALSE);

    g_autofree char *temporary = g_strconcat(SPOC_DURABLE_TEMPORARY_PREFIX, name, NULL);
    (void)unlinkat(directory_fd, temporary, 0);
    int fd =
        openat(directory_fd, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
    if (fd < 0) {
        spoc_error_set_errno(error, errno, "cannot make '%s'", temporary);
        return FALSE;
    }
    gboolean good = fill(fd, data, size_bytes, modified, error);
    if (close(fd) != 0 && good) {
        spoc_error_set_errno(error, errno, "cannot close");
        good = FALSE;
    }
    if (good && renameat(directory_fd, temporary, directory_fd, name) != 0) {
        spoc_error_set_errno(error, errno, "cannot rename");
        good = FALSE;
    }
    if (!good) {
        g_prefix_error(error, "'%s': ", name);
        (void)unlinkat(directory_fd, temporary, 0);
        return FALSE;
    }
    return spoc_durable_sync_directory(directory_fd, error);
}

static GBytes *
read_open_file(int fd, const char *name, gsize max_bytes, GError **error)
{
    struct stat info;
    if (fstat(fd, &info) != 0) {
        spoc_error_set_errno(error, errno, "'%s'", name);
        return NULL;
    }
    if (!S_ISREG(info.st_mode)) {
        g_set_error(error, SPOC_ERROR, SPOC_ERROR_CORRUPT, "'%s' is not a regular file", name);
        return NULL;
    }
    g_autoptr(GByteArray) content = g_byte_array_new();
    guint8 buffer[16384];
    for (;;) {
        ssize_t count = read(fd, buffer, sizeof buffer);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0) {
            spoc_error_set_errno(error, errno, "cannot read '%s'", name);
            return NULL;
        }
        if (count == 0)
            break;
        if (content->len + (gsize)count > max_bytes) {
            g_set_error(error, SPOC_ERROR, SPOC_ERROR_LIMIT,
                        "'%s' is larger than %" G_GSIZE_FORMAT " bytes", name, max_bytes);
            return NULL;
        }
        g_byte_array_append(content, buffer, (guint)count);
    }
    return g_byte_array_free_to_bytes(g_steal_pointer(&content));
}

GBytes *
spoc_durable_read(int directory_fd, const char *name, gsize max_bytes, GError **error)
{
    /* O_NONBLOCK: a FIFO planted here must not stop us. */
    int fd = openat(directory_fd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        if (errno == ELOOP)
            g_set_error(error, SPOC_ERROR, SPOC_ERROR_CORRUPT, "'%s' is a symbolic link", name);
        else
            spoc_error_set_errno(error, errno, "cannot open '%s'", name);
        return NULL;
    }
    GBytes *content = read_open_file(fd, name, max_bytes, error);
    close(fd);
    return content;
}
