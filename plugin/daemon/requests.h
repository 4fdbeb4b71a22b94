/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  Answers what comes through the control socket (control/protocol.h lists the requests).
 */
#pragma once

#include "control/server.h"
#include "notify/journal-set.h"
#include "oauth/keeper.h"
#include "queue/manager.h"
#include "scan/manager.h"

/**
 * SpocRequestsContext:
 * @runtime: the current one; a reload replaces it
 * @wake: looks for new work in the spool
 * @check_config: loads a changed configuration now, without waiting for the next look
 * @login_changed: takes up another stored login
 * @leave: finishes what is in progress, then ends the daemon
 *
 * What requests need of the daemon. All borrowed; complete before the main loop runs.
 */
typedef struct {
    SpocSpool *spool;
    SpocQueueManager *queue_manager;
    SpocScanManager *scan_manager;
    SpocJournalSet *journals;
    SpocTokenKeeper *token_keeper;
    const SpocRuntime *runtime;
    void (*wake)(gpointer user_data);
    void (*check_config)(gpointer user_data);
    void (*login_changed)(gpointer user_data);
    void (*leave)(gpointer user_data);
    gpointer user_data;
} SpocRequestsContext;

typedef struct _SpocRequests SpocRequests;

/* @context: borrowed */
SpocRequests *spoc_requests_new(const SpocRequestsContext *context);
/* After the control socket is closed. */
void spoc_requests_free(SpocRequests *requests);

/* A SpocControlRequestFunc */
void spoc_requests_handle(SpocControlPeer *client, const char *line, gpointer requests);

/* All that was there and due is handled: answers every client that waits for that. */
void spoc_requests_report_drained(SpocRequests *requests, int status);
