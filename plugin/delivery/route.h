/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  Which server is asked next. Pure: time is an argument, in microseconds of the
 *          monotonic clock.
 */
#pragma once

#include <glib.h>

/* Primary and backup. */
#define SPOC_ROUTE_SERVERS 2

typedef struct {
    gboolean usable;      /* it is configured and may be asked */
    gboolean failing;     /* the last that was heard of it was a failure */
    gint64 down_until_us; /* while failing: not to be asked before */
    gboolean probing;     /* while failing: one connection is finding out */
} SpocServerState;

typedef struct {
    int server;         /* -1: none now */
    gint64 earliest_us; /* with -1: when the first of them may be asked again; 0: not known */
} SpocRoute;

/**
 * spoc_route_next:
 * @states: (array fixed-size=2)
 * @tried: bit N set: server N was asked for this request already
 *
 * The first in order that works, or that failed and is due to be asked again; else the
 * first that is being asked again just now, to share what it answers.
 */
SpocRoute spoc_route_next(const SpocServerState *states, guint tried, gint64 now_us);

/* A server that dropped the connection so often behind the final dot of one message has had its
 * chance to say whether it took it. */
#define SPOC_ROUTE_DROPS_MAX 2

/**
 * spoc_route_kept_from:
 * @dropped_by: the server that may have the message already, because the connection was lost
 *   behind the final dot; -1: none
 * @drops: how often
 *
 * Returns: bit N: server N is not to be asked, because @dropped_by comes first: asked with the
 *   same Message-ID, it may know the message. No server, once that one had its chance or cannot
 *   be asked.
 */
guint spoc_route_kept_from(const SpocServerState *states, guint tried, int dropped_by, guint drops);

/**
 * spoc_route_pause_us:
 * @failures: in a row, at least 1
 *
 * Returns: how long a server that failed is left alone: 30 s, doubling to 5 min
 */
gint64 spoc_route_pause_us(guint failures);
