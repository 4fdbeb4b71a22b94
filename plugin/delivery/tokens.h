/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   How the delivery asks for an OAuth 2.0 access token, without knowing where tokens
 *           come from.
 * ERRORS    SPOC_ERROR_DENIED: there will be none until somebody mends something, and mail is
 *           held. SPOC_ERROR_UNAVAILABLE: like a mail server that is away. The message is one
 *           line with the provider's words and what to do.
 * SECURITY  A token is a secret; an error's message never holds one.
 */
#pragma once

#include <glib.h>

/**
 * SpocTokenFunc:
 * @token: (nullable): NULL with @error set
 * @error: (nullable)
 *
 * Comes once for each request that is not cancelled, from the main loop and never from within
 * ask().
 */
typedef void (*SpocTokenFunc)(const char *token, const GError *error, gpointer user_data);

/**
 * SpocTokens:
 * @ask: @refused (nullable) is the token that the mail server has just refused, so that another
 *   one is wanted. Returns a handle for @cancel, good until @func was called.
 * @cancel: @func is not called any more
 * @describe: (nullable): (transfer full) (nullable): one line about the token that there is:
 *   where from, until when, for what
 */
typedef struct {
    gpointer (*ask)(gpointer source, const char *refused, SpocTokenFunc func, gpointer user_data);
    void (*cancel)(gpointer source, gpointer request);
    char *(*describe)(gpointer source);
    gpointer source;
} SpocTokens;
