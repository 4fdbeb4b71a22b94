/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   A scan entry becomes what the queue sends and keeps: metadata and configuration say who
 *           gets it and what it says; an envelope, the frame around the document, and the content
 *           that puts the document into its frame while it is sent. And the notice to the owner of
 * a document that was queued and then failed: an ordinary message with the null reverse-path (RFC
 * 5321 4.5.5); written before the failed one moves, and under a name that derives from it, so that
 * none is lost and few are written twice. SECURITY  Everything in the metadata is foreign.
 * Recipients are bounded by scanAllowedRecipients but for those that root named with spocctl.
 */
#pragma once

#include "base/log.h"
#include "delivery/content.h"
#include "runtime/runtime.h"
#include "spool/message.h"
#include "spool/scans.h"

typedef struct {
    SpocMessage *message; /* its body is the frame around the document */
    GPtrArray *refused;   /* (element-type GError): why others get nothing, one each */
} SpocPreparedScan;

void spoc_prepared_scan_clear(SpocPreparedScan *prepared);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(SpocPreparedScan, spoc_prepared_scan_clear)

/**
 * SpocScanAsking:
 * @answered: called from the main loop once what was missing is known
 * @ask: for spoc_people_ask_cancel() until then; 0 when nothing is asked
 */
typedef struct {
    SpocAnsweredFunc answered;
    gpointer user_data;
    guint ask;
} SpocScanAsking;

/**
 * spoc_scan_prepare:
 * @asking: (inout)
 *
 * Returns: FALSE with SPOC_ERROR_PENDING, when the directory is asked, see @asking, or
 *   SPOC_ERROR_UNAVAILABLE or SPOC_ERROR_IO when it cannot be told now what is to become of it;
 *   with any other when it must never be mailed
 */
gboolean spoc_scan_prepare(SpocSpool *spool, const SpocRuntime *runtime, const char *name,
                           const SpocScanMetadata *metadata, SpocScanAsking *asking,
                           SpocPreparedScan *ret_prepared,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Whether @error is a matter of time. */
gboolean spoc_scan_may_pass(const GError *error);

/**
 * spoc_scan_keep_failed:
 *
 * A document that was left and must never be mailed becomes a failed message, without being
 * tried. Its only recipient is the server's own sender: should somebody try it again, nobody
 * else gets it.
 */
gboolean spoc_scan_keep_failed(SpocSpool *spool, const SpocRuntime *runtime, const char *name,
                               const SpocScanMetadata *metadata, const char *reason,
                               SpocPreparedScan *ret_prepared,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * spoc_scan_content_new:
 * @frame: the body of a message of the kind "scan"
 * @events: (nullable), @user_data: see spoc_attachment_new()
 *
 * Returns: (transfer full): SPOC_ERROR_NOT_FOUND or SPOC_ERROR_CORRUPT when the document is not
 *   what it was
 */
SpocContent *spoc_scan_content_new(SpocSpool *spool, const char *name, GBytes *frame,
                                   const SpocAttachmentEvents *events, gpointer user_data,
                                   GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Queues the notice about @envelope, a scan of which recipients have failed. Says in the log
 * why not where that cannot be; (transfer full) (nullable): the notice's id */
char *spoc_scan_notice_queue(SpocSpool *spool, SpocLog *log, const SpocRuntime *runtime,
                             const SpocEnvelope *envelope);
