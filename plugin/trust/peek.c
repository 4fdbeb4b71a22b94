/* SPDX-License-Identifier: Apache-2.0 */
#include "trust/peek.h"

#include "base/error.h"
#include "base/text.h"
#include "trust/openssl.h"

#include <gio/gio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <string.h>

#define REPLY_MAX_BYTES 16384
/* An SMTP server speaks first, a TLS server never does. */
#define GREETING_PATIENCE_US (3 * G_USEC_PER_SEC)
#define SHOWN_MAX_BYTES 200

typedef struct {
    GSocket *socket;
    gint64 deadline_us; /* monotonic */
    GString *unread;
} Line;

static gboolean
set_unavailable(GError **error, const char *what, const char *words)
{
    g_autofree char *shown = spoc_text_line(words, -1, SHOWN_MAX_BYTES);
    return spoc_error_set(error, SPOC_ERROR_UNAVAILABLE, "%s: %s", what, shown);
}

static gboolean
wait_for(const Line *line, GIOCondition condition, GError **error)
{
    g_autoptr(GError) problem = NULL;
    gint64 left_us = line->deadline_us - g_get_monotonic_time();
    if (left_us <= 0)
        return set_unavailable(error, "the server does not answer", "timed out");
    if (!g_socket_condition_timed_wait(line->socket, condition, left_us, NULL, &problem))
        return set_unavailable(error, "the server does not answer", problem->message);
    return TRUE;
}

static gboolean
send_command(Line *line, const char *command, GError **error)
{
    gsize size = strlen(command);
    while (size > 0) {
        g_autoptr(GError) problem = NULL;
        if (!wait_for(line, G_IO_OUT, error))
            return FALSE;
        gssize sent = g_socket_send(line->socket, command, size, NULL, &problem);
        if (sent < 0 && g_error_matches(problem, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
            continue;
        if (sent < 0)
            return set_unavailable(error, "cannot talk to the server", problem->message);
        command += sent;
        size -= (gsize)sent;
    }
    return TRUE;
}

/* The length of the first whole reply (RFC 5321 4.2.1), 0 while it is not whole. */
static gsize
whole_reply(const GString *unread)
{
    const char *start = unread->str;
    for (const char *end; (end = strchr(start, '\n')) != NULL; start = end + 1)
        if (end - start < 4 || start[3] != '-')
            return (gsize)(end + 1 - unread->str);
    return 0;
}

/* Reads one reply and nothing behind it may follow: whoever sits on the line could have put it
 * there (RFC 3207 4.2). */
static gboolean
expect_reply(Line *line, const char *code, const char *stage, GError **error)
{
    gsize reply = 0;
    while ((reply = whole_reply(line->unread)) == 0) {
        char buffer[2048];
        g_autoptr(GError) problem = NULL;
        if (line->unread->len > REPLY_MAX_BYTES)
            return set_unavailable(error, stage, "the reply does not end");
        if (!wait_for(line, G_IO_IN, error))
            return FALSE;
        gssize got = g_socket_receive(line->socket, buffer, sizeof buffer, NULL, &problem);
        if (got < 0 && g_error_matches(problem, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
            continue;
        if (got <= 0)
            return set_unavailable(error, stage, got < 0 ? problem->message : "the server hung up");
        if (memchr(buffer, 0, (gsize)got) != NULL)
            return set_unavailable(error, stage, "the server does not speak SMTP");
        g_string_append_len(line->unread, buffer, got);
    }
    if (strncmp(line->unread->str, code, strlen(code)) != 0 || line->unread->len != reply)
        return set_unavailable(error, stage, line->unread->str);
    g_string_truncate(line->unread, 0);
    return TRUE;
}

/* Whether the server waits for us to speak. */
static gboolean
is_silent(const Line *line)
{
    g_autoptr(GError) problem = NULL;
    return !g_socket_condition_timed_wait(line->socket, G_IO_IN, GREETING_PATIENCE_US, NULL,
                                          &problem) &&
           g_error_matches(problem, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
}

static gboolean
start_tls(Line *line, GError **error)
{
    g_autofree char *hello = g_strdup_printf("EHLO %s\r\n", g_get_host_name());
    return expect_reply(line, "220", "the server greets with", error) &&
           send_command(line, hello, error) &&
           expect_reply(line, "250", "the server answers EHLO with", error) &&
           send_command(line, "STARTTLS\r\n", error) &&
           expect_reply(line, "220", "the server does not start TLS", error);
}

/* Takes what is shown and says no. */
static int
capture_chain(X509_STORE_CTX *verification, void *data)
{
    GPtrArray *chain = data;
    const STACK_OF(X509) *shown = X509_STORE_CTX_get0_untrusted(verification);
    for (int i = 0; i < MIN(sk_X509_num(shown), SPOC_PEEK_MAX_CERTIFICATES); i++) {
        X509 *certificate = sk_X509_value(shown, i);
        X509_up_ref(certificate);
        g_ptr_array_add(chain, certificate);
    }
    X509_STORE_CTX_set_error(verification, X509_V_ERR_APPLICATION_VERIFICATION);
    return 0;
}

static SSL_CTX *
new_context(GPtrArray *chain)
{
    g_autoptr(SSL_CTX) context = SSL_CTX_new(TLS_client_method());
    if (context == NULL)
        return NULL;
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_cert_verify_callback(context, capture_chain, chain);
    /* To look at an old server's certificate must be possible; it is all that happens. */
    SSL_CTX_set_security_level(context, 0);
    SSL_CTX_set_min_proto_version(context, TLS1_VERSION);
    return g_steal_pointer(&context);
}

static gboolean
shake_hands(const Line *line, const char *host, GPtrArray *chain, GError **error)
{
    g_autoptr(SSL_CTX) context = new_context(chain);
    g_autoptr(SSL) ssl = context == NULL ? NULL : SSL_new(context);
    if (ssl == NULL || SSL_set_fd(ssl, g_socket_get_fd(line->socket)) != 1)
        return set_unavailable(error, "TLS", "OpenSSL does not start");
    if (!g_hostname_is_ip_address(host))
        SSL_set_tlsext_host_name(ssl, host);
    for (;;) {
        ERR_clear_error();
        int result = SSL_connect(ssl);
        int why = SSL_get_error(ssl, result);
        if (chain->len > 0)
            break;
        if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE) {
            g_autofree char *reason = spoc_openssl_reason();
            return set_unavailable(error, "the TLS handshake fails", reason);
        }
        if (!wait_for(line, why == SSL_ERROR_WANT_READ ? G_IO_IN : G_IO_OUT, error))
            return FALSE;
    }
    ERR_clear_error();
    return TRUE;
}

static void
certificate_free(gpointer certificate)
{
    X509_free(certificate);
}

GPtrArray *
spoc_peek_chain(const char *host, guint16 port, gint64 timeout_ms, GError **error)
{
    g_autoptr(GSocketClient) client = g_socket_client_new();
    g_autoptr(GError) problem = NULL;
    g_socket_client_set_enable_proxy(client, FALSE);
    g_socket_client_set_timeout(client, (guint)(timeout_ms / 1000 + 1));
    g_autoptr(GSocketConnectable) address = g_network_address_new(host, port);
    g_autoptr(GSocketConnection) connection =
        g_socket_client_connect(client, address, NULL, &problem);
    if (connection == NULL) {
        set_unavailable(error, "cannot connect", problem->message);
        return NULL;
    }
    g_autoptr(GString) unread = g_string_new(NULL);
    Line line = {
        .socket = g_socket_connection_get_socket(connection),
        .deadline_us = g_get_monotonic_time() + timeout_ms * 1000,
        .unread = unread,
    };
    g_socket_set_timeout(line.socket, 0);
    g_socket_set_blocking(line.socket, FALSE);
    g_autoptr(GPtrArray) chain = g_ptr_array_new_with_free_func(certificate_free);
    gboolean direct = port == 465 || port == 636 || port == 443 || is_silent(&line);
    if ((!direct && !start_tls(&line, error)) || !shake_hands(&line, host, chain, error))
        return NULL;
    return g_steal_pointer(&chain);
}
