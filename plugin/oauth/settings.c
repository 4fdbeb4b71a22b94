/* SPDX-License-Identifier: Apache-2.0 */
#include "oauth/settings.h"

#include "base/mask.h"
#include "config/login.h"

#include <string.h>

#define TENANT "{tenant}"

/* Microsoft's application permission, and its delegated one with a refresh token */
#define MICROSOFT_SCOPE "https://outlook.office365.com/.default"
#define MICROSOFT_USER_SCOPE "https://outlook.office.com/SMTP.Send offline_access"
#define GOOGLE_SCOPE "https://mail.google.com/"

static const char *const source_names[] = {
    [SPOC_TOKEN_SOURCE_COMMAND] = "command",
    [SPOC_TOKEN_SOURCE_SERVICE_ACCOUNT] = "service-account",
    [SPOC_TOKEN_SOURCE_CERTIFICATE] = "certificate",
    [SPOC_TOKEN_SOURCE_REFRESH] = "refresh-token",
    [SPOC_TOKEN_SOURCE_SECRET] = "secret",
    [SPOC_TOKEN_SOURCE_NONE] = "none",
};

const char *
spoc_token_source_name(SpocTokenSource source)
{
    return source_names[source];
}

static char *
copy_string(const SpocConfig *config, SpocOptionId option)
{
    return g_strdup(spoc_config_string(config, option));
}

/* A tenant is a GUID, a domain or a word of Microsoft's; another character could change more than
 * one part of the path. */
static gboolean
is_tenant(const char *tenant)
{
    return *tenant != '\0' &&
           strspn(tenant, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_") ==
               strlen(tenant) &&
           strstr(tenant, "..") == NULL;
}

/* Management may set the tenant, but never the host that secrets are sent to. */
static gboolean
is_tenant_in_host(const char *url)
{
    const char *host = strstr(url, "://");
    const char *tenant = strstr(url, TENANT);
    return host == NULL || tenant < host + 3 + strcspn(host + 3, "/?#");
}

/* (transfer full) (nullable): the URL with the tenant; NULL when it is not set, or with a problem
 */
static char *
read_url(const SpocConfig *config, SpocOptionId option, char **ret_problem)
{
    const char *url = spoc_config_string(config, option);
    const char *tenant = spoc_config_string(config, SPOC_OPTION_MAIL_OAUTH_TENANT);
    if (url == NULL || strstr(url, TENANT) == NULL)
        return g_strdup(url);
    if (is_tenant_in_host(url)) {
        *ret_problem =
            g_strdup_printf("%s has {tenant} in the name of its host: only a path may have it; "
                            "write the host's whole name",
                            spoc_option_get(option)->name);
        return NULL;
    }
    if (tenant == NULL || !is_tenant(tenant)) {
        *ret_problem = g_strdup(
            tenant == NULL
                ? "mailOAuthTenant is not set: set it to the identifier of the organisation's "
                  "directory, or to one of its domains"
                : "mailOAuthTenant is neither the identifier of a directory nor a domain");
        return NULL;
    }
    g_auto(GStrv) pieces = g_strsplit(url, TENANT, -1);
    return g_strjoinv(tenant, pieces);
}

static void
add_to_digest(GChecksum *digest, const char *text)
{
    /* With its end, so that two neighbours cannot be taken for two others. */
    g_checksum_update(digest, (const guchar *)(text != NULL ? text : "\001"), -1);
    g_checksum_update(digest, (const guchar *)"", 1);
}

static char *
make_fingerprint(const SpocOAuthSettings *settings)
{
    GChecksum *digest = g_checksum_new(G_CHECKSUM_SHA256);
    const char *const texts[] = {
        settings->token_url,
        settings->client_id,
        settings->scope,
        settings->client_secret,
        settings->certificate_file,
        settings->key_file,
        settings->command,
        settings->service_account_file,
        settings->user,
        settings->proxy,
        settings->token_problem,
    };
    for (guint i = 0; i < G_N_ELEMENTS(texts); i++)
        add_to_digest(digest, texts[i]);
    char *fingerprint = g_strdup(g_checksum_get_string(digest));
    g_checksum_free(digest);
    return fingerprint;
}

SpocOAuthSettings *
spoc_oauth_settings_new(const SpocConfig *config)
{
    SpocOAuthSettings *settings = g_new0(SpocOAuthSettings, 1);
    g_atomic_ref_count_init(&settings->references);
    settings->provider = (SpocProvider)spoc_config_choice(config, SPOC_OPTION_MAIL_PROVIDER);
    settings->token_url =
        read_url(config, SPOC_OPTION_MAIL_OAUTH_TOKEN_URL, &settings->token_problem);
    settings->device_url =
        read_url(config, SPOC_OPTION_MAIL_OAUTH_DEVICE_URL, &settings->device_problem);
    settings->client_id = copy_string(config, SPOC_OPTION_MAIL_OAUTH_CLIENT_ID);
    settings->scope = copy_string(config, SPOC_OPTION_MAIL_OAUTH_SCOPE);
    settings->client_secret = copy_string(config, SPOC_OPTION_MAIL_OAUTH_CLIENT_SECRET);
    settings->certificate_file = copy_string(config, SPOC_OPTION_MAIL_OAUTH_CLIENT_CERTIFICATE);
    settings->key_file = copy_string(config, SPOC_OPTION_MAIL_OAUTH_CLIENT_KEY);
    settings->service_account_file = copy_string(config, SPOC_OPTION_MAIL_OAUTH_SERVICE_ACCOUNT);
    settings->command = copy_string(config, SPOC_OPTION_MAIL_OAUTH_TOKEN_COMMAND);
    settings->user = copy_string(config, SPOC_OPTION_MAILUSER);
    settings->proxy = copy_string(config, SPOC_OPTION_MAIL_OAUTH_PROXY);
    settings->connection_timeout_ms =
        (guint)spoc_config_integer(config, SPOC_OPTION_MAIL_SMTP_CONNECTION_TIMEOUT);
    settings->timeout_ms = settings->connection_timeout_ms +
                           (guint)spoc_config_integer(config, SPOC_OPTION_MAIL_SMTP_TIMEOUT);
    settings->fingerprint = make_fingerprint(settings);
    return settings;
}

SpocOAuthSettings *
spoc_oauth_settings_ref(SpocOAuthSettings *settings)
{
    g_atomic_ref_count_inc(&settings->references);
    return settings;
}

void
spoc_oauth_settings_unref(SpocOAuthSettings *settings)
{
    if (settings == NULL || !g_atomic_ref_count_dec(&settings->references))
        return;
    g_free(settings->token_url);
    g_free(settings->device_url);
    g_free(settings->client_id);
    g_free(settings->scope);
    spoc_secret_free(settings->client_secret);
    g_free(settings->certificate_file);
    g_free(settings->key_file);
    g_free(settings->service_account_file);
    g_free(settings->command);
    g_free(settings->user);
    g_free(settings->proxy);
    g_free(settings->fingerprint);
    g_free(settings->token_problem);
    g_free(settings->device_problem);
    g_free(settings);
}

gboolean
spoc_oauth_settings_are_used(const SpocConfig *config, gboolean has_stored_login)
{
    return spoc_login_method(config, has_stored_login) == SPOC_AUTHENTICATION_OAUTH2;
}

SpocTokenSource
spoc_oauth_settings_source(const SpocOAuthSettings *settings)
{
    if (settings->command != NULL)
        return SPOC_TOKEN_SOURCE_COMMAND;
    if (settings->service_account_file != NULL)
        return SPOC_TOKEN_SOURCE_SERVICE_ACCOUNT;
    if (settings->certificate_file != NULL)
        return SPOC_TOKEN_SOURCE_CERTIFICATE;
    return settings->client_secret != NULL ? SPOC_TOKEN_SOURCE_SECRET : SPOC_TOKEN_SOURCE_NONE;
}

const char *
spoc_oauth_settings_scope(const SpocOAuthSettings *settings, SpocTokenSource source)
{
    if (settings->scope != NULL)
        return settings->scope;
    if (source == SPOC_TOKEN_SOURCE_SERVICE_ACCOUNT || settings->provider == SPOC_PROVIDER_GMAIL)
        return GOOGLE_SCOPE;
    if (settings->provider != SPOC_PROVIDER_OFFICE365)
        return NULL;
    return source == SPOC_TOKEN_SOURCE_REFRESH ? MICROSOFT_USER_SCOPE : MICROSOFT_SCOPE;
}

gboolean
spoc_oauth_settings_are_microsoft(const SpocOAuthSettings *settings)
{
    return settings->provider == SPOC_PROVIDER_OFFICE365 ||
           (settings->token_url != NULL &&
            g_str_has_prefix(settings->token_url, "https://login.microsoftonline."));
}

char *
spoc_oauth_settings_mask(const SpocOAuthSettings *settings, char *text)
{
    return spoc_mask(text, settings->client_secret);
}
