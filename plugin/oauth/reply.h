/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   What a token endpoint answers (RFC 6749 5.1 and 5.2), and what a token command prints.
 * SECURITY  Foreign data: size, depth and each field are bounded, and a token holds nothing but
 *           visible ASCII, so that it can steer neither SASL nor HTTP.
 */
#pragma once

#include "base/secret.h"

/* A token is no longer than this; Microsoft's have about 2 KiB. */
#define SPOC_TOKEN_MAX_BYTES 16384
#define SPOC_TOKEN_LIFETIME_MAX_S (30 * 24 * 60 * 60)
/* Of one that does not say how long it lives */
#define SPOC_TOKEN_LIFETIME_UNKNOWN_S 300

/**
 * SpocTokenReply:
 * @access_token: (nullable): NULL: there is @error_code
 * @refresh_token: (nullable)
 * @lifetime_s: of the access token
 * @refresh_lifetime_s: of the refresh token; 0: not said
 * @scope: (nullable): one line
 * @error_code: (nullable): "invalid_grant"; one line, and foreign
 * @error_words: (nullable): what the server says of it; one line, and foreign
 */
typedef struct {
    SpocSecret *access_token;
    SpocSecret *refresh_token;
    gint64 lifetime_s;
    gint64 refresh_lifetime_s;
    char *scope;
    char *error_code;
    char *error_words;
} SpocTokenReply;

void spoc_token_reply_clear(SpocTokenReply *reply);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(SpocTokenReply, spoc_token_reply_clear)

/**
 * spoc_token_reply_parse:
 * @reply: (out caller-allocates): to be cleared whatever is returned
 *
 * Returns: FALSE when there is neither a token nor an error in it, with a clause about the answer
 */
gboolean spoc_token_reply_parse(const char *bytes, gsize length, SpocTokenReply *reply,
                                GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The same for a command: JSON of the same form, or a bare token and a line end. */
gboolean spoc_token_reply_parse_output(const char *bytes, gsize length, SpocTokenReply *reply,
                                       GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Visible ASCII, not empty and not too long */
gboolean spoc_token_is_valid(const char *token);
