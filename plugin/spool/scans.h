/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   Documents of scan jobs on their way from a door (backend, spocctl send) to spocd,
 *           and what has become of them.
 * SECURITY  What a door was told (title, options, user) is hostile; it is kept as it came,
 *           escaped, and understood only by spocd.
 *
 * The on-disk format is described at the top of scan-facts.c.
 *
 * An entry belongs to its door until the door leaves it: CUPS still has the job, so nothing
 * needs to be synced, and a door that dies leaves nothing but litter. spocd sends an entry only
 * while its door waits for the answer, or when the door has left it. A document that has to
 * wait becomes a message of the queue under the entry's name; its document stays here.
 */
#pragma once

#include "spool/spool.h"

#define SPOC_SCAN_FIELD_MAX_BYTES 4096
/* Linux gives a program no longer argument: nothing is ever cut, which could make one address
 * another. */
#define SPOC_SCAN_OPTIONS_MAX_BYTES (128 * 1024)
#define SPOC_SCAN_METADATA_MAX_BYTES (1024 * 1024)

/* Of the message that a scan becomes */
#define SPOC_SCAN_KIND "scan"

/* Records of what was settled are kept so long. */
#define SPOC_SCAN_RECORD_KEEP_S (7 * 24 * 3600)

/**
 * SpocScanMetadata: what is known of one document
 * @uri: with the recipients, as in DEVICE_URI
 * @options: of the job, as in argv
 * @content_type: "" when nobody said one
 * @uuid: of the job, as a client may have chosen it; "" for none
 * @accepted_unix_s: when cupsd took the job, as cupsd says; 0: not known. Not kept on disk: it
 *   is a part of the entry's name
 * @server: the cupsd that runs the job, see spoc_scan_process_stamp(); "" for spocctl
 * @writer: the door itself, likewise
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
void spoc_scan_metadata_free(SpocScanMetadata *facts);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SpocScanMetadata, spoc_scan_metadata_free)
/* Replaces a string of the facts, cut to SPOC_SCAN_FIELD_MAX_BYTES; NULL is "". */
void spoc_scan_metadata_set(char **field, const char *value);

/* (transfer full): "PID-STARTED" of a process, the same as long as it lives and no other's
 * afterwards; "" when it cannot be told */
char *spoc_scan_process_stamp(pid_t pid);
/* FALSE also where nothing tells. */
gboolean spoc_scan_process_lives(const char *stamp);

typedef enum {
    SPOC_SCAN_DELIVERED,
    SPOC_SCAN_QUEUED,
} SpocScanEnd;

/**
 * SpocScanRecord: what has become of a document that CUPS may run again
 * @owner: (nullable): of the job; records of versions before have none
 * @server: the cupsd that was told; "" makes the record count for every cupsd
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

/* --- for doors: scan-names.c ------------------------------------------------------------ */

/**
 * spoc_scan_choose_name:
 * @document: number of the document in its job; 0 when not known
 * @ret_record: (out): filled in when TRUE is in @ret_settled
 *
 * The name of an entry: from the job's number, when cupsd took it, and @document, so that a job
 * that CUPS runs again after a crash finds its entry or its record. Nothing of it is a client's to
 * choose, as the job's UUID is; and a name that has another owner is passed over. A run by the
 * cupsd that was told the end before is somebody's wish (a restarted job, the next of several
 * documents on stdin), and gets the next name. Where cupsd does not say when it took the job the
 * name is new each time.
 *
 * Returns: (transfer full)
 */
char *spoc_scan_choose_name(SpocSpool *spool, const SpocScanMetadata *facts, guint document,
                            gboolean *ret_settled, SpocScanRecord *ret_record,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* CUPS will run this job again, from its first document on: what was settled of it counts for
 * the same cupsd as well. */
gboolean spoc_scan_expect_rerun(SpocSpool *spool, const SpocScanMetadata *facts,
                                GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Whether the job of an entry of this name can come again, so that a record is of use */
gboolean spoc_scan_name_recurs(const char *name);

/* Another cupsd was told now. */
gboolean spoc_scan_told(SpocSpool *spool, const char *name, const SpocScanRecord *record,
                        const char *server, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* --- for doors -------------------------------------------------------------------------- */

/* A descriptor to write the document to; it is not an entry yet. @facts lie beside it, so that
 * what is being copied is no riddle. */
int spoc_scan_begin(SpocSpool *spool, const char *name, const SpocScanMetadata *facts,
                    GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Makes it an entry, replacing one of this name. */
gboolean spoc_scan_offer(SpocSpool *spool, const char *name, const SpocScanMetadata *facts,
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

/* A descriptor to read it by, the caller's; SPOC_ERROR_CORRUPT when it has not @size_bytes */
int spoc_scan_open_document(SpocSpool *spool, const char *name, guint64 size_bytes,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* A message of the queue has taken the entry; nothing to do for one that was not left. */
gboolean spoc_scan_taken(SpocSpool *spool, const char *name,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Writes the record, durably. */
gboolean spoc_scan_settle(SpocSpool *spool, const char *name, const SpocScanRecord *record,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* FALSE with SPOC_ERROR_NOT_FOUND when there is none */
gboolean spoc_scan_find_record(SpocSpool *spool, const char *name, SpocScanRecord *ret_record,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Moves document and facts to corrupt/, of an entry that was left and cannot be understood. */
gboolean spoc_scan_set_aside(SpocSpool *spool, const char *name,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* 0: there is none */
guint64 spoc_scan_document_size(SpocSpool *spool, const char *name);

/* Removes document and facts; the record stays. */
gboolean spoc_scan_remove(SpocSpool *spool, const char *name,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Removes what dead doors left behind, and old records. */
gboolean spoc_scan_sweep(SpocSpool *spool, gint64 now_unix_s,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* --- for people: scan-list.c ------------------------------------------------------------ */

/**
 * SpocScanStage: how far a document has come that is no message of the queue
 * @SPOC_SCAN_STAGE_COPYING: its door copies it
 * @SPOC_SCAN_STAGE_CUT_OFF: the door ended while it copied
 * @SPOC_SCAN_STAGE_OFFERED: its door waits for spocd
 * @SPOC_SCAN_STAGE_ABANDONED: its door ended, and did not leave it to spocd
 * @SPOC_SCAN_STAGE_LEFT: it is spocd's
 * @SPOC_SCAN_STAGE_DAMAGED: its facts are missing or damaged, so nobody knows whose it is
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

/* What "spocctl queue delete" may take away: those without a door that is at work */
gboolean spoc_scan_stage_has_door(SpocScanStage stage);

/**
 * SpocScanListed:
 * @name: of the entry; of a foreign file its own, any bytes
 * @facts: (nullable)
 * @size_bytes: of the document, as far as it is there
 */
typedef struct {
    char *name;
    SpocScanStage stage;
    SpocScanMetadata *facts;
    guint64 size_bytes;
    gint64 changed_unix_s;
} SpocScanListed;

void spoc_scan_listed_free(SpocScanListed *listed);

/* (transfer full) (element-type SpocScanListed): all that lies in scans/ but records, documents of
 * messages included; in no order */
GPtrArray *spoc_scan_list_all(SpocSpool *spool, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Takes away what spoc_scan_list_all() names so, whatever it is. SPOC_ERROR_NOT_FOUND when
 * nothing is; SPOC_ERROR_UNAVAILABLE while its door is at work */
gboolean spoc_scan_discard(SpocSpool *spool, const char *name,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;
