/* SPDX-License-Identifier: Apache-2.0 */
#include "delivery/settings.h"

static void
test_mask(void)
{
    static const struct {
        const char *password;
        const char *in;
        const char *out;
    } cases[] = {
        {"geheim", "535 no geheim, geheim!", "535 no ***, ***!"},
        {"geheim", "535 no Z2VoZWlt", "535 no ***"},
        {"geheim", "AHVzZXIAZ2VoZWlt", "***"},
        {"geheim", "535 nothing", "535 nothing"},
        {"", "535 nothing", "535 nothing"},
        {NULL, "535 nothing", "535 nothing"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(SpocDeliverySettings) settings = spoc_settings_alloc();
        settings->user = g_strdup("user");
        settings->password = g_strdup(cases[i].password);
        g_autofree char *out = spoc_settings_mask(settings, cases[i].in);
        g_assert_cmpstr(out, ==, cases[i].out);
    }
}

static void
test_hello_name(void)
{
    static const struct {
        const char *host;
        const char *sender;
        const char *name;
    } cases[] = {
        {"print.example.com", "a@example.org", "print.example.com"},
        {"print", "a@example.org", "print.example.org"},
        {"print", "a@localhost", "print"},
        {"print", NULL, "print"},
        {"bad name", "a@example.org", "localhost"},
        {"print", "a@x y.z", "print"},
        {"", NULL, "localhost"},
        {"a\r\nb", NULL, "localhost"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *name = spoc_settings_hello_name(cases[i].host, cases[i].sender);
        g_assert_cmpstr(name, ==, cases[i].name);
    }
}

static void
test_server_names(void)
{
    g_autoptr(SpocDeliverySettings) settings = spoc_settings_alloc();
    spoc_settings_set_server(settings, 0, "mail.example.com", 25);
    spoc_settings_set_server(settings, 1, "2001:db8::1", 587);
    g_assert_cmpstr(settings->servers[0].name, ==, "mail.example.com:25");
    g_assert_cmpstr(settings->servers[1].name, ==, "[2001:db8::1]:587");
    spoc_settings_set_server(settings, 1, NULL, 0);
    g_assert_null(settings->servers[1].host);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/settings/mask", test_mask);
    g_test_add_func("/settings/hello-name", test_hello_name);
    g_test_add_func("/settings/server-names", test_server_names);
    return g_test_run();
}
