/* SPDX-License-Identifier: Apache-2.0 */
#include "notify/journal-set.h"

#include "../event/build-event.h"
#include "../spool/root.h"

#include "base/error.h"
#include "people/refusal.h"
#include "spool/journal-writer.h"

/* The linker's --wrap gives these names; nobody else declares them. */
gssize __real_spoc_journal_read(SpocJournal *journal, guint64 offset, void *buffer, gsize size,
                                GError **error);
gssize __wrap_spoc_journal_read(SpocJournal *journal, guint64 offset, void *buffer, gsize size,
                                GError **error);

static guint64 bad_offset = G_MAXUINT64; /* what lies there cannot be read */

gssize
__wrap_spoc_journal_read(SpocJournal *journal, guint64 offset, void *buffer, gsize size,
                         GError **error)
{
    if (offset > bad_offset) {
        g_set_error_literal(error, SPOC_ERROR, SPOC_ERROR_IO, "Input/output error");
        return -1;
    }
    return __real_spoc_journal_read(journal, offset, buffer, size, error);
}

static void
on_changed(gpointer user_data)
{
    (*(guint *)user_data)++;
}

static void
make_journal(const Root *root)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    const BuildEvent event = BUILD_EVENT_DONE;
    for (guint i = 0; i < 100; i++) /* more than is read at a time */
        build_event_append(bytes, &event);
    g_autoptr(SpocJournalWriter) writer =
        spoc_journal_writer_new(root->spool, "spoc:%40owner", NULL, 0, &error);
    g_assert_no_error(error);
    g_assert_true(spoc_journal_writer_commit(writer, bytes->data, bytes->len, &error));
    g_assert_true(spoc_journal_writer_finish(writer, &error));
}

/* A journal that cannot be read while CUPS is asked about it stays open: the answer comes to it. */
static void
test_unreadable(Root *root, gconstpointer data)
{
    guint changes = 0;
    SpocLog *log = spoc_log_new(2, SPOC_LOG_STYLE_CUPS, SPOC_LOG_ERROR);
    SpocCups *cups = spoc_cups_new(NULL);
    g_autoptr(GHashTable) said = spoc_said_new();
    const SpocRuntime runtime = {.unverified = SPOC_UNVERIFIED_SEND};
    const SpocNotifyContext context = {.spool = root->spool,
                                       .log = log,
                                       .cups = cups,
                                       .runtime = &runtime,
                                       .said = said,
                                       .once = TRUE,
                                       .changed = on_changed,
                                       .user_data = &changes};
    SpocAggregator *aggregator = spoc_aggregator_new(&context);
    SpocJournalSet *journals = spoc_journal_set_new(&context, aggregator);
    make_journal(root);
    bad_offset = 0;
    g_assert_false(spoc_journal_set_rescan(journals));
    g_assert_cmpuint(spoc_journal_set_count(journals), ==, 1);
    while (changes == 0) /* CUPS cannot be reached */
        g_main_context_iteration(NULL, TRUE);
    g_assert_false(spoc_journal_set_rescan(journals)); /* it still cannot be read */
    bad_offset = G_MAXUINT64;
    g_assert_true(spoc_journal_set_rescan(journals));
    g_assert_cmpuint(spoc_journal_set_count(journals), ==, 1);

    spoc_cups_free(cups);
    spoc_aggregator_free(aggregator);
    spoc_journal_set_free(journals);
    spoc_log_free(log);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_assert_true(g_setenv("CUPS_SERVER", "127.0.0.1:1", TRUE));
    g_test_add("/journal-set/unreadable", Root, NULL, root_set_up, test_unreadable, root_tear_down);
    return g_test_run();
}
