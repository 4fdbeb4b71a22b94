/* SPDX-License-Identifier: Apache-2.0 */
#include "delivery/connect.h"

#include "base/secret.h"
#include "base/text.h"
#include "delivery/handshake.h"
#include "delivery/kerberos.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define WORDS_MAX_BYTES 600

/* curl's one limit for connect, TLS, greeting and login together is out of the way once TCP is
 * connected: from then on we count each step by itself. */
#define CURL_WAITS_MS (24 * 3600 * 1000L)
#define CURL_WAITS_LONGER_S 60

struct _SpocConnect {
    SpocCurlMulti *curl_multi;
    SpocDeliverySettings *settings;
    guint server;
    SpocConnectKind kind;
    SpocSaslMechanism mechanism;
    char *user;   /* (nullable) */
    char *token;  /* (nullable) */
    char *ticket; /* (nullable): the cache that has it */
    SpocConnectEvents events;
    gpointer user_data;

    CURL *easy;
    gboolean added;
    GArray *sockets; /* of int: those that curl has open */
    int fd;
    char curl_words[CURL_ERROR_SIZE];

    SpocStage stage;
    GSource *limit;     /* of the step under way; unarmed until TCP is connected */
    gboolean reached;   /* TCP is connected */
    gboolean connected; /* and that was reported */
    SpocReplyParser *parser;
    gsize received_bytes;
    gboolean answered; /* a whole reply came to the last command, or the greeting */
    int reply_code;
    char reply_status[12];
    char *reply_words;
    char *token_error;   /* (nullable): the server's, about the token that it refuses */
    char *kerberos_note; /* (nullable): curl's, about a step of GSSAPI that failed */
    const char *problem; /* (nullable): the server's bytes make no sense */
    char *local_problem; /* (nullable): ours */
    SpocCapabilities capabilities;
    SpocHandshake tls;
};

static gboolean
wants_tls(const SpocConnect *connect)
{
    return connect->kind == SPOC_CONNECT_CONFIGURED &&
           connect->settings->encryption != SPOC_ENCRYPTION_NONE;
}

static gboolean
wants_login(const SpocConnect *connect)
{
    return connect->mechanism != SPOC_SASL_NONE;
}

/* (transfer full): one line; what is said while a token logs in is without it */
static char *
safe_line(const SpocConnect *connect, const char *raw)
{
    g_autofree char *masked = connect->token != NULL && connect->stage == SPOC_STAGE_LOGIN
                                  ? spoc_sasl_mask(raw, connect->token)
                                  : NULL;
    return spoc_text_line(masked != NULL ? masked : raw, -1, WORDS_MAX_BYTES);
}

static void G_GNUC_PRINTF(3, 4)
    progress(SpocConnect *connect, SpocStage stage, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *raw = g_strdup_vprintf(format, args);
    va_end(args);
    g_autofree char *line = safe_line(connect, raw);
    connect->events.progress(stage, line, connect->user_data);
}

/* What curl tells while it connects. */

/* A step begins that may take so long. */
static void
limit_step(SpocConnect *connect, guint timeout_ms)
{
    g_source_set_ready_time(connect->limit, g_get_monotonic_time() + (gint64)timeout_ms * 1000);
}

static gboolean
starts_with_tls(const SpocConnect *connect)
{
    return wants_tls(connect) && connect->settings->encryption == SPOC_ENCRYPTION_SSL_TLS;
}

static void
note_connected(SpocConnect *connect)
{
    if (connect->connected)
        return;
    connect->connected = TRUE;
    char *address = NULL;
    long port = 0;
    curl_easy_getinfo(connect->easy, CURLINFO_PRIMARY_IP, &address);
    curl_easy_getinfo(connect->easy, CURLINFO_PRIMARY_PORT, &port);
    progress(connect, SPOC_STAGE_CONNECT, "connected to %s port %ld",
             address != NULL && address[0] != '\0' ? address : "the server", port);
}

static gboolean
any_socket_is_connected(const SpocConnect *connect)
{
    for (guint i = 0; i < connect->sockets->len; i++) {
        struct sockaddr_storage peer;
        socklen_t length = sizeof peer;
        if (getpeername(g_array_index(connect->sockets, int, i), (struct sockaddr *)&peer,
                        &length) == 0)
            return TRUE;
    }
    return FALSE;
}

/* curl has no function for it, but it says something at that moment. */
static void
note_reached(SpocConnect *connect)
{
    if (connect->reached || !any_socket_is_connected(connect))
        return;
    connect->reached = TRUE;
    curl_easy_setopt(connect->easy, CURLOPT_CONNECTTIMEOUT_MS, CURL_WAITS_MS);
    if (starts_with_tls(connect))
        return; /* the handshake has its own limit */
    connect->stage = SPOC_STAGE_GREETING;
    limit_step(connect, connect->settings->silence_timeout_ms);
}

static curl_socket_t
on_open_socket(void *user_data, curlsocktype purpose, struct curl_sockaddr *address)
{
    SpocConnect *connect = user_data;
    char host[NI_MAXHOST] = "?", service[NI_MAXSERV] = "?";
    getnameinfo(&address->addr, address->addrlen, host, sizeof host, service, sizeof service,
                NI_NUMERICHOST | NI_NUMERICSERV);
    if (connect->stage == SPOC_STAGE_NAME)
        connect->stage = SPOC_STAGE_CONNECT;
    progress(connect, SPOC_STAGE_NAME, "%s has the address %s",
             connect->settings->servers[connect->server].host, host);
    int fd = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
    if (fd < 0)
        return CURL_SOCKET_BAD;
    g_array_append_val(connect->sockets, fd);
    return fd;
}

static int
on_close_socket(void *user_data, curl_socket_t fd)
{
    SpocConnect *connect = user_data;
    for (guint i = 0; i < connect->sockets->len; i++) {
        if (g_array_index(connect->sockets, int, i) == fd) {
            g_array_remove_index_fast(connect->sockets, i);
            break;
        }
    }
    return close(fd);
}

static CURLcode
on_ssl_context(CURL *easy, void *context, void *user_data)
{
    SpocConnect *connect = user_data;
    g_autoptr(GError) error = NULL;
    note_reached(connect);
    note_connected(connect);
    connect->stage = SPOC_STAGE_TLS;
    limit_step(connect, connect->settings->connection_timeout_ms);
    if (!spoc_tls_apply(connect->settings->tls, context, &error)) {
        g_free(connect->local_problem);
        connect->local_problem = g_strdup(error->message);
        return CURLE_SSL_CERTPROBLEM;
    }
    return spoc_handshake_attach(&connect->tls, context) ? CURLE_OK : CURLE_OUT_OF_MEMORY;
}

static void
note_tls(SpocConnect *connect)
{
    if (connect->tls.summary == NULL || connect->stage != SPOC_STAGE_TLS)
        return;
    progress(connect, SPOC_STAGE_TLS, "%s", connect->tls.summary);
    for (guint i = 0; i < connect->tls.chain->len; i++)
        progress(connect, SPOC_STAGE_TLS, "certificate %u: %s", i,
                 (const char *)g_ptr_array_index(connect->tls.chain, i));
}

/* A command of curl's. Its words are never shown: they may be the password. */
static void
note_command(SpocConnect *connect, const char *bytes, gsize size)
{
    note_tls(connect);
    if (size >= 4 && (g_ascii_strncasecmp(bytes, "EHLO", 4) == 0 ||
                      g_ascii_strncasecmp(bytes, "HELO", 4) == 0)) {
        connect->stage = SPOC_STAGE_HELLO;
        if (g_ascii_toupper(bytes[0]) == 'H')
            progress(connect, SPOC_STAGE_HELLO, "the server does not know EHLO; saying HELO");
        memset(&connect->capabilities, 0, sizeof connect->capabilities);
    } else if (size >= 8 && g_ascii_strncasecmp(bytes, "STARTTLS", 8) == 0) {
        connect->stage = SPOC_STAGE_STARTTLS;
    } else if (size >= 4 && g_ascii_strncasecmp(bytes, "AUTH", 4) == 0) {
        connect->stage = SPOC_STAGE_LOGIN;
        if (connect->ticket != NULL)
            spoc_kerberos_use(connect->ticket);
        gboolean has_user = connect->user != NULL && *connect->user != '\0';
        progress(connect, SPOC_STAGE_LOGIN, "logging in with %s%s%s",
                 spoc_sasl_name(connect->mechanism), has_user ? " as " : "",
                 has_user ? connect->user : "");
    }
    connect->answered = FALSE;
    limit_step(connect, connect->settings->silence_timeout_ms);
}

/* After a handshake that came first, the greeting is waited for. */
static void
note_handshake(SpocConnect *connect)
{
    if (connect->stage != SPOC_STAGE_TLS || !connect->tls.done || !starts_with_tls(connect))
        return;
    note_tls(connect);
    connect->stage = SPOC_STAGE_GREETING;
    limit_step(connect, connect->settings->silence_timeout_ms);
}

/* Why a step of GSSAPI failed is nowhere but in what curl writes for people. */
static void
note_kerberos(SpocConnect *connect, const char *bytes, gsize size)
{
    static const char *const marks[] = {"gss_", "GSSAPI"};
    for (guint i = 0; i < G_N_ELEMENTS(marks); i++) {
        if (g_strstr_len(bytes, (gssize)size, marks[i]) == NULL)
            continue;
        g_free(connect->kerberos_note);
        connect->kerberos_note = spoc_text_line(bytes, (gssize)size, WORDS_MAX_BYTES);
        return;
    }
}

static int
on_debug(CURL *easy, curl_infotype type, char *bytes, size_t size, void *user_data)
{
    SpocConnect *connect = user_data;
    note_reached(connect);
    note_handshake(connect);
    if (type == CURLINFO_HEADER_OUT)
        note_command(connect, bytes, size);
    else if (type == CURLINFO_TEXT && connect->mechanism == SPOC_SASL_GSSAPI)
        note_kerberos(connect, bytes, size);
    return 0;
}

static void
note_reply(SpocConnect *connect, const SpocReply *reply)
{
    g_free(connect->reply_words);
    connect->reply_words = spoc_reply_text(reply);
    connect->reply_code = reply->code;
    g_strlcpy(connect->reply_status, reply->enhanced_status, sizeof connect->reply_status);
    connect->answered = TRUE;
    limit_step(connect, connect->settings->silence_timeout_ms);
    if (connect->stage == SPOC_STAGE_HELLO)
        spoc_capabilities_read(&connect->capabilities, reply);
    /* Behind the token; curl answers it, and the refusal follows. */
    if (reply->code == 334 && connect->stage == SPOC_STAGE_LOGIN &&
        spoc_sasl_is_bearer(connect->mechanism) && connect->token_error == NULL)
        connect->token_error = spoc_sasl_bearer_error(reply->lines->str);
    /* What a server asks while it logs us in (334) is of no use to people, and a refusal is told
     * as the failure that it is. */
    if (reply->code / 100 == 2)
        progress(connect, connect->stage, "%s", connect->reply_words);
}

/* What a server says before the login is done goes through our own strict reader. */
static size_t
on_header(char *bytes, size_t size, size_t count, void *user_data)
{
    SpocConnect *connect = user_data;
    gsize left = size * count;
    connect->received_bytes += left;
    if (connect->received_bytes > SPOC_CONNECT_MAX_OPENING_BYTES)
        connect->problem = "it talks without end";
    note_reached(connect);
    note_handshake(connect);
    note_connected(connect);
    const guint8 *next = (const guint8 *)bytes;
    while (left > 0 && connect->problem == NULL) {
        gsize used = 0;
        const SpocReply *reply = NULL;
        SpocReplyState state =
            spoc_reply_parser_feed(connect->parser, next, left, &used, &reply, &connect->problem);
        next += used;
        left -= used;
        if (state == SPOC_REPLY_COMPLETE)
            note_reply(connect, reply);
    }
    return connect->problem == NULL ? size * count : 0;
}

/* Setting up. */

static void
set_security(SpocConnect *connect)
{
    CURL *easy = connect->easy;
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
    /* Trust comes from our policy alone; reading the system's bundle here would be in vain. */
    curl_easy_setopt(easy, CURLOPT_CAINFO, NULL);
    curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
    curl_easy_setopt(easy, CURLOPT_CA_CACHE_TIMEOUT, 0L);
    /* A resumed session would skip verification by a policy that has changed since. */
    curl_easy_setopt(easy, CURLOPT_SSL_SESSIONID_CACHE, 0L);
    if (!wants_tls(connect)) {
        curl_easy_setopt(easy, CURLOPT_USE_SSL, (long)CURLUSESSL_NONE);
        return;
    }
    curl_easy_setopt(easy, CURLOPT_USE_SSL, (long)CURLUSESSL_ALL);
    curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, on_ssl_context);
    curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, connect);
    const char *pins = spoc_tls_pinned_public_keys(connect->settings->tls);
    if (pins != NULL)
        curl_easy_setopt(easy, CURLOPT_PINNEDPUBLICKEY, pins);
}

static void
set_way(SpocConnect *connect)
{
    CURL *easy = connect->easy;
    const SpocServerAddress *server = &connect->settings->servers[connect->server];
    g_autofree char *url =
        g_strdup_printf("%s://%s/%s", starts_with_tls(connect) ? "smtps" : "smtp", server->name,
                        connect->settings->hello_name);
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    curl_easy_setopt(easy, CURLOPT_PROXY, ""); /* none out of the environment */
    curl_easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    curl_easy_setopt(easy, CURLOPT_CONNECT_ONLY, 1L);
    curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    /* Never wait for a name server's thread: it ends by itself. */
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
    if (wants_login(connect)) {
        /* Exactly one: of several curl would take the one that it likes best. */
        g_autofree char *options = g_strconcat("AUTH=", spoc_sasl_name(connect->mechanism), NULL);
        curl_easy_setopt(easy, CURLOPT_LOGIN_OPTIONS, options);
        /* In an answer to 334 curl writes "=" for no name, which is right behind AUTH alone;
         * Dovecot refuses it. */
        curl_easy_setopt(easy, CURLOPT_SASL_IR, connect->mechanism == SPOC_SASL_EXTERNAL ? 1L : 0L);
        const char *user = connect->user != NULL ? connect->user : "";
        g_autofree char *name = connect->mechanism == SPOC_SASL_OAUTHBEARER
                                    ? spoc_sasl_escape_name(user)
                                    : g_strdup(user);
        curl_easy_setopt(easy, CURLOPT_USERNAME, name);
        if (connect->token != NULL)
            curl_easy_setopt(easy, CURLOPT_XOAUTH2_BEARER, connect->token);
        else if (connect->settings->method == SPOC_AUTHENTICATION_PASSWORD)
            curl_easy_setopt(easy, CURLOPT_PASSWORD,
                             connect->settings->password != NULL ? connect->settings->password
                                                                 : "");
    }
}

static void
set_callbacks(SpocConnect *connect)
{
    CURL *easy = connect->easy;
    curl_easy_setopt(easy, CURLOPT_PRIVATE, connect);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, connect->curl_words);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_open_socket);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, connect);
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, on_close_socket);
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, connect);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, connect);
    curl_easy_setopt(easy, CURLOPT_DEBUGFUNCTION, on_debug);
    curl_easy_setopt(easy, CURLOPT_DEBUGDATA, connect);
    curl_easy_setopt(easy, CURLOPT_VERBOSE, 1L); /* for the debug function */
}

static void fail(SpocConnect *connect, CURLcode result);

static gboolean
on_limit(gpointer user_data)
{
    SpocConnect *connect = user_data;
    g_source_set_ready_time(connect->limit, -1);
    fail(connect, CURLE_OPERATION_TIMEDOUT); /* this frees it */
    return G_SOURCE_CONTINUE;
}

static gboolean
dispatch_limit(GSource *source, GSourceFunc callback, gpointer user_data)
{
    return callback(user_data);
}

static GSource *
new_limit(SpocConnect *connect)
{
    static GSourceFuncs functions = {.dispatch = dispatch_limit};
    GSource *source = g_source_new(&functions, sizeof(GSource));
    g_source_set_callback(source, on_limit, connect, NULL);
    g_source_attach(source, spoc_curl_multi_context(connect->curl_multi));
    return source;
}

static void
set_limits(SpocConnect *connect)
{
    connect->limit = new_limit(connect);
    curl_easy_setopt(connect->easy, CURLOPT_CONNECTTIMEOUT_MS,
                     (long)connect->settings->connection_timeout_ms);
    curl_easy_setopt(connect->easy, CURLOPT_SERVER_RESPONSE_TIMEOUT,
                     (long)(connect->settings->silence_timeout_ms / 1000) + CURL_WAITS_LONGER_S);
}

SpocConnect *
spoc_connect_new(SpocCurlMulti *curl_multi, SpocDeliverySettings *settings, guint server,
                 SpocConnectKind kind, const SpocConnectLogin *login,
                 const SpocConnectEvents *events, gpointer user_data)
{
    CURL *easy = curl_easy_init();
    if (easy == NULL)
        return NULL;
    SpocConnect *connect = g_new0(SpocConnect, 1);
    connect->curl_multi = curl_multi;
    connect->settings = spoc_settings_ref(settings);
    connect->server = server;
    connect->kind = kind;
    connect->mechanism = login->mechanism;
    connect->user = g_strdup(login->user);
    connect->token = spoc_sasl_is_bearer(login->mechanism) ? g_strdup(login->token) : NULL;
    connect->ticket = login->mechanism == SPOC_SASL_GSSAPI ? g_strdup(login->token) : NULL;
    connect->stage = SPOC_STAGE_NAME;
    connect->events = *events;
    connect->user_data = user_data;
    connect->easy = easy;
    connect->sockets = g_array_new(FALSE, FALSE, sizeof(int));
    connect->fd = -1;
    connect->parser = spoc_reply_parser_new();
    spoc_handshake_init(&connect->tls);
    set_way(connect);
    set_limits(connect);
    set_security(connect);
    set_callbacks(connect);
    connect->added = spoc_curl_multi_add(curl_multi, easy);
    if (!connect->added) {
        spoc_connect_free(connect);
        return NULL;
    }
    return connect;
}

void
spoc_connect_free(SpocConnect *connect)
{
    if (connect == NULL)
        return;
    /* curl says QUIT on a connection that it closes, and waits up to two minutes for the
     * answer, unless the socket is dead. */
    for (guint i = 0; i < connect->sockets->len; i++)
        shutdown(g_array_index(connect->sockets, int, i), SHUT_RDWR);
    connect->problem = "closing";
    if (connect->added)
        spoc_curl_multi_remove(connect->curl_multi, connect->easy);
    curl_easy_cleanup(connect->easy);
    g_source_destroy(connect->limit);
    g_source_unref(connect->limit);
    g_array_unref(connect->sockets);
    spoc_reply_parser_free(connect->parser);
    spoc_handshake_clear(&connect->tls);
    spoc_settings_unref(connect->settings);
    g_free(connect->reply_words);
    g_free(connect->local_problem);
    g_free(connect->token_error);
    g_free(connect->kerberos_note);
    g_free(connect->user);
    g_free(connect->ticket);
    spoc_secret_free(connect->token);
    g_free(connect);
}

/* What went wrong. */

static gboolean
says_unverified(CURLcode result)
{
    return result == CURLE_PEER_FAILED_VERIFICATION || result == CURLE_SSL_ISSUER_ERROR ||
           result == CURLE_SSL_CRL_BADFILE || result == CURLE_SSL_INVALIDCERTSTATUS;
}

static char *
describe_loss(const SpocConnect *connect)
{
    long system_error = 0;
    curl_easy_getinfo(connect->easy, CURLINFO_OS_ERRNO, &system_error);
    if (connect->stage == SPOC_STAGE_NAME)
        return g_strdup_printf("the name %s is not known",
                               connect->settings->servers[connect->server].host);
    if (system_error != 0 && system_error != EINPROGRESS && system_error != EAGAIN)
        return g_strdup(g_strerror((int)system_error));
    if (connect->stage == SPOC_STAGE_CONNECT)
        return g_strdup("it cannot be reached");
    return g_strdup(connect->answered
                        ? "the server closed the connection"
                        : "the server closed the connection, or sent a line without end");
}

static SpocFailureKind
classify_silence(const SpocConnect *connect, CURLcode result, char **ret_words)
{
    if (result == CURLE_OPERATION_TIMEDOUT) {
        gboolean answer = connect->stage >= SPOC_STAGE_GREETING && connect->stage != SPOC_STAGE_TLS;
        *ret_words = g_strdup_printf("no answer within %u ms (%s)",
                                     answer ? connect->settings->silence_timeout_ms
                                            : connect->settings->connection_timeout_ms,
                                     answer ? "mailSmtpTimeout" : "mailSmtpConnectionTimeout");
        return SPOC_FAILURE_TIMEOUT;
    }
    if (result == CURLE_OUT_OF_MEMORY || result == CURLE_FAILED_INIT ||
        result == CURLE_UNSUPPORTED_PROTOCOL || result == CURLE_URL_MALFORMAT) {
        *ret_words = g_strdup(curl_easy_strerror(result));
        return SPOC_FAILURE_LOCAL;
    }
    *ret_words = describe_loss(connect);
    return SPOC_FAILURE_NETWORK;
}

static SpocFailureKind
classify_tls(const SpocConnect *connect, CURLcode result, char **ret_words)
{
    if (result == CURLE_OPERATION_TIMEDOUT)
        return classify_silence(connect, result, ret_words);
    SpocFailureKind kind =
        result == CURLE_SSL_PINNEDPUBKEYNOTMATCH
            ? SPOC_FAILURE_PIN
            : spoc_handshake_kind(&connect->tls, connect->curl_words, says_unverified(result));
    *ret_words = spoc_handshake_words(&connect->tls, kind, connect->curl_words);
    return kind;
}

/* Returns the kind; may correct the stage. */
static SpocFailureKind
classify(const SpocConnect *connect, CURLcode result, SpocStage *stage, char **ret_words)
{
    if (connect->local_problem != NULL) {
        *ret_words = g_strdup(connect->local_problem);
        return SPOC_FAILURE_LOCAL;
    }
    if (connect->problem != NULL) {
        *ret_words = g_strdup(connect->problem);
        return SPOC_FAILURE_PROTOCOL;
    }
    /* curl compares pins behind the handshake: by then the greeting is waited for. */
    if (says_unverified(result) || result == CURLE_SSL_PINNEDPUBKEYNOTMATCH ||
        connect->tls.alert_received >= 0) {
        *stage = SPOC_STAGE_TLS;
        return classify_tls(connect, result, ret_words);
    }
    if (*stage == SPOC_STAGE_TLS)
        return classify_tls(connect, result, ret_words);
    if (connect->answered && connect->reply_code >= 400) {
        *ret_words = connect->token_error == NULL
                         ? g_strdup(connect->reply_words)
                         : g_strdup_printf("%s (about the token: %s)", connect->reply_words,
                                           connect->token_error);
        return SPOC_FAILURE_REPLY;
    }
    if (connect->token_error != NULL) {
        *ret_words = g_strdup_printf("the server refuses the token: %s", connect->token_error);
        return SPOC_FAILURE_DENIED;
    }
    if (connect->mechanism == SPOC_SASL_GSSAPI && *stage >= SPOC_STAGE_HELLO &&
        connect->kerberos_note != NULL && result != CURLE_OPERATION_TIMEDOUT) {
        *stage = SPOC_STAGE_LOGIN;
        *ret_words = g_strdup_printf("Kerberos: %s", connect->kerberos_note);
        return SPOC_FAILURE_DENIED;
    }
    if (*stage == SPOC_STAGE_HELLO && connect->answered && result == CURLE_USE_SSL_FAILED) {
        *stage = SPOC_STAGE_STARTTLS;
        *ret_words = g_strdup("the server does not offer STARTTLS");
        return SPOC_FAILURE_NOT_OFFERED;
    }
    if (*stage == SPOC_STAGE_HELLO && connect->answered && result == CURLE_LOGIN_DENIED) {
        *stage = SPOC_STAGE_LOGIN;
        *ret_words =
            g_strdup_printf("the server does not offer %s, only: %s",
                            spoc_sasl_name(connect->mechanism), connect->capabilities.auth);
        return SPOC_FAILURE_NOT_OFFERED;
    }
    if (*stage == SPOC_STAGE_STARTTLS && connect->answered) {
        *ret_words = g_strdup("there are bytes behind the answer to STARTTLS: somebody on the way "
                              "may be tampering with the connection");
        return SPOC_FAILURE_PROTOCOL;
    }
    if (connect->answered && result != CURLE_OPERATION_TIMEDOUT) {
        *ret_words = g_strdup_printf("an answer that makes no sense: %s", connect->reply_words);
        return SPOC_FAILURE_PROTOCOL;
    }
    return classify_silence(connect, result, ret_words);
}

static void
report(SpocConnect *connect, SpocFailure *failure, const char *raw_words)
{
    g_autofree char *words = safe_line(connect, raw_words);
    connect->events.failed(failure, words, connect->user_data);
}

static void
fail(SpocConnect *connect, CURLcode result)
{
    if (connect->reached)
        note_connected(connect);
    SpocStage stage = connect->stage;
    g_autofree char *words = NULL;
    SpocFailureKind kind = classify(connect, result, &stage, &words);
    SpocFailure failure = {.stage = stage, .kind = kind};
    if (kind == SPOC_FAILURE_CERTIFICATE)
        failure.certificate = spoc_handshake_fault(&connect->tls);
    if (kind == SPOC_FAILURE_REPLY) {
        failure.reply_code = connect->reply_code;
        g_strlcpy(failure.enhanced_status, connect->reply_status, sizeof failure.enhanced_status);
    }
    failure.token_refused = stage == SPOC_STAGE_LOGIN && connect->token != NULL &&
                            (connect->token_error != NULL || failure.reply_code == 535);
    report(connect, &failure, words);
}

void
spoc_connect_done(SpocConnect *connect, CURLcode result)
{
    curl_socket_t fd = CURL_SOCKET_BAD;
    if (result == CURLE_OK)
        curl_easy_getinfo(connect->easy, CURLINFO_ACTIVESOCKET, &fd);
    if (result != CURLE_OK || fd == CURL_SOCKET_BAD) {
        fail(connect, result);
        return;
    }
    /* curl goes on without a login when AUTH is not offered at all. */
    if (wants_login(connect) && connect->stage != SPOC_STAGE_LOGIN) {
        SpocFailure failure = {.stage = SPOC_STAGE_LOGIN, .kind = SPOC_FAILURE_NOT_OFFERED};
        report(connect, &failure, "the server does not offer a login");
        return;
    }
    if (wants_tls(connect) && !connect->tls.done) {
        SpocFailure failure = {.stage = SPOC_STAGE_TLS, .kind = SPOC_FAILURE_PROTOCOL};
        report(connect, &failure, "the connection is not encrypted though it must be");
        return;
    }
    g_source_set_ready_time(connect->limit, -1);
    connect->fd = fd;
    connect->events.opened(&connect->capabilities, connect->user_data);
}

gboolean
spoc_connect_is_encrypted(const SpocConnect *connect)
{
    return connect->tls.done;
}

const SpocCapabilities *
spoc_connect_capabilities(const SpocConnect *connect)
{
    return &connect->capabilities;
}

int
spoc_connect_fd(const SpocConnect *connect)
{
    return connect->fd;
}

static SpocConnectResult
translate(CURLcode result, gsize size)
{
    if (result == CURLE_AGAIN)
        return SPOC_CONNECT_AGAIN;
    return result == CURLE_OK && size > 0 ? SPOC_CONNECT_MOVED : SPOC_CONNECT_GONE;
}

SpocConnectResult
spoc_connect_send(SpocConnect *connect, const void *bytes, gsize size, gsize *ret_size)
{
    *ret_size = 0;
    CURLcode result = curl_easy_send(connect->easy, bytes, size, ret_size);
    return translate(result, *ret_size);
}

/* A server that sends the answer to each pipelined command by itself has to wait for our
 * acknowledgement before it may send the next small segment (RFC 896), and the system likes to
 * delay that by 40 ms (RFC 1122 4.2.3.2): 40 ms a mail. The kernel forgets the wish again. */
static void
acknowledge_now(const SpocConnect *connect)
{
    const int yes = 1;
    (void)setsockopt(spoc_connect_fd(connect), IPPROTO_TCP, TCP_QUICKACK, &yes, sizeof yes);
}

SpocConnectResult
spoc_connect_receive(SpocConnect *connect, void *buffer, gsize size, gsize *ret_size)
{
    *ret_size = 0;
    CURLcode result = curl_easy_recv(connect->easy, buffer, size, ret_size);
    if (result == CURLE_OK && *ret_size > 0)
        acknowledge_now(connect);
    return translate(result, *ret_size);
}

char *
spoc_connect_loss(const SpocConnect *connect, SpocFailureKind *ret_kind)
{
    *ret_kind = SPOC_FAILURE_NETWORK;
    if (connect->tls.alert_received >= 0) {
        SpocFailureKind kind = spoc_handshake_kind(&connect->tls, NULL, FALSE);
        if (kind == SPOC_FAILURE_CLIENT_CERTIFICATE)
            *ret_kind = kind;
        return spoc_handshake_words(&connect->tls, kind, connect->curl_words);
    }
    return g_strdup("the connection was lost");
}
