/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  Writes down which mail servers fail (spool/server-notes.h), when that changes.
 */
#pragma once

#include "delivery/delivery.h"
#include "spool/spool.h"

typedef struct _SpocServerHealth SpocServerHealth;

SpocServerHealth *spoc_server_health_new(SpocSpool *spool);
void spoc_server_health_free(SpocServerHealth *health);

/* @delivery: (nullable). A server that was not asked yet keeps what was known of it. */
void spoc_server_health_update(SpocServerHealth *health, const SpocDelivery *delivery,
                               gint64 now_unix_s);
