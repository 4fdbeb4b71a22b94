/* SPDX-License-Identifier: Apache-2.0 */
#include "notify/event-reader.h"

#include "../event/build-event.h"
#include "../spool/root.h"

#include "spool/journal-writer.h"

/* What the functions of a reader saw */
typedef struct {
    GPtrArray *learned; /* (element-type SpocEvent): references */
    GPtrArray *handled;
    guint refusals_left; /* handle() says "not yet" so often */
    guint refused;
    guint damaged;
    gsize damaged_bytes;
} Seen;

static void
unref_event(gpointer event)
{
    spoc_event_unref(event);
}

static void
learn(const SpocEvent *event, gpointer user_data)
{
    g_ptr_array_add(((Seen *)user_data)->learned, spoc_event_ref(event));
}

static gboolean
handle(const SpocEvent *event, gpointer user_data)
{
    Seen *seen = user_data;
    if (seen->refusals_left > 0) {
        seen->refusals_left--;
        seen->refused++;
        return FALSE;
    }
    g_ptr_array_add(seen->handled, spoc_event_ref(event));
    return TRUE;
}

static void
note_damage(guint64 offset, gsize size_bytes, gpointer user_data)
{
    Seen *seen = user_data;
    seen->damaged++;
    seen->damaged_bytes += size_bytes;
}

static const SpocEventReaderFuncs funcs = {learn, handle, note_damage};

static void
seen_init(Seen *seen)
{
    *seen = (Seen){.learned = g_ptr_array_new_with_free_func(unref_event),
                   .handled = g_ptr_array_new_with_free_func(unref_event)};
}

static void
seen_clear(Seen *seen)
{
    g_ptr_array_unref(seen->learned);
    g_ptr_array_unref(seen->handled);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Seen, seen_clear)

#define PIECE_BYTES 100

/* (transfer full): with @count events, and a piece of one behind each @damage_each; 0: none */
static SpocJournal *
make_journal(const Root *root, guint count, guint damage_each)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    const BuildEvent event = BUILD_EVENT_DONE;
    build_event_append(bytes, &event);
    g_autoptr(SpocJournalWriter) writer =
        spoc_journal_writer_new(root->spool, "spoc:%40owner", NULL, 0, &error);
    g_assert_no_error(error);
    for (guint i = 1; i <= count; i++) {
        gboolean is_damaged = damage_each > 0 && i % damage_each == 0;
        g_assert_true(spoc_journal_writer_commit(writer, bytes->data, bytes->len, &error));
        if (is_damaged)
            g_assert_true(spoc_journal_writer_commit(writer, bytes->data, PIECE_BYTES, &error));
    }
    g_assert_true(spoc_journal_writer_finish(writer, &error));
    g_autoptr(GPtrArray) names = spoc_journal_list(root->spool, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(names->len, ==, 1);
    SpocJournal *journal = spoc_journal_open(root->spool, g_ptr_array_index(names, 0), &error);
    gboolean ended = FALSE;
    g_assert_true(spoc_journal_refresh(journal, &ended, &error));
    g_assert_true(ended);
    return journal;
}

static void
look_ahead(SpocEventReader *reader)
{
    g_autoptr(GError) error = NULL;
    g_assert_true(spoc_event_reader_look_ahead(reader, TRUE, &error));
}

static gboolean
run(SpocEventReader *reader, guint events_max)
{
    g_autoptr(GError) error = NULL;
    gboolean more = FALSE;
    g_assert_true(spoc_event_reader_run(reader, TRUE, events_max, &more, &error));
    return more;
}

/* Each event is handled as the one that was learned from: it was parsed once. */
static void
test_once(Root *root, gconstpointer data)
{
    SpocEventBudget budget = {0};
    g_auto(Seen) seen = {0};
    seen_init(&seen);
    g_autoptr(SpocJournal) journal = make_journal(root, 100, 0);
    g_autoptr(SpocEventReader) reader = spoc_event_reader_new(journal, &budget, &funcs, &seen);
    look_ahead(reader);
    look_ahead(reader); /* nothing is learned twice */
    g_assert_cmpuint(seen.learned->len, ==, 100);
    g_assert_cmpuint(budget.events, ==, 100);
    g_assert_true(spoc_event_reader_is_behind(reader));
    g_assert_cmpuint(spoc_event_reader_position(reader), ==, 0);
    while (run(reader, 7))
        ;
    g_assert_cmpuint(seen.handled->len, ==, 100);
    for (guint i = 0; i < 100; i++)
        g_assert_true(seen.handled->pdata[i] == seen.learned->pdata[i]);
    g_assert_cmpuint(budget.events, ==, 0);
    g_assert_cmpuint(budget.bytes, ==, 0);
    g_assert_false(spoc_event_reader_is_behind(reader));
    g_assert_cmpuint(spoc_event_reader_position(reader), ==, spoc_journal_size(journal));
}

/* An event that must wait is handled later as the one that was refused; nothing was learned. */
static void
test_waits(Root *root, gconstpointer data)
{
    SpocEventBudget budget = {0};
    g_auto(Seen) seen = {0};
    seen_init(&seen);
    g_autoptr(SpocJournal) journal = make_journal(root, 10, 0);
    SpocEventReader *reader = spoc_event_reader_new(journal, &budget, &funcs, &seen);
    seen.refusals_left = 5;
    for (guint i = 1; i <= 5; i++) {
        g_assert_true(run(reader, 64));
        g_assert_cmpuint(seen.refused, ==, i);
        g_assert_cmpuint(budget.events, ==, 1);
        g_assert_cmpuint(spoc_event_reader_position(reader), ==, 0);
    }
    g_assert_true(run(reader, 3));
    g_assert_cmpuint(seen.handled->len, ==, 3);
    g_assert_cmpuint(budget.events, ==, 1); /* the fourth was parsed, and keeps */
    const SpocEvent *last = seen.handled->pdata[2];
    g_assert_cmpuint(spoc_event_reader_position(reader), ==, last->offset + last->length_bytes);
    spoc_event_reader_free(reader);
    g_assert_cmpuint(budget.events, ==, 0);
    g_assert_cmpuint(budget.bytes, ==, 0);
}

/* What finds no room is parsed again, and nothing is lost, doubled or out of order. */
static void
test_budget(Root *root, gconstpointer data)
{
    enum { COUNT = 3 * SPOC_EVENT_BUDGET_EVENTS };
    SpocEventBudget budget = {0};
    g_auto(Seen) seen = {0};
    seen_init(&seen);
    g_autoptr(SpocJournal) journal = make_journal(root, COUNT, 100);
    g_autoptr(SpocEventReader) reader = spoc_event_reader_new(journal, &budget, &funcs, &seen);
    look_ahead(reader);
    g_assert_cmpuint(seen.learned->len, ==, COUNT);
    guint kept = budget.events;
    g_assert_cmpuint(kept, >, 100);
    g_assert_cmpuint(kept, <=, SPOC_EVENT_BUDGET_EVENTS);
    g_assert_cmpuint(budget.bytes, <=, SPOC_EVENT_BUDGET_BYTES);

    /* Another journal takes all that is left. */
    budget.events += SPOC_EVENT_BUDGET_EVENTS;
    seen.refusals_left = 2;
    while (run(reader, 64))
        ;
    g_assert_cmpuint(seen.handled->len, ==, COUNT);
    for (guint i = 0; i < COUNT; i++) {
        const SpocEvent *learned = seen.learned->pdata[i];
        const SpocEvent *handled = seen.handled->pdata[i];
        g_assert_cmpuint(learned->offset, ==, handled->offset);
        g_assert_true((learned == handled) == (i < kept));
    }
    g_assert_cmpuint(budget.events, ==, SPOC_EVENT_BUDGET_EVENTS);
    g_assert_cmpuint(budget.bytes, ==, 0);

    /* Each damaged place was said once, whoever came there first. */
    g_assert_cmpuint(seen.damaged, ==, COUNT / 100);
    g_assert_cmpuint(seen.damaged_bytes, ==, COUNT / 100 * PIECE_BYTES);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add("/event-reader/once", Root, NULL, root_set_up, test_once, root_tear_down);
    g_test_add("/event-reader/waits", Root, NULL, root_set_up, test_waits, root_tear_down);
    g_test_add("/event-reader/budget", Root, NULL, root_set_up, test_budget, root_tear_down);
    return g_test_run();
}
