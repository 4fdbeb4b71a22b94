/* SPDX-License-Identifier: Apache-2.0 */
#include "delivery/settings.h"

#include "base/error.h"
#include "base/secret.h"
#include "config/login.h"
#include "config/server.h"

#include <curl/curl.h>
#include <string.h>

#define MASK "***"

SpocDeliverySettings *
spoc_settings_alloc(void)
{
    SpocDeliverySettings *settings = g_new0(SpocDeliverySettings, 1);
    g_atomic_ref_count_init(&settings->references);
    return settings;
}

SpocDeliverySettings *
spoc_settings_ref(SpocDeliverySettings *settings)
{
    g_atomic_ref_count_inc(&settings->references);
    return settings;
}

void
spoc_settings_unref(SpocDeliverySettings *settings)
{
    if (settings == NULL || !g_atomic_ref_count_dec(&settings->references))
        return;
    for (guint i = 0; i < SPOC_ROUTE_SERVERS; i++) {
        g_free(settings->servers[i].host);
        g_free(settings->servers[i].name);
    }
    g_strfreev(settings->mechanisms);
    g_free(settings->keytab);
    g_free(settings->user);
    spoc_secret_free(settings->password);
    g_free(settings->hello_name);
    g_free(settings->config_file);
    if (settings->tls != NULL)
        spoc_tls_unref(settings->tls);
    g_free(settings);
}

void
spoc_settings_set_server(SpocDeliverySettings *settings, guint index, const char *host,
                         guint16 port)
{
    SpocServerAddress *server = &settings->servers[index];
    g_free(server->host);
    g_free(server->name);
    server->host = g_strdup(host);
    server->port = port;
    server->name = NULL;
    if (host != NULL)
        server->name = spoc_server_name(host, port);
}

static void
take_server(SpocDeliverySettings *settings, SpocConfig *config, guint index, SpocOptionId option)
{
    g_autofree char *host = NULL;
    guint port = 0;
    if (spoc_config_server(config, option, &host, &port))
        spoc_settings_set_server(settings, index, host, (guint16)port);
}

static gboolean
is_fit_for_hello(const char *name)
{
    gsize length = strlen(name);
    return length > 0 && length <= 255 && g_ascii_isalnum(name[0]) &&
           strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.") ==
               length;
}

char *
spoc_settings_hello_name(const char *host_name, const char *sender)
{
    if (!is_fit_for_hello(host_name))
        return g_strdup("localhost");
    const char *at = sender != NULL ? strrchr(sender, '@') : NULL;
    if (strchr(host_name, '.') == NULL && at != NULL && strchr(at, '.') != NULL &&
        is_fit_for_hello(at + 1))
        return g_strconcat(host_name, ".", at + 1, NULL);
    return g_strdup(host_name);
}

static void
read_login(SpocDeliverySettings *settings, SpocConfig *config, const SpocTokens *tokens)
{
    settings->method = spoc_login_method(config, tokens != NULL);
    settings->login_required = spoc_login_is_required(config, settings->method);
    settings->mechanisms =
        g_strdupv((char **)spoc_config_list(config, SPOC_OPTION_MAIL_AUTH_MECHANISMS));
    settings->able = spoc_sasl_able(curl_version_info(CURLVERSION_NOW)->features);
    settings->tokens = tokens;
    settings->keytab = g_strdup(spoc_config_string(config, SPOC_OPTION_MAIL_KERBEROS_KEYTAB));
    settings->user = g_strdup(spoc_config_string(config, SPOC_OPTION_MAILUSER));
    settings->password = g_strdup(spoc_config_string(config, SPOC_OPTION_MAILPASS));
    settings->allow_cleartext_password =
        spoc_config_boolean(config, SPOC_OPTION_MAIL_ALLOW_CLEARTEXT_PASSWORD);
    settings->backup_left_out = settings->method == SPOC_AUTHENTICATION_OAUTH2 &&
                                settings->servers[1].host != NULL &&
                                !spoc_config_boolean(config, SPOC_OPTION_MAIL_OAUTH_BACKUP);
    if (settings->backup_left_out)
        spoc_settings_set_server(settings, 1, NULL, 0);
}

SpocSaslWish
spoc_settings_sasl_wish(const SpocDeliverySettings *settings, gboolean encrypted)
{
    return (SpocSaslWish){
        .method = settings->method,
        .names = (const char *const *)settings->mechanisms,
        .encrypted = encrypted,
        .able = settings->able,
    };
}

SpocDeliverySettings *
spoc_settings_new(SpocConfig *config, SpocTls *tls, const SpocTokens *tokens, GError **error)
{
    g_autoptr(SpocDeliverySettings) settings = spoc_settings_alloc();
    settings->encryption =
        (SpocEncryption)spoc_config_choice(config, SPOC_OPTION_MAIL_SMTP_ENCRYPTION);
    take_server(settings, config, 0, SPOC_OPTION_MAILSERVER);
    take_server(settings, config, 1, SPOC_OPTION_MAILSERVERBACKUP);
    read_login(settings, config, tokens);
    if (settings->servers[0].host == NULL && settings->servers[1].host == NULL) {
        g_set_error(error, SPOC_ERROR, SPOC_ERROR_INVALID,
                    "no mail server is set: set mailserver in spoc.conf");
        return NULL;
    }
    if (settings->encryption != SPOC_ENCRYPTION_NONE && tls == NULL) {
        g_set_error(error, SPOC_ERROR, SPOC_ERROR_INVALID,
                    "mailSmtpEncryption wants TLS, and there is no TLS policy to use");
        return NULL;
    }
    settings->connection_timeout_ms =
        (guint)spoc_config_integer(config, SPOC_OPTION_MAIL_SMTP_CONNECTION_TIMEOUT);
    settings->silence_timeout_ms =
        (guint)spoc_config_integer(config, SPOC_OPTION_MAIL_SMTP_TIMEOUT);
    settings->final_timeout_ms =
        (guint)spoc_config_integer(config, SPOC_OPTION_MAIL_SMTP_FINAL_TIMEOUT);
    settings->max_connections =
        (guint)spoc_config_integer(config, SPOC_OPTION_MAIL_MAX_CONNECTIONS);
    settings->max_messages_per_minute =
        (guint)spoc_config_integer(config, SPOC_OPTION_MAIL_MAX_MESSAGES_PER_MINUTE);
    settings->max_messages_per_day =
        (guint)spoc_config_integer(config, SPOC_OPTION_MAIL_MAX_MESSAGES_PER_DAY);
    settings->hello_name = spoc_settings_hello_name(
        g_get_host_name(), spoc_config_string(config, SPOC_OPTION_MAILFROM));
    SpocConfigOrigin origin = spoc_config_origin(config, SPOC_OPTION_MAILSERVER);
    settings->config_file = g_strdup(origin.file != NULL ? origin.file : "spoc.conf");
    settings->tls = tls != NULL ? spoc_tls_ref(tls) : NULL;
    return g_steal_pointer(&settings);
}

static void
replace_all(char **text, const char *secret)
{
    if (secret == NULL || secret[0] == '\0' || strstr(*text, secret) == NULL)
        return;
    g_auto(GStrv) pieces = g_strsplit(*text, secret, -1);
    g_free(*text);
    *text = g_strjoinv(MASK, pieces);
}

char *
spoc_settings_mask(const SpocDeliverySettings *settings, const char *text)
{
    char *masked = g_strdup(text);
    const char *password = settings->password;
    if (password == NULL || password[0] == '\0')
        return masked;
    const char *user = settings->user != NULL ? settings->user : "";

    /* As AUTH PLAIN (RFC 4616) and AUTH LOGIN send it. */
    GString *plain = g_string_sized_new(strlen(user) + strlen(password) + 3);
    g_string_append_c(plain, '\0');
    g_string_append(plain, user);
    g_string_append_c(plain, '\0');
    g_string_append(plain, password);
    g_autoptr(SpocSecret) plain64 = g_base64_encode((const guchar *)plain->str, plain->len);
    g_autoptr(SpocSecret) login64 = g_base64_encode((const guchar *)password, strlen(password));
    replace_all(&masked, plain64);
    replace_all(&masked, login64);
    replace_all(&masked, password);
    spoc_secret_string_free(plain);
    return masked;
}
