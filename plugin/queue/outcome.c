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
    *ret_delivered = note_recipients(envelope, request, &hold);
    envelope->next_attempt_unix_s = 0;
    envelope->drops = request->drops;
    g_free(envelope->dropped_by);
    envelope->dropped_by = g_strdup(request->dropped_by);
    if (request->attempted) {
        envelope->attempts++;
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
    envelope->next_attempt_unix_s = MAX(next, request->earliest_unix_s);
    return hold ? SPOC_STATE_HELD : SPOC_STATE_WAITING;
}
