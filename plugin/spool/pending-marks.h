/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  The marks of a message that tells several events, kept in the spool's state/ while the
 *          message is being stored. If spocd is killed between storing the message and marking all
 *          of its events, the next one finishes the marks, and no event is mailed twice.
 *
 * One message is stored at a time, so there is one file: the message's identifier, then a line
 * "JOURNAL OFFSET PART" a mark.
 */
#pragma once

#include "spool/spool.h"

/* Durable when it returns TRUE. To be called before the message is stored. */
gboolean spoc_pending_marks_write(SpocSpool *spool, const char *message_id, const char *marks,
                                  GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* All marks are made. */
void spoc_pending_marks_forget(SpocSpool *spool);

/* Before journals are read, and before anything is done to the messages of a spocd that was killed:
 * makes the marks if the message is in the spool. FALSE: not all of them could be made. */
gboolean spoc_pending_marks_finish(SpocSpool *spool, GError **error) G_GNUC_WARN_UNUSED_RESULT;
