/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   Everything that lies in scans/: the list for people, as nothing in the spool may be
 *           invisible, and the removal of what nobody needs any more.
 */
#pragma once

#include "spool/scan-format.h"

/**
 * SpocScanStage: how far a document has come that is no message of the queue
 * @SPOC_SCAN_STAGE_COPYING: its client copies it
 * @SPOC_SCAN_STAGE_CUT_OFF: the client ended while it copied
 * @SPOC_SCAN_STAGE_OFFERED: its client waits for spocd
 * @SPOC_SCAN_STAGE_ABANDONED: its client ended, and did not leave it to spocd
 * @SPOC_SCAN_STAGE_LEFT: it is spocd's
 * @SPOC_SCAN_STAGE_DAMAGED: its metadata are missing or damaged, so nobody knows whose it is
 * @SPOC_SCAN_STAGE_FOREIGN: no file of ours
 */
typedef enum {
    SPOC_SCAN_STAGE_COPYING,
    SPOC_SCAN_STAGE_CUT_OFF,
    SPOC_SCAN_STAGE_OFFERED,
    SPOC_SCAN_STAGE_ABANDONED,
    SPOC_SCAN_STAGE_LEFT,
    SPOC_SCAN_STAGE_DAMAGED,
    SPOC_SCAN_STAGE_FOREIGN,
} SpocScanStage;

/**
 * SpocScanListed:
 * @name: of the entry; of a foreign file its own, any bytes
 * @metadata: (nullable)
 * @size_bytes: of the document, as far as it is there
 */
typedef struct {
    char *name;
    SpocScanStage stage;
    SpocScanMetadata *metadata;
    guint64 size_bytes;
    gint64 changed_unix_s;
} SpocScanListed;

/* (transfer full) (element-type SpocScanListed): all that lies in scans/ but records, documents of
 * messages included; in no order */
GPtrArray *spoc_scan_list_all(SpocSpool *spool, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Takes away what spoc_scan_list_all() names so, whatever it is. SPOC_ERROR_NOT_FOUND when
 * nothing is; SPOC_ERROR_UNAVAILABLE while its client is at work */
gboolean spoc_scan_discard(SpocSpool *spool, const char *name,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Removes what dead clients left behind, and old records. */
gboolean spoc_scan_sweep(SpocSpool *spool, gint64 now_unix_s,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;
