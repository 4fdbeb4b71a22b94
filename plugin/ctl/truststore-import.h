/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  `spocctl truststore import`: from a file, or from what a server shows.
 */
#pragma once

#include <glib.h>

/**
 * SpocTruststoreImport:
 * @file: (nullable): PEM or DER with one certificate
 * @server: (nullable): HOST[:PORT]; exactly one of the two is given
 * @fingerprint: (nullable): SHA-256 in hexadecimal, colons allowed; with @server the
 *   certificate to take, with @file one that must match
 * @yes: do not ask
 * @leaf: a certificate that may not issue others is welcome
 */
typedef struct {
    const char *store;
    const char *password;
    const char *alias;
    const char *file;
    const char *server;
    const char *fingerprint;
    gboolean yes;
    gboolean leaf;
} SpocTruststoreImport;

/* Returns: an exit status; what is wrong has been said */
int spoc_truststore_import(const SpocTruststoreImport *import);
