/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  spocd, the spooler controller daemon: takes what the notifier and the backend left in
 *          the spool to the people it is for. One a spool.
 * INPUT    The spool, the configuration, requests on the control socket.
 * ERRORS   Exit 0: nothing waits. 75: something waits for a later try. 78: the configuration
 *          prevents delivery. 1: the spool cannot be used. 2: usage.
 */
#include "base/error.h"
#include "base/privilege.h"
#include "build-config.h"
#include "config/config.h"
#include "config/load.h"
#include "control/client.h"
#include "daemon/daemon.h"
#include "daemon/service.h"
#include "message/notification.h"
#include "runtime/runtime.h"
#include "spool/message.h"

#include <curl/curl.h>
#include <glib-unix.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define EXIT_USAGE 2

/* How long the lock of a spocd that is leaving is waited for */
#define LOCK_WAIT_MS 10000
#define LOCK_POLL_MS 50
#define LOG_TEND_S 60

typedef struct {
    gboolean once;
    gboolean foreground;
    gboolean on_demand;
    gboolean debug;
    gboolean version;
} Options;

static gboolean
parse_options(Options *options, int *argc, char ***argv, GError **error)
{
    const GOptionEntry entries[] = {
        {"once", 0, 0, G_OPTION_ARG_NONE, &options->once,
         "Handle all that is there and due, then exit: 0 nothing waits, 75 something waits, 78 the "
         "configuration prevents delivery",
         NULL},
        {"foreground", 0, 0, G_OPTION_ARG_NONE, &options->foreground, "Run as a service", NULL},
        {"on-demand", 0, G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_NONE, &options->on_demand,
         "Started by the notifier or the backend", NULL},
        {"debug", 0, 0, G_OPTION_ARG_NONE, &options->debug, "Say every step", NULL},
        {"version", 0, 0, G_OPTION_ARG_NONE, &options->version, "Print the version", NULL},
        G_OPTION_ENTRY_NULL};
    g_autoptr(GOptionContext) context = g_option_context_new(NULL);
    g_option_context_set_summary(
        context, "Takes job notifications and scans from the spool to the mail server.\n"
                 "Without an option it serves until there is nothing left to do.");
    g_option_context_add_main_entries(context, entries, NULL);
    if (!g_option_context_parse(context, argc, argv, error))
        return FALSE;
    if (*argc > 1) {
        g_set_error(error, SPOC_ERROR, SPOC_ERROR_INVALID, "unexpected argument '%s'", (*argv)[1]);
        return FALSE;
    }
    if (options->once + options->foreground + options->on_demand > 1) {
        g_set_error(error, SPOC_ERROR, SPOC_ERROR_INVALID,
                    "--once and --foreground exclude each other");
        return FALSE;
    }
    return TRUE;
}

/* Lets the spocd that has the spool do the work of --once. */
static int
let_other_drain(SpocControlClient *other, SpocLog *log)
{
    g_autoptr(GError) error = NULL;
    int status = SPOC_DAEMON_SOMETHING_WAITS;
    if (spoc_control_client_drain(other, &status, &error))
        spoc_log(log, SPOC_LOG_INFO, "another spocd serves this spool and has done the work");
    else
        spoc_log(log, SPOC_LOG_WARNING,
                 "another spocd served this spool and ended before the work was done: %s",
                 error->message);
    return status;
}

static int
wake_other(SpocControlClient *other, SpocLog *log)
{
    if (spoc_control_client_tell(other, SPOC_REQUEST_WAKE, NULL))
        spoc_log(log, SPOC_LOG_INFO, "another spocd serves this spool");
    return SPOC_DAEMON_NOTHING_WAITS;
}

/**
 * take_spool:
 * @listen_fd: the service's socket; -1: none
 * @ret_status: (out): the exit status when another spocd does the work
 *
 * Returns: TRUE with the lock held; FALSE with or without @error when it is another's
 */
static gboolean
take_spool(SpocSpool *spool, int listen_fd, const Options *options, SpocLog *log, int *ret_status,
           GError **error)
{
    for (int waited_ms = 0;; waited_ms += LOCK_POLL_MS) {
        gboolean busy = FALSE;
        g_autoptr(GError) failure = NULL;
        if (spoc_spool_lock(spool, &busy, &failure))
            return TRUE;
        if (!busy) {
            g_propagate_error(error, g_steal_pointer(&failure));
            return FALSE;
        }
        g_autoptr(SpocControlClient) other =
            listen_fd < 0 ? spoc_control_client_new(spool, NULL) : NULL;
        if (other != NULL) {
            *ret_status = options->once ? let_other_drain(other, log) : wake_other(other, log);
            return FALSE;
        }
        /* The clients talk to the service already. */
        if (listen_fd >= 0)
            spoc_control_make_way(spool);
        if (waited_ms >= LOCK_WAIT_MS) {
            g_set_error(error, SPOC_ERROR, SPOC_ERROR_UNAVAILABLE,
                        "another spocd has locked '%s' but does not answer; end it, or restart it",
                        spoc_spool_path(spool));
            return FALSE;
        }
        /* It is on its way out or in, and nothing tells us when: look again. */
        (void)poll(NULL, 0, LOCK_POLL_MS);
    }
}

static gboolean
on_signal(gpointer daemon)
{
    spoc_daemon_leave(daemon);
    return G_SOURCE_CONTINUE;
}

static gboolean
tend_log(gpointer spool)
{
    spoc_own_log_tend(spoc_spool_fd(spool));
    return G_SOURCE_CONTINUE;
}

/* Before each line, so that a burst of them does not pass the bound either. */
static gboolean
tend_before_line(SpocLogLevel level, const char *line, const SpocLogFields *fields, gpointer spool)
{
    spoc_own_log_tend(spoc_spool_fd(spool));
    return FALSE; /* it goes where it always does */
}

static int
serve_spool(const SpocPlaces *places, SpocSpool *spool, int listen_fd, SpocLog *log,
            const Options *options)
{
    g_autoptr(GError) error = NULL;
    SpocDaemonMode mode = SPOC_DAEMON_UNTIL_IDLE;
    if (options->once)
        mode = SPOC_DAEMON_ONCE;
    else if (options->foreground)
        mode = SPOC_DAEMON_SERVICE;

    g_autoptr(SpocDaemon) daemon = spoc_daemon_new(places, spool, log, mode, listen_fd, &error);
    if (daemon == NULL) {
        spoc_log(log, SPOC_LOG_ERROR, "%s", error->message);
        return EXIT_FAILURE;
    }
    guint term = g_unix_signal_add(SIGTERM, on_signal, daemon);
    guint interrupt = g_unix_signal_add(SIGINT, on_signal, daemon);
    guint watch = spoc_service_watch();
    guint tending = 0;
    if (options->on_demand) {
        spoc_log_set_sink(log, tend_before_line, spool);
        tending = g_timeout_add_seconds(LOG_TEND_S, tend_log, spool);
    }
    spoc_service_ready();
    int status = spoc_daemon_run(daemon);
    g_clear_handle_id(&watch, g_source_remove);
    g_clear_handle_id(&tending, g_source_remove);
    if (options->on_demand)
        spoc_log_set_sink(log, NULL, NULL);
    spoc_service_stopping();
    g_source_remove(term);
    g_source_remove(interrupt);
    return status;
}

/* A site may forbid that clients start spocd: then only a service does. */
static gboolean
may_start_on_demand(const SpocPlaces *places)
{
    g_autoptr(SpocConfig) config = spoc_config_load(places);
    return spoc_config_choice(config, SPOC_OPTION_START_DAEMON) == SPOC_START_AUTO;
}

static void
raise_descriptor_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
}

static SpocLog *
make_log(const Options *options)
{
    SpocLogStyle style = SPOC_LOG_STYLE_CUPS;
    if (options->on_demand)
        style = SPOC_LOG_STYLE_FILE;
    else if (options->foreground && spoc_service_logs_to_journal())
        style = SPOC_LOG_STYLE_SYSLOG;
    SpocLog *log =
        spoc_log_new(STDERR_FILENO, style, options->debug ? SPOC_LOG_DEBUG : SPOC_LOG_INFO);
    if (style == SPOC_LOG_STYLE_SYSLOG)
        spoc_service_use_journal(log);
    return log;
}

typedef struct {
    guint count;
    char *id; /* (nullable): of one of them */
} Waiting;

static void
count_waiting(const char *id, gint64 next_attempt_unix_s, gint64 changed_unix_s, gpointer user_data)
{
    Waiting *waiting = user_data;
    if (waiting->count++ == 0)
        waiting->id = g_strdup(id);
}

/* Whoever called --once learns why something is left, though another run may have said it. */
static void
explain_waiting(SpocSpool *spool, SpocLog *log)
{
    static const SpocState states[] = {SPOC_STATE_HELD, SPOC_STATE_WAITING};
    for (guint i = 0; i < G_N_ELEMENTS(states); i++) {
        Waiting waiting = {0};
        if (!spoc_message_each(spool, states[i], count_waiting, &waiting, NULL) ||
            waiting.count == 0)
            continue;
        g_autofree char *id = waiting.id;
        g_autoptr(SpocEnvelope) envelope = spoc_message_load(spool, states[i], id, NULL);
        const char *reason = envelope != NULL ? envelope->reason : NULL;
        spoc_log(log, SPOC_LOG_INFO, "%s: %u; 'spocctl queue list' tells why; one of them: %s: %s",
                 spoc_message_state_name(states[i]), waiting.count, id,
                 reason != NULL ? reason : "not tried yet");
    }
}

/* The other spocd wrote to its own log what keeps the mail back. */
static void
explain_configuration(const SpocPlaces *places, SpocLog *log)
{
    spoc_runtime_free(spoc_runtime_load(places, log));
}

static int
run_daemon(const Options *options)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(SpocLog) log = make_log(options);
    g_autoptr(SpocPlaces) places = spoc_places_new(NULL);
    if (!spoc_privilege_drop(places, &error)) {
        spoc_log(log, SPOC_LOG_ERROR, "%s", error->message);
        return EXIT_FAILURE;
    }
    if (options->on_demand && !may_start_on_demand(places)) {
        spoc_log(log, SPOC_LOG_DEBUG, "startDaemon = never: not starting on demand");
        return EXIT_SUCCESS;
    }
    g_autoptr(SpocSpool) spool = spoc_spool_open(places, &error);
    int status = EXIT_FAILURE;
    int listen_fd = spoc_service_take_socket();
    if (spool == NULL || !take_spool(spool, listen_fd, options, log, &status, &error)) {
        if (error != NULL)
            spoc_log(log, SPOC_LOG_ERROR, "%s", error->message);
        else if (status == SPOC_DAEMON_CONFIGURATION)
            explain_configuration(places, log);
    } else {
        status = serve_spool(places, spool, listen_fd, log, options);
    }
    if (options->once && status == SPOC_DAEMON_SOMETHING_WAITS)
        explain_waiting(spool, log);
    return status;
}

int
main(int argc, char **argv)
{
    Options options = {0};
    g_autoptr(GError) error = NULL;
    setlocale(LC_CTYPE, "C.UTF-8");
    if (!parse_options(&options, &argc, &argv, &error)) {
        (void)fprintf(stderr, "spocd: %s\nTry spocd --help.\n", error->message);
        return EXIT_USAGE;
    }
    if (options.version) {
        (void)printf("spocd %s\n", SPOC_VERSION);
        return EXIT_SUCCESS;
    }
    signal(SIGPIPE, SIG_IGN);
    raise_descriptor_limit();
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        (void)fprintf(stderr, "ERROR: libcurl cannot be initialised\n");
        return EXIT_FAILURE;
    }
    int status = run_daemon(&options);
    curl_global_cleanup();
    return status;
}
