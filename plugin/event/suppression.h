/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  Decides whether a printer's state is worth a mail to somebody who had one about that
 *          printer before: not the same again within notifyRepeatInterval, no fault that cleared
 *          while it waited, and, while the state goes to and fro, mails that come less and less
 *          often, of which the last one tells how it is. Pure.
 */
#pragma once

#include "event/severity.h"

/**
 * SpocLastNotification: the last one of a printer to somebody
 * @signature: (nullable): spoc_event_state_signature() of the last mail; NULL: never any
 * @severity: of that state; from SPOC_EVENT_SEVERITY_ATTENTION on it is a fault that is not
 * resolved yet
 * @fault_unix_s: when the first event of that fault that was mailed happened: names the thread
 * @notified_unix_s: when that was
 * @count: mails since @window_unix_s
 * @window_unix_s: begin of the interval that @count is for
 */
typedef struct {
    char *signature;
    SpocEventSeverity severity;
    gint64 fault_unix_s;
    gint64 notified_unix_s;
    guint count;
    gint64 window_unix_s;
} SpocLastNotification;

void spoc_last_notification_clear(SpocLastNotification *previous);

/**
 * spoc_suppression_wait_s:
 * @previous: (nullable)
 * @wait_s: notifyGroupWait
 * @interval_s: notifyRepeatInterval; 0: every change is mailed
 *
 * Returns: how long a state waits for others before it is decided about: longer with each mail
 *   in the interval
 */
gint64 spoc_suppression_wait_s(const SpocLastNotification *previous, gint64 wait_s,
                               gint64 interval_s, gint64 now_unix_s);

typedef enum {
    SPOC_SUPPRESSION_NOTIFY,
    SPOC_SUPPRESSION_NOTIFY_RESOLVED, /* the fault that was mailed has cleared */
    SPOC_SUPPRESSION_DROP,
} SpocSuppression;

/**
 * spoc_suppression_decide:
 * @previous: (nullable)
 * @last: how the printer is now: spoc_event_tells_state()
 * @had_problem: one was among the states that waited with it
 * @wanted: the person is told of what is so bad, and that it has cleared
 */
SpocSuppression spoc_suppression_decide(const SpocLastNotification *previous, const SpocEvent *last,
                                        gboolean had_problem, SpocEventSeverity wanted,
                                        gint64 interval_s, gint64 now_unix_s);

/* A mail says @last. */
void spoc_suppression_record(SpocLastNotification *previous, const SpocEvent *last,
                             gint64 interval_s, gint64 now_unix_s);
