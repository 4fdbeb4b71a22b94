/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   Whom a SpocTls trusts: one X509_STORE from the trust store, the system's roots
 *           and the revocation list.
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
 *
 * SECURITY  What cannot be read whole is an error, never a smaller list of rules.
 */
#pragma once

#include "trust/settings.h"

#include <openssl/x509.h>

/* Anchors that end within this many days get a warning. */
#define SPOC_ROOTS_WARNING_DAYS 30

/**
 * spoc_roots_new:
 * @warnings: (element-type utf8): gets a line for each expired anchor or list
 * @ret_anchor_count: (out): of the trust store
 *
 * Returns: (transfer full): or NULL with an error as of spoc_store_read(), or
 *   SPOC_ERROR_INVALID when nobody would be trusted
 */
X509_STORE *spoc_roots_new(const SpocTlsSettings *settings, gint64 now_unix_s, GPtrArray *warnings,
                           guint *ret_anchor_count, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* (nullable) (transfer full): what to say about a certificate that has ended or soon will */
char *spoc_roots_validity_warning(const X509 *certificate, const char *what, gint64 now_unix_s);
