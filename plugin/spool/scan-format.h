/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   Metadata and record of a scan, their texts, and the names of their files. The format is
 *           described at the top of scan-format.c.
 * SECURITY  Parsing takes any bytes; what is not exactly right is SPOC_ERROR_CORRUPT.
 */
#pragma once

#include "spool/spool.h"

#include <glib.h>
#include <sys/types.h>

#define SPOC_SCAN_FIELD_MAX_BYTES 4096
/* Linux gives a program no longer argument: nothing is ever cut, which could make one address
 * another. */
#define SPOC_SCAN_OPTIONS_MAX_BYTES (128 * 1024)
#define SPOC_SCAN_METADATA_MAX_BYTES (1024 * 1024)

/* Of the message that a scan becomes */
#define SPOC_SCAN_KIND "scan"

/* Records are kept so long. */
#define SPOC_SCAN_RECORD_KEEP_S (7 * 24 * 3600)

/**
 * SpocScanMetadata: what is known of one document
 * @uri: with the recipients, as in DEVICE_URI
 * @options: of the job, as in argv
 * @content_type: "" when nobody said one
 * @uuid: of the job, as a client may have chosen it; "" for none
 * @accepted_unix_s: when cupsd took the job, as cupsd says; 0: not known. Not kept on disk: it
 *   is a part of the entry's name
 * @server: the cupsd that runs the job, see spoc_process_stamp(); "" for spocctl
 * @writer: the client itself, likewise
 * @size_bytes: of the document
 *
 * No string is NULL.
 */
typedef struct {
    gint64 job_id;
    char *user;
    char *title;
    char *printer;
    char *printer_info;
    char *location;
    char *uri;
    char *options;
    char *content_type;
    char *uuid;
    char *server;
    char *writer;
    guint64 size_bytes;
    gint64 created_unix_s;
    gint64 accepted_unix_s;
} SpocScanMetadata;

/* All strings "" */
SpocScanMetadata *spoc_scan_metadata_new(void);
void spoc_scan_metadata_free(SpocScanMetadata *metadata);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SpocScanMetadata, spoc_scan_metadata_free)
/* Replaces a string of the metadata, cut to SPOC_SCAN_FIELD_MAX_BYTES; NULL is "". */
void spoc_scan_metadata_set(char **field, const char *value);

typedef enum {
    SPOC_SCAN_DELIVERED,
    SPOC_SCAN_QUEUED,
} SpocScanEnd;

/**
 * SpocScanRecord: what has become of a document that CUPS may run again
 * @owner: (nullable): of the job; records of versions before have none
 * @server: the cupsd that knows it; "" makes the record count for every cupsd
 * @text: for people
 */
typedef struct {
    SpocScanEnd end;
    char *owner;
    char *server;
    char *text;
} SpocScanRecord;

void spoc_scan_record_clear(SpocScanRecord *record);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(SpocScanRecord, spoc_scan_record_clear)

#define SPOC_SCAN_DOCUMENT ".doc"
#define SPOC_SCAN_METADATA ".job"
#define SPOC_SCAN_LEFT ".left"
#define SPOC_SCAN_RECORD ".done"

GString *spoc_scan_metadata_format(const SpocScanMetadata *metadata);
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

/* --- processes --------------------------------------------------------------------------- */

/* (transfer full): "PID-STARTED" of a process, the same as long as it lives and no other's
 * afterwards; "" when it cannot be told */
char *spoc_process_stamp(pid_t pid);
/* Where /proc shows it to nobody else (ProtectProc= of the service, AppArmor): whether a process of
 * this number takes a signal of ours, as those of our own user do. */
gboolean spoc_process_answers(pid_t pid);
/* FALSE also where nothing tells. */
gboolean spoc_process_lives(const char *stamp);
