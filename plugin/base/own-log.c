/* SPDX-License-Identifier: Apache-2.0 */
#include "base/own-log.h"

#include "base/log.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* Whether the file under the log's name is what stderr writes to */
static gboolean
is_in_place(int folder, const struct stat *ours)
{
    struct stat info;
    return fstatat(folder, SPOC_OWN_LOG_NAME, &info, AT_SYMLINK_NOFOLLOW) == 0 &&
           info.st_dev == ours->st_dev && info.st_ino == ours->st_ino;
}

static void
reopen(int folder)
{
    struct stat info;
    int fd = openat(folder, SPOC_OWN_LOG_NAME,
                    O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0600);
    if (fd < 0)
        return;
    if (fstat(fd, &info) == 0 && S_ISREG(info.st_mode) && info.st_nlink == 1)
        (void)dup2(fd, STDERR_FILENO);
    close(fd);
}

void
spoc_own_log_tend(int folder)
{
    struct stat ours;
    if (fstat(STDERR_FILENO, &ours) != 0)
        return;
    if (!is_in_place(folder, &ours)) {
        reopen(folder);
        return;
    }
    if (ours.st_size + SPOC_LOG_LINE_MAX_BYTES <= SPOC_OWN_LOG_MAX_BYTES)
        return;
    if (renameat(folder, SPOC_OWN_LOG_NAME, folder, SPOC_OWN_LOG_OLD_NAME) == 0)
        reopen(folder);
    else if (ftruncate(STDERR_FILENO, 0) != 0)
        return; /* a file system that lets nothing be changed lets nothing grow either */
}
