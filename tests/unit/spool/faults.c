/* SPDX-License-Identifier: Apache-2.0 */
#include "faults.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>

/* The linker's --wrap gives these names; nobody else declares them. */
int __real_openat64(int fd, const char *name, int flags, mode_t mode);
int __wrap_openat64(int fd, const char *name, int flags, ...);
int __real___openat64_2(int fd, const char *name, int flags);
int __wrap___openat64_2(int fd, const char *name, int flags);
ssize_t __real_write(int fd, const void *data, size_t size);
ssize_t __wrap_write(int fd, const void *data, size_t size);
ssize_t __real_pwrite64(int fd, const void *data, size_t size, off_t place);
ssize_t __wrap_pwrite64(int fd, const void *data, size_t size, off_t place);
int __real_fsync(int fd);
int __wrap_fsync(int fd);
int __real_fdatasync(int fd);
int __wrap_fdatasync(int fd);
int __real_ftruncate64(int fd, off_t size);
int __wrap_ftruncate64(int fd, off_t size);
int __real_renameat(int from_fd, const char *from, int to_fd, const char *to);
int __wrap_renameat(int from_fd, const char *from, int to_fd, const char *to);
int __real_unlinkat(int fd, const char *name, int flags);
int __wrap_unlinkat(int fd, const char *name, int flags);
int __real_futimens(int fd, const struct timespec times[2]);
int __wrap_futimens(int fd, const struct timespec times[2]);

/* What the wrapped calls look at: they have no argument of ours. */
static struct {
    gboolean armed;
    FaultCall call;
    guint skip;
    guint count;
    int error_number;
    gboolean hit;
    void (*at_sync)(gpointer);
    gpointer user_data;
} fault;

static const char *const names[FAULT_CALLS] = {"openat",   "write",    "sync",    "ftruncate",
                                               "renameat", "unlinkat", "futimens"};

const char *
fault_call_name(FaultCall call)
{
    return names[call];
}

void
fault_arm(FaultCall call, guint nth, guint count, int error_number)
{
    fault.armed = TRUE;
    fault.call = call;
    fault.skip = nth;
    fault.count = count;
    fault.error_number = error_number;
    fault.hit = FALSE;
}

gboolean
fault_disarm(void)
{
    fault.armed = FALSE;
    return fault.hit;
}

void
fault_at_sync(void (*function)(gpointer), gpointer user_data)
{
    fault.at_sync = function;
    fault.user_data = user_data;
}

static gboolean
strikes(FaultCall call)
{
    if (!fault.armed || fault.call != call)
        return FALSE;
    if (fault.skip > 0) {
        fault.skip--;
        return FALSE;
    }
    if (fault.count == 0)
        return FALSE;
    fault.count--;
    fault.hit = TRUE;
    errno = fault.error_number;
    return TRUE;
}

int
__wrap_openat64(int fd, const char *name, int flags, ...)
{
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = (flags & O_CREAT) != 0 ? va_arg(arguments, mode_t) : 0;
    va_end(arguments);
    return strikes(FAULT_OPEN) ? -1 : __real_openat64(fd, name, flags, mode);
}

/* What openat() without a mode becomes in a fortified build */
int
__wrap___openat64_2(int fd, const char *name, int flags)
{
    return strikes(FAULT_OPEN) ? -1 : __real___openat64_2(fd, name, flags);
}

ssize_t
__wrap_write(int fd, const void *data, size_t size)
{
    if (strikes(FAULT_WRITE)) {
        if (fault.error_number != 0)
            return -1;
        size = (size + 1) / 2;
    }
    return __real_write(fd, data, size);
}

ssize_t
__wrap_pwrite64(int fd, const void *data, size_t size, off_t place)
{
    if (strikes(FAULT_WRITE)) {
        /* What a full disk does: a part is written, and then it fails. */
        ssize_t part = __real_pwrite64(fd, data, (size + 1) / 2, place);
        if (fault.error_number == 0)
            return part;
        errno = fault.error_number;
        return -1;
    }
    return __real_pwrite64(fd, data, size, place);
}

static gboolean
sync_strikes(void)
{
    if (fault.at_sync != NULL)
        fault.at_sync(fault.user_data);
    return strikes(FAULT_SYNC);
}

int
__wrap_fsync(int fd)
{
    return sync_strikes() ? -1 : __real_fsync(fd);
}

int
__wrap_fdatasync(int fd)
{
    return sync_strikes() ? -1 : __real_fdatasync(fd);
}

int
__wrap_ftruncate64(int fd, off_t size)
{
    return strikes(FAULT_CUT) ? -1 : __real_ftruncate64(fd, size);
}

int
__wrap_renameat(int from_fd, const char *from, int to_fd, const char *to)
{
    return strikes(FAULT_RENAME) ? -1 : __real_renameat(from_fd, from, to_fd, to);
}

int
__wrap_unlinkat(int fd, const char *name, int flags)
{
    return strikes(FAULT_UNLINK) ? -1 : __real_unlinkat(fd, name, flags);
}

int
__wrap_futimens(int fd, const struct timespec times[2])
{
    return strikes(FAULT_TIME) ? -1 : __real_futimens(fd, times);
}
