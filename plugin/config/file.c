/* SPDX-License-Identifier: Apache-2.0 */
#include "config/file.h"

#include "base/durable.h"
#include "base/error.h"

#include <errno.h>
#include <fcntl.h>
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
