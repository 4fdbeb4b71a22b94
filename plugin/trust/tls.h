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
 *
 * Any certificate of the trust store is an anchor, an intermediate or a single server's
 * too, as in Java (X509_V_FLAG_PARTIAL_CHAIN). The system's roots are where OpenSSL has
 * them; a folder of them is read when a chain asks for one.
 *
 * With a revocation list the server's own certificate is checked: its issuer must have a current
 * list in the file, or the server is refused. Those between it and what is trusted are checked
 * where the file has a list of their issuer; few have one of every root.
 *
 * A server's certificate names it in its subjectAltName (RFC 9525); one without DNS name and
 * address there is refused for X509_V_ERR_EMPTY_SUBJECT_ALT_NAME, whatever its common name is.
 */
#pragma once

#include "config/config.h"

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

/**
 * SpocTlsSettings: what a SpocTls is made from, as plain data; the configuration has checked it
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

/* As spoc_tls_new(), for tests. */
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

typedef struct {
    SpocSeverity severity;
    gboolean blocks_delivery; /* no mail goes until this is mended */
    char *message;            /* one line with the remedy, without secrets */
} SpocTlsProblem;

/**
 * spoc_tls_check:
 *
 * What `spocctl check` says, without a network: settings that cannot work, a store that cannot be
 * read, anchors that have expired or will within 30 days, suites that do not fit, a single
 * server's certificate in the store.
 *
 * Returns: (transfer full) (element-type SpocTlsProblem): perhaps empty
 */
GPtrArray *spoc_tls_check(const SpocConfig *config);
