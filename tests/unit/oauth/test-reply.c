/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Also tests: json.c
 */
#include "base/error.h"
#include "oauth/json.h"
#include "oauth/reply.h"

#include <string.h>

typedef struct {
    const char *name;
    const char *text;
    const char *token; /* (nullable): NULL with @code or with @refusal */
    gint64 lifetime_s;
    const char *code;
    const char *refusal;
} ReplyCase;

static const ReplyCase reply_cases[] = {
    {"plain", "{\"access_token\": \"a.b-c_d~e+f/g=\", \"expires_in\": 3600}",
     "a.b-c_d~e+f/g=", 3600, NULL, NULL},
    {"type", "{\"access_token\": \"x\", \"token_type\": \"bearer\", \"expires_in\": \"3599\"}", "x",
     3599, NULL, NULL},
    {"no-lifetime", "{\"access_token\": \"x\"}", "x", SPOC_TOKEN_LIFETIME_UNKNOWN_S, NULL, NULL},
    {"negative", "{\"access_token\": \"x\", \"expires_in\": -5}", "x",
     SPOC_TOKEN_LIFETIME_UNKNOWN_S, NULL, NULL},
    {"huge", "{\"access_token\": \"x\", \"expires_in\": 1e300}", "x", SPOC_TOKEN_LIFETIME_MAX_S,
     NULL, NULL},
    {"fraction", "{\"access_token\": \"x\", \"expires_in\": 59.9}", "x", 59, NULL, NULL},
    {"error", "{\"error\": \"invalid_grant\", \"error_description\": \"no\\r\\nmore\"}", NULL, 0,
     "invalid_grant", NULL},
    {"error-wins", "{\"error\": \"invalid_grant\", \"access_token\": \"x\"}", NULL, 0,
     "invalid_grant", NULL},
    {"other-type", "{\"access_token\": \"x\", \"token_type\": \"mac\"}", NULL, 0, NULL, "Bearer"},
    {"neither", "{\"hello\": 1}", NULL, 0, NULL, "neither"},
    {"not-a-text", "{\"access_token\": {\"a\": 1}}", NULL, 0, NULL, "neither"},
    {"number", "{\"access_token\": 5}", NULL, 0, NULL, "neither"},
    {"blank", "{\"access_token\": \"a b\"}", NULL, 0, NULL, "characters"},
    {"steers-sasl", "{\"access_token\": \"a\\u0001\\u0001host=x\"}", NULL, 0, NULL, "characters"},
    {"steers-http", "{\"access_token\": \"a\\r\\nX: y\"}", NULL, 0, NULL, "characters"},
    {"refresh", "{\"access_token\": \"a\", \"refresh_token\": \"b\\nc\"}", NULL, 0, NULL,
     "characters"},
    {"html", "<html></html>", NULL, 0, NULL, "not a JSON object"},
    {"array", "[\"access_token\"]", NULL, 0, NULL, "not a JSON object"},
    {"nothing", "", NULL, 0, NULL, "not a JSON object"},
    {"cut", "{\"access_token\": \"abc", NULL, 0, NULL, "not a JSON object"},
    {"comment", "/* { */ {\"access_token\": \"x\"}", NULL, 0, NULL, "not a JSON object"},
    {"latin-1", "{\"access_token\": \"\xe4\"}", NULL, 0, NULL, "not a JSON object"},
};

static void
test_reply(gconstpointer data)
{
    const ReplyCase *c = data;
    g_auto(SpocTokenReply) reply = {0};
    g_autoptr(GError) error = NULL;
    gboolean good = spoc_token_reply_parse(c->text, strlen(c->text), &reply, &error);
    if (c->refusal != NULL) {
        g_assert_false(good);
        g_assert_error(error, SPOC_ERROR, SPOC_ERROR_CORRUPT);
        g_assert_nonnull(strstr(error->message, c->refusal));
        return;
    }
    g_assert_no_error(error);
    g_assert_true(good);
    g_assert_cmpstr(reply.access_token, ==, c->token);
    g_assert_cmpint(reply.lifetime_s, ==, c->lifetime_s);
    g_assert_cmpstr(reply.error_code, ==, c->code);
    g_assert_true(reply.error_words == NULL || strpbrk(reply.error_words, "\r\n") == NULL);
}

static void
test_bounds(void)
{
    g_auto(SpocTokenReply) reply = {0};
    g_autoptr(GError) error = NULL;
    g_autofree char *long_token = g_strnfill(SPOC_TOKEN_MAX_BYTES + 1, 'x');
    g_autofree char *text = g_strdup_printf("{\"access_token\": \"%s\"}", long_token);
    g_assert_false(spoc_token_reply_parse(text, strlen(text), &reply, &error));
    g_assert_error(error, SPOC_ERROR, SPOC_ERROR_CORRUPT);
    g_clear_error(&error);
    g_assert_true(spoc_token_is_valid(long_token + 1));

    g_autofree char *large = g_strnfill(SPOC_OAUTH_JSON_MAX_BYTES + 1, ' ');
    g_assert_false(spoc_token_reply_parse(large, SPOC_OAUTH_JSON_MAX_BYTES + 1, &reply, &error));
    g_assert_error(error, SPOC_ERROR, SPOC_ERROR_LIMIT);
    g_clear_error(&error);

    /* A parser that calls itself would need as much stack as the sender likes. */
    g_autofree char *deep = g_strnfill(60000, '[');
    g_assert_false(spoc_token_reply_parse(deep, 60000, &reply, &error));
    g_assert_error(error, SPOC_ERROR, SPOC_ERROR_CORRUPT);
    g_clear_error(&error);
    const char *brackets = "{\"access_token\": \"[[[[[[[[[[[[[[[[[[[[{{{{{{{{\\\"[[[\"}";
    g_assert_true(spoc_token_reply_parse(brackets, strlen(brackets), &reply, &error));
    g_assert_no_error(error);
}

static void
test_output(void)
{
    static const struct {
        const char *text;
        const char *token;
    } cases[] = {
        {"abc\n", "abc"},
        {"  abc\r\n\n", "abc"},
        {"{\"access_token\": \"abc\", \"expires_in\": 60}\n", "abc"},
        {"abc def\n", NULL},
        {"abc\ndef\n", NULL},
        {"\n", NULL},
        {"", NULL},
        {"{\"token\": \"abc\"}", NULL},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(SpocTokenReply) reply = {0};
        g_autoptr(GError) error = NULL;
        gboolean good =
            spoc_token_reply_parse_output(cases[i].text, strlen(cases[i].text), &reply, &error);
        g_assert_cmpint(good, ==, cases[i].token != NULL);
        g_assert_cmpstr(reply.access_token, ==, cases[i].token);
        /* What a program prints is a secret even where it is of no use. */
        g_assert_true(error == NULL || strstr(error->message, "abc") == NULL);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(reply_cases); i++) {
        g_autofree char *path = g_strconcat("/oauth-reply/", reply_cases[i].name, NULL);
        g_test_add_data_func(path, &reply_cases[i], test_reply);
    }
    g_test_add_func("/oauth-reply/bounds", test_bounds);
    g_test_add_func("/oauth-reply/output", test_output);
    return g_test_run();
}
