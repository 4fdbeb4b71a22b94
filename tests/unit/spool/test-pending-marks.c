/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/pending-marks.h"

#include "spool/journal.h"
#include "spool/message.h"

#include "root.h"
#include "spool/journal-writer.h"

#include <string.h>

#define MESSAGE_ID "0011223344556677"

typedef struct {
    Root root;
    char *one, *other;
} Fixture;

static char *
make_journal(const Fixture *fixture)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(SpocJournalWriter) writer =
        spoc_journal_writer_new(fixture->root.spool, "spoc:alice@example.com", NULL, 0, &error);
    g_assert_no_error(error);
    g_assert_true(spoc_journal_writer_commit(writer, "0123456789", 10, &error));
    g_assert_true(spoc_journal_writer_finish(writer, &error));
    return g_strdup(spoc_journal_writer_name(writer));
}

static void
set_up(Fixture *fixture, gconstpointer data)
{
    root_set_up(&fixture->root, data);
    fixture->one = make_journal(fixture);
    fixture->other = make_journal(fixture);
}

static void
tear_down(Fixture *fixture, gconstpointer data)
{
    g_free(fixture->one);
    g_free(fixture->other);
    root_tear_down(&fixture->root, data);
}

static void
write_marks(const Fixture *fixture)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *marks = g_strdup_printf(
        "%s 0 7\n%s 3 8\n%s 5 7\n0000000000000001-00000001-00000001 1 7\n%s 6 4294967295\n",
        fixture->one, fixture->other, fixture->one, fixture->other);
    g_assert_true(spoc_pending_marks_write(fixture->root.spool, MESSAGE_ID, marks, &error));
    g_assert_no_error(error);
}

static void
store_message(const Fixture *fixture, SpocState state)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(SpocEnvelope) envelope = spoc_envelope_new();
    g_autoptr(GBytes) body = g_bytes_new_static("x\r\n", 3);
    envelope->id = g_strdup(MESSAGE_ID);
    envelope->kind = g_strdup(SPOC_QUEUE_NOTIFICATION_KIND);
    envelope->sender = g_strdup("spoc@example.com");
    envelope->message_id = g_strdup("<x@example.com>");
    spoc_envelope_add_recipient(envelope, "alice@example.com");
    g_assert_true(
        spoc_message_add(fixture->root.spool, &(SpocMessage){envelope, body}, state, &error));
    g_assert_no_error(error);
}

static gboolean
is_marked(const Fixture *fixture, const char *name, guint64 offset, guint part)
{
    g_autoptr(GError) error = NULL;
    gboolean ended = FALSE;
    g_autoptr(SpocJournal) journal = spoc_journal_open(fixture->root.spool, name, &error);
    g_assert_no_error(error);
    g_assert_true(spoc_journal_refresh(journal, &ended, &error));
    return spoc_journal_is_marked(journal, offset, part);
}

static void
finish(const Fixture *fixture)
{
    g_autoptr(GError) error = NULL;
    g_assert_true(spoc_pending_marks_finish(fixture->root.spool, &error));
    g_assert_no_error(error);
}

/* spocd was killed before it stored the message: its events are still to be mailed. */
static void
test_not_stored(Fixture *fixture, gconstpointer data)
{
    write_marks(fixture);
    finish(fixture);
    g_assert_false(is_marked(fixture, fixture->one, 0, 7));
    g_assert_false(is_marked(fixture, fixture->other, 3, 8));
    store_message(fixture, SPOC_STATE_WAITING);
    finish(fixture); /* the file is gone */
    g_assert_false(is_marked(fixture, fixture->one, 0, 7));
}

/* It was killed after that: all events that the message tells are marked, and no others. */
static void
test_stored(Fixture *fixture, gconstpointer data)
{
    write_marks(fixture);
    store_message(fixture, GPOINTER_TO_INT(data));
    finish(fixture);
    g_assert_true(is_marked(fixture, fixture->one, 0, 7));
    g_assert_true(is_marked(fixture, fixture->one, 5, 7));
    g_assert_true(is_marked(fixture, fixture->other, 3, 8));
    g_assert_true(is_marked(fixture, fixture->other, 6, G_MAXUINT32));
    g_assert_false(is_marked(fixture, fixture->one, 3, 8));
    g_assert_false(is_marked(fixture, fixture->one, 5, 8));
}

/* A file that somebody damaged marks nothing that it does not name, and is gone afterwards. */
static void
test_damaged(Fixture *fixture, gconstpointer data)
{
    static const char *const texts[] = {"",
                                        "\n",
                                        MESSAGE_ID,
                                        MESSAGE_ID "\n../../x 0 7\n",
                                        MESSAGE_ID "\nx\n",
                                        MESSAGE_ID "\nj-x -1 99999999999\n"};
    store_message(fixture, SPOC_STATE_HELD);
    for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
        root_put(&fixture->root, "state", "pending-marks", texts[i], strlen(texts[i]));
        (void)!spoc_pending_marks_finish(fixture->root.spool, NULL);
        g_autofree char *path = root_path(&fixture->root, "state", "pending-marks");
        g_assert_false(g_file_test(path, G_FILE_TEST_EXISTS));
    }
    g_assert_false(is_marked(fixture, fixture->one, 0, 7));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add("/pending-marks/not-stored", Fixture, NULL, set_up, test_not_stored, tear_down);
    g_test_add("/pending-marks/stored", Fixture, GINT_TO_POINTER(SPOC_STATE_WAITING), set_up,
               test_stored, tear_down);
    g_test_add("/pending-marks/damaged", Fixture, NULL, set_up, test_damaged, tear_down);
    return g_test_run();
}
