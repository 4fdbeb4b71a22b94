/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  How the login with a token is, for `spocctl oauth status`, `status` and `check`: from
 * the configuration and the spool, and from the spocd that runs.
 */
#pragma once

#include "config/config.h"
#include "control/client.h"
#include "ctl/findings.h"

/**
 * SpocTokenOverview:
 * @source: where tokens come from; "none"
 * @last_error: (nullable)
 * @is_running: a spocd answered
 *
 * A time is 0 where there is none, or it is not known.
 */
typedef struct {
    const char *source;
    gint64 token_expires_unix_s;
    gint64 certificate_expires_unix_s;
    gint64 login_expires_unix_s;
    char *last_error;
    gboolean is_running;
} SpocTokenOverview;

void spoc_token_overview_clear(SpocTokenOverview *overview);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(SpocTokenOverview, spoc_token_overview_clear)

/* As the user that spocd runs as. Without a spool, and without a spocd, from what is set alone. */
gboolean spoc_token_overview_read(const SpocPlaces *places, const SpocConfig *config,
                                  SpocTokenOverview *overview,
                                  GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Adds what is wrong with the login with a token, or soon will be. */
void spoc_token_overview_find(GPtrArray *findings, const SpocPlaces *places,
                              const SpocConfig *config);
