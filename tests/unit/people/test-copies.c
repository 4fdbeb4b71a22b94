/* SPDX-License-Identifier: Apache-2.0 */
#include "people/allow.h"

#include "../config/config-fixture.h"

static void
test_copies(void)
{
    static const struct {
        const char *cc;
        const char *address;
        const char *copies; /* (nullable) */
    } cases[] = {
        {"", "alice@example.com", NULL},
        {"boss@example.com", "alice@example.com", "boss@example.com"},
        {"boss@EXAMPLE.com, audit@example.org", "alice@example.com",
         "boss@example.com,audit@example.org"},
        {"boss@example.com, Boss@example.com, boss@Example.COM", "alice@example.com",
         "boss@example.com"},
        {"Alice@example.com", "alice@example.com", NULL},
        {"boss@example.com, alice@EXAMPLE.COM", "alice@example.com", "boss@example.com"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *text =
            g_strdup_printf("mailserver = localhost\nnotifyCc = %s\n", cases[i].cc);
        g_autoptr(SpocConfig) config = config_fixture(text);
        g_auto(GStrv) copies = spoc_copies_for(config, cases[i].address);
        g_autofree char *joined = copies != NULL ? g_strjoinv(",", copies) : NULL;
        g_assert_cmpstr(joined, ==, cases[i].copies);
    }
}

static void
test_limit(void)
{
    g_autoptr(GString) text = g_string_new("mailserver = localhost\nnotifyCc = ");
    for (guint i = 0; i < SPOC_COPIES_MAX + 10; i++)
        g_string_append_printf(text, "%suser%u@example.com", i > 0 ? "," : "", i);
    g_autoptr(SpocConfig) config = config_fixture(text->str);
    g_auto(GStrv) copies = spoc_copies_for(config, "alice@example.com");
    g_assert_nonnull(copies);
    g_assert_cmpuint(g_strv_length(copies), ==, SPOC_COPIES_MAX);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/copies/for", test_copies);
    g_test_add_func("/copies/limit", test_limit);
    return g_test_run();
}
