/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   A GSource that watches one descriptor and one deadline, cheap to change: a new
 *           deadline costs no system call.
 */
#pragma once

#include <glib.h>

/* @condition: 0 when only the deadline has come */
typedef void (*SpocWatchFunc)(GIOCondition condition, gpointer user_data);

typedef struct _SpocWatch SpocWatch;

/* Watches for input until told otherwise. */
SpocWatch *spoc_watch_new(GMainContext *context, int fd, SpocWatchFunc func, gpointer user_data);
void spoc_watch_free(SpocWatch *watch);

void spoc_watch_set_output(SpocWatch *watch, gboolean wanted);
/* Monotonic microseconds */
void spoc_watch_set_deadline(SpocWatch *watch, gint64 deadline_us);
