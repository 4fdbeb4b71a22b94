/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/cupsd-conf.h"

static void
test_max_subscriptions(void)
{
    static const struct {
        const char *text;
        gint64 limit;
    } cases[] = {
        {"", 100},
        {"LogLevel warn\nMaxSubscriptions 250\n", 250},
        {"  maxsubscriptions\t7  \r\n", 7},
        {"MaxSubscriptions 0\n", 0},
        {"#MaxSubscriptions 5\nMaxSubscriptionsPerJob 3\nMaxSubscriptionsPerJob3 4\n", 100},
        {"MaxSubscriptions 5\nMaxSubscriptions 6", 6},
        {"MaxSubscriptions many\nMaxSubscriptions", 100},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++)
        g_assert_cmpint(spoc_cupsd_conf_max_subscriptions(cases[i].text), ==, cases[i].limit);
}

static void
test_unreadable(void)
{
    char *environment[] = {(char *)"CUPS_SERVERROOT=/nonexistent", NULL};
    g_autoptr(SpocPlaces) places = spoc_places_new(environment);
    gboolean known = TRUE;
    g_assert_cmpint(spoc_cupsd_conf_read_max_subscriptions(places, &known), ==, 100);
    g_assert_false(known);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/cupsd-conf/max-subscriptions", test_max_subscriptions);
    g_test_add_func("/cupsd-conf/unreadable", test_unreadable);
    return g_test_run();
}
