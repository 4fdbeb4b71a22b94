/* SPDX-License-Identifier: Apache-2.0 */
#include "oauth-fixture.h"
#include "oauth/check.h"

#include <string.h>

#define DAY_S (24 * 60 * 60)

static gint64
now_unix_s(void)
{
    return g_get_real_time() / G_USEC_PER_SEC;
}

/* @words: (nullable): NULL: nothing is found */
static void
assert_found(const OAuthFixture *fixture, const char *more, const char *words, gboolean stops_mail)
{
    g_autoptr(SpocConfig) config = oauth_fixture_config(fixture, more);
    g_autoptr(GPtrArray) findings = spoc_oauth_check(config, fixture->state_fd, now_unix_s());
    if (words == NULL) {
        g_assert_cmpuint(findings->len, ==, 0);
        return;
    }
    g_assert_cmpuint(findings->len, ==, 1);
    const SpocOAuthFinding *finding = g_ptr_array_index(findings, 0);
    if (strstr(finding->message, words) == NULL)
        g_error("'%s' has no '%s'", finding->message, words);
    g_assert_cmpint(finding->stops_mail, ==, stops_mail);
}

static void
test_settings(OAuthFixture *fixture, gconstpointer data)
{
    assert_found(fixture, "mailpass = x\n", NULL, FALSE);
    assert_found(fixture, "", "no source of tokens", TRUE);
    assert_found(fixture, "mailOAuthClientSecret = x\n", NULL, FALSE);
    assert_found(fixture, "mailAuthentication = oauth2\n", "no source of tokens", TRUE);
    assert_found(fixture, "mailOAuthClientSecret = x\nmailOAuthClientId =\n", "mailOAuthClientId",
                 TRUE);
    assert_found(fixture, "mailOAuthTokenCommand = token\n", "no absolute path", TRUE);
    assert_found(fixture, "mailOAuthTokenCommand = /bin/echo x\n", NULL, FALSE);
    assert_found(fixture, "mailOAuthTokenCommand = echo\nmailAuthentication = password\n", NULL,
                 FALSE);
}

static void
test_certificate(OAuthFixture *fixture, gconstpointer data)
{
    static const struct {
        gint64 days;
        const char *words; /* (nullable) */
    } cases[] = {{100, NULL}, {10, "mailOAuthClientCertificate"}};
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(Minted) own =
            mint(&(MintSpec){.name = "us", .from_s = -DAY_S, .until_s = cases[i].days * DAY_S});
        g_autofree char *file = mint_write(fixture->root, "own.pem", own->certificate, own->key);
        g_autofree char *more = g_strdup_printf("mailOAuthClientCertificate = %s\n", file);
        assert_found(fixture, more, cases[i].words, FALSE);
        SpocOAuthFacts facts;
        g_autoptr(SpocConfig) config = oauth_fixture_config(fixture, more);
        spoc_oauth_facts(config, fixture->state_fd, &facts);
        g_assert_cmpstr(facts.source, ==, "certificate");
        gint64 left_s = facts.certificate_expires_unix_s - now_unix_s();
        g_assert_cmpint(ABS(left_s - cases[i].days * DAY_S), <, 100);
    }
}

static void
test_stored_login(OAuthFixture *fixture, gconstpointer data)
{
    static const struct {
        gint64 days; /* 0: not known */
        const char *words;
    } cases[] = {{0, NULL}, {100, NULL}, {10, "expires in 9 days"}, {-1, "has expired"}};
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        SpocStoredLogin login = {
            .token_url = fixture->token_url,
            .client_id = (char[]){"client"},
            .refresh_token = (char[]){"r1"},
            .expires_unix_s = cases[i].days != 0 ? now_unix_s() + cases[i].days * DAY_S - 1 : 0,
        };
        g_assert_true(spoc_stored_login_write(fixture->state_fd, &login, NULL));
        assert_found(fixture, "", cases[i].words, FALSE);
    }
    SpocOAuthFacts facts;
    g_autoptr(SpocConfig) config = oauth_fixture_config(fixture, "");
    spoc_oauth_facts(config, fixture->state_fd, &facts);
    g_assert_cmpstr(facts.source, ==, "refresh-token");
    assert_found(fixture, "mailOAuthClientId = other\n", "is for another", TRUE);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    static const struct {
        const char *path;
        void (*test)(OAuthFixture *, gconstpointer);
    } tests[] = {
        {"/oauth-check/settings", test_settings},
        {"/oauth-check/certificate", test_certificate},
        {"/oauth-check/stored-login", test_stored_login},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(tests); i++)
        g_test_add(tests[i].path, OAuthFixture, NULL, oauth_fixture_set_up, tests[i].test,
                   oauth_fixture_tear_down);
    return g_test_run();
}
