/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   Copies the document into its scan entry, in the kernel where it can. A full disk is
 *           waited out for a while: CUPS keeps the job meanwhile.
 */
#pragma once

#include "base/log.h"
#include "spool/scans.h"

/**
 * SpocScanCopy:
 * @metadata: what is known of the document that is to come
 * @stop_fd: readable: stop
 * @max_bytes: 0: no limit. Never more than one byte beyond it is written.
 */
typedef struct {
    SpocSpool *spool;
    SpocLog *log;
    const char *name;
    const SpocScanMetadata *metadata;
    int input_fd;
    int stop_fd;
    guint64 max_bytes;
} SpocScanCopy;

typedef enum {
    SPOC_SCAN_COPY_DONE,
    SPOC_SCAN_COPY_STOPPED,
    SPOC_SCAN_COPY_TOO_LARGE, /* the error is set, likewise */
    SPOC_SCAN_COPY_FAILED,
} SpocScanCopyResult;

SpocScanCopyResult spoc_scan_copy_run(const SpocScanCopy *copy, guint64 *ret_size_bytes,
                                      GError **error);
