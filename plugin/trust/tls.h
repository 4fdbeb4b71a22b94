/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   The TLS policy of every outbound connection: which versions, which
 *           suites, whom to trust. Certificates and host names are always verified;
 *           nothing here can turn that off.
 * OWNERSHIP A SpocTls is immutable and reference counted; each holds its own X509
 *           store, so that two configurations never share trust.
 * ERRORS    SPOC_ERROR_INVALID for settings that cannot work, SPOC_ERROR_CORRUPT or
 *           SPOC_ERROR_IO for a store that cannot be read. Any error means: no
 *           connection. Messages name the key or file and the way out.
 *
 * With libcurl (7.88 fills and caches a store of its own behind the application's back, and
 * resumes sessions without looking at who verified them) each handle must have:
 *
 *     CURLOPT_SSL_CTX_FUNCTION   calls spoc_tls_apply(); returns CURLE_SSL_CERTPROBLEM when
 *                                that fails
 *     CURLOPT_SSL_VERIFYPEER 1, CURLOPT_SSL_VERIFYHOST 2   the host name is libcurl's part
 *     CURLOPT_CAINFO NULL, CURLOPT_CAPATH NULL    its own roots would not be asked anyway,
 *                                and a system without its bundle would fail
 *     CURLOPT_SSL_SESSIONID_CACHE 0    a resumed session verifies nothing
 *     CURLOPT_PINNEDPUBLICKEY    spoc_tls_pinned_public_keys(), when not NULL, for the mail
 *                                server alone
 *
 * and neither CURLOPT_CRLFILE nor CURLOPT_SSLCERT nor a version or cipher option.
 */
#pragma once

#include "trust/settings.h"

#include <openssl/ssl.h>

typedef struct _SpocTls SpocTls;

/**
 * spoc_tls_new:
 * @config: the snapshot that says versions, suites, stores, CRL, pin, client certificate
 * @ret_warnings: (out) (optional) (transfer full): what works but deserves a word
 *   (an old TLS version that lowers the security level, an expired anchor, an unused
 *   suite); NULL-terminated, perhaps empty
 *
 * A trust store that was not configured and does not exist at its default place is
 * not an error.
 *
 * Returns: (transfer full): the policy, or NULL with @error set
 */
SpocTls *spoc_tls_new(const SpocConfig *config, char ***ret_warnings,
                      GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* As spoc_tls_new(). */
SpocTls *spoc_tls_new_from_settings(const SpocTlsSettings *settings, char ***ret_warnings,
                                    GError **error) G_GNUC_WARN_UNUSED_RESULT;
SpocTls *spoc_tls_ref(SpocTls *tls);
void spoc_tls_unref(SpocTls *tls);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SpocTls, spoc_tls_unref)

/**
 * spoc_tls_apply:
 * @context: fresh, as CURLOPT_SSL_CTX_FUNCTION is given one
 *
 * Sets versions, suites, store, client certificate and verification. Whatever is put into
 * the context's own store later (SSL_CTX_get_cert_store()) is not asked. Sessions are
 * neither kept nor resumed by way of the context.
 */
gboolean spoc_tls_apply(const SpocTls *tls, SSL_CTX *context,
                        GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* (nullable): the pinned public keys in CURLOPT_PINNEDPUBLICKEY's form */
const char *spoc_tls_pinned_public_keys(const SpocTls *tls);

/* Whether there is a certificate of our own to show */
gboolean spoc_tls_has_client_certificate(const SpocTls *tls);

/* (transfer full): for people: "TLSv1.2, 4 suites, the system's certificates and 2 from
 * /etc/cups/spoc/ssl-truststore" */
char *spoc_tls_describe(const SpocTls *tls);
