/* SPDX-License-Identifier: Apache-2.0 */
#include "config/config.h"
#include "config/load.h"

#include "config-fixture.h"

static void
test_rows(void)
{
    static const struct {
        SpocOptionId option;
        const char *value;
        const char *layer;
        guint line;
        gboolean is_changed;
        gboolean is_secret;
    } cases[] = {
        {SPOC_OPTION_MAILSERVER, "a.example", "local", 1, TRUE, FALSE},
        {SPOC_OPTION_MAILPASS, SPOC_CONFIG_MASK, "local", 2, TRUE, TRUE},
        {SPOC_OPTION_TRUST_STORE_PASSWORD, SPOC_CONFIG_MASK, "built-in", 0, FALSE, TRUE},
        {SPOC_OPTION_MAIL_SMTP_ENCRYPTION, "SSL_TLS", "vendor", 1, TRUE, FALSE},
        {SPOC_OPTION_MAIL_SMTP_PORT, "465", "built-in", 0, FALSE, FALSE},
        {SPOC_OPTION_MAILUSER, "", "local", 3, TRUE, FALSE},
        {SPOC_OPTION_RECIPIENT_DOMAIN, "example.com", "built-in", 0, FALSE, FALSE},
        {SPOC_OPTION_MAIL_RETRY_SCHEDULE, "1m, 2m", "drop-in", 1, TRUE, FALSE},
        {SPOC_OPTION_MANAGEMENT_URL, "https://cm.example/a?" SPOC_CONFIG_MASK, "local", 5, TRUE,
         FALSE},
        {SPOC_OPTION_MAIL_MAX_AGE, "5d", "built-in", 0, FALSE, FALSE},
    };
    g_autoptr(ConfigFixture) fixture = config_fixture_new();
    config_fixture_write(fixture, "share/spoc/defaults.conf", "mailSmtpEncryption=SSL/TLS");
    config_fixture_write(fixture, "etc/spoc/spoc.conf",
                         "mailserver=a.example\nmailpass=geheim\nmailuser=[EMPTY]\n"
                         "mailfrom=x@example.com\nmanagementUrl=https://cm.example/a?token=geheim");
    config_fixture_write(fixture, "etc/spoc/spoc.conf.d/a.conf", "mailRetrySchedule = 1m, 2m");
    g_autoptr(SpocConfig) config = spoc_config_load(fixture->places);
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        SpocConfigRow row = spoc_config_row(config, cases[i].option);
        g_test_message("%s", row.name);
        g_assert_cmpstr(row.name, ==, spoc_option_get(cases[i].option)->name);
        g_assert_cmpstr(row.value, ==, cases[i].value);
        g_assert_cmpstr(row.layer, ==, cases[i].layer);
        g_assert_cmpuint(row.line, ==, cases[i].line);
        g_assert_true(row.is_changed == cases[i].is_changed);
        g_assert_true(row.is_secret == cases[i].is_secret);
        g_assert_true((row.file != NULL) == row.is_changed);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/config-row/rows", test_rows);
    return g_test_run();
}
