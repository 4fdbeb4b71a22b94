/* SPDX-License-Identifier: Apache-2.0 */
#include "../spool/root.h"
#include "base/error.h"
#include "control/client.h"
#include "control/server.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define WAIT_MS 10000
#define NOBODY 65534

static void
wait_readable(int fd)
{
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    g_assert_cmpint(poll(&ready, 1, WAIT_MS), ==, 1);
}

/* Accepts one and reads what it says up to its end. */
static char *
accept_and_read(int listener)
{
    wait_readable(listener);
    int fd = accept(listener, NULL, NULL);
    g_assert_cmpint(fd, >=, 0);
    char buffer[100];
    ssize_t count = read(fd, buffer, sizeof buffer);
    g_assert_cmpint(count, >=, 0);
    close(fd);
    return g_strndup(buffer, (gsize)count);
}

static void
test_listen(Root *root, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_assert_null(spoc_control_client_new(root->spool, &error));
    g_assert_error(error, SPOC_ERROR, SPOC_ERROR_UNAVAILABLE);
    g_clear_error(&error);

    int listener = spoc_control_server_listen(root->spool, &error);
    g_assert_no_error(error);
    struct stat info;
    g_assert_cmpint(fstatat(spoc_spool_fd(root->spool), "control", &info, 0), ==, 0);
    g_assert_true(S_ISSOCK(info.st_mode));
    g_assert_cmpint(info.st_mode & 0777, ==, 0600);
    g_assert_cmpint(fcntl(listener, F_GETFD) & FD_CLOEXEC, ==, FD_CLOEXEC);
    g_assert_cmpint(fcntl(listener, F_GETFL) & O_NONBLOCK, ==, O_NONBLOCK);

    /* One that listens is not replaced; a dead one is. */
    g_assert_cmpint(spoc_control_server_listen(root->spool, &error), ==, -1);
    g_assert_error(error, SPOC_ERROR, SPOC_ERROR_UNAVAILABLE);
    g_clear_error(&error);
    close(listener);
    listener = spoc_control_server_listen(root->spool, &error);
    g_assert_no_error(error);

    g_assert_true(spoc_control_wake(root->spool, root->places, &error));
    g_assert_no_error(error);
    g_autofree char *said = accept_and_read(listener);
    g_assert_cmpstr(said, ==, "wake\n");

    /* So many waiting to be accepted that no more fit: nobody blocks, and it counts as woken. */
    for (guint i = 0; i < 200; i++)
        g_assert_true(spoc_control_wake(root->spool, root->places, &error));
    close(listener);
}

/* Makes a socket that listens; returns its descriptor. */
static int
listen_at(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    g_strlcpy(address.sun_path, path, sizeof address.sun_path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    g_assert_cmpint(bind(fd, (const struct sockaddr *)&address, sizeof address), ==, 0);
    g_assert_cmpint(listen(fd, 10), ==, 0);
    return fd;
}

/* Which of the two, of the service and of the spool, a client wakes. */
static void
assert_wakes(Root *root, int listener, int other)
{
    g_autoptr(GError) error = NULL;
    g_assert_true(spoc_control_wake(root->spool, root->places, &error));
    g_assert_no_error(error);
    g_autofree char *said = accept_and_read(listener);
    g_assert_cmpstr(said, ==, "wake\n");
    g_assert_cmpint(accept(other, NULL, NULL), ==, -1);
}

/* A service's socket comes first, where nobody but root can have put it there. */
static void
test_service(Root *root, gconstpointer data)
{
    if (geteuid() != 0) {
        g_test_skip("needs root");
        return;
    }
    g_autoptr(GError) error = NULL;
    const char *folder = root->places->service_dir;
    g_autofree char *path = g_build_filename(folder, "control", NULL);
    g_autofree char *elsewhere = g_build_filename(root->path, "elsewhere", NULL);
    int own = spoc_control_server_listen(root->spool, &error);
    g_assert_no_error(error);
    g_assert_cmpint(g_mkdir(folder, 0755), ==, 0);
    int service = listen_at(path);
    assert_wakes(root, service, own);

    g_assert_cmpint(chmod(folder, 0775), ==, 0);
    assert_wakes(root, own, service);
    g_assert_cmpint(chmod(folder, 0755), ==, 0);
    g_assert_cmpint(chown(folder, NOBODY, NOBODY), ==, 0);
    assert_wakes(root, own, service);
    g_assert_cmpint(chown(folder, 0, 0), ==, 0);
    g_assert_cmpint(chown(path, NOBODY, NOBODY), ==, 0);
    assert_wakes(root, own, service);
    g_assert_cmpint(chown(path, 0, 0), ==, 0);
    assert_wakes(root, service, own);
    /* Links are not followed, of the folder or in it. */
    g_assert_cmpint(rename(folder, elsewhere), ==, 0);
    g_assert_cmpint(symlink(elsewhere, folder), ==, 0);
    assert_wakes(root, own, service);
    g_assert_cmpint(unlink(folder), ==, 0);
    g_assert_cmpint(g_mkdir(folder, 0755), ==, 0);
    g_autofree char *target = g_build_filename(elsewhere, "control", NULL);
    g_assert_cmpint(symlink(target, path), ==, 0);
    assert_wakes(root, own, service);
    /* One that is dead is passed over. */
    g_assert_cmpint(unlink(path), ==, 0);
    close(listen_at(path));
    assert_wakes(root, own, service);
    close(service);
    close(own);
}

/* A spool whose path does not fit into a socket's address */
static void
test_long_path(Root *root, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *part = g_strnfill(120, 'l');
    g_autofree char *deep = g_build_filename(root->path, part, NULL);
    g_assert_cmpint(g_mkdir(deep, 0700), ==, 0);
    g_auto(GStrv) environment = g_environ_setenv(NULL, "CUPS_REQUESTROOT", deep, TRUE);
    g_autoptr(SpocPlaces) places = spoc_places_new(environment);
    g_autoptr(SpocSpool) spool = spoc_spool_open(places, &error);
    g_assert_no_error(error);
    int listener = spoc_control_server_listen(spool, &error);
    g_assert_no_error(error);
    g_autoptr(SpocControlClient) client = spoc_control_client_new(spool, &error);
    g_assert_no_error(error);
    g_assert_nonnull(client);
    close(listener);
}

/* A spocd that tells what it was given: arguments, environment, descriptors, folder. */
static const char dummy[] = "#!/bin/sh\n"
                            "exec 2>&1 >\"$CUPS_STATEDIR/told.new\"\n"
                            "echo \"$*\"\n"
                            "echo \"$CUPS_REQUESTROOT\"\n"
                            "pwd\n"
                            "umask\n"
                            /* No pipe: the shell itself would have it open for a moment. */
                            "ls /proc/$$/fd >\"$CUPS_STATEDIR/fds\"\n"
                            "tr '\\n' ' ' <\"$CUPS_STATEDIR/fds\"; echo\n"
                            "readlink /proc/$$/fd/0\n"
                            "cut -d' ' -f4-6 /proc/$$/stat | sed \"s/$$/SELF/g\"\n"
                            "grep -E '^Sig(Blk|Ign)' /proc/$$/status | tr -d '\\t'\n"
                            "mv \"$CUPS_STATEDIR/told.new\" \"$CUPS_STATEDIR/told\"\n";

static char *
wait_for_file(const char *path)
{
    char *content = NULL;
    for (gint64 end = g_get_monotonic_time() + WAIT_MS * 1000; content == NULL;) {
        g_assert_cmpint(g_get_monotonic_time(), <, end);
        if (!g_file_get_contents(path, &content, NULL, NULL))
            (void)poll(NULL, 0, 10);
    }
    return content;
}

static void
test_start(Root *root, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_assert_false(spoc_control_wake(root->spool, root->places, &error));
    g_assert_error(error, SPOC_ERROR, SPOC_ERROR_NOT_FOUND);
    g_assert_nonnull(strstr(error->message, root->places->daemon_path));
    g_clear_error(&error);

    g_autofree char *folder = g_path_get_dirname(root->places->daemon_path);
    g_assert_cmpint(g_mkdir(folder, 0700), ==, 0);
    g_assert_true(g_file_set_contents_full(root->places->daemon_path, dummy, -1,
                                           G_FILE_SET_CONTENTS_CONSISTENT, 0700, &error));
    int stray = open("/dev/null", O_RDONLY); /* without close-on-exec */
    (void)signal(SIGPIPE, SIG_IGN);
    g_assert_true(spoc_control_wake(root->spool, root->places, &error));
    g_assert_no_error(error);
    close(stray);
    /* No child is left behind. */
    g_assert_cmpint(waitpid(-1, NULL, WNOHANG), ==, -1);
    g_assert_cmpint(errno, ==, ECHILD);

    g_autofree char *path = g_build_filename(root->places->state_root, "told", NULL);
    g_autofree char *told = wait_for_file(path);
    g_auto(GStrv) lines = g_strsplit(told, "\n", -1);
    g_assert_cmpuint(g_strv_length(lines), >=, 9);
    g_assert_cmpstr(lines[0], ==, "--on-demand");
    g_assert_cmpstr(lines[1], ==, root->places->request_root);
    g_assert_cmpstr(lines[2], ==, "/");
    g_assert_cmpstr(lines[3], ==, "0077");
    g_auto(GStrv) open_now = g_strsplit(g_strchomp(lines[4]), " ", -1);
    for (guint i = 0; open_now[i] != NULL; i++) /* 10 is the shell's own: its script */
        g_assert_true(strlen(open_now[i]) > 1 || open_now[i][0] <= '2');
    g_assert_cmpstr(lines[5], ==, "/dev/null");
    g_auto(GStrv) ids = g_strsplit(lines[6], " ", 3); /* parent, process group, session */
    g_assert_cmpstr(ids[1], ==, ids[2]);
    g_autofree char *own_group = g_strdup_printf("%d", (int)getpgrp());
    g_assert_cmpstr(ids[1], !=, own_group);
    g_assert_cmpstr(lines[7], ==, "SigBlk:0000000000000000");
    g_assert_true(g_str_has_prefix(lines[8], "SigIgn:"));
    g_assert_cmpint(strtoull(lines[8] + 7, NULL, 16) & (1u << (SIGPIPE - 1)), ==, 0);
    struct stat info;
    g_assert_cmpint(fstatat(spoc_spool_fd(root->spool), "spocd.log", &info, 0), ==, 0);
    g_assert_cmpint(info.st_mode & 0777, ==, 0600);
}

/* A client whose spocd has already said @answer, and hung up if told so. */
static SpocControlClient *
client_that_hears(const char *answer, gsize size, gboolean hang_up, int *ret_other)
{
    int fds[2];
    g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), ==, 0);
    g_assert_cmpint(write(fds[1], answer, size), ==, (gssize)size);
    if (hang_up)
        g_assert_cmpint(shutdown(fds[1], SHUT_WR), ==, 0);
    *ret_other = fds[1];
    return spoc_control_client_new_from_fd(fds[0]);
}

static void
test_answers(void)
{
    static const struct {
        const char *answer;
        guint lines;
        const char *error; /* NULL: good */
    } cases[] = {
        {"ok\n", 0, NULL},
        {"ok 0\n", 0, NULL},
        {"{\"a\":1}\n\nok\n", 2, NULL},
        {"error no such message\n", 0, "no such message"},
        {"line\nerror half\tway\n", 0, "half way"},
        {"error\n", 0, "spocd refuses without saying why"},
        {"line\n", 0, "spocd hung up before its answer was complete; try again"},
        {"ok", 0, "spocd hung up before its answer was complete; try again"},
        {"", 0, "spocd hung up before its answer was complete; try again"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        int other = -1;
        g_autoptr(SpocControlClient) client =
            client_that_hears(cases[i].answer, strlen(cases[i].answer), TRUE, &other);
        g_autoptr(GError) error = NULL;
        g_autoptr(GPtrArray) lines =
            spoc_control_client_ask(client, SPOC_REQUEST_STATUS, NULL, &error);
        if (cases[i].error != NULL) {
            g_assert_null(lines);
            g_assert_error(error, SPOC_ERROR, SPOC_ERROR_FAILED);
            g_assert_cmpstr(error->message, ==, cases[i].error);
        } else {
            g_assert_no_error(error);
            g_assert_cmpuint(lines->len, ==, cases[i].lines);
        }
        char request[16] = {0};
        g_assert_cmpint(read(other, request, sizeof request - 1), ==, 7);
        g_assert_cmpstr(request, ==, "status\n");
        close(other);
    }
}

/* Two answers that came at once belong to two questions. */
static void
test_two_questions(void)
{
    int other = -1;
    g_autoptr(SpocControlClient) client =
        client_that_hears("one\nok\ntwo\nok\n", 14, FALSE, &other);
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) first = spoc_control_client_ask(client, SPOC_REQUEST_WAITS, NULL, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(g_ptr_array_index(first, 0), ==, "one");
    g_autoptr(GPtrArray) second =
        spoc_control_client_ask(client, SPOC_REQUEST_QUEUE_MEMORY, NULL, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(g_ptr_array_index(second, 0), ==, "two");
    close(other);
}

static void
test_endless_line(void)
{
    int other = -1;
    gsize size = 100 * 1024;
    g_autofree char *answer = g_strnfill(size, 'x');
    g_autoptr(SpocControlClient) client = client_that_hears(answer, size, TRUE, &other);
    g_autoptr(GError) error = NULL;
    g_assert_null(spoc_control_client_ask(client, SPOC_REQUEST_STATUS, NULL, &error));
    g_assert_error(error, SPOC_ERROR, SPOC_ERROR_LIMIT);
    close(other);
}

/* The status behind "ok" */
static void
test_drain(void)
{
    static const struct {
        const char *answer;
        int status; /* -1: an error */
    } cases[] = {{"ok 0\n", 0},   {"ok 75\n", 75},    {"ok\n", -1}, {"ok often\n", -1},
                 {"ok -1\n", -1}, {"error no\n", -1}, {"", -1}};
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        int other = -1;
        int status = -1;
        g_autoptr(SpocControlClient) client =
            client_that_hears(cases[i].answer, strlen(cases[i].answer), TRUE, &other);
        g_autoptr(GError) error = NULL;
        g_assert_cmpint(spoc_control_client_drain(client, &status, &error), ==,
                        cases[i].status >= 0);
        g_assert_cmpint(status, ==, cases[i].status);
        g_assert_cmpint(error == NULL, ==, cases[i].status >= 0);
        close(other);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define ADD(path, function) g_test_add(path, Root, NULL, root_set_up, function, root_tear_down)
    ADD("/client/listen", test_listen);
    ADD("/client/service", test_service);
    ADD("/client/long-path", test_long_path);
    ADD("/client/start", test_start);
    g_test_add_func("/client/answers", test_answers);
    g_test_add_func("/client/two-questions", test_two_questions);
    g_test_add_func("/client/endless-line", test_endless_line);
    g_test_add_func("/client/drain", test_drain);
    return g_test_run();
}
