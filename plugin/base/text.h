/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   Makes foreign text harmless: one printable line of valid UTF-8.
 * SECURITY  Every job title, URI, option and server reply passes through here
 *           before it stands in a log line, an error or a header.
 */
#pragma once

#include <glib.h>

/**
 * spoc_text_line:
 * @bytes: (array length=length) (nullable): any bytes
 * @length: their number, or -1 when NUL-terminated
 * @max_bytes: the longest result in bytes, at least 4
 *
 * Invalid UTF-8 and NUL become U+FFFD, each control character (C0, DEL, C1, U+2028,
 * U+2029, bidirectional controls and what has no width) one blank; runs of blanks
 * that this makes are folded and the ends trimmed. A longer text ends in "…", cut between
 * characters.
 *
 * Returns: (transfer full): the line, perhaps empty, never NULL
 */
char *spoc_text_line(const char *bytes, gssize length, gsize max_bytes);

/**
 * spoc_text_is_control:
 * @character: a Unicode character
 *
 * Returns: whether spoc_text_line() would replace it
 */
gboolean spoc_text_is_control(gunichar character);

/* Whether @text, which is valid UTF-8, has one in it */
gboolean spoc_text_has_control(const char *text);

/* Whether all of them are blanks, or what ASCII has ink for */
gboolean spoc_text_is_printable_ascii(const char *bytes, gsize length);
