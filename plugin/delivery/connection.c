/* SPDX-License-Identifier: Apache-2.0 */
#include "delivery/connection.h"

#include "base/error.h"
#include "base/secret.h"
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

    SpocLoginMemory *memory;
    const SpocTokens *tokens;    /* (nullable): what is asked before connecting */
    gpointer token_request;      /* (nullable): under way */
    GSource *impossible;         /* (nullable): the failure that is to be told */
    SpocSecret *token;           /* (nullable) */
    gboolean token_is_fresh;     /* asked for because the server refused the one before */
    SpocSaslMechanism mechanism; /* of the link */
    guint tried;                 /* bit N: mechanism N was, while this connection opens */

    SpocConnect *connect; /* (nullable): until it is tried, and when it is closed */
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

static gboolean
will_be_encrypted(const SpocConnection *connection)
{
    return connection->kind == SPOC_CONNECT_CONFIGURED &&
           connection->settings->encryption != SPOC_ENCRYPTION_NONE;
}

static gboolean
wants_login(const SpocConnection *connection)
{
    const SpocDeliverySettings *settings = connection->settings;
    if (connection->kind == SPOC_CONNECT_UNENCRYPTED)
        return settings->method == SPOC_AUTHENTICATION_PASSWORD &&
               settings->allow_cleartext_password;
    return settings->method != SPOC_AUTHENTICATION_NONE;
}

/* The first mechanism that is left; SPOC_SASL_NONE: there is none, or no login is wanted. */
static SpocSaslMechanism
next_mechanism(const SpocConnection *connection)
{
    if (!wants_login(connection))
        return SPOC_SASL_NONE;
    SpocSaslWish wish =
        spoc_settings_sasl_wish(connection->settings, will_be_encrypted(connection));
    return spoc_sasl_choose(&wish, connection->memory->known ? connection->memory->offered : NULL,
                            connection->memory->refused | connection->tried);
}

/* Whether the unencrypted try is in order: only where the server does not offer STARTTLS or
 * refuses the command. Whatever happens once TLS is attempted is final. */
static gboolean
may_go_unencrypted(const SpocConnection *connection, const SpocFailure *failure)
{
    if (connection->settings->encryption != SPOC_ENCRYPTION_STARTTLS ||
        connection->kind != SPOC_CONNECT_CONFIGURED ||
        (connection->settings->login_required &&
         (connection->settings->method != SPOC_AUTHENTICATION_PASSWORD ||
          !connection->settings->allow_cleartext_password)))
        return FALSE;
    if (failure->stage == SPOC_STAGE_STARTTLS)
        return failure->kind == SPOC_FAILURE_NOT_OFFERED ||
               (failure->kind == SPOC_FAILURE_REPLY && failure->reply_code != 421);
    /* A server from before ESMTP has neither STARTTLS nor a login. */
    return failure->stage == SPOC_STAGE_HELLO && failure->kind == SPOC_FAILURE_REPLY &&
           (failure->reply_code == 500 || failure->reply_code == 502 ||
            failure->reply_code == 504) &&
           connection->settings->method == SPOC_AUTHENTICATION_NONE;
}

static void
warn_unencrypted(SpocConnection *connection, const char *words)
{
    const SpocDeliverySettings *settings = connection->settings;
    const char *password = "";
    if (settings->method == SPOC_AUTHENTICATION_PASSWORD)
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
    if (connection->token_request != NULL)
        connection->tokens->cancel(connection->tokens->source,
                                   g_steal_pointer(&connection->token_request));
    g_clear_pointer(&connection->impossible, g_source_destroy);
    g_clear_pointer(&connection->watch, spoc_io_watch_free);
    g_clear_pointer(&connection->connect, spoc_connect_free);
}

static void
fail_to_open(SpocConnection *connection, const SpocFailure *failure, const char *words)
{
    /* What is borrowed from connect ends with it. */
    SpocFailure copy = *failure;
    g_autofree char *words_copy = g_strdup(words);
    end(connection);
    connection->events->failed(connection, &copy, words_copy, connection->user_data);
    connection->events->closed(connection, connection->user_data);
}

static void
open_again(SpocConnection *connection)
{
    g_clear_pointer(&connection->connect, spoc_connect_free);
    SpocFailure failure = {.stage = SPOC_STAGE_CONNECT, .kind = SPOC_FAILURE_LOCAL};
    if (!open_link(connection))
        fail_to_open(connection, &failure, "no memory or no descriptors for a connection");
}

static void
on_token(const char *token, const GError *error, gpointer user_data)
{
    SpocConnection *connection = user_data;
    connection->token_request = NULL;
    if (token == NULL) {
        SpocFailure failure = {.stage = SPOC_STAGE_TOKEN,
                               .kind = g_error_matches(error, SPOC_ERROR, SPOC_ERROR_UNAVAILABLE)
                                           ? SPOC_FAILURE_NETWORK
                                           : SPOC_FAILURE_DENIED};
        fail_to_open(connection, &failure, error->message);
        return;
    }
    g_clear_pointer(&connection->token, spoc_secret_free);
    connection->token = g_strdup(token);
    g_autofree char *what = connection->tokens->describe != NULL
                                ? connection->tokens->describe(connection->tokens->source)
                                : NULL;
    if (what != NULL)
        connection->events->progress(connection, SPOC_STAGE_TOKEN, what, connection->user_data);
    open_again(connection);
}

/* @refused: (nullable): the token that the server did not take */
static void
ask_for_token(SpocConnection *connection, const char *refused)
{
    connection->token_request =
        connection->tokens->ask(connection->tokens->source, refused, on_token, connection);
}

/* Whether the next mechanism has its turn: this one is not offered or not taken, and that has
 * nothing to do with who logs in. */
static gboolean
may_use_next_mechanism(const SpocConnection *connection, const SpocFailure *failure,
                       const char *words)
{
    if (failure->stage != SPOC_STAGE_LOGIN || connection->mechanism == SPOC_SASL_NONE)
        return FALSE;
    return failure->kind == SPOC_FAILURE_NOT_OFFERED ||
           (failure->kind == SPOC_FAILURE_REPLY &&
            spoc_sasl_refuses_mechanism(failure->reply_code, failure->enhanced_status, words));
}

/* Notes what the failure tells. Returns whether there is a next one. */
static gboolean
take_next_mechanism(SpocConnection *connection, const SpocFailure *failure)
{
    SpocLoginMemory *memory = connection->memory;
    const SpocCapabilities *capabilities = spoc_connect_capabilities(connection->connect);
    memory->known = TRUE;
    g_strlcpy(memory->offered, capabilities->auth, sizeof memory->offered);
    connection->tried |= 1u << connection->mechanism;
    if (failure->kind == SPOC_FAILURE_REPLY)
        memory->refused |= 1u << connection->mechanism;
    return next_mechanism(connection) != SPOC_SASL_NONE;
}

/* (transfer full): what was said about the last one, or that none fits */
static char *
describe_no_mechanism(const SpocConnection *connection, const SpocFailure *failure,
                      const char *words)
{
    const char *offered = connection->memory->offered;
    if (failure->kind != SPOC_FAILURE_NOT_OFFERED || *offered == '\0')
        return g_strdup(words);
    SpocSaslWish wish =
        spoc_settings_sasl_wish(connection->settings, will_be_encrypted(connection));
    g_autofree char *candidates = spoc_sasl_candidates(&wish);
    return g_strdup_printf("the server offers none of %s, only: %s", candidates, offered);
}

static void
on_link_failed(const SpocFailure *failure, const char *words, gpointer user_data)
{
    SpocConnection *connection = user_data;
    if (may_go_unencrypted(connection, failure)) {
        warn_unencrypted(connection, words);
        connection->kind = SPOC_CONNECT_UNENCRYPTED;
        open_again(connection);
        return;
    }
    if (may_use_next_mechanism(connection, failure, words)) {
        if (take_next_mechanism(connection, failure)) {
            connection->events->progress(connection, SPOC_STAGE_LOGIN, words,
                                         connection->user_data);
            open_again(connection);
            return;
        }
        g_autofree char *last = describe_no_mechanism(connection, failure, words);
        fail_to_open(connection, failure, last);
        return;
    }
    if (failure->token_refused && !connection->token_is_fresh) {
        g_autofree char *text = g_strdup_printf("%s; asking for another token", words);
        connection->events->progress(connection, SPOC_STAGE_LOGIN, text, connection->user_data);
        connection->token_is_fresh = TRUE;
        g_clear_pointer(&connection->connect, spoc_connect_free);
        ask_for_token(connection, connection->token);
        return;
    }
    fail_to_open(connection, failure, words);
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
    if (connection->mechanism != SPOC_SASL_NONE) {
        connection->memory->known = TRUE;
        g_strlcpy(connection->memory->offered, capabilities->auth,
                  sizeof connection->memory->offered);
    }
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
    connection->mechanism = next_mechanism(connection);
    /* What a server offered once it may not offer now, and it may offer more: the first fits. */
    if (connection->mechanism == SPOC_SASL_NONE && wants_login(connection)) {
        *connection->memory = (SpocLoginMemory){0};
        connection->mechanism = next_mechanism(connection);
    }
    /* Never without the login that is wanted, whatever mistake led here. */
    if (connection->mechanism == SPOC_SASL_NONE && wants_login(connection))
        return FALSE;
    SpocConnectLogin login = {
        .mechanism = connection->mechanism,
        /* With GSSAPI it is the ticket that says who. */
        .user = connection->mechanism == SPOC_SASL_GSSAPI ? NULL : connection->settings->user,
        .token = connection->token,
    };
    connection->connect =
        spoc_connect_new(connection->curl_multi, connection->settings, connection->server,
                         connection->kind, &login, &events, connection);
    return connection->connect != NULL;
}

/* (nullable): why no login can come of these settings, whatever the server says */
static const char *
find_impossible_login(const SpocConnection *connection)
{
    const SpocDeliverySettings *settings = connection->settings;
    SpocSaslWish wish = spoc_settings_sasl_wish(settings, will_be_encrypted(connection));
    if (settings->method == SPOC_AUTHENTICATION_NONE)
        return NULL;
    if (settings->method == SPOC_AUTHENTICATION_OAUTH2 &&
        settings->encryption == SPOC_ENCRYPTION_NONE)
        return "a token never goes over a line without TLS. Set mailSmtpEncryption = "
               "STARTTLS_REQUIRED or SSL_TLS";
    if (settings->method == SPOC_AUTHENTICATION_EXTERNAL &&
        settings->encryption == SPOC_ENCRYPTION_NONE)
        return "a certificate logs in over TLS only. Set mailSmtpEncryption = STARTTLS_REQUIRED or "
               "SSL_TLS";
    if (settings->method == SPOC_AUTHENTICATION_OAUTH2 && settings->user == NULL)
        return "a token logs in for a mailbox. Set mailuser to its address";
    if (settings->method == SPOC_AUTHENTICATION_OAUTH2 && settings->tokens == NULL)
        return "there is no source of tokens. Set one of the mailOAuth... keys (spoc.conf(5)), or "
               "use 'spocctl oauth login'";
    if (settings->method == SPOC_AUTHENTICATION_PASSWORD && settings->user == NULL)
        return "mailAuthentication is password, and mailuser is not set";
    if (settings->method == SPOC_AUTHENTICATION_EXTERNAL &&
        (settings->tls == NULL || !spoc_tls_has_client_certificate(settings->tls)))
        return "mailAuthentication is external, and mailClientCertificate is not set";
    if (settings->method == SPOC_AUTHENTICATION_GSSAPI && settings->keytab == NULL)
        return "mailAuthentication is gssapi, and mailKerberosKeytab is not set";
    if (spoc_sasl_choose(&wish, NULL, 0) == SPOC_SASL_NONE)
        return "no mechanism of mailAuthMechanisms fits mailAuthentication, or this libcurl can do "
               "none of them";
    return NULL;
}

static gboolean
fail_impossible_login(gpointer user_data)
{
    SpocConnection *connection = user_data;
    connection->impossible = NULL;
    SpocFailure failure = {.stage = SPOC_STAGE_TOKEN, .kind = SPOC_FAILURE_DENIED};
    fail_to_open(connection, &failure, find_impossible_login(connection));
    return G_SOURCE_REMOVE;
}

/* Whatever has to be there before the server is asked. Events come from the main loop alone. */
static gboolean
begin(SpocConnection *connection)
{
    if (find_impossible_login(connection) != NULL) {
        connection->impossible = g_idle_source_new();
        g_source_set_callback(connection->impossible, fail_impossible_login, connection, NULL);
        g_source_attach(connection->impossible, connection->context);
        g_source_unref(connection->impossible);
        return TRUE;
    }
    if (connection->tokens == NULL)
        return open_link(connection);
    ask_for_token(connection, NULL);
    return TRUE;
}

SpocConnection *
spoc_connection_new(GMainContext *context, SpocCurlMulti *curl_multi,
                    SpocDeliverySettings *settings, guint server, SpocLoginMemory *memory,
                    const SpocTokens *tokens, const SpocConnectionEvents *events,
                    gpointer user_data)
{
    SpocConnection *connection = g_new0(SpocConnection, 1);
    connection->context = g_main_context_ref(context);
    connection->curl_multi = curl_multi;
    connection->settings = spoc_settings_ref(settings);
    connection->server = server;
    connection->events = events;
    connection->user_data = user_data;
    connection->memory = memory;
    connection->tokens = tokens;
    connection->kind = SPOC_CONNECT_CONFIGURED;
    if (!begin(connection)) {
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
    spoc_secret_free(connection->token);
    spoc_transaction_free(connection->transaction);
    spoc_settings_unref(connection->settings);
    g_main_context_unref(connection->context);
    g_free(connection);
}

const char *
spoc_connection_token(const SpocConnection *connection)
{
    return spoc_sasl_is_bearer(connection->mechanism) ? connection->token : NULL;
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
