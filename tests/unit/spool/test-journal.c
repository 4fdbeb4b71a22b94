/* SPDX-License-Identifier: Apache-2.0 */
/* Also tests: marks.c */
#include "base/error.h"
#include "root.h"
#include "spool/journal-writer.h"
#include "spool/journal.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Writes a journal of these blocks, NULL-terminated; returns its name. */
static char *
write_journal(Root *root, const char *const *blocks, gboolean finish)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(SpocJournalWriter) writer =
        spoc_journal_writer_new(root->spool, "spoc:a%40b", "x\0y", 3, &error);
    g_assert_no_error(error);
    for (guint i = 0; blocks[i] != NULL; i++)
        g_assert_true(spoc_journal_writer_commit(writer, blocks[i], strlen(blocks[i]), &error));
    if (finish)
        g_assert_true(spoc_journal_writer_finish(writer, &error));
    g_assert_no_error(error);
    return g_strdup(spoc_journal_writer_name(writer));
}

static SpocJournal *
open_journal(Root *root, const char *name)
{
    g_autoptr(GError) error = NULL;
    SpocJournal *journal = spoc_journal_open(root->spool, name, &error);
    g_assert_no_error(error);
    return journal;
}

static gboolean
refresh(SpocJournal *journal)
{
    g_autoptr(GError) error = NULL;
    gboolean ended = FALSE;
    g_assert_true(spoc_journal_refresh(journal, &ended, &error));
    g_assert_no_error(error);
    return ended;
}

/* The whole stream, missing bytes as '.', read in steps of @step */
static char *
read_stream(SpocJournal *journal, gsize step)
{
    g_autoptr(GError) error = NULL;
    GString *out = g_string_new(NULL);
    g_autofree char *buffer = g_malloc(step);
    for (;;) {
        gssize count = spoc_journal_read(journal, out->len, buffer, step, &error);
        g_assert_no_error(error);
        if (count == 0)
            break;
        g_string_append_len(out, buffer, count);
    }
    g_assert_cmpuint(out->len, ==, spoc_journal_size(journal));
    for (gsize i = 0; i < out->len; i++)
        if (out->str[i] == '\0')
            out->str[i] = '.';
    return g_string_free(out, FALSE);
}

static const char *const three[] = {"one", "two two", "three", NULL};
static const char whole[] = "onetwo twothree";

static void
test_round_trip(Root *root, gconstpointer data)
{
    g_autofree char *name = write_journal(root, three, TRUE);
    g_autoptr(SpocJournal) journal = open_journal(root, name);
    g_assert_true(refresh(journal));
    g_assert_cmpstr(spoc_journal_recipient_uri(journal), ==, "spoc:a%40b");
    gsize size;
    const guint8 *user_data = spoc_journal_user_data(journal, &size);
    g_assert_cmpmem(user_data, size, "x\0y", 3);
    gint64 age = g_get_real_time() / G_USEC_PER_SEC - spoc_journal_created_unix_s(journal);
    g_assert_cmpint(age, >=, 0);
    g_assert_cmpint(age, <, 60);
    g_assert_cmpuint(spoc_journal_damaged_blocks(journal), ==, 0);
    for (gsize step = 1; step < 20; step++) {
        g_autofree char *stream = read_stream(journal, step);
        g_assert_cmpstr(stream, ==, whole);
    }
    /* Any order of reading */
    for (guint64 offset = strlen(whole); offset-- > 0;) {
        char byte = 0;
        g_assert_cmpint(spoc_journal_read(journal, offset, &byte, 1, NULL), ==, 1);
        g_assert_cmpint(byte, ==, whole[offset]);
    }
}

static void
test_names(Root *root, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *first = write_journal(root, three, TRUE);
    g_autofree char *second = write_journal(root, three, FALSE);
    g_assert_cmpstr(first, <, second);
    root_put(root, "events", "not-a-journal", "x", 1);
    g_autofree char *orphan = g_strconcat(first, "x.marks", NULL);
    root_put(root, "events", orphan, "x", 1);
    g_autoptr(GPtrArray) names = spoc_journal_list(root->spool, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(names->len, ==, 2);
    g_assert_cmpstr(names->pdata[0], ==, first);
    g_assert_cmpstr(names->pdata[1], ==, second);
    g_autofree char *path = root_path(root, "events", orphan);
    g_assert_cmpint(g_access(path, F_OK), ==, -1);
    g_autofree char *notes = g_strconcat(first, "x.notes", NULL);
    root_put(root, "events", notes, "x", 1);
    g_ptr_array_unref(spoc_journal_list(root->spool, NULL));
    g_autofree char *notes_path = root_path(root, "events", notes);
    g_assert_cmpint(g_access(notes_path, F_OK), ==, -1);
    g_assert_null(spoc_journal_open(root->spool, "../events", &error));
    g_assert_error(error, SPOC_ERROR, SPOC_ERROR_INVALID);
}

/* Nothing is seen before the first commit, and nothing stays when there is none. */
static void
test_empty(Root *root, gconstpointer data)
{
    static const char *const none[] = {NULL};
    g_autofree char *name = write_journal(root, none, TRUE);
    g_assert_nonnull(name);
    g_assert_cmpuint(root_count(root, "events"), ==, 0);
}

static void
test_live(Root *root, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(SpocJournalWriter) writer = spoc_journal_writer_new(root->spool, "", NULL, 0, &error);
    g_assert_true(spoc_journal_writer_commit(writer, "one", 3, &error));
    g_autoptr(SpocJournal) journal = open_journal(root, spoc_journal_writer_name(writer));
    g_assert_false(refresh(journal));
    g_assert_cmpuint(spoc_journal_size(journal), ==, 3);
    g_assert_false(spoc_journal_delete(journal, &error));
    g_assert_error(error, SPOC_ERROR, SPOC_ERROR_UNAVAILABLE);
    g_clear_error(&error);
    g_assert_true(spoc_journal_writer_commit(writer, "two", 3, &error));
    g_assert_false(refresh(journal));
    g_autofree char *stream = read_stream(journal, 2);
    g_assert_cmpstr(stream, ==, "onetwo");

    /* The next journal of the same process tells that this one is done. */
    g_autoptr(SpocJournalWriter) next = spoc_journal_writer_new(root->spool, "", NULL, 0, &error);
    g_assert_true(spoc_journal_writer_commit(next, "x", 1, &error));
    g_assert_true(refresh(journal));
}

/* A dead writer's file, cut at every byte: what was whole is there, the rest is ignored. */
static void
test_torn(Root *root, gconstpointer data)
{
    g_autofree char *name = write_journal(root, three, FALSE);
    g_autofree char *later = write_journal(root, three, FALSE);
    g_assert_cmpstr(name, <, later); /* so the first one's writer counts as dead */
    g_autoptr(GBytes) content = root_get(root, "events", name);
    gsize size;
    const char *bytes = g_bytes_get_data(content, &size);
    const gsize header = 32, head = size - 3 * header - strlen(whole);
    for (gsize cut = head; cut <= size; cut++) {
        root_put(root, "events", name, bytes, cut);
        g_autoptr(SpocJournal) journal = open_journal(root, name);
        g_assert_true(refresh(journal));
        gsize expected = 0, place = head;
        for (guint i = 0; three[i] != NULL; i++) {
            place += header + strlen(three[i]);
            if (cut >= place)
                expected += strlen(three[i]);
        }
        g_assert_cmpuint(spoc_journal_size(journal), ==, expected);
        g_assert_cmpuint(spoc_journal_damaged_blocks(journal), ==, 0);
    }
    for (gsize cut = 0; cut < head; cut++) {
        g_autoptr(GError) error = NULL;
        root_put(root, "events", name, bytes, cut);
        g_assert_null(spoc_journal_open(root->spool, name, &error));
        g_assert_error(error, SPOC_ERROR, SPOC_ERROR_CORRUPT);
    }
}

/* Every bit behind the head flipped in turn: at most one block is missing, as zeros. */
static void
test_flipped(Root *root, gconstpointer data)
{
    g_autofree char *name = write_journal(root, three, TRUE);
    g_autoptr(GBytes) content = root_get(root, "events", name);
    gsize size;
    const char *bytes = g_bytes_get_data(content, &size);
    const gsize header = 32, head = size - 4 * header - strlen(whole);
    static const char *const expected[] = {"...two twothree", "one.......three", "onetwo two.....",
                                           whole};
    for (gsize bit = head * 8; bit < size * 8; bit++) {
        g_autofree char *damaged = g_memdup2(bytes, size);
        damaged[bit / 8] = (char)(damaged[bit / 8] ^ (1 << bit % 8));
        root_put(root, "events", name, damaged, size);
        g_autoptr(SpocJournal) journal = open_journal(root, name);
        (void)refresh(journal);
        guint block = 0;
        for (gsize end = head; three[block] != NULL; block++) {
            end += header + strlen(three[block]);
            if (bit / 8 < end)
                break;
        }
        g_autofree char *stream = read_stream(journal, 4);
        g_assert_cmpstr(stream, ==, expected[block]);
        g_assert_cmpuint(spoc_journal_damaged_blocks(journal), ==, three[block] != NULL ? 1 : 0);
    }
    for (gsize bit = 0; bit < head * 8; bit++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *damaged = g_memdup2(bytes, size);
        damaged[bit / 8] = (char)(damaged[bit / 8] ^ (1 << bit % 8));
        root_put(root, "events", name, damaged, size);
        g_assert_null(spoc_journal_open(root->spool, name, &error));
        g_assert_error(error, SPOC_ERROR, SPOC_ERROR_CORRUPT);
    }
}

/* A block that a reader saw and that the writer cut off again */
static void
test_cut_tail(Root *root, gconstpointer data)
{
    g_autofree char *name = write_journal(root, three, FALSE);
    g_autofree char *path = root_path(root, "events", name);
    g_autoptr(GBytes) content = root_get(root, "events", name);
    g_autoptr(SpocJournal) journal = open_journal(root, name);
    g_assert_false(refresh(journal));
    g_assert_cmpuint(spoc_journal_size(journal), ==, strlen(whole));
    g_assert_cmpint(truncate(path, (off_t)g_bytes_get_size(content) - 6), ==, 0);
    g_assert_false(refresh(journal));
    g_autofree char *stream = read_stream(journal, 10);
    g_assert_cmpstr(stream, ==, "onetwo two");
}

static void
test_marks(Root *root, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *name = write_journal(root, three, TRUE);
    g_autofree char *marks = g_strconcat(name, ".marks", NULL);
    {
        g_autoptr(SpocJournal) journal = open_journal(root, name);
        g_assert_false(spoc_journal_is_marked(journal, 0, 0));
        g_assert_true(spoc_journal_mark(journal, 3, 1, &error));
        g_assert_true(spoc_journal_mark(journal, 10, SPOC_JOURNAL_WHOLE, &error));
        g_assert_true(spoc_journal_mark(journal, 3, 1, &error)); /* twice is once */
        /* no sync: kill -9 keeps it */
    }
    g_autoptr(GBytes) content = root_get(root, "events", marks);
    g_assert_cmpuint(g_bytes_get_size(content), ==, 40);
    for (gsize cut = 0; cut <= 40; cut++) {
        root_put(root, "events", marks, g_bytes_get_data(content, NULL), cut);
        g_autoptr(SpocJournal) journal = open_journal(root, name);
        g_assert_cmpint(spoc_journal_is_marked(journal, 3, 1), ==, cut >= 20);
        g_assert_false(spoc_journal_is_marked(journal, 3, 0));
        g_assert_cmpint(spoc_journal_is_marked(journal, 10, 7), ==, cut == 40);
        /* The next one goes over the torn record, not behind it. */
        g_assert_true(spoc_journal_mark(journal, 99, 0, &error));
        g_autoptr(SpocJournal) again = open_journal(root, name);
        g_assert_true(spoc_journal_is_marked(again, 99, 0));
        g_assert_cmpint(spoc_journal_is_marked(again, 3, 1), ==, cut >= 20);
    }
    g_autoptr(SpocJournal) journal = open_journal(root, name);
    g_assert_true(spoc_journal_mark_before(journal, 12, &error));
    g_assert_true(spoc_journal_mark_before(journal, 5, &error)); /* never goes back */
    g_assert_true(spoc_journal_sync_marks(journal, &error));
    g_assert_no_error(error);
    g_autoptr(SpocJournal) again = open_journal(root, name);
    g_assert_cmpuint(spoc_journal_marked_before(again), ==, 12);
    g_assert_true(spoc_journal_is_marked(again, 11, 3));
    g_assert_false(spoc_journal_is_marked(again, 12, 0));
    g_assert_true(spoc_journal_is_marked(again, 99, 0));

    /* Flipped bits make no marks. */
    g_autoptr(GBytes) full = root_get(root, "events", marks);
    for (gsize bit = 0; bit < 20 * 8; bit++) {
        g_autofree guint8 *damaged =
            g_memdup2(g_bytes_get_data(content, NULL), g_bytes_get_size(content));
        damaged[bit / 8] = (guint8)(damaged[bit / 8] ^ (1 << bit % 8));
        root_put(root, "events", marks, damaged, 20);
        g_autoptr(SpocJournal) third = open_journal(root, name);
        g_assert_cmpuint(spoc_journal_marked_before(third), ==, 0);
        for (guint64 offset = 0; offset < 20; offset++)
            g_assert_false(spoc_journal_is_marked(third, offset, 1));
    }
    root_put(root, "events", marks, g_bytes_get_data(full, NULL), g_bytes_get_size(full));

    g_assert_true(refresh(again));
    g_assert_true(spoc_journal_delete(again, &error));
    g_assert_no_error(error);
    g_assert_cmpuint(root_count(root, "events"), ==, 0);
}

static void
test_notes(Root *root, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *name = write_journal(root, three, TRUE);
    g_autofree char *notes = g_strconcat(name, ".notes", NULL);
    {
        g_autoptr(SpocJournal) journal = open_journal(root, name);
        g_autofree char *none = spoc_journal_notes(journal, &error);
        g_assert_cmpstr(none, ==, "");
        g_assert_true(spoc_journal_note(journal, "first", &error));
        g_assert_true(spoc_journal_note(journal, "second", &error));
        g_assert_true(spoc_journal_sync_notes(journal, &error));
        g_assert_no_error(error);
    }
    /* Whatever a crash leaves of a line: the others stay whole. */
    static const char text[] = "first\nsecond\n";
    for (gsize cut = 0; cut < sizeof text; cut++) {
        root_put(root, "events", notes, text, cut);
        g_autoptr(SpocJournal) journal = open_journal(root, name);
        g_assert_true(spoc_journal_note(journal, "third", &error));
        g_autofree char *all = spoc_journal_notes(journal, &error);
        g_assert_no_error(error);
        g_assert_cmpstr(all, ==,
                        cut < 6                 ? "third\n"
                        : cut < sizeof text - 1 ? "first\nthird\n"
                                                : "first\nsecond\nthird\n");
    }
    g_autoptr(SpocJournal) journal = open_journal(root, name);
    g_autofree char *long_line = g_strnfill(SPOC_JOURNAL_NOTES_MAX_BYTES, 'x');
    g_assert_false(spoc_journal_note(journal, long_line, &error));
    g_assert_error(error, SPOC_ERROR, SPOC_ERROR_LIMIT);
    g_clear_error(&error);
    g_assert_true(refresh(journal));
    g_assert_true(spoc_journal_delete(journal, &error));
    g_assert_no_error(error);
    g_assert_cmpuint(root_count(root, "events"), ==, 0);

    /* A link is neither read nor written. */
    g_autofree char *second = write_journal(root, three, TRUE);
    g_autofree char *second_notes = g_strconcat(second, ".notes", NULL);
    g_autofree char *path = root_path(root, "events", second_notes);
    root_put(root, "state", "real", "mine\n", 5);
    g_autofree char *real = root_path(root, "state", "real");
    g_assert_cmpint(symlink(real, path), ==, 0);
    g_autoptr(SpocJournal) linked = open_journal(root, second);
    g_assert_null(spoc_journal_notes(linked, &error));
    g_assert_error(error, SPOC_ERROR, SPOC_ERROR_CORRUPT);
    g_clear_error(&error);
    g_assert_false(spoc_journal_note(linked, "x", &error));
    g_assert_error(error, SPOC_ERROR, SPOC_ERROR_CORRUPT);
    g_clear_error(&error);
}

/* What somebody put there: never followed, never believed, never waited for. */
static void
test_planted(Root *root, gconstpointer data)
{
    g_autofree char *name = write_journal(root, three, TRUE);
    g_autofree char *path = root_path(root, "events", name);
    g_autofree char *real = root_path(root, "state", "real");
    static const char *const kinds[] = {"symlink", "hard link", "fifo", "directory"};
    for (guint i = 0; i < G_N_ELEMENTS(kinds); i++) {
        g_autoptr(GError) error = NULL;
        if (i == 0)
            g_assert_cmpint(g_rename(path, real), ==, 0);
        int made = i == 0   ? symlink(real, path)
                   : i == 1 ? link(real, path)
                   : i == 2 ? mkfifo(path, 0600)
                            : g_mkdir(path, 0700);
        g_assert_cmpint(made, ==, 0);
        g_assert_null(spoc_journal_open(root->spool, name, &error));
        g_assert_error(error, SPOC_ERROR, SPOC_ERROR_CORRUPT);
        g_clear_error(&error);
        g_assert_true(spoc_spool_set_aside(root->spool, "events", name, &error));
        g_assert_no_error(error);
        g_assert_cmpuint(root_count(root, "corrupt"), ==, i + 1);
        g_assert_cmpuint(root_count(root, "events"), ==, 0);
    }
}

/* More than the waypoints are apart: reading backwards uses them. */
static void
test_many_blocks(Root *root, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(SpocJournalWriter) writer = spoc_journal_writer_new(root->spool, "", NULL, 0, &error);
    g_autofree guint8 *block = g_malloc(40000);
    for (guint i = 0; i < 100; i++) {
        memset(block, (int)i + 1, 40000);
        g_assert_true(spoc_journal_writer_commit(writer, block, 40000, &error));
    }
    g_assert_true(spoc_journal_writer_finish(writer, &error));
    g_autoptr(SpocJournal) journal = open_journal(root, spoc_journal_writer_name(writer));
    g_assert_true(refresh(journal));
    for (guint i = 100; i-- > 0;) {
        guint8 pair[2];
        guint64 offset = (guint64)i * 40000 - (i > 0 ? 1 : 0);
        g_assert_cmpint(spoc_journal_read(journal, offset, pair, 2, &error), ==, 2);
        g_assert_cmpint(pair[0], ==, i > 0 ? i : 1);
        g_assert_cmpint(pair[1], ==, i + 1);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define ADD(path, function) g_test_add(path, Root, NULL, root_set_up, function, root_tear_down)
    ADD("/journal/round-trip", test_round_trip);
    ADD("/journal/names", test_names);
    ADD("/journal/empty", test_empty);
    ADD("/journal/live", test_live);
    ADD("/journal/torn", test_torn);
    ADD("/journal/flipped", test_flipped);
    ADD("/journal/cut-tail", test_cut_tail);
    ADD("/journal/marks", test_marks);
    ADD("/journal/notes", test_notes);
    ADD("/journal/planted", test_planted);
    ADD("/journal/many-blocks", test_many_blocks);
    return g_test_run();
}
