/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  A scan entry becomes what the outbox sends and the queue keeps: an envelope, and the
 *          frame around the document.
 */
#pragma once

#include "scan/request.h"
#include "spool/message.h"
#include "spool/scans.h"

typedef struct {
    SpocEnvelope *envelope;
    GBytes *frame;
    GPtrArray *refused; /* (element-type GError): why others get nothing, one each */
} SpocPreparedScan;

void spoc_prepared_scan_clear(SpocPreparedScan *prepared);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(SpocPreparedScan, spoc_prepared_scan_clear)

/**
 * spoc_scan_prepare:
 * @asking: (inout): see spoc_scan_request_new()
 *
 * Returns: FALSE with SPOC_ERROR_PENDING, when the directory is asked, or SPOC_ERROR_UNAVAILABLE or
 * SPOC_ERROR_IO when it cannot be told now what is to become of it; with any other when it must
 * never be mailed
 */
gboolean spoc_scan_prepare(SpocSpool *spool, const SpocRuntime *setup, const char *name,
                           const SpocScanMetadata *facts, SpocScanAsking *asking,
                           SpocPreparedScan *ret_prepared,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * spoc_scan_keep_failed:
 *
 * A document that was left and must never be mailed becomes a failed message, without being
 * tried. Its only recipient is the server's own sender: should somebody try it again, nobody
 * else gets it.
 */
gboolean spoc_scan_keep_failed(SpocSpool *spool, const SpocRuntime *setup, const char *name,
                               const SpocScanMetadata *facts, const char *reason,
                               SpocPreparedScan *ret_prepared,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;
