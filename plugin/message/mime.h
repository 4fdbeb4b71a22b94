/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   The bytes of a mail: headers (RFC 5322, RFC 2047) and text parts in an encoding
 *           that every server takes; GMime encodes the parts. GMime's objects for a whole mail
 *           cost more than all the rest of composing, so the mail is put together here, one
 *           header behind the other.
 * SECURITY  What is given as text is made one line before it is encoded: it can end no header.
 */
#pragma once

#include <glib.h>

#define SPOC_MIME_LINE_MAX_BYTES 998 /* RFC 5322 2.1.1 */

/* @value: ASCII that is our own, without line breaks */
void spoc_mime_append_header(GString *mail, const char *name, const char *value);

/* @text: anything */
void spoc_mime_append_text_header(GString *mail, const char *name, const char *text);

/**
 * spoc_mime_append_mailbox:
 * @display_name: (nullable): anything
 * @address: one that spoc_address_is_valid() accepts
 */
void spoc_mime_append_mailbox(GString *mail, const char *name, const char *display_name,
                              const char *address);

/* RFC 5322 3.3, in the time zone of the environment, whatever the locale */
void spoc_mime_append_date(GString *mail, gint64 unix_s);
char *spoc_mime_format_date(gint64 unix_s);

/**
 * spoc_mime_append_text_part:
 * @subtype: "plain"
 * @text: UTF-8 with \n line ends
 *
 * Appends the content headers, the empty line and the encoded text with CRLF.
 */
void spoc_mime_append_text_part(GString *mail, const char *subtype, const char *text);
