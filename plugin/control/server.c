/* SPDX-License-Identifier: Apache-2.0 */
#include "control/server.h"

#include "base/error.h"
#include "control/client.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define NEW_SOCKET_NAME ".tmp-control"
#define LISTEN_BACKLOG 64
#define CLIENTS_MAX 200
/* What a client may leave unread */
#define UNSENT_MAX_BYTES (64 * 1024 * 1024)

struct _SpocControlServer {
    int fd;
    guint source;
    GHashTable *clients; /* set of SpocControlPeer */
    SpocControlRequestFunc request;
    gpointer user_data;
};

struct _SpocControlPeer {
    SpocControlServer *control;
    int fd;
    guint read_source, write_source;
    GString *in;
    GString *out;
    gboolean broken;
    gint64 heard_us;              /* when it last said something */
    GDestroyNotify waiter_closed; /* (nullable): nobody waits */
    gpointer waiter;
};

static gboolean on_readable(gint fd, GIOCondition condition, gpointer user_data);

static void
client_free(SpocControlPeer *client)
{
    if (client->waiter_closed != NULL)
        client->waiter_closed(client->waiter);
    g_clear_handle_id(&client->read_source, g_source_remove);
    g_clear_handle_id(&client->write_source, g_source_remove);
    close(client->fd);
    g_string_free(client->in, TRUE);
    g_string_free(client->out, TRUE);
    g_free(client);
}

static void
drop_client(SpocControlPeer *client)
{
    g_hash_table_remove(client->control->clients, client);
}

/* Sends what the socket takes. FALSE when the client is gone. */
static gboolean
flush_client(SpocControlPeer *client)
{
    while (client->out->len > 0) {
        ssize_t sent = send(client->fd, client->out->str, client->out->len, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0)
            return errno == EAGAIN;
        g_string_erase(client->out, 0, sent);
    }
    return TRUE;
}

static void
watch_reading(SpocControlPeer *client)
{
    if (client->read_source == 0)
        client->read_source =
            g_unix_fd_add(client->fd, G_IO_IN | G_IO_HUP | G_IO_ERR, on_readable, client);
}

/* Requests that are there, as long as the answers are taken. */
static void
handle_lines(SpocControlPeer *client)
{
    char *end = NULL;
    while (!client->broken && client->out->len == 0 &&
           (end = memchr(client->in->str, '\n', client->in->len)) != NULL) {
        gsize length = (gsize)(end - client->in->str);
        g_autofree char *raw = g_strndup(client->in->str, length);
        g_string_erase(client->in, 0, (gssize)length + 1);
        g_autofree char *line = g_utf8_make_valid(raw, -1);
        client->control->request(client, line, client->control->user_data);
    }
}

static gboolean
on_writable(gint fd, GIOCondition condition, gpointer user_data)
{
    SpocControlPeer *client = user_data;
    if (flush_client(client) && client->out->len > 0)
        return G_SOURCE_CONTINUE;
    client->write_source = 0;
    if (client->out->len > 0) {
        drop_client(client);
        return G_SOURCE_REMOVE;
    }
    watch_reading(client);
    handle_lines(client);
    return G_SOURCE_REMOVE;
}

void
spoc_control_peer_reply(SpocControlPeer *client, const char *line)
{
    if (client->broken)
        return;
    g_string_append(client->out, line);
    g_string_append_c(client->out, '\n');
    if (!flush_client(client) || client->out->len > UNSENT_MAX_BYTES) {
        client->broken = TRUE; /* its reader sees the end */
        shutdown(client->fd, SHUT_RDWR);
        watch_reading(client);
        return;
    }
    if (client->out->len > 0 && client->write_source == 0)
        client->write_source = g_unix_fd_add(client->fd, G_IO_OUT, on_writable, client);
}

void
spoc_control_peer_answer(SpocControlPeer *client, SpocControlAnswer answer, const char *text)
{
    g_autofree char *line = spoc_control_answer_line(answer, text);
    spoc_control_peer_reply(client, line);
}

void
spoc_control_set_waiter(SpocControlPeer *client, GDestroyNotify closed, gpointer data)
{
    g_return_if_fail(!spoc_control_has_waiter(client));
    client->waiter_closed = closed;
    client->waiter = data;
}

void
spoc_control_remove_waiter(SpocControlPeer *client, gconstpointer data)
{
    if (client->waiter == data)
        client->waiter_closed = NULL;
}

gboolean
spoc_control_has_waiter(const SpocControlPeer *client)
{
    return client->waiter_closed != NULL;
}

static gboolean
on_readable(gint fd, GIOCondition condition, gpointer user_data)
{
    SpocControlPeer *client = user_data;
    char buffer[4096];
    if (client->out->len > 0 && !client->broken) { /* until it has read its answer */
        client->read_source = 0;
        return G_SOURCE_REMOVE;
    }
    ssize_t count = recv(fd, buffer, sizeof buffer, 0);
    if (count < 0 && (errno == EINTR || errno == EAGAIN))
        return G_SOURCE_CONTINUE;
    if (count > 0) {
        client->heard_us = g_get_monotonic_time();
        g_string_append_len(client->in, buffer, count);
        handle_lines(client);
    }
    /* What it has not yet an answer to may be many lines; a line has an end. */
    if (count > 0 && (client->in->len <= SPOC_CONTROL_LINE_MAX_BYTES ||
                      memchr(client->in->str, '\n', client->in->len) != NULL))
        return G_SOURCE_CONTINUE;
    client->read_source = 0;
    drop_client(client);
    return G_SOURCE_REMOVE;
}

static gboolean
is_peer_allowed(int fd)
{
    struct ucred peer;
    socklen_t size = sizeof peer;
    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
           (peer.uid == 0 || peer.uid == geteuid());
}

/* FALSE: all of them wait for answers. */
static gboolean
make_room(SpocControlServer *control)
{
    GHashTableIter place;
    gpointer key = NULL;
    SpocControlPeer *silent = NULL;
    g_hash_table_iter_init(&place, control->clients);
    while (g_hash_table_iter_next(&place, &key, NULL)) {
        SpocControlPeer *client = key;
        if (!spoc_control_has_waiter(client) &&
            (silent == NULL || client->heard_us < silent->heard_us))
            silent = client;
    }
    if (silent != NULL)
        drop_client(silent);
    return silent != NULL;
}

static gboolean
on_connection(gint listen_fd, GIOCondition condition, gpointer user_data)
{
    SpocControlServer *control = user_data;
    int fd = accept4(listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0)
        return G_SOURCE_CONTINUE;
    if (!is_peer_allowed(fd) ||
        (g_hash_table_size(control->clients) >= CLIENTS_MAX && !make_room(control))) {
        close(fd);
        return G_SOURCE_CONTINUE;
    }
    SpocControlPeer *client = g_new0(SpocControlPeer, 1);
    client->control = control;
    client->fd = fd;
    client->in = g_string_new(NULL);
    client->out = g_string_new(NULL);
    client->heard_us = g_get_monotonic_time();
    watch_reading(client);
    g_hash_table_add(control->clients, client);
    return G_SOURCE_CONTINUE;
}

static gboolean
bind_and_listen(SpocSpool *spool, int fd, const struct sockaddr_un *address, GError **error)
{
    int folder = spoc_spool_fd(spool);
    (void)unlinkat(folder, NEW_SOCKET_NAME, 0);
    /* Nobody but the owner gets into the folder, so the time before chmod is no gap. The
     * name comes last: who can see the socket finds somebody listening. */
    if (bind(fd, (const struct sockaddr *)address, sizeof *address) != 0 ||
        fchmodat(folder, NEW_SOCKET_NAME, 0600, 0) != 0 || listen(fd, LISTEN_BACKLOG) != 0 ||
        renameat(folder, NEW_SOCKET_NAME, folder, SPOC_CONTROL_SOCKET_NAME) != 0) {
        spoc_error_set_errno(error, errno, "cannot listen at '%s/%s'", spoc_spool_path(spool),
                             SPOC_CONTROL_SOCKET_NAME);
        (void)unlinkat(folder, NEW_SOCKET_NAME, 0);
        return FALSE;
    }
    return TRUE;
}

int
spoc_control_server_listen(SpocSpool *spool, GError **error)
{
    g_autoptr(GError) nobody = NULL;
    int other = spoc_control_connect_spool(spool, &nobody);
    if (other >= 0) {
        close(other);
        g_set_error(error, SPOC_ERROR, SPOC_ERROR_UNAVAILABLE,
                    "somebody listens at '%s/%s' already", spoc_spool_path(spool),
                    SPOC_CONTROL_SOCKET_NAME);
        return -1;
    }
    struct sockaddr_un address;
    int fd = spoc_control_socket_new(spoc_spool_fd(spool), spoc_spool_path(spool), NEW_SOCKET_NAME,
                                     &address, error);
    if (fd < 0)
        return -1;
    if (!bind_and_listen(spool, fd, &address, error)) {
        close(fd);
        return -1;
    }
    return fd;
}

SpocControlServer *
spoc_control_server_new(int listen_fd, SpocControlRequestFunc request, gpointer user_data)
{
    SpocControlServer *control = g_new0(SpocControlServer, 1);
    control->fd = listen_fd;
    control->request = request;
    control->user_data = user_data;
    control->clients = g_hash_table_new_full(NULL, NULL, (GDestroyNotify)client_free, NULL);
    control->source = g_unix_fd_add(listen_fd, G_IO_IN, on_connection, control);
    return control;
}

void
spoc_control_server_free(SpocControlServer *control)
{
    if (control == NULL)
        return;
    g_source_remove(control->source);
    close(control->fd);
    g_hash_table_unref(control->clients);
    g_free(control);
}
