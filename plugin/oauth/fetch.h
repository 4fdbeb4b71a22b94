/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   Gets one token, once, from the source that counts.
 * OWNERSHIP Everything happens on the context that was the thread's default when it was made.
 * ERRORS    SPOC_ERROR_DENIED: nothing helps until somebody mends it; SPOC_ERROR_UNAVAILABLE: it
 *           may pass. One line: where, the provider's words, what to do; without any secret.
 */
#pragma once

#include "oauth/reply.h"
#include "oauth/settings.h"
#include "oauth/stored-login.h"
#include "trust/tls.h"

typedef struct _SpocTokenFetch SpocTokenFetch;

/**
 * SpocTokenResult:
 * @error: (nullable): then there is no reply
 * @retry_after_s: what the provider asks for; 0: nothing
 * @reply: (nullable): with an access token; what is in it may be stolen
 * @login: (nullable): the stored login that was used, as it was read
 */
typedef struct {
    const GError *error;
    gint64 retry_after_s;
    SpocTokenSource source;
    SpocTokenReply *reply;
    const SpocStoredLogin *login;
} SpocTokenResult;

/* Called once, from the main loop; the fetch may be freed from here. */
typedef void (*SpocTokenFetchFunc)(const SpocTokenResult *result, gpointer user_data);

/**
 * spoc_token_fetch_new:
 * @state_fd: the spool's state/, where a refresh token may be; -1: there is none
 * @tls: (nullable): only a command needs none
 */
SpocTokenFetch *spoc_token_fetch_new(SpocOAuthSettings *settings, int state_fd, SpocTls *tls,
                                     SpocTokenFetchFunc func, gpointer user_data);
/* Whether its answer may hold a refresh token that takes another's place, and must be heard */
gboolean spoc_token_fetch_may_rotate(const SpocTokenFetch *fetch);
void spoc_token_fetch_free(SpocTokenFetch *fetch);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SpocTokenFetch, spoc_token_fetch_free)

/**
 * spoc_token_fetch_find_source:
 * @login: (out caller-allocates): to be cleared whatever is returned; filled with REFRESH
 *
 * Which source counts now. A stored refresh token that fits counts before the client's secret,
 * which then goes with it.
 *
 * Returns: FALSE with SPOC_ERROR_DENIED when there is none that can be used
 */
gboolean spoc_token_fetch_find_source(const SpocOAuthSettings *settings, int state_fd,
                                      SpocTokenSource *ret_source, SpocStoredLogin *login,
                                      GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* (transfer full): what became of an answer that holds no token: for device logins as well.
 * @reply: (nullable): what could be understood of it */
GError *spoc_token_fetch_judge(const SpocOAuthSettings *settings, SpocTokenSource source,
                               const char *url, long status, const SpocTokenReply *reply);

/* (transfer full): the host of a URL, for people */
char *spoc_token_fetch_host(const char *url);
