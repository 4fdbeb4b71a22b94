/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "queue/list-item.h"

#include <string.h>

static SpocEnvelope *
make_envelope(void)
{
    SpocEnvelope *envelope = spoc_envelope_new();
    envelope->id = g_strdup("abc-1");
    envelope->kind = g_strdup("notification");
    spoc_envelope_add_recipient(envelope, "alice@example.com");
    spoc_envelope_add_recipient(envelope, "bob@example.com");
    SpocEnvelopeRecipient *bob = g_ptr_array_index(envelope->recipients, 1);
    bob->state = SPOC_STATE_FAILED;
    envelope->job_id = 12;
    envelope->subject = g_strdup("a \"title\"\nwith a break, caf\u00e9");
    envelope->size_bytes = 2048;
    envelope->attempts = 3;
    envelope->created_unix_s = 1700000000;
    envelope->next_attempt_unix_s = 1700000300;
    return envelope;
}

static void
test_fields(void)
{
    g_autoptr(SpocEnvelope) envelope = make_envelope();
    g_autofree char *line = spoc_queue_list_item_line(envelope, SPOC_STATE_WAITING);
    g_assert_cmpstr(line, ==,
                    "{\"id\":\"abc-1\",\"kind\":\"notification\",\"state\":\"waiting\","
                    "\"recipients\":[{\"address\":\"alice@example.com\",\"state\":\"pending\"},"
                    "{\"address\":\"bob@example.com\",\"state\":\"failed\"}],\"job_id\":12,"
                    "\"subject\":\"a \\\"title\\\"\\nwith a break, caf\u00e9\","
                    "\"size_bytes\":2048,\"attempts\":3,\"created_unix_s\":1700000000,"
                    "\"next_attempt_unix_s\":1700000300,\"reason\":null}");
}

static void
test_round_trip(void)
{
    g_autoptr(SpocEnvelope) envelope = make_envelope();
    envelope->reason = g_strdup("450 later");
    g_autofree char *line = spoc_queue_list_item_line(envelope, SPOC_STATE_HELD);
    g_autoptr(GError) error = NULL;
    g_autoptr(SpocQueueListItem) listed = spoc_queue_list_item_parse(line, &error);
    g_assert_no_error(error);
    g_assert_cmpint(listed->state, ==, SPOC_STATE_HELD);
    g_autofree char *again = spoc_queue_list_item_line(listed->envelope, listed->state);
    g_assert_cmpstr(again, ==, line);
}

static void
test_refused(void)
{
    static const char *const lines[] = {
        "",
        "{",
        "[]",
        "null",
        "{}",
        "{\"id\":\"a\",\"state\":\"new\"}",
        "{\"id\":\"../a\",\"state\":\"new\",\"recipients\":[]}",
        "{\"id\":1,\"state\":\"new\",\"recipients\":[]}",
        "{\"id\":\"a\",\"state\":\"gone\",\"recipients\":[]}",
        "{\"id\":\"a\",\"state\":\"new\",\"recipients\":[1]}",
        "{\"id\":\"a\",\"state\":\"new\",\"recipients\":[{\"state\":\"pending\"}]}",
        "{\"id\":\"a\",\"state\":\"new\",\"recipients\":{}}",
    };
    for (guint i = 0; i < G_N_ELEMENTS(lines); i++) {
        g_autoptr(GError) error = NULL;
        g_assert_null(spoc_queue_list_item_parse(lines[i], &error));
        g_assert_error(error, SPOC_ERROR, SPOC_ERROR_CORRUPT);
    }
}

static void
test_too_many_recipients(void)
{
    g_autoptr(GString) line = g_string_new("{\"id\":\"a\",\"state\":\"new\",\"recipients\":[");
    for (guint i = 0; i <= SPOC_ENVELOPE_RECIPIENTS_MAX; i++)
        g_string_append_printf(line, "%s{\"address\":\"a\"}", i > 0 ? "," : "");
    g_string_append(line, "]}");
    g_autoptr(GError) error = NULL;
    g_assert_null(spoc_queue_list_item_parse(line->str, &error));
    g_assert_error(error, SPOC_ERROR, SPOC_ERROR_CORRUPT);
}

/* Numbers of the wrong type or sign count as not there. */
static void
test_odd_numbers(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(SpocQueueListItem) listed = spoc_queue_list_item_parse(
        "{\"id\":\"a\",\"state\":\"new\",\"recipients\":[],\"job_id\":-4,\"size_bytes\":\"9\","
        "\"attempts\":99999999999,\"reason\":7,\"subject\":null}",
        &error);
    g_assert_no_error(error);
    g_assert_cmpint(listed->envelope->job_id, ==, 0);
    g_assert_cmpuint(listed->envelope->size_bytes, ==, 0);
    g_assert_cmpuint(listed->envelope->attempts, ==, G_MAXINT);
    g_assert_null(listed->envelope->reason);
    g_assert_cmpstr(listed->envelope->subject, ==, "");
}

static void
test_waits(void)
{
    g_autofree char *line = spoc_wait_line("a-1", 1790000000, "because\nof x");
    g_assert_cmpstr(line, ==, "a-1 1790000000 because of x");
    g_autofree char *journal = NULL, *reason = NULL;
    gint64 until = 0;
    g_assert_true(spoc_wait_parse(line, &journal, &until, &reason));
    g_assert_cmpstr(journal, ==, "a-1");
    g_assert_cmpint(until, ==, 1790000000);
    g_assert_cmpstr(reason, ==, "because of x");
    static const char *const others[] = {
        "",         "a-1",     "a-1 5",      "../x 5 y",
        "a-1 -5 y", "a-1 x y", "a-1 5 \377", "a-1 99999999999999999999 y"};
    for (guint i = 0; i < G_N_ELEMENTS(others); i++) {
        char *no_journal = NULL, *no_reason = NULL;
        g_assert_false(spoc_wait_parse(others[i], &no_journal, &until, &no_reason));
        g_assert_null(no_journal);
        g_assert_null(no_reason);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/listing/fields", test_fields);
    g_test_add_func("/listing/round-trip", test_round_trip);
    g_test_add_func("/listing/refused", test_refused);
    g_test_add_func("/listing/too-many-recipients", test_too_many_recipients);
    g_test_add_func("/listing/odd-numbers", test_odd_numbers);
    g_test_add_func("/listing/waits", test_waits);
    return g_test_run();
}
