/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   Documents of scan jobs on their way from a client (backend, spocctl send) to spocd,
 *           and what has become of them.
 * SECURITY  What a client was given (title, options, user) is hostile; it is kept as it came,
 *           escaped, and understood only by spocd.
 *
 * The on-disk format is described at the top of scan-format.c.
 *
 * An entry belongs to its client until the client leaves it: CUPS still has the job, so nothing
 * needs to be synced, and a client that dies leaves nothing but litter. spocd sends an entry only
 * while its client waits for the answer, or when the client has left it. A document that has to
 * wait becomes a message of the queue under the entry's name; its document stays here.
 */
#pragma once

#include "spool/scan-format.h"
#include "spool/spool.h"

/* --- for clients -------------------------------------------------------------------------- */

/* A descriptor to write the document to; it is not an entry yet. @metadata lie beside it, so that
 * what is being copied is no riddle. */
int spoc_scan_begin(SpocSpool *spool, const char *name, const SpocScanMetadata *metadata,
                    GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Makes it an entry, replacing one of this name. */
gboolean spoc_scan_offer(SpocSpool *spool, const char *name, const SpocScanMetadata *metadata,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Makes the document safe from power loss. */
gboolean spoc_scan_sync(SpocSpool *spool, const char *name,
                        GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Syncs all and leaves the entry to spocd for good. */
gboolean spoc_scan_leave(SpocSpool *spool, const char *name,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Takes back what was begun or offered, or left and not yet taken; as far as it is there. */
void spoc_scan_withdraw(SpocSpool *spool, const char *name);

/* --- for spocd -------------------------------------------------------------------------- */

/* (transfer full) (element-type utf8): the entries that were left */
GPtrArray *spoc_scan_list_left(SpocSpool *spool, GError **error) G_GNUC_WARN_UNUSED_RESULT;

SpocScanMetadata *spoc_scan_load(SpocSpool *spool, const char *name,
                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Metadata of a document that is being copied */
SpocScanMetadata *spoc_scan_load_temporary(SpocSpool *spool, const char *name, GError **error);

/* A descriptor to read it by, the caller's; SPOC_ERROR_CORRUPT when it has not @size_bytes */
int spoc_scan_open_document(SpocSpool *spool, const char *name, guint64 size_bytes,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* A message of the queue has taken the entry; nothing to do for one that was not left. */
gboolean spoc_scan_taken(SpocSpool *spool, const char *name,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Writes the record, durably. */
gboolean spoc_scan_write_record(SpocSpool *spool, const char *name, const SpocScanRecord *record,
                                GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* FALSE with SPOC_ERROR_NOT_FOUND when there is none */
gboolean spoc_scan_find_record(SpocSpool *spool, const char *name, SpocScanRecord *ret_record,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Moves document and metadata to corrupt/, of an entry that was left and cannot be understood. */
gboolean spoc_scan_set_aside(SpocSpool *spool, const char *name,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* 0: there is none */
guint64 spoc_scan_document_size(SpocSpool *spool, const char *name);

/* Removes document and metadata; the record stays. */
gboolean spoc_scan_remove(SpocSpool *spool, const char *name,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;
