/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  What systemd says to a service and wants to hear (sd_listen_fds(3), sd_notify(3)).
 *          Without libsystemd, and without systemd, all of it does nothing.
 */
#pragma once

#include <glib.h>

/* The listening control socket that a socket unit passed; -1: none */
int spoc_service_take_socket(void);
void spoc_service_ready(void);
void spoc_service_stopping(void);
/* Whether stderr is the journal */
gboolean spoc_service_logs_to_journal(void);
