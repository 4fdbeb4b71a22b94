/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  The log of what is finished in one journal. The format is described at the top
 *          of marks.c. Private to the layer.
 */
#pragma once

#include <glib.h>

/* The part of a mark that covers the whole event */
#define SPOC_JOURNAL_WHOLE 0xffffu

typedef struct _SpocMarks SpocMarks;

/* Reads what marks there are; makes no file before the first mark. @salt is the journal's:
 * marks that were made for another one count for nothing. */
SpocMarks *spoc_marks_open(int directory_fd, const char *name, guint64 salt,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;
void spoc_marks_free(SpocMarks *marks);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SpocMarks, spoc_marks_free)

gboolean spoc_marks_add(SpocMarks *marks, guint64 offset, guint part,
                        GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean spoc_marks_add_before(SpocMarks *marks, guint64 offset,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean spoc_marks_has(const SpocMarks *marks, guint64 offset, guint part);
guint64 spoc_marks_before(const SpocMarks *marks);
gboolean spoc_marks_sync(SpocMarks *marks, GError **error) G_GNUC_WARN_UNUSED_RESULT;
