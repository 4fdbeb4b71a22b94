/* SPDX-License-Identifier: Apache-2.0 */
/* Without a KDC; with one: tests/system/test-login.py. */
#include "delivery/kerberos.h"

#include "base/error.h"

#include <string.h>

typedef struct {
    guint calls;
    GError *error;
    char *token;
} Answer;

static void
on_answer(const char *token, const GError *error, gpointer user_data)
{
    Answer *answer = user_data;
    answer->calls++;
    g_clear_error(&answer->error);
    answer->error = error != NULL ? g_error_copy(error) : NULL;
    g_free(answer->token);
    answer->token = g_strdup(token);
}

static void
wait_for_calls(const Answer *answer, guint calls)
{
    while (answer->calls < calls)
        g_main_context_iteration(NULL, TRUE);
}

static gpointer
ask(SpocKerberos *kerberos, Answer *answer)
{
    const SpocTokens *tokens = spoc_kerberos_tokens(kerberos);
    return tokens->ask(tokens->source, NULL, on_answer, answer);
}

static void
test_no_keytab(void)
{
    SpocKerberos *kerberos =
        spoc_kerberos_new("/nonexistent/keytab", NULL, "mail.example.com", 60000);
    Answer first = {0}, second = {0};
    (void)ask(kerberos, &first);
    (void)ask(kerberos, &second);
    g_assert_cmpuint(first.calls, ==, 0); /* never from within */
    wait_for_calls(&first, 1);
    wait_for_calls(&second, 1);
    g_assert_error(first.error, SPOC_ERROR, SPOC_ERROR_DENIED);
    g_assert_true(g_str_has_prefix(first.error->message, "Kerberos"));
    g_assert_null(first.token);
    g_assert_error(second.error, SPOC_ERROR, SPOC_ERROR_DENIED);
    g_clear_error(&first.error);
    g_clear_error(&second.error);
    /* and again: nothing is remembered of a failure */
    (void)ask(kerberos, &first);
    wait_for_calls(&first, 2);
    g_clear_error(&first.error);
    spoc_kerberos_free(kerberos);
}

static void
test_cancel(void)
{
    Answer none = {0}, one = {0};
    SpocKerberos *kerberos = spoc_kerberos_new("/nonexistent/keytab", "a@B", "localhost", 60000);
    const SpocTokens *tokens = spoc_kerberos_tokens(kerberos);
    gpointer request = ask(kerberos, &none);
    (void)ask(kerberos, &one);
    tokens->cancel(tokens->source, request);
    wait_for_calls(&one, 1);
    g_assert_cmpuint(none.calls, ==, 0);
    g_clear_error(&one.error);
    /* freed while the thread is at work */
    (void)ask(kerberos, &none);
    spoc_kerberos_free(kerberos);
    for (guint i = 0; i < 20; i++)
        g_main_context_iteration(NULL, FALSE);
    g_assert_cmpuint(none.calls, ==, 0);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/kerberos/no-keytab", test_no_keytab);
    g_test_add_func("/kerberos/cancel", test_cancel);
    return g_test_run();
}
