/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"

#include <string.h>
#include <unistd.h>

/* What one call writes, as one string. */
static char *
written(SpocLogStyle style, SpocLogLevel level, const char *text)
{
    int pipe_fds[2];
    g_assert_cmpint(pipe(pipe_fds), ==, 0);
    g_autoptr(SpocLog) log = spoc_log_new(pipe_fds[1], style, SPOC_LOG_INFO);
    spoc_log(log, level, "%s", text);
    close(pipe_fds[1]);
    char buffer[4096];
    ssize_t count = read(pipe_fds[0], buffer, sizeof buffer);
    g_assert_cmpint(count, >=, 0);
    close(pipe_fds[0]);
    return g_strndup(buffer, (gsize)count);
}

static void
test_one_line(void)
{
    g_autofree char *line =
        written(SPOC_LOG_STYLE_CUPS, SPOC_LOG_ERROR, "550 no\r\nSTATE: +offline\nATTR: x=y");
    g_assert_cmpstr(line, ==, "ERROR: 550 no STATE: +offline ATTR: x=y\n");
    g_autofree char *service = written(SPOC_LOG_STYLE_SYSLOG, SPOC_LOG_WARNING, "w");
    g_assert_cmpstr(service, ==, "<4>w\n");
    g_autofree char *quiet = written(SPOC_LOG_STYLE_CUPS, SPOC_LOG_DEBUG, "not shown");
    g_assert_cmpstr(quiet, ==, "");
}

static void
test_bounded(void)
{
    g_autofree char *text = g_strnfill(5000, 'x');
    g_autofree char *line = written(SPOC_LOG_STYLE_CUPS, SPOC_LOG_ERROR, text);
    g_assert_cmpuint(strlen(line), <=, SPOC_LOG_LINE_MAX_BYTES);
    g_assert_true(g_str_has_suffix(line, "\u2026\n"));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/log/one-line", test_one_line);
    g_test_add_func("/log/bounded", test_bounded);
    return g_test_run();
}
