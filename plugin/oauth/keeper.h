/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   The one access token of a process: asked for when somebody needs it, before it expires,
 *           never twice at once; kept in memory alone. A refresh token that takes another's place
 * is durable in the spool's state/ before the access token beside it is used. OWNERSHIP Everything
 * happens on the context that was the thread's default when it was made. Must not be freed from
 * within a SpocTokenFunc. ERRORS    As delivery/tokens.h has them. After a failure nobody is asked
 * for a while, which doubles, or for as long as the provider wants; who asks meanwhile gets the
 * same error.
 */
#pragma once

#include "delivery/tokens.h"
#include "oauth/settings.h"
#include "spool/spool.h"
#include "trust/tls.h"

/* The shortest and the longest wait after a failure */
#define SPOC_TOKEN_RETRY_MS 1000
#define SPOC_TOKEN_RETRY_MAX_MS (60 * 1000)
/* However long a provider wants to be left alone */
#define SPOC_TOKEN_RETRY_AFTER_MAX_S (60 * 60)

typedef struct _SpocTokenKeeper SpocTokenKeeper;

/* @spool: (nullable): borrowed; without one no refresh token can be used */
SpocTokenKeeper *spoc_token_keeper_new(const SpocSpool *spool);
void spoc_token_keeper_free(SpocTokenKeeper *keeper);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SpocTokenKeeper, spoc_token_keeper_free)

/**
 * spoc_token_keeper_use:
 * @tls: (nullable): while there is no policy
 *
 * A configuration, at the start or later. The token stays where the new one asks for the same;
 * what failed is tried anew.
 *
 * Returns: (transfer none) (nullable): for the delivery; NULL where there is no login with a token
 */
const SpocTokens *spoc_token_keeper_use(SpocTokenKeeper *keeper, const SpocConfig *config,
                                        SpocTls *tls);

/* Called from the main loop when a question to the provider has ended. */
typedef void (*SpocTokenKeeperChangedFunc)(gpointer user_data);
void spoc_token_keeper_set_changed(SpocTokenKeeper *keeper, SpocTokenKeeperChangedFunc changed,
                                   gpointer user_data);

/* Whether the provider is being asked: an answer that nobody hears could be a refresh token. */
gboolean spoc_token_keeper_is_busy(const SpocTokenKeeper *keeper);

/* Somebody waits: the provider is asked again, whatever it said last. */
void spoc_token_keeper_retry(SpocTokenKeeper *keeper);

/* Somebody has logged in, or wants the login forgotten: neither the token nor a failure counts. */
void spoc_token_keeper_forget(SpocTokenKeeper *keeper);

/**
 * SpocTokenStatus:
 * @source: (nullable): its name; NULL: no login with a token is set up
 * @expires_unix_s: of the token; 0: there is none
 * @last_error: (nullable): why there is none, or no new one
 */
typedef struct {
    const char *source;
    gint64 expires_unix_s;
    const char *last_error;
} SpocTokenStatus;

/* Valid until the main loop runs. */
void spoc_token_keeper_status(const SpocTokenKeeper *keeper, SpocTokenStatus *status);

/* When a token of that lifetime is to be replaced, and from when on it is not given out, counted
 * from its arrival. @jitter: 0.0 to 1.0. Pure. */
gint64 spoc_token_refresh_ms(gint64 lifetime_s, double jitter);
gint64 spoc_token_good_ms(gint64 lifetime_s);

/* How long nobody is asked after so many failures in a row. Pure. */
gint64 spoc_token_delay_ms(guint failures, gint64 retry_after_s, double jitter);
