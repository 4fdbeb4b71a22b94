/* SPDX-License-Identifier: Apache-2.0 */
#include "queue/outcome.h"

/* Takes over what was said about each recipient. Returns how many were delivered now. */
static guint
note_recipients(SpocEnvelope *envelope, const SpocDeliveryRequest *request, gboolean *ret_hold)
{
    guint delivered = 0, next = 0;
    *ret_hold = FALSE;
    for (guint i = 0; i < envelope->recipients->len && next < request->recipients->len; i++) {
        SpocEnvelopeRecipient *recipient = g_ptr_array_index(envelope->recipients, i);
        if (recipient->state != SPOC_STATE_WAITING)
            continue;
        const SpocRequestRecipient *said = g_ptr_array_index(request->recipients, next++);
        g_free(recipient->reply);
        recipient->reply = g_strdup(said->reply);
        if (said->state == SPOC_STATE_DONE) {
            recipient->state = SPOC_STATE_DONE;
            delivered++;
        } else if (said->state == SPOC_STATE_FAILED) {
            recipient->state = SPOC_STATE_FAILED;
        } else if (said->state == SPOC_STATE_HELD) {
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
        if (recipient->state == SPOC_STATE_FAILED)
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
        if (recipient->state == SPOC_STATE_WAITING)
            recipient->state = SPOC_STATE_FAILED;
    }
    g_autofree char *last = g_steal_pointer(&envelope->reason);
    envelope->reason =
        g_strdup_printf("given up: older than mailMaxAge after %u attempts; the last one: %s",
                        envelope->attempts, last != NULL ? last : "none");
}

SpocState
spoc_outcome_apply(SpocEnvelope *envelope, const SpocDeliveryRequest *request,
                   const SpocRetrySchedule *schedule, gint64 now_unix_s, double jitter,
                   guint *ret_delivered)
{
    gboolean hold = FALSE;
    gint64 planned = envelope->next_attempt_unix_s;
    gboolean is_early = planned > now_unix_s;
    *ret_delivered = note_recipients(envelope, request, &hold);
    envelope->next_attempt_unix_s = 0;
    envelope->drops = request->drops;
    g_free(envelope->dropped_by);
    envelope->dropped_by = g_strdup(request->dropped_by);
    if (request->attempted) {
        envelope->attempts += is_early ? 0 : 1;
        spoc_envelope_add_attempt(envelope, now_unix_s,
                                  request->reason != NULL ? request->reason : "delivered");
    }
    g_free(envelope->reason);
    envelope->reason = g_strdup(request->reason);
    if (spoc_envelope_pending(envelope) == 0)
        return any_failed(envelope) ? SPOC_STATE_FAILED : SPOC_STATE_DONE;

    gint64 next = spoc_retry_next(schedule, MAX(envelope->attempts, 1), envelope->created_unix_s,
                                  now_unix_s, jitter);
    if (next == 0) {
        give_up(envelope);
        return SPOC_STATE_FAILED;
    }
    /* Not asked because the servers are known to be down: no attempt was used up. */
    if (!request->attempted)
        next = now_unix_s;
    else if (is_early)
        next = MIN(next, planned);
    envelope->next_attempt_unix_s = MAX(next, request->earliest_unix_s);
    return hold ? SPOC_STATE_HELD : SPOC_STATE_WAITING;
}

/* --- the delivery log -------------------------------------------------------------------- */

/* The same sentence is repeated only after so long. */
#define REPEAT_S 3600

/* Of addresses in a line, about */
#define WHOSE_MAX_BYTES 300

void
spoc_delivery_log_clear(SpocDeliveryLog *delivery_log)
{
    g_clear_pointer(&delivery_log->sentence, g_free);
    delivery_log->said_unix_s = 0;
}

/* What the lines about a message are about */
static SpocLogFields
log_fields(const SpocEnvelope *envelope, const SpocDeliveryRequest *request)
{
    SpocLogFields fields = {.queue_id = envelope->id, .job_id = envelope->job_id};
    if (envelope->recipients->len == 1) {
        const SpocEnvelopeRecipient *recipient = g_ptr_array_index(envelope->recipients, 0);
        fields.recipient = recipient->address;
        fields.reply = recipient->reply;
    }
    fields.server = request->server;
    fields.stage = request->stage >= 0 ? spoc_stage_name((SpocStage)request->stage) : NULL;
    fields.reply = request->queue_reply != NULL ? request->queue_reply : fields.reply;
    return fields;
}

static void
log_trouble(SpocDeliveryLog *delivery_log, SpocLog *log, const SpocLogFields *fields,
            SpocLogLevel level, const SpocEnvelope *envelope, gint64 now_unix_s)
{
    gboolean repeated = g_strcmp0(delivery_log->sentence, envelope->reason) == 0 &&
                        now_unix_s < delivery_log->said_unix_s + REPEAT_S;
    if (!repeated) {
        g_free(delivery_log->sentence);
        delivery_log->sentence = g_strdup(envelope->reason);
        delivery_log->said_unix_s = now_unix_s;
    }
    spoc_log_about(log, repeated ? SPOC_LOG_INFO : level, fields, "%s: %s", envelope->id,
                   envelope->reason);
}

/* (transfer full): the job and the addresses, by which an administrator looks for a mail */
static char *
describe_recipients(const SpocEnvelope *envelope)
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

void
spoc_delivery_log_outcome(SpocDeliveryLog *delivery_log, SpocLog *log, const SpocEnvelope *envelope,
                          const SpocDeliveryRequest *request, guint delivered, SpocState state,
                          gint64 now_unix_s)
{
    const SpocLogFields fields = log_fields(envelope, request);
    if (delivered > 0) {
        g_autofree char *whose = describe_recipients(envelope);
        spoc_log_about(log, SPOC_LOG_INFO, &fields,
                       "%s: %s took it for %u of %u recipients: %s (%s)", envelope->id,
                       request->server != NULL ? request->server : "the server", delivered,
                       envelope->recipients->len,
                       request->queue_reply != NULL ? request->queue_reply : "", whose);
    }
    if (request->possible_duplicate)
        spoc_log_about(log, SPOC_LOG_WARNING, &fields,
                       "%s: %s lost the connection after the final dot (%u times so far): this "
                       "message may arrive twice, with the same Message-ID",
                       envelope->id, request->dropped_by, request->drops);
    /* Each message that is given up is an error of its own. */
    if (state == SPOC_STATE_FAILED)
        spoc_log_about(log, SPOC_LOG_ERROR, &fields, "%s: %s", envelope->id, envelope->reason);
    else if (state == SPOC_STATE_HELD)
        log_trouble(delivery_log, log, &fields, SPOC_LOG_ERROR, envelope, now_unix_s);
    else if (state == SPOC_STATE_WAITING)
        log_trouble(delivery_log, log, &fields, SPOC_LOG_WARNING, envelope, now_unix_s);
}
