/* SPDX-License-Identifier: Apache-2.0 */
#include "../spool/root.h"
#include "base/error.h"
#include "notifier/copier.h"
#include "spool/journal-writer.h"
#include "spool/journal.h"

#include <glib/gstdio.h>
#include <grp.h>
#include <poll.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#define NOBODY 65534
#define WAIT_MS 10000

/* A copier in a thread of its own, fed through a pipe; its log is a pipe, too. */
typedef struct {
    Root root;
    int input[2], stop[2], log_pipe[2];
    SpocLog *log;
    SpocCopierLimits limits;
    SpocCopierTask task;
    GThread *thread;
    GString *logged;
} Copy;

static void
set_up(Copy *copy, gconstpointer data)
{
    root_set_up(&copy->root, NULL);
    g_assert_cmpint(pipe(copy->input), ==, 0);
    g_assert_cmpint(pipe(copy->stop), ==, 0);
    g_assert_cmpint(pipe(copy->log_pipe), ==, 0);
    copy->log = spoc_log_new(copy->log_pipe[1], SPOC_LOG_STYLE_CUPS, SPOC_LOG_DEBUG);
    copy->logged = g_string_new(NULL);
    copy->limits = spoc_copier_limits_default;
    copy->limits.retry_ms = 20;
    copy->limits.silence_ms = 100;
    copy->task = (SpocCopierTask){
        .input_fd = copy->input[0],
        .stop_fd = copy->stop[0],
        .recipient_uri = "spoc:a",
        .places = copy->root.places,
        .log = copy->log,
        .limits = &copy->limits,
    };
}

static void
close_end(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static void
tear_down(Copy *copy, gconstpointer data)
{
    for (guint i = 0; i < 2; i++) {
        close_end(&copy->input[i]);
        close_end(&copy->stop[i]);
        close_end(&copy->log_pipe[i]);
    }
    spoc_log_free(copy->log);
    g_string_free(copy->logged, TRUE);
    root_tear_down(&copy->root, NULL);
}

static gpointer
run(gpointer data)
{
    const Copy *copy = data;
    return GINT_TO_POINTER(spoc_copier_run(&copy->task));
}

static void
start(Copy *copy)
{
    copy->thread = g_thread_new(NULL, run, copy);
}

static gboolean
join(Copy *copy)
{
    return GPOINTER_TO_INT(g_thread_join(copy->thread));
}

static void
feed(Copy *copy, const char *text)
{
    g_assert_cmpint(write(copy->input[1], text, strlen(text)), ==, strlen(text));
}

/* Waits until the log says this. */
static void
wait_for_log(Copy *copy, const char *words)
{
    while (strstr(copy->logged->str, words) == NULL) {
        struct pollfd ready = {.fd = copy->log_pipe[0], .events = POLLIN};
        g_assert_cmpint(poll(&ready, 1, WAIT_MS), ==, 1);
        char buffer[1000];
        ssize_t count = read(copy->log_pipe[0], buffer, sizeof buffer);
        g_assert_cmpint(count, >, 0);
        g_string_append_len(copy->logged, buffer, count);
    }
}

/* The streams of all journals, one behind the other, each ended by '|' */
static char *
stored(Copy *copy)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(SpocSpool) spool = spoc_spool_open(copy->root.places, &error);
    g_assert_no_error(error);
    g_autoptr(GPtrArray) names = spoc_journal_list(spool, &error);
    g_assert_no_error(error);
    GString *all = g_string_new(NULL);
    for (guint i = 0; i < names->len; i++) {
        g_autoptr(SpocJournal) journal = spoc_journal_open(spool, names->pdata[i], &error);
        g_assert_no_error(error);
        gboolean ended = FALSE;
        g_assert_true(spoc_journal_refresh(journal, &ended, &error));
        gsize size = spoc_journal_size(journal);
        g_autofree char *stream = g_malloc(size + 1);
        g_assert_cmpint(spoc_journal_read(journal, 0, stream, size, &error), ==, size);
        g_string_append_len(all, stream, (gssize)size);
        g_string_append(all, ended ? "|" : "~");
    }
    return g_string_free(all, FALSE);
}

/* Waits until all journals together hold this. */
static void
wait_for_stored(Copy *copy, const char *expected)
{
    for (gint64 end = g_get_monotonic_time() + WAIT_MS * 1000;;) {
        g_autofree char *now = stored(copy);
        if (strcmp(now, expected) == 0)
            return;
        g_assert_cmpint(g_get_monotonic_time(), <, end);
        (void)poll(NULL, 0, 5);
    }
}

static void
test_end(Copy *copy, gconstpointer data)
{
    start(copy);
    feed(copy, "one ");
    wait_for_stored(copy, "one ~");
    feed(copy, "two");
    close_end(&copy->input[1]);
    g_assert_true(join(copy));
    g_autofree char *all = stored(copy);
    g_assert_cmpstr(all, ==, "one two|");
    wait_for_log(copy, "WARNING: events are safe in the spool, but spocd cannot be woken");
}

static void
test_nothing(Copy *copy, gconstpointer data)
{
    start(copy);
    close_end(&copy->input[1]);
    g_assert_true(join(copy));
    g_autofree char *all = stored(copy);
    g_assert_cmpstr(all, ==, "");
}

static void
test_stop(Copy *copy, gconstpointer data)
{
    start(copy);
    feed(copy, "one ");
    g_assert_cmpint(write(copy->stop[1], "x", 1), ==, 1);
    feed(copy, "two"); /* what still comes after it is taken, too */
    g_assert_true(join(copy));
    g_autofree char *all = stored(copy);
    g_assert_cmpstr(all, ==, "one two|");
}

static void
test_missing_spool(Copy *copy, gconstpointer data)
{
    g_autofree char *away = g_build_filename(copy->root.path, "away", NULL);
    g_assert_cmpint(g_rename(copy->root.places->request_root, away), ==, 0);
    start(copy);
    feed(copy, "one ");
    wait_for_log(copy, "ERROR: events cannot be written and wait in memory");
    g_assert_nonnull(strstr(copy->logged->str, "install -d"));
    feed(copy, "two");
    close_end(&copy->input[1]);
    g_assert_cmpint(g_rename(away, copy->root.places->request_root), ==, 0);
    g_assert_true(join(copy));
    wait_for_log(copy, "INFO: events are written again");
    g_autofree char *all = stored(copy);
    g_assert_cmpstr(all, ==, "one two|");
    /* However often it was tried, it was said once. */
    g_auto(GStrv) errors = g_strsplit(copy->logged->str, "ERROR:", -1);
    g_assert_cmpuint(g_strv_length(errors), ==, 2);
}

/* Somebody removes the folder while a journal is open: what comes then is kept. (Not the
 * spool itself: root would make it anew for lp and become lp.) */
static void
test_removed_folder(Copy *copy, gconstpointer data)
{
    start(copy);
    feed(copy, "one ");
    wait_for_stored(copy, "one ~");
    g_autofree char *events = root_path(&copy->root, "events", NULL);
    root_remove(events);
    feed(copy, "two");
    close_end(&copy->input[1]);
    g_assert_true(join(copy));
    g_autofree char *all = stored(copy);
    g_assert_true(g_str_has_suffix(all, "two|")); /* the first, too, if its sync was not over */
}

static void
test_bound(Copy *copy, gconstpointer data)
{
    copy->limits.backlog_max_bytes = 8;
    copy->limits.linger_ms = 60;
    root_remove(copy->root.places->request_root);
    start(copy);
    feed(copy, "12345678");
    wait_for_log(copy, "cannot be written");
    feed(copy, "dropped");
    wait_for_log(copy, "later events are lost");
    close_end(&copy->input[1]);
    g_assert_false(join(copy));
    wait_for_log(copy, "gave up: 8 bytes of events for 'spoc:a' are lost");
}

static void
test_next_journal(Copy *copy, gconstpointer data)
{
    copy->limits.journal_max_bytes = 4;
    copy->limits.pause_ms = 0; /* each read comes after a pause */
    start(copy);
    feed(copy, "one ");
    wait_for_stored(copy, "one ~");
    feed(copy, "two ");
    wait_for_stored(copy, "one |two ~");
    close_end(&copy->input[1]);
    g_assert_true(join(copy));
    g_autofree char *all = stored(copy);
    g_assert_cmpstr(all, ==, "one |two |");
}

/* What waits is written in pieces that a journal takes, in its order. */
static void
test_large_backlog(Copy *copy, gconstpointer data)
{
    gsize size = 2 * SPOC_JOURNAL_COMMIT_MAX_BYTES + SPOC_JOURNAL_COMMIT_MAX_BYTES / 2;
    g_autofree char *text = g_malloc(size + 1);
    for (gsize i = 0; i < size; i++)
        text[i] = (char)('a' + i % 23);
    text[size] = '\0';
    g_autofree char *away = g_build_filename(copy->root.path, "away", NULL);
    g_assert_cmpint(g_rename(copy->root.places->request_root, away), ==, 0);
    start(copy);
    feed(copy, text);
    close_end(&copy->input[1]);
    g_assert_cmpint(g_rename(away, copy->root.places->request_root), ==, 0);
    g_assert_true(join(copy));
    g_autofree char *all = stored(copy);
    g_assert_cmpuint(strlen(all), ==, size + 1);
    g_assert_true(g_str_has_prefix(all, text));
}

/* The notifier does not run as root. */
static void
become_nobody(void)
{
    if (geteuid() == 0)
        g_assert_true(setgroups(0, NULL) == 0 && setgid(NOBODY) == 0 && setuid(NOBODY) == 0);
}

int
main(int argc, char **argv)
{
    become_nobody();
    g_test_init(&argc, &argv, NULL);
#define ADD(path, function) g_test_add(path, Copy, NULL, set_up, function, tear_down)
    ADD("/copier/end", test_end);
    ADD("/copier/nothing", test_nothing);
    ADD("/copier/stop", test_stop);
    ADD("/copier/missing-spool", test_missing_spool);
    ADD("/copier/removed-folder", test_removed_folder);
    ADD("/copier/bound", test_bound);
    ADD("/copier/next-journal", test_next_journal);
    ADD("/copier/large-backlog", test_large_backlog);
    int status = g_test_run();
    (void)prctl(PR_SET_DUMPABLE, 1); /* for the finder of leaks, who traces us */
    return status;
}
