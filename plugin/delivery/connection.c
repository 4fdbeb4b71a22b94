/* SPDX-License-Identifier: Apache-2.0 */
#include "delivery/connection.h"

#include "delivery/io-watch.h"

#include <string.h>

#define READ_BYTES 16384

/* Sent in one turn at most: a server that takes everything at once must not keep the main loop
 * from everybody else. */
#define TURN_BYTES ((gsize)1024 * 1024)

struct _SpocConnection {
    GMainContext *context;
    SpocCurlMulti *curl_multi;
    SpocDeliverySettings *settings;
    guint server;
    const SpocConnectionEvents *events;
    gpointer user_data;

    SpocConnect *connect;
    SpocConnectKind kind;
    SpocIoWatch *watch;           /* (nullable): until it is open */
    SpocTransaction *transaction; /* (nullable): until it is open */
    guint mail_count;
    guint64 replies_seen;
    gint64 progress_us; /* when a reply was complete or bytes were taken */
    gint64 mail_until_us;
    gboolean inside; /* a step is under way: no second one within it */
    gboolean dead;
};

static gboolean open_link(SpocConnection *connection);

static void
on_link_progress(SpocStage stage, const char *text, gpointer user_data)
{
    SpocConnection *connection = user_data;
    connection->events->progress(connection, stage, text, connection->user_data);
}

/* Whether the unencrypted try is in order: only where the server does not offer STARTTLS or
 * refuses the command. Whatever happens once TLS is attempted is final. */
static gboolean
may_go_unencrypted(const SpocConnection *connection, const SpocFailure *failure)
{
    if (connection->settings->encryption != SPOC_ENCRYPTION_STARTTLS ||
        connection->kind != SPOC_CONNECT_CONFIGURED)
        return FALSE;
    if (failure->stage == SPOC_STAGE_STARTTLS)
        return failure->kind == SPOC_FAILURE_NOT_OFFERED ||
               (failure->kind == SPOC_FAILURE_REPLY && failure->reply_code != 421);
    /* A server from before ESMTP has neither STARTTLS nor a login. */
    return failure->stage == SPOC_STAGE_HELLO && failure->kind == SPOC_FAILURE_REPLY &&
           (failure->reply_code == 500 || failure->reply_code == 502 ||
            failure->reply_code == 504) &&
           connection->settings->user == NULL;
}

static void
warn_unencrypted(SpocConnection *connection, const char *words)
{
    const SpocDeliverySettings *settings = connection->settings;
    const char *password = "";
    if (settings->user != NULL)
        password = settings->allow_cleartext_password
                       ? ", the password too (mailAllowCleartextPassword)"
                       : " and without the password";
    g_autofree char *text = g_strdup_printf(
        "%s: %s: mail goes there unencrypted%s. Set mailSmtpEncryption = STARTTLS_REQUIRED to "
        "forbid that, or NONE if it is meant",
        settings->servers[connection->server].name, words, password);
    connection->events->warning(connection, text, connection->user_data);
}

static void
end(SpocConnection *connection)
{
    connection->dead = TRUE;
    g_clear_pointer(&connection->watch, spoc_io_watch_free);
    g_clear_pointer(&connection->connect, spoc_connect_free);
}

static void
on_link_failed(const SpocFailure *failure, const char *words, gpointer user_data)
{
    SpocConnection *connection = user_data;
    /* What is borrowed from connect ends with it. */
    SpocFailure copy = *failure;
    g_autofree char *words_copy = g_strdup(words);
    if (may_go_unencrypted(connection, failure)) {
        warn_unencrypted(connection, words);
        g_clear_pointer(&connection->connect, spoc_connect_free);
        connection->kind = SPOC_CONNECT_UNENCRYPTED;
        if (open_link(connection))
            return;
        copy.kind = SPOC_FAILURE_LOCAL;
    }
    end(connection);
    connection->events->failed(connection, &copy, words_copy, connection->user_data);
    connection->events->closed(connection, connection->user_data);
}

/* Sending and receiving. */

static void
lose(SpocConnection *connection, SpocFailureKind kind, const char *words)
{
    if (connection->dead)
        return;
    connection->dead = TRUE;
    spoc_transaction_abort(connection->transaction, kind, words);
}

static void
lose_link(SpocConnection *connection)
{
    SpocFailureKind kind;
    g_autofree char *words = spoc_connect_loss(connection->connect, &kind);
    lose(connection, kind, words);
}

static void
receive(SpocConnection *connection)
{
    guint8 buffer[READ_BYTES];
    gsize size = 0;
    SpocConnectResult result;
    do {
        result = spoc_connect_receive(connection->connect, buffer, sizeof buffer, &size);
        const char *problem = result == SPOC_CONNECT_MOVED
                                  ? spoc_transaction_input(connection->transaction, buffer, size)
                                  : NULL;
        if (problem != NULL)
            lose(connection, SPOC_FAILURE_PROTOCOL, problem);
        else if (spoc_transaction_must_close(connection->transaction))
            lose(connection, SPOC_FAILURE_NETWORK, "the server closes the connection");
        /* A plain socket tells again what is left in it; TLS has its own buffer. */
    } while (result == SPOC_CONNECT_MOVED && !connection->dead &&
             (size == sizeof buffer || spoc_connect_is_encrypted(connection->connect)));
    if (result == SPOC_CONNECT_GONE)
        lose_link(connection);
}

static void
hand_over_finished(SpocConnection *connection)
{
    SpocMail *mail;
    while ((mail = spoc_transaction_take_finished(connection->transaction)) != NULL)
        connection->events->finished(connection, mail, connection->user_data);
}

static void
take_mails(SpocConnection *connection)
{
    while (!connection->dead && connection->mail_count < SPOC_CONNECTION_MAX_MAILS &&
           spoc_transaction_can_take(connection->transaction)) {
        SpocMail *mail = connection->events->next(connection, connection->user_data);
        if (mail == NULL)
            return;
        gint64 now_us = g_get_monotonic_time();
        if (spoc_transaction_is_idle(connection->transaction))
            connection->progress_us = now_us;
        guint64 size = spoc_content_size_bytes(mail->content);
        connection->mail_until_us =
            now_us + (gint64)connection->settings->final_timeout_ms * 1000 +
            (gint64)(size / SPOC_CONNECTION_MIN_BYTES_PER_S) * G_USEC_PER_SEC;
        connection->mail_count++;
        spoc_transaction_start(connection->transaction, mail);
        hand_over_finished(connection); /* one that could not even be started */
    }
}

/* Sends what there is, and puts the next mail behind a final dot before that dot is sent.
 * Returns whether something waits for the socket. */
static gboolean
send_all(SpocConnection *connection)
{
    gsize turn = 0;
    while (!connection->dead) {
        const guint8 *bytes = NULL;
        gsize size = 0, sent = 0;
        g_autoptr(GError) error = NULL;
        if (!spoc_transaction_output(connection->transaction, &bytes, &size, &error)) {
            lose(connection, SPOC_FAILURE_LOCAL, error->message);
            return FALSE;
        }
        take_mails(connection);
        if (connection->dead ||
            !spoc_transaction_output(connection->transaction, &bytes, &size, &error))
            continue;
        if (size == 0)
            return FALSE;
        SpocConnectResult result = spoc_connect_send(connection->connect, bytes, size, &sent);
        if (result == SPOC_CONNECT_AGAIN)
            return TRUE;
        if (result == SPOC_CONNECT_GONE) {
            /* What the server said before it left counts. */
            receive(connection);
            lose_link(connection);
            return FALSE;
        }
        spoc_transaction_sent(connection->transaction, sent);
        connection->progress_us = g_get_monotonic_time();
        turn += sent;
        if (turn >= TURN_BYTES)
            return TRUE;
    }
    return FALSE;
}

static gint64
deadline_us(const SpocConnection *connection)
{
    if (spoc_transaction_is_idle(connection->transaction))
        return connection->progress_us + (gint64)SPOC_CONNECTION_IDLE_MS * 1000;
    if (spoc_transaction_stage(connection->transaction) == SPOC_STAGE_FINAL)
        return connection->progress_us + (gint64)connection->settings->final_timeout_ms * 1000;
    gint64 silence_us =
        connection->progress_us + (gint64)connection->settings->silence_timeout_ms * 1000;
    /* Silence is not the only way to keep a mail for ever. */
    return MIN(silence_us, connection->mail_until_us);
}

static void
say_quit(SpocConnection *connection)
{
    gsize sent = 0;
    /* Its answer is not waited for: nothing hangs on it. */
    (void)spoc_connect_send(connection->connect, "QUIT\r\n", 6, &sent);
    connection->dead = TRUE;
}

static void
check_deadline(SpocConnection *connection)
{
    if (connection->dead || g_get_monotonic_time() < deadline_us(connection))
        return;
    if (spoc_transaction_is_idle(connection->transaction)) {
        say_quit(connection);
        return;
    }
    gboolean final = spoc_transaction_stage(connection->transaction) == SPOC_STAGE_FINAL;
    g_autofree char *words = g_strdup_printf("no answer within %u ms (%s)",
                                             final ? connection->settings->final_timeout_ms
                                                   : connection->settings->silence_timeout_ms,
                                             final ? "mailSmtpFinalTimeout" : "mailSmtpTimeout");
    lose(connection, SPOC_FAILURE_TIMEOUT, words);
}

static void
step(GIOCondition condition, gpointer user_data)
{
    SpocConnection *connection = user_data;
    connection->inside = TRUE;
    if ((condition & (G_IO_IN | G_IO_ERR | G_IO_HUP | G_IO_NVAL)) != 0)
        receive(connection);
    guint64 replies = spoc_transaction_reply_count(connection->transaction);
    if (replies != connection->replies_seen) {
        connection->replies_seen = replies;
        connection->progress_us = g_get_monotonic_time();
    }
    hand_over_finished(connection);
    gboolean blocked = send_all(connection);
    if (!connection->dead && connection->mail_count >= SPOC_CONNECTION_MAX_MAILS &&
        spoc_transaction_is_idle(connection->transaction))
        say_quit(connection);
    check_deadline(connection);
    hand_over_finished(connection);
    connection->inside = FALSE;
    if (connection->dead) {
        end(connection);
        connection->events->closed(connection, connection->user_data);
        return;
    }
    spoc_io_watch_set_output(connection->watch, blocked);
    spoc_io_watch_set_deadline(connection->watch, deadline_us(connection));
}

static void
on_answered(SpocMail *mail, SpocStage stage, const SpocReply *reply, gpointer user_data)
{
    SpocConnection *connection = user_data;
    connection->events->answered(connection, mail, stage, reply, connection->user_data);
}

static void
on_link_opened(const SpocCapabilities *capabilities, gpointer user_data)
{
    SpocConnection *connection = user_data;
    connection->transaction = spoc_transaction_new(capabilities, on_answered, connection);
    connection->progress_us = g_get_monotonic_time();
    connection->watch = spoc_io_watch_new(connection->context, spoc_connect_fd(connection->connect),
                                          step, connection);
    connection->events->opened(connection, connection->user_data);
    step(0, connection);
}

static gboolean
open_link(SpocConnection *connection)
{
    static const SpocConnectEvents events = {on_link_progress, on_link_opened, on_link_failed};
    connection->connect =
        spoc_connect_new(connection->curl_multi, connection->settings, connection->server,
                         connection->kind, &events, connection);
    return connection->connect != NULL;
}

SpocConnection *
spoc_connection_new(GMainContext *context, SpocCurlMulti *curl_multi,
                    SpocDeliverySettings *settings, guint server,
                    const SpocConnectionEvents *events, gpointer user_data)
{
    SpocConnection *connection = g_new0(SpocConnection, 1);
    connection->context = g_main_context_ref(context);
    connection->curl_multi = curl_multi;
    connection->settings = spoc_settings_ref(settings);
    connection->server = server;
    connection->events = events;
    connection->user_data = user_data;
    connection->kind = SPOC_CONNECT_CONFIGURED;
    if (!open_link(connection)) {
        spoc_connection_free(connection);
        return NULL;
    }
    return connection;
}

void
spoc_connection_free(SpocConnection *connection)
{
    if (connection == NULL)
        return;
    end(connection);
    spoc_transaction_free(connection->transaction);
    spoc_settings_unref(connection->settings);
    g_main_context_unref(connection->context);
    g_free(connection);
}

gboolean
spoc_connection_is_opening(const SpocConnection *connection)
{
    return !connection->dead && connection->transaction == NULL;
}

gboolean
spoc_connection_is_idle(const SpocConnection *connection)
{
    return !connection->dead && connection->transaction != NULL &&
           spoc_transaction_is_idle(connection->transaction);
}

void
spoc_connection_wake(SpocConnection *connection)
{
    if (!connection->dead && !connection->inside && connection->transaction != NULL &&
        spoc_transaction_can_take(connection->transaction))
        step(0, connection);
}

void
spoc_connection_retire(SpocConnection *connection)
{
    connection->mail_count = SPOC_CONNECTION_MAX_MAILS;
}

void
spoc_connection_quit(SpocConnection *connection)
{
    if (connection->dead)
        return;
    if (spoc_connection_is_idle(connection))
        say_quit(connection);
    else if (connection->transaction != NULL)
        lose(connection, SPOC_FAILURE_NETWORK, "closed");
    if (connection->transaction != NULL)
        hand_over_finished(connection);
    end(connection);
    connection->events->closed(connection, connection->user_data);
}
