/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/outbox.h"

#include "base/error.h"
#include "daemon/agenda.h"
#include "daemon/report.h"
#include "daemon/scan-content.h"
#include "daemon/scan-notice.h"

#include <string.h>

/* A state that could not be written (full disk) is tried again so often. */
#define STORE_RETRY_S 5

/* While no server is to be asked, messages only pass through to the spool: many at a time, for
 * that spares syncs. */
#define CLOSED_ROOM 256

/* So many of those that wait are held in memory, the earliest. */
#define AGENDA_ITEMS 10000

/* The same alarm about a server is repeated only after so long. */
#define ALARM_REPEAT_S 3600
/* Of addresses in a line of the log, about */
#define WHOSE_MAX_BYTES 300

struct _SpocOutbox {
    SpocSpool *spool;
    SpocLog *log;
    SpocOutboxChangedFunc changed;
    gpointer user_data;

    const SpocSetup *setup;
    SpocDelivery *delivery; /* (nullable): until the first setup without a blocker */
    SpocAgenda *agenda;
    gboolean agenda_is_partial; /* the folders could not be read */
    gint64 all_due_unix_s;      /* what was planned before is due since then */
    SpocReporter *reporter;
    GHashTable *flying; /* the envelope's id → Flight */
    guint flying_from_spool;
    gint64 closed_until_unix_s; /* no server is to be asked before; 0: open */

    GPtrArray *landing; /* first flights that must become files, written together */
    guint landing_source;

    char *last_alarm;
    gint64 last_alarm_unix_s;
};

/* Where a settled message goes. */
typedef enum {
    TARGET_NONE, /* still under way */
    TARGET_GONE, /* delivered: nothing remains */
    TARGET_WAITING,
    TARGET_HELD,
    TARGET_FAILED,
} Target;

typedef struct {
    SpocOutbox *outbox;
    SpocEnvelope *envelope;
    GBytes *body;
    gboolean in_spool; /* as a file in sending/ */
    Target target;
    guint store_retry;              /* GSource id */
    SpocContent *content;           /* (nullable): what is sent instead of the body */
    const SpocStreamEvents *events; /* (nullable): until it has landed in the spool */
    gboolean awaits_landing;
    SpocOutboxSafeFunc safe;
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
    SpocOutbox *outbox = user_data;
    spoc_agenda_put(outbox->agenda, id, SPOC_STATE_WAITING, now_unix_s());
    outbox->changed(outbox->user_data);
}

SpocOutbox *
spoc_outbox_new(SpocSpool *spool, SpocLog *log, SpocOutboxChangedFunc changed, gpointer user_data)
{
    SpocOutbox *outbox = g_new0(SpocOutbox, 1);
    outbox->spool = spool;
    outbox->log = log;
    outbox->changed = changed;
    outbox->user_data = user_data;
    outbox->agenda = spoc_agenda_new(AGENDA_ITEMS);
    outbox->reporter = spoc_reporter_new(spool, log, on_report, outbox);
    outbox->landing = g_ptr_array_new();
    outbox->flying =
        g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify)flight_free);
    return outbox;
}

void
spoc_outbox_free(SpocOutbox *outbox)
{
    if (outbox == NULL)
        return;
    /* First: it holds pointers to the flights. */
    spoc_delivery_free(outbox->delivery);
    g_clear_handle_id(&outbox->landing_source, g_source_remove);
    g_ptr_array_unref(outbox->landing);
    g_hash_table_unref(outbox->flying);
    spoc_reporter_free(outbox->reporter);
    spoc_agenda_free(outbox->agenda);
    g_free(outbox->last_alarm);
    g_free(outbox);
}

static void
warn_from_delivery(const char *text, gpointer user_data)
{
    SpocOutbox *outbox = user_data;
    spoc_log(outbox->log, SPOC_LOG_WARNING, "%s", text);
}

typedef struct {
    SpocOutbox *outbox;
    SpocMessageState state;
} Learning;

static void
learn(const char *id, gint64 next_attempt_unix_s, gint64 changed_unix_s, gpointer user_data)
{
    const Learning *learning = user_data;
    /* Held without a time: by an administrator, who will release it. */
    if (learning->state == SPOC_STATE_HELD && next_attempt_unix_s == 0)
        return;
    gint64 due = next_attempt_unix_s;
    if (changed_unix_s < learning->outbox->all_due_unix_s)
        due = MIN(due, learning->outbox->all_due_unix_s);
    spoc_agenda_put(learning->outbox->agenda, id, learning->state, due);
}

static gboolean
fill_agenda(SpocOutbox *outbox, GError **error)
{
    static const SpocMessageState states[] = {SPOC_STATE_NEW, SPOC_STATE_WAITING, SPOC_STATE_HELD};
    spoc_agenda_clear(outbox->agenda);
    for (guint i = 0; i < G_N_ELEMENTS(states); i++) {
        Learning learning = {.outbox = outbox, .state = states[i]};
        if (!spoc_queue_each(outbox->spool, states[i], learn, &learning, error))
            return FALSE;
    }
    return TRUE;
}

/* After the earliest are used up: those that had to be left out. */
static void
complete_agenda(SpocOutbox *outbox)
{
    g_autoptr(GError) error = NULL;
    if (!outbox->agenda_is_partial && !spoc_agenda_is_short(outbox->agenda))
        return;
    outbox->agenda_is_partial = !fill_agenda(outbox, &error);
    if (outbox->agenda_is_partial) /* a passing fault: the next round tries again */
        spoc_log(outbox->log, SPOC_LOG_ERROR, "cannot read what waits: %s", error->message);
}

gboolean
spoc_outbox_load(SpocOutbox *outbox, GError **error)
{
    guint recovered = 0;
    if (!spoc_queue_recover(outbox->spool, &recovered, error))
        return FALSE;
    if (recovered > 0)
        spoc_log(outbox->log, SPOC_LOG_WARNING,
                 "%u messages were being sent when the last spocd ended; they are sent again and "
                 "may arrive twice, with the same Message-ID",
                 recovered);
    return fill_agenda(outbox, error) && spoc_reporter_load(outbox->reporter, error);
}

gboolean
spoc_outbox_use(SpocOutbox *outbox, const SpocSetup *setup, GError **error)
{
    outbox->setup = setup;
    spoc_reporter_use(outbox->reporter, setup);
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
    g_clear_pointer(&outbox->last_alarm, g_free);
    return TRUE;
}

void
spoc_outbox_all_due(SpocOutbox *outbox)
{
    outbox->all_due_unix_s = now_unix_s();
    spoc_agenda_all_due(outbox->agenda, outbox->all_due_unix_s);
}

static gboolean
is_blocked(const SpocOutbox *outbox)
{
    return outbox->setup == NULL || outbox->setup->blocker != NULL || outbox->delivery == NULL;
}

guint
spoc_outbox_room(const SpocOutbox *outbox)
{
    if (is_blocked(outbox))
        return 0;
    guint wanted = spoc_delivery_wanted(outbox->delivery);
    if (outbox->closed_until_unix_s > now_unix_s())
        wanted = MAX(wanted, CLOSED_ROOM);
    guint flying = g_hash_table_size(outbox->flying);
    return wanted > flying ? wanted - flying : 0;
}

static SpocMessageState
target_state(Target target)
{
    if (target == TARGET_HELD)
        return SPOC_STATE_HELD;
    return target == TARGET_FAILED ? SPOC_STATE_FAILED : SPOC_STATE_WAITING;
}

/* Its state is safe: its event may be forgotten, and it is no longer under way. */
static void
landed(Flight *flight)
{
    SpocOutbox *outbox = flight->outbox;
    if (flight->target == TARGET_WAITING || flight->target == TARGET_HELD)
        spoc_agenda_put(outbox->agenda, flight->envelope->id, target_state(flight->target),
                        flight->envelope->next_attempt_unix_s);
    else if (flight->target == TARGET_FAILED)
        spoc_reporter_note(outbox->reporter, flight->envelope);
    if (flight->safe != NULL)
        flight->safe(flight->user_data);
    outbox->flying_from_spool -= flight->in_spool ? 1 : 0;
    g_hash_table_remove(outbox->flying, flight->envelope->id);
    outbox->changed(outbox->user_data);
}

static void
say_not_stored(SpocOutbox *outbox, const char *what, const GError *error)
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
    SpocOutbox *outbox = flight->outbox;
    SpocEnvelope *envelope = flight->envelope;
    g_autoptr(GError) error = NULL;
    gboolean stored =
        flight->target == TARGET_GONE
            ? spoc_queue_delete(outbox->spool, SPOC_STATE_SENDING, envelope->id, &error)
            : spoc_queue_save(outbox->spool, envelope, SPOC_STATE_SENDING,
                              target_state(flight->target), &error);
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

/* Writes those first flights that go to @target, with as few syncs as possible. */
static gboolean
store_batch(SpocOutbox *outbox, GPtrArray *flights, Target target, GError **error)
{
    g_autoptr(GArray) items = g_array_new(FALSE, FALSE, sizeof(SpocQueueItem));
    for (guint i = 0; i < flights->len; i++) {
        const Flight *flight = g_ptr_array_index(flights, i);
        const SpocQueueItem item = {.envelope = flight->envelope, .body = flight->body};
        if (flight->target == target)
            g_array_append_val(items, item);
    }
    return items->len == 0 ||
           spoc_queue_add_batch(outbox->spool, (const SpocQueueItem *)(gpointer)items->data,
                                items->len, target_state(target), error);
}

static gboolean
land_all(gpointer user_data)
{
    static const Target targets[] = {TARGET_WAITING, TARGET_HELD, TARGET_FAILED};
    SpocOutbox *outbox = user_data;
    gboolean again = FALSE;
    outbox->landing_source = 0;
    for (guint i = 0; i < G_N_ELEMENTS(targets); i++) {
        g_autoptr(GError) error = NULL;
        if (!store_batch(outbox, outbox->landing, targets[i], &error)) {
            say_not_stored(outbox, "some messages", error);
            again = TRUE;
            continue;
        }
        for (guint k = outbox->landing->len; k > 0; k--) {
            Flight *flight = g_ptr_array_index(outbox->landing, k - 1);
            if (flight->target != targets[i])
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
    SpocOutbox *outbox = flight->outbox;
    if (flight->events != NULL && !flight->awaits_landing) {
        flight->awaits_landing = TRUE;
        flight->events->decided(flight->envelope,
                                flight->target == TARGET_GONE ? SPOC_STATE_SENDING
                                                              : target_state(flight->target),
                                flight->user_data);
        return;
    }
    if (flight->in_spool) {
        (void)store_again(flight);
    } else if (flight->target == TARGET_GONE) {
        landed(flight);
    } else {
        g_ptr_array_add(outbox->landing, flight);
        if (outbox->landing_source == 0)
            outbox->landing_source = g_idle_add(land_all, outbox);
    }
}

/* What the lines about a message are about. @outcome: (nullable) */
static SpocLogFields
log_fields(const SpocEnvelope *envelope, const SpocOutcome *outcome)
{
    SpocLogFields fields = {.queue_id = envelope->id, .job_id = envelope->job_id};
    if (envelope->recipients->len == 1) {
        const SpocEnvelopeRecipient *recipient = g_ptr_array_index(envelope->recipients, 0);
        fields.recipient = recipient->address;
        fields.reply = recipient->reply;
    }
    if (outcome != NULL) {
        fields.server = outcome->server;
        fields.stage = outcome->stage >= 0 ? spoc_stage_name((SpocStage)outcome->stage) : NULL;
        fields.reply = outcome->queue_reply != NULL ? outcome->queue_reply : fields.reply;
    }
    return fields;
}

/* One alarm, not one a message: the same sentence is an ERROR once an hour. */
static void
log_trouble(SpocOutbox *outbox, const Flight *flight, const SpocLogFields *fields,
            SpocLogLevel level)
{
    const SpocEnvelope *envelope = flight->envelope;
    gint64 now = now_unix_s();
    gboolean repeated = g_strcmp0(outbox->last_alarm, envelope->reason) == 0 &&
                        now < outbox->last_alarm_unix_s + ALARM_REPEAT_S;
    if (!repeated && level <= SPOC_LOG_WARNING) {
        g_free(outbox->last_alarm);
        outbox->last_alarm = g_strdup(envelope->reason);
        outbox->last_alarm_unix_s = now;
    }
    spoc_log_about(outbox->log, repeated ? SPOC_LOG_INFO : level, fields, "%s: %s", envelope->id,
                   envelope->reason);
}

/* Takes over what was said about each recipient. Returns how many were delivered now. */
static guint
note_recipients(SpocEnvelope *envelope, const SpocOutcome *outcome, gboolean *ret_hold)
{
    guint delivered = 0, next = 0;
    *ret_hold = FALSE;
    for (guint i = 0; i < envelope->recipients->len && next < outcome->recipient_count; i++) {
        SpocEnvelopeRecipient *recipient = g_ptr_array_index(envelope->recipients, i);
        if (recipient->state != SPOC_RECIPIENT_PENDING)
            continue;
        const SpocRecipientOutcome *said = &outcome->recipients[next++];
        g_free(recipient->reply);
        recipient->reply = g_strdup(said->reply);
        if (said->result == SPOC_RESULT_DELIVERED) {
            recipient->state = SPOC_RECIPIENT_DELIVERED;
            delivered++;
        } else if (said->result == SPOC_RESULT_RETURN) {
            recipient->state = SPOC_RECIPIENT_FAILED;
        } else if (said->result == SPOC_RESULT_HOLD) {
            *ret_hold = TRUE;
        }
    }
    return delivered;
}

static gboolean
any_failed(const SpocEnvelope *envelope)
{
    for (guint i = 0; i < envelope->recipients->len; i++) {
        const SpocEnvelopeRecipient *recipient = g_ptr_array_index(envelope->recipients, i);
        if (recipient->state == SPOC_RECIPIENT_FAILED)
            return TRUE;
    }
    return FALSE;
}

/* Every recipient that still waits is given up. */
static void
give_up(SpocEnvelope *envelope)
{
    for (guint i = 0; i < envelope->recipients->len; i++) {
        SpocEnvelopeRecipient *recipient = g_ptr_array_index(envelope->recipients, i);
        if (recipient->state == SPOC_RECIPIENT_PENDING)
            recipient->state = SPOC_RECIPIENT_FAILED;
    }
    g_autofree char *last = g_steal_pointer(&envelope->reason);
    envelope->reason =
        g_strdup_printf("given up: older than mailMaxAge after %u attempts; the last one: %s",
                        envelope->attempts, last != NULL ? last : "none");
}

static Target
decide_target(const SpocOutbox *outbox, SpocEnvelope *envelope, const SpocOutcome *outcome,
              gboolean hold, gint64 now)
{
    if (spoc_envelope_pending(envelope) == 0)
        return any_failed(envelope) ? TARGET_FAILED : TARGET_GONE;

    gint64 next = spoc_schedule_next(&outbox->setup->schedule, MAX(envelope->attempts, 1),
                                     envelope->created_unix_s, now, g_random_double());
    if (next == 0) {
        give_up(envelope);
        return TARGET_FAILED;
    }
    /* Not asked because the servers are known to be down: no attempt was used up. */
    if (!outcome->attempted)
        next = now;
    envelope->next_attempt_unix_s = MAX(next, outcome->earliest_unix_s);
    return hold ? TARGET_HELD : TARGET_WAITING;
}

/* A document that was queued will not be delivered. */
static void
tell_owner(SpocOutbox *outbox, const SpocEnvelope *envelope)
{
    g_autofree char *id =
        spoc_scan_notice_queue(outbox->spool, outbox->log, outbox->setup, envelope);
    if (id != NULL)
        spoc_agenda_put(outbox->agenda, id, SPOC_STATE_WAITING, now_unix_s());
}

/* (transfer full): the job and the addresses, by which an administrator looks for a mail */
static char *
say_whose(const SpocEnvelope *envelope)
{
    GString *text = g_string_new(NULL);
    if (envelope->job_id > 0)
        g_string_append_printf(text, "job %d, ", (int)envelope->job_id);
    for (guint i = 0; i < envelope->recipients->len && text->len < WHOSE_MAX_BYTES; i++) {
        const SpocEnvelopeRecipient *recipient = g_ptr_array_index(envelope->recipients, i);
        g_string_append_printf(text, "%s%s", i == 0 ? "to " : ", ", recipient->address);
    }
    return g_string_free(text, FALSE);
}

static void
on_outcome(const SpocOutcome *outcome, gpointer user_data)
{
    Flight *flight = user_data;
    SpocOutbox *outbox = flight->outbox;
    SpocEnvelope *envelope = flight->envelope;
    gint64 now = now_unix_s();

    gboolean hold = FALSE;
    guint delivered = note_recipients(envelope, outcome, &hold);
    envelope->next_attempt_unix_s = 0;
    if (outcome->attempted) {
        envelope->attempts++;
        spoc_envelope_add_attempt(envelope, now,
                                  outcome->reason != NULL ? outcome->reason : "delivered");
    }
    outbox->closed_until_unix_s = outcome->attempted ? 0 : outcome->earliest_unix_s;
    g_free(envelope->reason);
    envelope->reason = g_strdup(outcome->reason);
    flight->target = decide_target(outbox, envelope, outcome, hold, now);
    if (flight->target == TARGET_FAILED)
        envelope->next_attempt_unix_s = spoc_reporter_due_unix_s(outbox->reporter, envelope, now);
    if (flight->target == TARGET_FAILED && flight->events == NULL &&
        strcmp(envelope->kind, SPOC_SCAN_KIND) == 0)
        tell_owner(outbox, envelope);

    const SpocLogFields fields = log_fields(envelope, outcome);
    if (delivered > 0) {
        g_autofree char *whose = say_whose(envelope);
        spoc_log_about(outbox->log, SPOC_LOG_INFO, &fields,
                       "%s: %s took it for %u of %u recipients: %s (%s)", envelope->id,
                       outcome->server != NULL ? outcome->server : "the server", delivered,
                       envelope->recipients->len,
                       outcome->queue_reply != NULL ? outcome->queue_reply : "", whose);
    }
    if (outcome->possible_duplicate)
        spoc_log_about(outbox->log, SPOC_LOG_WARNING, &fields,
                       "%s: the connection was lost behind the final dot: this message may arrive "
                       "twice, with the same Message-ID",
                       envelope->id);
    if (flight->target == TARGET_FAILED || flight->target == TARGET_HELD)
        log_trouble(outbox, flight, &fields, SPOC_LOG_ERROR);
    else if (flight->target == TARGET_WAITING)
        log_trouble(outbox, flight, &fields, SPOC_LOG_WARNING);
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
launch(SpocOutbox *outbox, Flight *flight)
{
    g_autoptr(GPtrArray) addresses = g_ptr_array_new();
    for (guint i = 0; i < flight->envelope->recipients->len; i++) {
        SpocEnvelopeRecipient *recipient = g_ptr_array_index(flight->envelope->recipients, i);
        if (recipient->state == SPOC_RECIPIENT_PENDING)
            g_ptr_array_add(addresses, recipient->address);
    }
    g_ptr_array_add(addresses, NULL);

    SpocTraceFunc trace = spoc_log_wants(outbox->log, SPOC_LOG_DEBUG) ? trace_debug : NULL;
    const SpocParcel parcel = {
        .id = flight->envelope->id,
        .sender = flight->envelope->sender,
        .recipients = (const char *const *)addresses->pdata,
        .content = flight->body,
        .stream = flight->content,
        .trace = flight->events != NULL ? trace_stream : trace,
        .finished = on_outcome,
        .user_data = flight,
    };
    g_hash_table_insert(outbox->flying, flight->envelope->id, flight);
    spoc_delivery_submit(outbox->delivery, &parcel);
}

void
spoc_outbox_send(SpocOutbox *outbox, SpocEnvelope *envelope, GBytes *body, SpocOutboxSafeFunc safe,
                 gpointer user_data, GDestroyNotify destroy)
{
    g_return_if_fail(outbox->delivery != NULL);
    g_return_if_fail(!g_hash_table_contains(outbox->flying, envelope->id));

    Flight *flight = g_new0(Flight, 1);
    flight->outbox = outbox;
    flight->envelope = envelope;
    flight->body = g_bytes_ref(body);
    flight->safe = safe;
    flight->user_data = user_data;
    flight->destroy = destroy;
    launch(outbox, flight);
}

void
spoc_outbox_send_stream(SpocOutbox *outbox, SpocEnvelope *envelope, GBytes *body,
                        SpocContent *content, const SpocStreamEvents *events,
                        SpocOutboxSafeFunc safe, gpointer user_data, GDestroyNotify destroy)
{
    g_return_if_fail(outbox->delivery != NULL);
    g_return_if_fail(!g_hash_table_contains(outbox->flying, envelope->id));

    Flight *flight = g_new0(Flight, 1);
    flight->outbox = outbox;
    flight->envelope = envelope;
    flight->body = g_bytes_ref(body);
    flight->content = spoc_content_ref(content);
    flight->events = events;
    flight->safe = safe;
    flight->user_data = user_data;
    flight->destroy = destroy;
    launch(outbox, flight);
}

void
spoc_outbox_land(SpocOutbox *outbox, const char *id)
{
    Flight *flight = g_hash_table_lookup(outbox->flying, id);
    g_return_if_fail(flight != NULL && flight->awaits_landing);
    land(flight);
}

void
spoc_outbox_drop(SpocOutbox *outbox, const char *id)
{
    g_hash_table_remove(outbox->flying, id);
    outbox->changed(outbox->user_data);
}

/* Claims one message that waits. A file that cannot be understood is set aside. */
static void
send_from_spool(SpocOutbox *outbox, const char *id, SpocMessageState state)
{
    g_autoptr(GError) error = NULL;
    if (!spoc_queue_move(outbox->spool, id, state, SPOC_STATE_SENDING, &error)) {
        if (!g_error_matches(error, SPOC_ERROR, SPOC_ERROR_NOT_FOUND))
            spoc_log(outbox->log, SPOC_LOG_ERROR, "%s: %s", id, error->message);
        return;
    }
    g_autoptr(SpocEnvelope) envelope =
        spoc_queue_load(outbox->spool, SPOC_STATE_SENDING, id, &error);
    g_autoptr(GBytes) body =
        envelope != NULL ? spoc_queue_load_body(outbox->spool, id, &error) : NULL;
    SpocContent *content = NULL;
    if (body != NULL && strcmp(envelope->kind, SPOC_SCAN_KIND) == 0) {
        content = spoc_scan_content_new(outbox->spool, id, body, NULL, NULL, &error);
        if (content == NULL)
            g_clear_pointer(&body, g_bytes_unref);
    }
    if (body != NULL && spoc_envelope_pending(envelope) > 0) {
        Flight *flight = g_new0(Flight, 1);
        flight->content = content;
        flight->outbox = outbox;
        flight->envelope = g_steal_pointer(&envelope);
        flight->body = g_steal_pointer(&body);
        flight->in_spool = TRUE;
        outbox->flying_from_spool++;
        launch(outbox, flight);
        return;
    }
    spoc_content_unref(content);
    if (body == NULL && !g_error_matches(error, SPOC_ERROR, SPOC_ERROR_CORRUPT) &&
        !g_error_matches(error, SPOC_ERROR, SPOC_ERROR_NOT_FOUND)) {
        /* A passing fault (descriptors, memory): it keeps its place. */
        spoc_log(outbox->log, SPOC_LOG_ERROR, "%s: %s", id, error->message);
        g_clear_error(&error);
        if (spoc_queue_move(outbox->spool, id, SPOC_STATE_SENDING, state, &error))
            spoc_agenda_put(outbox->agenda, id, state, now_unix_s() + STORE_RETRY_S);
        return;
    }
    spoc_log(outbox->log, SPOC_LOG_ERROR, "%s: set aside in %s/corrupt: %s", id,
             spoc_spool_path(outbox->spool), error != NULL ? error->message : "no recipient waits");
    g_clear_error(&error);
    if (!spoc_spool_set_aside(outbox->spool, spoc_message_state_name(SPOC_STATE_SENDING), id,
                              &error))
        spoc_log(outbox->log, SPOC_LOG_ERROR, "%s: %s", id, error->message);
}

void
spoc_outbox_send_due(SpocOutbox *outbox, gint64 now, SpocOutboxShare share)
{
    if (now < outbox->closed_until_unix_s || is_blocked(outbox))
        return;
    guint most = G_MAXUINT;
    if (share == SPOC_OUTBOX_HALF)
        most = (spoc_delivery_wanted(outbox->delivery) + 1) / 2;
    const SpocAgendaItem *first = NULL;
    complete_agenda(outbox);
    while (spoc_outbox_room(outbox) > 0 && outbox->flying_from_spool < most &&
           (first = spoc_agenda_first(outbox->agenda)) != NULL && first->due_unix_s <= now) {
        g_autofree char *id = g_strdup(first->id);
        SpocMessageState state = first->state;
        spoc_agenda_remove(outbox->agenda, id);
        send_from_spool(outbox, id, state);
        complete_agenda(outbox);
    }
}

guint
spoc_outbox_flying(const SpocOutbox *outbox)
{
    return g_hash_table_size(outbox->flying);
}

guint
spoc_outbox_waiting(const SpocOutbox *outbox)
{
    return spoc_agenda_count(outbox->agenda) + (spoc_reporter_is_pending(outbox->reporter) ? 1 : 0);
}

gboolean
spoc_outbox_report_now(SpocOutbox *outbox)
{
    if (!spoc_reporter_is_pending(outbox->reporter))
        return FALSE;
    spoc_reporter_flush(outbox->reporter);
    return !spoc_reporter_is_pending(outbox->reporter);
}

void
spoc_outbox_sweep(SpocOutbox *outbox, gint64 now)
{
    spoc_reporter_sweep(outbox->reporter, now);
}

gint64
spoc_outbox_next_due_unix_s(const SpocOutbox *outbox)
{
    const SpocAgendaItem *first = spoc_agenda_first(outbox->agenda);
    if (first == NULL || is_blocked(outbox))
        return 0;
    return MAX(MAX(first->due_unix_s, outbox->closed_until_unix_s), 1);
}

gboolean
spoc_outbox_has_due(const SpocOutbox *outbox, gint64 now)
{
    gint64 due = spoc_outbox_next_due_unix_s(outbox);
    return due != 0 && due <= now;
}

void
spoc_outbox_rest(SpocOutbox *outbox)
{
    if (outbox->delivery != NULL && g_hash_table_size(outbox->flying) == 0)
        spoc_delivery_rest(outbox->delivery);
}

void
spoc_outbox_each_flying(const SpocOutbox *outbox, SpocOutboxEachFunc each, gpointer user_data)
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
spoc_outbox_is_flying(const SpocOutbox *outbox, const char *id)
{
    return g_hash_table_contains(outbox->flying, id);
}

gboolean
spoc_outbox_relearn(SpocOutbox *outbox, const char *id, GError **error)
{
    g_return_val_if_fail(!spoc_outbox_is_flying(outbox, id), FALSE);

    spoc_agenda_remove(outbox->agenda, id);
    complete_agenda(outbox);
    SpocMessageState state = SPOC_STATE_WAITING;
    g_autoptr(GError) missing = NULL;
    if (!spoc_queue_find(outbox->spool, id, &state, &missing))
        return TRUE; /* it was deleted */
    if (state == SPOC_STATE_FAILED)
        return TRUE;
    g_autoptr(SpocEnvelope) envelope = spoc_queue_load(outbox->spool, state, id, error);
    if (envelope == NULL)
        return FALSE;
    if (state != SPOC_STATE_HELD || envelope->next_attempt_unix_s != 0)
        spoc_agenda_put(outbox->agenda, id, state, envelope->next_attempt_unix_s);
    return TRUE;
}

void
spoc_outbox_reopen(SpocOutbox *outbox)
{
    outbox->closed_until_unix_s = 0;
    if (!is_blocked(outbox))
        spoc_delivery_configure(outbox->delivery, outbox->setup->config, outbox->setup->tls);
}
