/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  Loaded into a running program (LD_PRELOAD), lets its calls that write to the spool
 *          fail for a while. What fails is said by a file that both sides have mapped.
 * INPUT    SPOC_FAULTS: that file: struct Order below. Calls on files that are not regular, and
 *          on stderr, are left alone: sockets, pipes and the log work on.
 */
/* Both the names with and those without 64 are spelt out here. */
#undef _FILE_OFFSET_BITS
#undef _FORTIFY_SOURCE

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    CALL_OPEN = 1,
    CALL_WRITE = 2,
    CALL_SYNC = 4,
    CALL_RENAME = 8,
    CALL_UNLINK = 16,
    CALL_TIME = 32,
};

struct Order {
    int calls;        /* which of them; 0: none */
    int error_number; /* 0: writes are short */
    int hits;         /* how many failed so far */
};

static struct Order *
order(void)
{
    static struct Order *mapped;
    static struct Order none;
    if (mapped == NULL) {
        const char *path = getenv("SPOC_FAULTS");
        int fd = path != NULL ? open(path, O_RDWR | O_CLOEXEC) : -1;
        void *place = MAP_FAILED;
        if (fd >= 0)
            place = mmap(NULL, sizeof *mapped, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        mapped = place != MAP_FAILED ? place : &none;
    }
    return mapped;
}

static int
fails(int call)
{
    struct Order *now = order();
    if ((now->calls & call) == 0 || now->error_number == 0)
        return 0;
    now->hits++;
    errno = now->error_number;
    return 1;
}

static int
is_file(int fd)
{
    struct stat info;
    return fd != STDERR_FILENO && fstat(fd, &info) == 0 &&
           (S_ISREG(info.st_mode) || S_ISDIR(info.st_mode));
}

static size_t
shortened(int fd, size_t size)
{
    struct Order *now = order();
    if ((now->calls & CALL_WRITE) == 0 || now->error_number != 0 || size < 2 || !is_file(fd))
        return size;
    now->hits++;
    return size / 2;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

ssize_t
write(int fd, const void *data, size_t size)
{
    if (is_file(fd) && fails(CALL_WRITE))
        return -1;
    return REAL(write)(fd, data, shortened(fd, size));
}

ssize_t
pwrite64(int fd, const void *data, size_t size, off64_t place)
{
    if (fails(CALL_WRITE))
        return -1;
    return REAL(pwrite64)(fd, data, shortened(fd, size), place);
}

int
fsync(int fd)
{
    return fails(CALL_SYNC) ? -1 : REAL(fsync)(fd);
}

int
fdatasync(int fd)
{
    return fails(CALL_SYNC) ? -1 : REAL(fdatasync)(fd);
}

int
renameat(int from_fd, const char *from, int to_fd, const char *to)
{
    return fails(CALL_RENAME) ? -1 : REAL(renameat)(from_fd, from, to_fd, to);
}

int
unlinkat(int fd, const char *name, int flags)
{
    return fails(CALL_UNLINK) ? -1 : REAL(unlinkat)(fd, name, flags);
}

int
futimens(int fd, const struct timespec times[2])
{
    return fails(CALL_TIME) ? -1 : REAL(futimens)(fd, times);
}

/* The spool opens everything relative to its folders; the rest of the program doesn't. */
int
openat64(int fd, const char *name, int flags, ...)
{
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = (flags & O_CREAT) != 0 ? va_arg(arguments, mode_t) : 0;
    va_end(arguments);
    if (fd != AT_FDCWD && fails(CALL_OPEN))
        return -1;
    return REAL(openat64)(fd, name, flags, mode);
}

int __openat64_2(int fd, const char *name, int flags);

int
__openat64_2(int fd, const char *name, int flags)
{
    if (fd != AT_FDCWD && fails(CALL_OPEN))
        return -1;
    return REAL(__openat64_2)(fd, name, flags);
}
