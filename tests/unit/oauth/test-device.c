/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "oauth-fixture.h"
#include "oauth/device.h"

#include <curl/curl.h>
#include <string.h>

#define DEVICE                                                                                     \
    "{\"device_code\": \"dev1ce-secret\", \"user_code\": \"ABCD-EFGH\", \"verification_uri\": "    \
    "\"https://a.example/device\", \"expires_in\": 60, \"interval\": 1}"
#define PENDING "{\"error\": \"authorization_pending\"}"

typedef struct {
    OAuthFixture *fixture;
    char *code;
    char *url;
    char *refresh_token;
    GError *error;
    guint prompts;
    guint ends;
} Person;

static void
on_prompt(const SpocDevicePrompt *prompt, gpointer user_data)
{
    Person *person = user_data;
    person->prompts++;
    person->code = g_strdup(prompt->code);
    person->url = g_strdup(prompt->url);
}

static void
on_ended(SpocTokenReply *reply, const GError *error, gpointer user_data)
{
    Person *person = user_data;
    person->ends++;
    person->refresh_token = reply != NULL ? g_strdup(reply->refresh_token) : NULL;
    person->error = error != NULL ? g_error_copy(error) : NULL;
    g_main_loop_quit(person->fixture->loop);
}

static const SpocDeviceEvents events = {on_prompt, on_ended};

static void
clear_person(Person *person)
{
    g_free(person->code);
    g_free(person->url);
    g_free(person->refresh_token);
    g_clear_error(&person->error);
    *person = (Person){.fixture = person->fixture};
}

static void
log_in(Person *person, const char *more)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(SpocConfig) config = oauth_fixture_config(person->fixture, more);
    g_autoptr(SpocOAuthSettings) settings = spoc_oauth_settings_new(config);
    g_autoptr(SpocDeviceLogin) login =
        spoc_device_login_new(settings, person->fixture->tls, &events, person, &error);
    g_assert_no_error(error);
    g_assert_nonnull(login);
    g_main_loop_run(person->fixture->loop);
    g_assert_cmpuint(person->ends, ==, 1);
}

static void
test_login(OAuthFixture *fixture, gconstpointer data)
{
    Person person = {.fixture = fixture};
    https_server_will_give(fixture->server, 200, DEVICE);
    https_server_will_give(fixture->server, 400, PENDING);
    https_server_will_give(
        fixture->server, 200,
        "{\"access_token\": \"t1\", \"refresh_token\": \"r1\", \"expires_in\": 3600}");
    log_in(&person, "mailOAuthClientSecret = shh-secret\n");
    g_assert_no_error(person.error);
    g_assert_cmpstr(person.refresh_token, ==, "r1");
    g_assert_cmpstr(person.code, ==, "ABCD-EFGH");
    g_assert_cmpstr(person.url, ==, "https://a.example/device");
    g_assert_cmpuint(person.prompts, ==, 1);
    g_autofree char *first = https_server_request(fixture->server, 0);
    g_assert_true(g_str_has_prefix(first, "POST /device "));
    g_autofree char *scope = oauth_fixture_field(fixture, 0, "scope");
    g_assert_cmpstr(scope, ==, "mail");
    g_autofree char *grant = oauth_fixture_field(fixture, 1, "grant_type");
    g_assert_cmpstr(grant, ==, "urn:ietf:params:oauth:grant-type:device_code");
    g_autofree char *code = oauth_fixture_field(fixture, 2, "device_code");
    g_assert_cmpstr(code, ==, "dev1ce-secret");
    g_autofree char *secret = oauth_fixture_field(fixture, 2, "client_secret");
    g_assert_cmpstr(secret, ==, "shh-secret");
    clear_person(&person);
}

static void
test_ends(OAuthFixture *fixture, gconstpointer data)
{
    static const struct {
        int status;
        const char *json;
        const char *words;
    } cases[] = {
        {400, "{\"error\": \"access_denied\"}", "declined"},
        {400, "{\"error\": \"authorization_declined\", \"error_description\": \"dev1ce-secret\"}",
         "declined at the provider: ***"},
        {400, "{\"error\": \"expired_token\"}", "in time"},
        {400, "{\"error\": \"invalid_grant\"}", "invalid_grant"},
        {200, "{\"access_token\": \"t1\"}", "offline_access"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        Person person = {.fixture = fixture};
        https_server_will_give(fixture->server, 200, DEVICE);
        https_server_will_give(fixture->server, cases[i].status, cases[i].json);
        log_in(&person, "");
        g_assert_nonnull(person.error);
        if (strstr(person.error->message, cases[i].words) == NULL)
            g_error("'%s' has no '%s'", person.error->message, cases[i].words);
        clear_person(&person);
    }
}

static void
test_slow_down(OAuthFixture *fixture, gconstpointer data)
{
    Person person = {.fixture = fixture};
    gint64 began_us = g_get_monotonic_time();
    https_server_will_give(fixture->server, 200, DEVICE);
    https_server_will_give(fixture->server, 400, "{\"error\": \"slow_down\"}");
    https_server_will_give(fixture->server, 400, "{\"error\": \"access_denied\"}");
    log_in(&person, "");
    g_assert_cmpint(g_get_monotonic_time() - began_us, >=, 7 * G_USEC_PER_SEC);
    clear_person(&person);
}

static void
test_out_of_time(OAuthFixture *fixture, gconstpointer data)
{
    Person person = {.fixture = fixture};
    https_server_will_give(
        fixture->server, 200,
        "{\"device_code\": \"d\", \"user_code\": \"c\", \"verification_url\": \"https://a\", "
        "\"expires_in\": 1, \"interval\": 1}");
    log_in(&person, "");
    g_assert_nonnull(strstr(person.error->message, "in time"));
    g_assert_cmpuint(https_server_count(fixture->server), ==, 1);
    clear_person(&person);
}

static void
test_no_code(OAuthFixture *fixture, gconstpointer data)
{
    static const struct {
        int status;
        const char *json;
        const char *words;
    } cases[] = {
        {400, "{\"error\": \"unauthorized_client\", \"error_description\": \"AADSTS7000218: x\"}",
         "Allow public client flows"},
        {200, "{}", "mailOAuthDeviceUrl"},
        {200, "{\"device_code\": \"d\", \"user_code\": \"c\", \"verification_uri\": \"http://a\"}",
         "no https address"},
        {200,
         "{\"device_code\": \"d\", \"user_code\": \"c\", \"verification_uri\": "
         "\"https://a\\u001b[2J\"}",
         "no https address"},
        {404, "<html>", "status 404"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        Person person = {.fixture = fixture};
        https_server_will_give(fixture->server, cases[i].status, cases[i].json);
        log_in(&person, "");
        g_assert_cmpuint(person.prompts, ==, 0);
        if (strstr(person.error->message, cases[i].words) == NULL)
            g_error("'%s' has no '%s'", person.error->message, cases[i].words);
        clear_person(&person);
    }
}

static void
test_not_set(OAuthFixture *fixture, gconstpointer data)
{
    static const struct {
        const char *more;
        const char *words;
    } cases[] = {
        {"mailOAuthDeviceUrl =\n", "mailOAuthDeviceUrl is not set"},
        {"mailOAuthDeviceUrl =\nmailProvider = gmail\n", "Google has no device login for mail"},
        {"mailOAuthClientId =\n", "mailOAuthClientId is not set"},
        {"mailOAuthDeviceUrl = https://a/{tenant}\n", "mailOAuthTenant is not set"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(SpocConfig) config = oauth_fixture_config(fixture, cases[i].more);
        g_autoptr(SpocOAuthSettings) settings = spoc_oauth_settings_new(config);
        g_assert_null(spoc_device_login_new(settings, fixture->tls, &events, NULL, &error));
        g_assert_error(error, SPOC_ERROR, SPOC_ERROR_INVALID);
        g_assert_nonnull(strstr(error->message, cases[i].words));
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    curl_global_init(CURL_GLOBAL_DEFAULT);
    static const struct {
        const char *path;
        void (*test)(OAuthFixture *, gconstpointer);
    } tests[] = {
        {"/oauth-device/login", test_login},
        {"/oauth-device/ends", test_ends},
        {"/oauth-device/slow-down", test_slow_down},
        {"/oauth-device/out-of-time", test_out_of_time},
        {"/oauth-device/no-code", test_no_code},
        {"/oauth-device/not-set", test_not_set},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(tests); i++)
        g_test_add(tests[i].path, OAuthFixture, NULL, oauth_fixture_set_up, tests[i].test,
                   oauth_fixture_tear_down);
    int status = g_test_run();
    curl_global_cleanup();
    return status;
}
