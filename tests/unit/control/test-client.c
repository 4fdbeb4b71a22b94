/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "control/client.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

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
        g_autoptr(GPtrArray) lines = spoc_control_client_ask(client, "status", &error);
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
    g_autoptr(GPtrArray) first = spoc_control_client_ask(client, "a", &error);
    g_assert_no_error(error);
    g_assert_cmpstr(g_ptr_array_index(first, 0), ==, "one");
    g_autoptr(GPtrArray) second = spoc_control_client_ask(client, "b", &error);
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
    g_assert_null(spoc_control_client_ask(client, "status", &error));
    g_assert_error(error, SPOC_ERROR, SPOC_ERROR_LIMIT);
    close(other);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/client/answers", test_answers);
    g_test_add_func("/client/two-questions", test_two_questions);
    g_test_add_func("/client/endless-line", test_endless_line);
    return g_test_run();
}
