/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  One call of `spocctl queue`: what was asked for, and the two halves that answer:
 *          what looks (command-queue.c) and what changes (queue-orders.c).
 */
#pragma once

#include "ctl/queue-commander.h"
#include "queue/list.h"

/**
 * SpocQueueRequest:
 * @spool: owned
 * @all: every message that the filter lets through
 * @filtered: a filter was given
 * @recipient: (nullable): owned; what the filter points to
 * @ids: NULL-terminated, borrowed
 */
typedef struct {
    const SpocPlaces *places;
    SpocSpool *spool;
    gint64 now_unix_s;
    gboolean json;
    gboolean all;
    gboolean filtered;
    SpocQueueFilter filter;
    char *recipient;
    char **ids;
} SpocQueueRequest;

/* (transfer full) (nullable): what waits, as far as it can be known; what is wrong is said.
 * A spocd that does not answer hides only what it has in memory. */
GPtrArray *spoc_queue_request_list(const SpocQueueRequest *request, SpocControlClient *client);

/* Says what is wrong with one message. Returns SPOC_CTL_PROBLEM. */
int spoc_queue_request_fail(const char *id, const GError *error);

/* Carries out @order for the messages that are meant. Returns: an exit status */
int spoc_queue_request_command(SpocQueueRequest *request, SpocQueueCommand order);
