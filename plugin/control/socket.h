/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  How a client (notifier, backend, spocctl) reaches spocd: a connection to the
 *          control socket, and a spocd started where nobody listens.
 *
 * A service's socket is STATE_ROOT/spoc/control, in a folder that root made and nobody else can
 * write to; systemd makes it as root, so it must not be where lp can put a link. It is used when
 * folder and socket are as they must be. Else the socket is the spool's own, control, made by the
 * spool's owner, and never touched by root. Whoever listens must be root or the spool's owner.
 *
 * What is said over it: control/protocol.h.
 */
#pragma once

#include "spool/spool.h"

/**
 * spoc_control_socket_connect:
 *
 * Returns: a non-blocking, close-on-exec stream socket, the caller's; -1 with
 *   SPOC_ERROR_UNAVAILABLE when nobody listens
 */
int spoc_control_socket_connect(SpocSpool *spool, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The same, of the spool's own socket alone: for a spocd that has the service's */
int spoc_control_socket_connect_spool(SpocSpool *spool, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * spoc_control_socket_listen:
 *
 * Replaces a dead control socket in the spool by one that listens, non-blocking, close-on-exec,
 * 0600. Only the holder of the lock may call it.
 */
int spoc_control_socket_listen(SpocSpool *spool, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * spoc_control_socket_start_daemon:
 *
 * Runs spocd detached: double fork, setsid, every descriptor closed, stdin and stdout
 * /dev/null, stderr the spool's own log. Returns before it is ready.
 */
gboolean spoc_control_socket_start_daemon(SpocSpool *spool, const SpocPlaces *places,
                                          GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * spoc_control_wake:
 *
 * Connects and says "wake"; where nobody listens, starts spocd. Never blocks.
 */
gboolean spoc_control_wake(SpocSpool *spool, const SpocPlaces *places,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;
