/* SPDX-License-Identifier: Apache-2.0 */
#include "cups/job-memory.h"

#define NOW 1700000000

static void
put(SpocJobMemory *memory, gint job_id, const char *owner, const char *title)
{
    g_autofree char *own = g_strdup(owner), *named = g_strdup(title);
    const SpocJobAttributes facts = {.owner = own, .title = named, .learned_unix_s = NOW};
    spoc_job_memory_put(memory, job_id, &facts, NOW);
}

static void
test_bounded(void)
{
    g_autoptr(SpocJobMemory) memory = spoc_job_memory_new(2);
    put(memory, 1, "alice", NULL);
    put(memory, 2, "bob", NULL);
    g_assert_nonnull(spoc_job_memory_get(memory, 1)); /* used, so 2 is the older one */
    put(memory, 3, "carol", NULL);
    g_assert_null(spoc_job_memory_get(memory, 2));
    g_assert_cmpstr(spoc_job_memory_get(memory, 1)->owner, ==, "alice");
    put(memory, 1, "dave", "again");
    g_assert_cmpstr(spoc_job_memory_get(memory, 1)->owner, ==, "dave");
    spoc_job_memory_forget(memory, 1);
    spoc_job_memory_forget(memory, 99);
    g_assert_null(spoc_job_memory_get(memory, 1));
}

static void
test_round_trip(void)
{
    g_autoptr(SpocJobMemory) memory = spoc_job_memory_new(10);
    put(memory, 7, "al\tice", "line\nbreak \xc3\xa9 \\");
    put(memory, 8, "bob", NULL);
    g_autofree char *text = spoc_job_memory_export(memory, 10);

    g_autoptr(SpocJobMemory) next = spoc_job_memory_new(10);
    spoc_job_memory_import(next, text, NOW + 60);
    g_assert_cmpstr(spoc_job_memory_get(next, 7)->owner, ==, "al\tice");
    g_assert_cmpstr(spoc_job_memory_get(next, 7)->title, ==, "line\nbreak \xc3\xa9 \\");
    g_assert_cmpstr(spoc_job_memory_get(next, 8)->owner, ==, "bob");
    g_assert_null(spoc_job_memory_get(next, 8)->title);

    g_autofree char *latest = spoc_job_memory_export(memory, 1);
    g_assert_cmpstr(latest, ==, "8\t1700000000\tbob\t\t\n");
}

static void
test_foreign_text(void)
{
    static const char *const lines[] = {
        "",
        "5",
        "x\t1700000000\ta\t\t",
        "-1\t1700000000\ta\t\t",
        "99999999999\t1700000000\ta\t\t",
        "5\tx\ta\t\t",
        "5\t1700000000\ta\t",
        "5\t1700000000\t\t\t",
        "5\t1700000000\t\\377\t\t",
        "\t\t\t\t",
        "5\t1700000000\ta\t\t\tmore",
        "5\t1600000000\ttoo-old\t\t",
        "5\t1800000000\tfrom-the-future\t\t",
    };
    for (guint i = 0; i < G_N_ELEMENTS(lines); i++) {
        g_autoptr(SpocJobMemory) memory = spoc_job_memory_new(10);
        spoc_job_memory_import(memory, lines[i], NOW);
        g_autofree char *text = spoc_job_memory_export(memory, 10);
        g_assert_cmpstr(text, ==, "");
    }
}

/* Lines come from several places: the latest word counts, in whatever order they are read. */
static void
test_latest(void)
{
    g_autoptr(SpocJobMemory) memory = spoc_job_memory_new(10);
    spoc_job_memory_import(memory, "5\t1699999990\tbob\t\t", NOW);
    spoc_job_memory_import(memory, "5\t1699999980\tanna\t\t", NOW);
    g_autofree char *line = spoc_job_memory_export_job(memory, 5);
    g_assert_cmpstr(line, ==, "5\t1699999990\tbob\t\t");
    g_assert_null(spoc_job_memory_export_job(memory, 6));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/job-memory/bounded", test_bounded);
    g_test_add_func("/job-memory/round-trip", test_round_trip);
    g_test_add_func("/job-memory/foreign-text", test_foreign_text);
    g_test_add_func("/job-memory/latest", test_latest);
    return g_test_run();
}
