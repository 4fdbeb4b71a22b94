/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   From names in settings to what OpenSSL is told: one block of versions, one
 *           list of suites for TLS 1.3 and one for the older versions.
 * INPUT     Versions: TLSv1.3 TLSv1.2 TLSv1.1 TLSv1, in any order. Suites: IANA names as
 *           Java writes them (also with SSL_ in front), or OpenSSL's; a keyword of
 *           OpenSSL's cipher strings (HIGH, ALL, @SECLEVEL=0) is no name.
 * SECURITY  A suite without encryption or without a certificate is refused.
 */
#pragma once

#include <glib.h>

/**
 * SpocTlsPolicy:
 * @minimum: TLS1_VERSION … TLS1_3_VERSION
 * @suites: (nullable): up to TLS 1.2, as for SSL_CTX_set_cipher_list(); NULL leaves
 *   OpenSSL's choice
 * @suites_13: (nullable): the same for SSL_CTX_set_ciphersuites()
 * @suite_count: how many were named, 0 when all is OpenSSL's choice
 */
typedef struct {
    int minimum;
    int maximum;
    char *suites;
    char *suites_13;
    guint suite_count;
} SpocTlsPolicy;

void spoc_tls_policy_clear(SpocTlsPolicy *policy);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(SpocTlsPolicy, spoc_tls_policy_clear)

/* Whether a version is chosen that works only with OpenSSL's security level lowered. */
gboolean spoc_tls_policy_is_old(const SpocTlsPolicy *policy);

/* (transfer none): "TLSv1.2" */
const char *spoc_tls_version_name(int version);

/**
 * spoc_tls_policy_resolve:
 * @versions: NULL-terminated, one at least: choices of the option
 * @suites: (nullable): NULL-terminated; NULL leaves the choice to OpenSSL
 * @suites_untouched: nobody chose @suites: they are the default for TLS 1.2, and TLS 1.3
 *   has its own
 * @warnings: (element-type utf8): gets a line for each thing that works half
 *
 * A version for which no suite is left is given up with a warning when others remain.
 *
 * Returns: FALSE with SPOC_ERROR_INVALID, which names the key and the way out
 */
gboolean spoc_tls_policy_resolve(const char *const *versions, const char *const *suites,
                                 gboolean suites_untouched, SpocTlsPolicy *policy,
                                 GPtrArray *warnings, GError **error) G_GNUC_WARN_UNUSED_RESULT;
