/* SPDX-License-Identifier: Apache-2.0 */
#include "oauth/fetch.h"

#include "base/error.h"
#include "base/mask.h"
#include "base/text.h"
#include "net/https.h"
#include "oauth/command.h"
#include "oauth/form.h"
#include "oauth/json.h"
#include "oauth/remedy.h"

#include <string.h>

#define STATUS_OK 200
#define STATUS_TOO_MANY 429
#define SENTENCE_MAX_BYTES 900

struct _SpocTokenFetch {
    SpocOAuthSettings *settings;
    SpocTokenSource source;
    SpocStoredLogin login;
    SpocTokenForm form;
    SpocHttps *https;
    SpocTokenCommand *command;
    GSource *idle; /* (nullable): a failure on its way to func */
    GError *failure;
    SpocTokenFetchFunc func;
    gpointer user_data;
};

char *
spoc_token_fetch_host(const char *url)
{
    g_autoptr(GUri) uri = g_uri_parse(url, G_URI_FLAGS_NONE, NULL);
    const char *host = uri != NULL ? g_uri_get_host(uri) : NULL;
    return spoc_text_line(host != NULL ? host : "the provider", -1, 200);
}

/* --- which source ----------------------------------------------------------------------- */

static gboolean
fits(const SpocOAuthSettings *settings, const SpocStoredLogin *login)
{
    return g_strcmp0(settings->token_url, login->token_url) == 0 &&
           g_strcmp0(settings->client_id, login->client_id) == 0;
}

static gboolean
refuse_source(GError **error, const char *what, const char *words)
{
    g_set_error(error, SPOC_ERROR, SPOC_ERROR_DENIED, "%s%s", what, words);
    return FALSE;
}

gboolean
spoc_token_fetch_find_source(const SpocOAuthSettings *settings, int state_fd,
                             SpocTokenSource *ret_source, SpocStoredLogin *login, GError **error)
{
    g_autoptr(GError) problem = NULL;
    *login = (SpocStoredLogin){0};
    *ret_source = spoc_oauth_settings_source(settings);
    if (*ret_source != SPOC_TOKEN_SOURCE_SECRET && *ret_source != SPOC_TOKEN_SOURCE_NONE)
        return TRUE;
    if (spoc_stored_login_read(state_fd, login, &problem) && fits(settings, login)) {
        *ret_source = SPOC_TOKEN_SOURCE_REFRESH;
        return TRUE;
    }
    if (*ret_source == SPOC_TOKEN_SOURCE_SECRET)
        return TRUE;
    if (settings->token_problem != NULL)
        return refuse_source(error, settings->token_problem, "");
    if (problem == NULL)
        return refuse_source(
            error,
            "the stored login is for another mailOAuthClientId, mailOAuthTenant or "
            "mailOAuthTokenUrl than those that are set now, and is sent nowhere "
            "else: ",
            "set them as they were, or run 'spocctl oauth login' again");
    if (!g_error_matches(problem, SPOC_ERROR, SPOC_ERROR_NOT_FOUND))
        return refuse_source(error, problem->message, "");
    return refuse_source(error, "there is no source of tokens: run 'spocctl oauth login', or set ",
                         "mailOAuthClientSecretFile, mailOAuthClientCertificate, "
                         "mailOAuthServiceAccount or mailOAuthTokenCommand");
}

/* --- what became of it ------------------------------------------------------------------ */

static gboolean
may_pass(const SpocTokenReply *reply)
{
    static const char *const passing[] = {"temporarily_unavailable", "server_error", "slow_down",
                                          "internal_failure", NULL};
    return g_strv_contains(passing, reply->error_code);
}

GError *
spoc_token_fetch_judge(const SpocOAuthSettings *settings, SpocTokenSource source, const char *url,
                       long status, const SpocTokenReply *reply)
{
    g_autofree char *host = spoc_token_fetch_host(url);
    if (reply == NULL || reply->error_code == NULL) {
        const char *remedy = status == STATUS_TOO_MANY ? "it is asked again later"
                             : status >= 500           ? "it is asked again; see the provider's "
                                                         "status page if that lasts"
                                                       : "check mailOAuthTokenUrl";
        return g_error_new(SPOC_ERROR, SPOC_ERROR_UNAVAILABLE,
                           "%s gives no token: it answered with status %ld and nothing of use; %s",
                           host, status, remedy);
    }
    gboolean is_final =
        status >= 400 && status < 500 && status != STATUS_TOO_MANY && !may_pass(reply);
    g_autofree char *words =
        g_strdup_printf("%s%s%s", reply->error_code, reply->error_words != NULL ? ": " : "",
                        reply->error_words != NULL ? reply->error_words : "");
    gsize length = strlen(words);
    if (length > 0 && words[length - 1] == '.')
        words[length - 1] = '\0';
    return g_error_new(SPOC_ERROR, is_final ? SPOC_ERROR_DENIED : SPOC_ERROR_UNAVAILABLE,
                       "%s gives no token: %s; %s", host, words,
                       is_final ? spoc_oauth_remedy(reply->error_code, reply->error_words, source)
                                : "it is asked again later");
}

/* Without any of the secrets that were sent: a provider may say them back. */
static void
mask_error(const SpocTokenFetch *fetch, GError *error)
{
    char *text = spoc_oauth_settings_mask(fetch->settings, g_steal_pointer(&error->message));
    text = spoc_mask(text, fetch->login.refresh_token);
    text = spoc_mask(text, fetch->form.assertion);
    error->message = spoc_text_line(text, -1, SENTENCE_MAX_BYTES);
    g_free(text);
}

static void
fail(SpocTokenFetch *fetch, GError *error, gint64 retry_after_s)
{
    g_autoptr(GError) owned = error;
    mask_error(fetch, owned);
    SpocTokenResult result = {
        .error = owned,
        .retry_after_s = retry_after_s,
        .source = fetch->source,
        .login = fetch->login.refresh_token != NULL ? &fetch->login : NULL,
    };
    fetch->func(&result, fetch->user_data);
}

static void
succeed(SpocTokenFetch *fetch, SpocTokenReply *reply)
{
    SpocTokenResult result = {
        .source = fetch->source,
        .reply = reply,
        .login = fetch->login.refresh_token != NULL ? &fetch->login : NULL,
    };
    fetch->func(&result, fetch->user_data);
}

/* No answer at all: a matter of trust has to be mended, everything else may pass. */
static GError *
explain_silence(const SpocTokenFetch *fetch, const GError *why)
{
    g_autofree char *host = spoc_token_fetch_host(fetch->form.url);
    gboolean is_denied = g_error_matches(why, SPOC_ERROR, SPOC_ERROR_DENIED);
    return g_error_new(SPOC_ERROR, is_denied ? SPOC_ERROR_DENIED : SPOC_ERROR_UNAVAILABLE,
                       "%s gives no token: %s", host, why->message);
}

static void
on_answer(SpocHttps *https, const SpocHttpsReply *answer, gpointer user_data)
{
    SpocTokenFetch *fetch = user_data;
    g_auto(SpocTokenReply) reply = {0};
    g_autoptr(GError) why = NULL;
    if (answer->error != NULL) {
        fail(fetch, explain_silence(fetch, answer->error), 0);
        return;
    }
    gsize size = 0;
    const char *bytes = answer->content != NULL ? g_bytes_get_data(answer->content, &size) : NULL;
    gboolean is_understood = spoc_token_reply_parse(bytes != NULL ? bytes : "", size, &reply, &why);
    if (is_understood && answer->status == STATUS_OK && reply.access_token != NULL) {
        succeed(fetch, &reply);
        return;
    }
    if (answer->status == STATUS_OK && !is_understood) {
        g_autofree char *host = spoc_token_fetch_host(fetch->form.url);
        fail(fetch,
             g_error_new(SPOC_ERROR, SPOC_ERROR_UNAVAILABLE,
                         "%s gives no token: its answer %s; check mailOAuthTokenUrl", host,
                         why->message),
             answer->retry_after_s);
        return;
    }
    fail(fetch,
         spoc_token_fetch_judge(fetch->settings, fetch->source, fetch->form.url, answer->status,
                                is_understood ? &reply : NULL),
         answer->retry_after_s);
}

static void
on_output(const GString *output, const GError *error, gpointer user_data)
{
    SpocTokenFetch *fetch = user_data;
    g_auto(SpocTokenReply) reply = {0};
    g_autoptr(GError) why = NULL;
    if (error != NULL)
        fail(fetch, g_error_copy(error), 0);
    else if (!spoc_token_reply_parse_output(output->str, output->len, &reply, &why))
        fail(fetch,
             g_error_new(SPOC_ERROR, SPOC_ERROR_UNAVAILABLE,
                         "mailOAuthTokenCommand: what the program prints %s", why->message),
             0);
    else if (reply.access_token == NULL)
        fail(fetch,
             g_error_new(SPOC_ERROR, SPOC_ERROR_UNAVAILABLE, "mailOAuthTokenCommand: %s%s%s",
                         reply.error_code, reply.error_words != NULL ? ": " : "",
                         reply.error_words != NULL ? reply.error_words : ""),
             0);
    else
        succeed(fetch, &reply);
}

/* --- the beginning ---------------------------------------------------------------------- */

static gboolean
deliver_failure(gpointer user_data)
{
    SpocTokenFetch *fetch = user_data;
    g_clear_pointer(&fetch->idle, g_source_unref);
    fail(fetch, g_steal_pointer(&fetch->failure), 0);
    return G_SOURCE_REMOVE;
}

static void
fail_later(SpocTokenFetch *fetch, GError *error)
{
    /* What is set here, and is wrong, has to be mended. */
    if (!g_error_matches(error, SPOC_ERROR, SPOC_ERROR_UNAVAILABLE))
        error->code = SPOC_ERROR_DENIED;
    fetch->failure = error;
    fetch->idle = g_idle_source_new();
    g_source_set_priority(fetch->idle, G_PRIORITY_DEFAULT);
    g_source_set_callback(fetch->idle, deliver_failure, fetch, NULL);
    g_autoptr(GMainContext) context = g_main_context_ref_thread_default();
    g_source_attach(fetch->idle, context);
}

static gboolean
start_request(SpocTokenFetch *fetch, SpocTls *tls, GError **error)
{
    const SpocOAuthSettings *settings = fetch->settings;
    if (tls == NULL) {
        g_set_error_literal(error, SPOC_ERROR, SPOC_ERROR_UNAVAILABLE,
                            "without usable TLS settings nobody is asked for a token");
        return FALSE;
    }
    if (!spoc_token_form_make(settings, fetch->source, &fetch->login,
                              g_get_real_time() / G_USEC_PER_SEC, &fetch->form, error))
        return FALSE;
    static const char *const headers[] = {"Accept: application/json", NULL};
    SpocHttpsRequest request = {
        .url = fetch->form.url,
        .setting = "mailOAuthTokenUrl",
        .headers = headers,
        .form = fetch->form.fields,
        .proxy = settings->proxy,
        .max_bytes = SPOC_OAUTH_JSON_MAX_BYTES,
        .connection_timeout_ms = settings->connection_timeout_ms,
        .timeout_ms = settings->timeout_ms,
        .wants_error_content = TRUE,
    };
    fetch->https = spoc_https_new(&request, tls, on_answer, fetch, error);
    return fetch->https != NULL;
}

static gboolean
start(SpocTokenFetch *fetch, int state_fd, SpocTls *tls, GError **error)
{
    if (!spoc_token_fetch_find_source(fetch->settings, state_fd, &fetch->source, &fetch->login,
                                      error))
        return FALSE;
    if (fetch->source != SPOC_TOKEN_SOURCE_COMMAND)
        return start_request(fetch, tls, error);
    fetch->command = spoc_token_command_new(fetch->settings->command, SPOC_TOKEN_COMMAND_TIMEOUT_MS,
                                            on_output, fetch, error);
    return fetch->command != NULL;
}

SpocTokenFetch *
spoc_token_fetch_new(SpocOAuthSettings *settings, int state_fd, SpocTls *tls,
                     SpocTokenFetchFunc func, gpointer user_data)
{
    SpocTokenFetch *fetch = g_new0(SpocTokenFetch, 1);
    GError *error = NULL;
    fetch->settings = spoc_oauth_settings_ref(settings);
    fetch->source = SPOC_TOKEN_SOURCE_NONE;
    fetch->func = func;
    fetch->user_data = user_data;
    if (!start(fetch, state_fd, tls, &error))
        fail_later(fetch, error);
    return fetch;
}

gboolean
spoc_token_fetch_may_rotate(const SpocTokenFetch *fetch)
{
    return fetch->source == SPOC_TOKEN_SOURCE_REFRESH && fetch->https != NULL;
}

void
spoc_token_fetch_free(SpocTokenFetch *fetch)
{
    if (fetch == NULL)
        return;
    if (fetch->idle != NULL) {
        g_source_destroy(fetch->idle);
        g_source_unref(fetch->idle);
    }
    g_clear_error(&fetch->failure);
    spoc_https_free(fetch->https);
    spoc_token_command_free(fetch->command);
    spoc_stored_login_clear(&fetch->login);
    spoc_token_form_clear(&fetch->form);
    spoc_oauth_settings_unref(fetch->settings);
    g_free(fetch);
}
