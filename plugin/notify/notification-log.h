/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   Who was notified of what, as far as the next mail depends on it: the state of a printer
 *           that somebody heard last, how a printer was before, and how many notifications went
 *           to an address in the last hour. Kept in the spool's state/, for spocd comes and goes.
 * OWNERSHIP Borrows spool and log.
 * SECURITY  The file may be anybody's by the time it is read: a line that is not what is written
 *           here is passed over. Everything is bounded; what was used longest ago goes.
 */
#pragma once

#include "base/log.h"
#include "event/suppression.h"
#include "spool/spool.h"

typedef struct _SpocNotificationLog SpocNotificationLog;

SpocNotificationLog *spoc_notification_log_new(SpocSpool *spool, SpocLog *log);
/* Writes what is not written yet. */
void spoc_notification_log_free(SpocNotificationLog *store);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SpocNotificationLog, spoc_notification_log_free)

/* (nullable): the last notification of @printer to @address; until the log is changed */
const SpocLastNotification *spoc_notification_log_find(SpocNotificationLog *store,
                                                       const char *address, const char *printer);
/* @address was notified of @event of @printer. */
void spoc_notification_log_record(SpocNotificationLog *store, const char *address,
                                  const char *printer, const SpocEvent *event, gint64 interval_s,
                                  gint64 now_unix_s);

/**
 * spoc_notification_log_note_state:
 *
 * Takes note of the state of a printer's event, whoever gets it.
 *
 * Returns: the state before, 0 when it is not known; the same for the same event seen again
 */
gint spoc_notification_log_note_state(SpocNotificationLog *store, const SpocEvent *event);

#define SPOC_MAILS_AN_HOUR_MAX 1000

/**
 * spoc_notification_log_next_unix_s:
 * @max_per_hour: 1 to SPOC_MAILS_AN_HOUR_MAX
 *
 * Returns: when @address may be sent the next notification; @now_unix_s when that is now
 */
gint64 spoc_notification_log_next_unix_s(SpocNotificationLog *store, const char *address,
                                         guint max_per_hour, gint64 now_unix_s);
/* One went to @address. */
void spoc_notification_log_count(SpocNotificationLog *store, const char *address,
                                 gint64 now_unix_s);

/* Whether what exceeds the rate is being collected: the next spocd goes on with it, and does not
 * begin with single mails again. */
gboolean spoc_notification_log_has_rest(SpocNotificationLog *store, const char *address);
void spoc_notification_log_set_rest(SpocNotificationLog *store, const char *address,
                                    gboolean has_rest);
