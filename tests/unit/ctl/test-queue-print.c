/* SPDX-License-Identifier: Apache-2.0 */
/* Also tests: json.c */
#include "ctl/queue-print.h"

#include "ctl/json.h"

#include <string.h>

static SpocQueueListItem *
make(void)
{
    SpocEnvelope *envelope = spoc_envelope_new();
    envelope->id = g_strdup("abc-1");
    envelope->kind = g_strdup("notification");
    envelope->sender = g_strdup("");
    envelope->message_id = g_strdup("m@host");
    spoc_envelope_add_recipient(envelope, "alice@example.com");
    spoc_envelope_add_recipient(envelope, "bob@example.com");
    SpocEnvelopeRecipient *bob = g_ptr_array_index(envelope->recipients, 1);
    bob->state = SPOC_STATE_DONE;
    bob->reply = g_strdup("250 taken");
    envelope->job_id = 12;
    envelope->subject = g_strdup("title\x1b[2J\nERROR: no");
    envelope->size_bytes = 2000;
    envelope->attempts = 1;
    envelope->created_unix_s = 1000;
    envelope->next_attempt_unix_s = 1000 + 600;
    envelope->reason = g_strdup("450 busy\r\nSTATE: +x");
    spoc_envelope_add_attempt(envelope, 1001, "mx: 450 busy");
    return spoc_queue_list_item_new(envelope, SPOC_STATE_WAITING);
}

static void
test_short(void)
{
    g_autoptr(SpocQueueListItem) listed = make();
    g_autofree char *text = spoc_queue_print_short(listed, 1000 + 300);
    g_assert_cmpstr(text, ==,
                    "abc-1  waiting  5 min old, 2.0\u00a0kB, 1 attempt, next in 5 min\n"
                    "    to alice@example.com, bob@example.com (delivered)\n"
                    "    job 12: title [2J ERROR: no\n"
                    "    (450 busy STATE: +x)\n");
}

/* What happens next depends on the state. */
static void
test_next(void)
{
    static const struct {
        SpocState state;
        gint64 next_unix_s;
        const char *text;
    } cases[] = {
        {SPOC_STATE_WAITING, 1600, ", next in 5 min\n"},
        {SPOC_STATE_WAITING, 1200, ", next now\n"},
        {SPOC_STATE_SENDING, 1600, ", next now\n"},
        {SPOC_STATE_FAILED, 0, ", given up\n"},
        {SPOC_STATE_HELD, 0, ", until it is released\n"},
        {SPOC_STATE_HELD, 1330,
         ", until the problem below is mended; tried again in 30 s and when the "
         "configuration changes\n"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(SpocQueueListItem) listed = make();
        listed->state = cases[i].state;
        listed->envelope->next_attempt_unix_s = cases[i].next_unix_s;
        g_autofree char *text = spoc_queue_print_short(listed, 1300);
        g_assert_nonnull(strstr(text, cases[i].text));
    }
}

static void
test_full(void)
{
    g_autoptr(SpocQueueListItem) listed = make();
    g_autofree char *text = spoc_queue_print_full(listed);
    static const char *const pieces[] = {"Id:            abc-1\n",
                                         "State:         waiting\n",
                                         "Sender:        <>\n",
                                         "Reason:        450 busy STATE: +x\n",
                                         "Recipient:     bob@example.com, delivered: 250 taken\n",
                                         "Message-ID:    m@host\n",
                                         "Attempts:      1\n",
                                         "mx: 450 busy\n"};
    for (guint i = 0; i < G_N_ELEMENTS(pieces); i++) {
        if (strstr(text, pieces[i]) == NULL)
            g_error("'%s' is not in:\n%s", pieces[i], text);
    }
    g_assert_null(strchr(text, '\r'));
    g_assert_null(strchr(text, '\x1b'));
}

static void
test_full_node(void)
{
    g_autoptr(SpocQueueListItem) listed = make();
    g_autoptr(JsonNode) node = spoc_queue_print_full_node(listed);
    JsonObject *object = json_node_get_object(node);
    g_assert_cmpstr(json_object_get_string_member(object, "message_id"), ==, "m@host");
    JsonArray *recipients = json_object_get_array_member(object, "recipients");
    JsonObject *alice = json_array_get_object_element(recipients, 0);
    g_assert_true(json_object_get_null_member(alice, "reply"));
    JsonObject *bob = json_array_get_object_element(recipients, 1);
    g_assert_cmpstr(json_object_get_string_member(bob, "reply"), ==, "250 taken");
    JsonArray *history = json_object_get_array_member(object, "history");
    g_assert_cmpuint(json_array_get_length(history), ==, 1);
}

/* What a terminal would obey is escaped, and read back as it was. */
static void
test_array(void)
{
    static const char subject[] = "caf\u00e9 \u202efdp.exe\u200b\U000e0041\x1b";
    g_autoptr(SpocQueueListItem) listed = make();
    g_free(listed->envelope->subject);
    listed->envelope->subject = g_strdup(subject);
    JsonArray *array = json_array_new();
    json_array_add_element(array, spoc_queue_list_item_node(listed->envelope, listed->state));
    g_autofree char *text = spoc_json_text(spoc_json_array_node(array));
    g_assert_nonnull(strstr(text, "caf\u00e9 \\u202efdp.exe\\u200b\\udb40\\udc41\\u001b\""));
    g_autoptr(JsonParser) parser = json_parser_new();
    g_assert_true(json_parser_load_from_data(parser, text, -1, NULL));
    JsonObject *object =
        json_array_get_object_element(json_node_get_array(json_parser_get_root(parser)), 0);
    g_assert_cmpstr(json_object_get_string_member(object, "subject"), ==, subject);
}

static void
test_when(void)
{
    static const struct {
        gint64 unix_s;
        const char *text;
    } cases[] = {{0, "never"},          {100000, "now"},      {100001, "in 1 s"},
                 {100119, "in 119 s"},  {100120, "in 2 min"}, {107200, "in 2 h"},
                 {99000, "16 min ago"}, {272800, "in 2 d"}};
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *text = spoc_queue_print_when(cases[i].unix_s, 100000);
        g_assert_cmpstr(text, ==, cases[i].text);
    }
}

static void
test_mbox(void)
{
    g_autoptr(SpocEnvelope) envelope = spoc_envelope_new();
    envelope->sender = g_strdup("print@example.com");
    static const char message[] = "Subject: x\r\n\r\nFrom here\r\n>From there\r\nFromage\r\nend";
    g_autoptr(GBytes) bytes = g_bytes_new_static(message, strlen(message));
    g_autoptr(GBytes) mbox = spoc_queue_print_mbox(envelope, bytes);
    gsize size = 0;
    const char *text = g_bytes_get_data(mbox, &size);
    g_autofree char *copy = g_strndup(text, size);
    g_assert_cmpstr(copy, ==,
                    "From print@example.com Thu Jan  1 00:00:00 1970\n"
                    "Subject: x\n\n>From here\n>>From there\nFromage\nend\n\n");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/queue-print/short", test_short);
    g_test_add_func("/queue-print/next", test_next);
    g_test_add_func("/queue-print/full", test_full);
    g_test_add_func("/queue-print/full-node", test_full_node);
    g_test_add_func("/queue-print/array", test_array);
    g_test_add_func("/queue-print/when", test_when);
    g_test_add_func("/queue-print/mbox", test_mbox);
    return g_test_run();
}
