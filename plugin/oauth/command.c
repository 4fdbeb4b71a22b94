/* SPDX-License-Identifier: Apache-2.0 */
#include "oauth/command.h"

#include "base/error.h"
#include "base/mask.h"
#include "base/secret.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define KEY "mailOAuthTokenCommand"
#define WORDS_MAX_BYTES 300

/* What it printed, and what it complained of */
enum {
    OUTPUT,
    COMPLAINT,
    STREAMS,
};

struct _SpocTokenCommand {
    char *program;
    GPid pid; /* 0: it has ended */
    int fds[STREAMS];
    GString *texts[STREAMS];
    GSource *reads[STREAMS];
    GSource *child;
    GSource *timer;
    guint timeout_ms;
    int status;
    gboolean timed_out;
    gboolean too_large;
    SpocTokenCommandFunc func;
    gpointer user_data;
};

char **
spoc_token_command_split(const char *line, GError **error)
{
    g_autoptr(GError) problem = NULL;
    g_auto(GStrv) arguments = NULL;
    if (!g_shell_parse_argv(line, NULL, &arguments, &problem)) {
        /* GLib's words have the whole line in them. */
        g_set_error_literal(error, SPOC_ERROR, SPOC_ERROR_INVALID,
                            g_error_matches(problem, G_SHELL_ERROR, G_SHELL_ERROR_EMPTY_STRING)
                                ? KEY ": there is no program in it"
                                : KEY ": a quote in it has no end");
        return NULL;
    }
    if (!g_path_is_absolute(arguments[0])) {
        g_set_error(error, SPOC_ERROR, SPOC_ERROR_INVALID,
                    KEY ": '%s' is no absolute path; give the whole path of the program",
                    arguments[0]);
        return NULL;
    }
    if (access(arguments[0], X_OK) != 0 || g_file_test(arguments[0], G_FILE_TEST_IS_DIR)) {
        int reason = errno != 0 ? errno : EACCES;
        g_set_error(error, SPOC_ERROR, SPOC_ERROR_INVALID,
                    KEY ": '%s' cannot be run by '%s', the user that spocd runs as: %s",
                    arguments[0], g_get_user_name(), g_strerror(reason));
        return NULL;
    }
    return g_steal_pointer(&arguments);
}

static void
drop_source(GSource **source)
{
    if (*source == NULL)
        return;
    g_source_destroy(*source);
    g_clear_pointer(source, g_source_unref);
}

static void
reap_later(GPid pid, gint status, gpointer unused)
{
    g_spawn_close_pid(pid);
}

/* With all that it started: it leads a process group. Nobody waits for its end here. */
static void
kill_group(SpocTokenCommand *command)
{
    if (command->pid == 0)
        return;
    (void)kill(-command->pid, SIGKILL);
    (void)kill(command->pid, SIGKILL);
    if (command->child != NULL) {
        /* The same source: GLib may have its exit status already, and another would find no child.
         */
        g_source_set_callback(command->child, G_SOURCE_FUNC(reap_later), NULL, NULL);
        g_clear_pointer(&command->child, g_source_unref);
    }
    command->pid = 0;
}

/* (transfer full) (nullable) */
static GError *
judge_end(const SpocTokenCommand *command)
{
    const GString *complaint = command->texts[COMPLAINT];
    g_autofree char *words =
        spoc_mask_words(spoc_text_line(complaint->str, (gssize)complaint->len, WORDS_MAX_BYTES));
    g_autofree char *what = NULL;
    if (command->timed_out)
        what = g_strdup_printf("did not end within %u s", command->timeout_ms / 1000);
    else if (command->too_large)
        what =
            g_strdup_printf("printed more than %d KiB", (int)(SPOC_TOKEN_COMMAND_MAX_BYTES / 1024));
    else if (WIFSIGNALED(command->status))
        what = g_strdup_printf("was ended by signal %d", WTERMSIG(command->status));
    else if (WEXITSTATUS(command->status) != 0)
        what = g_strdup_printf("ended with status %d", WEXITSTATUS(command->status));
    else
        return NULL;
    return g_error_new(SPOC_ERROR, SPOC_ERROR_UNAVAILABLE,
                       KEY ": '%s' %s%s%s; run it as the user that spocd runs as to see why",
                       command->program, what, *words != '\0' ? ": " : "", words);
}

static void
end_if_done(SpocTokenCommand *command)
{
    gboolean stopped = command->timed_out || command->too_large;
    if (!stopped && (command->pid != 0 || command->reads[OUTPUT] != NULL))
        return;
    kill_group(command);
    for (guint i = 0; i < STREAMS; i++)
        drop_source(&command->reads[i]);
    drop_source(&command->timer);
    g_autoptr(GError) error = judge_end(command);
    command->func(error == NULL ? command->texts[OUTPUT] : NULL, error, command->user_data);
}

static void
on_ended(GPid pid, gint status, gpointer user_data)
{
    SpocTokenCommand *command = user_data;
    command->status = status;
    command->pid = 0;
    g_clear_pointer(&command->child, g_source_unref);
    /* What it left running must not keep the pipe open. */
    (void)kill(-pid, SIGKILL);
    g_spawn_close_pid(pid);
    end_if_done(command);
}

static gboolean
on_timeout(gpointer user_data)
{
    SpocTokenCommand *command = user_data;
    command->timed_out = TRUE;
    end_if_done(command);
    return G_SOURCE_REMOVE;
}

/* More than a complaint may have is read and forgotten. */
static void
take(SpocTokenCommand *command, guint stream, const char *bytes, gsize size)
{
    GString *text = command->texts[stream];
    gsize room = SPOC_TOKEN_COMMAND_MAX_BYTES - text->len;
    g_string_append_len(text, bytes, (gssize)MIN(size, room));
    command->too_large |= stream == OUTPUT && size > room;
}

static gboolean
read_some(SpocTokenCommand *command, guint stream)
{
    char buffer[4096];
    ssize_t count = read(command->fds[stream], buffer, sizeof buffer);
    if (count < 0 && (errno == EINTR || errno == EAGAIN))
        return G_SOURCE_CONTINUE;
    if (count > 0)
        take(command, stream, buffer, (gsize)count);
    explicit_bzero(buffer, sizeof buffer);
    if (count > 0 && !command->too_large)
        return G_SOURCE_CONTINUE;
    g_clear_pointer(&command->reads[stream], g_source_unref);
    end_if_done(command);
    return G_SOURCE_REMOVE;
}

static gboolean
on_output(gint fd, GIOCondition condition, gpointer user_data)
{
    return read_some(user_data, OUTPUT);
}

static gboolean
on_complaint(gint fd, GIOCondition condition, gpointer user_data)
{
    return read_some(user_data, COMPLAINT);
}

static void
lead_group(gpointer unused)
{
    (void)setsid();
}

/* What systemd and CUPS say to spocd is not for others. */
static char **
make_environment(void)
{
    static const char *const unwanted[] = {"NOTIFY_SOCKET",        "LISTEN_FDS",    "LISTEN_PID",
                                           "LISTEN_FDNAMES",       "WATCHDOG_USEC", "WATCHDOG_PID",
                                           "CREDENTIALS_DIRECTORY"};
    char **environment = g_get_environ();
    for (guint i = 0; i < G_N_ELEMENTS(unwanted); i++)
        environment = g_environ_unsetenv(environment, unwanted[i]);
    return environment;
}

static void
watch(SpocTokenCommand *command)
{
    static const GUnixFDSourceFunc funcs[] = {on_output, on_complaint};
    g_autoptr(GMainContext) context = g_main_context_ref_thread_default();
    for (guint i = 0; i < STREAMS; i++) {
        (void)g_unix_set_fd_nonblocking(command->fds[i], TRUE, NULL);
        command->reads[i] = g_unix_fd_source_new(command->fds[i], G_IO_IN | G_IO_HUP | G_IO_ERR);
        g_source_set_callback(command->reads[i], G_SOURCE_FUNC(funcs[i]), command, NULL);
        g_source_attach(command->reads[i], context);
    }
    command->child = g_child_watch_source_new(command->pid);
    g_source_set_callback(command->child, G_SOURCE_FUNC(on_ended), command, NULL);
    g_source_attach(command->child, context);
    command->timer = g_timeout_source_new(command->timeout_ms);
    g_source_set_callback(command->timer, on_timeout, command, NULL);
    g_source_attach(command->timer, context);
}

SpocTokenCommand *
spoc_token_command_new(const char *line, guint timeout_ms, SpocTokenCommandFunc func,
                       gpointer user_data, GError **error)
{
    g_autoptr(GError) problem = NULL;
    g_auto(GStrv) arguments = spoc_token_command_split(line, error);
    if (arguments == NULL)
        return NULL;
    g_auto(GStrv) environment = make_environment();
    g_autoptr(SpocTokenCommand) command = g_new0(SpocTokenCommand, 1);
    command->program = g_strdup(arguments[0]);
    command->timeout_ms = timeout_ms;
    command->func = func;
    command->user_data = user_data;
    for (guint i = 0; i < STREAMS; i++) {
        command->fds[i] = -1;
        command->texts[i] = g_string_sized_new(i == OUTPUT ? SPOC_TOKEN_COMMAND_MAX_BYTES : 64);
    }
    if (!g_spawn_async_with_pipes("/", arguments, environment,
                                  G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_CLOEXEC_PIPES, lead_group,
                                  NULL, &command->pid, NULL, &command->fds[OUTPUT],
                                  &command->fds[COMPLAINT], &problem)) {
        command->pid = 0;
        g_set_error(error, SPOC_ERROR, SPOC_ERROR_DENIED, KEY ": '%s' cannot be started: %s",
                    arguments[0], problem->message);
        return NULL;
    }
    watch(command);
    return g_steal_pointer(&command);
}

void
spoc_token_command_free(SpocTokenCommand *command)
{
    if (command == NULL)
        return;
    kill_group(command);
    drop_source(&command->child);
    drop_source(&command->timer);
    for (guint i = 0; i < STREAMS; i++) {
        drop_source(&command->reads[i]);
        if (command->fds[i] >= 0)
            close(command->fds[i]);
        if (command->texts[i] != NULL)
            spoc_secret_string_free(command->texts[i]);
    }
    g_free(command->program);
    g_free(command);
}
