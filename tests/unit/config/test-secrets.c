/* SPDX-License-Identifier: Apache-2.0 */
#include "config/load.h"
#include "files-fixture.h"

static void
test_secrets(void)
{
    static const struct {
        const char *name;
        Files files;
        const char *content; /* of etc/spoc/pass */
        const char *credential;
        const char *password;
        gboolean blocks;
    } cases[] = {
        {"key", {.local = "mailpass=k"}, NULL, NULL, "k", FALSE},
        {"file", {.local = "mailpassFile=pass"}, "f\nmore", NULL, "f", FALSE},
        {"file, CRLF", {.local = "mailpassFile=pass"}, " f \r\n", NULL, " f ", FALSE},
        {"file before key", {.local = "mailpassFile=pass\nmailpass=k"}, "f", NULL, "f", FALSE},
        {"key in a higher layer",
         {.vendor = "mailpassFile=pass", .local = "mailpass=k"},
         "f",
         NULL,
         "k",
         FALSE},
        {"key taken back in a higher layer",
         {.vendor = "mailpassFile=pass", .local = "mailpass=[EMPTY]"},
         "f",
         NULL,
         NULL,
         FALSE},
        {"file taken back",
         {.vendor = "mailpassFile=pass\nmailpass=k", .local = "mailpassFile=[EMPTY]"},
         "f",
         NULL,
         "k",
         FALSE},
        {"credential before both",
         {.local = "mailpassFile=pass\nmailpass=k"},
         "f",
         "c\n",
         "c",
         FALSE},
        {"empty file", {.local = "mailpassFile=pass\nmailpass=k"}, "\nf", NULL, NULL, TRUE},
        {"no file", {.local = "mailpassFile=pass\nmailpass=k"}, NULL, NULL, NULL, TRUE},
        {"control character", {.local = "mailpassFile=pass"}, "f\tg", NULL, NULL, TRUE},
        {"not UTF-8", {.local = "mailpassFile=pass"}, "\xff", NULL, NULL, TRUE},
        {"empty credential", {.local = "mailpass=k"}, NULL, "", NULL, TRUE},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_test_message("%s", cases[i].name);
        g_autoptr(ConfigFixture) fixture = make_files(&cases[i].files);
        config_fixture_write(fixture, "etc/spoc/spoc.conf.d/00-server.conf",
                             "mailserver=a.example");
        config_fixture_write(fixture, "etc/spoc/pass", cases[i].content);
        config_fixture_write(fixture, "credentials/mailpass", cases[i].credential);
        g_autofree char *credentials = config_fixture_path(fixture, "credentials");
        g_setenv("CREDENTIALS_DIRECTORY", credentials, TRUE);
        g_autoptr(SpocConfig) config = spoc_config_load(fixture->places);
        g_unsetenv("CREDENTIALS_DIRECTORY");
        g_assert_cmpstr(spoc_config_string(config, SPOC_OPTION_MAILPASS), ==, cases[i].password);
        g_assert_true((spoc_config_blocker(config) != NULL) == cases[i].blocks);
        if (cases[i].credential != NULL)
            g_assert_cmpint(spoc_config_origin(config, SPOC_OPTION_MAILPASS).layer, ==,
                            SPOC_LAYER_CREDENTIAL);
    }
}

static void
test_trust_store_password(void)
{
    g_autoptr(ConfigFixture) fixture =
        make_files(&(Files){.local = "mailserver=a.example\ntrustStorePasswordFile=tp"});
    config_fixture_write(fixture, "etc/spoc/tp", "secret\n");
    g_autoptr(SpocConfig) config = spoc_config_load(fixture->places);
    g_assert_cmpstr(spoc_config_string(config, SPOC_OPTION_TRUST_STORE_PASSWORD), ==, "secret");
    g_autoptr(SpocConfig) plain = config_fixture("mailserver=a.example");
    g_assert_cmpstr(spoc_config_string(plain, SPOC_OPTION_TRUST_STORE_PASSWORD), ==, "changeit");
}

static void
test_directory_password(void)
{
    g_autoptr(ConfigFixture) fixture =
        make_files(&(Files){.local = "mailserver=a.example\nrecipientLdapPasswordFile=lp"});
    config_fixture_write(fixture, "etc/spoc/lp", "secret\n");
    g_autoptr(SpocConfig) config = spoc_config_load(fixture->places);
    g_assert_cmpstr(spoc_config_string(config, SPOC_OPTION_RECIPIENT_LDAP_PASSWORD), ==, "secret");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/secrets/mailpass", test_secrets);
    g_test_add_func("/secrets/trust-store-password", test_trust_store_password);
    g_test_add_func("/secrets/directory-password", test_directory_password);
    return g_test_run();
}
