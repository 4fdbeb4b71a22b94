/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   The texts of facts and records. The format is described at the top of
 *           scan-facts.c. Private to the layer.
 * SECURITY  Parsing takes any bytes; what is not exactly right is SPOC_ERROR_CORRUPT.
 */
#pragma once

#include "spool/scans.h"

#define SPOC_SCAN_DOCUMENT ".doc"
#define SPOC_SCAN_METADATA ".job"
#define SPOC_SCAN_LEFT ".left"
#define SPOC_SCAN_RECORD ".done"

GString *spoc_scan_metadata_format(const SpocScanMetadata *facts);
SpocScanMetadata *spoc_scan_metadata_parse(const char *text, gsize size,
                                           GError **error) G_GNUC_WARN_UNUSED_RESULT;

GString *spoc_scan_record_format(const SpocScanRecord *record);
gboolean spoc_scan_record_parse(const char *text, gsize size, SpocScanRecord *ret_record,
                                GError **error) G_GNUC_WARN_UNUSED_RESULT;

int spoc_scan_folder(const SpocSpool *spool);
gboolean spoc_scan_check_name(const char *name, GError **error);
/* (transfer full): @name and @suffix */
char *spoc_scan_file(const char *name, const char *suffix);
/* (transfer full): the same while it is not whole */
char *spoc_scan_temporary_file(const char *name, const char *suffix);

/**
 * spoc_scan_file_parse:
 * @ret_suffix: (out): SPOC_SCAN_DOCUMENT, SPOC_SCAN_METADATA, SPOC_SCAN_LEFT or SPOC_SCAN_RECORD
 *
 * Returns: (transfer full) (nullable): the entry's name; NULL for a file that is not ours
 */
char *spoc_scan_file_parse(const char *file, const char **ret_suffix, gboolean *ret_temporary);

/* Facts of a document that is being copied */
SpocScanMetadata *spoc_scan_load_temporary(SpocSpool *spool, const char *name, GError **error);
