/* SPDX-License-Identifier: Apache-2.0 */
/* The server runs in a thread, because both sides block. */
#include "base/error.h"
#include "mint.h"
#include "trust/peek.h"

#include <gio/gio.h>
#include <openssl/err.h>
#include <string.h>

#define TIMEOUT_MS 10000

typedef struct {
    GSocketListener *listener;
    guint16 port;
    const char *greeting; /* NULL: TLS from the first byte */
    const char *ehlo_reply;
    const char *starttls_reply; /* NULL: hang up instead */
    const Minted *own;
    const Minted *above;
    GString *heard; /* all that came in clear */
    gboolean shook_hands;
} Server;

static void
hear_line(Server *server, GSocket *socket)
{
    char byte = 0;
    while (byte != '\n' && g_socket_receive(socket, &byte, 1, NULL, NULL) == 1)
        g_string_append_c(server->heard, byte);
}

static void
say(GSocket *socket, const char *text)
{
    (void)g_socket_send(socket, text, strlen(text), NULL, NULL);
}

/* GSocket's descriptor does not block, whatever the GSocket says. */
static void
accept_tls(Server *server, GSocket *socket)
{
    g_autoptr(SSL_CTX) context = SSL_CTX_new(TLS_server_method());
    g_assert_true(SSL_CTX_use_certificate(context, server->own->certificate));
    g_assert_true(SSL_CTX_use_PrivateKey(context, server->own->key));
    g_assert_true(SSL_CTX_add1_chain_cert(context, server->above->certificate));
    g_autoptr(SSL) ssl = SSL_new(context);
    SSL_set_fd(ssl, g_socket_get_fd(socket));
    int result = 0;
    while ((result = SSL_accept(ssl)) != 1 && SSL_get_error(ssl, result) == SSL_ERROR_WANT_READ)
        if (!g_socket_condition_wait(socket, G_IO_IN, NULL, NULL))
            break;
    char byte = 0;
    server->shook_hands = result == 1 && SSL_read(ssl, &byte, 1) == 1;
    ERR_clear_error();
}

static gpointer
serve(gpointer data)
{
    Server *server = data;
    g_autoptr(GSocketConnection) connection =
        g_socket_listener_accept(server->listener, NULL, NULL, NULL);
    GSocket *socket = g_socket_connection_get_socket(connection);
    if (server->greeting == NULL) {
        accept_tls(server, socket);
        return NULL;
    }
    say(socket, server->greeting);
    hear_line(server, socket);
    if (server->ehlo_reply == NULL)
        return NULL;
    say(socket, server->ehlo_reply);
    hear_line(server, socket);
    if (server->starttls_reply == NULL)
        return NULL;
    say(socket, server->starttls_reply);
    if (g_str_has_prefix(server->starttls_reply, "220"))
        accept_tls(server, socket);
    return NULL;
}

static GPtrArray *
peek(Server *server, GError **error)
{
    g_autoptr(GError) problem = NULL;
    g_autoptr(GSocketAddress) loopback = g_inet_socket_address_new_from_string("127.0.0.1", 0);
    g_autoptr(GSocketAddress) effective = NULL;
    server->listener = g_socket_listener_new();
    server->heard = g_string_new(NULL);
    g_assert_true(g_socket_listener_add_address(server->listener, loopback, G_SOCKET_TYPE_STREAM,
                                                G_SOCKET_PROTOCOL_TCP, NULL, &effective, &problem));
    server->port = g_inet_socket_address_get_port(G_INET_SOCKET_ADDRESS(effective));
    GThread *thread = g_thread_new("server", serve, server);
    GPtrArray *chain = spoc_peek_chain("127.0.0.1", server->port, TIMEOUT_MS, error);
    g_thread_join(thread);
    g_object_unref(server->listener);
    return chain;
}

static void
test_chain(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Minted) root = mint_root("Root");
    g_autoptr(Minted) own = mint_server(root, "mail.example.com");
    Server server = {.greeting = "220-hello\r\n220 there\r\n",
                     .ehlo_reply = "250-mail\r\n250 STARTTLS\r\n",
                     .starttls_reply = "220 go\r\n",
                     .own = own,
                     .above = root};
    g_autoptr(GPtrArray) chain = peek(&server, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(chain->len, ==, 2);
    g_assert_cmpint(X509_cmp(g_ptr_array_index(chain, 0), own->certificate), ==, 0);
    g_assert_cmpint(X509_cmp(g_ptr_array_index(chain, 1), root->certificate), ==, 0);
    /* Nothing came about and nothing else was said. */
    g_assert_false(server.shook_hands);
    g_assert_true(g_str_has_prefix(server.heard->str, "EHLO "));
    g_assert_true(g_str_has_suffix(server.heard->str, "\r\nSTARTTLS\r\n"));
    g_auto(GStrv) lines = g_strsplit(server.heard->str, "\r\n", -1);
    g_assert_cmpuint(g_strv_length(lines), ==, 3);
    g_string_free(server.heard, TRUE);
}

static void
test_direct(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Minted) root = mint_root("Root");
    g_autoptr(Minted) own = mint_server(root, "mail.example.com");
    Server server = {.own = own, .above = root};
    g_autoptr(GPtrArray) chain = peek(&server, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(chain->len, ==, 2);
    g_assert_false(server.shook_hands);
    g_assert_cmpuint(server.heard->len, ==, 0);
    g_string_free(server.heard, TRUE);
}

static void
test_refused(void)
{
    static const struct {
        const char *greeting;
        const char *ehlo_reply;
        const char *starttls_reply;
        const char *says;
    } cases[] = {
        {"554 go away\r\n", NULL, NULL, "554 go away"},
        {"HTTP/1.1 400\r\n", NULL, NULL, "HTTP"},
        {"220 hi\r\n", "502 what?\r\n", NULL, "502 what?"},
        {"220 hi\r\n", "250 mail\r\n", "502 no TLS\r\n", "502 no TLS"},
        {"220 hi\r\n", "250 mail\r\n", NULL, "hung up"},
        /* Something behind the 220 was put there by somebody else. */
        {"220 hi\r\n", "250 mail\r\n", "220 go\r\n250 more\r\n", "220 go"},
    };
    g_autoptr(Minted) root = mint_root("Root");
    g_autoptr(Minted) own = mint_server(root, "mail.example.com");
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        Server server = {.greeting = cases[i].greeting,
                         .ehlo_reply = cases[i].ehlo_reply,
                         .starttls_reply = cases[i].starttls_reply,
                         .own = own,
                         .above = root};
        g_test_message("%s", cases[i].says);
        g_assert_null(peek(&server, &error));
        g_assert_error(error, SPOC_ERROR, SPOC_ERROR_UNAVAILABLE);
        g_assert_nonnull(strstr(error->message, cases[i].says));
        g_string_free(server.heard, TRUE);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/peek/chain", test_chain);
    g_test_add_func("/peek/direct", test_direct);
    g_test_add_func("/peek/refused", test_refused);
    return g_test_run();
}
