/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   The mail around a document: everything but the document itself, which stays a file
 *           and is encoded while it is sent.
 * SECURITY  Titles, options and names are foreign: in headers each is made one line and
 *           encoded, in the text it can end no part, and a file's name cannot lead anywhere.
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
