/* SPDX-License-Identifier: Apache-2.0 */
#include "config/file.h"

#include "base/durable.h"
#include "base/error.h"
#include "base/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

GBytes *
spoc_config_file_read(const char *path, gsize max_bytes, GError **error)
{
    /* O_NONBLOCK: a FIFO must not stop us. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) {
        spoc_error_set_errno(error, errno, "cannot be read");
        return NULL;
    }
    GBytes *content = spoc_durable_read_fd(fd, max_bytes, error);
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
