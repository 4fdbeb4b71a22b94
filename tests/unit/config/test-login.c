/* SPDX-License-Identifier: Apache-2.0 */
#include "config/login.h"

#include "config-fixture.h"

static void
test_method(void)
{
    static const struct {
        const char *text;
        gboolean has_stored_token;
        SpocAuthentication method;
        const char *source; /* (nullable) */
    } cases[] = {
        {"", FALSE, SPOC_AUTHENTICATION_NONE, NULL},
        {"mailuser = a\n", FALSE, SPOC_AUTHENTICATION_PASSWORD, NULL},
        {"mailuser = a\n", TRUE, SPOC_AUTHENTICATION_OAUTH2, NULL},
        {"mailuser = a\nmailOAuthClientSecret = x\n", FALSE, SPOC_AUTHENTICATION_OAUTH2,
         "mailOAuthClientSecret"},
        /* one that is not there is wanted all the same */
        {"mailuser = a\nmailOAuthClientSecretFile = /nonexistent\n", FALSE,
         SPOC_AUTHENTICATION_OAUTH2, "mailOAuthClientSecretFile"},
        {"mailOAuthTokenCommand = /bin/true\nmailOAuthServiceAccount = /x\n", FALSE,
         SPOC_AUTHENTICATION_OAUTH2, "mailOAuthTokenCommand"},
        {"mailOAuthClientCertificate = /x\nmailOAuthClientSecret = x\n", FALSE,
         SPOC_AUTHENTICATION_OAUTH2, "mailOAuthClientCertificate"},
        /* waits for a login at another device */
        {"mailuser = a\nmailOAuthClientId = x\n", FALSE, SPOC_AUTHENTICATION_OAUTH2, NULL},
        {"mailuser = a\nmailpass = p\nmailOAuthClientId = x\n", FALSE, SPOC_AUTHENTICATION_PASSWORD,
         NULL},
        /* said outright */
        {"mailAuthentication = password\nmailOAuthClientSecret = x\n", FALSE,
         SPOC_AUTHENTICATION_PASSWORD, "mailOAuthClientSecret"},
        {"mailAuthentication = none\nmailuser = a\n", TRUE, SPOC_AUTHENTICATION_NONE, NULL},
        {"mailAuthentication = oauth2\n", FALSE, SPOC_AUTHENTICATION_OAUTH2, NULL},
        {"mailAuthentication = EXTERNAL\n", FALSE, SPOC_AUTHENTICATION_EXTERNAL, NULL},
        {"mailAuthentication = gssapi\n", FALSE, SPOC_AUTHENTICATION_GSSAPI, NULL},
        /* what the provider fills in is no source */
        {"mailProvider = gmail\n", FALSE, SPOC_AUTHENTICATION_NONE, NULL},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_test_message("%s", cases[i].text);
        g_autofree char *text = g_strconcat("mailserver = a.example\n", cases[i].text, NULL);
        g_autoptr(SpocConfig) config = config_fixture(text);
        g_assert_cmpint(spoc_login_method(config, cases[i].has_stored_token), ==, cases[i].method);
        g_assert_cmpstr(spoc_login_token_source(config), ==, cases[i].source);
    }
}

static void
test_required(void)
{
    static const struct {
        const char *text;
        gboolean is_required;
    } cases[] = {
        {"", FALSE},
        {"mailuser = a\nmailpass = b\n", FALSE}, /* as the original */
        {"mailuser = a\nmailpass = b\nmailAuthentication = password\n", TRUE},
        {"mailOAuthClientSecret = x\n", TRUE},
        {"mailAuthentication = external\n", TRUE},
        {"mailAuthentication = none\nmailOAuthClientSecret = x\n", FALSE},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(SpocConfig) config = config_fixture(cases[i].text);
        g_assert_cmpint(spoc_login_is_required(config, spoc_login_method(config, FALSE)), ==,
                        cases[i].is_required);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/login/method", test_method);
    g_test_add_func("/login/required", test_required);
    return g_test_run();
}
