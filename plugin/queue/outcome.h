/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  What a finished delivery request makes of a message: its recipients' states, its
 *          history, its reason, its next attempt. Pure: time and chance are arguments. And what
 *          the log says about it.
 */
#pragma once

#include "base/log.h"
#include "delivery/request.h"
#include "delivery/retry.h"
#include "spool/message.h"

/**
 * spoc_outcome_apply:
 * @envelope: (inout): the message that was tried
 * @jitter: 0.0 to 1.0, for the next attempt
 * @ret_delivered: (out): how many recipients got it now
 *
 * Returns: WAITING, HELD, FAILED or DONE
 *
 * No attempt is counted where no server was asked, nor one that came before its time, because the
 * settings had changed: what was planned stays. A message whose time is over is given up.
 */
SpocState spoc_outcome_apply(SpocEnvelope *envelope, const SpocDeliveryRequest *request,
                             const SpocRetrySchedule *schedule, gint64 now_unix_s, double jitter,
                             guint *ret_delivered);

/* --- the delivery log -------------------------------------------------------------------- */

/* One for all messages: the same sentence about a server is an ERROR or WARNING once an hour, and
 * an INFO otherwise. */
typedef struct {
    char *sentence; /* (nullable): said last */
    gint64 said_unix_s;
} SpocDeliveryLog;

void spoc_delivery_log_clear(SpocDeliveryLog *delivery_log);

/* @delivered: how many recipients got it now */
void spoc_delivery_log_outcome(SpocDeliveryLog *delivery_log, SpocLog *log,
                               const SpocEnvelope *envelope, const SpocDeliveryRequest *request,
                               guint delivered, SpocState state, gint64 now_unix_s);
