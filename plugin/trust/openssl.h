/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   What the trust layer needs around OpenSSL: owners that free themselves, and
 *           readable errors that leave OpenSSL's queue empty (whoever uses the thread
 *           next, libcurl above all, takes what is left there for its own failure).
 */
#pragma once

#include <glib.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pkcs12.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#define SPOC_FINGERPRINT_BYTES 32

G_DEFINE_AUTOPTR_CLEANUP_FUNC(BIO, BIO_free_all)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(X509, X509_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(X509_CRL, X509_CRL_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(X509_STORE, X509_STORE_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EVP_PKEY, EVP_PKEY_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(PKCS12, PKCS12_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SSL_CTX, SSL_CTX_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SSL, SSL_free)

/**
 * spoc_openssl_reason:
 *
 * Returns: (transfer full): the words of the latest failure, "unknown reason" when
 *   there is none; the queue is empty afterwards
 */
char *spoc_openssl_reason(void);

/* (nullable): the whole of @der is one certificate and nothing else; an error leaves no trace */
X509 *spoc_openssl_certificate(const guint8 *der, gsize size_bytes) G_GNUC_WARN_UNUSED_RESULT;

/* (transfer full): "AB:CD:…" of the certificate's SHA-256, as keytool and browsers show it */
char *spoc_openssl_fingerprint(const X509 *certificate);

/* (transfer full): subject or issuer as RFC 2253 in UTF-8, one harmless line */
char *spoc_openssl_name(const X509_NAME *name);

/* G_MININT64 when the time cannot be read */
gint64 spoc_openssl_unix_s(const ASN1_TIME *time);

/* Whether it may issue certificates; what may not is a leaf: one server's own. */
gboolean spoc_openssl_is_authority(X509 *certificate);

/* Whether its subjectAltName has a DNS name or an address; else no server is verified by it. */
gboolean spoc_openssl_names_host(X509 *certificate);
