/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   spocd itself: joins journals, aggregator, queue and control socket on one main loop,
 *           and knows when there is nothing left to do.
 * OWNERSHIP Holds the lock of the spool while it lives.
 */
#pragma once

#include "base/log.h"
#include "spool/spool.h"

typedef enum {
    SPOC_DAEMON_UNTIL_IDLE, /* started by a client or by hand */
    SPOC_DAEMON_ONCE,       /* all that is there and due, then leave */
    SPOC_DAEMON_SERVICE,    /* for ever */
} SpocDaemonMode;

/* Exit statuses (sysexits.h: EX_TEMPFAIL, EX_CONFIG) */
#define SPOC_DAEMON_NOTHING_WAITS 0
#define SPOC_DAEMON_SOMETHING_WAITS 75
#define SPOC_DAEMON_CONFIGURATION 78

typedef struct _SpocDaemon SpocDaemon;

/**
 * spoc_daemon_new:
 * @spool: borrowed; its lock is held
 * @listen_fd: (transfer full): the control socket; -1 to make it
 *
 * Loads what waits. SPOC_ERROR_IO or SPOC_ERROR_DENIED when the spool cannot be used.
 */
SpocDaemon *spoc_daemon_new(const SpocPlaces *places, SpocSpool *spool, SpocLog *log,
                            SpocDaemonMode mode, int listen_fd,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;
void spoc_daemon_free(SpocDaemon *daemon);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SpocDaemon, spoc_daemon_free)

/* Runs until it is time to leave. Returns the exit status. */
int spoc_daemon_run(SpocDaemon *daemon);

/* From a signal: what is under way gets a moment to finish, then run() returns. */
void spoc_daemon_leave(SpocDaemon *daemon);
