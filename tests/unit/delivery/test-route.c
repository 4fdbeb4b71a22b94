/* SPDX-License-Identifier: Apache-2.0 */
#include "delivery/route.h"

static void
test_table(void)
{
    static const struct {
        SpocServerState primary, backup; /* usable, failing, down_until_us, probing */
        guint tried;
        int server;
        gint64 earliest_us;
    } cases[] = {
        {{1, 0, 0, 0}, {1, 0, 0, 0}, 0, 0, 0},
        {{1, 0, 0, 0}, {1, 0, 0, 0}, 1, 1, 0},
        {{1, 0, 0, 0}, {1, 0, 0, 0}, 3, -1, 0},
        {{1, 0, 0, 0}, {0, 0, 0, 0}, 1, -1, 0},
        {{0, 0, 0, 0}, {1, 0, 0, 0}, 0, 1, 0},
        {{0, 0, 0, 0}, {0, 0, 0, 0}, 0, -1, 0},
        {{1, 1, 900, 0}, {1, 0, 0, 0}, 0, 1, 0},      /* known to be down: the backup at once */
        {{1, 1, 900, 0}, {1, 1, 700, 0}, 0, -1, 700}, /* both down: not asked */
        {{1, 1, 900, 0}, {0, 0, 0, 0}, 0, -1, 900},
        {{1, 1, 400, 0}, {1, 0, 0, 0}, 0, 0, 0},   /* due: it is asked again */
        {{1, 1, 400, 1}, {1, 0, 0, 0}, 0, 1, 0},   /* one is asking already */
        {{1, 1, 400, 1}, {1, 1, 900, 0}, 0, 0, 0}, /* nothing else: share the answer */
        {{1, 1, 400, 1}, {0, 0, 0, 0}, 0, 0, 0},
        {{1, 1, 900, 0}, {1, 0, 0, 0}, 2, -1, 900},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        const SpocServerState states[] = {cases[i].primary, cases[i].backup};
        g_test_message("case %u", i);
        SpocRoute route = spoc_route_next(states, cases[i].tried, 500);
        g_assert_cmpint(route.server, ==, cases[i].server);
        g_assert_cmpint(route.earliest_us, ==, cases[i].earliest_us);
    }
}

/* Who may have a message already is asked first, twice; then any. */
static void
test_kept_from(void)
{
    static const struct {
        SpocServerState primary, backup;
        guint tried;
        int dropped_by;
        guint drops;
        int next; /* what follows for the route */
    } cases[] = {
        {{1, 0, 0, 0}, {1, 0, 0, 0}, 0, -1, 0, 0},  {{1, 0, 0, 0}, {1, 0, 0, 0}, 0, 0, 1, 0},
        {{1, 0, 0, 0}, {1, 0, 0, 0}, 0, 1, 1, 1}, /* before the primary, that has it not */
        {{1, 0, 0, 0}, {1, 0, 0, 0}, 0, 1, 2, 0},   {{1, 0, 0, 0}, {1, 0, 0, 0}, 1, 0, 2, 1},
        {{1, 0, 0, 0}, {1, 0, 0, 0}, 2, 1, 1, 0},   /* it was asked, and refused */
        {{1, 0, 0, 0}, {1, 1, 900, 0}, 0, 1, 1, 0}, /* it cannot be asked */
        {{1, 0, 0, 0}, {0, 0, 0, 0}, 0, 1, 1, 0},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        const SpocServerState states[] = {cases[i].primary, cases[i].backup};
        guint tried = cases[i].tried | spoc_route_kept_from(states, cases[i].tried,
                                                            cases[i].dropped_by, cases[i].drops);
        g_test_message("case %u", i);
        g_assert_cmpint(spoc_route_next(states, tried, 500).server, ==, cases[i].next);
    }
}

static void
test_pause(void)
{
    static const gint64 seconds[] = {30, 60, 120, 240, 300, 300};
    for (guint i = 0; i < G_N_ELEMENTS(seconds); i++)
        g_assert_cmpint(spoc_route_pause_us(i + 1), ==, seconds[i] * G_USEC_PER_SEC);
    g_assert_cmpint(spoc_route_pause_us(G_MAXUINT), ==, 300 * (gint64)G_USEC_PER_SEC);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/route/table", test_table);
    g_test_add_func("/route/kept-from", test_kept_from);
    g_test_add_func("/route/pause", test_pause);
    return g_test_run();
}
