/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  When a digest is due.
 */
#pragma once

#include <glib.h>

/* An event older than this does not make its digest due: the clock was wrong, or spocd was away so
 * long that a day more does not matter. */
#define SPOC_DUE_BACKLOG_MAX_S (7 * 24 * 3600)

/**
 * spoc_due_daily_unix_s:
 * @minute: of the day, in the time zone of the environment
 * @event_unix_s: when the first event happened; 0: not known
 *
 * Returns: the first such minute behind the event, which is in the past when spocd was not there
 *   at the time
 */
gint64 spoc_due_daily_unix_s(gint minute, gint64 event_unix_s, gint64 now_unix_s);
