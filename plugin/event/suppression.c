/* SPDX-License-Identifier: Apache-2.0 */
#include "event/suppression.h"

#include <string.h>

/* The first wait of a printer of which a mail went already, where notifyGroupWait is shorter */
#define AGAIN_S 5
#define DOUBLINGS_MAX 20

void
spoc_last_notification_clear(SpocLastNotification *previous)
{
    g_free(previous->signature);
    *previous = (SpocLastNotification){0};
}

static gboolean
window_is_over(const SpocLastNotification *previous, gint64 interval_s, gint64 now_unix_s)
{
    /* A clock that was set back must not make it last for ever. */
    return now_unix_s - previous->window_unix_s >= interval_s ||
           now_unix_s < previous->window_unix_s;
}

gint64
spoc_suppression_wait_s(const SpocLastNotification *previous, gint64 wait_s, gint64 interval_s,
                        gint64 now_unix_s)
{
    if (previous == NULL || previous->count == 0 ||
        window_is_over(previous, interval_s, now_unix_s))
        return wait_s;
    gint64 longer = MAX(wait_s, AGAIN_S) << MIN(previous->count - 1, DOUBLINGS_MAX);
    return MAX(wait_s, MIN(longer, interval_s));
}

SpocSuppression
spoc_suppression_decide(const SpocLastNotification *previous, const SpocEvent *last,
                        gboolean had_fault, gint64 interval_s, gint64 now_unix_s)
{
    gboolean is_fault = spoc_condition_is_fault(spoc_event_severity(last));
    if (previous == NULL || previous->signature == NULL)
        return had_fault && !is_fault ? SPOC_SUPPRESSION_DROP : SPOC_SUPPRESSION_NOTIFY;
    if (previous->is_fault && !is_fault)
        return SPOC_SUPPRESSION_NOTIFY_RESOLVED;
    g_autofree char *signature = spoc_event_state_signature(last);
    if (strcmp(signature, previous->signature) != 0)
        return SPOC_SUPPRESSION_NOTIFY;
    gboolean is_long_ago = now_unix_s - previous->notified_unix_s >= interval_s ||
                           now_unix_s < previous->notified_unix_s;
    /* A fault that came and went leaves things as the last mail said. */
    return is_long_ago && (is_fault || !had_fault) ? SPOC_SUPPRESSION_NOTIFY
                                                   : SPOC_SUPPRESSION_DROP;
}

void
spoc_suppression_record(SpocLastNotification *previous, const SpocEvent *last, gint64 interval_s,
                        gint64 now_unix_s)
{
    gboolean is_fault = spoc_condition_is_fault(spoc_event_severity(last));
    if (previous->count == 0 || window_is_over(previous, interval_s, now_unix_s)) {
        previous->window_unix_s = now_unix_s;
        previous->count = 0;
    }
    previous->count++;
    if (is_fault && !previous->is_fault)
        previous->fault_unix_s = last->when_unix_s > 0 ? last->when_unix_s : now_unix_s;
    previous->is_fault = is_fault;
    previous->notified_unix_s = now_unix_s;
    g_free(previous->signature);
    previous->signature = spoc_event_state_signature(last);
}
