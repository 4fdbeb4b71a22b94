/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   The JSON key file of a Google service account.
 * SECURITY  It holds a private key: no message shows any of it, and the key stays in OpenSSL's
 *           hands.
 */
#pragma once

#include <glib.h>
#include <openssl/evp.h>

/**
 * SpocServiceAccount:
 * @email: "client_email"
 * @key_id: (nullable): "private_key_id"
 * @token_url: (nullable): "token_uri", https
 * @client_id: (nullable): the number that a Workspace's administrator lets act for users
 */
typedef struct {
    char *email;
    char *key_id;
    char *token_url;
    char *client_id;
    EVP_PKEY *key;
} SpocServiceAccount;

void spoc_service_account_clear(SpocServiceAccount *account);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(SpocServiceAccount, spoc_service_account_clear)

/**
 * spoc_service_account_parse:
 * @account: (out caller-allocates): to be cleared whatever is returned
 *
 * Returns: FALSE with SPOC_ERROR_CORRUPT, SPOC_ERROR_LIMIT or SPOC_ERROR_INVALID: a clause about
 *   the file
 */
gboolean spoc_service_account_parse(const char *bytes, gsize length, SpocServiceAccount *account,
                                    GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The same from a file; the message names mailOAuthServiceAccount and the path. */
gboolean spoc_service_account_read(const char *path, SpocServiceAccount *account,
                                   GError **error) G_GNUC_WARN_UNUSED_RESULT;
