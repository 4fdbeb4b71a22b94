/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "queue/list.h"

static SpocQueueListItem *
make(const char *id, SpocState state, gint64 created_unix_s, const char *address)
{
    SpocEnvelope *envelope = spoc_envelope_new();
    envelope->id = g_strdup(id);
    envelope->kind = g_strdup("notification");
    envelope->created_unix_s = created_unix_s;
    envelope->job_id = 7;
    spoc_envelope_add_recipient(envelope, address);
    return spoc_queue_list_item_new(envelope, state);
}

static GPtrArray *
new_list(void)
{
    return g_ptr_array_new_with_free_func((GDestroyNotify)spoc_queue_list_item_free);
}

static void
test_merge(void)
{
    g_autoptr(GPtrArray) list = new_list();
    g_ptr_array_add(list, make("c", SPOC_STATE_WAITING, 30, "a@example.com"));
    g_ptr_array_add(list, make("a", SPOC_STATE_HELD, 10, "a@example.com"));
    GPtrArray *memory = new_list();
    g_ptr_array_add(memory, make("b", SPOC_STATE_SENDING, 10, "a@example.com"));
    g_ptr_array_add(memory, make("a", SPOC_STATE_SENDING, 10, "a@example.com"));
    g_ptr_array_add(memory, make("d", SPOC_STATE_SENDING, 20, "a@example.com"));
    g_ptr_array_add(memory, make("d", SPOC_STATE_SENDING, 20, "a@example.com"));
    spoc_queue_list_merge(list, memory);

    static const struct {
        const char *id;
        SpocState state;
    } wanted[] = {{"a", SPOC_STATE_HELD},
                  {"b", SPOC_STATE_SENDING},
                  {"d", SPOC_STATE_SENDING},
                  {"c", SPOC_STATE_WAITING}};
    g_assert_cmpuint(list->len, ==, G_N_ELEMENTS(wanted));
    for (guint i = 0; i < list->len; i++) {
        const SpocQueueListItem *listed = g_ptr_array_index(list, i);
        g_assert_cmpstr(listed->envelope->id, ==, wanted[i].id);
        g_assert_cmpint(listed->state, ==, wanted[i].state);
    }
}

static void
test_filter(void)
{
    g_autoptr(SpocQueueListItem) listed = make("a", SPOC_STATE_WAITING, 1000, "Alice@Example.com");
    static const struct {
        SpocQueueFilter filter;
        gboolean matches;
    } cases[] = {
        {{0}, TRUE},
        {{.recipient = "alice@example.com"}, TRUE},
        {{.recipient = "@EXAMPLE.com"}, TRUE},
        {{.recipient = "example.com"}, FALSE},
        {{.recipient = "lice@example.com"}, FALSE},
        {{.job_id = 7}, TRUE},
        {{.job_id = 8}, FALSE},
        {{.states = 1u << SPOC_STATE_WAITING | 1u << SPOC_STATE_HELD}, TRUE},
        {{.states = 1u << SPOC_STATE_HELD}, FALSE},
        {{.older_than_s = 60}, TRUE},
        {{.older_than_s = 61}, FALSE},
        {{.job_id = 7, .recipient = "bob@example.com"}, FALSE},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++)
        g_assert_cmpint(spoc_queue_filter_matches(&cases[i].filter, listed, 1060), ==,
                        cases[i].matches);
}

static void
test_arguments(void)
{
    static const struct {
        const char *text;
        gint64 seconds; /* -1: refused */
    } ages[] = {{"90", 90},    {"90s", 90}, {"15m", 900}, {"2h", 7200},       {"3d", 259200},
                {"0", 0},      {"", -1},    {"-1", -1},   {"1w", -1},         {"1 h", -1},
                {"1h30m", -1}, {" 5m", -1}, {"m", -1},    {"99999999999", -1}};
    for (guint i = 0; i < G_N_ELEMENTS(ages); i++) {
        g_autoptr(GError) error = NULL;
        gint64 seconds = -1;
        gboolean good = spoc_queue_filter_parse_age(ages[i].text, &seconds, &error);
        g_assert_cmpint(seconds, ==, ages[i].seconds);
        g_assert_cmpint(good, ==, ages[i].seconds >= 0);
        g_assert_cmpint(error != NULL, ==, !good);
    }
    g_autoptr(GError) error = NULL;
    guint bit = 0;
    g_assert_true(spoc_queue_filter_parse_state("held", &bit, &error));
    g_assert_cmpuint(bit, ==, 1u << SPOC_STATE_HELD);
    g_assert_false(spoc_queue_filter_parse_state("Held", &bit, &error));
    g_assert_error(error, SPOC_ERROR, SPOC_ERROR_INVALID);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/list/merge", test_merge);
    g_test_add_func("/list/filter", test_filter);
    g_test_add_func("/list/arguments", test_arguments);
    return g_test_run();
}
