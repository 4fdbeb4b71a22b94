/* SPDX-License-Identifier: Apache-2.0 */
/* Also tests: check-login.c */
#include "config/preset.h"

#include "config-fixture.h"
#include "config/check.h"

/* Whatever a preset says, its option takes. */
static void
test_all(void)
{
    static const char *const names[] = {"custom", "office365", "gmail"};
    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *text =
            g_strdup_printf("mailserver = a.example\nmailProvider = %s\n", names[i]);
        g_autoptr(SpocConfig) config = config_fixture(text);
        g_assert_cmpuint(spoc_config_problems(config)->len, ==, 0);
        for (guint j = 0; j < SPOC_OPTION_COUNT; j++) {
            const char *preset = spoc_preset_text(config, (SpocOptionId)j);
            if (preset != NULL && j != SPOC_OPTION_MAILSERVER)
                g_assert_cmpstr(spoc_config_row(config, (SpocOptionId)j).value, ==, preset);
        }
    }
}

static void
test_layers(void)
{
    g_autoptr(ConfigFixture) fixture = config_fixture_new();
    config_fixture_write(fixture, "share/spoc/defaults.conf", "mailMaxConnections = 2");
    config_fixture_write(fixture, "etc/spoc/spoc.conf",
                         "mailSmtpEncryption = SSL_TLS\nmailMaxMessagesPerMinute = [EMPTY]\n"
                         "mailSmtpPort =\n");
    /* the provider comes from the highest layer, and fills in below all of them */
    config_fixture_write(fixture, "etc/spoc/spoc.conf.d/a.conf", "\nmailProvider = office365");
    g_autoptr(SpocConfig) config = spoc_config_load(fixture->places);
    g_assert_null(spoc_config_blocker(config));
    static const struct {
        SpocOptionId option;
        const char *value;
        const char *layer;
    } cases[] = {
        {SPOC_OPTION_MAILSERVER, "smtp.office365.com", "preset"},
        {SPOC_OPTION_MAIL_SMTP_PORT, "587", "preset"},
        {SPOC_OPTION_MAIL_SMTP_ENCRYPTION, "SSL_TLS", "local"},
        {SPOC_OPTION_MAIL_MAX_CONNECTIONS, "2", "vendor"},
        {SPOC_OPTION_MAIL_MAX_MESSAGES_PER_MINUTE, "0", "local"},
        {SPOC_OPTION_MAIL_MAX_MESSAGES_PER_DAY, "10000", "preset"},
        {SPOC_OPTION_MAILUSER, "", "built-in"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        SpocConfigRow row = spoc_config_row(config, cases[i].option);
        g_test_message("%s", row.name);
        g_assert_cmpstr(row.value, ==, cases[i].value);
        g_assert_cmpstr(row.layer, ==, cases[i].layer);
    }
    /* what fills it in is where the provider is set */
    SpocConfigRow row = spoc_config_row(config, SPOC_OPTION_MAILSERVER);
    g_assert_true(g_str_has_suffix(row.file, "a.conf"));
    g_assert_cmpuint(row.line, ==, 2);
    g_assert_true(row.is_changed);
}

#define GOOD                                                                                       \
    "mailserver = a.example\nmailfrom = print@example.com\nrecipientDomain = example.com\n"        \
    "mailSmtpEncryption = STARTTLS_REQUIRED\n"

static void
test_check(void)
{
    static const struct {
        const char *text;
        const char *part; /* (nullable): NULL: nothing is said */
        gboolean stops;
    } cases[] = {
        {"", NULL, FALSE},
        {"mailAuthentication = password\n", "mailAuthentication: is password, and mailuser", TRUE},
        {"mailuser = a\n", "mailuser: is set without a password", FALSE},
        {"mailuser = a\nmailOAuthClientId = x\n", NULL, FALSE},
        {"mailOAuthTokenCommand = /bin/x\n", "mailuser: is not set, and a token", TRUE},
        {"mailOAuthTokenCommand = /bin/x\nmailuser = a@b.c\n", NULL, FALSE},
        {"mailOAuthTokenCommand = /bin/x\nmailuser = a@b.c\nmailSmtpEncryption = NONE\n",
         "mailSmtpEncryption: is NONE, and a token", TRUE},
        {"mailOAuthTokenCommand = /bin/x\nmailuser = a@b.c\nmailserverbackup = b.example\n",
         "mailserverbackup: is not used", FALSE},
        {"mailOAuthTokenCommand = /bin/x\nmailuser = a@b.c\nmailserverbackup = b.example\n"
         "mailOAuthBackup = true\n",
         NULL, FALSE},
        {"mailAuthentication = external\n", "mailClientCertificate is not set", TRUE},
        {"mailAuthentication = gssapi\n", "mailKerberosKeytab is not set", TRUE},
        {"mailpass = x\n", "mailpass: is set without mailuser", FALSE},
        {"mailProvider = office365\n",
         "mailserver: is 'a.example' and counts before what mailProvider = office365 fills in: "
         "'smtp.office365.com'",
         FALSE},
        {"mailProvider = office365\nmailserver = smtp.office365.com\nmailMaxConnections = 2\n",
         NULL, FALSE},
        {"mailProvider = office365\nmailserver = smtp.office365.com\nmailMaxConnections = 4\n",
         "mailMaxConnections: is '4'", FALSE},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_test_message("%s", cases[i].text);
        g_autoptr(ConfigFixture) fixture = config_fixture_new();
        g_autofree char *text = g_strconcat(GOOD, cases[i].text, NULL);
        config_fixture_write(fixture, "etc/spoc/spoc.conf", text);
        config_fixture_write(fixture, "spool/spoc/x", "");
        g_assert_cmpint(g_chmod(fixture->places->config_file, 0640), ==, 0);
        g_autoptr(SpocConfig) config = spoc_config_load(fixture->places);
        g_autoptr(GPtrArray) problems = spoc_config_check(fixture->places, config);
        for (guint j = 0; j < problems->len; j++)
            g_test_message("%s", ((SpocConfigProblem *)g_ptr_array_index(problems, j))->message);
        g_assert_cmpuint(problems->len, ==, cases[i].part != NULL ? 1u : 0u);
        if (cases[i].part == NULL)
            continue;
        const SpocConfigProblem *problem = g_ptr_array_index(problems, 0);
        g_assert_nonnull(strstr(problem->message, cases[i].part));
        g_assert_cmpint(problem->blocks_delivery, ==, cases[i].stops);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/preset/all", test_all);
    g_test_add_func("/preset/layers", test_layers);
    g_test_add_func("/preset/check", test_check);
    return g_test_run();
}
