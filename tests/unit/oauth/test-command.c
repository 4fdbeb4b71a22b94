/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "oauth/command.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

typedef struct {
    GMainLoop *loop;
    SpocTokenCommand *command;
    char *output; /* (nullable) */
    GError *error;
    guint count;
} Run;

static void
on_end(const GString *output, const GError *error, gpointer user_data)
{
    Run *run = user_data;
    run->count++;
    run->output = output != NULL ? g_strdup(output->str) : NULL;
    run->error = error != NULL ? g_error_copy(error) : NULL;
    g_clear_pointer(&run->command, spoc_token_command_free);
    g_main_loop_quit(run->loop);
}

static void
run_line(Run *run, const char *line, guint timeout_ms)
{
    g_autoptr(GError) error = NULL;
    *run = (Run){.loop = g_main_loop_new(NULL, FALSE)};
    run->command = spoc_token_command_new(line, timeout_ms, on_end, run, &error);
    g_assert_no_error(error);
    g_main_loop_run(run->loop);
    g_assert_cmpuint(run->count, ==, 1);
    g_main_loop_unref(run->loop);
}

static void
clear_run(Run *run)
{
    g_clear_pointer(&run->output, g_free);
    g_clear_error(&run->error);
}

static void
test_output(void)
{
    static const struct {
        const char *line;
        const char *output; /* (nullable) */
        const char *words;  /* of the error */
    } cases[] = {
        {"/bin/echo token", "token\n", NULL},
        {"/bin/echo 'a  b' \"c d\"", "a  b c d\n", NULL},
        /* Nothing else of a shell */
        {"/bin/echo '$HOME' \\; '`id`' '*' '>' /tmp/x", "$HOME ; `id` * > /tmp/x\n", NULL},
        {"/bin/sh -c 'echo said >&2; exit 3'", NULL, "ended with status 3: said"},
        {"/bin/sh -c 'kill -9 $$'", NULL, "signal 9"},
        {"/bin/sh -c 'head -c 70000 /dev/zero'", NULL, "more than 64 KiB"},
        /* What complains for ever ends by its own limit, not in memory. */
        {"/bin/sh -c 'head -c 300000 /dev/zero >&2; echo token'", "token\n", NULL},
        {"/bin/cat", "", NULL}, /* nothing to read */
        /* A child that lives on keeps nobody waiting. */
        {"/bin/sh -c 'sleep 100 & echo token'", "token\n", NULL},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        Run run;
        run_line(&run, cases[i].line, 20000);
        g_assert_cmpstr(run.output, ==, cases[i].output);
        if (cases[i].words != NULL) {
            g_assert_error(run.error, SPOC_ERROR, SPOC_ERROR_UNAVAILABLE);
            g_assert_nonnull(strstr(run.error->message, cases[i].words));
        }
        clear_run(&run);
    }
}

static void
test_time(void)
{
    Run run;
    gint64 began_us = g_get_monotonic_time();
    run_line(&run, "/bin/sh -c 'trap \"\" TERM; echo half; sleep 100'", 1000);
    g_assert_error(run.error, SPOC_ERROR, SPOC_ERROR_UNAVAILABLE);
    g_assert_nonnull(strstr(run.error->message, "within 1 s"));
    g_assert_cmpint(g_get_monotonic_time() - began_us, <, 20 * G_USEC_PER_SEC);
    clear_run(&run);
}

static void
test_refused(void)
{
    static const char *const lines[] = {
        "echo token",           "./echo",      "",     "  ", "/bin/echo 's3cr3t",
        "/nonexistent/program", "/etc/passwd", "/tmp",
    };
    for (guint i = 0; i < G_N_ELEMENTS(lines); i++) {
        g_autoptr(GError) error = NULL;
        g_assert_null(spoc_token_command_new(lines[i], 1000, on_end, NULL, &error));
        g_assert_error(error, SPOC_ERROR, SPOC_ERROR_INVALID);
        g_assert_true(g_str_has_prefix(error->message, "mailOAuthTokenCommand: "));
        g_assert_null(strstr(error->message, "s3cr3t")); /* an argument may be one */
    }
}

/* What is given up is killed, with its children. */
static void
test_given_up(void)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *folder = g_dir_make_tmp("spoc-command-XXXXXX", NULL);
    g_autofree char *file = g_build_filename(folder, "pid", NULL);
    g_autofree char *line = g_strdup_printf(
        "/bin/sh -c 'sleep 100 & echo $! > %s.new; mv %s.new %s; wait'", file, file, file);
    SpocTokenCommand *command = spoc_token_command_new(line, 20000, on_end, NULL, &error);
    g_assert_no_error(error);
    g_autofree char *text = NULL;
    while (!g_file_get_contents(file, &text, NULL, NULL))
        g_main_context_iteration(NULL, FALSE);
    spoc_token_command_free(command);
    pid_t pid = (pid_t)g_ascii_strtoll(text, NULL, 10);
    g_assert_cmpint(pid, >, 1);
    g_autofree char *status = g_strdup_printf("/proc/%d/cmdline", (int)pid);
    gsize size = 1;
    do {
        g_autofree char *cmdline = NULL;
        if (!g_file_get_contents(status, &cmdline, &size, NULL))
            break;
    } while (size > 0); /* a zombie has none */
    (void)unlink(file);
    (void)rmdir(folder);
}

/* The program inherits neither descriptors nor what systemd said to us alone. */
static void
test_inherits_nothing(void)
{
    Run run;
    g_assert_true(g_setenv("NOTIFY_SOCKET", "/run/x", TRUE));
    g_assert_true(g_setenv("CREDENTIALS_DIRECTORY", "/run/y", TRUE));
    run_line(&run, "/bin/sh -c 'ls /proc/self/fd | wc -l; env | grep -c /run/[xy]; true'", 20000);
    /* 0, 1, 2 and the folder itself */
    g_assert_cmpstr(run.output, ==, "4\n0\n");
    clear_run(&run);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/oauth-command/output", test_output);
    g_test_add_func("/oauth-command/time", test_time);
    g_test_add_func("/oauth-command/refused", test_refused);
    g_test_add_func("/oauth-command/given-up", test_given_up);
    g_test_add_func("/oauth-command/inherits-nothing", test_inherits_nothing);
    return g_test_run();
}
