/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a hostile server says: as the answer to EHLO and to a token, and in the middle of a
 * transaction with two mails. The first byte chooses capabilities and the size of the pieces.
 */
#include "delivery/sasl.h"
#include "delivery/transaction.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
read_login(const SpocCapabilities *capabilities, const SpocReply *reply, const char *text)
{
    const SpocSaslWish wish = {SPOC_AUTHENTICATION_PASSWORD, NULL, TRUE, ~0u};
    SpocSaslMechanism mechanism = spoc_sasl_choose(&wish, capabilities->auth, 0);
    g_assert(!spoc_sasl_is_bearer(mechanism));
    g_autofree char *error = spoc_sasl_bearer_error(reply->lines->str);
    g_assert(error == NULL || (g_utf8_validate(error, -1, NULL) && strchr(error, '\n') == NULL));
    g_autofree char *masked = spoc_sasl_mask(text, "token");
    g_assert_null(strstr(masked, "token"));
    (void)spoc_sasl_refuses_mechanism(reply->code, reply->enhanced_status, text);
}

static void
read_hello(const uint8_t *data, size_t size)
{
    g_autoptr(SpocReplyParser) parser = spoc_reply_parser_new();
    gsize used = 0;
    const SpocReply *reply = NULL;
    const char *problem = NULL;
    while (size > 0) {
        SpocReplyState state = spoc_reply_parser_feed(parser, data, size, &used, &reply, &problem);
        if (state == SPOC_REPLY_BROKEN)
            return;
        if (state == SPOC_REPLY_COMPLETE) {
            SpocCapabilities capabilities;
            spoc_capabilities_read(&capabilities, reply);
            g_autofree char *text = spoc_reply_text(reply);
            g_assert(g_utf8_validate(text, -1, NULL));
            read_login(&capabilities, reply, text);
        }
        data += used;
        size -= used;
    }
}

static SpocMail *
make_mail(void)
{
    g_autoptr(GBytes) bytes = g_bytes_new_static("a\r\n.b\r\n", 7);
    g_autoptr(SpocContent) content = spoc_content_new_bytes(bytes);
    SpocMail *mail = spoc_mail_new("a@x", content, NULL);
    spoc_mail_add_recipient(mail, "b@x", NULL);
    spoc_mail_add_recipient(mail, "c@x", NULL);
    return mail;
}

static void
flush(SpocTransaction *transaction, guint *left)
{
    const guint8 *bytes = NULL;
    gsize size = 1;
    while (size > 0) {
        if (!spoc_transaction_output(transaction, &bytes, &size, NULL))
            return;
        if (*left > 0 && spoc_transaction_can_take(transaction)) {
            (*left)--;
            spoc_transaction_start(transaction, make_mail());
            continue;
        }
        spoc_transaction_sent(transaction, size);
    }
}

static guint
count_finished(SpocTransaction *transaction)
{
    guint count = 0;
    SpocMail *mail;
    while ((mail = spoc_transaction_take_finished(transaction)) != NULL) {
        g_assert(!(mail->delivered && mail->failed));
        spoc_mail_free(mail);
        count++;
    }
    return count;
}

static void
run_transaction(uint8_t choice, const uint8_t *data, size_t size)
{
    const SpocCapabilities capabilities = {
        .pipelining = (choice & 1) != 0, .size = (choice & 2) != 0, .max_size_bytes = choice & 4};
    g_autoptr(SpocTransaction) transaction = spoc_transaction_new(&capabilities, NULL, NULL);
    gsize piece = 1 + (choice >> 3);
    guint left = 2, finished = 0;
    flush(transaction, &left);
    while (size > 0 && !spoc_transaction_must_close(transaction)) {
        gsize now = MIN(piece, size);
        if (spoc_transaction_input(transaction, data, now) != NULL)
            break;
        data += now;
        size -= now;
        finished += count_finished(transaction);
        flush(transaction, &left);
    }
    spoc_transaction_abort(transaction, SPOC_FAILURE_NETWORK, "gone");
    finished += count_finished(transaction);
    /* Each mail that was started is finished, once. */
    g_assert_cmpuint(finished, ==, 2 - left);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    read_hello(data + 1, size - 1);
    run_transaction(data[0], data + 1, size - 1);
    return 0;
}
