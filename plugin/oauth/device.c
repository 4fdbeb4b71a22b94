/* SPDX-License-Identifier: Apache-2.0 */
#include "oauth/device.h"

#include "base/error.h"
#include "base/mask.h"
#include "base/text.h"
#include "net/https.h"
#include "oauth/fetch.h"
#include "oauth/form.h"
#include "oauth/json.h"
#include "oauth/remedy.h"

#include <string.h>

#define STATUS_OK 200
#define INTERVAL_S 5 /* RFC 8628 3.2 and 3.5 */
#define INTERVAL_MAX_S 300
#define LIFETIME_S 900
#define LIFETIME_MAX_S (24 * 60 * 60)
#define CODE_MAX_BYTES 60
#define URL_MAX_BYTES 500
#define SENTENCE_MAX_BYTES 900

struct _SpocDeviceLogin {
    GMainContext *context;
    SpocOAuthSettings *settings;
    SpocTls *tls;
    const SpocDeviceEvents *events;
    gpointer user_data;

    SpocDeviceReply device;
    SpocTokenForm form;
    SpocHttps *https; /* (nullable) */
    GSource *timer;   /* (nullable): until the next question */
    guint interval_s;
    gint64 ends_us; /* monotonic */
};

/* --- the device endpoint's answer ------------------------------------------------------- */

void
spoc_device_reply_clear(SpocDeviceReply *reply)
{
    spoc_secret_free(reply->device_code);
    g_free(reply->code);
    g_free(reply->url);
    g_free(reply->complete_url);
    *reply = (SpocDeviceReply){0};
}

/* (transfer full) (nullable): an address that a person may be sent to */
static char *
url_of(JsonObject *object, const char *name)
{
    const char *text = spoc_oauth_json_text(object, name);
    if (text == NULL || !g_str_has_prefix(text, "https://") || strlen(text) > URL_MAX_BYTES ||
        strchr(text, ' ') != NULL)
        return NULL;
    g_autofree char *line = spoc_text_line(text, -1, URL_MAX_BYTES);
    return strcmp(line, text) == 0 ? g_steal_pointer(&line) : NULL;
}

gboolean
spoc_device_reply_parse(const char *bytes, gsize length, SpocDeviceReply *reply, GError **error)
{
    *reply = (SpocDeviceReply){0};
    g_autoptr(JsonObject) object = spoc_oauth_json_parse(bytes, length, error);
    if (object == NULL)
        return FALSE;
    const char *device_code = spoc_oauth_json_text(object, "device_code");
    const char *code = spoc_oauth_json_text(object, "user_code");
    reply->url = url_of(object, "verification_uri");
    if (reply->url == NULL)
        reply->url = url_of(object, "verification_url"); /* Google's name for it */
    if (device_code == NULL || code == NULL || reply->url == NULL ||
        !spoc_token_is_valid(device_code)) {
        g_set_error_literal(error, SPOC_ERROR, SPOC_ERROR_CORRUPT,
                            "has no code, or no https address to enter it, in it");
        return FALSE;
    }
    gint64 lifetime_s = spoc_oauth_json_number(object, "expires_in", LIFETIME_MAX_S);
    gint64 interval_s = spoc_oauth_json_number(object, "interval", INTERVAL_MAX_S);
    reply->device_code = g_strdup(device_code);
    reply->code = spoc_text_line(code, -1, CODE_MAX_BYTES);
    reply->complete_url = url_of(object, "verification_uri_complete");
    reply->lifetime_s = lifetime_s > 0 ? lifetime_s : LIFETIME_S;
    reply->interval_s = interval_s > 0 ? (guint)interval_s : INTERVAL_S;
    return TRUE;
}

/* --- the end ---------------------------------------------------------------------------- */

static void
end_login(SpocDeviceLogin *login, GError *error)
{
    g_autoptr(GError) owned = error;
    char *text = spoc_oauth_settings_mask(login->settings, g_steal_pointer(&owned->message));
    text = spoc_mask(text, login->device.device_code);
    owned->message = spoc_text_line(text, -1, SENTENCE_MAX_BYTES);
    g_free(text);
    login->events->ended(NULL, owned, login->user_data);
}

static void
end_in_time(SpocDeviceLogin *login)
{
    end_login(login,
              g_error_new(SPOC_ERROR, SPOC_ERROR_UNAVAILABLE,
                          "nobody entered the code in time; run 'spocctl oauth login' again"));
}

static void
succeed(SpocDeviceLogin *login, SpocTokenReply *reply)
{
    if (reply->refresh_token == NULL) {
        g_autofree char *host = spoc_token_fetch_host(login->form.url);
        end_login(login, g_error_new(SPOC_ERROR, SPOC_ERROR_DENIED,
                                     "%s gave a token, but no refresh token to keep: add "
                                     "offline_access, or what the provider has in its place, to "
                                     "mailOAuthScope",
                                     host));
        return;
    }
    login->events->ended(reply, NULL, login->user_data);
}

/* --- asking ----------------------------------------------------------------------------- */

/* (nullable) (transfer full): the answer's content */
static gboolean
post_form(SpocDeviceLogin *login, const char *setting, SpocHttpsReplyFunc func, GError **error)
{
    static const char *const headers[] = {"Accept: application/json", NULL};
    SpocHttpsRequest request = {
        .url = login->form.url,
        .setting = setting,
        .headers = headers,
        .form = login->form.fields,
        .proxy = login->settings->proxy,
        .max_bytes = SPOC_OAUTH_JSON_MAX_BYTES,
        .connection_timeout_ms = login->settings->connection_timeout_ms,
        .timeout_ms = login->settings->timeout_ms,
        .wants_error_content = TRUE,
    };
    login->https = spoc_https_new(&request, login->tls, func, login, error);
    return login->https != NULL;
}

static void ask_again_later(SpocDeviceLogin *login);

/* Whether the person has not done it yet; slows down where the provider wants that. */
static gboolean
is_pending(SpocDeviceLogin *login, const SpocTokenReply *reply)
{
    if (g_strcmp0(reply->error_code, "slow_down") == 0)
        login->interval_s = MIN(login->interval_s + INTERVAL_S, INTERVAL_MAX_S);
    else if (g_strcmp0(reply->error_code, "authorization_pending") != 0)
        return FALSE;
    return TRUE;
}

static GError *
judge_poll(SpocDeviceLogin *login, long status, const SpocTokenReply *reply)
{
    const char *code = reply->error_code;
    if (g_strcmp0(code, "expired_token") == 0 || g_strcmp0(code, "code_expired") == 0)
        return g_error_new(SPOC_ERROR, SPOC_ERROR_DENIED,
                           "nobody entered the code in time; run 'spocctl oauth login' again");
    if (g_strcmp0(code, "access_denied") == 0 || g_strcmp0(code, "authorization_declined") == 0)
        return g_error_new(SPOC_ERROR, SPOC_ERROR_DENIED,
                           "the login was declined at the provider%s%s; run 'spocctl oauth login' "
                           "again and accept, or ask an administrator to consent",
                           reply->error_words != NULL ? ": " : "",
                           reply->error_words != NULL ? reply->error_words : "");
    return spoc_token_fetch_judge(login->settings, SPOC_TOKEN_SOURCE_REFRESH, login->form.url,
                                  status, reply);
}

static void
on_poll(SpocHttps *https, const SpocHttpsReply *answer, gpointer user_data)
{
    SpocDeviceLogin *login = user_data;
    g_auto(SpocTokenReply) reply = {0};
    g_autoptr(SpocHttps) done G_GNUC_UNUSED = g_steal_pointer(&login->https);
    gsize size = 0;
    const char *bytes = answer->content != NULL ? g_bytes_get_data(answer->content, &size) : NULL;
    if (g_error_matches(answer->error, SPOC_ERROR, SPOC_ERROR_DENIED)) {
        end_login(login, g_error_copy(answer->error));
        return;
    }
    gboolean is_understood = bytes != NULL && spoc_token_reply_parse(bytes, size, &reply, NULL);
    if (is_understood && answer->status == STATUS_OK && reply.access_token != NULL) {
        succeed(login, &reply);
        return;
    }
    /* RFC 8628 3.5: after a time-out, longer. What is not understood is like one. */
    if (!is_understood || answer->status >= 500)
        login->interval_s = MIN(login->interval_s * 2, INTERVAL_MAX_S);
    else if (!is_pending(login, &reply)) {
        end_login(login, judge_poll(login, answer->status, &reply));
        return;
    }
    ask_again_later(login);
}

static gboolean
poll_now(gpointer user_data)
{
    SpocDeviceLogin *login = user_data;
    GError *error = NULL;
    g_clear_pointer(&login->timer, g_source_unref);
    if (g_get_monotonic_time() >= login->ends_us) {
        end_in_time(login);
        return G_SOURCE_REMOVE;
    }
    spoc_token_form_clear(&login->form);
    if (!spoc_token_form_make_poll(login->settings, login->device.device_code, &login->form,
                                   &error) ||
        !post_form(login, "mailOAuthTokenUrl", on_poll, &error))
        end_login(login, error);
    return G_SOURCE_REMOVE;
}

static void
ask_again_later(SpocDeviceLogin *login)
{
    login->timer = g_timeout_source_new(login->interval_s * 1000);
    g_source_set_callback(login->timer, poll_now, login, NULL);
    g_source_attach(login->timer, login->context);
}

static GError *
judge_device(const SpocDeviceLogin *login, long status, const char *bytes, gsize size,
             const GError *why)
{
    g_auto(SpocTokenReply) reply = {0};
    g_autofree char *host = spoc_token_fetch_host(login->form.url);
    if (spoc_token_reply_parse(bytes, size, &reply, NULL) && reply.error_code != NULL)
        return g_error_new(
            SPOC_ERROR, SPOC_ERROR_DENIED, "%s gives no code: %s%s%s; %s", host, reply.error_code,
            reply.error_words != NULL ? ": " : "",
            reply.error_words != NULL ? reply.error_words : "",
            spoc_oauth_remedy(reply.error_code, reply.error_words, SPOC_TOKEN_SOURCE_REFRESH));
    return g_error_new(SPOC_ERROR, SPOC_ERROR_UNAVAILABLE,
                       "%s gives no code: it answered with status %ld, and the answer %s; check "
                       "mailOAuthDeviceUrl",
                       host, status, why != NULL ? why->message : "is of no use");
}

static void
on_device(SpocHttps *https, const SpocHttpsReply *answer, gpointer user_data)
{
    SpocDeviceLogin *login = user_data;
    g_autoptr(GError) why = NULL;
    g_autoptr(SpocHttps) done G_GNUC_UNUSED = g_steal_pointer(&login->https);
    gsize size = 0;
    const char *bytes = answer->content != NULL ? g_bytes_get_data(answer->content, &size) : NULL;
    bytes = bytes != NULL ? bytes : "";
    if (answer->error != NULL) {
        g_autofree char *host = spoc_token_fetch_host(login->form.url);
        end_login(login, g_error_new(SPOC_ERROR, answer->error->code, "%s gives no code: %s", host,
                                     answer->error->message));
        return;
    }
    if (answer->status != STATUS_OK ||
        !spoc_device_reply_parse(bytes, size, &login->device, &why)) {
        end_login(login, judge_device(login, answer->status, bytes, size, why));
        return;
    }
    login->interval_s = login->device.interval_s;
    login->ends_us = g_get_monotonic_time() + login->device.lifetime_s * G_USEC_PER_SEC;
    SpocDevicePrompt prompt = {
        .code = login->device.code,
        .url = login->device.url,
        .complete_url = login->device.complete_url,
        .lifetime_s = login->device.lifetime_s,
    };
    ask_again_later(login);
    login->events->prompt(&prompt, login->user_data);
}

/* --- life ------------------------------------------------------------------------------- */

SpocDeviceLogin *
spoc_device_login_new(SpocOAuthSettings *settings, SpocTls *tls, const SpocDeviceEvents *events,
                      gpointer user_data, GError **error)
{
    g_autoptr(SpocDeviceLogin) login = g_new0(SpocDeviceLogin, 1);
    login->context = g_main_context_ref_thread_default();
    login->settings = spoc_oauth_settings_ref(settings);
    login->tls = spoc_tls_ref(tls);
    login->events = events;
    login->user_data = user_data;
    if (!spoc_token_form_make_device(settings, &login->form, error) ||
        !post_form(login, "mailOAuthDeviceUrl", on_device, error))
        return NULL;
    return g_steal_pointer(&login);
}

void
spoc_device_login_free(SpocDeviceLogin *login)
{
    if (login == NULL)
        return;
    if (login->timer != NULL) {
        g_source_destroy(login->timer);
        g_source_unref(login->timer);
    }
    spoc_https_free(login->https);
    spoc_device_reply_clear(&login->device);
    spoc_token_form_clear(&login->form);
    spoc_oauth_settings_unref(login->settings);
    spoc_tls_unref(login->tls);
    g_main_context_unref(login->context);
    g_free(login);
}
