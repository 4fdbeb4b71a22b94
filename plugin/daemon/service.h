/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  What systemd says to a service and wants to hear (sd_listen_fds(3), sd_notify(3),
 *          sd_watchdog_enabled(3), systemd.journal-fields(7)). Without libsystemd, and without
 *          systemd, all of it does nothing.
 */
#pragma once

#include "base/log.h"

/* The listening control socket that a socket unit passed; -1: none */
int spoc_service_take_socket(void);
void spoc_service_ready(void);
void spoc_service_stopping(void);

/* One line for systemctl status */
void spoc_service_status(const char *text);

/**
 * spoc_service_watch:
 *
 * Tells the service manager's watchdog from the main loop that it still turns, twice as often as
 * it wants to hear that.
 *
 * Returns: a GSource id; 0 where nobody watches
 */
guint spoc_service_watch(void);

/* Whether stderr is the journal */
gboolean spoc_service_logs_to_journal(void);

/* Lets what @log gets go to the journal itself, with SPOC_QUEUE_ID, SPOC_JOB_ID,
 * SPOC_RECIPIENT, SPOC_SERVER, SPOC_STAGE and SPOC_REPLY where a line is about such. */
void spoc_service_use_journal(SpocLog *log);
