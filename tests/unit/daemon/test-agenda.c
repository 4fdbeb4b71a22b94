/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/agenda.h"

static void
assert_first(SpocAgenda *agenda, const char *id, gint64 due_unix_s)
{
    const SpocAgendaItem *first = spoc_agenda_first(agenda);
    g_assert_nonnull(first);
    g_assert_cmpstr(first->id, ==, id);
    g_assert_cmpint(first->due_unix_s, ==, due_unix_s);
}

static void
test_order(void)
{
    g_autoptr(SpocAgenda) agenda = spoc_agenda_new();
    g_assert_null(spoc_agenda_first(agenda));
    spoc_agenda_put(agenda, "b", SPOC_STATE_WAITING, 20);
    spoc_agenda_put(agenda, "a", SPOC_STATE_WAITING, 30);
    spoc_agenda_put(agenda, "c", SPOC_STATE_HELD, 10);
    g_assert_cmpuint(spoc_agenda_count(agenda), ==, 3);
    assert_first(agenda, "c", 10);
    g_assert_cmpint(spoc_agenda_first(agenda)->state, ==, SPOC_STATE_HELD);

    /* The same message with another time is one message. */
    spoc_agenda_put(agenda, "c", SPOC_STATE_WAITING, 40);
    g_assert_cmpuint(spoc_agenda_count(agenda), ==, 3);
    assert_first(agenda, "b", 20);

    spoc_agenda_remove(agenda, "b");
    spoc_agenda_remove(agenda, "none");
    assert_first(agenda, "a", 30);
}

static void
test_all_due(void)
{
    g_autoptr(SpocAgenda) agenda = spoc_agenda_new();
    spoc_agenda_put(agenda, "late", SPOC_STATE_WAITING, 1000);
    spoc_agenda_put(agenda, "early", SPOC_STATE_WAITING, 5);
    spoc_agenda_all_due(agenda, 100);
    assert_first(agenda, "early", 5);
    spoc_agenda_remove(agenda, "early");
    assert_first(agenda, "late", 100);
}

static void
test_many(void)
{
    g_autoptr(SpocAgenda) agenda = spoc_agenda_new();
    for (guint i = 0; i < 100000; i++) {
        g_autofree char *id = g_strdup_printf("message-%06u", i);
        spoc_agenda_put(agenda, id, SPOC_STATE_WAITING, (gint64)(i * 7919u % 100003u));
    }
    gint64 last = -1;
    const SpocAgendaItem *first = NULL;
    while ((first = spoc_agenda_first(agenda)) != NULL) {
        g_assert_cmpint(first->due_unix_s, >=, last);
        last = first->due_unix_s;
        spoc_agenda_remove(agenda, first->id);
    }
    g_assert_cmpuint(spoc_agenda_count(agenda), ==, 0);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/agenda/order", test_order);
    g_test_add_func("/agenda/all-due", test_all_due);
    g_test_add_func("/agenda/many", test_many);
    return g_test_run();
}
