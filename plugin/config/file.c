/* SPDX-License-Identifier: Apache-2.0 */
#include "config/file.h"

#include "base/error.h"
#include "base/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static GBytes *
read_open(int fd, gsize max_bytes, GError **error)
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
spoc_config_file_read(const char *path, gsize max_bytes, GError **error)
{
    /* O_NONBLOCK: a FIFO must not stop us. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) {
        spoc_error_set_errno(error, errno, "cannot be read");
        return NULL;
    }
    GBytes *content = read_open(fd, max_bytes, error);
    close(fd);
    return content;
}

char *
spoc_config_file_first_line(const char *path, gsize max_bytes, GError **error)
{
    g_autoptr(SpocSecretBytes) content = spoc_config_file_read(path, max_bytes, error);
    if (content == NULL)
        return NULL;
    gsize size = 0;
    const char *data = g_bytes_get_data(content, &size);
    gsize length = 0;
    while (length < size && data[length] != '\n' && data[length] != '\r')
        length++;
    if (length > 0 && memchr(data, '\0', length) != NULL) {
        g_set_error_literal(error, SPOC_ERROR, SPOC_ERROR_INVALID,
                            "has a NUL character in its first line");
        return NULL;
    }
    return length > 0 ? g_strndup(data, length) : g_strdup("");
}
