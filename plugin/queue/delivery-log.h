/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  The lines of the log about a message's outcome. One for all messages: the same
 *          sentence about a server is an ERROR or WARNING once an hour, and an INFO otherwise.
 */
#pragma once

#include "base/log.h"
#include "queue/outcome.h"

typedef struct {
    char *sentence; /* (nullable): said last */
    gint64 said_unix_s;
} SpocDeliveryLog;

void spoc_delivery_log_clear(SpocDeliveryLog *delivery_log);

/* @delivered: how many recipients got it now */
void spoc_delivery_log_outcome(SpocDeliveryLog *delivery_log, SpocLog *log,
                               const SpocEnvelope *envelope, const SpocDeliveryRequest *request,
                               guint delivered, SpocState state, gint64 now_unix_s);
