/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "root.h"
#include "spool/envelope.h"
#include "spool/message.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static SpocEnvelope *
new_envelope(const char *id)
{
    SpocEnvelope *envelope = spoc_envelope_new();
    envelope->id = g_strdup(id);
    envelope->kind = g_strdup("notification");
    envelope->sender = g_strdup("");
    envelope->message_id = g_strdup("1.2@example.com");
    envelope->subject = g_strdup("Gr\u00fc\u00dfe: done");
    envelope->owner = g_strdup("eve@example.com");
    envelope->job_id = 42;
    envelope->size_bytes = 4;
    envelope->attempts = 2;
    envelope->drops = 1;
    envelope->dropped_by = g_strdup("[::1]:25");
    envelope->created_unix_s = 1600000000;
    envelope->next_attempt_unix_s = 1700000000;
    envelope->reason = g_strdup("mail.example.com:25: no answer");
    spoc_envelope_add_recipient(envelope, "alice@example.com");
    spoc_envelope_add_recipient(envelope, "\"b ob\"@example.com");
    SpocEnvelopeRecipient *second = envelope->recipients->pdata[1];
    second->state = SPOC_STATE_FAILED;
    second->reply = g_strdup("550 5.1.1 no such user\r\nReply: 250 ok");
    spoc_envelope_add_attempt(envelope, 1600000100, "first\nAttempt: 1 x");
    spoc_envelope_add_attempt(envelope, 1600000200, "");
    return envelope;
}

static void
add(Root *root, const char *id, SpocState state)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(SpocEnvelope) envelope = new_envelope(id);
    g_autoptr(GBytes) body = g_bytes_new_static("body", 4);
    g_assert_true(spoc_message_add(root->spool, &(SpocMessage){envelope, body}, state, &error));
    g_assert_no_error(error);
}

static void
test_round_trip(Root *root, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    add(root, "m1", SPOC_STATE_NEW);
    g_autoptr(SpocEnvelope) loaded = spoc_message_load(root->spool, SPOC_STATE_NEW, "m1", &error);
    g_assert_no_error(error);
    g_assert_cmpstr(loaded->id, ==, "m1");
    g_assert_cmpstr(loaded->kind, ==, "notification");
    g_assert_cmpstr(loaded->sender, ==, "");
    g_assert_cmpstr(loaded->message_id, ==, "1.2@example.com");
    g_assert_cmpstr(loaded->subject, ==, "Gr\u00fc\u00dfe: done");
    g_assert_cmpstr(loaded->owner, ==, "eve@example.com");
    g_assert_cmpint(loaded->job_id, ==, 42);
    g_assert_cmpuint(loaded->size_bytes, ==, 4);
    g_assert_cmpuint(loaded->attempts, ==, 2);
    g_assert_cmpuint(loaded->drops, ==, 1);
    g_assert_cmpstr(loaded->dropped_by, ==, "[::1]:25");
    g_assert_cmpint(loaded->created_unix_s, ==, 1600000000);
    g_assert_cmpint(loaded->next_attempt_unix_s, ==, 1700000000);
    g_assert_cmpstr(loaded->reason, ==, "mail.example.com:25: no answer");
    g_assert_cmpuint(loaded->recipients->len, ==, 2);
    g_assert_cmpuint(spoc_envelope_pending(loaded), ==, 1);
    const SpocEnvelopeRecipient *first = loaded->recipients->pdata[0];
    const SpocEnvelopeRecipient *second = loaded->recipients->pdata[1];
    g_assert_cmpstr(first->address, ==, "alice@example.com");
    g_assert_null(first->reply);
    g_assert_cmpstr(second->address, ==, "\"b ob\"@example.com");
    g_assert_cmpstr(second->reply, ==, "550 5.1.1 no such user Reply: 250 ok");
    g_assert_cmpuint(loaded->history->len, ==, 2);
    g_assert_cmpstr(((SpocAttempt *)loaded->history->pdata[0])->text, ==, "first Attempt: 1 x");
    g_assert_cmpint(((SpocAttempt *)loaded->history->pdata[0])->when_unix_s, ==, 1600000100);
    g_autoptr(GBytes) body = spoc_message_load_body(root->spool, "m1", &error);
    g_assert_cmpmem(g_bytes_get_data(body, NULL), g_bytes_get_size(body), "body", 4);

    /* A person can read to whom it goes. */
    g_autoptr(GBytes) text = root_get(root, "new", "m1");
    g_assert_nonnull(g_strstr_len(g_bytes_get_data(text, NULL), (gssize)g_bytes_get_size(text),
                                  "\nRecipient: pending alice@example.com\n"));
}

static void
test_refused(void)
{
    static const char *const bad[] = {"a\nb", "a\rb@c", "\xff@x", "a\x7f", "", NULL};
    for (guint i = 0; i < G_N_ELEMENTS(bad) - 2; i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(SpocEnvelope) envelope = new_envelope("m1");
        spoc_envelope_add_recipient(envelope, bad[i]);
        g_assert_null(spoc_envelope_format(envelope, &error));
        g_assert_error(error, SPOC_ERROR, SPOC_ERROR_INVALID);
    }
    g_autoptr(GError) error = NULL;
    g_autoptr(SpocEnvelope) envelope = new_envelope("m1");
    for (guint i = 0; i < SPOC_ENVELOPE_RECIPIENTS_MAX; i++)
        spoc_envelope_add_recipient(envelope, "x@example.com");
    g_assert_null(spoc_envelope_format(envelope, &error));
    g_assert_error(error, SPOC_ERROR, SPOC_ERROR_LIMIT);
    for (guint i = 0; i < 30; i++)
        spoc_envelope_add_attempt(envelope, i, "x");
    g_assert_cmpuint(envelope->history->len, ==, SPOC_ENVELOPE_HISTORY_MAX);
    g_assert_cmpint(((SpocAttempt *)envelope->history->pdata[0])->when_unix_s, ==, 20);
}

/* The largest one that can be made can be kept and read again. */
static void
test_largest(Root *root, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(SpocEnvelope) envelope = new_envelope("m1");
    g_autofree char *words = g_strnfill(5000, 'w');
    g_ptr_array_set_size(envelope->recipients, 0);
    for (guint i = 0; i < SPOC_ENVELOPE_RECIPIENTS_MAX; i++) {
        g_autofree char *address = g_strdup_printf("%0300u@example.com", i);
        spoc_envelope_add_recipient(envelope, address);
        ((SpocEnvelopeRecipient *)envelope->recipients->pdata[i])->reply = g_strdup(words);
    }
    for (guint i = 0; i < SPOC_ENVELOPE_HISTORY_MAX; i++)
        spoc_envelope_add_attempt(envelope, i, words);
    g_autoptr(GBytes) body = g_bytes_new_static("", 0);
    g_assert_true(
        spoc_message_add(root->spool, &(SpocMessage){envelope, body}, SPOC_STATE_HELD, &error));
    g_assert_no_error(error);
    g_autoptr(SpocEnvelope) loaded = spoc_message_load(root->spool, SPOC_STATE_HELD, "m1", &error);
    g_assert_no_error(error);
    g_assert_cmpuint(loaded->recipients->len, ==, SPOC_ENVELOPE_RECIPIENTS_MAX);
}

/* Cut at every byte and each bit flipped: never another envelope, never a crash. */
static void
test_damaged(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(SpocEnvelope) envelope = new_envelope("m1");
    g_autoptr(GString) text = spoc_envelope_format(envelope, &error);
    g_assert_no_error(error);
    for (gsize cut = 0; cut < text->len; cut++) {
        g_assert_null(spoc_envelope_parse(text->str, cut, &error));
        g_assert_error(error, SPOC_ERROR, SPOC_ERROR_CORRUPT);
        g_clear_error(&error);
    }
    for (gsize bit = 0; bit < text->len * 8; bit++) {
        text->str[bit / 8] = (char)(text->str[bit / 8] ^ (1 << bit % 8));
        g_assert_null(spoc_envelope_parse(text->str, text->len, &error));
        g_assert_error(error, SPOC_ERROR, SPOC_ERROR_CORRUPT);
        g_clear_error(&error);
        text->str[bit / 8] = (char)(text->str[bit / 8] ^ (1 << bit % 8));
    }
}

static void
test_idempotent(Root *root, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    add(root, "m1", SPOC_STATE_NEW);
    g_assert_true(spoc_message_move(root->spool, "m1", SPOC_STATE_NEW, SPOC_STATE_SENDING, &error));
    g_autoptr(GBytes) other = g_bytes_new_static("another", 7);
    g_autoptr(SpocEnvelope) envelope = new_envelope("m1");
    g_assert_true(
        spoc_message_add(root->spool, &(SpocMessage){envelope, other}, SPOC_STATE_NEW, &error));
    g_assert_cmpuint(root_count(root, "new"), ==, 0);
    g_autoptr(GBytes) body = spoc_message_load_body(root->spool, "m1", &error);
    g_assert_cmpuint(g_bytes_get_size(body), ==, 4);
    SpocState state;
    g_assert_true(spoc_message_find(root->spool, "m1", &state, &error));
    g_assert_cmpint(state, ==, SPOC_STATE_SENDING);
    g_assert_no_error(error);
    g_assert_false(spoc_message_move(root->spool, "m1", SPOC_STATE_NEW, SPOC_STATE_HELD, &error));
    g_assert_error(error, SPOC_ERROR, SPOC_ERROR_NOT_FOUND);
    g_clear_error(&error);
    g_assert_false(spoc_message_find(root->spool, "none", &state, &error));
    g_assert_error(error, SPOC_ERROR, SPOC_ERROR_NOT_FOUND);
    g_clear_error(&error);
    g_assert_false(spoc_message_find(root->spool, "../new/m1", &state, &error));
    g_assert_error(error, SPOC_ERROR, SPOC_ERROR_INVALID);
}

static void
count_planned(const char *id, gint64 next_attempt_unix_s, gint64 changed_unix_s, gpointer count)
{
    g_assert_cmpint(next_attempt_unix_s, ==, 1700000000);
    (*(guint *)count)++;
}

static void
test_batch(Root *root, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    add(root, "m-3", SPOC_STATE_HELD);
    SpocMessage *messages[10];
    g_autoptr(GBytes) body = g_bytes_new_static("body", 4);
    for (guint i = 0; i < G_N_ELEMENTS(messages); i++) {
        g_autofree char *id = g_strdup_printf("m-%u", i);
        messages[i] = spoc_message_new(new_envelope(id), body);
    }
    for (guint twice = 0; twice < 2; twice++) {
        g_assert_true(spoc_message_add_batch(root->spool, messages, G_N_ELEMENTS(messages),
                                             SPOC_STATE_WAITING, &error));
        guint count = 0;
        g_assert_true(
            spoc_message_each(root->spool, SPOC_STATE_WAITING, count_planned, &count, &error));
        g_assert_cmpuint(count, ==, 9);
    }
    for (guint i = 0; i < G_N_ELEMENTS(messages); i++)
        spoc_message_free(messages[i]);
}

static struct timespec
change_time(Root *root)
{
    struct stat info;
    root_put(root, "state", "clock", "x", 1);
    int folder = spoc_spool_folder_fd(root->spool, "state");
    g_assert_cmpint(fstatat(folder, "clock", &info, 0), ==, 0);
    g_assert_cmpint(unlinkat(folder, "clock", 0), ==, 0);
    return info.st_ctim;
}

/* What is written after this is newer than what was written before. */
static void
wait_for_file_clock(Root *root)
{
    struct timespec before = change_time(root), now = before;
    while (now.tv_sec == before.tv_sec && now.tv_nsec == before.tv_nsec)
        now = change_time(root);
}

/* A file cannot be made old, for its ctime cannot be set; so the sweep is
 * shown to leave young ones alone, and what it may remove is shown by their kinds. */
static void
test_recover(Root *root, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    add(root, "sent", SPOC_STATE_NEW);
    add(root, "waits", SPOC_STATE_WAITING);
    add(root, "double", SPOC_STATE_HELD);
    g_assert_true(
        spoc_message_move(root->spool, "sent", SPOC_STATE_NEW, SPOC_STATE_SENDING, &error));
    g_autoptr(GBytes) envelope = root_get(root, "held", "double");
    wait_for_file_clock(root);
    root_put(root, "failed", "double", g_bytes_get_data(envelope, NULL),
             g_bytes_get_size(envelope));
    root_put(root, "data", "young-body", "x", 1);
    root_put(root, "new", ".tmp-young", "x", 1);
    guint recovered = 0;
    gint64 before = g_get_real_time() / G_USEC_PER_SEC;
    g_assert_true(spoc_message_recover(root->spool, &recovered, &error));
    g_assert_no_error(error);
    g_assert_cmpuint(recovered, ==, 1);
    SpocState state;
    g_assert_true(spoc_message_find(root->spool, "sent", &state, &error));
    g_assert_cmpint(state, ==, SPOC_STATE_WAITING);
    g_autoptr(SpocEnvelope) sent =
        spoc_message_load(root->spool, SPOC_STATE_WAITING, "sent", &error);
    g_assert_cmpint(sent->next_attempt_unix_s, >=, before - 1); /* due now */
    g_assert_true(spoc_message_find(root->spool, "double", &state, &error));
    g_assert_cmpint(state, ==, SPOC_STATE_FAILED);
    g_assert_cmpuint(root_count(root, "held"), ==, 0);
    g_assert_cmpuint(root_count(root, "data"), ==, 4);
    g_assert_cmpuint(root_count(root, "new"), ==, 1);
}

static void
test_planted(Root *root, gconstpointer data)
{
    add(root, "m1", SPOC_STATE_WAITING);
    g_autofree char *path = root_path(root, "waiting", "m1");
    g_autofree char *real = root_path(root, "state", "real");
    g_assert_cmpint(g_rename(path, real), ==, 0);
    for (guint i = 0; i < 5; i++) {
        g_autoptr(GError) error = NULL;
        int made = i == 0   ? symlink(real, path)
                   : i == 1 ? link(real, path)
                   : i == 2 ? mkfifo(path, 0600)
                   : i == 3 ? g_mkdir(path, 0700)
                            : 0;
        g_assert_cmpint(made, ==, 0);
        if (i == 4) { /* another message's envelope under this name */
            g_autoptr(SpocEnvelope) envelope = new_envelope("m2");
            g_autoptr(GString) text = spoc_envelope_format(envelope, &error);
            root_put(root, "waiting", "m1", text->str, text->len);
        }
        g_assert_null(spoc_message_load(root->spool, SPOC_STATE_WAITING, "m1", &error));
        g_assert_error(error, SPOC_ERROR, SPOC_ERROR_CORRUPT);
        g_clear_error(&error);
        g_assert_true(spoc_spool_set_aside(root->spool, "waiting", "m1", &error));
        g_assert_cmpuint(root_count(root, "waiting"), ==, 0);
    }
    g_autofree char *huge = g_malloc0(SPOC_ENVELOPE_MAX_BYTES + 1);
    root_put(root, "waiting", "m1", huge, SPOC_ENVELOPE_MAX_BYTES + 1);
    g_autoptr(GError) error = NULL;
    g_assert_null(spoc_message_load(root->spool, SPOC_STATE_WAITING, "m1", &error));
    g_assert_error(error, SPOC_ERROR, SPOC_ERROR_CORRUPT);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define ADD(path, function) g_test_add(path, Root, NULL, root_set_up, function, root_tear_down)
    ADD("/queue/round-trip", test_round_trip);
    g_test_add_func("/queue/refused", test_refused);
    ADD("/queue/largest", test_largest);
    g_test_add_func("/queue/damaged", test_damaged);
    ADD("/queue/idempotent", test_idempotent);
    ADD("/queue/batch", test_batch);
    ADD("/queue/recover", test_recover);
    ADD("/queue/planted", test_planted);
    return g_test_run();
}
