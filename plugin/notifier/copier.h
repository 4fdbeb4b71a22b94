/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   Copies a stream of events into journals as fast as it comes, and never gives up.
 * ERRORS    Whatever prevents writing is one ERROR line with the remedy; the bytes stay in
 *           memory and are tried again. It comes back only when all is on disk, or when
 *           that has failed for long after the stream's end.
 * SECURITY  The bytes are not looked at.
 *
 * Two threads, and their reason: cupsd drops events in the
 * middle when its pipe of 64 KiB is full, and fdatasync() blocks for as long as the disk
 * likes. So one thread reads and does nothing else, and the other one writes.
 */
#pragma once

#include "base/log.h"
#include "base/places.h"

#include <glib.h>

/**
 * SpocCopierLimits:
 * @backlog_max_bytes: what is kept in memory while it cannot be written
 * @linger_ms: how long a failed write is tried again after the stream has ended
 * @silence_ms: after SIGTERM the stream counts as ended when nothing came for so long
 * @journal_max_bytes: a journal that holds so much is ended, in a pause of the stream of @pause_ms,
 *   and the next one begun, so that spocd can delete it: a subscription may live for years
 * @wake_ms: between two wake-ups of spocd; the last commit always makes one
 *
 * So that a test can have smaller ones
 */
typedef struct {
    guint64 backlog_max_bytes;
    gint64 linger_ms;
    gint64 retry_ms;
    gint64 silence_ms;
    guint64 journal_max_bytes;
    gint64 pause_ms;
    gint64 wake_ms;
} SpocCopierLimits;

extern const SpocCopierLimits spoc_copier_limits_default;

/**
 * SpocCopierTask:
 * @input_fd: where the events come from, blocking or not
 * @stop_fd: readable when the process was told to end; -1: never
 * @recipient_uri: as cupsd gave it
 * @log: written to by both threads, one write(2) a line
 *
 * Everything is borrowed.
 */
typedef struct {
    int input_fd;
    int stop_fd;
    const char *recipient_uri;
    const void *user_data;
    gsize user_data_size;
    const SpocPlaces *places;
    SpocLog *log;
    const SpocCopierLimits *limits;
} SpocCopierTask;

/**
 * spoc_copier_run:
 *
 * Returns: whether all that was read is on disk
 */
gboolean spoc_copier_run(const SpocCopierTask *task);
