/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   Looks on at a TLS handshake, so that a failure is known by what happened (alerts,
 *           the result of verification) and not by the words of a library.
 * OWNERSHIP The watch must live as long as connections of the context.
 */
#pragma once

#include "delivery/verdict.h"

#include <openssl/ssl.h>

typedef struct {
    gboolean done; /* the handshake was completed */
    gboolean client_certificate_asked;
    int alert_received; /* -1: none */
    int alert_sent;
    long verify_result; /* X509_V_OK, or why not */
    char *summary;      /* (nullable): "TLSv1.3, TLS_AES_256_GCM_SHA384" */
    GPtrArray *chain;   /* (element-type utf8): "subject, issued by issuer" */
} SpocTlsWatch;

void spoc_tls_watch_init(SpocTlsWatch *watch);
void spoc_tls_watch_clear(SpocTlsWatch *watch);

/* FALSE: out of memory */
gboolean spoc_tls_watch_attach(SpocTlsWatch *watch, SSL_CTX *context);

/**
 * spoc_tls_watch_kind:
 * @library_error: (nullable): curl's words, which carry OpenSSL's number
 * @unverified: curl says that certificate, host name or pin do not match
 *
 * What kind of failure the handshake was.
 */
SpocFailureKind spoc_tls_watch_kind(const SpocTlsWatch *watch, const char *library_error,
                                    gboolean unverified);

/* What is wrong, when the kind is SPOC_FAILURE_CERTIFICATE */
SpocCertificateFault spoc_tls_watch_fault(const SpocTlsWatch *watch);

/* (transfer full): what happened, for people */
char *spoc_tls_watch_words(const SpocTlsWatch *watch, SpocFailureKind kind,
                           const char *library_error);
