/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   Our own certificate and key, for servers that ask for one.
 * SECURITY  The key stays in OpenSSL's hands; no message shows any of it.
 */
#pragma once

#include "trust/openssl.h"

/**
 * SpocCredential:
 * @chain: what the file holds behind the first certificate
 */
typedef struct {
    X509 *certificate;
    STACK_OF(X509) * chain;
    EVP_PKEY *key;
} SpocCredential;

void spoc_credential_clear(SpocCredential *credential);

/**
 * spoc_credential_read:
 * @certificate_file: PEM: the certificate, then its chain
 * @key_file: (nullable): PEM, not encrypted; NULL: in the same file
 * @certificate_setting: the option that names the first, for errors
 * @key_setting: the same of the second
 *
 * Returns: FALSE with an error that names the option and file
 */
gboolean spoc_credential_read(const char *certificate_file, const char *key_file,
                              const char *certificate_setting, const char *key_setting,
                              SpocCredential *credential, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* (transfer full) (nullable): a private key in PEM, not encrypted */
EVP_PKEY *spoc_credential_parse_key(const char *pem, gsize length) G_GNUC_WARN_UNUSED_RESULT;
