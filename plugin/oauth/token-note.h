/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   How the last attempt to get a token went, in the spool's state/oauth-note, so that it
 * is known while no spocd runs. Holds no secret. A key file:
 *
 *     [token]
 *     when-unix-s = N
 *     error = TEXT               one line; none when it went well
 *
 * ERRORS    A file that cannot be read or understood is like none: it is only what was seen last.
 */
#pragma once

#include <glib.h>

#define SPOC_TOKEN_NOTE_FILE "oauth-note"

/* (transfer full) (nullable): the error of the last attempt; NULL: it went well, or nobody tried */
char *spoc_token_note_read(int state_fd);

/* @error: (nullable): one line. Writes only when it says something else than before. */
void spoc_token_note_write(int state_fd, const char *error, gint64 now_unix_s);
