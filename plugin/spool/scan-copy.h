/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   Copies the document into its scan entry, in the kernel where it can. A full disk is
 *           waited out for a while: CUPS keeps the job meanwhile.
 */
#pragma once

#include "base/log.h"
#include "spool/scans.h"

typedef struct {
    SpocSpool *spool;
    SpocLog *log;
    const char *name;
    int input_fd;
    int stop_fd; /* readable: stop */
} SpocScanCopy;

typedef enum {
    SPOC_SCAN_COPY_DONE,
    SPOC_SCAN_COPY_STOPPED,
    SPOC_SCAN_COPY_FAILED, /* the error is set */
} SpocScanCopyResult;

SpocScanCopyResult spoc_scan_copy_run(const SpocScanCopy *copy, guint64 *ret_size_bytes,
                                      GError **error);
