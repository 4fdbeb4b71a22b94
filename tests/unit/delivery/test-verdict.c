/* SPDX-License-Identifier: Apache-2.0 */
#include "delivery/verdict.h"

typedef struct {
    SpocStage stage;
    SpocFailureKind kind;
    int code;
    const char *status;
    gboolean reused;
    gboolean others;
    SpocVerdict verdict;
    gboolean down;
    gboolean duplicate;
} Case;

#define S(x) SPOC_STAGE_##x
#define F(x) SPOC_FAILURE_##x
#define V(x) SPOC_VERDICT_##x

static const Case cases[] = {
    /* name, connect, greeting, EHLO, dropped in the handshake */
    {S(NAME), F(NETWORK), 0, "", 0, 0, V(LATER), 1, 0},
    {S(NAME), F(TIMEOUT), 0, "", 0, 0, V(LATER), 1, 0},
    {S(CONNECT), F(NETWORK), 0, "", 0, 0, V(LATER), 1, 0},
    {S(CONNECT), F(TIMEOUT), 0, "", 0, 0, V(LATER), 1, 0},
    {S(CONNECT), F(LOCAL), 0, "", 0, 0, V(LATER), 1, 0},
    {S(GREETING), F(TIMEOUT), 0, "", 0, 0, V(LATER), 1, 0},
    {S(GREETING), F(PROTOCOL), 0, "", 0, 0, V(LATER), 1, 0},
    {S(GREETING), F(REPLY), 421, "", 0, 0, V(LATER), 1, 0},
    {S(GREETING), F(REPLY), 421, "4.7.0", 0, 1, V(SLOWER), 0, 0},
    {S(GREETING), F(REPLY), 554, "", 0, 0, V(LATER), 1, 0},
    {S(HELLO), F(REPLY), 500, "", 0, 0, V(LATER), 1, 0},
    {S(HELLO), F(NETWORK), 0, "", 0, 0, V(LATER), 1, 0},
    {S(TLS), F(NETWORK), 0, "", 0, 0, V(LATER), 1, 0},
    {S(TLS), F(PROTOCOL), 0, "", 0, 0, V(LATER), 1, 0},
    /* TLS that somebody must mend */
    {S(TLS), F(CERTIFICATE), 0, "", 0, 0, V(HOLD), 1, 0},
    {S(TLS), F(REVOCATION), 0, "", 0, 0, V(HOLD), 1, 0},
    {S(TLS), F(PIN), 0, "", 0, 0, V(HOLD), 1, 0},
    {S(TLS), F(TLS_VERSION), 0, "", 0, 0, V(HOLD), 1, 0},
    {S(TLS), F(CLIENT_CERTIFICATE), 0, "", 0, 0, V(HOLD), 1, 0},
    /* STARTTLS, where the mode wants it */
    {S(STARTTLS), F(NOT_OFFERED), 0, "", 0, 0, V(HOLD), 1, 0},
    {S(STARTTLS), F(REPLY), 454, "4.7.0", 0, 0, V(LATER), 1, 0},
    {S(STARTTLS), F(REPLY), 502, "", 0, 0, V(HOLD), 1, 0},
    {S(STARTTLS), F(PROTOCOL), 0, "", 0, 0, V(LATER), 1, 0},
    /* login */
    {S(LOGIN), F(REPLY), 535, "5.7.8", 0, 0, V(HOLD), 1, 0},
    {S(LOGIN), F(REPLY), 534, "5.7.9", 0, 0, V(HOLD), 1, 0},
    {S(LOGIN), F(NOT_OFFERED), 0, "", 0, 0, V(HOLD), 1, 0},
    {S(LOGIN), F(REPLY), 454, "4.7.0", 0, 0, V(SLOWER), 0, 0},
    {S(LOGIN), F(REPLY), 432, "4.3.2", 0, 0, V(SLOWER), 0, 0},
    {S(LOGIN), F(REPLY), 451, "", 0, 0, V(LATER), 1, 0},
    {S(LOGIN), F(TIMEOUT), 0, "", 0, 0, V(LATER), 1, 0},
    {S(LOGIN), F(DENIED), 0, "", 0, 0, V(HOLD), 1, 0},
    /* the token before it */
    {S(TOKEN), F(DENIED), 0, "", 0, 0, V(HOLD), 1, 0},
    {S(TOKEN), F(NETWORK), 0, "", 0, 0, V(LATER), 1, 0},
    /* the account and its limits, wherever they are said */
    {S(SENDER), F(REPLY), 550, "5.7.60", 0, 0, V(HOLD), 0, 0},
    {S(FINAL), F(REPLY), 554, "5.2.252", 0, 0, V(HOLD), 0, 0},
    {S(FINAL), F(REPLY), 550, "5.7.708", 0, 0, V(HOLD), 0, 0},
    {S(FINAL), F(REPLY), 550, "5.4.5", 0, 0, V(LATER), 1, 0},
    {S(FINAL), F(REPLY), 550, "5.1.90", 0, 0, V(LATER), 1, 0},
    {S(FINAL), F(REPLY), 554, "5.4.5", 0, 0, V(RETURN), 0, 0},
    {S(FINAL), F(REPLY), 550, "5.7.1", 0, 0, V(RETURN), 0, 0},
    /* sender */
    {S(SENDER), F(REPLY), 250, "", 0, 0, V(DELIVERED), 0, 0},
    {S(SENDER), F(REPLY), 530, "5.7.0", 0, 0, V(HOLD), 1, 0},
    {S(SENDER), F(REPLY), 550, "5.7.1", 0, 0, V(HOLD), 0, 0},
    {S(SENDER), F(REPLY), 451, "", 0, 0, V(LATER), 1, 0},
    {S(SENDER), F(REPLY), 432, "4.3.2", 0, 0, V(SLOWER), 0, 0},
    {S(SENDER), F(REPLY), 421, "", 0, 0, V(LATER), 1, 0},
    {S(SENDER), F(REPLY), 421, "", 0, 1, V(SLOWER), 0, 0},
    {S(SENDER), F(REPLY), 421, "", 1, 0, V(FRESH), 0, 0},
    {S(SENDER), F(REPLY), 552, "", 0, 0, V(RETURN_UNLESS_BACKUP), 0, 0},
    {S(SENDER), F(TOO_LARGE), 0, "", 0, 0, V(RETURN_UNLESS_BACKUP), 0, 0},
    {S(SENDER), F(NETWORK), 0, "", 1, 0, V(FRESH), 0, 0},
    {S(SENDER), F(TIMEOUT), 0, "", 1, 0, V(FRESH), 0, 0},
    {S(SENDER), F(PROTOCOL), 0, "", 1, 0, V(LATER), 1, 0},
    {S(SENDER), F(NETWORK), 0, "", 0, 0, V(LATER), 1, 0},
    /* a recipient */
    {S(RECIPIENT), F(REPLY), 250, "", 0, 0, V(DELIVERED), 0, 0},
    {S(RECIPIENT), F(REPLY), 450, "4.2.0", 0, 0, V(LATER), 0, 0},
    {S(RECIPIENT), F(REPLY), 452, "4.5.3", 0, 0, V(LATER), 0, 0},
    {S(RECIPIENT), F(REPLY), 550, "5.1.1", 0, 0, V(RETURN), 0, 0},
    {S(RECIPIENT), F(REPLY), 530, "", 0, 0, V(HOLD), 1, 0},
    {S(RECIPIENT), F(REPLY), 552, "5.2.2", 0, 0, V(RETURN), 0, 0},
    {S(RECIPIENT), F(REPLY), 552, "5.5.3", 0, 0, V(LATER), 0, 0},
    {S(RECIPIENT), F(NOT_OFFERED), 0, "", 0, 0, V(RETURN_UNLESS_BACKUP), 0, 0},
    {S(RECIPIENT), F(NETWORK), 0, "", 0, 0, V(LATER), 0, 0},
    {S(RECIPIENT), F(TIMEOUT), 0, "", 0, 0, V(LATER), 1, 0},
    /* DATA and content */
    {S(DATA), F(REPLY), 451, "", 0, 0, V(LATER), 0, 0},
    {S(DATA), F(REPLY), 554, "", 0, 0, V(RETURN), 0, 0},
    {S(CONTENT), F(NETWORK), 0, "", 0, 0, V(LATER), 0, 0},
    {S(CONTENT), F(TIMEOUT), 0, "", 0, 0, V(LATER), 1, 0},
    {S(CONTENT), F(REPLY), 552, "5.3.4", 0, 0, V(RETURN_UNLESS_BACKUP), 0, 0},
    {S(CONTENT), F(LOCAL), 0, "", 0, 0, V(LATER), 0, 0},
    /* the dot */
    {S(FINAL), F(REPLY), 200, "", 0, 0, V(DELIVERED), 0, 0},
    {S(FINAL), F(REPLY), 251, "", 0, 0, V(DELIVERED), 0, 0},
    {S(FINAL), F(REPLY), 299, "", 0, 0, V(DELIVERED), 0, 0},
    {S(FINAL), F(REPLY), 451, "", 0, 0, V(LATER), 0, 0},
    {S(FINAL), F(REPLY), 432, "4.3.2", 0, 1, V(SLOWER), 0, 0},
    {S(FINAL), F(REPLY), 550, "5.7.1", 0, 0, V(RETURN), 0, 0},
    {S(FINAL), F(REPLY), 554, "5.2.3", 0, 0, V(RETURN_UNLESS_BACKUP), 0, 0},
    {S(FINAL), F(REPLY), 552, "5.2.2", 0, 0, V(RETURN), 0, 0},
    {S(FINAL), F(NETWORK), 0, "", 0, 0, V(SAME_SERVER), 0, 1},
    {S(FINAL), F(TIMEOUT), 0, "", 0, 0, V(SAME_SERVER), 0, 1},
    {S(FINAL), F(PROTOCOL), 0, "", 0, 0, V(SAME_SERVER), 0, 1},
};

static void
test_table(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        const Case *c = &cases[i];
        SpocFailure failure = {.stage = c->stage,
                               .kind = c->kind,
                               .reply_code = c->code,
                               .reused = c->reused,
                               .others_work = c->others};
        g_strlcpy(failure.enhanced_status, c->status, sizeof failure.enhanced_status);
        SpocConsequence got = spoc_verdict(&failure);
        g_test_message("%s kind %d code %d %s", spoc_stage_name(c->stage), c->kind, c->code,
                       c->status);
        g_assert_cmpint(got.verdict, ==, c->verdict);
        g_assert_cmpint(got.server_is_down, ==, c->down);
        g_assert_cmpint(got.possible_duplicate, ==, c->duplicate);
    }
}

/* What is said to one message's size is that message's own; a server is down only when another,
 * small message meets the same. */
static void
test_size_is_the_messages_own(void)
{
    static const struct {
        SpocStage stage;
        SpocFailureKind kind;
        int code;
        gboolean sized, small, met;
        SpocVerdict verdict;
        gboolean down;
    } sizes[] = {
        {S(SENDER), F(REPLY), 452, 1, 0, 0, V(LATER), 0},
        {S(SENDER), F(REPLY), 452, 1, 0, 1, V(LATER), 0}, /* two large ones tell nothing */
        {S(SENDER), F(REPLY), 452, 1, 1, 0, V(LATER), 0},
        {S(SENDER), F(REPLY), 452, 1, 1, 1, V(LATER), 1},
        {S(SENDER), F(REPLY), 452, 0, 1, 0, V(LATER), 0},
        {S(SENDER), F(REPLY), 452, 0, 1, 1, V(LATER), 1},
        {S(SENDER), F(REPLY), 451, 1, 0, 1, V(LATER), 0},
        {S(SENDER), F(REPLY), 451, 1, 1, 0, V(LATER), 0},
        {S(SENDER), F(REPLY), 451, 1, 1, 1, V(LATER), 1},
        {S(SENDER), F(REPLY), 451, 0, 0, 0, V(LATER), 1}, /* it was told no size */
        {S(SENDER), F(REPLY), 421, 1, 0, 1, V(LATER), 0},
        {S(SENDER), F(REPLY), 421, 1, 1, 0, V(LATER), 1}, /* it closes the connection */
        {S(SENDER), F(REPLY), 499, 1, 0, 0, V(LATER), 0},
        {S(SENDER), F(REPLY), 552, 1, 1, 1, V(RETURN_UNLESS_BACKUP), 0},
        {S(SENDER), F(NETWORK), 0, 1, 0, 0, V(LATER), 0},
        {S(SENDER), F(NETWORK), 0, 1, 1, 0, V(LATER), 1},
        {S(SENDER), F(TIMEOUT), 0, 1, 0, 0, V(LATER), 1},
        {S(RECIPIENT), F(REPLY), 452, 1, 1, 1, V(LATER), 0},
        {S(DATA), F(REPLY), 452, 1, 1, 1, V(LATER), 0},
        {S(FINAL), F(REPLY), 452, 1, 1, 1, V(LATER), 0},
        {S(FINAL), F(REPLY), 421, 1, 0, 0, V(LATER), 1},
    };
    for (guint i = 0; i < G_N_ELEMENTS(sizes); i++) {
        const SpocFailure failure = {.stage = sizes[i].stage,
                                     .kind = sizes[i].kind,
                                     .reply_code = sizes[i].code,
                                     .sized = sizes[i].sized,
                                     .small = sizes[i].small,
                                     .met_by_another = sizes[i].met};
        SpocConsequence got = spoc_verdict(&failure);
        g_test_message("case %u", i);
        g_assert_cmpint(got.verdict, ==, sizes[i].verdict);
        g_assert_cmpint(got.server_is_down, ==, sizes[i].down);
    }
}

/* Whatever happens before the final dot was sent, nothing can have been taken. */
static void
test_duplicates_only_behind_the_dot(void)
{
    for (int stage = S(NAME); stage < S(FINAL); stage++)
        for (int kind = F(NETWORK); kind <= F(LOCAL); kind++) {
            const SpocFailure failure = {.stage = (SpocStage)stage, .kind = (SpocFailureKind)kind};
            SpocConsequence got = spoc_verdict(&failure);
            g_assert_false(got.possible_duplicate);
            g_assert_cmpint(got.verdict, !=, V(DELIVERED));
            g_assert_cmpint(got.verdict, !=, V(SAME_SERVER));
        }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/verdict/table", test_table);
    g_test_add_func("/verdict/size", test_size_is_the_messages_own);
    g_test_add_func("/verdict/duplicates", test_duplicates_only_behind_the_dot);
    return g_test_run();
}
