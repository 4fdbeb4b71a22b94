/* SPDX-License-Identifier: Apache-2.0 */
#include "handshake.h"

#include <openssl/err.h>

#define MAX_STEPS 100

void
handshake_result_clear(HandshakeResult *result)
{
    g_clear_pointer(&result->suite, g_free);
}

static SSL_CTX *
server_context(const HandshakeServer *server)
{
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    SSL_CTX_set_security_level(context, 0);
    g_assert_true(SSL_CTX_set_min_proto_version(context, server->minimum != 0 ? server->minimum
                                                                              : TLS1_VERSION));
    g_assert_true(SSL_CTX_set_max_proto_version(context, server->maximum));
    g_assert_true(SSL_CTX_use_certificate(context, server->own->certificate));
    g_assert_true(SSL_CTX_use_PrivateKey(context, server->own->key));
    for (guint i = 0; server->chain != NULL && server->chain[i] != NULL; i++)
        g_assert_true(SSL_CTX_add1_chain_cert(context, server->chain[i]->certificate));
    if (server->suites != NULL)
        g_assert_true(SSL_CTX_set_cipher_list(context, server->suites));
    if (server->client_root != NULL) {
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
        g_assert_true(
            X509_STORE_add_cert(SSL_CTX_get_cert_store(context), server->client_root->certificate));
    }
    return context;
}

/* Whether this side's step says more than "not yet". */
static gboolean
broken(SSL *side, int result)
{
    int why = SSL_get_error(side, result);
    ERR_clear_error();
    return result <= 0 && why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE;
}

static gboolean
shake(SSL *client, SSL *server)
{
    for (int step = 0; step < MAX_STEPS; step++) {
        int mine = SSL_do_handshake(client);
        if (broken(client, mine))
            return FALSE;
        int theirs = SSL_do_handshake(server);
        if (broken(server, theirs))
            return FALSE;
        if (mine == 1 && theirs == 1)
            return TRUE;
    }
    return FALSE;
}

/* With TLS 1.3 a refused client certificate shows only here. */
static gboolean
exchange(SSL *client, SSL *server)
{
    char byte = 0;
    gboolean good = SSL_write(client, "?", 1) == 1 && SSL_read(server, &byte, 1) == 1 &&
                    SSL_write(server, "!", 1) == 1 && SSL_read(client, &byte, 1) == 1 &&
                    byte == '!';
    ERR_clear_error();
    return good;
}

void
handshake(const SpocTls *tls, const HandshakeServer *server, const char *host, X509 *stray,
          HandshakeResult *result)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(SSL_CTX) here = SSL_CTX_new(TLS_client_method());
    g_assert_true(spoc_tls_apply(tls, here, &error));
    g_assert_no_error(error);
    if (stray != NULL)
        g_assert_true(X509_STORE_add_cert(SSL_CTX_get_cert_store(here), stray));
    g_autoptr(SSL_CTX) there = server_context(server);
    g_autoptr(SSL) client = SSL_new(here);
    g_autoptr(SSL) other = SSL_new(there);
    SSL_set_connect_state(client);
    SSL_set_accept_state(other);
    g_assert_true(SSL_set1_host(client, host));
    BIO *near = NULL;
    BIO *far = NULL;
    g_assert_true(BIO_new_bio_pair(&near, 0, &far, 0));
    SSL_set_bio(client, near, near);
    SSL_set_bio(other, far, far);

    *result = (HandshakeResult){0};
    result->good = shake(client, other) && exchange(client, other);
    result->verify = SSL_get_verify_result(client);
    result->version = SSL_version(client);
    result->suite = g_strdup(SSL_get_cipher_name(client));
}
