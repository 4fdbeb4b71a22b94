/* SPDX-License-Identifier: Apache-2.0 */
#include "scan/manager.h"

#include "base/error.h"
#include "control/protocol.h"
#include "scan/answer.h"
#include "scan/prepare.h"
#include "spool/scan-entry.h"

#include <string.h>

struct _SpocScanManager {
    SpocSpool *spool;
    SpocLog *log;
    SpocQueueManager *queue;
    const SpocRuntime *runtime;
    GHashTable *scans; /* name → Scan */
    gboolean is_open;
    guint waiting;       /* left, and not to be sent now; as of the last rescan */
    GHashTable *reasons; /* name → why it could not be sent, of those that were left */
};

typedef enum {
    PHASE_LOOKING,    /* the directory is asked who gets it */
    PHASE_SENDING,    /* the queue has it */
    PHASE_KEEPING,    /* the client is asked to make it safe */
    PHASE_COMMITTING, /* the queue writes what has become of it */
} Phase;

typedef struct {
    SpocScanManager *scans;
    char *name;
    SpocScanMetadata *metadata;
    SpocControlPeer *client; /* (nullable): left, or withdrawn */
    SpocControlPeer *next;   /* (nullable): who asks for it while it is withdrawn */
    gboolean is_left;        /* its entry is safe, and no client waits */
    gboolean is_orphan;      /* left by a client that was killed: cupsd was told nothing */
    gboolean is_withdrawn;
    gboolean is_early; /* it came while we were not open */
    gboolean in_queue;
    Phase phase;
    SpocScanAsking asking;
    gboolean has_asked;
    char *server; /* (nullable) */

    SpocState decided;
    gboolean any_delivered;
    char *reason;   /* (nullable): what the client is told */
    char *left_out; /* (nullable): and of recipients who get nothing while others do */
} Scan;

static void
let_clients_go(Scan *scan)
{
    if (scan->client != NULL)
        spoc_control_remove_waiter(scan->client, scan);
    if (scan->next != NULL)
        spoc_control_remove_waiter(scan->next, scan);
    scan->client = scan->next = NULL;
}

static void
scan_free(gpointer data)
{
    Scan *scan = data;
    if (scan->asking.ask != 0)
        spoc_directory_ask_cancel(scan->asking.ask);
    let_clients_go(scan);
    spoc_scan_metadata_free(scan->metadata);
    g_free(scan->name);
    g_free(scan->server);
    g_free(scan->reason);
    g_free(scan->left_out);
    g_free(scan);
}

static SpocContent *
open_document(SpocSpool *spool, const char *id, GBytes *body, GError **error)
{
    return spoc_scan_content_new(spool, id, body, NULL, NULL, error);
}

static const SpocQueueDocuments queue_documents = {open_document, spoc_scan_notice_queue};

SpocScanManager *
spoc_scan_manager_new(SpocSpool *spool, SpocLog *log, SpocQueueManager *queue)
{
    SpocScanManager *scans = g_new0(SpocScanManager, 1);
    scans->spool = spool;
    scans->log = log;
    scans->queue = queue;
    spoc_queue_manager_set_documents(queue, &queue_documents);
    scans->scans = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, scan_free);
    scans->reasons = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    return scans;
}

void
spoc_scan_manager_free(SpocScanManager *scans)
{
    if (scans == NULL)
        return;
    g_hash_table_unref(scans->scans);
    g_hash_table_unref(scans->reasons);
    g_free(scans);
}

void
spoc_scan_manager_hang_up(SpocScanManager *scans)
{
    GHashTableIter place;
    gpointer value = NULL;
    g_hash_table_iter_init(&place, scans->scans);
    while (g_hash_table_iter_next(&place, NULL, &value))
        let_clients_go(value);
}

void
spoc_scan_manager_use(SpocScanManager *scans, const SpocRuntime *runtime)
{
    scans->runtime = runtime;
}

gboolean
spoc_scan_manager_are_busy(const SpocScanManager *scans)
{
    return g_hash_table_size(scans->scans) > 0;
}

guint
spoc_scan_manager_waiting(const SpocScanManager *scans)
{
    return scans->waiting;
}

/* --- why it waits ----------------------------------------------------------------------- */

static void
note_reason(SpocScanManager *scans, const char *name, const char *reason)
{
    g_hash_table_insert(scans->reasons, g_strdup(name), g_strdup(reason));
}

/* (nullable): of one that is in hand */
static const char *
reason_now(const Scan *scan)
{
    if (scan->is_early)
        return "spocd has just started";
    if (scan->phase == PHASE_LOOKING)
        return "the directory is asked who gets it";
    return scan->reason;
}

void
spoc_scan_manager_each_waiting(const SpocScanManager *scans, SpocScansEachFunc each,
                               gpointer user_data)
{
    GHashTableIter place;
    gpointer name = NULL;
    gpointer value = NULL;
    g_hash_table_iter_init(&place, scans->scans);
    while (g_hash_table_iter_next(&place, &name, &value)) {
        const char *reason = reason_now(value);
        if (reason != NULL)
            each(name, reason, user_data);
    }
    g_hash_table_iter_init(&place, scans->reasons);
    while (g_hash_table_iter_next(&place, &name, &value))
        if (!g_hash_table_contains(scans->scans, name))
            each(name, value, user_data);
}

/* --- what clients are told ---------------------------------------------------------------- */

static void begin_scan(SpocScanManager *scans, SpocControlPeer *client, const char *name);

/* The scan is over; who asked for it again meanwhile gets its turn. */
static void
forget_scan(Scan *scan)
{
    SpocScanManager *scans = scan->scans;
    SpocControlPeer *next = g_steal_pointer(&scan->next);
    g_autofree char *name = g_strdup(scan->name);
    if (next != NULL)
        spoc_control_remove_waiter(next, scan);
    g_hash_table_remove(scans->scans, name);
    if (next != NULL)
        begin_scan(scans, next, name);
}

static void
finish_scan(Scan *scan, SpocSubmitResult end, const char *text)
{
    spoc_log(scan->scans->log,
             end == SPOC_SUBMIT_DELIVERED || end == SPOC_SUBMIT_QUEUED ? SPOC_LOG_INFO
                                                                       : SPOC_LOG_WARNING,
             "%s: %s: %s", scan->name, spoc_submit_result_name(end), text != NULL ? text : "");
    g_autofree char *all = scan->left_out != NULL
                               ? g_strconcat(text != NULL ? text : "", "; ", scan->left_out, NULL)
                               : g_strdup(text);
    if (scan->client != NULL)
        spoc_scan_answer(scan->client, end, all);
    forget_scan(scan);
}

/* --- records ---------------------------------------------------------------------------- */

static void
log_scan_error(const Scan *scan, const char *what, const GError *error)
{
    spoc_log(scan->scans->log, SPOC_LOG_ERROR, "%s: %s: %s", scan->name, what, error->message);
}

static void
record_end(Scan *scan, SpocScanEnd end)
{
    g_autoptr(GError) error = NULL;
    /* A cupsd that was not told may run it again. */
    const char *server = scan->is_orphan ? "" : scan->metadata->server;
    const SpocScanRecord record = {
        .end = end, .owner = scan->metadata->user, .server = (char *)server, .text = scan->reason};
    if (spoc_scan_name_recurs(scan->name) &&
        !spoc_scan_write_record(scan->scans->spool, scan->name, &record, &error))
        log_scan_error(scan, "should CUPS run this job again it may be mailed twice", error);
}

static void
remove_entry(Scan *scan)
{
    g_autoptr(GError) error = NULL;
    if (!spoc_scan_remove(scan->scans->spool, scan->name, &error))
        log_scan_error(scan, "cannot remove the document", error);
}

/* --- the end of a delivery ---------------------------------------------------------------- */

/* The message is written, or all have it. */
static void
on_safe(gpointer user_data)
{
    Scan *scan = user_data;
    scan->in_queue = FALSE;
    g_autoptr(GError) error = NULL;
    if (scan->decided == SPOC_STATE_DONE) {
        remove_entry(scan);
        finish_scan(scan, SPOC_SUBMIT_DELIVERED, scan->reason);
        return;
    }
    if (!spoc_scan_taken(scan->scans->spool, scan->name, &error))
        log_scan_error(scan, "cannot mark it as taken", error);
    record_end(scan, scan->any_delivered ? SPOC_SCAN_DELIVERED : SPOC_SCAN_QUEUED);
    finish_scan(scan,
                scan->decided == SPOC_STATE_FAILED ? SPOC_SUBMIT_DELIVERED : SPOC_SUBMIT_QUEUED,
                scan->reason);
}

static void
commit_message(Scan *scan)
{
    scan->phase = PHASE_COMMITTING;
    spoc_queue_manager_commit(scan->scans->queue, scan->name);
}

static void
drop_message(Scan *scan)
{
    if (scan->in_queue)
        spoc_queue_manager_drop(scan->scans->queue, scan->name);
    scan->in_queue = FALSE;
}

/* The client has not gone: it is given back to it. */
static void
give_back(Scan *scan, SpocSubmitResult end)
{
    g_autofree char *reason = g_strdup(scan->reason);
    drop_message(scan);
    finish_scan(scan, end, reason);
}

/* Before it may become a message its document must be safe. */
static void
keep_document(Scan *scan)
{
    if (scan->is_left) {
        commit_message(scan);
        return;
    }
    scan->phase = PHASE_KEEPING;
    spoc_control_peer_reply(scan->client, SPOC_CONTROL_KEEP);
}

static void
end_withdrawn(Scan *scan)
{
    if (scan->any_delivered)
        record_end(scan, SPOC_SCAN_DELIVERED);
    drop_message(scan);
    spoc_log(scan->scans->log, SPOC_LOG_INFO, "%s: withdrawn%s", scan->name,
             scan->any_delivered ? ", too late" : "");
    forget_scan(scan);
}

static void
notify_owner(Scan *scan, const SpocEnvelope *envelope)
{
    g_autofree char *id = spoc_scan_notice_queue(scan->scans->spool, scan->scans->log,
                                                 scan->scans->runtime, envelope);
    g_autoptr(GError) error = NULL;
    if (id != NULL && !spoc_queue_manager_relearn(scan->scans->queue, id, &error))
        log_scan_error(scan, "its notice waits for the next start of spocd", error);
}

static void
decide_unreachable(Scan *scan)
{
    SpocSubmitResult end = spoc_scan_answer_unreachable(scan->scans->runtime);
    /* What some have already must not be sent to them again by CUPS. */
    if (end == SPOC_SUBMIT_QUEUED || scan->any_delivered || scan->is_left)
        keep_document(scan);
    else
        give_back(scan, end);
}

static void
on_decided(const SpocEnvelope *envelope, SpocState state, gpointer user_data)
{
    Scan *scan = user_data;
    scan->decided = state;
    scan->any_delivered = state == SPOC_STATE_DONE || spoc_scan_has_delivered(envelope);
    g_free(scan->reason);
    scan->reason = g_strdup(state == SPOC_STATE_DONE ? scan->server : envelope->reason);
    if (scan->is_withdrawn) {
        end_withdrawn(scan);
    } else if (state == SPOC_STATE_DONE) {
        record_end(scan, SPOC_SCAN_DELIVERED);
        commit_message(scan);
    } else if (state != SPOC_STATE_FAILED) {
        decide_unreachable(scan);
    } else if (scan->any_delivered || scan->is_left) {
        notify_owner(scan, envelope);
        keep_document(scan);
    } else {
        give_back(scan, spoc_scan_answer_refused(scan->scans->runtime));
    }
}

static void
on_reached(const char *server, gpointer user_data)
{
    Scan *scan = user_data;
    g_free(scan->server);
    scan->server = g_strdup(server);
}

static void
on_progress(guint percent, gpointer user_data)
{
    Scan *scan = user_data;
    if (scan->client != NULL)
        spoc_scan_answer_progress(scan->client, percent, scan->server);
}

static gboolean
is_withdrawn(gpointer user_data)
{
    return ((const Scan *)user_data)->is_withdrawn;
}

/* --- the beginning ---------------------------------------------------------------------- */

/* It cannot even be tried. */
static void
wait_for_later(Scan *scan, const char *reason)
{
    g_free(scan->reason);
    scan->reason = g_strdup(reason);
    if (scan->client != NULL) {
        decide_unreachable(scan);
        return;
    }
    note_reason(scan->scans, scan->name, reason);
    /* Left: it is tried again. The rescan took it for under way. */
    scan->scans->waiting += scan->has_asked ? 1 : 0;
    forget_scan(scan);
}

/* Each recipient stands for itself. */
static void
say_left_out(Scan *scan, const GPtrArray *refused)
{
    for (guint i = 0; i < refused->len; i++)
        log_scan_error(scan, "one recipient gets nothing", g_ptr_array_index(refused, i));
    g_clear_pointer(&scan->left_out, g_free);
    g_autofree char *all = spoc_refusals_join(refused);
    if (refused->len > 0)
        scan->left_out = g_strconcat("others get nothing: ", all, NULL);
}

static gboolean
send_document(Scan *scan, GError **error)
{
    static const SpocAttachmentEvents content_events = {on_progress, is_withdrawn};
    static const SpocDocumentEvents events = {on_reached, on_decided};
    SpocScanManager *scans = scan->scans;
    g_auto(SpocPreparedScan) prepared = {0};
    if (!spoc_scan_prepare(scans->spool, scans->runtime, scan->name, scan->metadata, &scan->asking,
                           &prepared, error))
        return FALSE;
    say_left_out(scan, prepared.refused);
    g_autoptr(SpocContent) content = spoc_scan_content_new(
        scans->spool, scan->name, prepared.message->body, &content_events, scan, error);
    if (content == NULL)
        return FALSE;
    scan->phase = PHASE_SENDING;
    scan->in_queue = TRUE;
    /* Who would have to come again is told what the server says now. */
    if (scan->client != NULL && spoc_scan_answer_unreachable(scans->runtime) != SPOC_SUBMIT_QUEUED)
        spoc_queue_manager_try_now(scans->queue);
    spoc_queue_manager_send_document(scans->queue, g_steal_pointer(&prepared.message), content,
                                     &events, on_safe, scan, NULL);
    return TRUE;
}

static void
refuse_scan(Scan *scan, const char *reason)
{
    if (scan->client != NULL) {
        finish_scan(scan, spoc_scan_answer_refused(scan->scans->runtime), reason);
        return;
    }
    spoc_log(scan->scans->log, SPOC_LOG_ERROR, "%s: %s", scan->name, reason);
    g_autoptr(GError) error = NULL;
    g_auto(SpocPreparedScan) prepared = {0};
    if (!spoc_scan_keep_failed(scan->scans->spool, scan->scans->runtime, scan->name, scan->metadata,
                               reason, &prepared, &error))
        log_scan_error(scan, "cannot keep it as failed", error);
    else
        notify_owner(scan, prepared.message->envelope);
    forget_scan(scan);
}

static void
start_scan(Scan *scan)
{
    const SpocRuntime *runtime = scan->scans->runtime;
    g_autoptr(GError) error = NULL;
    scan->is_early = !scan->scans->is_open;
    if (scan->is_early)
        return;
    if (runtime->blocker != NULL) {
        wait_for_later(scan, runtime->blocker);
        return;
    }
    scan->phase = PHASE_LOOKING;
    if (send_document(scan, &error))
        return;
    if (g_error_matches(error, SPOC_ERROR, SPOC_ERROR_PENDING)) {
        scan->has_asked = TRUE;
        if (scan->client != NULL)
            spoc_control_peer_reply(scan->client, SPOC_CONTROL_LOOKING);
        return;
    }
    if (spoc_scan_may_pass(error))
        wait_for_later(scan, error->message);
    else
        refuse_scan(scan, error->message);
}

/* The directory has answered, is away, or was replaced with the configuration. */
static void
on_answered(gpointer user_data)
{
    Scan *scan = user_data;
    scan->asking.ask = 0;
    start_scan(scan);
}

/* --- clients ------------------------------------------------------------------------------ */

static void
withdraw_scan(Scan *scan)
{
    scan->is_withdrawn = TRUE;
    if (scan->phase == PHASE_KEEPING || scan->phase == PHASE_LOOKING)
        end_withdrawn(scan);
}

/* The client was killed. cupsd takes its job for done, or runs it again. */
static void
on_client_closed(gpointer user_data)
{
    Scan *scan = user_data;
    g_autoptr(GError) error = NULL;
    scan->client = NULL;
    if (scan->is_withdrawn || scan->phase == PHASE_COMMITTING)
        return;
    scan->is_left = spoc_scan_leave(scan->scans->spool, scan->name, &error);
    scan->is_orphan = TRUE;
    if (!scan->is_left) {
        log_scan_error(
            scan, "the program that handed it over was killed, and the document cannot be kept",
            error);
        withdraw_scan(scan);
    } else if (scan->phase == PHASE_KEEPING && scan->in_queue) {
        commit_message(scan);
    } else if (scan->phase == PHASE_KEEPING) {
        scan->scans->waiting++;
        note_reason(scan->scans, scan->name, scan->reason);
        forget_scan(scan);
    }
}

static void
on_next_closed(gpointer user_data)
{
    Scan *scan = user_data;
    scan->next = NULL;
}

static void
watch_client(Scan *scan, SpocControlPeer *client)
{
    scan->client = client;
    spoc_control_set_waiter(client, on_client_closed, scan);
}

static Scan *
add_scan(SpocScanManager *scans, const char *name, GError **error)
{
    SpocScanMetadata *metadata = spoc_scan_load(scans->spool, name, error);
    if (metadata == NULL)
        return NULL;
    Scan *scan = g_new0(Scan, 1);
    scan->scans = scans;
    scan->name = g_strdup(name);
    scan->metadata = metadata;
    scan->asking = (SpocScanAsking){.answered = on_answered, .user_data = scan};
    g_hash_table_insert(scans->scans, scan->name, scan);
    return scan;
}

static void
begin_scan(SpocScanManager *scans, SpocControlPeer *client, const char *name)
{
    g_autoptr(GError) error = NULL;
    if (spoc_scan_answer_recorded(client, scans->spool, scans->log, name))
        return;
    Scan *scan = add_scan(scans, name, &error);
    if (scan == NULL) {
        spoc_control_peer_answer(client, SPOC_ANSWER_ERROR, error->message);
        return;
    }
    watch_client(scan, client);
    start_scan(scan);
}

void
spoc_scan_manager_offer(SpocScanManager *scans, SpocControlPeer *client, const char *name)
{
    if (!spoc_spool_name_is_valid(name)) {
        spoc_control_peer_answer(client, SPOC_ANSWER_ERROR, "that is not the name of a scan");
        return;
    }
    Scan *scan = g_hash_table_lookup(scans->scans, name);
    if (scan == NULL) {
        begin_scan(scans, client, name);
    } else if (scan->is_withdrawn && scan->next == NULL) {
        scan->next = client;
        spoc_control_set_waiter(client, on_next_closed, scan);
    } else if (scan->client == NULL && !scan->is_withdrawn) {
        /* Its first client was killed, and CUPS runs the job again. */
        scan->is_left = scan->is_orphan = FALSE;
        watch_client(scan, client);
    } else {
        spoc_control_peer_answer(client, SPOC_ANSWER_ERROR,
                                 "another client waits for this document");
    }
}

/* It could not be tried, and its entry waits for a better time. */
static void
leave_entry(Scan *scan)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *reason = g_strdup(scan->reason);
    if (!spoc_scan_leave(scan->scans->spool, scan->name, &error)) {
        finish_scan(scan, SPOC_SUBMIT_RETRY, error->message);
        return;
    }
    scan->scans->waiting++;
    note_reason(scan->scans, scan->name, reason);
    record_end(scan, SPOC_SCAN_QUEUED);
    finish_scan(scan, SPOC_SUBMIT_QUEUED, reason);
}

void
spoc_scan_manager_kept(SpocScanManager *scans, SpocControlPeer *client, const char *name)
{
    Scan *scan = g_hash_table_lookup(scans->scans, name);
    if (scan == NULL || scan->client != client || scan->phase != PHASE_KEEPING)
        return;
    if (scan->in_queue)
        commit_message(scan);
    else
        leave_entry(scan);
}

void
spoc_scan_manager_withdraw(SpocScanManager *scans, SpocControlPeer *client, const char *name)
{
    Scan *scan = g_hash_table_lookup(scans->scans, name);
    if (scan == NULL || scan->client != client || scan->phase == PHASE_COMMITTING)
        return;
    spoc_control_remove_waiter(client, scan);
    scan->client = NULL;
    withdraw_scan(scan);
}

gboolean
spoc_scan_manager_set_open(SpocScanManager *scans, gboolean is_open)
{
    gboolean was_open = scans->is_open;
    scans->is_open = is_open;
    if (was_open || !is_open)
        return FALSE;
    g_autoptr(GList) all = g_hash_table_get_values(scans->scans);
    for (GList *one = all; one != NULL; one = one->next) {
        Scan *scan = one->data;
        if (scan->is_early)
            start_scan(scan);
    }
    return TRUE;
}

/* --- what was left ---------------------------------------------------------------------- */

/* (nullable): why no document can be taken up now */
static const char *
cannot_begin(const SpocScanManager *scans)
{
    if (!scans->is_open)
        return "spocd has just started";
    if (scans->runtime->blocker != NULL)
        return scans->runtime->blocker;
    return spoc_queue_manager_room(scans->queue) == 0 ? "as many mails as may be are under way"
                                                      : NULL;
}

/* One whose metadata are damaged is nobody's: both files go where people look. Says why not, and
 * FALSE, when it stays. */
static gboolean
set_aside(SpocScanManager *scans, const char *name, const GError *why)
{
    g_autoptr(GError) error = NULL;
    if (g_error_matches(why, SPOC_ERROR, SPOC_ERROR_NOT_FOUND))
        return TRUE; /* it was deleted meanwhile */
    if (!g_error_matches(why, SPOC_ERROR, SPOC_ERROR_CORRUPT) ||
        !spoc_scan_set_aside(scans->spool, name, &error)) {
        note_reason(scans, name, why->message);
        spoc_log(scans->log, SPOC_LOG_ERROR, "%s: %s", name, why->message);
        return FALSE;
    }
    spoc_log(scans->log, SPOC_LOG_ERROR,
             "%s: %s; it was set aside in corrupt/, and nobody can be notified: look at it there",
             name, why->message);
    return TRUE;
}

/* FALSE when it is done or under way. */
static gboolean
take_left(SpocScanManager *scans, const char *name)
{
    g_autoptr(GError) error = NULL;
    SpocState state;
    if (g_hash_table_contains(scans->scans, name))
        return FALSE;
    if (spoc_message_find(scans->spool, name, &state, NULL)) {
        /* A crash between keeping the message and marking the entry. */
        if (!spoc_scan_taken(scans->spool, name, &error))
            spoc_log(scans->log, SPOC_LOG_ERROR, "%s: %s", name, error->message);
        return FALSE;
    }
    const char *reason = cannot_begin(scans);
    if (reason != NULL) {
        note_reason(scans, name, reason);
        return TRUE;
    }
    Scan *scan = add_scan(scans, name, &error);
    if (scan == NULL)
        return !set_aside(scans, name, error);
    scan->is_left = TRUE;
    start_scan(scan);
    /* What could not be tried is forgotten again, and still lies there. */
    return !g_hash_table_contains(scans->scans, name);
}

gboolean
spoc_scan_manager_rescan(SpocScanManager *scans, GError **error)
{
    g_autoptr(GPtrArray) names = spoc_scan_list_left(scans->spool, error);
    if (names == NULL)
        return FALSE;
    guint waiting = 0;
    g_hash_table_remove_all(scans->reasons);
    for (guint i = 0; i < names->len; i++)
        waiting += take_left(scans, g_ptr_array_index(names, i)) ? 1 : 0;
    scans->waiting = waiting;
    return TRUE;
}
