/* SPDX-License-Identifier: Apache-2.0 */
#include "oauth/form.h"

#include "base/error.h"
#include "oauth/jwt.h"
#include "oauth/service-account.h"
#include "trust/credential.h"
#include "trust/openssl.h"

#include <string.h>

#define FORM_BYTES 8192
#define CLAIM_NOW_SLACK_S 60 /* our clock may be ahead of the provider's */

#define GRANT_JWT "urn:ietf:params:oauth:grant-type:jwt-bearer"
#define GRANT_DEVICE "urn:ietf:params:oauth:grant-type:device_code"
#define ASSERTION_JWT "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

void
spoc_token_form_clear(SpocTokenForm *form)
{
    g_free(form->url);
    spoc_secret_free(form->fields);
    spoc_secret_free(form->assertion);
    *form = (SpocTokenForm){0};
}

/* @value: (nullable): then the field is left out */
static void
add_field(GString *fields, const char *name, const char *value)
{
    if (value == NULL)
        return;
    g_autoptr(SpocSecret) escaped = g_uri_escape_string(value, NULL, FALSE);
    g_string_append_printf(fields, "%s%s=", fields->len > 0 ? "&" : "", name);
    g_string_append(fields, escaped);
}

static gboolean
is_set(const char *value, const char *key, const char *why, GError **error)
{
    if (value == NULL)
        g_set_error(error, SPOC_ERROR, SPOC_ERROR_INVALID, "%s is not set%s", key, why);
    return value != NULL;
}

/* --- assertions ------------------------------------------------------------------------- */

static JsonObject *
new_claims(const char *issuer, const char *subject, const char *audience, gint64 now_unix_s)
{
    JsonObject *claims = json_object_new();
    json_object_set_string_member(claims, "iss", issuer);
    if (subject != NULL)
        json_object_set_string_member(claims, "sub", subject);
    json_object_set_string_member(claims, "aud", audience);
    json_object_set_int_member(claims, "iat", now_unix_s);
    json_object_set_int_member(claims, "exp", now_unix_s + SPOC_JWT_LIFETIME_S);
    return claims;
}

/* (transfer full) (nullable): RFC 7515 4.1.8 */
static char *
certificate_digest(const X509 *certificate)
{
    guint8 digest[SPOC_FINGERPRINT_BYTES];
    guint size = sizeof digest;
    if (X509_digest(certificate, EVP_sha256(), digest, &size) != 1)
        return NULL;
    return spoc_jwt_base64url(digest, size);
}

/* (transfer full) (nullable) */
static char *
sign_with_certificate(const SpocOAuthSettings *settings, gint64 now_unix_s, GError **error)
{
    SpocCredential credential = {0};
    if (!spoc_credential_read(settings->certificate_file, settings->key_file,
                              "mailOAuthClientCertificate", "mailOAuthClientKey", &credential,
                              error))
        return NULL;
    char *assertion = NULL;
    const char *algorithm =
        spoc_jwt_algorithm(credential.key, spoc_oauth_settings_are_microsoft(settings));
    g_autofree char *digest = certificate_digest(credential.certificate);
    if (algorithm == NULL || digest == NULL) {
        g_set_error(error, SPOC_ERROR, SPOC_ERROR_INVALID,
                    "mailOAuthClientKey: only RSA keys of 2048 bits and more, and keys on P-256, "
                    "can sign; make a new pair");
    } else {
        g_autoptr(JsonObject) header = json_object_new();
        json_object_set_string_member(header, "x5t#S256", digest);
        g_autoptr(JsonObject) claims =
            new_claims(settings->client_id, settings->client_id, settings->token_url, now_unix_s);
        g_autofree char *id = g_uuid_string_random();
        json_object_set_string_member(claims, "jti", id);
        json_object_set_int_member(claims, "nbf", now_unix_s - CLAIM_NOW_SLACK_S);
        assertion = spoc_jwt_sign(header, claims, credential.key, algorithm, error);
    }
    spoc_credential_clear(&credential);
    return assertion;
}

static gboolean
add_service_account(const SpocOAuthSettings *settings, gint64 now_unix_s, GString *fields,
                    SpocTokenForm *form, GError **error)
{
    g_auto(SpocServiceAccount) account = {0};
    if (!is_set(settings->user, "mailuser",
                ": with mailOAuthServiceAccount it is the mailbox that the mail goes out from",
                error) ||
        !spoc_service_account_read(settings->service_account_file, &account, error))
        return FALSE;
    const char *algorithm = spoc_jwt_algorithm(account.key, FALSE);
    form->url = g_strdup(settings->token_url != NULL ? settings->token_url : account.token_url);
    if (!is_set(form->url, "mailOAuthTokenUrl", ", and the key file has no token_uri", error))
        return FALSE;
    if (algorithm == NULL) {
        g_set_error(error, SPOC_ERROR, SPOC_ERROR_INVALID,
                    "mailOAuthServiceAccount: only RSA keys of 2048 bits and more, and keys on "
                    "P-256, can sign; make a new key");
        return FALSE;
    }
    g_autoptr(JsonObject) header = json_object_new();
    if (account.key_id != NULL)
        json_object_set_string_member(header, "kid", account.key_id);
    g_autoptr(JsonObject) claims = new_claims(account.email, settings->user, form->url, now_unix_s);
    json_object_set_string_member(
        claims, "scope", spoc_oauth_settings_scope(settings, SPOC_TOKEN_SOURCE_SERVICE_ACCOUNT));
    form->assertion = spoc_jwt_sign(header, claims, account.key, algorithm, error);
    if (form->assertion == NULL)
        return FALSE;
    add_field(fields, "grant_type", GRANT_JWT);
    add_field(fields, "assertion", form->assertion);
    return TRUE;
}

/* --- the others ------------------------------------------------------------------------- */

/* Who we are: a secret or an assertion where there is one */
static gboolean
add_client(const SpocOAuthSettings *settings, SpocTokenSource source, gint64 now_unix_s,
           GString *fields, SpocTokenForm *form, GError **error)
{
    if (!is_set(settings->client_id, "mailOAuthClientId", "", error))
        return FALSE;
    add_field(fields, "client_id", settings->client_id);
    if (source != SPOC_TOKEN_SOURCE_CERTIFICATE) {
        add_field(fields, "client_secret", settings->client_secret);
        return TRUE;
    }
    form->assertion = sign_with_certificate(settings, now_unix_s, error);
    if (form->assertion == NULL)
        return FALSE;
    add_field(fields, "client_assertion_type", ASSERTION_JWT);
    add_field(fields, "client_assertion", form->assertion);
    return TRUE;
}

static gboolean
add_grant(const SpocOAuthSettings *settings, SpocTokenSource source, const SpocStoredLogin *login,
          gint64 now_unix_s, GString *fields, SpocTokenForm *form, GError **error)
{
    if (source == SPOC_TOKEN_SOURCE_SERVICE_ACCOUNT)
        return add_service_account(settings, now_unix_s, fields, form, error);
    if (!is_set(settings->token_url, "mailOAuthTokenUrl", "; mailProvider fills it in", error))
        return FALSE;
    form->url = g_strdup(settings->token_url);
    if (source == SPOC_TOKEN_SOURCE_REFRESH) {
        add_field(fields, "grant_type", "refresh_token");
        add_field(fields, "refresh_token", login->refresh_token);
    } else {
        add_field(fields, "grant_type", "client_credentials");
    }
    add_field(fields, "scope", spoc_oauth_settings_scope(settings, source));
    return add_client(settings, source, now_unix_s, fields, form, error);
}

/* @problem: (nullable) */
static gboolean
has_problem(const char *problem, GError **error)
{
    if (problem != NULL)
        g_set_error_literal(error, SPOC_ERROR, SPOC_ERROR_INVALID, problem);
    return problem != NULL;
}

static SpocSecret *
take_fields(GString *fields)
{
    return g_string_free(fields, FALSE);
}

gboolean
spoc_token_form_make(const SpocOAuthSettings *settings, SpocTokenSource source,
                     const SpocStoredLogin *login, gint64 now_unix_s, SpocTokenForm *form,
                     GError **error)
{
    *form = (SpocTokenForm){0};
    if (has_problem(settings->token_problem, error))
        return FALSE;
    /* Large enough not to be moved: what is moved leaves a copy behind. */
    GString *fields = g_string_sized_new(FORM_BYTES);
    if (!add_grant(settings, source, login, now_unix_s, fields, form, error)) {
        spoc_secret_string_free(fields);
        return FALSE;
    }
    form->fields = take_fields(fields);
    return TRUE;
}

gboolean
spoc_token_form_make_device(const SpocOAuthSettings *settings, SpocTokenForm *form, GError **error)
{
    *form = (SpocTokenForm){0};
    if (has_problem(settings->token_problem, error) || has_problem(settings->device_problem, error))
        return FALSE;
    if (settings->device_url == NULL && settings->provider == SPOC_PROVIDER_GMAIL) {
        g_set_error(error, SPOC_ERROR, SPOC_ERROR_INVALID,
                    "Google has no device login for mail; use mailOAuthServiceAccount (Workspace), "
                    "or an app password in mailpassFile");
        return FALSE;
    }
    if (!is_set(settings->device_url, "mailOAuthDeviceUrl", "; mailProvider fills it in", error) ||
        !is_set(settings->token_url, "mailOAuthTokenUrl", "; mailProvider fills it in", error))
        return FALSE;
    GString *fields = g_string_sized_new(FORM_BYTES);
    add_field(fields, "scope", spoc_oauth_settings_scope(settings, SPOC_TOKEN_SOURCE_REFRESH));
    if (!add_client(settings, SPOC_TOKEN_SOURCE_REFRESH, 0, fields, form, error)) {
        spoc_secret_string_free(fields);
        return FALSE;
    }
    form->url = g_strdup(settings->device_url);
    form->fields = take_fields(fields);
    return TRUE;
}

gboolean
spoc_token_form_make_poll(const SpocOAuthSettings *settings, const char *device_code,
                          SpocTokenForm *form, GError **error)
{
    *form = (SpocTokenForm){0};
    GString *fields = g_string_sized_new(FORM_BYTES);
    add_field(fields, "grant_type", GRANT_DEVICE);
    add_field(fields, "device_code", device_code);
    if (!add_client(settings, SPOC_TOKEN_SOURCE_REFRESH, 0, fields, form, error)) {
        spoc_secret_string_free(fields);
        return FALSE;
    }
    form->url = g_strdup(settings->token_url);
    form->fields = take_fields(fields);
    return TRUE;
}
