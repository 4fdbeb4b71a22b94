/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   The content of a mail that carries one document: what stands before it, the
 *           document in base64 (RFC 2045 6.8), encoded while it is sent, and what stands behind
 *           it. Memory is the same for every size.
 */
#pragma once

#include "delivery/content.h"

/* Bytes of base64 that @size_bytes become: lines of 76 with CR LF */
guint64 spoc_attachment_encoded_bytes(guint64 size_bytes);

/**
 * SpocAttachmentEvents:
 * @progress: @percent of the document was read; called when it changes, and with 0 at each start
 * @is_withdrawn: (nullable): asked before each piece; TRUE ends the sending with a failure
 */
typedef struct {
    void (*progress)(guint percent, gpointer user_data);
    gboolean (*is_withdrawn)(gpointer user_data);
} SpocAttachmentEvents;

/**
 * spoc_attachment_new:
 * @head: with CR LF, up to and with the empty line before the document
 * @fd: (transfer full): of the document
 * @size_bytes: of the document
 * @tail: with CR LF, behind it; no line of it begins with a dot
 * @events: (nullable): static
 * @user_data: outlives the content's readings
 */
SpocContent *spoc_attachment_new(GBytes *head, int fd, guint64 size_bytes, GBytes *tail,
                                 const SpocAttachmentEvents *events, gpointer user_data);
