/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  Writes a journal: one per notifier process. What journals are: spool/journal.h.
 */
#pragma once

#include "spool/journal-format.h"

typedef struct _SpocJournalWriter SpocJournalWriter;

/* Makes a journal with a new, unique name; nothing is on disk for certain before the
 * first successful sync. */
SpocJournalWriter *spoc_journal_writer_new(SpocSpool *spool, const char *recipient_uri,
                                           const void *user_data, gsize user_data_size,
                                           GError **error) G_GNUC_WARN_UNUSED_RESULT;
void spoc_journal_writer_free(SpocJournalWriter *writer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SpocJournalWriter, spoc_journal_writer_free)
const char *spoc_journal_writer_name(const SpocJournalWriter *writer);

/* Appends one block of 1 to SPOC_JOURNAL_COMMIT_MAX_BYTES and syncs it. On failure nothing
 * of the block counts: the file is cut back, and the same bytes must be given again before
 * others. With SPOC_ERROR_NOT_FOUND the journal is gone (somebody removed the spool), and
 * only a new writer can help. */
gboolean spoc_journal_writer_commit(SpocJournalWriter *writer, const void *bytes, gsize size,
                                    GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Writes and syncs the end mark: the stream is complete. Where nothing was committed no
 * journal comes to be. */
gboolean spoc_journal_writer_finish(SpocJournalWriter *writer,
                                    GError **error) G_GNUC_WARN_UNUSED_RESULT;
