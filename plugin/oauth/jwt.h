/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   Signed assertions (RFC 7515, 7519, 7523), and a look into a token for people.
 * SECURITY  A token that is shown is foreign: nothing is verified, every text is bounded and one
 *           line. Signing is OpenSSL's.
 */
#pragma once

#include <json-glib/json-glib.h>
#include <openssl/evp.h>

/* Claims need not be longer: an assertion is used at once. Providers allow 10 to 60 minutes. */
#define SPOC_JWT_LIFETIME_S 600

/**
 * spoc_jwt_algorithm:
 * @prefers_pss: an RSA key signs with PS256, as Microsoft wants it, else with RS256
 *
 * Returns: (nullable): "RS256", "PS256", "ES256"; NULL: there is none for such a key
 */
const char *spoc_jwt_algorithm(EVP_PKEY *key, gboolean prefers_pss);

/**
 * spoc_jwt_sign:
 * @header: gets "alg" and "typ"
 * @algorithm: of spoc_jwt_algorithm() for @key
 *
 * Returns: (transfer full): HEADER.CLAIMS.SIGNATURE; SPOC_ERROR_FAILED with OpenSSL's words
 */
char *spoc_jwt_sign(JsonObject *header, JsonObject *claims, EVP_PKEY *key, const char *algorithm,
                    GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* (transfer full): RFC 7515's base64url without padding */
char *spoc_jwt_base64url(const void *bytes, gsize size);

/**
 * SpocJwtPeek:
 * @audience: (nullable): "aud"
 * @scope: (nullable): "scp", "scope" or "roles"
 * @expires_unix_s: "exp"; 0: not said
 */
typedef struct {
    char *audience;
    char *scope;
    gint64 expires_unix_s;
} SpocJwtPeek;

void spoc_jwt_peek_clear(SpocJwtPeek *peek);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(SpocJwtPeek, spoc_jwt_peek_clear)

/* FALSE when the token is no JWT that can be read; many are not, and need not be. */
gboolean spoc_jwt_peek(const char *token, SpocJwtPeek *peek);
