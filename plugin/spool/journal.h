/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  Reads journals: what a notifier read, safe on disk, and how far spocd came in it.
 *
 * The on-disk format is described at the top of journal-format.c, its only owner. A journal
 * holds a head (recipient URI, user data, writer, time), blocks of the raw stream,
 * each with its checksum, and an end mark. Offsets are of the raw stream: a byte's
 * offset never changes, so an event is named by the offset of its first byte.
 *
 * Beside it lies a log of marks: which (offset, part) is finished. A mark is safe from
 * kill -9 when spoc_journal_mark() returns, and from power loss after
 * spoc_journal_sync_marks().
 */
#pragma once

#include "spool/marks.h"
#include "spool/spool.h"

typedef struct _SpocJournal SpocJournal;

/**
 * spoc_journal_list:
 *
 * Returns: (transfer full) (element-type utf8): names of all journals, oldest first
 */
GPtrArray *spoc_journal_list(SpocSpool *spool, GError **error) G_GNUC_WARN_UNUSED_RESULT;

SpocJournal *spoc_journal_open(SpocSpool *spool, const char *name,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;
void spoc_journal_free(SpocJournal *journal);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SpocJournal, spoc_journal_free)

const char *spoc_journal_name(const SpocJournal *journal);
const char *spoc_journal_recipient_uri(const SpocJournal *journal);
const guint8 *spoc_journal_user_data(const SpocJournal *journal, gsize *ret_size);
gint64 spoc_journal_created_unix_s(const SpocJournal *journal);

/* Looks at the file again for blocks that were added. TRUE in @ret_ended when no more
 * can come: it has its end mark, or its writer is dead. A damaged block is passed over
 * (its bytes read as missing; the stream goes on with the next good block) and counted. */
gboolean spoc_journal_refresh(SpocJournal *journal, gboolean *ret_ended,
                              GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Bytes of stream known so far, and blocks that were damaged */
guint64 spoc_journal_size(const SpocJournal *journal);
guint spoc_journal_damaged_blocks(const SpocJournal *journal);

/* Reads up to @size bytes of the stream from @offset. Returns the count (0 at the end),
 * -1 with @error. */
gssize spoc_journal_read(SpocJournal *journal, guint64 offset, void *buffer, gsize size,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Marks. @part names a recipient of an event; a whole event is SPOC_JOURNAL_WHOLE, and covers all
 * its parts. spoc_journal_mark_before() says that all before @offset is finished, which keeps the
 * memory of marks small. */
/* The part that names a recipient, whatever the others are by the next start */
guint spoc_journal_part(const char *key);
gboolean spoc_journal_mark(SpocJournal *journal, guint64 offset, guint part,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean spoc_journal_mark_before(SpocJournal *journal, guint64 offset,
                                  GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean spoc_journal_is_marked(const SpocJournal *journal, guint64 offset, guint part);
guint64 spoc_journal_marked_before(const SpocJournal *journal);
gboolean spoc_journal_sync_marks(SpocJournal *journal, GError **error) G_GNUC_WARN_UNUSED_RESULT;

#define SPOC_JOURNAL_NOTES_MAX_BYTES (4 * 1024 * 1024)

/* Notes: lines of text, bounded, which spocd keeps with a journal, such as what CUPS said about its
 * subscription. One is safe from kill -9 when spoc_journal_note() returns, from power loss
 * after spoc_journal_sync_notes(). SPOC_ERROR_LIMIT when there is no room for more. */
gboolean spoc_journal_note(SpocJournal *journal, const char *line,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean spoc_journal_sync_notes(SpocJournal *journal, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* (transfer full): all lines so far */
char *spoc_journal_notes(SpocJournal *journal, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Removes an ended journal with its marks and notes; the journal goes first, so that a crash
 * between never makes a second mail. SPOC_ERROR_UNAVAILABLE when it has not ended, or has
 * grown since it was refreshed. */
gboolean spoc_journal_delete(SpocJournal *journal, GError **error) G_GNUC_WARN_UNUSED_RESULT;
