/* SPDX-License-Identifier: Apache-2.0 */
#include "config/cupsd-conf.h"

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
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        SpocCupsdLimits limits = spoc_cupsd_conf_parse(cases[i].text);
        g_assert_true(limits.is_known);
        g_assert_cmpint(limits.total, ==, cases[i].limit);
    }
}

static void
test_all(void)
{
    SpocCupsdLimits none = spoc_cupsd_conf_parse("");
    g_assert_cmpint(none.per_job, ==, 0);
    g_assert_cmpint(none.per_printer, ==, 0);
    g_assert_cmpint(none.per_user, ==, 0);
    g_assert_cmpint(none.max_lease_s, ==, 0);
    SpocCupsdLimits all = spoc_cupsd_conf_parse("MaxSubscriptionsPerJob 3\n"
                                                "MaxSubscriptionsPerPrinter 4\n"
                                                "maxsubscriptionsperuser 5\n"
                                                "MaxLeaseDuration 2d\n");
    g_assert_cmpint(all.total, ==, 100);
    g_assert_cmpint(all.per_job, ==, 3);
    g_assert_cmpint(all.per_printer, ==, 4);
    g_assert_cmpint(all.per_user, ==, 5);
    g_assert_cmpint(all.max_lease_s, ==, 2 * 86400);
    g_assert_cmpint(spoc_cupsd_conf_parse("MaxLeaseDuration 90").max_lease_s, ==, 90);
    g_assert_cmpint(spoc_cupsd_conf_parse("MaxLeaseDuration 9223372036854775807w").max_lease_s, ==,
                    G_MAXINT64);
}

/* Whether a link to CUPS's pages leads anywhere from another host */
static void
test_reachable(void)
{
    static const struct {
        const char *text;
        gboolean is_reachable;
    } cases[] = {
        {"", FALSE},
        {"Listen localhost:631\nListen /run/cups/cups.sock\nWebInterface Yes\n", FALSE},
        {"Listen 127.0.0.1:631\nListen [::1]:631\nSSLListen LOCALHOST:443\n", FALSE},
        {"Listen localhost:631\nListen prints.example.com:631\n", TRUE},
        {"Listen *:631\n", TRUE},
        {"  port 631\n", TRUE},
        {"SSLPort 443\n", TRUE},
        {"Listen [2001:db8::1]:631\n", TRUE},
        {"#Port 631\nListenBackLog 8\nListen\nPortable 631\n", FALSE},
        {"Port 631\nWebInterface No\n", FALSE},
        {"WebInterface off\nPort 631\nWebInterface On\n", TRUE},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++)
        g_assert_cmpint(spoc_cupsd_conf_parse(cases[i].text).is_reachable, ==,
                        cases[i].is_reachable);
}

static void
test_unreadable(void)
{
    char *environment[] = {(char *)"CUPS_SERVERROOT=/nonexistent", NULL};
    g_autoptr(SpocPlaces) places = spoc_places_new(environment);
    SpocCupsdLimits limits = spoc_cupsd_conf_read(places);
    g_assert_cmpint(limits.total, ==, 100);
    g_assert_false(limits.is_known);
    g_assert_false(limits.is_reachable);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/cupsd-conf/max-subscriptions", test_max_subscriptions);
    g_test_add_func("/cupsd-conf/all", test_all);
    g_test_add_func("/cupsd-conf/reachable", test_reachable);
    g_test_add_func("/cupsd-conf/unreadable", test_unreadable);
    return g_test_run();
}
