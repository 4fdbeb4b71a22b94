/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/agenda.h"

static void
assert_first(SpocAgenda *agenda, const char *id, gint64 due_unix_s)
{
    SpocAgendaItem first;
    g_assert_true(spoc_agenda_first(agenda, &first));
    g_assert_cmpstr(first.id, ==, id);
    g_assert_cmpint(first.due_unix_s, ==, due_unix_s);
}

static void
test_order(void)
{
    g_autoptr(SpocAgenda) agenda = spoc_agenda_new();
    SpocAgendaItem first;
    g_assert_false(spoc_agenda_first(agenda, &first));
    spoc_agenda_put(agenda, "b", SPOC_STATE_WAITING, 20);
    spoc_agenda_put(agenda, "a", SPOC_STATE_WAITING, 30);
    spoc_agenda_put(agenda, "c", SPOC_STATE_HELD, 10);
    g_assert_cmpuint(spoc_agenda_count(agenda), ==, 3);
    assert_first(agenda, "c", 10);
    g_assert_true(spoc_agenda_first(agenda, &first));
    g_assert_cmpint(first.state, ==, SPOC_STATE_HELD);

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
    SpocAgendaItem first;
    while (spoc_agenda_first(agenda, &first)) {
        g_assert_cmpint(first.due_unix_s, >=, last);
        last = first.due_unix_s;
        spoc_agenda_remove(agenda, first.id);
    }
    g_assert_cmpuint(spoc_agenda_count(agenda), ==, 0);
}

/* Those of the same time come in the order in which they were put. */
static void
test_same_time(void)
{
    g_autoptr(SpocAgenda) agenda = spoc_agenda_new();
    static const char *const ids[] = {"z", "m", "a", "q", "b"};
    for (guint i = 0; i < G_N_ELEMENTS(ids); i++)
        spoc_agenda_put(agenda, ids[i], SPOC_STATE_NEW, 7);
    for (guint i = 0; i < G_N_ELEMENTS(ids); i++) {
        assert_first(agenda, ids[i], 7);
        spoc_agenda_remove(agenda, ids[i]);
    }
}

/* Puts, changes and removes at random, against an array that is searched through. */
static void
test_random(void)
{
    enum { IDS = 300, STEPS = 60000 };
    g_autoptr(SpocAgenda) agenda = spoc_agenda_new();
    gint64 due[IDS];
    guint count = 0;
    for (guint i = 0; i < IDS; i++)
        due[i] = -1;
    for (guint step = 0; step < STEPS; step++) {
        guint i = (guint)g_test_rand_int_range(0, IDS);
        g_autofree char *id = g_strdup_printf("1790000000-%u-message", i);
        count -= due[i] >= 0 ? 1 : 0;
        if (g_test_rand_int_range(0, 2) == 0) {
            due[i] = g_test_rand_int_range(0, 1000);
            spoc_agenda_put(agenda, id, SPOC_STATE_WAITING, due[i]);
            count++;
        } else {
            due[i] = -1;
            spoc_agenda_remove(agenda, id);
        }
        g_assert_cmpuint(spoc_agenda_count(agenda), ==, count);
        gint64 least = G_MAXINT64;
        for (guint k = 0; k < IDS; k++)
            least = due[k] >= 0 ? MIN(least, due[k]) : least;
        SpocAgendaItem first;
        gboolean any = spoc_agenda_first(agenda, &first);
        g_assert_cmpint(any, ==, least != G_MAXINT64);
        if (any)
            g_assert_cmpint(first.due_unix_s, ==, least);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/agenda/order", test_order);
    g_test_add_func("/agenda/all-due", test_all_due);
    g_test_add_func("/agenda/many", test_many);
    g_test_add_func("/agenda/same-time", test_same_time);
    g_test_add_func("/agenda/random", test_random);
    return g_test_run();
}
