/* SPDX-License-Identifier: Apache-2.0 */
#include "notify/duplicates.h"

#include "../spool/root.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define ALICE "alice@example.com"
#define BOB "bob@example.com"

static const char *no_reasons[] = {"none", NULL};
static const char *jam[] = {"media-jam-error", NULL};

typedef struct {
    Root root;
    SpocDuplicates *duplicates;
} Fixture;

static void
set_up(Fixture *fixture, gconstpointer data)
{
    root_set_up(&fixture->root, data);
    fixture->duplicates = spoc_duplicates_new(fixture->root.spool, NULL);
}

static void
tear_down(Fixture *fixture, gconstpointer data)
{
    spoc_duplicates_free(fixture->duplicates);
    root_tear_down(&fixture->root, data);
}

/* Without freeing the old one first: it was killed. */
static void
restart(Fixture *fixture)
{
    SpocDuplicates *killed = fixture->duplicates;
    fixture->duplicates = spoc_duplicates_new(fixture->root.spool, NULL);
    spoc_duplicates_free(killed);
}

static SpocEvent
completed(gint job_id, gint64 when_unix_s, guint64 offset)
{
    return (SpocEvent){.offset = offset,
                       .kind = SPOC_EVENT_JOB_COMPLETED,
                       .name = (char *)"job-completed",
                       .job_id = job_id,
                       .job_state = 9,
                       .when_unix_s = when_unix_s,
                       .job_state_reasons = (char **)no_reasons,
                       .printer_state_reasons = (char **)no_reasons};
}

static gboolean
is_one(Fixture *fixture, const char *address, const SpocEvent *event, const char *journal)
{
    return spoc_duplicates_is_one(fixture->duplicates, address, SPOC_MAIL_NOTICE, event, journal);
}

static void
test_second_subscription(Fixture *fixture, gconstpointer data)
{
    SpocEvent event = completed(7, 1000, 0), later = completed(7, 1012, 300);
    g_assert_false(is_one(fixture, ALICE, &event, "a"));
    g_assert_true(is_one(fixture, ALICE, &event, "b"));
    g_assert_true(is_one(fixture, ALICE, &later, "c"));
    /* The answer about one place stays what it was. */
    g_assert_false(is_one(fixture, ALICE, &event, "a"));
    g_assert_true(is_one(fixture, ALICE, &event, "b"));
    /* Another person, another job, another event, another kind of mail */
    g_assert_false(is_one(fixture, BOB, &event, "b"));
    SpocEvent other_job = completed(8, 1000, 0);
    g_assert_false(is_one(fixture, ALICE, &other_job, "b"));
    event.name = (char *)"job-stopped";
    g_assert_false(is_one(fixture, ALICE, &event, "b"));
    event.name = (char *)"job-completed";
    g_assert_false(
        spoc_duplicates_is_one(fixture->duplicates, ALICE, SPOC_MAIL_DIGEST, &event, "b"));
}

/* cupsd counts jobs anew when it has lost its state. */
static void
test_window(Fixture *fixture, gconstpointer data)
{
    SpocEvent event = completed(7, 1000, 0);
    SpocEvent next = completed(7, 1001 + SPOC_DUPLICATES_WINDOW_S, 0);
    g_assert_false(is_one(fixture, ALICE, &event, "a"));
    g_assert_false(is_one(fixture, ALICE, &next, "b"));
}

/* What happens twice is told twice, whichever subscription is read first. */
static void
test_happens_twice(Fixture *fixture, gconstpointer data)
{
    static const struct {
        const char *journal;
        guint64 offset;
        gboolean is_one;
    } cases[] = {{"a", 0, FALSE}, {"b", 0, TRUE}, {"b", 9, FALSE}, {"a", 9, TRUE},
                 {"c", 0, TRUE},  {"c", 9, TRUE}, {"c", 18, FALSE}};
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        SpocEvent event = completed(7, 1000 + (gint64)i, cases[i].offset);
        g_assert_cmpint(is_one(fixture, ALICE, &event, cases[i].journal), ==, cases[i].is_one);
    }
}

static void
test_killed(Fixture *fixture, gconstpointer data)
{
    SpocEvent event = completed(7, 1000, 0);
    g_assert_false(is_one(fixture, ALICE, &event, "a"));
    restart(fixture);
    g_assert_true(is_one(fixture, ALICE, &event, "b"));
    restart(fixture);
    g_assert_false(is_one(fixture, ALICE, &event, "a"));
    g_assert_true(is_one(fixture, ALICE, &event, "c"));
}

static void
test_printers(Fixture *fixture, gconstpointer data)
{
    SpocEvent event = {.kind = SPOC_EVENT_PRINTER_STATE_CHANGED,
                       .name = (char *)"printer-state-changed",
                       .printer_name = (char *)"q1",
                       .printer_state = 5,
                       .printer_state_reasons = (char **)jam,
                       .job_state_reasons = (char **)no_reasons,
                       .when_unix_s = 1000};
    g_assert_false(is_one(fixture, ALICE, &event, "a"));
    g_assert_true(is_one(fixture, ALICE, &event, "b"));
    event.printer_state_reasons = (char **)no_reasons;
    g_assert_false(is_one(fixture, ALICE, &event, "b"));
    event.printer_name = (char *)"q2";
    g_assert_false(is_one(fixture, ALICE, &event, "b"));
}

/* However many there are, memory and file are bounded, and the latest are known. */
static void
test_bounded(Fixture *fixture, gconstpointer data)
{
    guint count = 5 * SPOC_DUPLICATES_MAX;
    for (guint i = 1; i <= count; i++) {
        SpocEvent event = completed((gint)i, 1000, i);
        g_assert_false(is_one(fixture, ALICE, &event, "a"));
    }
    g_autoptr(GError) error = NULL;
    g_autofree char *path = root_path(&fixture->root, "state", "duplicates");
    g_autofree char *text = NULL;
    gsize size = 0;
    g_assert_true(g_file_get_contents(path, &text, &size, &error));
    g_assert_cmpuint(size, <, 4 * 1024 * 1024);
    restart(fixture);
    SpocEvent latest = completed((gint)count, 1000, 0), old = completed(1, 1000, 0);
    g_assert_true(is_one(fixture, ALICE, &latest, "b"));
    g_assert_false(is_one(fixture, ALICE, &old, "b"));
}

static void
test_spoiled_file(Fixture *fixture, gconstpointer data)
{
    SpocEvent event = completed(7, 1000, 0);
    g_assert_false(is_one(fixture, ALICE, &event, "a"));
    g_autofree char *path = root_path(&fixture->root, "state", "duplicates");
    g_autofree char *text = NULL;
    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    g_autofree char *spoiled =
        g_strconcat("no line\n\n1 2 3\n1 1 1 1 0 1\n", text, "ffff ffff ff", NULL);
    g_assert_true(g_file_set_contents(path, spoiled, -1, NULL));
    restart(fixture);
    g_assert_true(is_one(fixture, ALICE, &event, "b"));
    SpocEvent next = completed(8, 1000, 0);
    g_assert_false(is_one(fixture, ALICE, &next, "a"));
    restart(fixture);
    g_assert_true(is_one(fixture, ALICE, &next, "b"));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define ADD(name, function) g_test_add(name, Fixture, NULL, set_up, function, tear_down)
    ADD("/duplicates/second-subscription", test_second_subscription);
    ADD("/duplicates/window", test_window);
    ADD("/duplicates/happens-twice", test_happens_twice);
    ADD("/duplicates/killed", test_killed);
    ADD("/duplicates/printers", test_printers);
    ADD("/duplicates/bounded", test_bounded);
    ADD("/duplicates/spoiled-file", test_spoiled_file);
    return g_test_run();
}
