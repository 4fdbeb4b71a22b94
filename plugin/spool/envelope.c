/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The format of an envelope, version 1: lines of UTF-8, each "Key: value", the value
 * without control characters, in this order.
 *
 *   Spoc-Envelope: 1
 *   Id: 0005f3…-0-alice
 *   Kind: notification
 *   Sender: print-server@example.com           may be empty
 *   Message-Id: …                              without angle brackets
 *   Job: 42                                    0: none
 *   Subject: …
 *   Size: 1234                                 of the body, in bytes
 *   Created: 1700000000                        Unix seconds
 *   Attempts: 2
 *   Dropped: 1 mail.example.com:25             (may be missing) how often the connection was lost
 *                                              behind the final dot, and by which server
 *   Reason: …                                  (may be missing)
 *   Recipient: pending alice@example.com       one for each, 1 to 100
 *   Reply: 250 2.1.5 Ok                        (may be missing) belongs to the recipient above
 *   Attempt: 1700000060 the server's words     up to 10, oldest first
 *   Check: 8c736521                            CRC-32 of all the lines above
 *
 * The last line tells an envelope that was cut short or damaged: an address with a
 * flipped bit is never mailed to. The time of the next attempt is the file's
 * modification time, and in no other place.
 */
#include "spool/envelope.h"

#include "base/error.h"
#include "base/text.h"

#include <string.h>
#include <zlib.h>

#define FORMAT_VERSION "1"
#define NAME_MAX_BYTES 1000
#define TEXT_MAX_BYTES 1000
#define CHECK_KEY "Check: "
#define CHECK_LINE_BYTES (sizeof CHECK_KEY - 1 + 8 + 1)

static const struct {
    SpocState state;
    const char *name;
} recipient_states[] = {
    {SPOC_STATE_WAITING, "pending"},
    {SPOC_STATE_DONE, "delivered"},
    {SPOC_STATE_FAILED, "failed"},
};

const char *
spoc_recipient_state_name(SpocState state)
{
    for (guint i = 0; i < G_N_ELEMENTS(recipient_states); i++)
        if (recipient_states[i].state == state)
            return recipient_states[i].name;
    g_return_val_if_reached("");
}

gboolean
spoc_recipient_state_parse(const char *name, gsize length, SpocState *ret_state)
{
    for (guint i = 0; i < G_N_ELEMENTS(recipient_states); i++) {
        if (strlen(recipient_states[i].name) != length ||
            memcmp(name, recipient_states[i].name, length) != 0)
            continue;
        *ret_state = recipient_states[i].state;
        return TRUE;
    }
    return FALSE;
}

static void
recipient_free(gpointer data)
{
    SpocEnvelopeRecipient *recipient = data;
    g_free(recipient->address);
    g_free(recipient->reply);
    g_free(recipient);
}

static void
attempt_free(gpointer data)
{
    SpocAttempt *attempt = data;
    g_free(attempt->text);
    g_free(attempt);
}

SpocEnvelope *
spoc_envelope_new(void)
{
    SpocEnvelope *envelope = g_new0(SpocEnvelope, 1);
    envelope->recipients = g_ptr_array_new_with_free_func(recipient_free);
    envelope->history = g_ptr_array_new_with_free_func(attempt_free);
    return envelope;
}

void
spoc_envelope_free(SpocEnvelope *envelope)
{
    if (envelope == NULL)
        return;
    g_ptr_array_unref(envelope->recipients);
    g_ptr_array_unref(envelope->history);
    g_free(envelope->id);
    g_free(envelope->kind);
    g_free(envelope->sender);
    g_free(envelope->subject);
    g_free(envelope->message_id);
    g_free(envelope->owner);
    g_free(envelope->dropped_by);
    g_free(envelope->reason);
    g_free(envelope);
}

void
spoc_envelope_add_recipient(SpocEnvelope *envelope, const char *address)
{
    SpocEnvelopeRecipient *recipient = g_new0(SpocEnvelopeRecipient, 1);
    recipient->state = SPOC_STATE_WAITING;
    recipient->address = g_strdup(address);
    g_ptr_array_add(envelope->recipients, recipient);
}

void
spoc_envelope_add_attempt(SpocEnvelope *envelope, gint64 when_unix_s, const char *text)
{
    SpocAttempt *attempt = g_new0(SpocAttempt, 1);
    attempt->when_unix_s = when_unix_s;
    attempt->text = spoc_text_line(text, -1, TEXT_MAX_BYTES);
    g_ptr_array_add(envelope->history, attempt);
    if (envelope->history->len > SPOC_ENVELOPE_HISTORY_MAX)
        g_ptr_array_remove_range(envelope->history, 0,
                                 envelope->history->len - SPOC_ENVELOPE_HISTORY_MAX);
}

guint
spoc_envelope_pending(const SpocEnvelope *envelope)
{
    guint pending = 0;
    for (guint i = 0; i < envelope->recipients->len; i++) {
        const SpocEnvelopeRecipient *recipient = envelope->recipients->pdata[i];
        pending += recipient->state == SPOC_STATE_WAITING ? 1 : 0;
    }
    return pending;
}

/* Valid UTF-8 that stands on one line as it is */
static gboolean
is_plain(const char *text, gsize size)
{
    if (!g_utf8_validate_len(text, size, NULL))
        return FALSE;
    for (const char *p = text; p < text + size; p = g_utf8_next_char(p))
        if (spoc_text_is_control(g_utf8_get_char(p)))
            return FALSE;
    return TRUE;
}

/* What must not be changed: names and addresses */
static gboolean
put_name(GString *out, const char *key, const char *value, GError **error)
{
    if (value == NULL || !is_plain(value, strlen(value))) {
        g_autofree char *shown = spoc_text_line(value, -1, 100);
        g_set_error(error, SPOC_ERROR, SPOC_ERROR_INVALID, "%s '%s' is not one line of text", key,
                    shown);
        return FALSE;
    }
    if (strlen(value) > NAME_MAX_BYTES) {
        g_set_error(error, SPOC_ERROR, SPOC_ERROR_LIMIT, "%s is longer than %d bytes", key,
                    NAME_MAX_BYTES);
        return FALSE;
    }
    g_string_append_printf(out, "%s%s\n", key, value);
    return TRUE;
}

/* What a person reads */
static void
put_text(GString *out, const char *key, const char *value)
{
    g_autofree char *line = spoc_text_line(value, -1, TEXT_MAX_BYTES);
    g_string_append_printf(out, "%s%s\n", key, line);
}

static gboolean
put_recipients(GString *out, const SpocEnvelope *envelope, GError **error)
{
    guint count = envelope->recipients->len;
    if (count == 0 || count > SPOC_ENVELOPE_RECIPIENTS_MAX) {
        g_set_error(error, SPOC_ERROR, count == 0 ? SPOC_ERROR_INVALID : SPOC_ERROR_LIMIT,
                    "an envelope has 1 to %d recipients, this one %u", SPOC_ENVELOPE_RECIPIENTS_MAX,
                    count);
        return FALSE;
    }
    for (guint i = 0; i < count; i++) {
        const SpocEnvelopeRecipient *recipient = envelope->recipients->pdata[i];
        g_autofree char *key =
            g_strdup_printf("Recipient: %s ", spoc_recipient_state_name(recipient->state));
        if (!put_name(out, key, recipient->address, error))
            return FALSE;
        if (recipient->reply != NULL)
            put_text(out, "Reply: ", recipient->reply);
    }
    return TRUE;
}

GString *
spoc_envelope_format(const SpocEnvelope *envelope, GError **error)
{
    GString *out = g_string_new("Spoc-Envelope: " FORMAT_VERSION "\n");
    gboolean good = put_name(out, "Id: ", envelope->id, error) &&
                    put_name(out, "Kind: ", envelope->kind, error) &&
                    put_name(out, "Sender: ", envelope->sender, error) &&
                    put_name(out, "Message-Id: ", envelope->message_id, error) &&
                    (envelope->owner == NULL || put_name(out, "Owner: ", envelope->owner, error));
    if (good) {
        g_string_append_printf(out, "Job: %" G_GINT64_FORMAT "\n", envelope->job_id);
        put_text(out, "Subject: ", envelope->subject);
        g_string_append_printf(
            out, "Size: %" G_GUINT64_FORMAT "\nCreated: %" G_GINT64_FORMAT "\nAttempts: %u\n",
            envelope->size_bytes, envelope->created_unix_s, envelope->attempts);
        if (envelope->drops > 0 && envelope->dropped_by != NULL) {
            g_autofree char *key = g_strdup_printf("Dropped: %u ", envelope->drops);
            put_text(out, key, envelope->dropped_by);
        }
        if (envelope->reason != NULL)
            put_text(out, "Reason: ", envelope->reason);
        good = put_recipients(out, envelope, error);
    }
    guint skip = envelope->history->len > SPOC_ENVELOPE_HISTORY_MAX
                     ? envelope->history->len - SPOC_ENVELOPE_HISTORY_MAX
                     : 0;
    for (guint i = skip; good && i < envelope->history->len; i++) {
        const SpocAttempt *attempt = envelope->history->pdata[i];
        g_autofree char *key =
            g_strdup_printf("Attempt: %" G_GINT64_FORMAT " ", attempt->when_unix_s);
        put_text(out, key, attempt->text);
    }
    if (!good) {
        g_string_free(out, TRUE);
        return NULL;
    }
    g_string_append_printf(out, CHECK_KEY "%08lx\n",
                           crc32_z(0, (const guint8 *)out->str, out->len));
    return out;
}

/* The lines that are still to be parsed; *good turns FALSE at the first that does not fit. */
typedef struct {
    char **next;
    gboolean good;
} Lines;

/* The value of the next line when it has this key; else NULL, and the line stays. */
static const char *
take_value(Lines *lines, const char *key)
{
    if (!lines->good || *lines->next == NULL || !g_str_has_prefix(*lines->next, key))
        return NULL;
    return *lines->next++ + strlen(key);
}

static char *
need_value(Lines *lines, const char *key, gsize max_bytes)
{
    const char *value = take_value(lines, key);
    if (value == NULL || strlen(value) > max_bytes) {
        lines->good = FALSE;
        return NULL;
    }
    return g_strdup(value);
}

static gint64
need_number(Lines *lines, const char *key, gint64 max)
{
    const char *value = take_value(lines, key);
    gint64 number = 0;
    if (value == NULL || !g_ascii_string_to_signed(value, 10, 0, max, &number, NULL))
        lines->good = FALSE;
    return number;
}

static void
parse_recipient(Lines *lines, SpocEnvelope *envelope, const char *value)
{
    SpocState state = SPOC_STATE_WAITING;
    gsize length = strcspn(value, " ");
    const char *address = value[length] == ' ' ? value + length + 1 : "";
    if (address[0] == '\0' || strlen(address) > NAME_MAX_BYTES ||
        !spoc_recipient_state_parse(value, length, &state)) {
        lines->good = FALSE;
        return;
    }
    spoc_envelope_add_recipient(envelope, address);
    SpocEnvelopeRecipient *recipient = envelope->recipients->pdata[envelope->recipients->len - 1];
    recipient->state = state;
    recipient->reply = g_strdup(take_value(lines, "Reply: "));
}

static void
parse_attempt(Lines *lines, SpocEnvelope *envelope, const char *value)
{
    char *end = NULL;
    gint64 when = g_ascii_strtoll(value, &end, 10);
    if (!g_ascii_isdigit(value[0]) || *end != ' ')
        lines->good = FALSE;
    else
        spoc_envelope_add_attempt(envelope, when, end + 1);
}

static void
parse_drops(Lines *lines, SpocEnvelope *envelope, const char *value)
{
    char *end = NULL;
    guint64 drops = g_ascii_strtoull(value, &end, 10);
    if (!g_ascii_isdigit(value[0]) || drops == 0 || drops > G_MAXUINT || end[0] != ' ' ||
        end[1] == '\0') {
        lines->good = FALSE;
        return;
    }
    envelope->drops = (guint)drops;
    envelope->dropped_by = g_strdup(end + 1);
}

static void
parse_lines(Lines *lines, SpocEnvelope *envelope)
{
    g_autofree char *version = need_value(lines, "Spoc-Envelope: ", 10);
    if (g_strcmp0(version, FORMAT_VERSION) != 0)
        lines->good = FALSE;
    envelope->id = need_value(lines, "Id: ", NAME_MAX_BYTES);
    envelope->kind = need_value(lines, "Kind: ", NAME_MAX_BYTES);
    envelope->sender = need_value(lines, "Sender: ", NAME_MAX_BYTES);
    envelope->message_id = need_value(lines, "Message-Id: ", NAME_MAX_BYTES);
    envelope->owner = g_strdup(take_value(lines, "Owner: "));
    envelope->job_id = need_number(lines, "Job: ", G_MAXINT64);
    envelope->subject = need_value(lines, "Subject: ", TEXT_MAX_BYTES);
    envelope->size_bytes = (guint64)need_number(lines, "Size: ", G_MAXINT64);
    envelope->created_unix_s = need_number(lines, "Created: ", G_MAXINT64);
    envelope->attempts = (guint)need_number(lines, "Attempts: ", G_MAXUINT);
    const char *dropped = take_value(lines, "Dropped: ");
    if (dropped != NULL)
        parse_drops(lines, envelope, dropped);
    envelope->reason = g_strdup(take_value(lines, "Reason: "));
    for (const char *value; (value = take_value(lines, "Recipient: ")) != NULL;)
        parse_recipient(lines, envelope, value);
    for (const char *value; (value = take_value(lines, "Attempt: ")) != NULL;)
        parse_attempt(lines, envelope, value);
    guint count = envelope->recipients->len;
    if (*lines->next != NULL || count == 0 || count > SPOC_ENVELOPE_RECIPIENTS_MAX ||
        !spoc_spool_name_is_valid(envelope->id))
        lines->good = FALSE;
}

/* The last line says the CRC-32 of all before, so nothing behind it was cut off. */
static gboolean
check_is_right(const char *text, gsize size)
{
    if (size < CHECK_LINE_BYTES)
        return FALSE;
    gsize body = size - CHECK_LINE_BYTES;
    g_autofree char *expected =
        g_strdup_printf(CHECK_KEY "%08lx\n", crc32_z(0, (const guint8 *)text, body));
    return memcmp(text + body, expected, CHECK_LINE_BYTES) == 0;
}

SpocEnvelope *
spoc_envelope_parse(const char *text, gsize size, GError **error)
{
    g_autoptr(SpocEnvelope) envelope = spoc_envelope_new();
    gboolean good = size <= SPOC_ENVELOPE_MAX_BYTES && check_is_right(text, size);
    if (good) {
        /* Lines without the check, and without the empty one that splitting makes last */
        g_autofree char *body = g_strndup(text, size - CHECK_LINE_BYTES);
        gsize length = strlen(body);
        good = length == size - CHECK_LINE_BYTES && length > 0 && body[length - 1] == '\n';
        if (good)
            body[length - 1] = '\0';
        g_auto(GStrv) split = g_strsplit(body, "\n", -1);
        for (guint i = 0; good && split[i] != NULL; i++)
            good = is_plain(split[i], strlen(split[i]));
        Lines lines = {.next = split, .good = good};
        parse_lines(&lines, envelope);
        good = lines.good;
    }
    if (!good) {
        g_set_error(error, SPOC_ERROR, SPOC_ERROR_CORRUPT,
                    "it is not a whole envelope of version " FORMAT_VERSION);
        return NULL;
    }
    return g_steal_pointer(&envelope);
}
