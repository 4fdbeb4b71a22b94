/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   A GSource that watches one descriptor and one deadline, cheap to change: a new
 *           deadline costs no system call.
 */
#pragma once

#include <glib.h>

/* @condition: 0 when only the deadline has come */
typedef void (*SpocIoWatchFunc)(GIOCondition condition, gpointer user_data);

typedef struct _SpocIoWatch SpocIoWatch;

/* Watches for input until told otherwise. */
SpocIoWatch *spoc_io_watch_new(GMainContext *context, int fd, SpocIoWatchFunc func,
                               gpointer user_data);
void spoc_io_watch_free(SpocIoWatch *watch);

void spoc_io_watch_set_output(SpocIoWatch *watch, gboolean wanted);
/* Monotonic microseconds */
void spoc_io_watch_set_deadline(SpocIoWatch *watch, gint64 deadline_us);
