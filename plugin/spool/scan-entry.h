/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   How a client makes a scan entry: it chooses the entry's name, by which a document that
 *           CUPS runs again is recognised, and copies the document, in the kernel where it can. A
 *           full disk is waited out for a while: CUPS keeps the job meanwhile.
 */
#pragma once

#include "base/log.h"
#include "spool/scan-format.h"
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

/* --- names ------------------------------------------------------------------------------- */

/**
 * spoc_scan_choose_name:
 * @document: number of the document in its job; 0 when not known
 * @ret_record: (out): filled in when TRUE is in @ret_is_done
 *
 * The name of an entry: from the job's number, when cupsd took it, and @document, so that a job
 * that CUPS runs again after a crash finds its entry or its record. Nothing of it is a client's to
 * choose, as the job's UUID is; and a name that has another owner is passed over. A run by the
 * cupsd that knows the end already is somebody's wish (a restarted job, the next of several
 * documents on stdin), and gets the next name. Where cupsd does not say when it took the job the
 * name is new each time.
 *
 * Returns: (transfer full)
 */
char *spoc_scan_choose_name(SpocSpool *spool, const SpocScanMetadata *metadata, guint document,
                            gboolean *ret_is_done, SpocScanRecord *ret_record,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* CUPS will run this job again, from its first document on: its records count for
 * the same cupsd as well. */
gboolean spoc_scan_expect_rerun(SpocSpool *spool, const SpocScanMetadata *metadata,
                                GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Whether the job of an entry of this name can come again, so that a record is of use */
gboolean spoc_scan_name_recurs(const char *name);

/* Another cupsd knows it now. */
gboolean spoc_scan_update_record(SpocSpool *spool, const char *name, const SpocScanRecord *record,
                                 const char *server, GError **error) G_GNUC_WARN_UNUSED_RESULT;
