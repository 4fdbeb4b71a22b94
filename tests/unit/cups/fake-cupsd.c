/* SPDX-License-Identifier: Apache-2.0 */
#include "fake-cupsd.h"

#include <gio/gio.h>
#include <glib-unix.h>
#include <sys/socket.h>
#include <unistd.h>

struct _FakeCupsd {
    GThread *thread;
    GSocket *listener;
    guint port;
    GMutex lock; /* of all that follows */
    FakeCupsdFunc answer;
    gboolean hang_up;
    gboolean stopped;
    guint count;
};

/* The asker's hanging up is the end of a silence. */
static void
wait_for_hang_up(http_t *http)
{
    char byte;
    while (recv(httpGetFd(http), &byte, 1, 0) > 0)
        ;
}

static gboolean
serve_request(FakeCupsd *server, http_t *http)
{
    char resource[HTTP_MAX_URI];
    http_state_t state;
    while ((state = httpReadRequest(http, resource, sizeof resource)) == HTTP_STATE_WAITING)
        ;
    if (state != HTTP_STATE_POST)
        return FALSE;
    http_status_t status;
    while ((status = httpUpdate(http)) == HTTP_STATUS_CONTINUE)
        ;
    if (status != HTTP_STATUS_OK)
        return FALSE;
    if (httpGetExpect(http) == HTTP_STATUS_CONTINUE)
        httpWriteResponse(http, HTTP_STATUS_CONTINUE);
    ipp_t *request = ippNew();
    if (ippRead(http, request) != IPP_STATE_DATA) {
        ippDelete(request);
        return FALSE;
    }
    g_mutex_lock(&server->lock);
    server->count++;
    FakeCupsdFunc answer = server->answer;
    gboolean keep = !server->hang_up;
    g_mutex_unlock(&server->lock);

    ipp_t *response = ippNewResponse(request);
    gboolean speaks = answer(request, response);
    if (speaks) {
        httpClearFields(http);
        httpSetField(http, HTTP_FIELD_CONTENT_TYPE, "application/ipp");
        httpSetLength(http, ippLength(response));
        httpWriteResponse(http, HTTP_STATUS_OK);
        ippSetState(response, IPP_STATE_IDLE);
        ippWrite(http, response);
        httpFlushWrite(http);
    } else {
        wait_for_hang_up(http);
    }
    ippDelete(request);
    ippDelete(response);
    return speaks && keep;
}

static gpointer
serve(gpointer data)
{
    FakeCupsd *server = data;
    for (;;) {
        http_t *http = httpAcceptConnection(g_socket_get_fd(server->listener), 1);
        g_mutex_lock(&server->lock);
        gboolean stopped = server->stopped;
        g_mutex_unlock(&server->lock);
        if (http == NULL || stopped) {
            if (http != NULL)
                httpClose(http);
            return NULL;
        }
        while (serve_request(server, http))
            ;
        httpClose(http);
    }
}

FakeCupsd *
fake_cupsd_start(void)
{
    FakeCupsd *server = g_new0(FakeCupsd, 1);
    g_mutex_init(&server->lock);
    g_autoptr(GError) error = NULL;
    server->listener = g_socket_new(G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM, 0, &error);
    g_assert_no_error(error);
    g_autoptr(GInetAddress) loopback = g_inet_address_new_loopback(G_SOCKET_FAMILY_IPV4);
    g_autoptr(GSocketAddress) any_port = g_inet_socket_address_new(loopback, 0);
    g_assert_true(g_socket_bind(server->listener, any_port, TRUE, NULL));
    g_assert_true(g_socket_listen(server->listener, NULL));
    /* libcups accepts on the descriptor itself, which GSocket keeps non-blocking. */
    g_assert_true(g_unix_set_fd_nonblocking(g_socket_get_fd(server->listener), FALSE, NULL));
    g_autoptr(GSocketAddress) bound = g_socket_get_local_address(server->listener, &error);
    g_assert_no_error(error);
    server->port = g_inet_socket_address_get_port(G_INET_SOCKET_ADDRESS(bound));
    server->thread = g_thread_new("fake-cupsd", serve, server);
    return server;
}

void
fake_cupsd_stop(FakeCupsd *server)
{
    g_mutex_lock(&server->lock);
    server->stopped = TRUE;
    g_mutex_unlock(&server->lock);
    (void)shutdown(g_socket_get_fd(server->listener), SHUT_RDWR);
    g_thread_join(server->thread);
    g_object_unref(server->listener);
    g_mutex_clear(&server->lock);
    g_free(server);
}

guint
fake_cupsd_port(const FakeCupsd *server)
{
    return server->port;
}

void
fake_cupsd_set_answer(FakeCupsd *server, FakeCupsdFunc answer)
{
    g_mutex_lock(&server->lock);
    server->answer = answer;
    g_mutex_unlock(&server->lock);
}

void
fake_cupsd_set_hang_up(FakeCupsd *server, gboolean hang_up)
{
    g_mutex_lock(&server->lock);
    server->hang_up = hang_up;
    g_mutex_unlock(&server->lock);
}

guint
fake_cupsd_count(FakeCupsd *server)
{
    g_mutex_lock(&server->lock);
    guint count = server->count;
    g_mutex_unlock(&server->lock);
    return count;
}
