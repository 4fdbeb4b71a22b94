/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   How much went to each mail server in the last 24 hours, in the spool's
 * state/sent-today: a line for each server, its name, a TAB, and what the delivery counts.
 */
#pragma once

#include "delivery/delivery.h"
#include "spool/spool.h"

/* @spool: borrowed by @counts */
void spoc_sent_today_init(SpocDeliveryCounts *counts, SpocSpool *spool);
