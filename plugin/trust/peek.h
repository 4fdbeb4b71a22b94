/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   Looks at the certificates that a server shows, so that a person can compare
 *           them with what they were told by another way.
 * SECURITY  Nothing is trusted and nothing is sent: the handshake is broken off on purpose
 *           where the certificates would be verified, so no connection ever comes about.
 *           What is returned is a stranger's claim.
 */
#pragma once

#include <glib.h>
#include <openssl/x509.h>

#define SPOC_PEEK_MAX_CERTIFICATES 20

/**
 * spoc_peek_chain:
 * @host: name or address, without brackets
 * @port: 465, 636 and 443 speak TLS from the first byte, and so does any other that keeps silent
 *   for three seconds; else it is SMTP with STARTTLS
 * @timeout_ms: for all of it
 *
 * Blocks. Sends EHLO and STARTTLS at most.
 *
 * Returns: (transfer full) (element-type X509): the server's own first; or NULL with
 *   SPOC_ERROR_UNAVAILABLE and the words of the server
 */
GPtrArray *spoc_peek_chain(const char *host, guint16 port, gint64 timeout_ms,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;
