/* SPDX-License-Identifier: Apache-2.0 */
#include "control/server.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

typedef struct {
    char *path;
    SpocControlServer *control;
    GPtrArray *lines;
    SpocControlPeer *client; /* that said the last one; borrowed */
} Fixture;

static void
on_request(SpocControlPeer *client, const char *line, gpointer user_data)
{
    Fixture *fixture = user_data;
    g_ptr_array_add(fixture->lines, g_strdup(line));
    fixture->client = client;
    if (strcmp(line, "quiet") != 0) {
        spoc_control_peer_reply(client, line);
        spoc_control_peer_reply(client, "ok");
    }
}

static void
set_up(Fixture *fixture, gconstpointer data)
{
    g_autofree char *folder = g_dir_make_tmp("spoc-control-XXXXXX", NULL);
    fixture->path = g_build_filename(folder, "control", NULL);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    g_strlcpy(address.sun_path, fixture->path, sizeof address.sun_path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    g_assert_cmpint(bind(fd, (struct sockaddr *)&address, sizeof address), ==, 0);
    g_assert_cmpint(listen(fd, 5), ==, 0);
    fixture->lines = g_ptr_array_new_with_free_func(g_free);
    fixture->control = spoc_control_server_new(fd, on_request, fixture);
}

static void
tear_down(Fixture *fixture, gconstpointer data)
{
    spoc_control_server_free(fixture->control);
    g_ptr_array_unref(fixture->lines);
    unlink(fixture->path);
    g_autofree char *folder = g_path_get_dirname(fixture->path);
    rmdir(folder);
    g_free(fixture->path);
}

static int
connect_client(const Fixture *fixture)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    g_strlcpy(address.sun_path, fixture->path, sizeof address.sun_path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    g_assert_cmpint(connect(fd, (struct sockaddr *)&address, sizeof address), ==, 0);
    return fd;
}

/* Lets the server work until the client has @expected bytes or the connection ends. */
static char *
receive(int fd, gsize expected)
{
    GString *text = g_string_new(NULL);
    while (text->len < expected) {
        char buffer[1024];
        ssize_t count = recv(fd, buffer, sizeof buffer, 0);
        if (count == 0)
            break;
        if (count > 0)
            g_string_append_len(text, buffer, count);
        else
            g_main_context_iteration(NULL, FALSE);
    }
    return g_string_free(text, FALSE);
}

static void
test_lines(Fixture *fixture, gconstpointer data)
{
    int fd = connect_client(fixture);
    g_assert_cmpint(send(fd, "quiet\nhel", 9, 0), ==, 9);
    while (fixture->lines->len < 1)
        g_main_context_iteration(NULL, TRUE);
    g_assert_cmpint(send(fd, "lo\n\xff\n", 5, 0), ==, 5);
    g_autofree char *answer = receive(fd, strlen("hello\nok\n\ufffd\nok\n"));
    g_assert_cmpstr(answer, ==, "hello\nok\n\ufffd\nok\n");
    g_assert_cmpuint(fixture->lines->len, ==, 3);
    close(fd);
}

static void
test_endless_line(Fixture *fixture, gconstpointer data)
{
    int fd = connect_client(fixture);
    g_autofree char *block = g_strnfill(8192, 'x');
    gsize sent = 0;
    while (sent < 100u * SPOC_CONTROL_LINE_MAX_BYTES) {
        ssize_t count = send(fd, block, 8192, MSG_NOSIGNAL);
        if (count > 0)
            sent += (gsize)count;
        else if (errno != EAGAIN)
            break; /* cut off, as it must be */
        g_main_context_iteration(NULL, FALSE);
    }
    g_assert_cmpuint(sent, <, 100u * SPOC_CONTROL_LINE_MAX_BYTES);
    g_assert_cmpuint(fixture->lines->len, ==, 0);
    close(fd);
}

static void
count_call(gpointer data)
{
    (*(guint *)data)++;
}

/* Whoever waits hears once that the client went, unless it waits no more. */
static void
test_waiter(Fixture *fixture, gconstpointer data)
{
    guint calls[2] = {0};
    int fd = connect_client(fixture);
    g_assert_cmpint(send(fd, "quiet\n", 6, 0), ==, 6);
    while (fixture->client == NULL)
        g_main_context_iteration(NULL, TRUE);
    g_assert_false(spoc_control_has_waiter(fixture->client));
    spoc_control_set_waiter(fixture->client, count_call, &calls[1]);
    g_assert_true(spoc_control_has_waiter(fixture->client));
    spoc_control_remove_waiter(fixture->client, &calls[0]);
    g_assert_true(spoc_control_has_waiter(fixture->client));
    spoc_control_remove_waiter(fixture->client, &calls[1]);
    g_assert_false(spoc_control_has_waiter(fixture->client));
    spoc_control_set_waiter(fixture->client, count_call, &calls[0]);
    close(fd);
    while (calls[0] == 0)
        g_main_context_iteration(NULL, TRUE);
    g_assert_cmpuint(calls[0], ==, 1);
    g_assert_cmpuint(calls[1], ==, 0);
}

/* Its answers stay unread: no more of its requests are handled until it reads them. */
static void
test_unread_answers(Fixture *fixture, gconstpointer data)
{
    int fd = connect_client(fixture);
    g_autofree char *word = g_strnfill(1000, 'x');
    g_autofree char *line = g_strconcat(word, "\n", NULL);
    guint sent = 0;
    for (guint idle = 0; idle < 100; idle++) {
        while (send(fd, line, 1001, MSG_NOSIGNAL | MSG_DONTWAIT) == 1001) {
            sent++;
            idle = 0;
        }
        while (g_main_context_iteration(NULL, FALSE))
            ;
    }
    g_assert_cmpuint(fixture->lines->len, <, sent);
    g_assert_cmpuint(sent, <, 5000);
    gsize answer_bytes = (gsize)sent * (1001 + 3);
    g_autofree char *answers = receive(fd, answer_bytes);
    g_assert_cmpuint(fixture->lines->len, ==, sent);
    g_assert_cmpuint(strlen(answers), ==, answer_bytes);
    close(fd);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add("/control/lines", Fixture, NULL, set_up, test_lines, tear_down);
    g_test_add("/control/waiters", Fixture, NULL, set_up, test_waiter, tear_down);
    g_test_add("/control/unread-answers", Fixture, NULL, set_up, test_unread_answers, tear_down);
    g_test_add("/control/endless-line", Fixture, NULL, set_up, test_endless_line, tear_down);
    return g_test_run();
}
