/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   One server: its connections, the requests that wait for one, and what is remembered
 *           of its failures.
 * OWNERSHIP Requests are borrowed: each that is submitted comes back with @next_server exactly
 * once, unless the server is freed before.
 */
#pragma once

#include "delivery/connection.h"
#include "delivery/day-count.h"
#include "delivery/pace.h"
#include "delivery/request.h"

typedef struct _SpocServer SpocServer;

/**
 * SpocServerEvents:
 * @next_server: the server has said what it has to say about the request: its recipients are noted
 * @schedule_soon: call spoc_server_schedule() soon, from the main loop
 * @schedule_at: the same at a monotonic time
 * @warning: not one mail's
 * @keep_count: what was sent today, to be durable before this returns
 */
typedef struct {
    void (*next_server)(SpocServer *server, SpocDeliveryRequest *request, gpointer user_data);
    void (*schedule_soon)(gpointer user_data);
    void (*schedule_at)(gint64 when_us, gpointer user_data);
    void (*warning)(const char *text, gpointer user_data);
    void (*keep_count)(SpocServer *server, const char *text, gpointer user_data);
} SpocServerEvents;

/* @pace, @day: borrowed: they go on when a new configuration replaces the server; @events: static
 */
SpocServer *spoc_server_new(GMainContext *context, SpocCurlMulti *curl_multi,
                            SpocDeliverySettings *settings, guint index, SpocPace *pace,
                            SpocDayCount *day, const SpocServerEvents *events, gpointer user_data);
void spoc_server_free(SpocServer *server);

void spoc_server_submit(SpocServer *server, SpocDeliveryRequest *request);

/* Gives waiting requests to connections, and opens another when that helps. */
void spoc_server_schedule(SpocServer *server);

SpocServerState spoc_server_state(const SpocServer *server);

/* (nullable): the last failure's sentence while it is failing */
const char *spoc_server_last_words(const SpocServer *server);
/* (nullable): the same, once as long as it fails for the same reason */
const char *spoc_server_take_unreported(SpocServer *server);
/* Where that was */
SpocStage spoc_server_last_stage(const SpocServer *server);
/* Whether somebody must mend that */
gboolean spoc_server_wants_mending(const SpocServer *server);

/* Somebody waits: one that is down is asked with the next mail. */
void spoc_server_try_now(SpocServer *server);

/* Whether it ever did what it was asked */
gboolean spoc_server_has_worked(const SpocServer *server);

/* Has what was sent today kept exactly, not ahead. */
void spoc_server_keep_count(SpocServer *server);

/* The same, and closes idle connections. */
void spoc_server_quit_idle(SpocServer *server);

/**
 * spoc_server_retire:
 *
 * No new mails: idle connections are closed, busy ones end with their mails.
 *
 * Returns: (transfer full) (element-type SpocDeliveryRequest): the requests that only waited; they
 * are not the business of this server any more
 */
GQueue *spoc_server_retire(SpocServer *server);
/* Nothing is under way. */
gboolean spoc_server_is_empty(const SpocServer *server);
