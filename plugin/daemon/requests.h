/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  What the control socket is asked for (control.h has the list), and the answers.
 */
#pragma once

#include "control/server.h"
#include "daemon/daemon.h"
#include "notify/journal-set.h"
#include "queue/manager.h"
#include "scan/manager.h"

typedef struct _SpocRequests SpocRequests;

SpocRequests *spoc_requests_new(SpocDaemon *daemon);
/* After the control socket is closed. */
void spoc_requests_free(SpocRequests *requests);

/* A SpocControlRequestFunc */
void spoc_requests_handle(SpocControlPeer *client, const char *line, gpointer requests);

/* All that was there and due is handled: answers who asked to be told. */
void spoc_requests_settled(SpocRequests *requests, int status);

/* What the requests may use of the daemon */
void spoc_daemon_wake(SpocDaemon *daemon);
SpocSpool *spoc_daemon_spool(SpocDaemon *daemon);
SpocQueueManager *spoc_daemon_queue_manager(SpocDaemon *daemon);
SpocScanManager *spoc_daemon_scan_manager(SpocDaemon *daemon);
SpocJournalSet *spoc_daemon_journals(SpocDaemon *daemon);
/* Takes up a configuration that was changed, without waiting for the next look. */
void spoc_daemon_check_config(SpocDaemon *daemon);
const SpocRuntime *spoc_daemon_runtime(SpocDaemon *daemon);
