/* SPDX-License-Identifier: Apache-2.0 */
/* The files that the build makes from the option table: argv is sample, man page. */
#include "config-fixture.h"
#include "config/load.h"

static char *sample;
static char *man;

/* As it is installed it sets nothing and nothing is wrong with it. */
static void
test_sample_as_it_is(void)
{
    g_autoptr(ConfigFixture) fixture = config_fixture_new();
    config_fixture_write(fixture, "share/spoc/defaults.conf", "mailserver=a.example");
    config_fixture_write(fixture, "etc/spoc/spoc.conf", sample);
    g_autoptr(SpocConfig) config = spoc_config_load(fixture->places);
    g_assert_cmpuint(spoc_config_problems(config)->len, ==, 0);
    for (guint i = 0; i < SPOC_OPTION_COUNT; i++)
        g_assert_cmpint(spoc_config_origin(config, (SpocOptionId)i).layer, ==,
                        i == SPOC_OPTION_MAILSERVER ? SPOC_LAYER_VENDOR : SPOC_LAYER_BUILTIN);
}

/* With every # before a key taken away it says what the defaults say. */
static void
test_sample_uncommented(void)
{
    g_autoptr(GString) text = g_string_new(sample);
    for (guint i = 0; i < SPOC_OPTION_COUNT; i++) {
        const char *name = spoc_option_get((SpocOptionId)i)->name;
        g_autofree char *commented = g_strdup_printf("\n#%s =", name);
        g_autofree char *bare = g_strdup_printf("\n%s =", name);
        g_assert_cmpuint(g_string_replace(text, commented, bare, 0), ==, 1);
    }
    g_autoptr(ConfigFixture) fixture = config_fixture_new();
    config_fixture_write(fixture, "share/spoc/defaults.conf", "mailserver=a.example");
    config_fixture_write(fixture, "etc/spoc/spoc.conf", text->str);
    g_autoptr(SpocConfig) config = spoc_config_load(fixture->places);
    g_assert_cmpuint(spoc_config_problems(config)->len, ==, 0);
    for (guint i = 0; i < SPOC_OPTION_COUNT; i++) {
        const SpocOption *option = spoc_option_get((SpocOptionId)i);
        if (*option->default_value != '\0')
            g_assert_cmpint(spoc_config_origin(config, option->id).layer, ==, SPOC_LAYER_LOCAL);
    }
    g_assert_cmpstr(spoc_config_string(config, SPOC_OPTION_TRUST_STORE_PASSWORD), ==, "changeit");
}

static void
test_man_page(void)
{
    for (guint i = 0; i < SPOC_OPTION_COUNT; i++) {
        const char *name = spoc_option_get((SpocOptionId)i)->name;
        g_autofree char *heading = g_strdup_printf("\n.TP\n.B %s\n", name);
        g_test_message("%s", name);
        g_assert_nonnull(strstr(man, heading));
    }
    g_assert_null(strstr(man, "@OPTIONS@"));
    g_assert_null(strstr(man, "@SERVERROOT@"));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_assert_cmpint(argc, ==, 3);
    g_assert_true(g_file_get_contents(argv[1], &sample, NULL, NULL));
    g_assert_true(g_file_get_contents(argv[2], &man, NULL, NULL));
    g_test_add_func("/sample/as-it-is", test_sample_as_it_is);
    g_test_add_func("/sample/uncommented", test_sample_uncommented);
    g_test_add_func("/sample/man-page", test_man_page);
    int result = g_test_run();
    g_free(sample);
    g_free(man);
    return result;
}
