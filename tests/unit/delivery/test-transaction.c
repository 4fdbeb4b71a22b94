/* SPDX-License-Identifier: Apache-2.0 */
#include "delivery/transaction.h"

#include <string.h>

/* Dialogues without sockets. Wire behaviour as a whole is tests/flow. */

static SpocTransaction *
start(const SpocCapabilities *capabilities)
{
    return spoc_transaction_new(capabilities, NULL, NULL);
}

static SpocMail *
make_mail(const char *body, const char *const *recipients)
{
    g_autoptr(GBytes) bytes = g_bytes_new(body, strlen(body));
    g_autoptr(SpocContent) content = spoc_content_new_bytes(bytes);
    SpocMail *mail = spoc_mail_new("a@x", content, NULL);
    for (guint i = 0; recipients[i] != NULL; i++)
        spoc_mail_add_recipient(mail, recipients[i], NULL);
    return mail;
}

static const char *const one[] = {"b@x", NULL};
static const char *const two[] = {"b@x", "c@x", NULL};

/* What it says next is exactly this. */
static void
says(SpocTransaction *transaction, const char *expected)
{
    g_autoptr(GString) said = g_string_new(NULL);
    const guint8 *bytes = NULL;
    gsize size = 0;
    for (;;) {
        g_assert_true(spoc_transaction_output(transaction, &bytes, &size, NULL));
        if (size == 0)
            break;
        g_string_append_len(said, (const char *)bytes, (gssize)size);
        spoc_transaction_sent(transaction, size);
    }
    g_assert_cmpstr(said->str, ==, expected);
}

static void
hears(SpocTransaction *transaction, const char *bytes)
{
    g_assert_null(spoc_transaction_input(transaction, (const guint8 *)bytes, strlen(bytes)));
}

static void
refuses(SpocTransaction *transaction, const char *bytes, const char *problem)
{
    g_assert_cmpstr(spoc_transaction_input(transaction, (const guint8 *)bytes, strlen(bytes)), ==,
                    problem);
}

static void
test_step_by_step(void)
{
    const SpocCapabilities none = {0};
    g_autoptr(SpocTransaction) transaction = start(&none);
    spoc_transaction_start(transaction, make_mail(".\r\n", two));
    g_assert_false(spoc_transaction_can_take(transaction));
    says(transaction, "MAIL FROM:<a@x>\r\n");
    hears(transaction, "250 ok\r\n");
    says(transaction, "RCPT TO:<b@x>\r\n");
    hears(transaction, "550 5.1.1 no\r\n");
    says(transaction, "RCPT TO:<c@x>\r\n");
    hears(transaction, "251 ok\r\n");
    says(transaction, "DATA\r\n");
    hears(transaction, "354 go\r\n");
    says(transaction, "..\r\n.\r\n");
    g_assert_cmpint(spoc_transaction_stage(transaction), ==, SPOC_STAGE_FINAL);
    g_assert_false(spoc_transaction_can_take(transaction));
    hears(transaction, "250 2.0.0 queued as X\r\n");
    g_autoptr(SpocMail) mail = spoc_transaction_take_finished(transaction);
    g_assert_true(mail->delivered);
    g_assert_cmpstr(mail->words, ==, "250 2.0.0 queued as X");
    const SpocMailRecipient *refused = g_ptr_array_index(mail->recipients, 0);
    g_assert_true(refused->refused);
    g_assert_cmpint(refused->failure.reply_code, ==, 550);
    g_assert_cmpstr(refused->failure.enhanced_status, ==, "5.1.1");
    g_assert_true(spoc_transaction_is_idle(transaction));
}

static void
test_parameters(void)
{
    const SpocCapabilities all = {.size = TRUE, .eight_bit_mime = TRUE, .smtputf8 = TRUE};
    static const char *const umlaut[] = {"\xc3\xa4@x", NULL};
    g_autoptr(SpocTransaction) transaction = start(&all);
    spoc_transaction_start(transaction, make_mail("\xc3\xa4\r\n", umlaut));
    says(transaction, "MAIL FROM:<a@x> SIZE=4 BODY=8BITMIME SMTPUTF8\r\n");
}

static void
test_behind_the_dot(void)
{
    const SpocCapabilities pipelining = {.pipelining = TRUE};
    g_autoptr(SpocTransaction) transaction = start(&pipelining);
    spoc_transaction_start(transaction, make_mail("1\r\n", one));
    says(transaction, "MAIL FROM:<a@x>\r\nRCPT TO:<b@x>\r\nDATA\r\n");
    hears(transaction, "250 ok\r\n250 ok\r\n354 go\r\n");
    const guint8 *bytes = NULL;
    gsize size = 0;
    g_assert_true(spoc_transaction_output(transaction, &bytes, &size, NULL));
    g_assert_true(spoc_transaction_can_take(transaction));
    spoc_transaction_start(transaction, make_mail("2\r\n", one));
    g_assert_false(spoc_transaction_can_take(transaction));
    says(transaction, "1\r\n.\r\nMAIL FROM:<a@x>\r\nRCPT TO:<b@x>\r\nDATA\r\n");
    hears(transaction, "450 no\r\n250 ok\r\n250 ok\r\n354 go\r\n");
    g_autoptr(SpocMail) first = spoc_transaction_take_finished(transaction);
    g_assert_true(first->failed);
    g_assert_cmpint(first->failure.stage, ==, SPOC_STAGE_FINAL);
    g_assert_cmpint(first->failure.reply_code, ==, 450);
    says(transaction, "2\r\n.\r\n");
    hears(transaction, "250 ok\r\n");
    g_autoptr(SpocMail) second = spoc_transaction_take_finished(transaction);
    g_assert_true(second->delivered);
}

/* Two mails are under way and the line breaks at each moment: each knows where it stood. */
static void
test_abort(void)
{
    static const struct {
        const char *heard;
        gboolean sent; /* the first's dot */
        SpocStage first;
        gboolean second_reused;
    } cases[] = {
        {"250 ok\r\n250 ok\r\n354 go\r\n", TRUE, SPOC_STAGE_FINAL, TRUE},
        {"250 ok\r\n250 ok\r\n354 go\r\n", FALSE, SPOC_STAGE_CONTENT, TRUE},
    };
    const SpocCapabilities pipelining = {.pipelining = TRUE};
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(SpocTransaction) transaction = start(&pipelining);
        spoc_transaction_start(transaction, make_mail("1\r\n", one));
        says(transaction, "MAIL FROM:<a@x>\r\nRCPT TO:<b@x>\r\nDATA\r\n");
        hears(transaction, cases[i].heard);
        const guint8 *bytes = NULL;
        gsize size = 0;
        g_assert_true(spoc_transaction_output(transaction, &bytes, &size, NULL));
        spoc_transaction_start(transaction, make_mail("2\r\n", one));
        spoc_transaction_sent(transaction, cases[i].sent ? size : size - 1);
        spoc_transaction_abort(transaction, SPOC_FAILURE_NETWORK, "gone");
        g_autoptr(SpocMail) first = spoc_transaction_take_finished(transaction);
        g_autoptr(SpocMail) second = spoc_transaction_take_finished(transaction);
        g_assert_cmpint(first->failure.stage, ==, cases[i].first);
        g_assert_false(first->failure.reused);
        g_assert_cmpint(second->failure.stage, ==, SPOC_STAGE_SENDER);
        g_assert_cmpint(second->failure.reused, ==, cases[i].second_reused);
        g_assert_cmpstr(second->words, ==, "gone");
        g_assert_null(spoc_transaction_take_finished(transaction));
    }
}

static void
test_out_of_step(void)
{
    const SpocCapabilities none = {0};
    g_autoptr(SpocTransaction) idle = start(&none);
    refuses(idle, "250 hello?\r\n", "an answer that nobody asked for");
    g_autoptr(SpocTransaction) leaving = start(&none);
    hears(leaving, "421 bye\r\n");
    g_assert_true(spoc_transaction_must_close(leaving));

    g_autoptr(SpocTransaction) early = start(&none);
    spoc_transaction_start(early, make_mail("1\r\n", one));
    refuses(early, "250 ok\r\n", "an answer to a command that was not sent yet");

    g_autoptr(SpocTransaction) strange = start(&none);
    spoc_transaction_start(strange, make_mail("1\r\n", one));
    says(strange, "MAIL FROM:<a@x>\r\n");
    refuses(strange, "354 go\r\n", "an answer to MAIL that makes no sense");
}

/* 421 to MAIL fails it, and a refusal before the dot was sent is the content's. */
static void
test_refused_early(void)
{
    const SpocCapabilities none = {0};
    g_autoptr(SpocTransaction) transaction = start(&none);
    spoc_transaction_start(transaction, make_mail("1\r\n", one));
    says(transaction, "MAIL FROM:<a@x>\r\n");
    hears(transaction, "250 ok\r\n");
    says(transaction, "RCPT TO:<b@x>\r\n");
    hears(transaction, "250 ok\r\n");
    says(transaction, "DATA\r\n");
    hears(transaction, "354 go\r\n552 5.3.4 too large\r\n");
    g_autoptr(SpocMail) mail = spoc_transaction_take_finished(transaction);
    g_assert_true(mail->failed);
    g_assert_cmpint(mail->failure.stage, ==, SPOC_STAGE_CONTENT);
    g_assert_cmpint(mail->failure.reply_code, ==, 552);
    g_assert_true(spoc_transaction_must_close(transaction));
}

static void
test_beforehand(void)
{
    const SpocCapabilities small = {.size = TRUE, .max_size_bytes = 2};
    g_autoptr(SpocTransaction) transaction = start(&small);
    spoc_transaction_start(transaction, make_mail("1\r\n", one));
    says(transaction, "");
    g_autoptr(SpocMail) mail = spoc_transaction_take_finished(transaction);
    g_assert_cmpint(mail->failure.kind, ==, SPOC_FAILURE_TOO_LARGE);

    static const char *const tricks[] = {
        "b@x>\r\nRSET", "b@x> ORCPT=y", "b x", "<b@x", "b@x\xc2\x85", "", NULL};
    const SpocCapabilities none = {.smtputf8 = TRUE};
    g_autoptr(SpocTransaction) other = start(&none);
    spoc_transaction_start(other, make_mail("1\r\n", tricks));
    says(other, "");
    g_autoptr(SpocMail) refused = spoc_transaction_take_finished(other);
    for (guint i = 0; i < refused->recipients->len; i++) {
        const SpocMailRecipient *recipient = g_ptr_array_index(refused->recipients, i);
        g_assert_true(recipient->refused);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/transaction/step-by-step", test_step_by_step);
    g_test_add_func("/transaction/parameters", test_parameters);
    g_test_add_func("/transaction/behind-the-dot", test_behind_the_dot);
    g_test_add_func("/transaction/abort", test_abort);
    g_test_add_func("/transaction/out-of-step", test_out_of_step);
    g_test_add_func("/transaction/refused-early", test_refused_early);
    g_test_add_func("/transaction/beforehand", test_beforehand);
    return g_test_run();
}
