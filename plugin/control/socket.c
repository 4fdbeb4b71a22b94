/* SPDX-License-Identifier: Apache-2.0 */
#include "control/socket.h"

#include "base/error.h"
#include "base/own-log.h"
#include "control/protocol.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define SOCKET_NAME "control"
#define NEW_SOCKET_NAME ".tmp-control"
#define LISTEN_BACKLOG 64
#define DESCRIPTORS_MAX 65536

/* An open folder and its name */
typedef struct {
    int fd;
    const char *path;
} Folder;

static Folder
spool_folder(const SpocSpool *spool)
{
    return (Folder){spoc_spool_fd(spool), spoc_spool_path(spool)};
}

/* A path may be longer than the 107 bytes that a socket's address holds; through the folder's
 * descriptor it is always short. */
static void
fill_address(const Folder *folder, const char *name, struct sockaddr_un *address)
{
    memset(address, 0, sizeof *address);
    address->sun_family = AF_UNIX;
    int length = snprintf(address->sun_path, sizeof address->sun_path, "%s/%s", folder->path, name);
    if (length < 0 || (gsize)length >= sizeof address->sun_path)
        (void)snprintf(address->sun_path, sizeof address->sun_path, "/proc/self/fd/%d/%s",
                       folder->fd, name);
}

static int
new_socket(GError **error)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        spoc_error_set_errno(error, errno, "cannot make a socket");
    return fd;
}

/* Who listens there must be who owns the spool, or root (systemd's socket unit). */
static gboolean
check_peer(int fd, GError **error)
{
    struct ucred peer;
    socklen_t size = sizeof peer;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) {
        spoc_error_set_errno(error, errno, "cannot tell who listens");
        return FALSE;
    }
    if (peer.uid != 0 && peer.uid != geteuid()) {
        g_set_error(error, SPOC_ERROR, SPOC_ERROR_DENIED,
                    "uid %u listens there, who is neither "
                    "the spool's owner nor root",
                    (unsigned)peer.uid);
        return FALSE;
    }
    return TRUE;
}

/* A connected socket; -1 with the errno in @ret_errno, or with 0 there for another error. */
static int
connect_in(const Folder *folder, int *ret_errno, GError **error)
{
    *ret_errno = 0;
    int fd = new_socket(error);
    if (fd < 0)
        return -1;
    struct sockaddr_un address;
    fill_address(folder, SOCKET_NAME, &address);
    gboolean good = TRUE;
    if (connect(fd, (const struct sockaddr *)&address, sizeof address) != 0) {
        *ret_errno = errno;
        good = FALSE;
        g_set_error(error, SPOC_ERROR, SPOC_ERROR_UNAVAILABLE,
                    "spocd does not listen at '%s/%s': %s", folder->path, SOCKET_NAME,
                    g_strerror(*ret_errno));
    }
    if (!good || !check_peer(fd, error)) {
        close(fd);
        return -1;
    }
    return fd;
}

/* The folder of a service's socket, when it and the socket are as they must be: the folder root's
 * and writable for nobody else, the socket root's or our own. -1: there is no such service. */
static int
open_service_folder(const SpocSpool *spool)
{
    const char *path = spoc_spool_service_dir(spool);
    int fd = path != NULL ? open(path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) : -1;
    struct stat info, entry;
    if (fd < 0)
        return -1;
    if (fstat(fd, &info) == 0 && info.st_uid == 0 && (info.st_mode & 0022) == 0 &&
        fstatat(fd, SOCKET_NAME, &entry, AT_SYMLINK_NOFOLLOW) == 0 && S_ISSOCK(entry.st_mode) &&
        (entry.st_uid == 0 || entry.st_uid == geteuid()))
        return fd;
    close(fd);
    return -1;
}

/* The service's socket first; else the one in the spool. */
static int
connect_socket(SpocSpool *spool, int *ret_errno, GError **error)
{
    const Folder service = {open_service_folder(spool), spoc_spool_service_dir(spool)};
    if (service.fd >= 0) {
        int fd = connect_in(&service, ret_errno, NULL);
        close(service.fd);
        if (fd >= 0)
            return fd;
        if (*ret_errno == EAGAIN) {
            g_set_error(error, SPOC_ERROR, SPOC_ERROR_UNAVAILABLE,
                        "too many wait for an answer at '%s/%s'", service.path, SOCKET_NAME);
            return -1;
        }
    }
    const Folder folder = spool_folder(spool);
    return connect_in(&folder, ret_errno, error);
}

int
spoc_control_socket_connect(SpocSpool *spool, GError **error)
{
    int reason;
    return connect_socket(spool, &reason, error);
}

int
spoc_control_socket_connect_spool(SpocSpool *spool, GError **error)
{
    int reason;
    const Folder folder = spool_folder(spool);
    return connect_in(&folder, &reason, error);
}

static gboolean
bind_and_listen(SpocSpool *spool, int fd, GError **error)
{
    struct sockaddr_un address;
    const Folder own = spool_folder(spool);
    fill_address(&own, NEW_SOCKET_NAME, &address);
    int folder = own.fd;
    (void)unlinkat(folder, NEW_SOCKET_NAME, 0);
    /* Nobody but the owner gets into the folder, so the time before chmod is no gap. The
     * name comes last: who can see the socket finds somebody listening. */
    if (bind(fd, (const struct sockaddr *)&address, sizeof address) != 0 ||
        fchmodat(folder, NEW_SOCKET_NAME, 0600, 0) != 0 || listen(fd, LISTEN_BACKLOG) != 0 ||
        renameat(folder, NEW_SOCKET_NAME, folder, SOCKET_NAME) != 0) {
        spoc_error_set_errno(error, errno, "cannot listen at '%s/%s'", spoc_spool_path(spool),
                             SOCKET_NAME);
        (void)unlinkat(folder, NEW_SOCKET_NAME, 0);
        return FALSE;
    }
    return TRUE;
}

int
spoc_control_socket_listen(SpocSpool *spool, GError **error)
{
    g_autoptr(GError) nobody = NULL;
    int other = spoc_control_socket_connect_spool(spool, &nobody);
    if (other >= 0) {
        close(other);
        g_set_error(error, SPOC_ERROR, SPOC_ERROR_UNAVAILABLE,
                    "somebody listens at '%s/%s' already", spoc_spool_path(spool), SOCKET_NAME);
        return -1;
    }
    int fd = new_socket(error);
    if (fd < 0)
        return -1;
    if (!bind_and_listen(spool, fd, error)) {
        close(fd);
        return -1;
    }
    return fd;
}

/* Append-only; /dev/null where somebody put something else under the log's name. */
static int
open_log(SpocSpool *spool)
{
    int fd = openat(spoc_spool_fd(spool), SPOC_OWN_LOG_NAME,
                    O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0600);
    struct stat info;
    if (fd >= 0 && fstat(fd, &info) == 0 && S_ISREG(info.st_mode) && info.st_nlink == 1)
        return fd;
    if (fd >= 0)
        close(fd);
    return open("/dev/null", O_WRONLY | O_CLOEXEC);
}

/* The environment that cupsd gave us, completed, so that spocd finds the same places. */
static char **
daemon_environment(const SpocPlaces *places)
{
    const struct {
        const char *variable;
        const char *path;
    } roots[] = {
        {"CUPS_SERVERROOT", places->server_root}, {"CUPS_REQUESTROOT", places->request_root},
        {"CUPS_CACHEDIR", places->cache_root},    {"CUPS_STATEDIR", places->state_root},
        {"CUPS_DATADIR", places->data_root},      {"CUPS_SERVERBIN", places->server_bin},
    };
    char **environment = g_get_environ();
    for (guint i = 0; i < G_N_ELEMENTS(roots); i++)
        environment = g_environ_setenv(environment, roots[i].variable, roots[i].path, TRUE);
    return environment;
}

/* In the child, possibly of a process with threads: nothing but async-signal-safe calls
 * from here on (signal-safety(7)). */
static void
close_from(int first)
{
    if (close_range((unsigned)first, ~0u, 0) == 0)
        return;
    for (int fd = first; fd < DESCRIPTORS_MAX; fd++)
        close(fd);
}

static void
reset_signals(void)
{
    static const int signals[] = {SIGHUP, SIGINT, SIGTERM, SIGPIPE, SIGCHLD, SIGUSR1, SIGUSR2};
    for (guint i = 0; i < G_N_ELEMENTS(signals); i++)
        (void)signal(signals[i], SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
}

static void G_GNUC_NORETURN
become_daemon(const char *path, char **argv, char **environment, int null_fd, int log_fd)
{
    /* The first child only makes the second one nobody's child but init's. */
    if (setsid() < 0)
        _exit(1);
    pid_t second = fork();
    if (second != 0)
        _exit(second < 0 ? 1 : 0);
    /* Both descriptors are above 2 (see start), so none overwrites the other. */
    if (dup2(null_fd, 0) < 0 || dup2(null_fd, 1) < 0 || dup2(log_fd, 2) < 0 || chdir("/") != 0)
        _exit(1);
    close_from(3);
    reset_signals();
    (void)umask(077);
    execve(path, argv, environment);
    _exit(127);
}

/* Above the three that a program expects; closes @fd. */
static int
lift(int fd)
{
    if (fd < 0 || fd > 2)
        return fd;
    int lifted = fcntl(fd, F_DUPFD_CLOEXEC, 3);
    int saved_errno = errno;
    close(fd);
    errno = saved_errno;
    return lifted;
}

static gboolean
run_detached(const char *path, char **environment, int null_fd, int log_fd, GError **error)
{
    char *argv[] = {(char *)path, (char *)"--on-demand", NULL};
    pid_t child = fork();
    if (child == 0)
        become_daemon(path, argv, environment, null_fd, log_fd);
    if (child < 0) {
        spoc_error_set_errno(error, errno, "cannot start '%s'", path);
        return FALSE;
    }
    int status = 0;
    while (waitpid(child, &status, 0) < 0) {
        if (errno == EINTR)
            continue;
        return TRUE; /* ECHILD: the caller ignores SIGCHLD, and the kernel reaped it */
    }
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        g_set_error(error, SPOC_ERROR, SPOC_ERROR_UNAVAILABLE,
                    "cannot start '%s': the system allows no more processes", path);
        return FALSE;
    }
    return TRUE;
}

gboolean
spoc_control_socket_start_daemon(SpocSpool *spool, const SpocPlaces *places, GError **error)
{
    if (access(places->daemon_path, X_OK) != 0) {
        spoc_error_set_errno(error, errno, "cannot run '%s' (is the package installed whole?)",
                             places->daemon_path);
        return FALSE;
    }
    int null_fd = lift(open("/dev/null", O_RDWR | O_CLOEXEC));
    int log_fd = lift(open_log(spool));
    gboolean good = FALSE;
    if (null_fd < 0 || log_fd < 0) {
        spoc_error_set_errno(error, errno, "cannot open /dev/null");
    } else {
        g_auto(GStrv) environment = daemon_environment(places);
        good = run_detached(places->daemon_path, environment, null_fd, log_fd, error);
    }
    if (null_fd >= 0)
        close(null_fd);
    if (log_fd >= 0)
        close(log_fd);
    return good;
}

gboolean
spoc_control_wake(SpocSpool *spool, const SpocPlaces *places, GError **error)
{
    g_autoptr(GError) reason = NULL;
    int refused = 0;
    int fd = connect_socket(spool, &refused, &reason);
    if (fd < 0) {
        if (refused == ECONNREFUSED || refused == ENOENT)
            return spoc_control_socket_start_daemon(spool, places, error);
        if (refused == EAGAIN)
            return TRUE; /* so many clients wait that it cannot be asleep */
        g_propagate_error(error, g_steal_pointer(&reason));
        return FALSE;
    }
    /* Five bytes always fit into a fresh socket's buffer. That it was closed in between
     * means that spocd is leaving, and rescans the spool before it does. */
    gboolean good = spoc_control_request_send(fd, SPOC_REQUEST_WAKE, NULL) || errno == EPIPE ||
                    errno == ECONNRESET;
    if (!good)
        spoc_error_set_errno(error, errno, "cannot wake spocd");
    close(fd);
    return good;
}
