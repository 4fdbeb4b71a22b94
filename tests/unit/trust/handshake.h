/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  A TLS handshake between a SpocTls and a server in the same process, over memory.
 */
#pragma once

#include "mint.h"
#include "trust/tls.h"

/**
 * HandshakeServer:
 * @own: its certificate and key
 * @chain: (nullable): sent behind it, NULL-terminated
 * @minimum, @maximum: 0: any
 * @suites: (nullable): for SSL_CTX_set_cipher_list()
 * @client_root: (nullable): demand a client certificate of this authority
 */
typedef struct {
    const Minted *own;
    const Minted *const *chain;
    int minimum;
    int maximum;
    const char *suites;
    const Minted *client_root;
} HandshakeServer;

/**
 * HandshakeResult:
 * @good: both sides are ready and a byte came through each way
 * @verify: the client's X509_V_ERR_…
 * @version: what was agreed on
 */
typedef struct {
    gboolean good;
    long verify;
    int version;
    char *suite;
} HandshakeResult;

void handshake_result_clear(HandshakeResult *result);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(HandshakeResult, handshake_result_clear)

/**
 * handshake:
 * @host: the name that libcurl would verify
 * @stray: (nullable): a root that somebody puts into the context's own store behind the
 *   policy's back, as libcurl does
 */
void handshake(const SpocTls *tls, const HandshakeServer *server, const char *host, X509 *stray,
               HandshakeResult *result);
