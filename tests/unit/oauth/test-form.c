/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Also tests: settings.c service-account.c
 */
#include "base/error.h"
#include "oauth-fixture.h"
#include "oauth/form.h"
#include "oauth/json.h"

#include <string.h>

#define NOW 1800000000

/* The claims of an assertion */
static JsonObject *
claims_of(const char *assertion, guint part)
{
    g_auto(GStrv) parts = g_strsplit(assertion, ".", -1);
    g_assert_cmpuint(g_strv_length(parts), ==, 3);
    g_autoptr(GString) text = g_string_new(parts[part]);
    for (gsize i = 0; i < text->len; i++)
        text->str[i] = (char)(text->str[i] == '-' ? '+' : text->str[i] == '_' ? '/' : text->str[i]);
    while (text->len % 4 != 0)
        g_string_append_c(text, '=');
    gsize size = 0;
    g_autofree guchar *bytes = g_base64_decode(text->str, &size);
    JsonObject *object = spoc_oauth_json_parse((const char *)bytes, size, NULL);
    g_assert_nonnull(object);
    return object;
}

static void
assert_field(const SpocTokenForm *form, const char *name, const char *value)
{
    g_autofree char *field = oauth_field(form->fields, name);
    g_assert_cmpstr(field, ==, value);
}

static void
make(const OAuthFixture *fixture, const char *more, SpocTokenSource source, SpocTokenForm *form)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(SpocConfig) config = oauth_fixture_config(fixture, more);
    g_autoptr(SpocOAuthSettings) settings = spoc_oauth_settings_new(config);
    SpocStoredLogin login = {.refresh_token = (char[]){"r&=+"}};
    gboolean good = spoc_token_form_make(settings, source, &login, NOW, form, &error);
    g_assert_no_error(error);
    g_assert_true(good);
}

static void
test_secret(OAuthFixture *fixture, gconstpointer data)
{
    g_auto(SpocTokenForm) form = {0};
    make(fixture, "mailOAuthClientSecret = a&b=c d%\n", SPOC_TOKEN_SOURCE_SECRET, &form);
    g_assert_cmpstr(form.url, ==, fixture->token_url);
    assert_field(&form, "grant_type", "client_credentials");
    assert_field(&form, "client_id", "client");
    assert_field(&form, "client_secret", "a&b=c d%");
    assert_field(&form, "scope", "mail");
    assert_field(&form, "refresh_token", NULL);
}

static void
test_refresh(OAuthFixture *fixture, gconstpointer data)
{
    g_auto(SpocTokenForm) form = {0};
    make(fixture, "", SPOC_TOKEN_SOURCE_REFRESH, &form);
    assert_field(&form, "grant_type", "refresh_token");
    assert_field(&form, "refresh_token", "r&=+");
    assert_field(&form, "client_secret", NULL);
    spoc_token_form_clear(&form);
    make(fixture, "mailOAuthClientSecret = abc\n", SPOC_TOKEN_SOURCE_REFRESH, &form);
    assert_field(&form, "client_secret", "abc");
}

static void
test_certificate(OAuthFixture *fixture, gconstpointer data)
{
    g_autoptr(Minted) own = mint(&(MintSpec){.name = "us", .rsa = TRUE});
    g_autofree char *certificate = mint_write(fixture->root, "own.pem", own->certificate, NULL);
    g_autofree char *key = oauth_fixture_key(fixture, "own.key", own->key);
    g_autofree char *more = g_strdup_printf(
        "mailOAuthClientCertificate = %s\nmailOAuthClientKey = %s\n", certificate, key);
    g_auto(SpocTokenForm) form = {0};
    make(fixture, more, SPOC_TOKEN_SOURCE_CERTIFICATE, &form);
    assert_field(&form, "grant_type", "client_credentials");
    assert_field(&form, "client_assertion_type",
                 "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
    assert_field(&form, "client_assertion", form.assertion);
    assert_field(&form, "client_secret", NULL);
    g_autoptr(JsonObject) claims = claims_of(form.assertion, 1);
    g_assert_cmpstr(spoc_oauth_json_text(claims, "aud"), ==, fixture->token_url);
    g_assert_cmpstr(spoc_oauth_json_text(claims, "iss"), ==, "client");
    g_assert_cmpstr(spoc_oauth_json_text(claims, "sub"), ==, "client");
    g_assert_nonnull(spoc_oauth_json_text(claims, "jti"));
    g_assert_cmpint(spoc_oauth_json_number(claims, "exp", G_MAXINT64), ==, NOW + 600);
    g_autoptr(JsonObject) header = claims_of(form.assertion, 0);
    g_assert_cmpstr(spoc_oauth_json_text(header, "alg"), ==, "RS256");
    g_assert_cmpuint(strlen(spoc_oauth_json_text(header, "x5t#S256")), ==, 43);

    /* Microsoft wants PS256. */
    g_autofree char *there = g_strconcat(more, "mailProvider = office365\n", NULL);
    spoc_token_form_clear(&form);
    make(fixture, there, SPOC_TOKEN_SOURCE_CERTIFICATE, &form);
    g_autoptr(JsonObject) theirs = claims_of(form.assertion, 0);
    g_assert_cmpstr(spoc_oauth_json_text(theirs, "alg"), ==, "PS256");
}

static void
test_service_account(OAuthFixture *fixture, gconstpointer data)
{
    g_autoptr(Minted) own = mint(&(MintSpec){.name = "robot", .rsa = TRUE});
    g_autofree char *file =
        oauth_fixture_service_account(fixture, own->key, "https://elsewhere.example/t");
    g_autofree char *more = g_strdup_printf("mailOAuthServiceAccount = %s\n", file);
    g_auto(SpocTokenForm) form = {0};
    make(fixture, more, SPOC_TOKEN_SOURCE_SERVICE_ACCOUNT, &form);
    /* The option wins over the key file. */
    g_assert_cmpstr(form.url, ==, fixture->token_url);
    assert_field(&form, "grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer");
    assert_field(&form, "assertion", form.assertion);
    assert_field(&form, "client_id", NULL);
    g_autoptr(JsonObject) claims = claims_of(form.assertion, 1);
    g_assert_cmpstr(spoc_oauth_json_text(claims, "iss"), ==, "robot@project.example");
    g_assert_cmpstr(spoc_oauth_json_text(claims, "sub"), ==, "me@example.com");
    g_assert_cmpstr(spoc_oauth_json_text(claims, "scope"), ==, "mail");
    g_assert_cmpstr(spoc_oauth_json_text(claims, "aud"), ==, fixture->token_url);
    g_autoptr(JsonObject) header = claims_of(form.assertion, 0);
    g_assert_cmpstr(spoc_oauth_json_text(header, "kid"), ==, "key1");

    /* That the other URL lacks its tenant is a device login's matter. */
    g_autofree char *bare = g_strconcat(more, "mailOAuthDeviceUrl = https://a/{tenant}\n",
                                        "mailOAuthTokenUrl =\nmailOAuthScope =\n", NULL);
    spoc_token_form_clear(&form);
    make(fixture, bare, SPOC_TOKEN_SOURCE_SERVICE_ACCOUNT, &form);
    g_assert_cmpstr(form.url, ==, "https://elsewhere.example/t");
    g_autoptr(JsonObject) others = claims_of(form.assertion, 1);
    g_assert_cmpstr(spoc_oauth_json_text(others, "scope"), ==, "https://mail.google.com/");
}

static void
test_refused(OAuthFixture *fixture, gconstpointer data)
{
    g_autofree char *bad = oauth_fixture_file(fixture, "bad.json", "{\"type\": \"authorized\"}");
    g_autofree char *no_key = oauth_fixture_file(
        fixture, "no-key.json",
        "{\"type\": \"service_account\", \"client_email\": \"a\", \"private_key\": \"s3cr3t\"}");
    g_autofree char *http = oauth_fixture_file(
        fixture, "http.json",
        "{\"type\": \"service_account\", \"client_email\": \"a\", \"private_key\": \"s3cr3t\", "
        "\"token_uri\": \"http://a\"}");
    g_autofree char *more_bad = g_strdup_printf("mailOAuthServiceAccount = %s\n", bad);
    g_autofree char *more_no_key = g_strdup_printf("mailOAuthServiceAccount = %s\n", no_key);
    g_autofree char *more_http = g_strdup_printf("mailOAuthServiceAccount = %s\n", http);
    const struct {
        const char *more;
        SpocTokenSource source;
        const char *words;
    } cases[] = {
        {"mailOAuthClientId =\n", SPOC_TOKEN_SOURCE_SECRET, "mailOAuthClientId"},
        {"mailOAuthTokenUrl =\n", SPOC_TOKEN_SOURCE_SECRET, "mailOAuthTokenUrl"},
        {"mailOAuthTokenUrl = https://a/{tenant}/t\n", SPOC_TOKEN_SOURCE_SECRET,
         "mailOAuthTenant is not set"},
        {"mailOAuthTokenUrl = https://a/{tenant}/t\nmailOAuthTenant = evil.example/a?b=\n",
         SPOC_TOKEN_SOURCE_SECRET, "mailOAuthTenant is neither"},
        {"mailOAuthTokenUrl = https://{tenant}/t\nmailOAuthTenant = evil.example\n",
         SPOC_TOKEN_SOURCE_SECRET, "{tenant} in the name of its host"},
        {"mailOAuthTokenUrl = https://a.example{tenant}/{tenant}\nmailOAuthTenant = "
         ".evil.example\n",
         SPOC_TOKEN_SOURCE_SECRET, "{tenant} in the name of its host"},
        {"mailOAuthTokenUrl = https://a/{tenant}/t\nmailOAuthTenant = ../../x\n",
         SPOC_TOKEN_SOURCE_SECRET, "mailOAuthTenant is neither"},
        {"mailOAuthClientCertificate = /nonexistent\n", SPOC_TOKEN_SOURCE_CERTIFICATE,
         "mailOAuthClientCertificate"},
        {more_bad, SPOC_TOKEN_SOURCE_SERVICE_ACCOUNT, "Add key"},
        {more_no_key, SPOC_TOKEN_SOURCE_SERVICE_ACCOUNT, "private_key"},
        {more_http, SPOC_TOKEN_SOURCE_SERVICE_ACCOUNT, "https://"},
        {"mailuser =\nmailOAuthServiceAccount = /x\n", SPOC_TOKEN_SOURCE_SERVICE_ACCOUNT,
         "mailuser"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_auto(SpocTokenForm) form = {0};
        g_autoptr(SpocConfig) config = oauth_fixture_config(fixture, cases[i].more);
        g_autoptr(SpocOAuthSettings) settings = spoc_oauth_settings_new(config);
        g_assert_false(spoc_token_form_make(settings, cases[i].source, NULL, NOW, &form, &error));
        g_assert_nonnull(error);
        g_assert_nonnull(strstr(error->message, cases[i].words));
        g_assert_null(strstr(error->message, "s3cr3t"));
    }
}

static void
test_settings(OAuthFixture *fixture, gconstpointer data)
{
    const struct {
        const char *more;
        SpocTokenSource source;
        SpocTokenSource asked;
        const char *scope;
    } cases[] = {
        {"", SPOC_TOKEN_SOURCE_NONE, SPOC_TOKEN_SOURCE_REFRESH, "mail"},
        {"mailOAuthClientSecret = x\n", SPOC_TOKEN_SOURCE_SECRET, SPOC_TOKEN_SOURCE_SECRET, "mail"},
        {"mailOAuthScope =\n", SPOC_TOKEN_SOURCE_NONE, SPOC_TOKEN_SOURCE_SECRET, NULL},
        {"mailOAuthScope =\nmailProvider = office365\n", SPOC_TOKEN_SOURCE_NONE,
         SPOC_TOKEN_SOURCE_SECRET, "https://outlook.office365.com/.default"},
        {"mailOAuthScope =\nmailProvider = office365\n", SPOC_TOKEN_SOURCE_NONE,
         SPOC_TOKEN_SOURCE_REFRESH, "https://outlook.office.com/SMTP.Send offline_access"},
        {"mailOAuthScope =\nmailProvider = gmail\n", SPOC_TOKEN_SOURCE_NONE,
         SPOC_TOKEN_SOURCE_REFRESH, "https://mail.google.com/"},
        {"mailOAuthClientSecret = x\nmailOAuthTokenCommand = /bin/x\n", SPOC_TOKEN_SOURCE_COMMAND,
         SPOC_TOKEN_SOURCE_COMMAND, "mail"},
    };
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(SpocConfig) config = oauth_fixture_config(fixture, cases[i].more);
        g_autoptr(SpocOAuthSettings) settings = spoc_oauth_settings_new(config);
        g_assert_cmpint(spoc_oauth_settings_source(settings), ==, cases[i].source);
        g_assert_cmpstr(spoc_oauth_settings_scope(settings, cases[i].asked), ==, cases[i].scope);
        (void)g_hash_table_add(seen, g_strdup(settings->fingerprint));
    }
    g_assert_cmpuint(g_hash_table_size(seen), >=, 4);

    g_autoptr(SpocConfig) config = oauth_fixture_config(
        fixture, "mailOAuthTokenUrl = https://a/{tenant}/{tenant}\nmailOAuthTenant = b.example\n");
    g_autoptr(SpocOAuthSettings) settings = spoc_oauth_settings_new(config);
    g_assert_cmpstr(settings->token_url, ==, "https://a/b.example/b.example");
    g_assert_null(settings->token_problem);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    static const struct {
        const char *path;
        void (*test)(OAuthFixture *, gconstpointer);
    } tests[] = {
        {"/oauth-form/secret", test_secret},
        {"/oauth-form/refresh", test_refresh},
        {"/oauth-form/certificate", test_certificate},
        {"/oauth-form/service-account", test_service_account},
        {"/oauth-form/refused", test_refused},
        {"/oauth-form/settings", test_settings},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(tests); i++)
        g_test_add(tests[i].path, OAuthFixture, NULL, oauth_fixture_set_up, tests[i].test,
                   oauth_fixture_tear_down);
    return g_test_run();
}
