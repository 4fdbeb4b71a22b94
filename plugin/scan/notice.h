/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  A document that was queued and then failed: a notice to its owner. It is an ordinary
 *          message with the null reverse-path (RFC 5321 4.5.5); written before the failed one
 *          moves, and under a name that derives from it, so that none is lost and few are
 *          written twice.
 */
#pragma once

#include "base/log.h"
#include "runtime/runtime.h"
#include "spool/message.h"

/* Queues the notice about @envelope, a scan of which recipients have failed. Says in the log
 * why not where that cannot be; (transfer full) (nullable): the notice's id */
char *spoc_scan_notice_queue(SpocSpool *spool, SpocLog *log, const SpocRuntime *runtime,
                             const SpocEnvelope *envelope);
