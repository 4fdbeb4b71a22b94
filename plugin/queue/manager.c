/* SPDX-License-Identifier: Apache-2.0 */
#include "queue/manager.h"

#include "base/error.h"
#include "queue/bounces.h"
#include "queue/outcome.h"
#include "queue/schedule.h"
#include "queue/sent-today.h"
#include "spool/scans.h"

#include <string.h>

/* A state that could not be written (full disk) is tried again so often. */
#define WRITE_RETRY_S 5

/* While no server is to be asked, messages only pass through to the spool: many at a time, for
 * that spares syncs. */
#define CLOSED_ROOM 128

/* So many of those that wait are held in memory, the earliest. */
#define SCHEDULE_ITEMS 5000

struct _SpocQueueManager {
    SpocSpool *spool;
    SpocLog *log;
    SpocQueueManagerChangedFunc changed;
    gpointer user_data;

    const SpocRuntime *runtime;
    const SpocQueueDocuments *documents; /* (nullable) */
    SpocDelivery *delivery;              /* (nullable): until the first runtime without a blocker */
    SpocSchedule *schedule;
    gboolean schedule_is_partial; /* the folders could not be read */
    gint64 all_due_unix_s;        /* what was planned before is due since then */
    SpocBounces *bounces;
    GHashTable *active; /* the envelope's id → ActiveMessage */
    guint active_from_spool;
    gint64 closed_until_unix_s; /* no server is to be asked before; 0: open */

    GPtrArray *unwritten; /* in their first attempt, that must become files; written together */
    guint write_source;

    SpocDeliveryLog delivery_log;
    SpocDeliveryCounts counts;
};

typedef struct {
    SpocQueueManager *manager;
    SpocMessage *message;
    gboolean in_spool;                /* as a file in sending/ */
    SpocState state;                  /* SENDING until the delivery is finished */
    guint write_retry;                /* GSource id */
    SpocContent *content;             /* (nullable): what is sent instead of the body */
    const SpocDocumentEvents *events; /* (nullable): only in its first attempt */
    gboolean awaits_commit;
    SpocQueueManagerSafeFunc safe;
    gpointer user_data;
    GDestroyNotify destroy;
} ActiveMessage;

static void
active_message_free(ActiveMessage *active)
{
    if (active->destroy != NULL)
        active->destroy(active->user_data);
    if (active->write_retry != 0)
        g_source_remove(active->write_retry);
    spoc_message_free(active->message);
    spoc_content_unref(active->content);
    g_free(active);
}

static gint64
now_unix_s(void)
{
    return g_get_real_time() / G_USEC_PER_SEC;
}

static void
on_bounce_queued(const char *id, gpointer user_data)
{
    SpocQueueManager *manager = user_data;
    spoc_schedule_put(manager->schedule, id, SPOC_STATE_WAITING, now_unix_s());
    manager->changed(manager->user_data);
}

SpocQueueManager *
spoc_queue_manager_new(SpocSpool *spool, SpocLog *log, SpocQueueManagerChangedFunc changed,
                       gpointer user_data)
{
    SpocQueueManager *manager = g_new0(SpocQueueManager, 1);
    manager->spool = spool;
    spoc_sent_today_init(&manager->counts, spool);
    manager->log = log;
    manager->changed = changed;
    manager->user_data = user_data;
    manager->schedule = spoc_schedule_new(SCHEDULE_ITEMS);
    manager->bounces = spoc_bounces_new(spool, log, on_bounce_queued, manager);
    manager->unwritten = g_ptr_array_new();
    manager->active =
        g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify)active_message_free);
    return manager;
}

void
spoc_queue_manager_free(SpocQueueManager *manager)
{
    if (manager == NULL)
        return;
    /* First: it holds pointers to the active messages. */
    spoc_delivery_free(manager->delivery);
    g_clear_handle_id(&manager->write_source, g_source_remove);
    g_ptr_array_unref(manager->unwritten);
    g_hash_table_unref(manager->active);
    spoc_bounces_free(manager->bounces);
    spoc_schedule_free(manager->schedule);
    spoc_delivery_log_clear(&manager->delivery_log);
    g_free(manager);
}

void
spoc_queue_manager_set_documents(SpocQueueManager *manager, const SpocQueueDocuments *documents)
{
    manager->documents = documents;
}

static void
warn_from_delivery(const char *text, gpointer user_data)
{
    SpocQueueManager *manager = user_data;
    spoc_log(manager->log, SPOC_LOG_WARNING, "%s", text);
}

static gboolean
fill_schedule(SpocQueueManager *manager, GError **error)
{
    return spoc_schedule_fill(manager->schedule, manager->spool, manager->all_due_unix_s, error);
}

/* After the earliest are used up: those that had to be left out. */
static void
complete_schedule(SpocQueueManager *manager)
{
    g_autoptr(GError) error = NULL;
    if (!manager->schedule_is_partial && !spoc_schedule_is_short(manager->schedule))
        return;
    manager->schedule_is_partial = !fill_schedule(manager, &error);
    if (manager->schedule_is_partial) /* a passing fault: the next round tries again */
        spoc_log(manager->log, SPOC_LOG_ERROR, "cannot read the messages that wait: %s",
                 error->message);
}

gboolean
spoc_queue_manager_load(SpocQueueManager *manager, GError **error)
{
    guint recovered = 0;
    if (!spoc_message_recover(manager->spool, &recovered, error))
        return FALSE;
    if (recovered > 0)
        spoc_log(manager->log, SPOC_LOG_WARNING,
                 "%u messages were being sent when the last spocd ended; they are sent again and "
                 "may arrive twice, with the same Message-ID",
                 recovered);
    return fill_schedule(manager, error) && spoc_bounces_load(manager->bounces, error);
}

gboolean
spoc_queue_manager_use(SpocQueueManager *manager, const SpocRuntime *runtime, GError **error)
{
    manager->runtime = runtime;
    spoc_bounces_use(manager->bounces, runtime);
    if (runtime->blocker != NULL)
        return TRUE;
    if (manager->delivery == NULL) {
        manager->delivery = spoc_delivery_new(runtime->config, runtime->tls, runtime->tokens,
                                              SPOC_SERVER_ANY, warn_from_delivery, manager, error);
        if (manager->delivery == NULL)
            return FALSE;
        spoc_delivery_set_counts(manager->delivery, &manager->counts);
    } else {
        spoc_delivery_configure(manager->delivery, runtime->config, runtime->tls, runtime->tokens);
    }
    manager->closed_until_unix_s = 0;
    spoc_delivery_log_clear(&manager->delivery_log);
    return TRUE;
}

void
spoc_queue_manager_all_due(SpocQueueManager *manager)
{
    manager->all_due_unix_s = now_unix_s();
    spoc_schedule_all_due(manager->schedule, manager->all_due_unix_s);
}

static gboolean
is_blocked(const SpocQueueManager *manager)
{
    return manager->runtime == NULL || manager->runtime->blocker != NULL ||
           manager->delivery == NULL;
}

guint
spoc_queue_manager_room(const SpocQueueManager *manager)
{
    if (is_blocked(manager))
        return 0;
    guint wanted = spoc_delivery_wanted(manager->delivery);
    if (manager->closed_until_unix_s > now_unix_s())
        wanted = MAX(wanted, CLOSED_ROOM);
    guint active = g_hash_table_size(manager->active);
    return wanted > active ? wanted - active : 0;
}

/* Its state is safe: its event may be forgotten, and it is no longer under way. */
static void
finish_message(ActiveMessage *active)
{
    SpocQueueManager *manager = active->manager;
    if (active->state == SPOC_STATE_WAITING || active->state == SPOC_STATE_HELD)
        spoc_schedule_put(manager->schedule, active->message->envelope->id, active->state,
                          active->message->envelope->next_attempt_unix_s);
    else if (active->state == SPOC_STATE_FAILED)
        spoc_bounces_note(manager->bounces, active->message->envelope);
    if (active->safe != NULL)
        active->safe(active->user_data);
    manager->active_from_spool -= active->in_spool ? 1 : 0;
    g_hash_table_remove(manager->active, active->message->envelope->id);
    manager->changed(manager->user_data);
}

static void
log_not_written(SpocQueueManager *manager, const char *what, const GError *error)
{
    spoc_log(manager->log, SPOC_LOG_ERROR,
             "%s: the new state cannot be written; trying again every %d s: %s. Free space in "
             "%s or mend its permissions",
             what, WRITE_RETRY_S, error->message, spoc_spool_path(manager->spool));
}

static gboolean
write_from_spool(gpointer user_data)
{
    ActiveMessage *active = user_data;
    SpocQueueManager *manager = active->manager;
    SpocEnvelope *envelope = active->message->envelope;
    g_autoptr(GError) error = NULL;
    gboolean stored =
        active->state == SPOC_STATE_DONE
            ? spoc_message_delete(manager->spool, SPOC_STATE_SENDING, envelope->id, &error)
            : spoc_message_save(manager->spool, envelope, SPOC_STATE_SENDING, active->state,
                                &error);
    if (stored) {
        active->write_retry = 0; /* returning G_SOURCE_REMOVE ends it */
        finish_message(active);
        return G_SOURCE_REMOVE;
    }
    if (active->write_retry == 0) {
        log_not_written(manager, envelope->id, error);
        active->write_retry = g_timeout_add_seconds(WRITE_RETRY_S, write_from_spool, active);
    }
    return G_SOURCE_CONTINUE;
}

/* Writes those that go to @state, with as few syncs as possible. */
static gboolean
write_batch(SpocQueueManager *manager, SpocState state, GError **error)
{
    g_autoptr(GPtrArray) messages = g_ptr_array_new();
    for (guint i = 0; i < manager->unwritten->len; i++) {
        const ActiveMessage *active = g_ptr_array_index(manager->unwritten, i);
        if (active->state == state)
            g_ptr_array_add(messages, active->message);
    }
    return messages->len == 0 ||
           spoc_message_add_batch(manager->spool, (SpocMessage *const *)messages->pdata,
                                  messages->len, state, error);
}

static gboolean
write_unwritten(gpointer user_data)
{
    static const SpocState states[] = {SPOC_STATE_WAITING, SPOC_STATE_HELD, SPOC_STATE_FAILED};
    SpocQueueManager *manager = user_data;
    gboolean again = FALSE;
    manager->write_source = 0;
    for (guint i = 0; i < G_N_ELEMENTS(states); i++) {
        g_autoptr(GError) error = NULL;
        if (!write_batch(manager, states[i], &error)) {
            log_not_written(manager, "some messages", error);
            again = TRUE;
            continue;
        }
        for (guint k = manager->unwritten->len; k > 0; k--) {
            ActiveMessage *active = g_ptr_array_index(manager->unwritten, k - 1);
            if (active->state != states[i])
                continue;
            g_ptr_array_remove_index_fast(manager->unwritten, k - 1);
            finish_message(active);
        }
    }
    if (again && manager->write_source == 0)
        manager->write_source = g_timeout_add_seconds(WRITE_RETRY_S, write_unwritten, manager);
    return G_SOURCE_REMOVE;
}

/* What has become of the message is written, and only then its event may be forgotten. */
static void
record_state(ActiveMessage *active)
{
    SpocQueueManager *manager = active->manager;
    if (active->events != NULL && !active->awaits_commit) {
        active->awaits_commit = TRUE;
        active->events->decided(active->message->envelope, active->state, active->user_data);
        return;
    }
    if (active->in_spool) {
        (void)write_from_spool(active);
    } else if (active->state == SPOC_STATE_DONE) {
        finish_message(active);
    } else {
        g_ptr_array_add(manager->unwritten, active);
        if (manager->write_source == 0)
            manager->write_source = g_idle_add(write_unwritten, manager);
    }
}

/* A document that was queued will not be delivered. */
static void
queue_failure_notice(SpocQueueManager *manager, const SpocEnvelope *envelope)
{
    g_autofree char *id =
        manager->documents->failed(manager->spool, manager->log, manager->runtime, envelope);
    if (id != NULL)
        spoc_schedule_put(manager->schedule, id, SPOC_STATE_WAITING, now_unix_s());
}

static void
on_finished(SpocDeliveryRequest *finished, gpointer user_data)
{
    g_autoptr(SpocDeliveryRequest) request = finished;
    ActiveMessage *active = user_data;
    SpocQueueManager *manager = active->manager;
    SpocEnvelope *envelope = active->message->envelope;
    gint64 now = now_unix_s();

    guint delivered = 0;
    active->state = spoc_outcome_apply(envelope, request, &manager->runtime->schedule, now,
                                       g_random_double(), &delivered);
    manager->closed_until_unix_s = request->attempted ? 0 : request->earliest_unix_s;
    if (active->state == SPOC_STATE_FAILED)
        envelope->next_attempt_unix_s = spoc_bounces_due_unix_s(manager->bounces, envelope, now);
    if (active->state == SPOC_STATE_FAILED && active->events == NULL &&
        manager->documents != NULL && strcmp(envelope->kind, SPOC_SCAN_KIND) == 0)
        queue_failure_notice(manager, envelope);

    spoc_delivery_log_outcome(&manager->delivery_log, manager->log, envelope, request, delivered,
                              active->state, now);
    record_state(active);
}

static void
trace_debug(SpocStage stage, gboolean good, const char *server, const char *text,
            gpointer user_data)
{
    ActiveMessage *active = user_data;
    spoc_log(active->manager->log, SPOC_LOG_DEBUG, "%s: %s: %s%s: %s",
             active->message->envelope->id, server, spoc_stage_name(stage), good ? "" : " failed",
             text);
}

/* Which server it is at; and the rest as for every mail. */
static void
trace_document(SpocStage stage, gboolean good, const char *server, const char *text,
               gpointer user_data)
{
    ActiveMessage *active = user_data;
    if (active->events->reached != NULL && server != NULL)
        active->events->reached(server, active->user_data);
    trace_debug(stage, good, server, text, user_data);
}

static void
start_delivery(SpocQueueManager *manager, ActiveMessage *active)
{
    active->state = SPOC_STATE_SENDING;
    const SpocEnvelope *envelope = active->message->envelope;
    g_autoptr(SpocContent) body = spoc_content_new_bytes(active->message->body);
    SpocDeliveryRequest *request = spoc_delivery_request_new(
        envelope->id, envelope->sender, active->content != NULL ? active->content : body,
        on_finished, active);
    for (guint i = 0; i < envelope->recipients->len; i++) {
        const SpocEnvelopeRecipient *recipient = g_ptr_array_index(envelope->recipients, i);
        if (recipient->state == SPOC_STATE_WAITING)
            spoc_delivery_request_add_recipient(request, recipient->address);
    }
    spoc_delivery_request_set_drops(request, envelope->drops, envelope->dropped_by);
    if (active->events != NULL)
        request->trace = trace_document;
    else if (spoc_log_wants(manager->log, SPOC_LOG_DEBUG))
        request->trace = trace_debug;
    g_hash_table_insert(manager->active, active->message->envelope->id, active);
    spoc_delivery_submit(manager->delivery, request);
}

static ActiveMessage *
new_first_attempt(SpocQueueManager *manager, SpocMessage *message, SpocQueueManagerSafeFunc safe,
                  gpointer user_data, GDestroyNotify destroy)
{
    ActiveMessage *active = g_new0(ActiveMessage, 1);
    active->manager = manager;
    active->message = message;
    active->safe = safe;
    active->user_data = user_data;
    active->destroy = destroy;
    return active;
}

void
spoc_queue_manager_send(SpocQueueManager *manager, SpocMessage *message,
                        SpocQueueManagerSafeFunc safe, gpointer user_data, GDestroyNotify destroy)
{
    g_return_if_fail(manager->delivery != NULL);
    g_return_if_fail(!g_hash_table_contains(manager->active, message->envelope->id));

    start_delivery(manager, new_first_attempt(manager, message, safe, user_data, destroy));
}

void
spoc_queue_manager_send_document(SpocQueueManager *manager, SpocMessage *message,
                                 SpocContent *content, const SpocDocumentEvents *events,
                                 SpocQueueManagerSafeFunc safe, gpointer user_data,
                                 GDestroyNotify destroy)
{
    g_return_if_fail(manager->delivery != NULL);
    g_return_if_fail(!g_hash_table_contains(manager->active, message->envelope->id));

    ActiveMessage *active = new_first_attempt(manager, message, safe, user_data, destroy);
    active->content = spoc_content_ref(content);
    active->events = events;
    start_delivery(manager, active);
}

void
spoc_queue_manager_commit(SpocQueueManager *manager, const char *id)
{
    ActiveMessage *active = g_hash_table_lookup(manager->active, id);
    g_return_if_fail(active != NULL && active->awaits_commit);
    record_state(active);
}

void
spoc_queue_manager_drop(SpocQueueManager *manager, const char *id)
{
    g_hash_table_remove(manager->active, id);
    manager->changed(manager->user_data);
}

typedef enum {
    ACTIVATE_TAKEN,
    ACTIVATE_LATER, /* a passing fault: it keeps its place */
    ACTIVATE_NONE,  /* it is gone, or was set aside */
} ActivateResult;

static gboolean
read_message(SpocSpool *spool, const SpocQueueDocuments *documents, const char *id,
             ActiveMessage *ret_active, GError **error)
{
    g_autoptr(SpocEnvelope) envelope = spoc_message_load(spool, SPOC_STATE_SENDING, id, error);
    if (envelope == NULL)
        return FALSE;
    if (spoc_envelope_pending(envelope) == 0) {
        g_set_error(error, SPOC_ERROR, SPOC_ERROR_CORRUPT, "none of its recipients waits for it");
        return FALSE;
    }
    g_autoptr(GBytes) body = spoc_message_load_body(spool, id, error);
    if (body == NULL)
        return FALSE;
    SpocContent *content = NULL;
    if (strcmp(envelope->kind, SPOC_SCAN_KIND) == 0) {
        if (documents == NULL) {
            g_set_error(error, SPOC_ERROR, SPOC_ERROR_UNAVAILABLE, "documents cannot be sent yet");
            return FALSE;
        }
        content = documents->open(spool, id, body, error);
        if (content == NULL)
            return FALSE;
    }
    ret_active->message = spoc_message_new(g_steal_pointer(&envelope), body);
    ret_active->content = content;
    return TRUE;
}

/* Damaged, or a part of it is missing: no later try would find it otherwise. */
static gboolean
is_lasting(const GError *error)
{
    return g_error_matches(error, SPOC_ERROR, SPOC_ERROR_CORRUPT) ||
           g_error_matches(error, SPOC_ERROR, SPOC_ERROR_NOT_FOUND);
}

/* Moves one message that waits to sending/ and reads it. The files may be anybody's by now; the
 * spool layer checks them. */
static ActivateResult
activate_message(SpocQueueManager *manager, const char *id, SpocState state,
                 ActiveMessage *ret_active)
{
    SpocSpool *spool = manager->spool;
    SpocLog *log = manager->log;
    g_autoptr(GError) error = NULL;
    if (!spoc_message_move(spool, id, state, SPOC_STATE_SENDING, &error)) {
        if (!g_error_matches(error, SPOC_ERROR, SPOC_ERROR_NOT_FOUND))
            spoc_log(log, SPOC_LOG_ERROR, "%s: %s", id, error->message);
        return ACTIVATE_NONE;
    }
    if (read_message(spool, manager->documents, id, ret_active, &error))
        return ACTIVATE_TAKEN;

    gboolean aside = is_lasting(error);
    if (aside)
        spoc_log(log, SPOC_LOG_ERROR, "%s: set aside in %s/corrupt: %s", id, spoc_spool_path(spool),
                 error->message);
    else
        spoc_log(log, SPOC_LOG_ERROR, "%s: %s", id, error->message);
    g_clear_error(&error);
    gboolean moved =
        aside ? spoc_spool_set_aside(spool, spoc_message_state_name(SPOC_STATE_SENDING), id, &error)
              : spoc_message_move(spool, id, SPOC_STATE_SENDING, state, &error);
    if (!moved)
        spoc_log(log, SPOC_LOG_ERROR, "%s: %s", id, error->message);
    return aside || !moved ? ACTIVATE_NONE : ACTIVATE_LATER;
}

static void
send_from_spool(SpocQueueManager *manager, const char *id, SpocState state)
{
    g_autofree ActiveMessage *active = g_new0(ActiveMessage, 1);
    ActivateResult result = activate_message(manager, id, state, active);
    if (result == ACTIVATE_LATER)
        spoc_schedule_put(manager->schedule, id, state, now_unix_s() + WRITE_RETRY_S);
    if (result != ACTIVATE_TAKEN)
        return;
    active->manager = manager;
    active->in_spool = TRUE;
    manager->active_from_spool++;
    start_delivery(manager, g_steal_pointer(&active));
}

void
spoc_queue_manager_send_due(SpocQueueManager *manager, gint64 now, SpocQueueManagerShare share)
{
    if (now < manager->closed_until_unix_s || is_blocked(manager))
        return;
    guint most = G_MAXUINT;
    if (share == SPOC_QUEUE_MANAGER_HALF)
        most = (spoc_delivery_wanted(manager->delivery) + 1) / 2;
    const SpocScheduleItem *first = NULL;
    complete_schedule(manager);
    while (spoc_queue_manager_room(manager) > 0 && manager->active_from_spool < most &&
           (first = spoc_schedule_first(manager->schedule)) != NULL && first->due_unix_s <= now) {
        g_autofree char *id = g_strdup(first->id);
        SpocState state = first->state;
        spoc_schedule_remove(manager->schedule, id);
        send_from_spool(manager, id, state);
        complete_schedule(manager);
    }
}

guint
spoc_queue_manager_active(const SpocQueueManager *manager)
{
    return g_hash_table_size(manager->active);
}

guint
spoc_queue_manager_waiting(const SpocQueueManager *manager)
{
    return spoc_schedule_count(manager->schedule) +
           (spoc_bounces_is_pending(manager->bounces) ? 1 : 0);
}

gboolean
spoc_queue_manager_flush_bounces(SpocQueueManager *manager)
{
    if (!spoc_bounces_is_pending(manager->bounces))
        return FALSE;
    spoc_bounces_flush(manager->bounces);
    return !spoc_bounces_is_pending(manager->bounces);
}

void
spoc_queue_manager_sweep(SpocQueueManager *manager, gint64 now)
{
    spoc_bounces_sweep(manager->bounces, now);
}

gint64
spoc_queue_manager_next_due_unix_s(const SpocQueueManager *manager)
{
    const SpocScheduleItem *first = spoc_schedule_first(manager->schedule);
    if (first == NULL || is_blocked(manager))
        return 0;
    return MAX(MAX(first->due_unix_s, manager->closed_until_unix_s), 1);
}

gboolean
spoc_queue_manager_has_due(const SpocQueueManager *manager, gint64 now)
{
    gint64 due = spoc_queue_manager_next_due_unix_s(manager);
    return due != 0 && due <= now;
}

void
spoc_queue_manager_each_active(const SpocQueueManager *manager, SpocQueueManagerEachFunc each,
                               gpointer user_data)
{
    GHashTableIter place;
    gpointer value = NULL;
    g_hash_table_iter_init(&place, manager->active);
    while (g_hash_table_iter_next(&place, NULL, &value)) {
        const ActiveMessage *active = value;
        if (!active->in_spool)
            each(active->message->envelope, user_data);
    }
}

gboolean
spoc_queue_manager_is_active(const SpocQueueManager *manager, const char *id)
{
    return g_hash_table_contains(manager->active, id);
}

gboolean
spoc_queue_manager_relearn(SpocQueueManager *manager, const char *id, GError **error)
{
    g_return_val_if_fail(!spoc_queue_manager_is_active(manager, id), FALSE);

    spoc_schedule_remove(manager->schedule, id);
    complete_schedule(manager);
    SpocState state = SPOC_STATE_WAITING;
    g_autoptr(GError) missing = NULL;
    if (!spoc_message_find(manager->spool, id, &state, &missing))
        return TRUE; /* it was deleted */
    if (state == SPOC_STATE_FAILED)
        return TRUE;
    g_autoptr(SpocEnvelope) envelope = spoc_message_load(manager->spool, state, id, error);
    if (envelope == NULL)
        return FALSE;
    if (state != SPOC_STATE_HELD || envelope->next_attempt_unix_s != 0)
        spoc_schedule_put(manager->schedule, id, state, envelope->next_attempt_unix_s);
    return TRUE;
}

void
spoc_queue_manager_replan(SpocQueueManager *manager, const char *id, gint64 due_unix_s)
{
    g_return_if_fail(!spoc_queue_manager_is_active(manager, id));

    spoc_schedule_remove(manager->schedule, id);
    complete_schedule(manager);
    if (due_unix_s != 0)
        spoc_schedule_put(manager->schedule, id, SPOC_STATE_WAITING, due_unix_s);
}

void
spoc_queue_manager_retry_servers(SpocQueueManager *manager)
{
    manager->closed_until_unix_s = 0;
    if (!is_blocked(manager))
        spoc_delivery_configure(manager->delivery, manager->runtime->config, manager->runtime->tls,
                                manager->runtime->tokens);
}

void
spoc_queue_manager_try_now(SpocQueueManager *manager)
{
    if (!is_blocked(manager))
        spoc_delivery_try_now(manager->delivery);
}

const SpocDelivery *
spoc_queue_manager_delivery(const SpocQueueManager *manager)
{
    return manager->delivery;
}
