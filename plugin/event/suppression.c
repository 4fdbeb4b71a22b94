/* SPDX-License-Identifier: Apache-2.0 */
#include "event/suppression.h"

#include <string.h>

/* The first wait of a printer that was told of already, where notifyGroupWait is shorter */
#define AGAIN_S 5
#define DOUBLINGS_MAX 20

void
spoc_last_notification_clear(SpocLastNotification *told)
{
    g_free(told->signature);
    *told = (SpocLastNotification){0};
}

static gboolean
window_is_over(const SpocLastNotification *told, gint64 interval_s, gint64 now_unix_s)
{
    /* A clock that was set back must not make it last for ever. */
    return now_unix_s - told->window_unix_s >= interval_s || now_unix_s < told->window_unix_s;
}

gint64
spoc_suppression_wait_s(const SpocLastNotification *told, gint64 wait_s, gint64 interval_s,
                        gint64 now_unix_s)
{
    if (told == NULL || told->count == 0 || window_is_over(told, interval_s, now_unix_s))
        return wait_s;
    gint64 longer = MAX(wait_s, AGAIN_S) << MIN(told->count - 1, DOUBLINGS_MAX);
    return MAX(wait_s, MIN(longer, interval_s));
}

SpocSuppression
spoc_suppression_decide(const SpocLastNotification *told, const SpocEvent *last, gboolean had_fault,
                        gint64 interval_s, gint64 now_unix_s)
{
    gboolean is_fault = spoc_condition_is_fault(spoc_event_severity(last));
    if (told == NULL || told->signature == NULL)
        return had_fault && !is_fault ? SPOC_SUPPRESSION_DROP : SPOC_SUPPRESSION_TELL;
    if (told->is_fault && !is_fault)
        return SPOC_SUPPRESSION_TELL_RESOLVED;
    g_autofree char *signature = spoc_event_state_signature(last);
    if (strcmp(signature, told->signature) != 0)
        return SPOC_SUPPRESSION_TELL;
    gboolean is_long_ago =
        now_unix_s - told->told_unix_s >= interval_s || now_unix_s < told->told_unix_s;
    /* A fault that came and went leaves things as they were told. */
    return is_long_ago && (is_fault || !had_fault) ? SPOC_SUPPRESSION_TELL : SPOC_SUPPRESSION_DROP;
}

void
spoc_suppression_tell(SpocLastNotification *told, const SpocEvent *last, gint64 interval_s,
                      gint64 now_unix_s)
{
    gboolean is_fault = spoc_condition_is_fault(spoc_event_severity(last));
    if (told->count == 0 || window_is_over(told, interval_s, now_unix_s)) {
        told->window_unix_s = now_unix_s;
        told->count = 0;
    }
    told->count++;
    if (is_fault && !told->is_fault)
        told->fault_unix_s = last->when_unix_s > 0 ? last->when_unix_s : now_unix_s;
    told->is_fault = is_fault;
    told->told_unix_s = now_unix_s;
    g_free(told->signature);
    told->signature = spoc_event_state_signature(last);
}
