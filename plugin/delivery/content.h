/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   The bytes of a mail as they go over the line: read piece by piece, so that what
 *           is sent may be far larger than memory, and from the start again for another try.
 * INPUT     RFC 5322 with CR LF, not dot-stuffed. A bare CR or LF in it is sent as CR LF: a
 *           server that takes one for a line's end must not see commands in a body.
 *
 * A document is encoded in base64 (RFC 2045 6.8) while it is sent, between what stands before and
 * behind it.
 */
#pragma once

#include <glib.h>

/**
 * SpocContentKind:
 * @open: starts a reading; returns its state, or NULL with @error set
 * @read: up to @size bytes into @buffer; *@ret_size 0 is the end
 * @close: ends a reading
 * @is_wire_safe: what is read can go over the line as it is: CR LF at the end of every line
 *   and of the whole, dots stuffed; so nothing has to be looked for
 */
typedef struct {
    gpointer (*open)(gpointer data, GError **error);
    gboolean (*read)(gpointer reading, guint8 *buffer, gsize size, gsize *ret_size, GError **error);
    void (*close)(gpointer reading);
    void (*free_data)(gpointer data);
    gboolean is_wire_safe;
} SpocContentKind;

typedef struct _SpocContent SpocContent;

/**
 * spoc_content_new:
 * @kind: static
 * @data: (transfer full)
 * @size_bytes: what SIZE= announces
 * @eight_bit: there are bytes above 127
 */
SpocContent *spoc_content_new(const SpocContentKind *kind, gpointer data, guint64 size_bytes,
                              gboolean eight_bit);
SpocContent *spoc_content_new_bytes(GBytes *bytes);
SpocContent *spoc_content_ref(SpocContent *content);
void spoc_content_unref(SpocContent *content);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SpocContent, spoc_content_unref)

guint64 spoc_content_size_bytes(const SpocContent *content);
gboolean spoc_content_is_eight_bit(const SpocContent *content);

typedef struct _SpocContentReader SpocContentReader;

SpocContentReader *spoc_content_reader_new(SpocContent *content,
                                           GError **error) G_GNUC_WARN_UNUSED_RESULT;
void spoc_content_reader_free(SpocContentReader *reader);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SpocContentReader, spoc_content_reader_free)

/**
 * spoc_content_reader_next:
 * @out: wire bytes are appended: dot-stuffed (RFC 5321 4.5.2); at the end with the final
 *   CR LF, without the dot line
 * @ret_end: (out): all was read
 *
 * Reads one piece, up to about 64 KiB.
 */
gboolean spoc_content_reader_next(SpocContentReader *reader, GByteArray *out, gboolean *ret_end,
                                  GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* --- a document as attachment ------------------------------------------------------------ */

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
