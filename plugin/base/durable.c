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
            return spoc_error_set_errno(error, errno, "cannot write");
        }
        p += written;
        size_bytes -= (gsize)written;
    }
    return TRUE;
}

gboolean
spoc_durable_sync_directory(int directory_fd, GError **error)
{
    if (fsync(directory_fd) != 0)
        return spoc_error_set_errno(error, errno, "cannot sync the directory");
    return TRUE;
}

/* Who owns a new file, its mode and time, each where it is wanted */
typedef struct {
    const struct stat *owner;        /* (nullable) */
    const mode_t *mode;              /* (nullable): whatever the umask is */
    const struct timespec *modified; /* (nullable) */
} Attributes;

static gboolean
set_attributes(int fd, const Attributes *wanted, GError **error)
{
    if (wanted->owner != NULL && fchown(fd, wanted->owner->st_uid, wanted->owner->st_gid) != 0)
        return spoc_error_set_errno(error, errno, "cannot keep the file's owner; run this as root");
    if (wanted->mode != NULL && fchmod(fd, *wanted->mode) != 0)
        return spoc_error_set_errno(error, errno, "cannot set the file's mode");
    if (wanted->modified != NULL) {
        const struct timespec times[2] = {*wanted->modified, *wanted->modified};
        if (futimens(fd, times) != 0)
            return spoc_error_set_errno(error, errno, "cannot set the time");
    }
    return TRUE;
}

/* Writes and syncs; the caller names and closes the file. */
static gboolean
fill_file(int fd, const void *data, gsize size_bytes, const Attributes *wanted, GError **error)
{
    if (!spoc_durable_write_all(fd, data, size_bytes, error) || !set_attributes(fd, wanted, error))
        return FALSE;
    if (fsync(fd) != 0)
        return spoc_error_set_errno(error, errno, "cannot sync");
    return TRUE;
}

static gboolean
replace_file(int directory_fd, const char *name, const void *data, gsize size_bytes, mode_t mode,
             const Attributes *wanted, GError **error)
{
    g_return_val_if_fail(strchr(name, '/') == NULL, FALSE);

    g_autofree char *temporary = g_strconcat(SPOC_DURABLE_TEMPORARY_PREFIX, name, NULL);
    (void)unlinkat(directory_fd, temporary, 0);
    int fd =
        openat(directory_fd, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
    if (fd < 0)
        return spoc_error_set_errno(error, errno, "cannot make '%s'", temporary);
    gboolean good = fill_file(fd, data, size_bytes, wanted, error);
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

gboolean
spoc_durable_replace(int directory_fd, const char *name, const void *data, gsize size_bytes,
                     mode_t mode, const struct timespec *modified, GError **error)
{
    const Attributes wanted = {.modified = modified};
    return replace_file(directory_fd, name, data, size_bytes, mode, &wanted, error);
}

gboolean
spoc_durable_replace_like(int directory_fd, const char *name, const void *data, gsize size_bytes,
                          const struct stat *old, mode_t mode, GError **error)
{
    if (old != NULL)
        mode = old->st_mode & 07777;
    const Attributes wanted = {.owner = old, .mode = &mode};
    return replace_file(directory_fd, name, data, size_bytes, 0600, &wanted, error);
}

GBytes *
spoc_durable_read_fd(int fd, gsize max_bytes, GError **error)
{
    struct stat info;
    if (fstat(fd, &info) != 0) {
        spoc_error_set_errno(error, errno, "cannot be read");
        return NULL;
    }
    if (!S_ISREG(info.st_mode)) {
        g_set_error_literal(error, SPOC_ERROR, SPOC_ERROR_CORRUPT, "is not a regular file");
        return NULL;
    }
    /* Its size is known: what holds a password is not copied about while it grows. */
    g_autoptr(GByteArray) content =
        g_byte_array_sized_new((guint)MIN((gsize)info.st_size, max_bytes) + 1);
    guint8 buffer[16384];
    for (;;) {
        ssize_t count = read(fd, buffer, sizeof buffer);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0) {
            spoc_error_set_errno(error, errno, "cannot be read");
            return NULL;
        }
        if (count == 0)
            break;
        if (content->len + (gsize)count > max_bytes) {
            g_set_error(error, SPOC_ERROR, SPOC_ERROR_LIMIT,
                        "is larger than %" G_GSIZE_FORMAT " bytes", max_bytes);
            return NULL;
        }
        g_byte_array_append(content, buffer, (guint)count);
    }
    explicit_bzero(buffer, sizeof buffer);
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
    GBytes *content = spoc_durable_read_fd(fd, max_bytes, error);
    close(fd);
    if (content == NULL)
        g_prefix_error(error, "'%s' ", name);
    return content;
}
