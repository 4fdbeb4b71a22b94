/* SPDX-License-Identifier: Apache-2.0 */
/* Each system call of the commit paths fails in turn: nothing that was said to be safe is
 * lost, nothing is there twice, and all works again when the fault ends. */
#include "base/error.h"
#include "faults.h"
#include "root.h"
#include "spool/journal-writer.h"
#include "spool/journal.h"
#include "spool/message.h"

#include <errno.h>
#include <string.h>

#define NTH_MAX 50

/* A reason of 0: writes are short, and nothing fails. */
static const int reasons[] = {ENOSPC, EIO, EROFS, EMFILE, EDQUOT, 0};

/* One run under a fault; whether any call was made to fail */
typedef gboolean (*Body)(FaultCall call, guint nth, guint count, int reason);

/* Runs @body with each call failing at each place where it is made, once and thrice on end;
 * with each reason at the first place. */
static void
each_fault(Body body)
{
    for (guint call = 0; call < FAULT_CALLS; call++) {
        for (guint r = 0; r < G_N_ELEMENTS(reasons); r++)
            if (reasons[r] != 0 || call == FAULT_WRITE)
                (void)body((FaultCall)call, 0, 1, reasons[r]);
        guint nth = 1;
        while (body((FaultCall)call, nth, 1, EIO) && body((FaultCall)call, nth, 3, ENOSPC))
            g_assert_cmpuint(++nth, <, NTH_MAX);
    }
}

static void
check_message(const GError *error, int reason)
{
    g_assert_nonnull(error);
    g_assert_true(error->domain == SPOC_ERROR);
    g_assert_nonnull(strstr(error->message, g_strerror(reason)));
}

/* What a reader sees now: never anything but a beginning of what was given. */
typedef struct {
    Root *root;
    SpocJournal *journal;
    const char *given;
} Watcher;

static void
watch(gpointer data)
{
    Watcher *watcher = data;
    char buffer[100];
    if (watcher->journal == NULL)
        return;
    gboolean ended;
    g_assert_true(spoc_journal_refresh(watcher->journal, &ended, NULL));
    gssize count = spoc_journal_read(watcher->journal, 0, buffer, sizeof buffer, NULL);
    g_assert_cmpint(count, >=, 0);
    g_assert_cmpint(count, <=, strlen(watcher->given));
    g_assert_cmpmem(buffer, count, watcher->given, count);
    g_assert_cmpuint(spoc_journal_damaged_blocks(watcher->journal), ==, 0);
}

static gboolean
journal_under_fault(FaultCall call, guint nth, guint count, int reason)
{
    gboolean hit = FALSE;
    Root root;
    root_set_up(&root, NULL);
    g_autoptr(GError) error = NULL;
    static const char *const blocks[] = {"first ", "second ", "third"};
    Watcher watcher = {.root = &root, .given = "first second third"};

    fault_arm(call, nth, count, reason);
    SpocJournalWriter *writer = NULL;
    for (guint tries = 0; writer == NULL; tries++) {
        writer = spoc_journal_writer_new(root.spool, "spoc:a", NULL, 0, &error);
        if (writer == NULL)
            check_message(error, reason);
        g_clear_error(&error);
        g_assert_cmpuint(tries, <, 10);
    }
    guint64 safe = 0;
    for (guint i = 0; i < G_N_ELEMENTS(blocks); i++) {
        for (guint tries = 0;
             !spoc_journal_writer_commit(writer, blocks[i], strlen(blocks[i]), &error); tries++) {
            check_message(error, reason);
            g_clear_error(&error);
            g_assert_cmpuint(tries, <, 10);
        }
        safe += strlen(blocks[i]);
        if (i == 0) {
            hit = fault_disarm() || hit;
            watcher.journal =
                spoc_journal_open(root.spool, spoc_journal_writer_name(writer), &error);
            g_assert_no_error(error);
            fault_at_sync(watch, &watcher);
            fault_arm(call, nth, count, reason);
        }
        watch(&watcher);
        g_assert_cmpuint(spoc_journal_size(watcher.journal), ==, safe);
    }
    for (guint tries = 0; !spoc_journal_writer_finish(writer, &error); tries++) {
        check_message(error, reason);
        g_clear_error(&error);
        g_assert_cmpuint(tries, <, 10);
    }
    hit = fault_disarm() || hit;
    fault_at_sync(NULL, NULL);
    gboolean ended = FALSE;
    g_assert_true(spoc_journal_refresh(watcher.journal, &ended, &error));
    g_assert_true(ended);
    spoc_journal_writer_free(writer);
    spoc_journal_free(watcher.journal);
    g_assert_cmpuint(root_count(&root, "events"), ==, 1);
    root_tear_down(&root, NULL);
    return hit;
}

static void
test_journal(void)
{
    each_fault(journal_under_fault);
}

/* The retry may bring more bytes behind the same ones: a reader that saw the shorter block
 * must see the rest, too. */
static void
test_longer_retry(void)
{
    Root root;
    root_set_up(&root, NULL);
    g_autoptr(GError) error = NULL;
    g_autoptr(SpocJournalWriter) writer =
        spoc_journal_writer_new(root.spool, "spoc:a", NULL, 0, &error);
    g_assert_true(spoc_journal_writer_commit(writer, "one ", 4, &error));
    Watcher watcher = {.root = &root, .given = "one two three "};
    watcher.journal = spoc_journal_open(root.spool, spoc_journal_writer_name(writer), &error);
    fault_at_sync(watch, &watcher);
    fault_arm(FAULT_SYNC, 0, 1, EIO);
    g_assert_false(spoc_journal_writer_commit(writer, "two ", 4, &error));
    g_clear_error(&error);
    g_assert_true(fault_disarm());
    g_assert_cmpuint(spoc_journal_size(watcher.journal), ==, 8); /* it was seen unsynced */
    g_assert_true(spoc_journal_writer_commit(writer, "two three ", 10, &error));
    watch(&watcher);
    g_assert_cmpuint(spoc_journal_size(watcher.journal), ==, 14);
    fault_at_sync(NULL, NULL);
    spoc_journal_free(watcher.journal);
    g_clear_pointer(&writer, spoc_journal_writer_free);
    root_tear_down(&root, NULL);
}

static gboolean
marks_under_fault(FaultCall call, guint nth, guint count, int reason)
{
    gboolean hit = FALSE;
    Root root;
    root_set_up(&root, NULL);
    g_autoptr(GError) error = NULL;
    g_autoptr(SpocJournalWriter) writer =
        spoc_journal_writer_new(root.spool, "spoc:a", NULL, 0, &error);
    g_assert_true(spoc_journal_writer_commit(writer, "x", 1, &error));
    g_autoptr(SpocJournal) journal =
        spoc_journal_open(root.spool, spoc_journal_writer_name(writer), &error);
    fault_arm(call, nth, count, reason);
    for (guint i = 0; i < 4; i++) {
        while (!spoc_journal_mark(journal, 10 * i, i, &error)) {
            check_message(error, reason);
            g_clear_error(&error);
        }
        while (!spoc_journal_sync_marks(journal, &error)) {
            check_message(error, reason);
            g_clear_error(&error);
        }
    }
    hit = fault_disarm() || hit;
    g_autoptr(SpocJournal) again =
        spoc_journal_open(root.spool, spoc_journal_writer_name(writer), &error);
    g_assert_no_error(error);
    for (guint i = 0; i < 4; i++) {
        g_assert_true(spoc_journal_is_marked(again, 10 * i, i));
        g_assert_false(spoc_journal_is_marked(again, 10 * i, i + 1));
    }
    g_clear_pointer(&again, spoc_journal_free);
    g_clear_pointer(&journal, spoc_journal_free);
    g_clear_pointer(&writer, spoc_journal_writer_free);
    root_tear_down(&root, NULL);
    return hit;
}

static void
test_marks(void)
{
    each_fault(marks_under_fault);
}

static SpocEnvelope *
new_envelope(const char *id)
{
    SpocEnvelope *envelope = spoc_envelope_new();
    envelope->id = g_strdup(id);
    envelope->kind = g_strdup("notification");
    envelope->sender = g_strdup("printer@example.com");
    envelope->message_id = g_strdup("1@example.com");
    envelope->subject = g_strdup("Subject");
    envelope->next_attempt_unix_s = 1700000000;
    spoc_envelope_add_recipient(envelope, "alice@example.com");
    return envelope;
}

static void
count_message(const char *id, gint64 next_attempt_unix_s, gint64 changed_unix_s, gpointer count)
{
    (*(guint *)count)++;
}

/* In how many states a message is */
static guint
count_states(const Root *root)
{
    guint count = 0;
    for (guint state = 0; state < SPOC_STATE_FOLDERS; state++)
        g_assert_true(
            spoc_message_each(root->spool, (SpocState)state, count_message, &count, NULL));
    return count;
}

/* Tries until it works, and says whether it ever failed. */
#define PERSIST(call)                                                                              \
    for (guint tries = 0; !(call); tries++) {                                                      \
        check_message(error, reason);                                                              \
        g_clear_error(&error);                                                                     \
        g_assert_cmpuint(count_states(&root), <=, 1);                                              \
        g_assert_cmpuint(tries, <, 10);                                                            \
    }

static gboolean
queue_under_fault(FaultCall call, guint nth, guint count, int reason)
{
    if (call == FAULT_OPEN)
        count = 1; /* listing opens folders, too */
    gboolean hit = FALSE;
    Root root;
    root_set_up(&root, NULL);
    g_autoptr(GError) error = NULL;
    g_autoptr(SpocEnvelope) envelope = new_envelope("m1");
    g_autoptr(GBytes) body = g_bytes_new_static("body", 4);

    fault_arm(call, nth, count, reason);
    PERSIST(spoc_message_add(root.spool, &(SpocMessage){envelope, body}, SPOC_STATE_NEW, &error));
    hit = fault_disarm() || hit;
    g_assert_cmpuint(count_states(&root), ==, 1);

    /* Delivered to nobody yet, moved on: at each moment it is in exactly one state. */
    g_free(envelope->reason);
    envelope->reason = g_strdup("no answer");
    SpocState from = SPOC_STATE_NEW;
    fault_arm(call, nth, count, reason);
    for (guint tries = 0;
         !spoc_message_save(root.spool, envelope, from, SPOC_STATE_WAITING, &error); tries++) {
        check_message(error, reason);
        g_clear_error(&error);
        g_assert_cmpuint(count_states(&root), ==, 1);
        g_assert_true(spoc_message_find(root.spool, "m1", &from, &error));
        g_assert_cmpuint(tries, <, 10);
    }
    hit = fault_disarm() || hit;
    g_autoptr(SpocEnvelope) loaded =
        spoc_message_load(root.spool, SPOC_STATE_WAITING, "m1", &error);
    g_assert_no_error(error);
    g_assert_cmpstr(loaded->reason, ==, "no answer");
    g_autoptr(GBytes) kept = spoc_message_load_body(root.spool, "m1", &error);
    g_assert_true(g_bytes_equal(kept, body));

    fault_arm(call, nth, count, reason);
    PERSIST(spoc_message_delete(root.spool, SPOC_STATE_WAITING, "m1", &error));
    hit = fault_disarm() || hit;
    g_assert_cmpuint(count_states(&root), ==, 0);
    g_assert_cmpuint(root_count(&root, "data"), ==, 0);
    root_tear_down(&root, NULL);
    return hit;
}

static void
test_queue(void)
{
    each_fault(queue_under_fault);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/faults/journal", test_journal);
    g_test_add_func("/faults/longer-retry", test_longer_retry);
    g_test_add_func("/faults/marks", test_marks);
    g_test_add_func("/faults/queue", test_queue);
    return g_test_run();
}
