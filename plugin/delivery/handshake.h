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
} SpocHandshake;

void spoc_handshake_init(SpocHandshake *watch);
void spoc_handshake_clear(SpocHandshake *watch);

/* FALSE: out of memory */
gboolean spoc_handshake_attach(SpocHandshake *watch, SSL_CTX *context);

/**
 * spoc_handshake_kind:
 * @library_error: (nullable): curl's words, which carry OpenSSL's number
 * @unverified: curl says that certificate, host name or pin do not match
 *
 * What kind of failure the handshake was.
 */
SpocFailureKind spoc_handshake_kind(const SpocHandshake *watch, const char *library_error,
                                    gboolean unverified);

/* What is wrong, when the kind is SPOC_FAILURE_CERTIFICATE */
SpocCertificateFault spoc_handshake_fault(const SpocHandshake *watch);

/* (transfer full): what happened, for people */
char *spoc_handshake_words(const SpocHandshake *watch, SpocFailureKind kind,
                           const char *library_error);
