/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   Talks to the running spocd over the spool's control socket: a line is asked, any
 *           number of lines come back, then "ok", "ok TEXT" or "error TEXT".
 * ERRORS    SPOC_ERROR_UNAVAILABLE: nobody listens. SPOC_ERROR_FAILED: spocd says no, in its
 *           words, or does not answer in time. SPOC_ERROR_LIMIT: more
 *           than anybody needs.
 */
#pragma once

#include "spool/spool.h"

/* The longest silence within one answer, unless it is set otherwise */
#define SPOC_CLIENT_TIMEOUT_MS 5000
#define SPOC_CLIENT_LINES_MAX 200000

typedef struct _SpocControlClient SpocControlClient;

SpocControlClient *spoc_control_client_new(SpocSpool *spool,
                                           GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* @fd: (transfer full): a connected stream socket */
SpocControlClient *spoc_control_client_new_from_fd(int fd);
void spoc_control_client_free(SpocControlClient *client);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SpocControlClient, spoc_control_client_free)

void spoc_control_client_set_timeout(SpocControlClient *client, int timeout_ms);

/**
 * spoc_control_client_ask:
 * @request: one line without its line break, see control/protocol.h
 *
 * Returns: (transfer full) (element-type utf8): the lines before "ok", perhaps none
 */
GPtrArray *spoc_control_client_ask(SpocControlClient *client, const char *request,
                                   GError **error) G_GNUC_WARN_UNUSED_RESULT;
