/* SPDX-License-Identifier: Apache-2.0 */
#include "control/client.h"

#include "base/error.h"
#include "base/log.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define TIMEOUT_MS 5000 /* the longest silence within one answer, unless it is set otherwise */
#define LINES_MAX 200000
#define TEXT_MAX_BYTES 900
#define DESCRIPTORS_MAX 65536

/* --- connecting ------------------------------------------------------------------------ */

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

int
spoc_control_socket_new(int folder_fd, const char *folder_path, const char *name,
                        struct sockaddr_un *address, GError **error)
{
    /* A path may be longer than the 107 bytes that an address holds; through the folder's
     * descriptor it is always short. */
    memset(address, 0, sizeof *address);
    address->sun_family = AF_UNIX;
    int length = snprintf(address->sun_path, sizeof address->sun_path, "%s/%s", folder_path, name);
    if (length < 0 || (gsize)length >= sizeof address->sun_path)
        (void)snprintf(address->sun_path, sizeof address->sun_path, "/proc/self/fd/%d/%s",
                       folder_fd, name);
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
    struct sockaddr_un address;
    int fd = spoc_control_socket_new(folder->fd, folder->path, SPOC_CONTROL_SOCKET_NAME, &address,
                                     error);
    if (fd < 0)
        return -1;
    gboolean good = TRUE;
    if (connect(fd, (const struct sockaddr *)&address, sizeof address) != 0) {
        *ret_errno = errno;
        good = FALSE;
        g_set_error(error, SPOC_ERROR, SPOC_ERROR_UNAVAILABLE,
                    "spocd does not listen at '%s/%s': %s", folder->path, SPOC_CONTROL_SOCKET_NAME,
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
        fstatat(fd, SPOC_CONTROL_SOCKET_NAME, &entry, AT_SYMLINK_NOFOLLOW) == 0 &&
        S_ISSOCK(entry.st_mode) && (entry.st_uid == 0 || entry.st_uid == geteuid()))
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
                        "too many wait for an answer at '%s/%s'", service.path,
                        SPOC_CONTROL_SOCKET_NAME);
            return -1;
        }
    }
    const Folder folder = spool_folder(spool);
    return connect_in(&folder, ret_errno, error);
}

int
spoc_control_connect_spool(SpocSpool *spool, GError **error)
{
    int reason;
    const Folder folder = spool_folder(spool);
    return connect_in(&folder, &reason, error);
}

/* --- starting -------------------------------------------------------------------------- */

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
    /* musl has no function for it. */
    if (syscall(SYS_close_range, (unsigned)first, ~0u, 0) == 0)
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
lift_descriptor(int fd)
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
spoc_control_start_daemon(SpocSpool *spool, const SpocPlaces *places, GError **error)
{
    if (access(places->daemon_path, X_OK) != 0) {
        spoc_error_set_errno(error, errno, "cannot run '%s' (is the package installed whole?)",
                             places->daemon_path);
        return FALSE;
    }
    int null_fd = lift_descriptor(open("/dev/null", O_RDWR | O_CLOEXEC));
    int log_fd = lift_descriptor(open_log(spool));
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

void
spoc_control_make_way(SpocSpool *spool)
{
    int fd = spoc_control_connect_spool(spool, NULL);
    if (fd < 0)
        return; /* on its way in or out */
    (void)spoc_control_request_send(fd, SPOC_REQUEST_MAKE_WAY, NULL);
    close(fd);
}

gboolean
spoc_control_wake(SpocSpool *spool, const SpocPlaces *places, GError **error)
{
    g_autoptr(GError) reason = NULL;
    int refused = 0;
    int fd = connect_socket(spool, &refused, &reason);
    if (fd < 0) {
        if (refused == ECONNREFUSED || refused == ENOENT)
            return spoc_control_start_daemon(spool, places, error);
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

/* --- asking ---------------------------------------------------------------------------- */

struct _SpocControlClient {
    int fd;
    int stop_fd; /* -1: none */
    int timeout_ms;
    GByteArray *received; /* what is not yet taken as a line */
};

SpocControlClient *
spoc_control_client_new_from_fd(int fd)
{
    SpocControlClient *client = g_new0(SpocControlClient, 1);
    client->fd = fd;
    client->stop_fd = -1;
    client->timeout_ms = TIMEOUT_MS;
    client->received = g_byte_array_new();
    return client;
}

SpocControlClient *
spoc_control_client_new(SpocSpool *spool, GError **error)
{
    int reason;
    int fd = connect_socket(spool, &reason, error);
    return fd >= 0 ? spoc_control_client_new_from_fd(fd) : NULL;
}

void
spoc_control_client_set_stop_fd(SpocControlClient *client, int stop_fd)
{
    client->stop_fd = stop_fd;
}

void
spoc_control_client_set_timeout(SpocControlClient *client, int timeout_ms)
{
    client->timeout_ms = timeout_ms;
}

void
spoc_control_client_free(SpocControlClient *client)
{
    if (client == NULL)
        return;
    close(client->fd);
    g_byte_array_unref(client->received);
    g_free(client);
}

static gboolean
wait_for(const SpocControlClient *client, short events, GError **error)
{
    struct pollfd entries[] = {{.fd = client->fd, .events = events},
                               {.fd = client->stop_fd, .events = POLLIN}};
    int ready;
    do
        ready = poll(entries, G_N_ELEMENTS(entries), client->timeout_ms);
    while (ready < 0 && errno == EINTR);
    if (ready > 0 && entries[1].revents == 0)
        return TRUE;
    if (ready > 0)
        g_set_error_literal(error, SPOC_ERROR, SPOC_ERROR_FAILED, "stopped");
    else if (ready < 0)
        spoc_error_set_errno(error, errno, "cannot wait for spocd");
    else
        g_set_error(error, SPOC_ERROR, SPOC_ERROR_FAILED, "spocd does not answer within %d s",
                    client->timeout_ms / 1000);
    return FALSE;
}

static gboolean
send_all(const SpocControlClient *client, const char *bytes, gsize size, GError **error)
{
    while (size > 0) {
        if (!wait_for(client, POLLOUT, error))
            return FALSE;
        ssize_t sent = send(client->fd, bytes, size, MSG_NOSIGNAL);
        if (sent < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        if (sent < 0) {
            spoc_error_set_errno(error, errno, "cannot ask spocd");
            return FALSE;
        }
        bytes += sent;
        size -= (gsize)sent;
    }
    return TRUE;
}

/* Receives something; FALSE at the end too. */
static gboolean
receive_more(SpocControlClient *client, GError **error)
{
    guint8 buffer[16384];
    for (;;) {
        if (!wait_for(client, POLLIN, error))
            return FALSE;
        ssize_t count = recv(client->fd, buffer, sizeof buffer, 0);
        if (count < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        if (count < 0) {
            spoc_error_set_errno(error, errno, "cannot read spocd's answer");
            return FALSE;
        }
        if (count == 0) {
            g_set_error_literal(error, SPOC_ERROR, SPOC_ERROR_FAILED,
                                "spocd hung up before its answer was complete; try again");
            return FALSE;
        }
        g_byte_array_append(client->received, buffer, (guint)count);
        return TRUE;
    }
}

char *
spoc_control_client_read_line(SpocControlClient *client, GError **error)
{
    gsize searched = 0;
    for (;;) {
        GByteArray *received = client->received;
        const guint8 *end = received->len > searched
                                ? memchr(received->data + searched, '\n', received->len - searched)
                                : NULL;
        if (end != NULL) {
            gsize length = (gsize)(end - received->data);
            char *line = g_utf8_make_valid((const char *)received->data, (gssize)length);
            g_byte_array_remove_range(received, 0, (guint)length + 1);
            return line;
        }
        searched = received->len;
        if (searched > SPOC_CONTROL_LINE_MAX_BYTES) {
            g_set_error_literal(error, SPOC_ERROR, SPOC_ERROR_LIMIT,
                                "spocd's answer has a line that is too long");
            return NULL;
        }
        if (!receive_more(client, error))
            return NULL;
    }
}

/* @ret_text: (transfer full) (nullable): what stands behind "ok" */
static GPtrArray *
ask_for_text(SpocControlClient *client, SpocControlRequest request, const char *argument,
             char **ret_text, GError **error)
{
    g_autofree char *words_of_request = spoc_control_request_line(request, argument);
    g_autofree char *line = g_strconcat(words_of_request, "\n", NULL);
    if (!send_all(client, line, strlen(line), error))
        return NULL;

    g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);
    while (lines->len < LINES_MAX) {
        g_autofree char *answer = spoc_control_client_read_line(client, error);
        if (answer == NULL)
            return NULL;
        const char *words = NULL;
        SpocControlAnswer kind = spoc_control_answer_parse(answer, &words);
        if (kind == SPOC_ANSWER_OK) {
            if (ret_text != NULL)
                *ret_text = g_strdup(words);
            return g_steal_pointer(&lines);
        }
        if (kind == SPOC_ANSWER_ERROR) {
            g_autofree char *text = spoc_text_line(words, -1, TEXT_MAX_BYTES);
            g_set_error_literal(error, SPOC_ERROR, SPOC_ERROR_FAILED,
                                *text != '\0' ? text : "spocd refuses without saying why");
            return NULL;
        }
        g_ptr_array_add(lines, g_steal_pointer(&answer));
    }
    g_set_error_literal(error, SPOC_ERROR, SPOC_ERROR_LIMIT, "spocd's answer has no end");
    return NULL;
}

GPtrArray *
spoc_control_client_ask(SpocControlClient *client, SpocControlRequest request, const char *argument,
                        GError **error)
{
    return ask_for_text(client, request, argument, NULL, error);
}

gboolean
spoc_control_client_tell(SpocControlClient *client, SpocControlRequest request,
                         const char *argument)
{
    return spoc_control_request_send(client->fd, request, argument);
}

gboolean
spoc_control_client_drain(SpocControlClient *client, int *ret_status, GError **error)
{
    g_autofree char *text = NULL;
    client->timeout_ms = -1;
    g_autoptr(GPtrArray) lines = ask_for_text(client, SPOC_REQUEST_DRAIN, NULL, &text, error);
    gint64 status = 0;
    if (lines == NULL || !g_ascii_string_to_signed(text, 10, 0, 255, &status, error))
        return FALSE;
    *ret_status = (int)status;
    return TRUE;
}
