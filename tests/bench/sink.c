/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  A mail server for measuring: takes everything, keeps nothing, counts what it took,
 *          and can be far away. With a delay, everything that was read in one go is answered
 *          together that much later, as on a line with such a round trip: a client that
 *          pipelines waits once for many commands.
 * INPUT    sink DELAY_MS; prints its port on loopback, then the count of mails taken for each
 *          line on stdin, and ends with stdin.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <glib.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define CONNECTIONS_MAX 256
#define READ_BYTES 65536
#define US_PER_MS 1000

typedef struct {
    gint64 due_us;
    GString *text;
} Reply;

typedef struct {
    int fd;
    GString *input;
    GQueue replies; /* of Reply, the one due first at the head */
    gboolean in_data;
    gboolean data_begun; /* some of the message was dropped from input already */
    gboolean closing;    /* after the last reply */
} Client;

typedef struct {
    Client clients[CONNECTIONS_MAX];
    guint client_count;
    gint64 delay_us;
    guint64 taken;
} Sink;

static void
reply_free(Reply *reply)
{
    g_string_free(reply->text, TRUE);
    g_free(reply);
}

static void
client_close(Sink *sink, guint place)
{
    Client *client = &sink->clients[place];
    close(client->fd);
    g_string_free(client->input, TRUE);
    g_queue_clear_full(&client->replies, (GDestroyNotify)reply_free);
    *client = sink->clients[--sink->client_count];
}

static void
client_answer(Sink *sink, Client *client, const char *text)
{
    gint64 due = g_get_monotonic_time() + sink->delay_us;
    Reply *last = g_queue_peek_tail(&client->replies);
    /* What is answered within one millisecond was read in one go. */
    if (last == NULL || due - last->due_us > US_PER_MS) {
        last = g_new0(Reply, 1);
        last->due_us = due;
        last->text = g_string_new(NULL);
        g_queue_push_tail(&client->replies, last);
    }
    g_string_append(last->text, text);
}

static void
client_command(Sink *sink, Client *client, const char *line)
{
    if (g_ascii_strncasecmp(line, "EHLO", 4) == 0) {
        client_answer(sink, client, "250-sink\r\n250-PIPELINING\r\n250-SIZE\r\n250 8BITMIME\r\n");
    } else if (g_ascii_strncasecmp(line, "DATA", 4) == 0) {
        client->in_data = TRUE;
        client_answer(sink, client, "354 go on\r\n");
    } else if (g_ascii_strncasecmp(line, "QUIT", 4) == 0) {
        client->closing = TRUE;
        client_answer(sink, client, "221 bye\r\n");
    } else {
        client_answer(sink, client, "250 2.0.0 yes\r\n");
    }
}

/* The first complete line or message of @input, its length in bytes; 0: not complete yet */
static gsize
complete_length(const Client *client)
{
    const GString *input = client->input;
    if (!client->in_data) {
        const char *end = memchr(input->str, '\n', input->len);
        return end != NULL ? (gsize)(end - input->str) + 1 : 0;
    }
    if (!client->data_begun && input->len >= 3 && memcmp(input->str, ".\r\n", 3) == 0)
        return 3;
    const char *end = memmem(input->str, input->len, "\r\n.\r\n", 5);
    return end != NULL ? (gsize)(end - input->str) + 5 : 0;
}

static void
client_process(Sink *sink, Client *client)
{
    gsize length;
    while (!client->closing && (length = complete_length(client)) > 0) {
        if (client->in_data) {
            client->in_data = client->data_begun = FALSE;
            sink->taken++;
            client_answer(sink, client, "250 2.0.0 taken\r\n");
        } else {
            client->input->str[length - 1] = '\0';
            client_command(sink, client, client->input->str);
        }
        g_string_erase(client->input, 0, (gssize)length);
    }
    /* Of an unfinished message only what may begin its end is kept. */
    if (client->in_data && client->input->len > 4) {
        client->data_begun = TRUE;
        g_string_erase(client->input, 0, (gssize)client->input->len - 4);
    }
}

/* FALSE when the connection is gone */
static gboolean
client_read(Sink *sink, Client *client)
{
    char buffer[READ_BYTES];
    gssize got = recv(client->fd, buffer, sizeof buffer, MSG_DONTWAIT);
    if (got < 0)
        return errno == EAGAIN || errno == EINTR;
    if (got == 0)
        return FALSE;
    g_string_append_len(client->input, buffer, got);
    client_process(sink, client);
    return TRUE;
}

/* Replies are far smaller than a socket's buffer, so that each goes out whole. */
static gboolean
client_flush(Client *client, gint64 now_us)
{
    Reply *reply;
    while ((reply = g_queue_peek_head(&client->replies)) != NULL && reply->due_us <= now_us) {
        if (send(client->fd, reply->text->str, reply->text->len, MSG_NOSIGNAL) < 0)
            return FALSE;
        reply_free(g_queue_pop_head(&client->replies));
    }
    return reply != NULL || !client->closing;
}

static void
accept_client(Sink *sink, int listener)
{
    int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    if (fd < 0)
        return;
    if (sink->client_count == CONNECTIONS_MAX) {
        close(fd);
        return;
    }
    Client *client = &sink->clients[sink->client_count++];
    *client = (Client){.fd = fd, .input = g_string_new(NULL)};
    g_queue_init(&client->replies);
    client_answer(sink, client, "220 sink ESMTP\r\n");
}

/* Milliseconds until the next reply is due; -1: nothing is */
static int
next_due_ms(Sink *sink, gint64 now_us)
{
    gint64 wait_us = -1;
    for (guint i = 0; i < sink->client_count; i++) {
        const Reply *reply = g_queue_peek_head(&sink->clients[i].replies);
        if (reply != NULL && (wait_us < 0 || reply->due_us - now_us < wait_us))
            wait_us = MAX(reply->due_us - now_us, 0);
    }
    return wait_us < 0 ? -1 : (int)((wait_us + US_PER_MS - 1) / US_PER_MS);
}

static void
serve(Sink *sink, int listener)
{
    struct pollfd polled[CONNECTIONS_MAX + 2];
    for (;;) {
        gint64 now = g_get_monotonic_time();
        for (guint i = 0; i < sink->client_count;) {
            if (client_flush(&sink->clients[i], now))
                i++;
            else
                client_close(sink, i);
        }
        guint count = sink->client_count;
        for (guint i = 0; i < count; i++)
            polled[i] = (struct pollfd){.fd = sink->clients[i].fd, .events = POLLIN};
        polled[count] = (struct pollfd){.fd = listener, .events = POLLIN};
        polled[count + 1] = (struct pollfd){.fd = STDIN_FILENO, .events = POLLIN};
        if (poll(polled, count + 2, next_due_ms(sink, g_get_monotonic_time())) < 0)
            continue;
        /* Backwards, as closing one moves the last into its place. */
        for (guint i = count; i-- > 0;)
            if (polled[i].revents != 0 && !client_read(sink, &sink->clients[i]))
                client_close(sink, i);
        if (polled[count].revents != 0)
            accept_client(sink, listener);
        if (polled[count + 1].revents != 0) {
            char asked[64];
            if (read(STDIN_FILENO, asked, sizeof asked) <= 0)
                return;
            g_print("%" G_GUINT64_FORMAT "\n", sink->taken);
        }
    }
}

int
main(int argc, char **argv)
{
    g_autofree Sink *sink = g_new0(Sink, 1);
    sink->delay_us = argc > 1 ? g_ascii_strtoll(argv[1], NULL, 10) * US_PER_MS : 0;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    if (listener < 0 || bind(listener, (struct sockaddr *)&address, sizeof address) != 0 ||
        listen(listener, CONNECTIONS_MAX) != 0 ||
        getsockname(listener, (struct sockaddr *)&address, &length) != 0) {
        perror("sink");
        return 1;
    }
    g_print("%u\n", ntohs(address.sin_port));
    serve(sink, listener);
    while (sink->client_count > 0)
        client_close(sink, 0);
    close(listener);
    return 0;
}
