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

static gboolean
remember(SpocLogLevel level, const char *line, const SpocLogFields *fields, gpointer user_data)
{
    GString *text = user_data;
    g_string_append_printf(text, "%d|%s|%s;", level, line, fields != NULL ? fields->server : "-");
    return level != SPOC_LOG_ERROR;
}

/* A sink gets the line cleaned, with its fields; what it declines is written. */
static void
test_sink(void)
{
    int pipe_fds[2];
    g_assert_cmpint(pipe(pipe_fds), ==, 0);
    g_autoptr(SpocLog) log = spoc_log_new(pipe_fds[1], SPOC_LOG_STYLE_CUPS, SPOC_LOG_INFO);
    g_autoptr(GString) text = g_string_new(NULL);
    spoc_log_set_sink(log, remember, text);
    const SpocLogFields fields = {.server = "mail:25"};
    spoc_log_about(log, SPOC_LOG_WARNING, &fields, "a\r\nb%d", 1);
    spoc_log(log, SPOC_LOG_ERROR, "c");
    spoc_log(log, SPOC_LOG_DEBUG, "not wanted");
    g_assert_cmpstr(text->str, ==, "1|a b1|mail:25;0|c|-;");
    close(pipe_fds[1]);
    char buffer[100] = "";
    g_assert_cmpint(read(pipe_fds[0], buffer, sizeof buffer - 1), ==, 9);
    g_assert_cmpstr(buffer, ==, "ERROR: c\n");
    close(pipe_fds[0]);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/log/one-line", test_one_line);
    g_test_add_func("/log/bounded", test_bounded);
    g_test_add_func("/log/sink", test_sink);
    return g_test_run();
}
