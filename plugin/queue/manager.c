/* SPDX-License-Identifier: Apache-2.0 */
#include "queue/manager.h"

#include "base/error.h"
#include "queue/bounces.h"
#include "queue/delivery-log.h"
#include "queue/outcome.h"
#include "queue/schedule.h"
#include "spool/scans.h"

#include <string.h>

/* A state that could not be written (full disk) is tried again so often. */
#define STORE_RETRY_S 5

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

    const SpocRuntime *setup;
    const SpocQueueDocuments *documents; /* (nullable) */
    SpocDelivery *delivery;              /* (nullable): until the first setup without a blocker */
    SpocSchedule *agenda;
    gboolean agenda_is_partial; /* the folders could not be read */
    gint64 all_due_unix_s;      /* what was planned before is due since then */
    SpocBounces *reporter;
    GHashTable *flying; /* the envelope's id → Flight */
    guint flying_from_spool;
    gint64 closed_until_unix_s; /* no server is to be asked before; 0: open */

    GPtrArray *landing; /* first flights that must become files, written together */
    guint landing_source;

    SpocDeliveryLog alarm;
};

typedef struct {
    SpocQueueManager *outbox;
    SpocEnvelope *envelope;
    GBytes *body;
    gboolean in_spool;                /* as a file in sending/ */
    SpocState state;                  /* SENDING until the delivery is finished */
    guint store_retry;                /* GSource id */
    SpocContent *content;             /* (nullable): what is sent instead of the body */
    const SpocDocumentEvents *events; /* (nullable): until it has landed in the spool */
    gboolean awaits_landing;
    SpocQueueManagerSafeFunc safe;
    gpointer user_data;
    GDestroyNotify destroy;
} Flight;

static void
flight_free(Flight *flight)
{
    if (flight->destroy != NULL)
        flight->destroy(flight->user_data);
    if (flight->store_retry != 0)
        g_source_remove(flight->store_retry);
    spoc_envelope_free(flight->envelope);
    g_bytes_unref(flight->body);
    spoc_content_unref(flight->content);
    g_free(flight);
}

static gint64
now_unix_s(void)
{
    return g_get_real_time() / G_USEC_PER_SEC;
}

static void
on_report(const char *id, gpointer user_data)
{
    SpocQueueManager *outbox = user_data;
    spoc_schedule_put(outbox->agenda, id, SPOC_STATE_WAITING, now_unix_s());
    outbox->changed(outbox->user_data);
}

SpocQueueManager *
spoc_queue_manager_new(SpocSpool *spool, SpocLog *log, SpocQueueManagerChangedFunc changed,
                       gpointer user_data)
{
    SpocQueueManager *outbox = g_new0(SpocQueueManager, 1);
    outbox->spool = spool;
    outbox->log = log;
    outbox->changed = changed;
    outbox->user_data = user_data;
    outbox->agenda = spoc_schedule_new(SCHEDULE_ITEMS);
    outbox->reporter = spoc_bounces_new(spool, log, on_report, outbox);
    outbox->landing = g_ptr_array_new();
    outbox->flying =
        g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify)flight_free);
    return outbox;
}

void
spoc_queue_manager_free(SpocQueueManager *outbox)
{
    if (outbox == NULL)
        return;
    /* First: it holds pointers to the flights. */
    spoc_delivery_free(outbox->delivery);
    g_clear_handle_id(&outbox->landing_source, g_source_remove);
    g_ptr_array_unref(outbox->landing);
    g_hash_table_unref(outbox->flying);
    spoc_bounces_free(outbox->reporter);
    spoc_schedule_free(outbox->agenda);
    spoc_delivery_log_clear(&outbox->alarm);
    g_free(outbox);
}

void
spoc_queue_manager_set_documents(SpocQueueManager *outbox, const SpocQueueDocuments *documents)
{
    outbox->documents = documents;
}

static void
warn_from_delivery(const char *text, gpointer user_data)
{
    SpocQueueManager *outbox = user_data;
    spoc_log(outbox->log, SPOC_LOG_WARNING, "%s", text);
}

static gboolean
fill_agenda(SpocQueueManager *outbox, GError **error)
{
    return spoc_schedule_fill(outbox->agenda, outbox->spool, outbox->all_due_unix_s, error);
}

/* After the earliest are used up: those that had to be left out. */
static void
complete_agenda(SpocQueueManager *outbox)
{
    g_autoptr(GError) error = NULL;
    if (!outbox->agenda_is_partial && !spoc_schedule_is_short(outbox->agenda))
        return;
    outbox->agenda_is_partial = !fill_agenda(outbox, &error);
    if (outbox->agenda_is_partial) /* a passing fault: the next round tries again */
        spoc_log(outbox->log, SPOC_LOG_ERROR, "cannot read what waits: %s", error->message);
}

gboolean
spoc_queue_manager_load(SpocQueueManager *outbox, GError **error)
{
    guint recovered = 0;
    if (!spoc_message_recover(outbox->spool, &recovered, error))
        return FALSE;
    if (recovered > 0)
        spoc_log(outbox->log, SPOC_LOG_WARNING,
                 "%u messages were being sent when the last spocd ended; they are sent again and "
                 "may arrive twice, with the same Message-ID",
                 recovered);
    return fill_agenda(outbox, error) && spoc_bounces_load(outbox->reporter, error);
}

gboolean
spoc_queue_manager_use(SpocQueueManager *outbox, const SpocRuntime *setup, GError **error)
{
    outbox->setup = setup;
    spoc_bounces_use(outbox->reporter, setup);
    if (setup->blocker != NULL)
        return TRUE;
    if (outbox->delivery == NULL) {
        outbox->delivery = spoc_delivery_new(setup->config, setup->tls, SPOC_SERVER_ANY,
                                             warn_from_delivery, outbox, error);
        if (outbox->delivery == NULL)
            return FALSE;
    } else {
        spoc_delivery_configure(outbox->delivery, setup->config, setup->tls);
    }
    outbox->closed_until_unix_s = 0;
    spoc_delivery_log_clear(&outbox->alarm);
    return TRUE;
}

void
spoc_queue_manager_all_due(SpocQueueManager *outbox)
{
    outbox->all_due_unix_s = now_unix_s();
    spoc_schedule_all_due(outbox->agenda, outbox->all_due_unix_s);
}

static gboolean
is_blocked(const SpocQueueManager *outbox)
{
    return outbox->setup == NULL || outbox->setup->blocker != NULL || outbox->delivery == NULL;
}

guint
spoc_queue_manager_room(const SpocQueueManager *outbox)
{
    if (is_blocked(outbox))
        return 0;
    guint wanted = spoc_delivery_wanted(outbox->delivery);
    if (outbox->closed_until_unix_s > now_unix_s())
        wanted = MAX(wanted, CLOSED_ROOM);
    guint flying = g_hash_table_size(outbox->flying);
    return wanted > flying ? wanted - flying : 0;
}

/* Its state is safe: its event may be forgotten, and it is no longer under way. */
static void
landed(Flight *flight)
{
    SpocQueueManager *outbox = flight->outbox;
    if (flight->state == SPOC_STATE_WAITING || flight->state == SPOC_STATE_HELD)
        spoc_schedule_put(outbox->agenda, flight->envelope->id, flight->state,
                          flight->envelope->next_attempt_unix_s);
    else if (flight->state == SPOC_STATE_FAILED)
        spoc_bounces_note(outbox->reporter, flight->envelope);
    if (flight->safe != NULL)
        flight->safe(flight->user_data);
    outbox->flying_from_spool -= flight->in_spool ? 1 : 0;
    g_hash_table_remove(outbox->flying, flight->envelope->id);
    outbox->changed(outbox->user_data);
}

static void
say_not_stored(SpocQueueManager *outbox, const char *what, const GError *error)
{
    spoc_log(outbox->log, SPOC_LOG_ERROR,
             "%s: cannot write what has become of it, trying again every %d s: %s. Free space in "
             "%s or mend its permissions",
             what, STORE_RETRY_S, error->message, spoc_spool_path(outbox->spool));
}

static gboolean
store_again(gpointer user_data)
{
    Flight *flight = user_data;
    SpocQueueManager *outbox = flight->outbox;
    SpocEnvelope *envelope = flight->envelope;
    g_autoptr(GError) error = NULL;
    gboolean stored =
        flight->state == SPOC_STATE_DONE
            ? spoc_message_delete(outbox->spool, SPOC_STATE_SENDING, envelope->id, &error)
            : spoc_message_save(outbox->spool, envelope, SPOC_STATE_SENDING, flight->state, &error);
    if (stored) {
        flight->store_retry = 0; /* returning G_SOURCE_REMOVE ends it */
        landed(flight);
        return G_SOURCE_REMOVE;
    }
    if (flight->store_retry == 0) {
        say_not_stored(outbox, envelope->id, error);
        flight->store_retry = g_timeout_add_seconds(STORE_RETRY_S, store_again, flight);
    }
    return G_SOURCE_CONTINUE;
}

/* Writes those first flights that go to @state, with as few syncs as possible. */
static gboolean
store_batch(SpocQueueManager *outbox, GPtrArray *flights, SpocState state, GError **error)
{
    g_autoptr(GArray) items = g_array_new(FALSE, FALSE, sizeof(SpocNewMessage));
    for (guint i = 0; i < flights->len; i++) {
        const Flight *flight = g_ptr_array_index(flights, i);
        const SpocNewMessage item = {.envelope = flight->envelope, .body = flight->body};
        if (flight->state == state)
            g_array_append_val(items, item);
    }
    return items->len == 0 ||
           spoc_message_add_batch(outbox->spool, (const SpocNewMessage *)(gpointer)items->data,
                                  items->len, state, error);
}

static gboolean
land_all(gpointer user_data)
{
    static const SpocState states[] = {SPOC_STATE_WAITING, SPOC_STATE_HELD, SPOC_STATE_FAILED};
    SpocQueueManager *outbox = user_data;
    gboolean again = FALSE;
    outbox->landing_source = 0;
    for (guint i = 0; i < G_N_ELEMENTS(states); i++) {
        g_autoptr(GError) error = NULL;
        if (!store_batch(outbox, outbox->landing, states[i], &error)) {
            say_not_stored(outbox, "some messages", error);
            again = TRUE;
            continue;
        }
        for (guint k = outbox->landing->len; k > 0; k--) {
            Flight *flight = g_ptr_array_index(outbox->landing, k - 1);
            if (flight->state != states[i])
                continue;
            g_ptr_array_remove_index_fast(outbox->landing, k - 1);
            landed(flight);
        }
    }
    if (again && outbox->landing_source == 0)
        outbox->landing_source = g_timeout_add_seconds(STORE_RETRY_S, land_all, outbox);
    return G_SOURCE_REMOVE;
}

/* What has become of the message is written, and only then its event may be forgotten. */
static void
land(Flight *flight)
{
    SpocQueueManager *outbox = flight->outbox;
    if (flight->events != NULL && !flight->awaits_landing) {
        flight->awaits_landing = TRUE;
        flight->events->decided(flight->envelope, flight->state, flight->user_data);
        return;
    }
    if (flight->in_spool) {
        (void)store_again(flight);
    } else if (flight->state == SPOC_STATE_DONE) {
        landed(flight);
    } else {
        g_ptr_array_add(outbox->landing, flight);
        if (outbox->landing_source == 0)
            outbox->landing_source = g_idle_add(land_all, outbox);
    }
}

/* A document that was queued will not be delivered. */
static void
tell_owner(SpocQueueManager *outbox, const SpocEnvelope *envelope)
{
    g_autofree char *id =
        outbox->documents->failed(outbox->spool, outbox->log, outbox->setup, envelope);
    if (id != NULL)
        spoc_schedule_put(outbox->agenda, id, SPOC_STATE_WAITING, now_unix_s());
}

static void
on_finished(SpocDeliveryRequest *finished, gpointer user_data)
{
    g_autoptr(SpocDeliveryRequest) request = finished;
    Flight *flight = user_data;
    SpocQueueManager *outbox = flight->outbox;
    SpocEnvelope *envelope = flight->envelope;
    gint64 now = now_unix_s();

    guint delivered = 0;
    flight->state = spoc_outcome_apply(envelope, request, &outbox->setup->schedule, now,
                                       g_random_double(), &delivered);
    outbox->closed_until_unix_s = request->attempted ? 0 : request->earliest_unix_s;
    if (flight->state == SPOC_STATE_FAILED)
        envelope->next_attempt_unix_s = spoc_bounces_due_unix_s(outbox->reporter, envelope, now);
    if (flight->state == SPOC_STATE_FAILED && flight->events == NULL && outbox->documents != NULL &&
        strcmp(envelope->kind, SPOC_SCAN_KIND) == 0)
        tell_owner(outbox, envelope);

    spoc_delivery_log_outcome(&outbox->alarm, outbox->log, envelope, request, delivered,
                              flight->state, now);
    land(flight);
}

static void
trace_debug(SpocStage stage, gboolean good, const char *server, const char *text,
            gpointer user_data)
{
    Flight *flight = user_data;
    spoc_log(flight->outbox->log, SPOC_LOG_DEBUG, "%s: %s: %s%s: %s", flight->envelope->id, server,
             spoc_stage_name(stage), good ? "" : " failed", text);
}

/* Which server it is at; and the rest as for every mail. */
static void
trace_stream(SpocStage stage, gboolean good, const char *server, const char *text,
             gpointer user_data)
{
    Flight *flight = user_data;
    if (flight->events->reached != NULL && server != NULL)
        flight->events->reached(server, flight->user_data);
    trace_debug(stage, good, server, text, user_data);
}

static void
launch(SpocQueueManager *outbox, Flight *flight)
{
    flight->state = SPOC_STATE_SENDING;
    const SpocEnvelope *envelope = flight->envelope;
    g_autoptr(SpocContent) body = spoc_content_new_bytes(flight->body);
    SpocDeliveryRequest *request = spoc_delivery_request_new(
        envelope->id, envelope->sender, flight->content != NULL ? flight->content : body,
        on_finished, flight);
    for (guint i = 0; i < envelope->recipients->len; i++) {
        const SpocEnvelopeRecipient *recipient = g_ptr_array_index(envelope->recipients, i);
        if (recipient->state == SPOC_STATE_WAITING)
            spoc_delivery_request_add_recipient(request, recipient->address);
    }
    spoc_delivery_request_set_drops(request, envelope->drops, envelope->dropped_by);
    if (flight->events != NULL)
        request->trace = trace_stream;
    else if (spoc_log_wants(outbox->log, SPOC_LOG_DEBUG))
        request->trace = trace_debug;
    g_hash_table_insert(outbox->flying, flight->envelope->id, flight);
    spoc_delivery_submit(outbox->delivery, request);
}

static Flight *
first_flight(SpocQueueManager *outbox, SpocEnvelope *envelope, GBytes *body,
             SpocQueueManagerSafeFunc safe, gpointer user_data, GDestroyNotify destroy)
{
    Flight *flight = g_new0(Flight, 1);
    flight->outbox = outbox;
    flight->envelope = envelope;
    flight->body = g_bytes_ref(body);
    flight->safe = safe;
    flight->user_data = user_data;
    flight->destroy = destroy;
    return flight;
}

void
spoc_queue_manager_send(SpocQueueManager *outbox, SpocEnvelope *envelope, GBytes *body,
                        SpocQueueManagerSafeFunc safe, gpointer user_data, GDestroyNotify destroy)
{
    g_return_if_fail(outbox->delivery != NULL);
    g_return_if_fail(!g_hash_table_contains(outbox->flying, envelope->id));

    launch(outbox, first_flight(outbox, envelope, body, safe, user_data, destroy));
}

void
spoc_queue_manager_send_stream(SpocQueueManager *outbox, SpocEnvelope *envelope, GBytes *body,
                               SpocContent *content, const SpocDocumentEvents *events,
                               SpocQueueManagerSafeFunc safe, gpointer user_data,
                               GDestroyNotify destroy)
{
    g_return_if_fail(outbox->delivery != NULL);
    g_return_if_fail(!g_hash_table_contains(outbox->flying, envelope->id));

    Flight *flight = first_flight(outbox, envelope, body, safe, user_data, destroy);
    flight->content = spoc_content_ref(content);
    flight->events = events;
    launch(outbox, flight);
}

void
spoc_queue_manager_commit(SpocQueueManager *outbox, const char *id)
{
    Flight *flight = g_hash_table_lookup(outbox->flying, id);
    g_return_if_fail(flight != NULL && flight->awaits_landing);
    land(flight);
}

void
spoc_queue_manager_drop(SpocQueueManager *outbox, const char *id)
{
    g_hash_table_remove(outbox->flying, id);
    outbox->changed(outbox->user_data);
}

static void
send_from_spool(SpocQueueManager *outbox, const char *id, SpocState state)
{
    SpocActive claim;
    SpocActivateResult result =
        spoc_activate(outbox->spool, outbox->log, outbox->documents, id, state, &claim);
    if (result == SPOC_ACTIVATE_LATER)
        spoc_schedule_put(outbox->agenda, id, state, now_unix_s() + STORE_RETRY_S);
    if (result != SPOC_ACTIVATE_TAKEN)
        return;
    Flight *flight = g_new0(Flight, 1);
    flight->outbox = outbox;
    flight->envelope = claim.envelope;
    flight->body = claim.body;
    flight->content = claim.content;
    flight->in_spool = TRUE;
    outbox->flying_from_spool++;
    launch(outbox, flight);
}

void
spoc_queue_manager_send_due(SpocQueueManager *outbox, gint64 now, SpocQueueManagerShare share)
{
    if (now < outbox->closed_until_unix_s || is_blocked(outbox))
        return;
    guint most = G_MAXUINT;
    if (share == SPOC_QUEUE_MANAGER_HALF)
        most = (spoc_delivery_wanted(outbox->delivery) + 1) / 2;
    const SpocScheduleItem *first = NULL;
    complete_agenda(outbox);
    while (spoc_queue_manager_room(outbox) > 0 && outbox->flying_from_spool < most &&
           (first = spoc_schedule_first(outbox->agenda)) != NULL && first->due_unix_s <= now) {
        g_autofree char *id = g_strdup(first->id);
        SpocState state = first->state;
        spoc_schedule_remove(outbox->agenda, id);
        send_from_spool(outbox, id, state);
        complete_agenda(outbox);
    }
}

guint
spoc_queue_manager_active(const SpocQueueManager *outbox)
{
    return g_hash_table_size(outbox->flying);
}

guint
spoc_queue_manager_waiting(const SpocQueueManager *outbox)
{
    return spoc_schedule_count(outbox->agenda) +
           (spoc_bounces_is_pending(outbox->reporter) ? 1 : 0);
}

gboolean
spoc_queue_manager_report_now(SpocQueueManager *outbox)
{
    if (!spoc_bounces_is_pending(outbox->reporter))
        return FALSE;
    spoc_bounces_flush(outbox->reporter);
    return !spoc_bounces_is_pending(outbox->reporter);
}

void
spoc_queue_manager_sweep(SpocQueueManager *outbox, gint64 now)
{
    spoc_bounces_sweep(outbox->reporter, now);
}

gint64
spoc_queue_manager_next_due_unix_s(const SpocQueueManager *outbox)
{
    const SpocScheduleItem *first = spoc_schedule_first(outbox->agenda);
    if (first == NULL || is_blocked(outbox))
        return 0;
    return MAX(MAX(first->due_unix_s, outbox->closed_until_unix_s), 1);
}

gboolean
spoc_queue_manager_has_due(const SpocQueueManager *outbox, gint64 now)
{
    gint64 due = spoc_queue_manager_next_due_unix_s(outbox);
    return due != 0 && due <= now;
}

void
spoc_queue_manager_rest(SpocQueueManager *outbox)
{
    if (outbox->delivery != NULL && g_hash_table_size(outbox->flying) == 0)
        spoc_delivery_rest(outbox->delivery);
}

void
spoc_queue_manager_each_active(const SpocQueueManager *outbox, SpocQueueManagerEachFunc each,
                               gpointer user_data)
{
    GHashTableIter place;
    gpointer value = NULL;
    g_hash_table_iter_init(&place, outbox->flying);
    while (g_hash_table_iter_next(&place, NULL, &value)) {
        const Flight *flight = value;
        if (!flight->in_spool)
            each(flight->envelope, user_data);
    }
}

gboolean
spoc_queue_manager_is_active(const SpocQueueManager *outbox, const char *id)
{
    return g_hash_table_contains(outbox->flying, id);
}

gboolean
spoc_queue_manager_relearn(SpocQueueManager *outbox, const char *id, GError **error)
{
    g_return_val_if_fail(!spoc_queue_manager_is_active(outbox, id), FALSE);

    spoc_schedule_remove(outbox->agenda, id);
    complete_agenda(outbox);
    SpocState state = SPOC_STATE_WAITING;
    g_autoptr(GError) missing = NULL;
    if (!spoc_message_find(outbox->spool, id, &state, &missing))
        return TRUE; /* it was deleted */
    if (state == SPOC_STATE_FAILED)
        return TRUE;
    g_autoptr(SpocEnvelope) envelope = spoc_message_load(outbox->spool, state, id, error);
    if (envelope == NULL)
        return FALSE;
    if (state != SPOC_STATE_HELD || envelope->next_attempt_unix_s != 0)
        spoc_schedule_put(outbox->agenda, id, state, envelope->next_attempt_unix_s);
    return TRUE;
}

void
spoc_queue_manager_replan(SpocQueueManager *outbox, const char *id, gint64 due_unix_s)
{
    g_return_if_fail(!spoc_queue_manager_is_active(outbox, id));

    spoc_schedule_remove(outbox->agenda, id);
    complete_agenda(outbox);
    if (due_unix_s != 0)
        spoc_schedule_put(outbox->agenda, id, SPOC_STATE_WAITING, due_unix_s);
}

void
spoc_queue_manager_reopen(SpocQueueManager *outbox)
{
    outbox->closed_until_unix_s = 0;
    if (!is_blocked(outbox))
        spoc_delivery_configure(outbox->delivery, outbox->setup->config, outbox->setup->tls);
}

void
spoc_queue_manager_try_now(SpocQueueManager *outbox)
{
    if (!is_blocked(outbox))
        spoc_delivery_try_now(outbox->delivery);
}

const SpocDelivery *
spoc_queue_manager_delivery(const SpocQueueManager *outbox)
{
    return outbox->delivery;
}
