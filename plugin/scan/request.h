/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   What is to be done with one document: the facts of the job and the configuration
 *           become recipients, subject, text and file name.
 * SECURITY  Everything in the facts is foreign. Recipients are bounded by scanAllowedRecipients
 *           but for those that root named with spocctl.
 */
#pragma once

#include "message/scan.h"
#include "runtime/runtime.h"
#include "spool/scans.h"

/* Instead of "spoc:" in the facts' URI: from spocctl. cupsd starts the backend for spoc: alone,
 * and the URI is nothing that a job can set. */
#define SPOC_SCAN_COMMAND_SCHEME "spocctl:"

/**
 * SpocScanRequest:
 * @owner: (nullable)
 */
typedef struct {
    GPtrArray *to; /* (element-type SpocPerson) */
    GPtrArray *cc;
    GPtrArray *refused; /* (element-type GError): why others get nothing, one each */
    SpocPerson *owner;
    char *subject;
    char *body;
    char *filename; /* as wished */
} SpocScanRequest;

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
 * spoc_scan_request_new:
 * @spool: where the counter is kept
 * @asking: (inout)
 *
 * Returns: (transfer full): SPOC_ERROR_PENDING: the directory is being asked, see @asking;
 *   SPOC_ERROR_UNAVAILABLE or SPOC_ERROR_IO: it cannot be told now; any other: it is never to
 *   be mailed
 */
SpocScanRequest *spoc_scan_request_new(const SpocScanMetadata *facts, const SpocRuntime *setup,
                                       SpocSpool *spool, SpocScanAsking *asking,
                                       GError **error) G_GNUC_WARN_UNUSED_RESULT;
void spoc_scan_request_free(SpocScanRequest *order);
/* Whether @error is a matter of time. */
gboolean spoc_scan_may_pass(const GError *error);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SpocScanRequest, spoc_scan_request_free)

/**
 * spoc_scan_request_compose:
 * @start: (array length=size): the document's beginning
 */
SpocComposedMail *spoc_scan_request_compose(const SpocScanRequest *order, const char *name,
                                            const SpocScanMetadata *facts, const SpocRuntime *setup,
                                            const guint8 *start, gsize size,
                                            GError **error) G_GNUC_WARN_UNUSED_RESULT;
