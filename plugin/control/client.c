/* SPDX-License-Identifier: Apache-2.0 */
#include "control/client.h"

#include "base/error.h"
#include "base/text.h"
#include "control/protocol.h"
#include "control/socket.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define TEXT_MAX_BYTES 900

struct _SpocControlClient {
    int fd;
    int timeout_ms;
    GByteArray *received; /* what is not yet taken as a line */
};

SpocControlClient *
spoc_control_client_new_from_fd(int fd)
{
    SpocControlClient *client = g_new0(SpocControlClient, 1);
    client->fd = fd;
    client->timeout_ms = SPOC_CLIENT_TIMEOUT_MS;
    client->received = g_byte_array_new();
    return client;
}

SpocControlClient *
spoc_control_client_new(SpocSpool *spool, GError **error)
{
    int fd = spoc_control_socket_connect(spool, error);
    return fd >= 0 ? spoc_control_client_new_from_fd(fd) : NULL;
}

void
spoc_control_client_set_timeout(SpocControlClient *client, int timeout_ms)
{
    client->timeout_ms = timeout_ms;
}

void
spoc_control_client_free(SpocControlClient *client)
{
    if (client == NULL)
        return;
    close(client->fd);
    g_byte_array_unref(client->received);
    g_free(client);
}

static gboolean
wait_for(const SpocControlClient *client, short events, GError **error)
{
    struct pollfd entry = {.fd = client->fd, .events = events};
    int ready;
    do
        ready = poll(&entry, 1, client->timeout_ms);
    while (ready < 0 && errno == EINTR);
    if (ready > 0)
        return TRUE;
    if (ready < 0)
        spoc_error_set_errno(error, errno, "cannot wait for spocd");
    else
        g_set_error(error, SPOC_ERROR, SPOC_ERROR_FAILED, "spocd does not answer within %d s",
                    client->timeout_ms / 1000);
    return FALSE;
}

static gboolean
send_all(const SpocControlClient *client, const char *bytes, gsize size, GError **error)
{
    while (size > 0) {
        if (!wait_for(client, POLLOUT, error))
            return FALSE;
        ssize_t sent = send(client->fd, bytes, size, MSG_NOSIGNAL);
        if (sent < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        if (sent < 0) {
            spoc_error_set_errno(error, errno, "cannot ask spocd");
            return FALSE;
        }
        bytes += sent;
        size -= (gsize)sent;
    }
    return TRUE;
}

/* Receives something; FALSE at the end too. */
static gboolean
receive_more(SpocControlClient *client, GError **error)
{
    guint8 buffer[16384];
    for (;;) {
        if (!wait_for(client, POLLIN, error))
            return FALSE;
        ssize_t count = recv(client->fd, buffer, sizeof buffer, 0);
        if (count < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        if (count < 0) {
            spoc_error_set_errno(error, errno, "cannot hear spocd");
            return FALSE;
        }
        if (count == 0) {
            g_set_error_literal(error, SPOC_ERROR, SPOC_ERROR_FAILED,
                                "spocd hung up before its answer was complete; try again");
            return FALSE;
        }
        g_byte_array_append(client->received, buffer, (guint)count);
        return TRUE;
    }
}

static char *
read_line(SpocControlClient *client, GError **error)
{
    gsize searched = 0;
    for (;;) {
        GByteArray *received = client->received;
        const guint8 *end = received->len > searched
                                ? memchr(received->data + searched, '\n', received->len - searched)
                                : NULL;
        if (end != NULL) {
            gsize length = (gsize)(end - received->data);
            char *line = g_utf8_make_valid((const char *)received->data, (gssize)length);
            g_byte_array_remove_range(received, 0, (guint)length + 1);
            return line;
        }
        searched = received->len;
        if (searched > SPOC_CONTROL_LINE_MAX_BYTES) {
            g_set_error_literal(error, SPOC_ERROR, SPOC_ERROR_LIMIT,
                                "spocd's answer has a line that is too long");
            return NULL;
        }
        if (!receive_more(client, error))
            return NULL;
    }
}

GPtrArray *
spoc_control_client_ask(SpocControlClient *client, const char *request, GError **error)
{
    g_autofree char *line = g_strconcat(request, "\n", NULL);
    if (!send_all(client, line, strlen(line), error))
        return NULL;

    g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);
    while (lines->len < SPOC_CLIENT_LINES_MAX) {
        g_autofree char *answer = read_line(client, error);
        if (answer == NULL)
            return NULL;
        const char *words = NULL;
        SpocControlAnswer kind = spoc_control_answer_parse(answer, &words);
        if (kind == SPOC_ANSWER_OK)
            return g_steal_pointer(&lines);
        if (kind == SPOC_ANSWER_ERROR) {
            g_autofree char *text = spoc_text_line(words, -1, TEXT_MAX_BYTES);
            g_set_error_literal(error, SPOC_ERROR, SPOC_ERROR_FAILED,
                                *text != '\0' ? text : "spocd refuses without saying why");
            return NULL;
        }
        g_ptr_array_add(lines, g_steal_pointer(&answer));
    }
    g_set_error_literal(error, SPOC_ERROR, SPOC_ERROR_LIMIT, "spocd's answer has no end");
    return NULL;
}
