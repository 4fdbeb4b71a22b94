/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   What can be said of the login with a token without a network: what is missing or wrong,
 *           and what ends soon.
 */
#pragma once

#include "config/config.h"

/* What ends within this many days is warned of. */
#define SPOC_OAUTH_WARNING_DAYS 30

/**
 * SpocOAuthFinding:
 * @stops_mail: no token can be had until it is mended
 * @message: one sentence, with the option or file and the remedy
 */
typedef struct {
    gboolean stops_mail;
    char *message;
} SpocOAuthFinding;

/**
 * spoc_oauth_check:
 * @state_fd: the spool's state/; -1: there is none
 *
 * Returns: (transfer full) (element-type SpocOAuthFinding): none where no login with a token is set
 *   up
 */
GPtrArray *spoc_oauth_check(const SpocConfig *config, int state_fd, gint64 now_unix_s);

/**
 * SpocOAuthFacts:
 * @source: (nullable): NULL: no login with a token is set up
 * @certificate_expires_unix_s: 0: there is none, or it cannot be read
 * @login_expires_unix_s: of the stored refresh token; 0: not known
 */
typedef struct {
    const char *source;
    gint64 certificate_expires_unix_s;
    gint64 login_expires_unix_s;
} SpocOAuthFacts;

void spoc_oauth_facts(const SpocConfig *config, int state_fd, SpocOAuthFacts *facts);
