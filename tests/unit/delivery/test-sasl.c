/* SPDX-License-Identifier: Apache-2.0 */
#include "delivery/sasl.h"

#include <curl/curl.h>
#include <string.h>

#define ALL ((1u << SPOC_SASL_COUNT) - 1)
#define NO_SCRAM (ALL & ~(1u << SPOC_SASL_SCRAM_SHA_256 | 1u << SPOC_SASL_SCRAM_SHA_1))
#define BIT(m) (1u << SPOC_SASL_##m)

#define NONE SPOC_AUTHENTICATION_NONE
#define PASSWORD SPOC_AUTHENTICATION_PASSWORD
#define OAUTH2 SPOC_AUTHENTICATION_OAUTH2
#define EXTERNAL SPOC_AUTHENTICATION_EXTERNAL
#define GSSAPI SPOC_AUTHENTICATION_GSSAPI

static void
test_choose(void)
{
    static const struct {
        SpocAuthentication method;
        const char *names; /* (nullable) */
        gboolean encrypted;
        guint able;
        const char *offered; /* (nullable) */
        guint refused;
        SpocSaslMechanism mechanism;
    } cases[] = {
        /* what a token goes by */
        {OAUTH2, NULL, TRUE, ALL, "LOGIN XOAUTH2", 0, SPOC_SASL_XOAUTH2},
        {OAUTH2, NULL, TRUE, ALL, "LOGIN PLAIN XOAUTH2 PLAIN-CLIENTTOKEN OAUTHBEARER XOAUTH", 0,
         SPOC_SASL_OAUTHBEARER},
        {OAUTH2, "XOAUTH2,OAUTHBEARER", TRUE, ALL, "OAUTHBEARER XOAUTH2", 0, SPOC_SASL_XOAUTH2},
        {OAUTH2, NULL, TRUE, ALL, "OAUTHBEARER XOAUTH2", BIT(OAUTHBEARER), SPOC_SASL_XOAUTH2},
        {OAUTH2, NULL, TRUE, ALL, "OAUTHBEARER XOAUTH2", BIT(OAUTHBEARER) | BIT(XOAUTH2),
         SPOC_SASL_NONE},
        {OAUTH2, NULL, TRUE, ALL, NULL, 0, SPOC_SASL_OAUTHBEARER},
        /* never a password in its place, and never without TLS */
        {OAUTH2, NULL, TRUE, ALL, "PLAIN LOGIN", 0, SPOC_SASL_NONE},
        {OAUTH2, "PLAIN,LOGIN", TRUE, ALL, "PLAIN LOGIN XOAUTH2", 0, SPOC_SASL_NONE},
        {OAUTH2, NULL, FALSE, ALL, "XOAUTH2 OAUTHBEARER", 0, SPOC_SASL_NONE},
        {OAUTH2, NULL, FALSE, ALL, NULL, 0, SPOC_SASL_NONE},
        /* passwords */
        {PASSWORD, NULL, TRUE, ALL, "PLAIN LOGIN CRAM-MD5 SCRAM-SHA-1 SCRAM-SHA-256", 0,
         SPOC_SASL_SCRAM_SHA_256},
        {PASSWORD, NULL, TRUE, ALL, "PLAIN LOGIN CRAM-MD5 SCRAM-SHA-1", 0, SPOC_SASL_SCRAM_SHA_1},
        {PASSWORD, NULL, TRUE, NO_SCRAM, "PLAIN LOGIN CRAM-MD5 SCRAM-SHA-1", 0, SPOC_SASL_PLAIN},
        {PASSWORD, NULL, FALSE, NO_SCRAM, "PLAIN LOGIN CRAM-MD5", 0, SPOC_SASL_CRAM_MD5},
        {PASSWORD, NULL, FALSE, NO_SCRAM, "PLAIN LOGIN", 0, SPOC_SASL_PLAIN},
        {PASSWORD, NULL, TRUE, NO_SCRAM, "CRAM-MD5", 0, SPOC_SASL_CRAM_MD5},
        {PASSWORD, NULL, TRUE, NO_SCRAM, "login", 0, SPOC_SASL_LOGIN},
        {PASSWORD, NULL, TRUE, NO_SCRAM, "GSSAPI NTLM", 0, SPOC_SASL_NONE},
        {PASSWORD, NULL, TRUE, NO_SCRAM, "", 0, SPOC_SASL_NONE},
        {PASSWORD, NULL, TRUE, NO_SCRAM, "XPLAIN PLAINX", 0, SPOC_SASL_NONE},
        {PASSWORD, NULL, TRUE, NO_SCRAM, NULL, 0, SPOC_SASL_PLAIN},
        {PASSWORD, NULL, TRUE, NO_SCRAM, NULL, BIT(PLAIN), SPOC_SASL_LOGIN},
        {PASSWORD, "LOGIN", TRUE, NO_SCRAM, "PLAIN LOGIN", 0, SPOC_SASL_LOGIN},
        {PASSWORD, "SCRAM-SHA-256", TRUE, NO_SCRAM, "SCRAM-SHA-256 PLAIN", 0, SPOC_SASL_NONE},
        {PASSWORD, "CRAM-MD5,PLAIN", TRUE, NO_SCRAM, "PLAIN CRAM-MD5", 0, SPOC_SASL_CRAM_MD5},
        {PASSWORD, "XOAUTH2,EXTERNAL", TRUE, NO_SCRAM, "XOAUTH2 EXTERNAL PLAIN", 0, SPOC_SASL_NONE},
        /* the others */
        {EXTERNAL, NULL, TRUE, ALL, "PLAIN EXTERNAL", 0, SPOC_SASL_EXTERNAL},
        {EXTERNAL, NULL, FALSE, ALL, "EXTERNAL", 0, SPOC_SASL_NONE},
        {EXTERNAL, NULL, TRUE, ALL, "PLAIN", 0, SPOC_SASL_NONE},
        {GSSAPI, NULL, TRUE, ALL, "PLAIN GSSAPI", 0, SPOC_SASL_GSSAPI},
        {GSSAPI, NULL, TRUE, ALL & ~BIT(GSSAPI), "GSSAPI", 0, SPOC_SASL_NONE},
        {GSSAPI, NULL, TRUE, ALL, "GSS-SPNEGO", 0, SPOC_SASL_NONE},
        {NONE, NULL, TRUE, ALL, "PLAIN", 0, SPOC_SASL_NONE},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(GStrv) names = cases[i].names != NULL ? g_strsplit(cases[i].names, ",", -1) : NULL;
        SpocSaslWish wish = {cases[i].method, (const char *const *)names, cases[i].encrypted,
                             cases[i].able};
        g_test_message("case %u", i);
        g_assert_cmpstr(spoc_sasl_name(spoc_sasl_choose(&wish, cases[i].offered, cases[i].refused)),
                        ==, spoc_sasl_name(cases[i].mechanism));
    }
}

/* The option's choices and the mechanisms are the same list. */
static void
test_names(void)
{
    const SpocOption *option = spoc_option_find("mailAuthMechanisms");
    for (guint i = 0; i < SPOC_SASL_COUNT; i++)
        g_assert_cmpstr(option->choices[i], ==, spoc_sasl_name((SpocSaslMechanism)i));
    g_assert_null(option->choices[SPOC_SASL_COUNT]);
    SpocSaslWish wish = {PASSWORD, NULL, TRUE, NO_SCRAM};
    g_autofree char *candidates = spoc_sasl_candidates(&wish);
    g_assert_cmpstr(candidates, ==, "PLAIN, LOGIN, CRAM-MD5");
}

static void
test_able(void)
{
    g_assert_cmpuint(spoc_sasl_able(0), ==, NO_SCRAM & ~BIT(GSSAPI));
    g_assert_cmpuint(spoc_sasl_able(CURL_VERSION_GSASL | CURL_VERSION_GSSAPI), ==, ALL);
}

static void
test_refusals(void)
{
    static const struct {
        int code;
        const char *status;
        const char *words;
        gboolean is_mechanism;
    } cases[] = {
        {504, "5.7.4", "504 5.7.4 Unrecognized authentication type", TRUE},
        {504, "", "504 no", TRUE},
        {501, "5.5.4", "501 5.5.4 Invalid argument", TRUE},
        {535, "5.7.8", "535 5.7.8 Error: authentication failed: Invalid authentication mechanism",
         TRUE},
        {503, "5.7.0", "503 5.7.0 Error: mechanism not supported here", TRUE},
        /* wrong passwords and tokens */
        {535, "5.7.8", "535 5.7.8 Error: authentication failed", FALSE},
        {535, "5.7.3", "535 5.7.3 Authentication unsuccessful", FALSE},
        {534, "5.7.9", "534 5.7.9 Application-specific password required", FALSE},
        {535, "5.7.139", "535 5.7.139 Authentication unsuccessful", FALSE},
        {454, "4.7.0", "454 4.7.0 mechanism not available for now", FALSE},
        {530, "5.7.0", "530 5.7.0 Must issue a STARTTLS command first", FALSE},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_test_message("%s", cases[i].words);
        g_assert_cmpint(spoc_sasl_refuses_mechanism(cases[i].code, cases[i].status, cases[i].words),
                        ==, cases[i].is_mechanism);
    }
}

static void
check_bearer_error(const char *json, const char *expected)
{
    g_autofree char *challenge = g_base64_encode((const guchar *)json, strlen(json));
    g_autofree char *error = spoc_sasl_bearer_error(challenge);
    g_assert_cmpstr(error, ==, expected);
}

static void
test_bearer_error(void)
{
    check_bearer_error("{\"status\":\"401\",\"schemes\":\"Bearer\",\"scope\":\"https://a/\"}",
                       "status 401, scope https://a/");
    check_bearer_error("{\"status\":400}", "status 400");
    check_bearer_error("{\"status\":\"a\\r\\nATTR: x\"}", "status a ATTR: x");
    check_bearer_error("{\"status\":{\"status\":1},\"scope\":[]}", "no reason given");
    check_bearer_error("{}", "no reason given");
    check_bearer_error("[1]", NULL);
    check_bearer_error("Username:", NULL);
    check_bearer_error("{\"status\":", NULL);
    g_autofree char *none = spoc_sasl_bearer_error("");
    g_assert_null(none);
    g_autofree char *garbage = spoc_sasl_bearer_error("\xff\xfe!!!\n");
    g_assert_null(garbage);
    /* Deep, and endless */
    g_autofree char *deep = g_strnfill(3000, '[');
    check_bearer_error(deep, NULL);
    g_autofree char *huge = g_strnfill(100000, 'A');
    g_autofree char *no = spoc_sasl_bearer_error(huge);
    g_assert_null(no);
}

static void
test_escape_name(void)
{
    static const char *const cases[][2] = {{"", ""},
                                           {"printer@example.com", "printer@example.com"},
                                           {"a=b,c@example.com", "a=3Db=2Cc@example.com"},
                                           {"j\303\266rg", "j\303\266rg"}};
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *escaped = spoc_sasl_escape_name(cases[i][0]);
        g_assert_cmpstr(escaped, ==, cases[i][1]);
    }
}

static void
test_mask(void)
{
    static const struct {
        const char *text;
        const char *masked;
    } cases[] = {
        {"535 no tok.en-1, tok.en-1!", "535 no ***, ***!"},
        {"535 dXNlcj1wcmludGVyQGV4YW1wbGUuY29tAWF1dGg9QmVhcmVyIHRvawEB=", "535 ***"},
        {"535 5.7.3 Authentication unsuccessful [LO2P265CA0123.GBRP265.PROD.OUTLOOK.COM]",
         "535 5.7.3 Authentication unsuccessful [LO2P265CA0123.GBRP265.PROD.OUTLOOK.COM]"},
        {"", ""},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *masked = spoc_sasl_mask(cases[i].text, "tok.en-1");
        g_assert_cmpstr(masked, ==, cases[i].masked);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sasl/choose", test_choose);
    g_test_add_func("/sasl/names", test_names);
    g_test_add_func("/sasl/able", test_able);
    g_test_add_func("/sasl/refusals", test_refusals);
    g_test_add_func("/sasl/bearer-error", test_bearer_error);
    g_test_add_func("/sasl/escape-name", test_escape_name);
    g_test_add_func("/sasl/mask", test_mask);
    return g_test_run();
}
