/* SPDX-License-Identifier: Apache-2.0 */
#include "https-server.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define REQUEST_MAX_BYTES (64 * 1024)

struct _HttpsServer {
    char *folder;
    char *root_file;
    SSL_CTX *context;
    int fd;
    guint16 port;
    GThread *thread;
    GMutex mutex;
    GCond changed;
    GQueue answers; /* of char *, or NO_ANSWER */
    GPtrArray *requests;
    GArray *silent; /* of int: descriptors that stay open */
    gboolean ending;
};

static char no_answer[] = "";

/* --- the thread ------------------------------------------------------------------------- */

static gboolean
is_whole(const GString *request)
{
    const char *end = strstr(request->str, "\r\n\r\n");
    if (end == NULL)
        return FALSE;
    const char *length = strcasestr(request->str, "content-length:");
    gsize wanted = length != NULL && length < end
                       ? (gsize)g_ascii_strtoull(length + strlen("content-length:"), NULL, 10)
                       : 0;
    return request->len >= (gsize)(end + 4 - request->str) + wanted;
}

static char *
read_request(SSL *ssl)
{
    g_autoptr(GString) request = g_string_new(NULL);
    char buffer[4096];
    while (!is_whole(request) && request->len < REQUEST_MAX_BYTES) {
        int count = SSL_read(ssl, buffer, sizeof buffer);
        if (count <= 0)
            return NULL;
        g_string_append_len(request, buffer, count);
    }
    return g_string_free(g_steal_pointer(&request), FALSE);
}

/* Waits for the test to say what to give; NULL: nothing */
static char *
take_answer(HttpsServer *server, char *request)
{
    g_mutex_lock(&server->mutex);
    g_ptr_array_add(server->requests, request);
    while (g_queue_is_empty(&server->answers) && !server->ending)
        g_cond_wait(&server->changed, &server->mutex);
    char *answer =
        g_queue_is_empty(&server->answers) ? no_answer : g_queue_pop_head(&server->answers);
    g_mutex_unlock(&server->mutex);
    return answer;
}

/* Returns whether the connection is to be closed. */
static gboolean
serve_one(HttpsServer *server, SSL *ssl)
{
    if (SSL_accept(ssl) != 1)
        return TRUE;
    char *request = read_request(ssl);
    if (request == NULL)
        return TRUE;
    char *answer = take_answer(server, request);
    if (answer == no_answer)
        return FALSE;
    gsize length = strlen(answer);
    for (gsize done = 0; done < length;) {
        int count = SSL_write(ssl, answer + done, (int)MIN(length - done, 16384));
        if (count <= 0)
            break;
        done += (gsize)count;
    }
    g_free(answer);
    (void)SSL_shutdown(ssl);
    return TRUE;
}

static gpointer
serve(gpointer user_data)
{
    HttpsServer *server = user_data;
    for (;;) {
        int fd = accept4(server->fd, NULL, NULL, SOCK_CLOEXEC);
        if (fd < 0)
            return NULL;
        g_autoptr(SSL) ssl = SSL_new(server->context);
        SSL_set_fd(ssl, fd);
        if (serve_one(server, ssl))
            close(fd);
        else
            g_array_append_val(server->silent, fd);
        ERR_clear_error();
    }
}

/* --- for tests -------------------------------------------------------------------------- */

HttpsServer *
https_server_new(void)
{
    (void)signal(SIGPIPE, SIG_IGN); /* a client that has enough hangs up */
    HttpsServer *server = g_new0(HttpsServer, 1);
    static guint servers = 0;
    g_autofree char *name = g_strdup_printf("The root of server %u", servers++);
    g_autoptr(Minted) root = mint_root(name);
    g_autoptr(Minted) own = mint_server(root, "localhost");
    server->folder = mint_folder();
    server->root_file = mint_write(server->folder, "root.pem", root->certificate, NULL);
    server->context = SSL_CTX_new(TLS_server_method());
    g_assert_cmpint(SSL_CTX_use_cert_and_key(server->context, own->certificate, own->key, NULL, 1),
                    ==, 1);

    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    server->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    g_assert_cmpint(bind(server->fd, (struct sockaddr *)&address, length), ==, 0);
    g_assert_cmpint(getsockname(server->fd, (struct sockaddr *)&address, &length), ==, 0);
    g_assert_cmpint(listen(server->fd, 16), ==, 0);
    server->port = ntohs(address.sin_port);
    g_mutex_init(&server->mutex);
    g_cond_init(&server->changed);
    g_queue_init(&server->answers);
    server->requests = g_ptr_array_new_with_free_func(g_free);
    server->silent = g_array_new(FALSE, FALSE, sizeof(int));
    server->thread = g_thread_new("https-server", serve, server);
    return server;
}

static void
free_answer(gpointer answer)
{
    if (answer != no_answer)
        g_free(answer);
}

void
https_server_free(HttpsServer *server)
{
    if (server == NULL)
        return;
    g_mutex_lock(&server->mutex);
    server->ending = TRUE;
    g_cond_signal(&server->changed);
    g_mutex_unlock(&server->mutex);
    (void)shutdown(server->fd, SHUT_RDWR);
    g_thread_join(server->thread);
    close(server->fd);
    for (guint i = 0; i < server->silent->len; i++)
        close(g_array_index(server->silent, int, i));
    g_array_unref(server->silent);
    g_queue_clear_full(&server->answers, free_answer);
    g_ptr_array_unref(server->requests);
    g_mutex_clear(&server->mutex);
    g_cond_clear(&server->changed);
    SSL_CTX_free(server->context);
    mint_remove(server->folder);
    g_free(server->folder);
    g_free(server->root_file);
    g_free(server);
}

SpocTls *
https_server_tls(const HttpsServer *server)
{
    static const char *const versions[] = {"TLSv1.2", "TLSv1.3", NULL};
    g_autoptr(GError) error = NULL;
    SpocTlsSettings settings = {.versions = versions, .trust_store = server->root_file};
    SpocTls *tls = spoc_tls_new_from_settings(&settings, NULL, &error);
    g_assert_no_error(error);
    return tls;
}

char *
https_server_url(const HttpsServer *server, const char *path)
{
    return g_strdup_printf("https://localhost:%u/%s", (guint)server->port, path);
}

void
https_server_will_say(HttpsServer *server, const char *bytes)
{
    g_mutex_lock(&server->mutex);
    g_queue_push_tail(&server->answers, bytes != NULL ? g_strdup(bytes) : no_answer);
    g_cond_signal(&server->changed);
    g_mutex_unlock(&server->mutex);
}

void
https_server_will_give(HttpsServer *server, int status, const char *json)
{
    g_autofree char *bytes = g_strdup_printf("HTTP/1.1 %d Words\r\n"
                                             "Content-Type: application/json\r\n"
                                             "Content-Length: %" G_GSIZE_FORMAT "\r\n\r\n%s",
                                             status, strlen(json), json);
    https_server_will_say(server, bytes);
}

guint
https_server_count(HttpsServer *server)
{
    g_mutex_lock(&server->mutex);
    guint count = server->requests->len;
    g_mutex_unlock(&server->mutex);
    return count;
}

char *
https_server_request(HttpsServer *server, guint index)
{
    g_mutex_lock(&server->mutex);
    g_assert_cmpuint(index, <, server->requests->len);
    char *request = g_strdup(g_ptr_array_index(server->requests, index));
    g_mutex_unlock(&server->mutex);
    return request;
}
