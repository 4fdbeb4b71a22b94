/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Also tests: fetch.c
 */
#include "base/error.h"
#include "oauth-fixture.h"
#include "oauth/keeper.h"

#include <curl/curl.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SECRET "mailOAuthClientSecret = s3cr3t-value\n"
#define GOOD(token) "{\"access_token\": \"" token "\", \"expires_in\": 3600}"

typedef struct {
    OAuthFixture *fixture;
    char *token; /* (nullable) */
    GError *error;
    guint count;
} Answer;

static void
on_token(const char *token, const GError *error, gpointer user_data)
{
    Answer *answer = user_data;
    answer->count++;
    answer->token = g_strdup(token);
    answer->error = error != NULL ? g_error_copy(error) : NULL;
    g_assert_true((token == NULL) == (error != NULL));
    g_main_loop_quit(answer->fixture->loop);
}

static void
clear_answer(Answer *answer)
{
    g_clear_pointer(&answer->token, g_free);
    g_clear_error(&answer->error);
    answer->count = 0;
}

static void
ask(Answer *answer, const SpocTokens *tokens, const char *refused)
{
    clear_answer(answer);
    (void)tokens->ask(tokens->source, refused, on_token, answer);
    g_assert_cmpuint(answer->count, ==, 0); /* never from within */
    g_main_loop_run(answer->fixture->loop);
    g_assert_cmpuint(answer->count, ==, 1);
}

static void
assert_token(const Answer *answer, const char *token)
{
    g_assert_no_error(answer->error);
    g_assert_cmpstr(answer->token, ==, token);
}

/* @fixture with a keeper that uses it */
static const SpocTokens *
use(OAuthFixture *fixture, SpocTokenKeeper *keeper, const char *more)
{
    g_autoptr(SpocConfig) config = oauth_fixture_config(fixture, more);
    return spoc_token_keeper_use(keeper, config, fixture->tls);
}

static void
test_one_for_all(OAuthFixture *fixture, gconstpointer data)
{
    g_autoptr(SpocTokenKeeper) keeper = spoc_token_keeper_new(fixture->spool);
    const SpocTokens *tokens = use(fixture, keeper, SECRET);
    Answer answers[20] = {0};
    for (guint i = 0; i < G_N_ELEMENTS(answers); i++) {
        answers[i].fixture = fixture;
        (void)tokens->ask(tokens->source, NULL, on_token, &answers[i]);
    }
    https_server_will_give(fixture->server, 200, GOOD("t1"));
    g_main_loop_run(fixture->loop);
    for (guint i = 0; i < G_N_ELEMENTS(answers); i++) {
        assert_token(&answers[i], "t1");
        clear_answer(&answers[i]);
    }
    ask(&answers[0], tokens, NULL);
    assert_token(&answers[0], "t1");
    g_assert_cmpuint(https_server_count(fixture->server), ==, 1);

    /* The same settings again keep it; others do not. */
    g_assert_true(use(fixture, keeper, SECRET) == tokens);
    ask(&answers[0], tokens, NULL);
    assert_token(&answers[0], "t1");
    g_assert_cmpuint(https_server_count(fixture->server), ==, 1);
    g_assert_true(use(fixture, keeper, "mailOAuthClientSecret = other\n") == tokens);
    https_server_will_give(fixture->server, 200, GOOD("t2"));
    ask(&answers[0], tokens, NULL);
    assert_token(&answers[0], "t2");
    clear_answer(&answers[0]);
    g_autofree char *described = tokens->describe(tokens->source);
    g_assert_nonnull(strstr(described, "from secret by localhost, expires 20"));
    g_assert_null(strstr(described, "t2"));
}

static void
test_refused_token(OAuthFixture *fixture, gconstpointer data)
{
    g_autoptr(SpocTokenKeeper) keeper = spoc_token_keeper_new(fixture->spool);
    const SpocTokens *tokens = use(fixture, keeper, SECRET);
    Answer answer = {.fixture = fixture}, other = {.fixture = fixture};
    https_server_will_give(fixture->server, 200, GOOD("t1"));
    ask(&answer, tokens, NULL);
    assert_token(&answer, "t1");
    /* Two connections met the same refusal: one new token is for both. */
    https_server_will_give(fixture->server, 200, GOOD("t2"));
    (void)tokens->ask(tokens->source, "t1", on_token, &other);
    ask(&answer, tokens, "t1");
    assert_token(&answer, "t2");
    assert_token(&other, "t2");
    clear_answer(&other);
    ask(&answer, tokens, "t1"); /* a late one */
    assert_token(&answer, "t2");
    g_assert_cmpuint(https_server_count(fixture->server), ==, 2);
    clear_answer(&answer);
}

static void
test_failures(OAuthFixture *fixture, gconstpointer data)
{
    static const struct {
        int status;
        const char *json;
        SpocErrorCode code;
        const char *words;
    } cases[] = {
        {401, "{\"error\": \"invalid_client\", \"error_description\": \"AADSTS7000215: no.\"}",
         SPOC_ERROR_DENIED, "localhost gives no token: invalid_client: AADSTS7000215: no; put"},
        {400, "{\"error\": \"invalid_grant\"}", SPOC_ERROR_DENIED, "invalid_grant; check"},
        {400, "{\"error\": \"x\", \"error_description\": \"s3cr3t-value czNjcjN0LXZhbHVl\"}",
         SPOC_ERROR_DENIED, "x: *** ***; "},
        {400, "{\"error\": \"temporarily_unavailable\"}", SPOC_ERROR_UNAVAILABLE, "again later"},
        {503, "{\"error\": \"invalid_grant\"}", SPOC_ERROR_UNAVAILABLE, "invalid_grant"},
        {429, "{\"error\": \"slow_down\"}", SPOC_ERROR_UNAVAILABLE, "slow_down"},
        {400, "<html>", SPOC_ERROR_UNAVAILABLE, "status 400"},
        {500, "", SPOC_ERROR_UNAVAILABLE, "status 500"},
        {302, "", SPOC_ERROR_UNAVAILABLE, "status 302"},
        {200, "<html>", SPOC_ERROR_UNAVAILABLE, "its answer is not a JSON object"},
        {200, "{\"access_token\": \"a b\"}", SPOC_ERROR_UNAVAILABLE, "characters"},
        {200, "{\"error\": \"invalid_grant\"}", SPOC_ERROR_UNAVAILABLE, "invalid_grant"},
        {404, "{\"access_token\": \"abcd\"}", SPOC_ERROR_UNAVAILABLE, "status 404"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(SpocTokenKeeper) keeper = spoc_token_keeper_new(fixture->spool);
        const SpocTokens *tokens = use(fixture, keeper, SECRET);
        Answer answer = {.fixture = fixture};
        https_server_will_give(fixture->server, cases[i].status, cases[i].json);
        ask(&answer, tokens, NULL);
        g_assert_error(answer.error, SPOC_ERROR, (int)cases[i].code);
        if (strstr(answer.error->message, cases[i].words) == NULL)
            g_error("'%s' has no '%s'", answer.error->message, cases[i].words);
        g_assert_null(strstr(answer.error->message, "s3cr3t-value"));
        /* Who asks again soon gets the same words; nobody is asked. */
        guint count = https_server_count(fixture->server);
        ask(&answer, tokens, NULL);
        g_assert_error(answer.error, SPOC_ERROR, (int)cases[i].code);
        g_assert_cmpuint(https_server_count(fixture->server), ==, count);
        SpocTokenStatus status;
        spoc_token_keeper_status(keeper, &status);
        g_assert_cmpstr(status.source, ==, "secret");
        g_assert_cmpstr(status.last_error, ==, answer.error->message);
        g_assert_cmpint(status.expires_unix_s, ==, 0);
        clear_answer(&answer);
    }
}

static void
test_asked_again(OAuthFixture *fixture, gconstpointer data)
{
    g_autoptr(SpocTokenKeeper) keeper = spoc_token_keeper_new(fixture->spool);
    const SpocTokens *tokens = use(fixture, keeper, SECRET);
    Answer answer = {.fixture = fixture};
    https_server_will_give(fixture->server, 503, "");
    ask(&answer, tokens, NULL);
    g_assert_error(answer.error, SPOC_ERROR, SPOC_ERROR_UNAVAILABLE);
    https_server_will_give(fixture->server, 200, GOOD("t1"));
    gint64 ends_us = g_get_monotonic_time() + 20 * G_USEC_PER_SEC;
    do
        ask(&answer, tokens, NULL);
    while (answer.token == NULL && g_get_monotonic_time() < ends_us);
    assert_token(&answer, "t1");
    g_assert_cmpuint(https_server_count(fixture->server), ==, 2);

    /* Retry-After holds; who changed something need not wait for it. */
    spoc_token_keeper_forget(keeper);
    https_server_will_say(fixture->server,
                          "HTTP/1.1 429 Slow\r\nRetry-After: 3000\r\nContent-Length: 0\r\n\r\n");
    ask(&answer, tokens, NULL);
    g_assert_error(answer.error, SPOC_ERROR, SPOC_ERROR_UNAVAILABLE);
    https_server_will_give(fixture->server, 200, GOOD("t2"));
    ask(&answer, tokens, NULL);
    g_assert_error(answer.error, SPOC_ERROR, SPOC_ERROR_UNAVAILABLE);
    g_assert_cmpuint(https_server_count(fixture->server), ==, 3);
    g_assert_true(use(fixture, keeper, SECRET) == tokens);
    ask(&answer, tokens, NULL);
    assert_token(&answer, "t2");
    clear_answer(&answer);
}

/* A token that is still good is given out while another one is on its way, or does not come. */
static void
test_before_expiry(OAuthFixture *fixture, gconstpointer data)
{
    g_autoptr(SpocTokenKeeper) keeper = spoc_token_keeper_new(fixture->spool);
    const SpocTokens *tokens = use(fixture, keeper, SECRET);
    Answer answer = {.fixture = fixture};
    https_server_will_give(fixture->server, 200, "{\"access_token\": \"t1\", \"expires_in\": 3}");
    ask(&answer, tokens, NULL);
    guint asked = https_server_count(fixture->server);
    https_server_will_give(fixture->server, 200, GOOD("t2"));
    gint64 ends_us = g_get_monotonic_time() + 20 * G_USEC_PER_SEC;
    while (g_strcmp0(answer.token, "t2") != 0 && g_get_monotonic_time() < ends_us) {
        ask(&answer, tokens, NULL);
        g_assert_no_error(answer.error);
    }
    assert_token(&answer, "t2");
    g_assert_cmpuint(https_server_count(fixture->server), ==, asked + 1);
    clear_answer(&answer);
}

static void
test_rotation(OAuthFixture *fixture, gconstpointer data)
{
    g_autoptr(SpocTokenKeeper) keeper = spoc_token_keeper_new(fixture->spool);
    Answer answer = {.fixture = fixture};
    oauth_fixture_log_in(fixture, "r1");
    const SpocTokens *tokens = use(fixture, keeper, "");
    g_assert_nonnull(tokens);
    https_server_will_give(
        fixture->server, 200,
        "{\"access_token\": \"t1\", \"expires_in\": 3600, \"refresh_token\": \"r2\"}");
    ask(&answer, tokens, NULL);
    assert_token(&answer, "t1");
    g_autofree char *sent = oauth_fixture_field(fixture, 0, "refresh_token");
    g_assert_cmpstr(sent, ==, "r1");
    g_autofree char *stored = oauth_fixture_stored(fixture);
    g_assert_cmpstr(stored, ==, "r2");

    /* One that does not rotate stays. */
    https_server_will_give(fixture->server, 200, GOOD("t2"));
    ask(&answer, tokens, "t1");
    assert_token(&answer, "t2");
    g_autofree char *same = oauth_fixture_stored(fixture);
    g_assert_cmpstr(same, ==, "r2");
    clear_answer(&answer);
}

/* What cannot be written is not used, and not lost either. */
static void
test_rotation_that_cannot_be_kept(OAuthFixture *fixture, gconstpointer data)
{
    g_autoptr(SpocTokenKeeper) keeper = spoc_token_keeper_new(fixture->spool);
    Answer answer = {.fixture = fixture};
    oauth_fixture_log_in(fixture, "r1");
    const SpocTokens *tokens = use(fixture, keeper, "");
    /* A folder in the temporary file's place makes writing fail, for root too. */
    const char *blocker = ".tmp-" SPOC_STORED_LOGIN_FILE;
    g_assert_cmpint(mkdirat(fixture->state_fd, blocker, 0700), ==, 0);
    https_server_will_give(
        fixture->server, 200,
        "{\"access_token\": \"t1\", \"expires_in\": 3600, \"refresh_token\": \"r2\"}");
    ask(&answer, tokens, NULL);
    g_assert_error(answer.error, SPOC_ERROR, SPOC_ERROR_UNAVAILABLE);
    g_assert_nonnull(strstr(answer.error->message, "room"));
    g_autofree char *old = oauth_fixture_stored(fixture);
    g_assert_cmpstr(old, ==, "r1");
    g_assert_cmpint(unlinkat(fixture->state_fd, blocker, AT_REMOVEDIR), ==, 0);
    gint64 ends_us = g_get_monotonic_time() + 20 * G_USEC_PER_SEC;
    do
        ask(&answer, tokens, NULL);
    while (answer.token == NULL && g_get_monotonic_time() < ends_us);
    assert_token(&answer, "t1");
    g_autofree char *stored = oauth_fixture_stored(fixture);
    g_assert_cmpstr(stored, ==, "r2");
    g_assert_cmpuint(https_server_count(fixture->server), ==, 1);
    clear_answer(&answer);
}

/* Whoever ends while it cannot be written tries once more. */
static void
test_rotation_kept_at_the_end(OAuthFixture *fixture, gconstpointer data)
{
    g_autoptr(SpocTokenKeeper) keeper = spoc_token_keeper_new(fixture->spool);
    Answer answer = {.fixture = fixture};
    oauth_fixture_log_in(fixture, "r1");
    const SpocTokens *tokens = use(fixture, keeper, "");
    const char *blocker = ".tmp-" SPOC_STORED_LOGIN_FILE;
    g_assert_cmpint(mkdirat(fixture->state_fd, blocker, 0700), ==, 0);
    https_server_will_give(
        fixture->server, 200,
        "{\"access_token\": \"t1\", \"expires_in\": 3600, \"refresh_token\": \"r2\"}");
    ask(&answer, tokens, NULL);
    g_assert_error(answer.error, SPOC_ERROR, SPOC_ERROR_UNAVAILABLE);
    g_assert_cmpint(unlinkat(fixture->state_fd, blocker, AT_REMOVEDIR), ==, 0);
    g_clear_pointer(&keeper, spoc_token_keeper_free);
    g_autofree char *stored = oauth_fixture_stored(fixture);
    g_assert_cmpstr(stored, ==, "r2");
    clear_answer(&answer);
}

/* spocctl used the stored token while we did, and what it wrote counts. */
static void
test_overtaken(OAuthFixture *fixture, gconstpointer data)
{
    g_autoptr(SpocTokenKeeper) keeper = spoc_token_keeper_new(fixture->spool);
    Answer answer = {.fixture = fixture};
    oauth_fixture_log_in(fixture, "r1");
    const SpocTokens *tokens = use(fixture, keeper, "");
    (void)tokens->ask(tokens->source, NULL, on_token, &answer);
    while (https_server_count(fixture->server) == 0)
        g_main_context_iteration(NULL, FALSE);
    oauth_fixture_log_in(fixture, "r9");
    https_server_will_give(fixture->server, 400, "{\"error\": \"invalid_grant\"}");
    https_server_will_give(
        fixture->server, 200,
        "{\"access_token\": \"t1\", \"expires_in\": 3600, \"refresh_token\": \"r10\"}");
    g_main_loop_run(fixture->loop);
    assert_token(&answer, "t1");
    g_autofree char *sent = oauth_fixture_field(fixture, 1, "refresh_token");
    g_assert_cmpstr(sent, ==, "r9");
    clear_answer(&answer);

    /* And a login that was forgotten while we asked stays forgotten. */
    (void)tokens->ask(tokens->source, "t1", on_token, &answer);
    while (https_server_count(fixture->server) == 2)
        g_main_context_iteration(NULL, FALSE);
    g_assert_true(spoc_stored_login_remove(fixture->state_fd, NULL));
    https_server_will_give(
        fixture->server, 200,
        "{\"access_token\": \"t2\", \"expires_in\": 3600, \"refresh_token\": \"r11\"}");
    g_main_loop_run(fixture->loop);
    g_assert_false(spoc_stored_login_exists(fixture->state_fd));
    clear_answer(&answer);
}

/* The settings change while a provider replaces the refresh token: the token is asked for anew, and
 * the refresh token is not lost. */
static void
test_change_while_asked(OAuthFixture *fixture, gconstpointer data)
{
    g_autoptr(SpocTokenKeeper) keeper = spoc_token_keeper_new(fixture->spool);
    Answer answer = {.fixture = fixture};
    oauth_fixture_log_in(fixture, "r1");
    const SpocTokens *tokens = use(fixture, keeper, "");
    (void)tokens->ask(tokens->source, NULL, on_token, &answer);
    while (https_server_count(fixture->server) == 0)
        g_main_context_iteration(NULL, FALSE);
    g_assert_true(use(fixture, keeper, "mailOAuthScope = other\n") == tokens);
    g_assert_true(spoc_token_keeper_is_busy(keeper));
    https_server_will_give(
        fixture->server, 200,
        "{\"access_token\": \"t1\", \"expires_in\": 3600, \"refresh_token\": \"r2\"}");
    https_server_will_give(fixture->server, 200, GOOD("t2"));
    g_main_loop_run(fixture->loop);
    assert_token(&answer, "t2");
    g_autofree char *stored = oauth_fixture_stored(fixture);
    g_assert_cmpstr(stored, ==, "r2");
    g_autofree char *sent = oauth_fixture_field(fixture, 1, "refresh_token");
    g_assert_cmpstr(sent, ==, "r2");
    g_autofree char *scope = oauth_fixture_field(fixture, 1, "scope");
    g_assert_cmpstr(scope, ==, "other");
    clear_answer(&answer);
}

/* A refresh token goes to nobody but whom it is from. */
static void
test_bound_to_client(OAuthFixture *fixture, gconstpointer data)
{
    static const char *const others[] = {"mailOAuthClientId = other\n",
                                         "mailOAuthTokenUrl = https://localhost:1/other\n"};
    oauth_fixture_log_in(fixture, "r1");
    for (guint i = 0; i < G_N_ELEMENTS(others); i++) {
        g_autoptr(SpocTokenKeeper) keeper = spoc_token_keeper_new(fixture->spool);
        Answer answer = {.fixture = fixture};
        const SpocTokens *tokens = use(fixture, keeper, others[i]);
        ask(&answer, tokens, NULL);
        g_assert_error(answer.error, SPOC_ERROR, SPOC_ERROR_DENIED);
        g_assert_nonnull(strstr(answer.error->message, "stored login is for another"));
        clear_answer(&answer);
    }
    g_assert_cmpuint(https_server_count(fixture->server), ==, 0);
}

static void
test_no_source(OAuthFixture *fixture, gconstpointer data)
{
    g_autoptr(SpocTokenKeeper) keeper = spoc_token_keeper_new(NULL);
    Answer answer = {.fixture = fixture};
    g_assert_null(use(fixture, keeper, "mailOAuthClientId =\n"));
    g_assert_null(use(fixture, keeper, "mailpass = x\n"));
    g_assert_nonnull(use(fixture, keeper, "")); /* it waits for somebody to log in */
    g_assert_null(use(fixture, keeper, SECRET "mailAuthentication = none\n"));
    const SpocTokens *tokens = use(fixture, keeper, "mailAuthentication = oauth2\n");
    g_assert_nonnull(tokens);
    ask(&answer, tokens, NULL);
    g_assert_error(answer.error, SPOC_ERROR, SPOC_ERROR_DENIED);
    g_assert_nonnull(strstr(answer.error->message, "spocctl oauth login"));
    clear_answer(&answer);
}

static void
test_strangers(OAuthFixture *fixture, gconstpointer data)
{
    g_autoptr(HttpsServer) other = https_server_new();
    g_autoptr(SpocTokenKeeper) keeper = spoc_token_keeper_new(fixture->spool);
    Answer answer = {.fixture = fixture};
    g_autofree char *url = https_server_url(other, "token");
    g_autofree char *more = g_strdup_printf(SECRET "mailOAuthTokenUrl = %s\n", url);
    const SpocTokens *tokens = use(fixture, keeper, more);
    ask(&answer, tokens, NULL);
    g_assert_error(answer.error, SPOC_ERROR, SPOC_ERROR_DENIED);
    g_assert_nonnull(strstr(answer.error->message, "certificate"));
    g_assert_cmpuint(https_server_count(other), ==, 0);
    clear_answer(&answer);
}

static void
test_command(OAuthFixture *fixture, gconstpointer data)
{
    static const struct {
        const char *line;
        const char *token; /* (nullable) */
        const char *words;
    } cases[] = {
        {"/bin/echo bare", "bare", NULL},
        {"/bin/echo '{\"access_token\": \"json\", \"expires_in\": 60}'", "json", NULL},
        {"/bin/false", NULL, "status 1"},
        {"/bin/true", NULL, "is empty"},
        {"/bin/echo '{\"error\": \"locked\"}'", NULL, "locked"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(SpocTokenKeeper) keeper = spoc_token_keeper_new(fixture->spool);
        Answer answer = {.fixture = fixture};
        g_autofree char *more = g_strdup_printf("mailOAuthTokenCommand = %s\n", cases[i].line);
        const SpocTokens *tokens = use(fixture, keeper, more);
        ask(&answer, tokens, NULL);
        g_assert_cmpstr(answer.token, ==, cases[i].token);
        if (cases[i].token == NULL) {
            g_assert_error(answer.error, SPOC_ERROR, SPOC_ERROR_UNAVAILABLE);
            g_assert_nonnull(strstr(answer.error->message, cases[i].words));
        }
        clear_answer(&answer);
    }
    g_autoptr(SpocTokenKeeper) keeper = spoc_token_keeper_new(fixture->spool);
    Answer answer = {.fixture = fixture};
    const SpocTokens *tokens = use(fixture, keeper, "mailOAuthTokenCommand = echo x\n");
    ask(&answer, tokens, NULL);
    g_assert_error(answer.error, SPOC_ERROR, SPOC_ERROR_DENIED);
    clear_answer(&answer);
}

static void
test_cancelled(OAuthFixture *fixture, gconstpointer data)
{
    g_autoptr(SpocTokenKeeper) keeper = spoc_token_keeper_new(fixture->spool);
    const SpocTokens *tokens = use(fixture, keeper, SECRET);
    Answer gone = {.fixture = fixture}, answer = {.fixture = fixture};
    gpointer request = tokens->ask(tokens->source, NULL, on_token, &gone);
    gpointer second = tokens->ask(tokens->source, NULL, on_token, &gone);
    tokens->cancel(tokens->source, request);
    https_server_will_give(fixture->server, 200, GOOD("t1"));
    tokens->cancel(tokens->source, second);
    ask(&answer, tokens, NULL);
    assert_token(&answer, "t1");
    g_assert_cmpuint(gone.count, ==, 0);
    clear_answer(&answer);
    /* Freed with a question under way */
    (void)tokens->ask(tokens->source, "t1", on_token, &gone);
    while (https_server_count(fixture->server) == 1)
        g_main_context_iteration(NULL, FALSE);
    g_clear_pointer(&keeper, spoc_token_keeper_free);
    g_assert_cmpuint(gone.count, ==, 0);
}

static void
test_times(OAuthFixture *fixture, gconstpointer data)
{
    static const gint64 lifetimes_s[] = {0, 1, 2, 60, 300, 3600, 86400, 30 * 86400};
    for (guint i = 0; i < G_N_ELEMENTS(lifetimes_s); i++)
        for (double jitter = 0; jitter <= 1.0; jitter += 0.25) {
            gint64 lifetime_ms = lifetimes_s[i] * 1000;
            gint64 refresh_ms = spoc_token_refresh_ms(lifetimes_s[i], jitter);
            gint64 good_ms = spoc_token_good_ms(lifetimes_s[i]);
            g_assert_cmpint(refresh_ms, >=, lifetime_ms * 7 / 10);
            g_assert_cmpint(refresh_ms, <=, good_ms);
            g_assert_cmpint(good_ms, <=, lifetime_ms);
            g_assert_cmpint(lifetime_ms - refresh_ms, <=, 450 * 1000);
        }
    g_assert_cmpint(spoc_token_refresh_ms(3600, 0), ==, 3300 * 1000);
    static const struct {
        guint failures;
        gint64 retry_after_s;
        gint64 delay_ms;
    } delays[] = {
        {0, 0, 0},       {1, 0, 1000},          {2, 0, 2000},   {3, 0, 4000},   {7, 0, 60000},
        {500, 0, 60000}, {G_MAXUINT, 0, 60000}, {1, 30, 30000}, {7, 30, 60000}, {1, 86400, 3600000},
    };
    for (guint i = 0; i < G_N_ELEMENTS(delays); i++) {
        g_assert_cmpint(spoc_token_delay_ms(delays[i].failures, delays[i].retry_after_s, 0), ==,
                        delays[i].delay_ms);
        g_assert_cmpint(spoc_token_delay_ms(delays[i].failures, delays[i].retry_after_s, 1), >=,
                        delays[i].delay_ms * 3 / 4);
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
        {"/oauth-keeper/one-for-all", test_one_for_all},
        {"/oauth-keeper/refused-token", test_refused_token},
        {"/oauth-keeper/failures", test_failures},
        {"/oauth-keeper/asked-again", test_asked_again},
        {"/oauth-keeper/before-expiry", test_before_expiry},
        {"/oauth-keeper/rotation", test_rotation},
        {"/oauth-keeper/rotation-not-kept", test_rotation_that_cannot_be_kept},
        {"/oauth-keeper/rotation-kept-at-the-end", test_rotation_kept_at_the_end},
        {"/oauth-keeper/overtaken", test_overtaken},
        {"/oauth-keeper/change-while-asked", test_change_while_asked},
        {"/oauth-keeper/bound-to-client", test_bound_to_client},
        {"/oauth-keeper/no-source", test_no_source},
        {"/oauth-keeper/strangers", test_strangers},
        {"/oauth-keeper/command", test_command},
        {"/oauth-keeper/cancelled", test_cancelled},
        {"/oauth-keeper/times", test_times},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(tests); i++)
        g_test_add(tests[i].path, OAuthFixture, NULL, oauth_fixture_set_up, tests[i].test,
                   oauth_fixture_tear_down);
    int status = g_test_run();
    curl_global_cleanup();
    return status;
}
