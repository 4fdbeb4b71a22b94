/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/daemon.h"

#include "base/error.h"
#include "control/client.h"
#include "control/server.h"
#include "cups/questions.h"
#include "daemon/requests.h"
#include "daemon/service.h"
#include "management/management.h"
#include "notify/journal-set.h"
#include "oauth/keeper.h"
#include "people/refusal.h"
#include "queue/server-health.h"
#include "spool/scan-list.h"

#include <unistd.h>

/* Without work, one that was started on demand stays so long for the next event. */
#define IDLE_S 30
/* Whatever wake-up was lost, a journal is found after so long. */
#define RESCAN_S 60
/* The same after one that failed */
#define RESCAN_AGAIN_S 5
#define CONFIG_POLL_S 2
#define SWEEP_S 3600
/* Marks are safe from power loss after so long. */
#define SYNC_MS 100
/* What is under way when a signal comes gets so long; five seconds are promised in all. */
#define LEAVE_MS 3000

struct _SpocDaemon {
    const SpocPlaces *places;
    SpocSpool *spool;
    SpocLog *log;
    SpocDaemonMode mode;

    GMainLoop *loop;
    SpocRuntime *runtime;
    SpocManagement *management;
    SpocTokenKeeper *token_keeper;
    SpocCups *cups;
    SpocQueueManager *queue;
    SpocServerHealth *server_health;
    SpocNotificationLog *notification_log;
    SpocDuplicates *duplicates;
    SpocAggregator *aggregator;
    SpocNotifyContext notify_context;
    SpocJournalSet *journals;
    SpocControlServer *control;
    gboolean own_socket; /* made here, not by systemd: closed before leaving */
    SpocRequestsContext requests_context;
    SpocRequests *requests;
    SpocScanManager *scan_manager;

    guint schedule_source, due_timer, idle_timer, sync_timer, leave_timer, rescan_timer,
        again_timer, config_timer;
    gint64 sweep_due_unix_s;
    gboolean rescan_wanted;
    gboolean reads_to_end;   /* a digest is due, and waits for that */
    gboolean rescan_failed;  /* something may be there that could not be read */
    gboolean spool_is_moved; /* and that was said */
    gboolean leaving;
};

static gboolean run_round(gpointer user_data);

static void
schedule_later(gpointer user_data)
{
    SpocDaemon *daemon = user_data;
    if (daemon->schedule_source == 0)
        daemon->schedule_source = g_idle_add_full(G_PRIORITY_DEFAULT, run_round, daemon, NULL);
}

static gint64
now_unix_s(void)
{
    return g_get_real_time() / G_USEC_PER_SEC;
}

static void
log_failure(SpocDaemon *daemon, const char *what, const GError *error)
{
    spoc_log(daemon->log, SPOC_LOG_ERROR, "%s: %s", what, error->message);
}

/* --- looking around --------------------------------------------------------------------- */

static gboolean
rescan_again(gpointer user_data)
{
    SpocDaemon *daemon = user_data;
    daemon->again_timer = 0;
    daemon->rescan_wanted = TRUE;
    schedule_later(daemon);
    return G_SOURCE_REMOVE;
}

/* Finds new journals and scans, and what was added to those that are known. */
static void
rescan_spool(SpocDaemon *daemon)
{
    g_autoptr(GError) error = NULL;
    daemon->rescan_wanted = FALSE;
    daemon->rescan_failed = FALSE;
    if (!spoc_scan_manager_rescan(daemon->scan_manager, &error)) {
        log_failure(daemon, "cannot list the scans", error);
        daemon->rescan_failed = TRUE;
    }
    daemon->rescan_failed |= !spoc_journal_set_rescan(daemon->journals);
    if (daemon->rescan_failed && daemon->again_timer == 0)
        daemon->again_timer = g_timeout_add_seconds(RESCAN_AGAIN_S, rescan_again, daemon);
}

static gboolean
sync_marks(gpointer user_data)
{
    SpocDaemon *daemon = user_data;
    daemon->sync_timer = 0;
    spoc_journal_set_sync(daemon->journals);
    return G_SOURCE_REMOVE;
}

/* --- is there anything to do? ----------------------------------------------------------- */

/* All that is there and due is handled. */
static gboolean
is_drained(const SpocDaemon *daemon)
{
    return daemon->schedule_source == 0 && !spoc_management_is_fetching(daemon->management) &&
           !spoc_aggregator_is_busy(daemon->aggregator) &&
           spoc_queue_manager_active(daemon->queue) == 0 &&
           !spoc_token_keeper_is_busy(daemon->token_keeper) &&
           !spoc_scan_manager_are_busy(daemon->scan_manager) &&
           !spoc_queue_manager_has_due(daemon->queue, now_unix_s()) &&
           !spoc_journal_set_any(daemon->journals, SPOC_JOURNAL_CONSUMER_BUSY);
}

static gboolean
nothing_waits(const SpocDaemon *daemon)
{
    return !daemon->rescan_failed && spoc_queue_manager_waiting(daemon->queue) == 0 &&
           spoc_scan_manager_waiting(daemon->scan_manager) == 0 &&
           spoc_aggregator_waiting(daemon->aggregator) == 0 &&
           !spoc_journal_set_any(daemon->journals, SPOC_JOURNAL_CONSUMER_UNDECIDED) &&
           !spoc_journal_set_any(daemon->journals, SPOC_JOURNAL_CONSUMER_BLOCKED);
}

static int
drained_status(const SpocDaemon *daemon)
{
    if (daemon->runtime->blocker != NULL)
        return SPOC_DAEMON_CONFIGURATION;
    return nothing_waits(daemon) ? SPOC_DAEMON_NOTHING_WAITS : SPOC_DAEMON_SOMETHING_WAITS;
}

static gboolean
open_control(SpocDaemon *daemon, int listen_fd, GError **error)
{
    daemon->own_socket = listen_fd < 0;
    if (listen_fd < 0)
        listen_fd = spoc_control_server_listen(daemon->spool, error);
    if (listen_fd < 0)
        return FALSE;
    daemon->control = spoc_control_server_new(listen_fd, spoc_requests_handle, daemon->requests);
    return TRUE;
}

/* No wake-up is lost: the socket is closed, then the spool is looked at once more. A client
 * commits its work before it connects: either we see that work now, or the client finds no
 * socket and starts the next spocd. */
static gboolean
leave_when_idle(gpointer user_data)
{
    SpocDaemon *daemon = user_data;
    g_autoptr(GError) error = NULL;
    daemon->idle_timer = 0;
    if (daemon->own_socket)
        g_clear_pointer(&daemon->control, spoc_control_server_free);
    rescan_spool(daemon);
    (void)run_round(daemon);
    if (is_drained(daemon) && (nothing_waits(daemon) || daemon->mode == SPOC_DAEMON_ONCE)) {
        if (daemon->mode != SPOC_DAEMON_ONCE)
            spoc_log(daemon->log, SPOC_LOG_INFO,
                     "nothing is left to do: spocd exits, and the next event or document starts it "
                     "again");
        g_main_loop_quit(daemon->loop);
        return G_SOURCE_REMOVE;
    }
    if (daemon->control == NULL && !open_control(daemon, -1, &error)) {
        log_failure(daemon, "cannot open the control socket again", error);
        g_main_loop_quit(daemon->loop); /* the next client starts another spocd */
    }
    return G_SOURCE_REMOVE;
}

static void arm_due_timer(SpocDaemon *daemon);

static gboolean
on_due(gpointer user_data)
{
    SpocDaemon *daemon = user_data;
    daemon->due_timer = 0;
    schedule_later(daemon);
    return G_SOURCE_REMOVE;
}

static void
arm_due_timer(SpocDaemon *daemon)
{
    g_clear_handle_id(&daemon->due_timer, g_source_remove);
    gint64 due = spoc_queue_manager_next_due_unix_s(daemon->queue);
    gint64 aggregator_due = spoc_aggregator_next_due_unix_s(daemon->aggregator);
    gint64 now = now_unix_s();
    if (aggregator_due > 0 && (due <= now || aggregator_due < due))
        due = aggregator_due;
    /* One that is due already waits for room, which comes with an outcome. */
    if (due > now)
        daemon->due_timer = g_timeout_add_seconds((guint)MIN(due - now, RESCAN_S), on_due, daemon);
}

static void
finish_if_drained(SpocDaemon *daemon)
{
    if (!is_drained(daemon))
        return;
    /* Nothing more comes in this run: groups are closed, and bounces go out. */
    if (daemon->mode == SPOC_DAEMON_ONCE && (spoc_aggregator_close(daemon->aggregator, FALSE) ||
                                             spoc_queue_manager_flush_bounces(daemon->queue))) {
        schedule_later(daemon);
        return;
    }
    int status = drained_status(daemon);
    spoc_requests_report_drained(daemon->requests, status);
    if (daemon->mode == SPOC_DAEMON_ONCE && daemon->idle_timer == 0)
        daemon->idle_timer = g_idle_add(leave_when_idle, daemon);
    if (daemon->mode == SPOC_DAEMON_UNTIL_IDLE && nothing_waits(daemon) && daemon->idle_timer == 0)
        daemon->idle_timer = g_timeout_add_seconds(IDLE_S, leave_when_idle, daemon);
}

/* --- the work --------------------------------------------------------------------------- */

/* What tells all that is there goes when the journals have been read to the end, as they stood when
 * it became due. Returns whether they have. */
static gboolean
read_to_end(SpocDaemon *daemon)
{
    if (!spoc_aggregator_whole_is_due(daemon->aggregator)) {
        daemon->reads_to_end = FALSE;
        return FALSE;
    }
    if (!daemon->reads_to_end) {
        rescan_spool(daemon);
        spoc_journal_set_note_ends(daemon->journals);
    }
    daemon->reads_to_end = !spoc_journal_set_are_past_ends(daemon->journals);
    return !daemon->reads_to_end;
}

/* One round: what waits in the spool and what is new share the room in the queue. */
static gboolean
run_round(gpointer user_data)
{
    SpocDaemon *daemon = user_data;
    g_clear_handle_id(&daemon->schedule_source, g_source_remove);
    if (daemon->leaving) {
        if (spoc_queue_manager_active(daemon->queue) == 0 &&
            !spoc_token_keeper_is_busy(daemon->token_keeper))
            g_main_loop_quit(daemon->loop);
        return G_SOURCE_REMOVE;
    }
    /* Before the central server's values are here a mail might get the wrong sender. */
    gboolean is_ready =
        spoc_management_is_ready(daemon->management) &&
        !(daemon->mode == SPOC_DAEMON_ONCE && spoc_management_is_fetching(daemon->management));
    daemon->rescan_wanted |= spoc_scan_manager_set_open(daemon->scan_manager, is_ready);
    if (daemon->rescan_wanted)
        rescan_spool(daemon);
    if (!is_ready)
        return G_SOURCE_REMOVE;
    spoc_queue_manager_send_due(daemon->queue, now_unix_s(), SPOC_QUEUE_MANAGER_HALF);
    gboolean more = spoc_journal_set_step(daemon->journals);
    gboolean all_read = read_to_end(daemon);
    more |= daemon->reads_to_end && spoc_journal_set_step(daemon->journals);
    spoc_aggregator_step(daemon->aggregator, all_read);
    spoc_queue_manager_send_due(daemon->queue, now_unix_s(), SPOC_QUEUE_MANAGER_ALL);
    daemon->rescan_wanted |= spoc_journal_set_remove_done(daemon->journals);

    if (spoc_journal_set_count(daemon->journals) > 0 && daemon->sync_timer == 0)
        daemon->sync_timer = g_timeout_add(SYNC_MS, sync_marks, daemon);
    arm_due_timer(daemon);
    if (more && spoc_aggregator_room(daemon->aggregator) > 0)
        schedule_later(daemon);
    if (spoc_queue_manager_active(daemon->queue) > 0)
        g_clear_handle_id(&daemon->idle_timer, g_source_remove);
    finish_if_drained(daemon);
    return G_SOURCE_REMOVE;
}

/* The cache may be emptied beneath us, and the lock with it. FALSE: then we leave. */
static gboolean
keep_lock(SpocDaemon *daemon)
{
    g_autoptr(GError) error = NULL;
    gboolean busy = FALSE;
    if (spoc_spool_lock_is_current(daemon->spool) || spoc_spool_lock(daemon->spool, &busy, &error))
        return TRUE;
    spoc_log(daemon->log, busy ? SPOC_LOG_WARNING : SPOC_LOG_ERROR,
             "the lock file of the spool was removed, and locking it again failed: %s; spocd ends",
             busy ? "another spocd has locked it" : error->message);
    spoc_daemon_leave(daemon);
    return FALSE;
}

static void
wake_up(gpointer user_data)
{
    SpocDaemon *daemon = user_data;
    if (!keep_lock(daemon))
        return;
    daemon->rescan_wanted = TRUE;
    g_clear_handle_id(&daemon->idle_timer, g_source_remove);
    schedule_later(daemon);
}

static void
sweep_old(SpocDaemon *daemon)
{
    gint64 now = now_unix_s();
    daemon->sweep_due_unix_s = now + SWEEP_S;
    spoc_queue_manager_sweep(daemon->queue, now);
    g_hash_table_remove_all(daemon->notify_context.said); /* what lasts is said again */
    g_autoptr(GError) error = NULL;
    if (!spoc_scan_sweep(daemon->spool, now, &error))
        log_failure(daemon, "cannot sweep the scans", error);
}

static gboolean
on_minute(gpointer user_data)
{
    SpocDaemon *daemon = user_data;
    if (!keep_lock(daemon))
        return G_SOURCE_CONTINUE;
    daemon->rescan_wanted = TRUE;
    if (now_unix_s() >= daemon->sweep_due_unix_s)
        sweep_old(daemon);
    schedule_later(daemon);
    return G_SOURCE_CONTINUE;
}

static gboolean
use_runtime(SpocDaemon *daemon, GError **error)
{
    SpocRuntime *runtime = daemon->runtime;
    runtime->tokens = spoc_token_keeper_use(daemon->token_keeper, runtime->config, runtime->tls);
    return spoc_queue_manager_use(daemon->queue, runtime, error);
}

static void
use_runtime_or_block(SpocDaemon *daemon)
{
    g_autoptr(GError) error = NULL;
    if (use_runtime(daemon, &error))
        return;
    log_failure(daemon, "no mail goes out", error);
    g_free(daemon->runtime->blocker);
    daemon->runtime->blocker = g_strdup(error->message);
}

/* Takes up what was changed; what waited because of it goes out at once. */
static void
reload_config(SpocDaemon *daemon)
{
    spoc_log(daemon->log, SPOC_LOG_INFO, "the configuration has changed");
    SpocRuntime *old = daemon->runtime; /* in use until all have the new one */
    daemon->runtime = spoc_runtime_load(daemon->places, daemon->log);
    daemon->notify_context.runtime = daemon->runtime;
    daemon->requests_context.runtime = daemon->runtime;
    use_runtime_or_block(daemon);
    spoc_scan_manager_use(daemon->scan_manager, daemon->runtime);
    spoc_management_use(daemon->management, daemon->runtime->config, daemon->runtime->tls);
    if (spoc_runtime_take_note(daemon->runtime, daemon->spool))
        spoc_queue_manager_all_due(daemon->queue);
    daemon->rescan_wanted = TRUE;
    spoc_runtime_free(old);
    schedule_later(daemon);
}

/* What was held because there was no token goes out at once. */
static void
take_up_login(gpointer user_data)
{
    SpocDaemon *daemon = user_data;
    spoc_log(daemon->log, SPOC_LOG_INFO, "the stored login for the mail server has changed");
    spoc_token_keeper_forget(daemon->token_keeper);
    use_runtime_or_block(daemon);
    spoc_queue_manager_all_due(daemon->queue);
    schedule_later(daemon);
}

/* For systemctl status */
static void
report_status(const SpocDaemon *daemon)
{
    if (daemon->mode != SPOC_DAEMON_SERVICE)
        return;
    g_autofree char *text =
        daemon->runtime->blocker != NULL
            ? g_strdup_printf("No mail goes out: %s", daemon->runtime->blocker)
            : g_strdup_printf("Sending %u, waiting %u", spoc_queue_manager_active(daemon->queue),
                              spoc_queue_manager_waiting(daemon->queue));
    spoc_service_status(text);
}

static void
record_server_health(SpocDaemon *daemon)
{
    spoc_server_health_update(daemon->server_health, spoc_queue_manager_delivery(daemon->queue),
                              now_unix_s());
}

/* What is in the spool that is open still goes out, so spocd stays; but what comes is elsewhere. */
static void
check_spool_place(SpocDaemon *daemon)
{
    gboolean is_moved = !spoc_spool_is_at_path(daemon->spool);
    if (is_moved && !daemon->spool_is_moved)
        spoc_log(
            daemon->log, SPOC_LOG_ERROR,
            "the spool of this spocd is no longer at '%s': it was moved, or something was mounted "
            "over it; events and documents that come there now are not mailed; 'spocctl "
            "check' says where the spool is and what to do",
            spoc_spool_path(daemon->spool));
    daemon->spool_is_moved = is_moved;
}

static void
check_config(gpointer user_data)
{
    SpocDaemon *daemon = user_data;
    report_status(daemon);
    record_server_health(daemon);
    check_spool_place(daemon);
    if (!daemon->leaving && spoc_runtime_is_stale(daemon->runtime, daemon->places))
        reload_config(daemon);
}

static gboolean
on_config_poll(gpointer daemon)
{
    check_config(daemon);
    return G_SOURCE_CONTINUE;
}

static void
on_management_fetched(gboolean values_changed, gpointer user_data)
{
    SpocDaemon *daemon = user_data;
    if (values_changed && !daemon->leaving)
        reload_config(daemon);
    schedule_later(daemon);
}

static gboolean
quit_now(gpointer user_data)
{
    SpocDaemon *daemon = user_data;
    daemon->leave_timer = 0;
    g_main_loop_quit(daemon->loop);
    return G_SOURCE_REMOVE;
}

void
spoc_daemon_leave(SpocDaemon *daemon)
{
    if (daemon->leaving)
        return;
    daemon->leaving = TRUE;
    daemon->leave_timer = g_timeout_add(LEAVE_MS, quit_now, daemon);
    schedule_later(daemon);
}

static void
leave_on_request(gpointer daemon)
{
    spoc_daemon_leave(daemon);
}

/* --- life ------------------------------------------------------------------------------- */

SpocDaemon *
spoc_daemon_new(const SpocPlaces *places, SpocSpool *spool, SpocLog *log, SpocDaemonMode mode,
                int listen_fd, GError **error)
{
    g_autoptr(SpocDaemon) daemon = g_new0(SpocDaemon, 1);
    daemon->places = places;
    daemon->spool = spool;
    daemon->log = log;
    daemon->mode = mode;
    daemon->loop = g_main_loop_new(NULL, FALSE);
    daemon->requests = spoc_requests_new(&daemon->requests_context);
    if (!open_control(daemon, listen_fd, error))
        return NULL;

    daemon->runtime = spoc_runtime_load(places, log);
    daemon->cups = spoc_cups_new(places->server_bin);
    spoc_cups_keep_jobs(daemon->cups, spool, log);
    daemon->token_keeper = spoc_token_keeper_new(spool);
    spoc_token_keeper_set_changed(daemon->token_keeper, schedule_later, daemon);
    daemon->queue = spoc_queue_manager_new(spool, log, schedule_later, daemon);
    daemon->server_health = spoc_server_health_new(spool);
    daemon->notification_log = spoc_notification_log_new(spool, log);
    daemon->duplicates = spoc_duplicates_new(spool, log);
    daemon->scan_manager = spoc_scan_manager_new(spool, log, daemon->queue);
    spoc_scan_manager_use(daemon->scan_manager, daemon->runtime);
    daemon->notify_context = (SpocNotifyContext){
        .spool = spool,
        .log = log,
        .queue = daemon->queue,
        .cups = daemon->cups,
        .notification_log = daemon->notification_log,
        .duplicates = daemon->duplicates,
        .runtime = daemon->runtime,
        .said = spoc_said_new(),
        .once = mode == SPOC_DAEMON_ONCE,
        .changed = schedule_later,
        .user_data = daemon,
    };
    daemon->aggregator = spoc_aggregator_new(&daemon->notify_context);
    daemon->journals = spoc_journal_set_new(&daemon->notify_context, daemon->aggregator);
    daemon->requests_context = (SpocRequestsContext){
        .spool = spool,
        .queue_manager = daemon->queue,
        .scan_manager = daemon->scan_manager,
        .journals = daemon->journals,
        .token_keeper = daemon->token_keeper,
        .runtime = daemon->runtime,
        .wake = wake_up,
        .check_config = check_config,
        .login_changed = take_up_login,
        .leave = leave_on_request,
        .user_data = daemon,
    };
    if (!spoc_queue_manager_load(daemon->queue, error) || !use_runtime(daemon, error))
        return NULL;
    if (spoc_runtime_take_note(daemon->runtime, spool))
        spoc_queue_manager_all_due(daemon->queue);
    daemon->management = spoc_management_new(places, log, on_management_fetched, daemon);
    spoc_management_use(daemon->management, daemon->runtime->config, daemon->runtime->tls);
    return g_steal_pointer(&daemon);
}

void
spoc_daemon_free(SpocDaemon *daemon)
{
    if (daemon == NULL)
        return;
    guint *sources[] = {&daemon->schedule_source, &daemon->due_timer,   &daemon->idle_timer,
                        &daemon->sync_timer,      &daemon->leave_timer, &daemon->rescan_timer,
                        &daemon->again_timer,     &daemon->config_timer};
    for (guint i = 0; i < G_N_ELEMENTS(sources); i++)
        g_clear_handle_id(sources[i], g_source_remove);
    if (daemon->scan_manager != NULL)
        spoc_scan_manager_hang_up(daemon->scan_manager);
    spoc_control_server_free(daemon->control);
    spoc_management_free(daemon->management);
    /* Their callbacks use journals and aggregator: they go first. */
    spoc_cups_free(daemon->cups);
    spoc_queue_manager_free(daemon->queue);
    spoc_token_keeper_free(daemon->token_keeper); /* whose tokens the queue's delivery uses */
    spoc_server_health_free(daemon->server_health);
    spoc_aggregator_free(daemon->aggregator);
    spoc_notification_log_free(daemon->notification_log);
    spoc_duplicates_free(daemon->duplicates);
    spoc_scan_manager_free(daemon->scan_manager);
    spoc_journal_set_free(daemon->journals);
    spoc_requests_free(daemon->requests);
    g_clear_pointer(&daemon->notify_context.said, g_hash_table_unref);
    spoc_runtime_free(daemon->runtime);
    g_main_loop_unref(daemon->loop);
    g_free(daemon);
}

int
spoc_daemon_run(SpocDaemon *daemon)
{
    daemon->rescan_timer = g_timeout_add_seconds(RESCAN_S, on_minute, daemon);
    if (daemon->mode != SPOC_DAEMON_ONCE)
        /* Between the work: mail does not wait for it. */
        daemon->config_timer = g_timeout_add_seconds_full(G_PRIORITY_DEFAULT_IDLE, CONFIG_POLL_S,
                                                          on_config_poll, daemon, NULL);
    spoc_journal_set_forget_waits(daemon->journals);
    wake_up(daemon);
    sweep_old(daemon);
    g_main_loop_run(daemon->loop);
    (void)sync_marks(daemon);
    spoc_journal_set_keep_waits(daemon->journals);
    record_server_health(daemon);
    return daemon->mode == SPOC_DAEMON_ONCE ? drained_status(daemon) : SPOC_DAEMON_NOTHING_WAITS;
}
