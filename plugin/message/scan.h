/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   The mail around a document: everything but the document itself, which stays a file
 *           and is encoded while it is sent; what a document is, and what its file is called; and
 *           the notice to its owner that it was not delivered.
 * SECURITY  Titles, options and names are foreign: in headers each is made one line and
 *           encoded, in the text it can end no part. A file's name has no folder in it, and no
 *           type that a program would run.
 */
#pragma once

#include "message/mail.h"
#include "people/recipient.h"

#define SPOC_SCAN_BODY_MAX_BYTES (64 * 1024)

/**
 * SpocScanMail:
 * @name: of the scan entry: the message's identifier
 * @uuid: (nullable): of the job
 * @to: (element-type SpocPerson): at least one
 * @cc: (element-type SpocPerson)
 * @owner: (nullable): the job's owner, for Reply-To or From
 * @is_from_owner: the owner is From and the server Sender
 * @sender: the server's address
 * @subject: one line or not
 * @body: text before the document, \n line ends
 * @filename: from spoc_scan_filename()
 * @content_type: from spoc_scan_content_type()
 */
typedef struct {
    const char *name;
    const char *uuid;
    const GPtrArray *to;
    const GPtrArray *cc;
    const SpocPerson *owner;
    gboolean is_from_owner;
    const char *sender;
    const char *sender_name; /* (nullable): mailfrom's, instead of one of ours */
    const char *host_name;
    const char *language; /* (nullable): English; of the sender's name */
    const char *subject;
    const char *body;
    const char *filename;
    const char *content_type;
    gint64 when_unix_s;
} SpocScanMail;

/**
 * spoc_scan_compose:
 *
 * Returns: (transfer full): its bytes are a frame: what stands before the document in base64
 *   and what stands behind it; spoc_scan_frame_split() takes them apart
 */
SpocComposedMail *spoc_scan_compose(const SpocScanMail *mail,
                                    GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* FALSE with SPOC_ERROR_CORRUPT when it is no frame */
gboolean spoc_scan_frame_split(GBytes *frame, GBytes **ret_head, GBytes **ret_tail,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* --- the file --------------------------------------------------------------------------- */

/* Bytes of a document's beginning that tell what it is */
#define SPOC_SCAN_START_BYTES 4096

/**
 * spoc_scan_content_type:
 * @declared: (nullable): what CUPS says
 * @start: (array length=size): the document's beginning
 *
 * What CUPS says, where that says something; else what the bytes look like. A program is but
 * bytes: a scanner sends none.
 *
 * Returns: (transfer full): "application/pdf", with a charset where it is text in UTF-8; never
 *   anything that is not a valid Content-Type
 */
char *spoc_scan_content_type(const char *declared, const guint8 *start, gsize size);

/**
 * spoc_scan_filename:
 * @wanted: anything
 *
 * Returns: (transfer full): a file's name with the extension of @content_type: one line, no
 *   folder in it, nothing that a file system refuses, and none that a double click would run
 */
char *spoc_scan_filename(const char *wanted, const char *content_type);

/* --- not delivered ---------------------------------------------------------------------- */

typedef struct {
    const char *address;
    const char *reason; /* (nullable) */
} SpocUndelivered;

/**
 * SpocScanNotice:
 * @id: of the message that failed; the notice's own derives from it
 * @owner: whom it is for
 * @undelivered: (array length=count): at least one
 * @size_bytes: of the document
 * @mail_size_bytes: of the mail that it became
 */
typedef struct {
    const char *id;
    const SpocPerson *owner;
    const SpocUndelivered *undelivered;
    gsize count;
    const char *title;
    const char *printer;
    const char *sender;
    const char *sender_name; /* (nullable): mailfrom's, instead of one of ours */
    const char *host_name;
    const char *language; /* (nullable): English */
    guint64 size_bytes;
    guint64 mail_size_bytes;
    gint64 sent_unix_s;
    gint64 now_unix_s;
} SpocScanNotice;

SpocComposedMail *spoc_scan_notice_compose(const SpocScanNotice *notice,
                                           GError **error) G_GNUC_WARN_UNUSED_RESULT;
