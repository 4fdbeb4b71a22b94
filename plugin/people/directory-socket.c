/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libldap lets a program bring its own transport (ldap_init_fd() with LDAP_PROTO_EXT and a
 * Sockbuf_IO), which is how its TLS backends are made as well. Reading never waits there, so that
 * all waiting is done in one place, spoc_directory_socket_wait(), with a deadline; a question is
 * small, so that writing may wait within it.
 */
#include "people/directory-socket.h"

#include "base/error.h"
#include "trust/openssl.h"

#include <errno.h>
#include <gio/gunixsocketaddress.h>
#include <openldap.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <sys/socket.h>

#define PORT_LDAP 389
#define PORT_LDAPS 636
#define DEFAULT_LDAPI "/var/run/slapd/ldapi"

/* The largest answer that is read: an entry with one address has some hundred bytes. */
#define INCOMING_MAX_BYTES (256 * 1024)

struct _SpocDirectorySocket {
    GSocketConnection *connection;
    int fd; /* the connection's */
    SSL *ssl;
    GCancellable *cancellable;
    gint64 deadline_us;
    gboolean is_local;
    char *problem;
};

void
spoc_directory_socket_free(SpocDirectorySocket *socket)
{
    if (socket == NULL)
        return;
    if (socket->ssl != NULL && socket->problem == NULL)
        (void)SSL_shutdown(socket->ssl);
    SSL_free(socket->ssl);
    ERR_clear_error();
    g_clear_object(&socket->connection);
    g_clear_object(&socket->cancellable);
    g_free(socket->problem);
    g_free(socket);
}

void
spoc_directory_socket_set_deadline(SpocDirectorySocket *socket, gint64 deadline_us)
{
    socket->deadline_us = deadline_us;
}

gboolean
spoc_directory_socket_is_encrypted(const SpocDirectorySocket *socket)
{
    return socket->ssl != NULL;
}

gboolean
spoc_directory_socket_is_local(const SpocDirectorySocket *socket)
{
    return socket->is_local;
}

char *
spoc_directory_socket_problem(const SpocDirectorySocket *socket)
{
    return g_strdup(socket->problem);
}

/* --- connecting ------------------------------------------------------------------------- */

static GSocketConnectable *
target_of(const LDAPURLDesc *url)
{
    if (strcmp(url->lud_scheme, "ldapi") == 0) {
        gboolean has_path = url->lud_host != NULL && *url->lud_host != '\0';
        return G_SOCKET_CONNECTABLE(
            g_unix_socket_address_new(has_path ? url->lud_host : DEFAULT_LDAPI));
    }
    int port = url->lud_port != 0                      ? url->lud_port
               : strcmp(url->lud_scheme, "ldaps") == 0 ? PORT_LDAPS
                                                       : PORT_LDAP;
    gboolean has_host = url->lud_host != NULL && *url->lud_host != '\0';
    return g_network_address_new(has_host ? url->lud_host : "localhost", (guint16)port);
}

static gboolean
ends_here(GSocketConnection *connection)
{
    g_autoptr(GSocketAddress) address = g_socket_connection_get_remote_address(connection, NULL);
    if (address == NULL || !G_IS_INET_SOCKET_ADDRESS(address))
        return address != NULL && G_IS_UNIX_SOCKET_ADDRESS(address);
    GInetAddress *host = g_inet_socket_address_get_address(G_INET_SOCKET_ADDRESS(address));
    return g_inet_address_get_is_loopback(host);
}

SpocDirectorySocket *
spoc_directory_socket_open(const LDAPURLDesc *url, guint timeout_ms, GCancellable *cancellable,
                           GError **error)
{
    g_autoptr(GSocketConnectable) target = target_of(url);
    g_autoptr(GSocketClient) client = g_socket_client_new();
    g_autoptr(GError) problem = NULL;
    g_socket_client_set_enable_proxy(client, FALSE);
    g_socket_client_set_timeout(client, MAX(1, timeout_ms / 1000));
    GSocketConnection *connection = g_socket_client_connect(client, target, cancellable, &problem);
    if (connection == NULL) {
        g_set_error_literal(error, SPOC_ERROR, SPOC_ERROR_UNAVAILABLE, problem->message);
        return NULL;
    }
    SpocDirectorySocket *socket = g_new0(SpocDirectorySocket, 1);
    socket->connection = connection;
    socket->fd = g_socket_get_fd(g_socket_connection_get_socket(connection));
    socket->cancellable = g_object_ref(cancellable);
    socket->is_local = ends_here(connection);
    return socket;
}

/* --- waiting ---------------------------------------------------------------------------- */

static gboolean
wait_for(SpocDirectorySocket *socket, gushort events, GError **error)
{
    GPollFD watched[2] = {{.fd = socket->fd, .events = events}};
    gboolean has_cancel = g_cancellable_make_pollfd(socket->cancellable, &watched[1]);
    int count = 0;
    do {
        gint64 left_us = socket->deadline_us - g_get_monotonic_time();
        gint left_ms = (gint)CLAMP((left_us + 999) / 1000, 0, G_MAXINT);
        count = g_poll(watched, has_cancel ? 2 : 1, left_ms);
    } while (count < 0 && errno == EINTR);
    if (has_cancel)
        g_cancellable_release_fd(socket->cancellable);
    if (count > 0 && !g_cancellable_is_cancelled(socket->cancellable))
        return TRUE;
    return spoc_error_set(error, SPOC_ERROR_UNAVAILABLE, "%s",
                          count > 0 ? "it is no longer asked"
                                    : "no answer within recipientLdapTimeout");
}

gboolean
spoc_directory_socket_wait(SpocDirectorySocket *socket, GError **error)
{
    return (socket->ssl != NULL && SSL_pending(socket->ssl) > 0) ||
           wait_for(socket, G_IO_IN | G_IO_HUP | G_IO_ERR, error);
}

/* --- TLS -------------------------------------------------------------------------------- */

/* (transfer full): why OpenSSL gave up */
static char *
tls_words(SSL *ssl, const char *host)
{
    long verdict = SSL_get_verify_result(ssl);
    g_autofree char *reason = spoc_openssl_reason();
    if (verdict == X509_V_ERR_HOSTNAME_MISMATCH || verdict == X509_V_ERR_IP_ADDRESS_MISMATCH)
        return g_strdup_printf("its certificate is not one of %s; name the server in "
                               "recipientLdapUri as its certificate does",
                               host);
    if (verdict == X509_V_ERR_EMPTY_SUBJECT_ALT_NAME)
        return g_strdup("its certificate names no host in its subjectAltName, and its common name "
                        "does not count (RFC 9525); give the server one that has it");
    if (verdict != X509_V_OK)
        return g_strdup_printf("its certificate is not trusted: %s; if it is the right one, add "
                               "its authority with 'spocctl truststore import'",
                               X509_verify_cert_error_string(verdict));
    if (strcmp(reason, "unknown reason") == 0 || strstr(reason, "unexpected eof") != NULL)
        return g_strdup("no TLS: the server closed the connection; perhaps it speaks no version "
                        "of TLS, or no suite, that is allowed here");
    return g_strdup_printf("no TLS: %s", reason);
}

static gboolean
set_host(SSL *ssl, const char *host)
{
    g_autoptr(GInetAddress) address = g_inet_address_new_from_string(host);
    X509_VERIFY_PARAM *rules = SSL_get0_param(ssl);
    X509_VERIFY_PARAM_set_hostflags(rules, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    if (address != NULL)
        return X509_VERIFY_PARAM_set1_ip_asc(rules, host) == 1;
    return X509_VERIFY_PARAM_set1_host(rules, host, 0) == 1 &&
           SSL_set_tlsext_host_name(ssl, host) == 1;
}

static SSL *
new_session(const SpocTls *tls, const char *host, int fd, GError **error)
{
    g_autoptr(SSL_CTX) context = SSL_CTX_new(TLS_client_method());
    if (context != NULL && !spoc_tls_apply(tls, context, error))
        return NULL;
    SSL *ssl = context != NULL ? SSL_new(context) : NULL;
    if (ssl != NULL && set_host(ssl, host) && SSL_set_fd(ssl, fd) == 1)
        return ssl;
    SSL_free(ssl);
    g_autofree char *reason = spoc_openssl_reason();
    g_set_error(error, SPOC_ERROR, SPOC_ERROR_FAILED, "OpenSSL does not start: %s", reason);
    return NULL;
}

/* The events that OpenSSL waits for; 0: it does not wait, something is wrong. */
static gushort
wanted_events(SSL *ssl, int result)
{
    switch (SSL_get_error(ssl, result)) {
    case SSL_ERROR_WANT_READ:
        return G_IO_IN | G_IO_HUP | G_IO_ERR;
    case SSL_ERROR_WANT_WRITE:
        return G_IO_OUT | G_IO_HUP | G_IO_ERR;
    default:
        return 0;
    }
}

gboolean
spoc_directory_socket_start_tls(SpocDirectorySocket *socket, const SpocTls *tls, const char *host,
                                GError **error)
{
    ERR_clear_error();
    socket->ssl = new_session(tls, host, socket->fd, error);
    if (socket->ssl == NULL)
        return FALSE;
    int result = 0;
    while ((result = SSL_connect(socket->ssl)) != 1) {
        gushort events = wanted_events(socket->ssl, result);
        if (events == 0)
            break;
        if (!wait_for(socket, events, error)) {
            socket->problem = g_strdup("no TLS in time");
            return FALSE;
        }
    }
    /* OpenSSL has ended the handshake already when the peer was not verified. */
    if (result == 1 && SSL_get_verify_result(socket->ssl) == X509_V_OK)
        return TRUE;
    socket->problem = tls_words(socket->ssl, host);
    return spoc_error_set(error, SPOC_ERROR_UNAVAILABLE, "%s", socket->problem);
}

/* --- what libldap reads and writes through ---------------------------------------------- */

static int
io_setup(Sockbuf_IO_Desc *io, void *argument)
{
    io->sbiod_pvt = argument;
    return 0;
}

static int
io_remove(Sockbuf_IO_Desc *io)
{
    io->sbiod_pvt = NULL;
    return 0;
}

static int
io_control(Sockbuf_IO_Desc *io, int option, void *argument)
{
    const SpocDirectorySocket *socket = io->sbiod_pvt;
    if (option == LBER_SB_OPT_DATA_READY)
        return socket->ssl != NULL && SSL_pending(socket->ssl) > 0;
    return 0;
}

/* What OpenSSL said becomes what a socket would have said. */
static ssize_t
tls_outcome(SpocDirectorySocket *socket, int result)
{
    int kind = SSL_get_error(socket->ssl, result);
    if (kind == SSL_ERROR_ZERO_RETURN)
        return 0;
    if (kind == SSL_ERROR_SSL && socket->problem == NULL) {
        g_autofree char *reason = spoc_openssl_reason();
        socket->problem = g_strdup_printf("TLS ended: %s", reason);
    }
    errno = kind == SSL_ERROR_WANT_READ || kind == SSL_ERROR_WANT_WRITE ? EAGAIN : ECONNRESET;
    return -1;
}

static ber_slen_t
io_read(Sockbuf_IO_Desc *io, void *buffer, ber_len_t size)
{
    SpocDirectorySocket *socket = io->sbiod_pvt;
    if (socket->ssl == NULL)
        return recv(socket->fd, buffer, size, 0);
    ERR_clear_error();
    int count = SSL_read(socket->ssl, buffer, (int)MIN(size, G_MAXINT));
    return count > 0 ? count : tls_outcome(socket, count);
}

static ber_slen_t
io_write(Sockbuf_IO_Desc *io, void *bytes, ber_len_t size)
{
    SpocDirectorySocket *socket = io->sbiod_pvt;
    for (;;) {
        gushort events = 0;
        ssize_t count = 0;
        if (socket->ssl == NULL) {
            count = send(socket->fd, bytes, size, MSG_NOSIGNAL);
            events = count < 0 && errno == EAGAIN ? G_IO_OUT | G_IO_HUP | G_IO_ERR : 0;
        } else {
            ERR_clear_error();
            count = SSL_write(socket->ssl, bytes, (int)MIN(size, G_MAXINT));
            events = count <= 0 ? wanted_events(socket->ssl, (int)count) : 0;
        }
        if (count > 0)
            return count;
        if (events == 0)
            return socket->ssl != NULL ? tls_outcome(socket, (int)count) : -1;
        if (!wait_for(socket, events, NULL)) {
            errno = ETIMEDOUT;
            return -1;
        }
    }
}

/* The connection is closed by its owner. */
static int
io_close(Sockbuf_IO_Desc *io)
{
    return 0;
}

static const Sockbuf_IO io_functions = {
    .sbi_setup = io_setup,
    .sbi_remove = io_remove,
    .sbi_ctrl = io_control,
    .sbi_read = io_read,
    .sbi_write = io_write,
    .sbi_close = io_close,
};

LDAP *
spoc_directory_socket_handle(SpocDirectorySocket *socket, const char *url, GError **error)
{
    LDAP *ldap = NULL;
    Sockbuf *buffer = NULL;
    ber_len_t incoming = INCOMING_MAX_BYTES;
    int code = ldap_init_fd(socket->fd, LDAP_PROTO_EXT, url, &ldap);
    if (code == LDAP_SUCCESS &&
        (ldap_get_option(ldap, LDAP_OPT_SOCKBUF, &buffer) != LDAP_OPT_SUCCESS ||
         ber_sockbuf_add_io(buffer, (Sockbuf_IO *)&io_functions, LBER_SBIOD_LEVEL_PROVIDER,
                            socket) != 0 ||
         ber_sockbuf_ctrl(buffer, LBER_SB_OPT_SET_MAX_INCOMING, &incoming) < 0))
        code = LDAP_LOCAL_ERROR;
    if (code == LDAP_SUCCESS)
        return ldap;
    if (ldap != NULL)
        ldap_unbind_ext(ldap, NULL, NULL);
    g_set_error(error, SPOC_ERROR, SPOC_ERROR_FAILED, "libldap does not start: %s",
                ldap_err2string(code));
    return NULL;
}
