/* SPDX-License-Identifier: Apache-2.0 */
#include "delivery/transaction.h"

#include <string.h>

/* --- mails ------------------------------------------------------------------------------- */

/* RFC 5321 4.5.3.1.3: a path is at most 256 octets with its brackets. */
#define ADDRESS_MAX_BYTES 254

static void
recipient_free(gpointer data)
{
    SpocMailRecipient *recipient = data;
    g_free(recipient->address);
    g_free(recipient->words);
    g_free(recipient);
}

SpocMail *
spoc_mail_new(const char *sender, SpocContent *content, gpointer tag)
{
    SpocMail *mail = g_new0(SpocMail, 1);
    mail->sender = g_strdup(sender);
    mail->recipients = g_ptr_array_new_with_free_func(recipient_free);
    mail->content = spoc_content_ref(content);
    mail->tag = tag;
    return mail;
}

void
spoc_mail_add_recipient(SpocMail *mail, const char *address, gpointer tag)
{
    SpocMailRecipient *recipient = g_new0(SpocMailRecipient, 1);
    recipient->address = g_strdup(address);
    recipient->tag = tag;
    g_ptr_array_add(mail->recipients, recipient);
}

void
spoc_mail_free(SpocMail *mail)
{
    if (mail == NULL)
        return;
    g_free(mail->sender);
    g_free(mail->words);
    g_ptr_array_unref(mail->recipients);
    spoc_content_unref(mail->content);
    spoc_content_reader_free(mail->reader);
    g_free(mail);
}

/* Whether the address can stand in a command: no control characters, blanks, or angle brackets, and
 * not longer than RFC 5321 4.5.3.1.3 allows */
static gboolean
fits_command(const char *address)
{
    gsize length = strlen(address);
    if (length > ADDRESS_MAX_BYTES || !g_utf8_validate(address, (gssize)length, NULL))
        return FALSE;
    for (const char *p = address; *p != '\0'; p = g_utf8_next_char(p)) {
        gunichar c = g_utf8_get_char(p);
        if (c <= 0x20 || (c >= 0x7f && c < 0xa0) || c == '<' || c == '>')
            return FALSE;
    }
    return TRUE;
}

/* --- the transaction ------------------------------------------------------------------------ */

typedef enum {
    PHASE_COMMANDS,
    PHASE_CONTENT, /* 354 came: the content is being queued */
    PHASE_DOT,     /* the final dot is queued */
} Phase;

typedef enum {
    COMMAND_RSET,
    COMMAND_MAIL,
    COMMAND_RCPT,
    COMMAND_DATA,
    COMMAND_DOT,
} Command;

typedef struct {
    Command command;
    SpocMail *mail; /* (nullable): for RSET */
    guint recipient;
    guint64 end; /* the stream's position behind the command */
} Expected;

struct _SpocTransaction {
    SpocCapabilities capabilities;
    SpocTransactionReplyFunc answered;
    gpointer user_data;
    SpocReplyParser *parser;

    GByteArray *out;
    gsize out_sent;     /* of out */
    guint64 sent_total; /* of the stream */
    guint64 reply_count;

    GQueue expected;   /* of Expected */
    GQueue unanswered; /* of SpocMail: oldest first, two at most */
    GQueue finished;
    gboolean served; /* a mail was started before */
    gboolean needs_rset;
    gboolean must_close;
    char *farewell; /* (nullable): the words of a 421 */
};

SpocTransaction *
spoc_transaction_new(const SpocCapabilities *capabilities, SpocTransactionReplyFunc answered,
                     gpointer user_data)
{
    SpocTransaction *transaction = g_new0(SpocTransaction, 1);
    transaction->capabilities = *capabilities;
    transaction->answered = answered;
    transaction->user_data = user_data;
    transaction->parser = spoc_reply_parser_new();
    transaction->out = g_byte_array_new();
    return transaction;
}

void
spoc_transaction_free(SpocTransaction *transaction)
{
    if (transaction == NULL)
        return;
    g_queue_clear_full(&transaction->expected, g_free);
    g_queue_clear_full(&transaction->unanswered, (GDestroyNotify)spoc_mail_free);
    g_queue_clear_full(&transaction->finished, (GDestroyNotify)spoc_mail_free);
    spoc_reply_parser_free(transaction->parser);
    g_byte_array_unref(transaction->out);
    g_free(transaction->farewell);
    g_free(transaction);
}

/* Commands out. */

static void
expect_reply(SpocTransaction *transaction, Command command, SpocMail *mail, guint recipient)
{
    Expected *expected = g_new0(Expected, 1);
    expected->command = command;
    expected->mail = mail;
    expected->recipient = recipient;
    expected->end = transaction->sent_total + transaction->out->len - transaction->out_sent;
    g_queue_push_tail(&transaction->expected, expected);
}

static void
queue_text(SpocTransaction *transaction, const char *text)
{
    g_byte_array_append(transaction->out, (const guint8 *)text, (guint)strlen(text));
}

static void
finish_mail(SpocTransaction *transaction, SpocMail *mail)
{
    g_queue_remove(&transaction->unanswered, mail);
    g_queue_push_tail(&transaction->finished, mail);
    g_clear_pointer(&mail->reader, spoc_content_reader_free);
}

/* @reply: (nullable): none was given */
static SpocFailure
make_failure(SpocStage stage, SpocFailureKind kind, const SpocReply *reply)
{
    SpocFailure failure = {.stage = stage, .kind = kind};
    if (reply != NULL) {
        failure.reply_code = reply->code;
        g_strlcpy(failure.enhanced_status, reply->enhanced_status, sizeof failure.enhanced_status);
    }
    return failure;
}

/* Either @reply or @words is given. */
static void
fail_mail(SpocMail *mail, SpocStage stage, SpocFailureKind kind, const SpocReply *reply,
          const char *words)
{
    mail->failed = TRUE;
    mail->failure = make_failure(stage, kind, reply);
    g_free(mail->words);
    mail->words = reply != NULL ? spoc_reply_text(reply) : g_strdup(words);
}

static void
refuse_recipient(SpocMail *mail, guint index, SpocFailureKind kind, const SpocReply *reply,
                 const char *words)
{
    SpocMailRecipient *recipient = g_ptr_array_index(mail->recipients, index);
    recipient->refused = TRUE;
    recipient->failure = make_failure(SPOC_STAGE_RECIPIENT, kind, reply);
    g_free(recipient->words);
    recipient->words = reply != NULL ? spoc_reply_text(reply) : g_strdup(words);
}

static void
say_recipient(SpocTransaction *transaction, SpocMail *mail, guint index)
{
    const SpocMailRecipient *recipient = g_ptr_array_index(mail->recipients, index);
    queue_text(transaction, "RCPT TO:<");
    queue_text(transaction, recipient->address);
    queue_text(transaction, ">\r\n");
    expect_reply(transaction, COMMAND_RCPT, mail, index);
}

static void
say_data(SpocTransaction *transaction, SpocMail *mail)
{
    queue_text(transaction, "DATA\r\n");
    expect_reply(transaction, COMMAND_DATA, mail, 0);
}

/* (transfer none) (nullable): the recipient to be said next, from @from on */
static gboolean
find_recipient(const SpocMail *mail, guint from, guint *ret_index)
{
    for (guint i = from; i < mail->recipients->len; i++) {
        const SpocMailRecipient *recipient = g_ptr_array_index(mail->recipients, i);
        if (!recipient->refused) {
            *ret_index = i;
            return TRUE;
        }
    }
    return FALSE;
}

/* What can be known to fail before a byte is sent. Returns whether anyone is left. */
static gboolean
check_beforehand(SpocTransaction *transaction, SpocMail *mail)
{
    const SpocCapabilities *can = &transaction->capabilities;
    if (!fits_command(mail->sender)) {
        fail_mail(mail, SPOC_STAGE_SENDER, SPOC_FAILURE_LOCAL, NULL,
                  "the sender's address cannot stand in an SMTP command");
        return FALSE;
    }
    if (!g_str_is_ascii(mail->sender) && !can->smtputf8) {
        fail_mail(mail, SPOC_STAGE_SENDER, SPOC_FAILURE_NOT_OFFERED, NULL,
                  "the sender's address is not ASCII and the server does not offer SMTPUTF8");
        return FALSE;
    }
    for (guint i = 0; i < mail->recipients->len; i++) {
        const SpocMailRecipient *recipient = g_ptr_array_index(mail->recipients, i);
        if (recipient->address[0] == '\0' || !fits_command(recipient->address))
            refuse_recipient(mail, i, SPOC_FAILURE_NOT_OFFERED, NULL,
                             "the address cannot stand in an SMTP command");
        else if (!g_str_is_ascii(recipient->address) && !can->smtputf8)
            refuse_recipient(mail, i, SPOC_FAILURE_NOT_OFFERED, NULL,
                             "the address is not ASCII and the server does not offer SMTPUTF8");
    }
    guint64 size = spoc_content_size_bytes(mail->content);
    if (can->max_size_bytes > 0 && size > can->max_size_bytes) {
        g_autofree char *words =
            g_strdup_printf("the mail has %" G_GUINT64_FORMAT
                            " bytes and the server takes at most %" G_GUINT64_FORMAT,
                            size, can->max_size_bytes);
        fail_mail(mail, SPOC_STAGE_SENDER, SPOC_FAILURE_TOO_LARGE, NULL, words);
        return FALSE;
    }
    guint index;
    return find_recipient(mail, 0, &index);
}

static gboolean
needs_smtputf8(const SpocMail *mail)
{
    if (!g_str_is_ascii(mail->sender))
        return TRUE;
    for (guint i = 0; i < mail->recipients->len; i++) {
        const SpocMailRecipient *recipient = g_ptr_array_index(mail->recipients, i);
        if (!recipient->refused && !g_str_is_ascii(recipient->address))
            return TRUE;
    }
    return FALSE;
}

static void
say_mail(SpocTransaction *transaction, SpocMail *mail)
{
    const SpocCapabilities *can = &transaction->capabilities;
    char size[32] = "";
    mail->sized = can->size;
    if (can->size)
        g_snprintf(size, sizeof size, " SIZE=%" G_GUINT64_FORMAT,
                   spoc_content_size_bytes(mail->content));
    queue_text(transaction, "MAIL FROM:<");
    queue_text(transaction, mail->sender);
    queue_text(transaction, ">");
    queue_text(transaction, size);
    /* Without 8BITMIME the bytes go as they are: they cannot be converted here, and every
     * server in use passes them on. */
    if (can->eight_bit_mime && spoc_content_is_eight_bit(mail->content))
        queue_text(transaction, " BODY=8BITMIME");
    if (needs_smtputf8(mail))
        queue_text(transaction, " SMTPUTF8");
    queue_text(transaction, "\r\n");
    expect_reply(transaction, COMMAND_MAIL, mail, 0);
}

gboolean
spoc_transaction_can_take(const SpocTransaction *transaction)
{
    if (transaction->must_close)
        return FALSE;
    const SpocMail *last = g_queue_peek_tail((GQueue *)&transaction->unanswered);
    if (last == NULL)
        return TRUE;
    return transaction->capabilities.pipelining && last->phase == PHASE_DOT;
}

gboolean
spoc_transaction_is_idle(const SpocTransaction *transaction)
{
    return g_queue_is_empty((GQueue *)&transaction->unanswered) &&
           g_queue_is_empty((GQueue *)&transaction->expected) &&
           transaction->out->len == transaction->out_sent;
}

void
spoc_transaction_start(SpocTransaction *transaction, SpocMail *mail)
{
    mail->first = !transaction->served;
    g_queue_push_tail(&transaction->unanswered, mail);
    if (!check_beforehand(transaction, mail)) {
        finish_mail(transaction, mail);
        return;
    }
    transaction->served = TRUE;
    if (transaction->needs_rset) {
        queue_text(transaction, "RSET\r\n");
        expect_reply(transaction, COMMAND_RSET, NULL, 0);
        transaction->needs_rset = FALSE;
    }
    say_mail(transaction, mail);
    if (!transaction->capabilities.pipelining)
        return;
    guint index = 0;
    for (guint from = 0; find_recipient(mail, from, &index); from = index + 1)
        say_recipient(transaction, mail, index);
    say_data(transaction, mail);
}

static void
say_dot(SpocTransaction *transaction, SpocMail *mail)
{
    queue_text(transaction, ".\r\n");
    expect_reply(transaction, COMMAND_DOT, mail, 0);
    mail->phase = PHASE_DOT;
    mail->dot_end = transaction->sent_total + transaction->out->len - transaction->out_sent;
    g_clear_pointer(&mail->reader, spoc_content_reader_free);
}

gboolean
spoc_transaction_output(SpocTransaction *transaction, const guint8 **ret_bytes, gsize *ret_size,
                        GError **error)
{
    SpocMail *mail = g_queue_peek_tail(&transaction->unanswered);
    /* More content only when what was queued has gone: memory stays bounded. */
    gboolean hungry = transaction->out->len == transaction->out_sent;
    while (hungry && mail != NULL && mail->phase == PHASE_CONTENT && !transaction->must_close) {
        gboolean end = FALSE;
        guint before = transaction->out->len;
        if (!spoc_content_reader_next(mail->reader, transaction->out, &end, error))
            return FALSE;
        if (end)
            say_dot(transaction, mail);
        else if (transaction->out->len - before >= 32 * 1024)
            break;
    }
    *ret_size = transaction->out->len - transaction->out_sent;
    *ret_bytes = *ret_size > 0 ? transaction->out->data + transaction->out_sent : NULL;
    return TRUE;
}

void
spoc_transaction_sent(SpocTransaction *transaction, gsize size)
{
    transaction->out_sent += size;
    transaction->sent_total += size;
    if (transaction->out_sent == transaction->out->len) {
        g_byte_array_set_size(transaction->out, 0);
        transaction->out_sent = 0;
    }
}

/* Replies in. */

static gboolean
is_good(const SpocReply *reply)
{
    return reply->code / 100 == 2;
}

static gboolean
is_refusal(const SpocReply *reply)
{
    return reply->code >= 400;
}

static const char *
take_mail_reply(SpocTransaction *transaction, SpocMail *mail, const SpocReply *reply)
{
    if (is_good(reply)) {
        mail->mail_taken = TRUE;
        guint index = 0;
        if (!transaction->capabilities.pipelining && find_recipient(mail, 0, &index))
            say_recipient(transaction, mail, index);
        return NULL;
    }
    if (!is_refusal(reply))
        return "an answer to MAIL that makes no sense";
    fail_mail(mail, SPOC_STAGE_SENDER, SPOC_FAILURE_REPLY, reply, NULL);
    mail->failure.reused = !mail->first; /* a session that has grown too old says 421 here */
    if (!transaction->capabilities.pipelining)
        finish_mail(transaction, mail);
    return NULL;
}

static const char *
take_recipient_reply(SpocTransaction *transaction, SpocMail *mail, guint index,
                     const SpocReply *reply)
{
    SpocMailRecipient *recipient = g_ptr_array_index(mail->recipients, index);
    if (!is_good(reply) && !is_refusal(reply))
        return "an answer to RCPT that makes no sense";
    if (mail->failed)
        return NULL; /* MAIL was refused: what follows is only an echo of that */
    if (is_good(reply)) {
        recipient->accepted = TRUE;
        mail->accepted_count++;
    } else {
        refuse_recipient(mail, index, SPOC_FAILURE_REPLY, reply, NULL);
    }
    if (transaction->capabilities.pipelining)
        return NULL;
    guint next = 0;
    if (find_recipient(mail, index + 1, &next)) {
        say_recipient(transaction, mail, next);
    } else if (mail->accepted_count > 0) {
        say_data(transaction, mail);
    } else {
        transaction->needs_rset = TRUE;
        finish_mail(transaction, mail);
    }
    return NULL;
}

static const char *
take_data_reply(SpocTransaction *transaction, SpocMail *mail, const SpocReply *reply)
{
    gboolean wanted = !mail->failed && mail->accepted_count > 0;
    if (reply->code == 354 && wanted) {
        g_autoptr(GError) error = NULL;
        mail->reader = spoc_content_reader_new(mail->content, &error);
        mail->phase = PHASE_CONTENT;
        if (mail->reader != NULL)
            return NULL;
        fail_mail(mail, SPOC_STAGE_CONTENT, SPOC_FAILURE_LOCAL, NULL, error->message);
        finish_mail(transaction, mail);
        transaction->must_close = TRUE; /* no way back from 354 but the whole content */
        return NULL;
    }
    if (reply->code == 354) {
        /* Nobody is left to get it, and the server wants content: a lone dot (RFC 2920 3.1). */
        say_dot(transaction, mail);
        return NULL;
    }
    if (!is_refusal(reply))
        return "an answer to DATA that makes no sense";
    if (wanted)
        fail_mail(mail, SPOC_STAGE_DATA, SPOC_FAILURE_REPLY, reply, NULL);
    transaction->needs_rset = mail->mail_taken;
    finish_mail(transaction, mail);
    return NULL;
}

static const char *
take_final_reply(SpocTransaction *transaction, SpocMail *mail, const SpocReply *reply)
{
    if (!is_good(reply) && !is_refusal(reply))
        return "an answer to the final dot that makes no sense";
    if (!mail->failed && mail->accepted_count > 0) {
        if (is_good(reply)) {
            mail->delivered = TRUE;
            mail->words = spoc_reply_text(reply);
        } else {
            fail_mail(mail, SPOC_STAGE_FINAL, SPOC_FAILURE_REPLY, reply, NULL);
        }
    }
    finish_mail(transaction, mail);
    return NULL;
}

static const SpocStage command_stages[] = {
    [COMMAND_RSET] = SPOC_STAGE_SENDER,    [COMMAND_MAIL] = SPOC_STAGE_SENDER,
    [COMMAND_RCPT] = SPOC_STAGE_RECIPIENT, [COMMAND_DATA] = SPOC_STAGE_DATA,
    [COMMAND_DOT] = SPOC_STAGE_FINAL,
};

static const char *
take_expected(SpocTransaction *transaction, const Expected *expected, const SpocReply *reply)
{
    SpocMail *mail = expected->mail;
    if (mail != NULL)
        mail->answered = TRUE;
    if (transaction->answered != NULL && mail != NULL)
        transaction->answered(mail, command_stages[expected->command], reply,
                              transaction->user_data);
    switch (expected->command) {
    case COMMAND_RSET:
        if (!is_good(reply))
            transaction->must_close = TRUE;
        return NULL;
    case COMMAND_MAIL:
        return take_mail_reply(transaction, mail, reply);
    case COMMAND_RCPT:
        return take_recipient_reply(transaction, mail, expected->recipient, reply);
    case COMMAND_DATA:
        return take_data_reply(transaction, mail, reply);
    case COMMAND_DOT:
        return take_final_reply(transaction, mail, reply);
    }
    return NULL;
}

/* The server refuses in the middle of the content: there is no way back to commands. */
static void
refuse_content(SpocTransaction *transaction, SpocMail *mail, const SpocReply *reply)
{
    if (transaction->answered != NULL)
        transaction->answered(mail, SPOC_STAGE_CONTENT, reply, transaction->user_data);
    if (!mail->failed && mail->accepted_count > 0)
        fail_mail(mail, SPOC_STAGE_CONTENT, SPOC_FAILURE_REPLY, reply, NULL);
    finish_mail(transaction, mail);
    transaction->must_close = TRUE;
}

/* Nothing is expected: a refusal in the middle of the content, a farewell, or nonsense. */
static const char *
take_unexpected(SpocTransaction *transaction, const SpocReply *reply)
{
    SpocMail *mail = g_queue_peek_tail(&transaction->unanswered);
    if (mail != NULL && mail->phase == PHASE_CONTENT && is_refusal(reply)) {
        refuse_content(transaction, mail, reply);
        return NULL;
    }
    if (reply->code == 421) {
        transaction->must_close = TRUE;
        return NULL;
    }
    return "an answer that nobody asked for";
}

/* A command is queued that the server cannot have seen whole. */
static const char *
take_early(SpocTransaction *transaction, const Expected *head, const SpocReply *reply)
{
    if (head->command != COMMAND_DOT || !is_refusal(reply))
        return "an answer to a command that was not sent yet";
    SpocMail *mail = head->mail;
    g_queue_clear_full(&transaction->expected, g_free);
    refuse_content(transaction, mail, reply);
    return NULL;
}

static const char *
take_reply(SpocTransaction *transaction, const SpocReply *reply)
{
    if (reply->code == 421 && transaction->farewell == NULL)
        transaction->farewell = spoc_reply_text(reply);
    const Expected *head = g_queue_peek_head(&transaction->expected);
    if (head == NULL)
        return take_unexpected(transaction, reply);
    if (transaction->sent_total < head->end)
        return take_early(transaction, head, reply);
    /* It stays at the head until it is understood: a failure names its stage. */
    const char *problem = take_expected(transaction, head, reply);
    if (problem == NULL)
        g_free(g_queue_pop_head(&transaction->expected));
    if (reply->code == 421)
        transaction->must_close = TRUE;
    return problem;
}

const char *
spoc_transaction_input(SpocTransaction *transaction, const guint8 *bytes, gsize size)
{
    while (size > 0 && !transaction->must_close) {
        gsize used = 0;
        const SpocReply *reply = NULL;
        const char *problem = NULL;
        SpocReplyState state =
            spoc_reply_parser_feed(transaction->parser, bytes, size, &used, &reply, &problem);
        bytes += used;
        size -= used;
        if (state == SPOC_REPLY_COMPLETE) {
            transaction->reply_count++;
            problem = take_reply(transaction, reply);
        }
        if (problem != NULL)
            return problem;
    }
    return NULL;
}

gboolean
spoc_transaction_must_close(const SpocTransaction *transaction)
{
    return transaction->must_close;
}

guint64
spoc_transaction_reply_count(const SpocTransaction *transaction)
{
    return transaction->reply_count;
}

/* Where a mail stands: what its oldest unanswered command is about. */
static SpocStage
stage_of(const SpocTransaction *transaction, const SpocMail *mail)
{
    if (mail->phase == PHASE_DOT)
        return transaction->sent_total >= mail->dot_end ? SPOC_STAGE_FINAL : SPOC_STAGE_CONTENT;
    if (mail->phase == PHASE_CONTENT)
        return SPOC_STAGE_CONTENT;
    for (const GList *link = transaction->expected.head; link != NULL; link = link->next) {
        const Expected *expected = link->data;
        if (expected->mail == mail)
            return command_stages[expected->command];
    }
    return SPOC_STAGE_SENDER;
}

SpocStage
spoc_transaction_stage(const SpocTransaction *transaction)
{
    const SpocMail *mail = g_queue_peek_head((GQueue *)&transaction->unanswered);
    return mail != NULL ? stage_of(transaction, mail) : SPOC_STAGE_SENDER;
}

void
spoc_transaction_abort(SpocTransaction *transaction, SpocFailureKind kind, const char *words)
{
    SpocMail *mail;
    while ((mail = g_queue_peek_head(&transaction->unanswered)) != NULL) {
        /* A lone dot, or echoes of a refused MAIL: what counts was said already. */
        gboolean is_over = mail->failed || (mail->phase == PHASE_DOT && mail->accepted_count == 0);
        if (!is_over) {
            const char *why = transaction->farewell != NULL ? transaction->farewell : words;
            fail_mail(mail, stage_of(transaction, mail), kind, NULL, why);
            mail->failure.reused = !mail->first && !mail->answered;
        }
        finish_mail(transaction, mail);
    }
    g_queue_clear_full(&transaction->expected, g_free);
    transaction->must_close = TRUE;
}

SpocMail *
spoc_transaction_take_finished(SpocTransaction *transaction)
{
    return g_queue_pop_head(&transaction->finished);
}
