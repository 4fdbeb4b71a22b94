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

/* Whether two states are the same, as far as somebody is told who wants what is so bad */
static gboolean
is_same_part(const char *signature, const char *other, SpocEventSeverity at_least)
{
    g_autofree char *part = spoc_state_signature_part(signature, at_least);
    g_autofree char *other_part = spoc_state_signature_part(other, at_least);
    return strcmp(part, other_part) == 0;
}

SpocSuppression
spoc_suppression_decide(const SpocLastNotification *previous, const SpocEvent *last,
                        gboolean had_problem, SpocEventSeverity wanted, gint64 interval_s,
                        gint64 now_unix_s)
{
    SpocEventSeverity problem = MAX(wanted, SPOC_EVENT_SEVERITY_ATTENTION);
    SpocEventSeverity severity = spoc_event_severity(last);
    gboolean is_problem = severity >= problem;
    gboolean wants_all = wanted < SPOC_EVENT_SEVERITY_ATTENTION;
    if (previous == NULL || previous->signature == NULL)
        return is_problem || (wants_all && !had_problem) ? SPOC_SUPPRESSION_NOTIFY
                                                         : SPOC_SUPPRESSION_DROP;
    /* One that is only paused now is not ready either. */
    if (previous->severity >= problem && !is_problem && !spoc_event_is_stopped(last))
        return SPOC_SUPPRESSION_NOTIFY_RESOLVED;
    if (!is_problem && !wants_all)
        return SPOC_SUPPRESSION_DROP;
    g_autofree char *signature = spoc_event_state_signature(last);
    gboolean has_changed = strcmp(signature, previous->signature) != 0;
    if (has_changed && (!is_problem || !is_same_part(signature, previous->signature, problem)))
        return SPOC_SUPPRESSION_NOTIFY;
    gboolean is_long_ago = now_unix_s - previous->notified_unix_s >= interval_s ||
                           now_unix_s < previous->notified_unix_s;
    /* What lasts is told again when something else has changed meanwhile. A problem that came and
     * went leaves things as the last mail said. */
    return (has_changed || interval_s == 0) && is_long_ago && (is_problem || !had_problem)
               ? SPOC_SUPPRESSION_NOTIFY
               : SPOC_SUPPRESSION_DROP;
}

void
spoc_suppression_record(SpocLastNotification *previous, const SpocEvent *last, gint64 interval_s,
                        gint64 now_unix_s)
{
    SpocEventSeverity severity = spoc_event_severity(last);
    if (previous->count == 0 || window_is_over(previous, interval_s, now_unix_s)) {
        previous->window_unix_s = now_unix_s;
        previous->count = 0;
    }
    previous->count++;
    if (severity >= SPOC_EVENT_SEVERITY_ATTENTION &&
        previous->severity < SPOC_EVENT_SEVERITY_ATTENTION)
        previous->fault_unix_s = last->when_unix_s > 0 ? last->when_unix_s : now_unix_s;
    previous->severity = severity;
    previous->notified_unix_s = now_unix_s;
    g_free(previous->signature);
    previous->signature = spoc_event_state_signature(last);
}
