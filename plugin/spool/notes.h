/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   Lines of text beside one journal: what spocd has learnt about it and could not learn
 *           again. Only ever added to; a line that a crash cut short counts for nothing.
 * SECURITY  Bounded; the reader checks every line.
 *
 * Private to the layer.
 */
#pragma once

#include <glib.h>

#define SPOC_JOURNAL_NOTES_MAX_BYTES (4 * 1024 * 1024)

typedef struct _SpocNotes SpocNotes;

/* Makes no file before the first line. */
SpocNotes *spoc_notes_new(int directory_fd, const char *name);
void spoc_notes_free(SpocNotes *notes);

/* (transfer full): all whole lines; "" where there are none */
char *spoc_notes_read(SpocNotes *notes, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* @line: without a line end. SPOC_ERROR_LIMIT when there is no room for more. */
gboolean spoc_notes_add(SpocNotes *notes, const char *line,
                        GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean spoc_notes_sync(SpocNotes *notes, GError **error) G_GNUC_WARN_UNUSED_RESULT;
