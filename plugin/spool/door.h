/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  How a door (notifier, backend, spocctl) reaches spocd: a connection to the
 *          control socket, and a spocd started where nobody listens.
 *
 * The control protocol is one line a request, one or more lines an answer, each at most
 * SPOC_CONTROL_LINE_MAX_BYTES. "wake" has no answer. The rest is in daemon/control.c.
 */
#pragma once

#include "spool/spool.h"

#define SPOC_CONTROL_LINE_MAX_BYTES 65536

/**
 * spoc_door_connect:
 *
 * Returns: a non-blocking, close-on-exec stream socket, the caller's; -1 with
 *   SPOC_ERROR_UNAVAILABLE when nobody listens
 */
int spoc_door_connect(SpocSpool *spool, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * spoc_door_listen:
 *
 * Replaces a dead control socket by one that listens, non-blocking, close-on-exec,
 * 0600. Only the holder of the lock may call it.
 */
int spoc_door_listen(SpocSpool *spool, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * spoc_door_start_daemon:
 *
 * Runs spocd detached: double fork, setsid, every descriptor closed, stdin and stdout
 * /dev/null, stderr the spool's own log. Returns before it is ready.
 */
gboolean spoc_door_start_daemon(SpocSpool *spool, const SpocPlaces *places,
                                GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * spoc_door_wake:
 *
 * Connects and says "wake"; where nobody listens, starts spocd. Never blocks.
 */
gboolean spoc_door_wake(SpocSpool *spool, const SpocPlaces *places,
                        GError **error) G_GNUC_WARN_UNUSED_RESULT;
