/* SPDX-License-Identifier: Apache-2.0 */
#include "config/host.h"

#include "config/server.h"

static void
test_qualify(void)
{
    static const struct {
        const char *name;
        const char *hosts;
        const char *full;
    } cases[] = {
        {"prn1", "127.0.0.1 localhost\n127.0.1.1\tprn1.example.com prn1\n", "prn1.example.com"},
        {"PRN1", "127.0.1.1 Prn1.Example.Com prn1 # ours", "prn1.example.com"},
        {"prn1", "127.0.1.1 prn1 prn1.example.com", "prn1.example.com"},
        {"prn1.example.org", "127.0.1.1 prn1.example.com prn1", "prn1.example.org"},
        {"prn1", "127.0.1.1 prn1", "prn1"},
        {"prn1", "127.0.0.1 localhost.localdomain prn1", "prn1"},
        {"prn1", "# 127.0.1.1 prn1.example.com prn1", "prn1"},
        {"prn1", "127.0.1.1 other.example.com other", "prn1"},
        {"prn1", "127.0.1.1 bad..name prn1", "prn1"},
        {"127.0.1.1", "127.0.1.1 x.example.com", "127.0.1.1"},
        {"prn1", "", "prn1"},
        {"prn1", NULL, "prn1"},
        {"(none)", NULL, "localhost"},
        {"", NULL, "localhost"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *full = spoc_host_qualify(cases[i].name, cases[i].hosts);
        g_assert_cmpstr(full, ==, cases[i].full);
    }
}

static void
test_own_name(void)
{
    g_autofree char *name = spoc_host_name();
    g_autofree char *domain = spoc_domain_parse(name, NULL);
    g_assert_cmpstr(domain, ==, name);
}

static void
test_names(void)
{
    static const char hosts[] =
        "127.0.0.1 localhost\n127.0.1.1 printhost.corp.example printhost ph\n"
        "192.0.2.9 other.example other\n192.0.2.8 PH print.example # x y\n";
    g_auto(GStrv) names = spoc_host_list_names(
        "PrintHost", hosts, "nameserver 192.0.2.1\nsearch a.example b.example.\n", "site.example");
    g_autofree char *all = g_strjoinv(" ", names);
    g_assert_cmpstr(all, ==,
                    "printhost.corp.example printhost ph printhost.a.example printhost.b.example "
                    "printhost.site.example localhost");
    g_auto(GStrv) few = spoc_host_list_names("srv.example.com", NULL, NULL, NULL);
    g_autofree char *joined = g_strjoinv(" ", few);
    g_assert_cmpstr(joined, ==, "srv.example.com srv localhost");
    g_auto(GStrv) odd = spoc_host_list_names("-", "\n#\n \n", "search\n", NULL);
    g_assert_cmpstr(odd[0], ==, "localhost");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/host/qualify", test_qualify);
    g_test_add_func("/host/own-name", test_own_name);
    g_test_add_func("/host/names", test_names);
    return g_test_run();
}
