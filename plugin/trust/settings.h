/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  What a SpocTls is made from, as plain data: spoc_tls_new() fills it from the
 *          configuration; tests fill it by hand.
 */
#pragma once

#include "config/config.h"

/**
 * SpocTlsSettings:
 * @versions: NULL-terminated
 * @suites: (nullable): NULL leaves the choice to OpenSSL
 * @suites_untouched: @suites are the built-in default
 * @trust_store: (nullable): file or folder
 * @trust_store_optional: it may be missing
 * @revocation_list: (nullable): PEM or DER
 * @pins: (nullable): NULL-terminated, "sha256//BASE64" each
 * @client_certificate: (nullable): PEM, with its chain behind it
 * @client_key: (nullable): PEM; NULL: in the same file
 */
typedef struct {
    const char *const *versions;
    const char *const *suites;
    gboolean suites_untouched;
    const char *trust_store;
    gboolean trust_store_optional;
    const char *trust_store_password;
    gboolean trust_system;
    const char *revocation_list;
    const char *const *pins;
    const char *client_certificate;
    const char *client_key;
} SpocTlsSettings;

/* Borrows everything from @config. */
void spoc_tls_settings_from_config(const SpocConfig *config, SpocTlsSettings *settings);
