/* SPDX-License-Identifier: Apache-2.0 */
#include "config/check.h"
#include "config/load.h"

#include "config-fixture.h"

#include <sys/stat.h>
#include <unistd.h>

/* What makes a configuration faultless, so that each case shows its own fault alone. */
#define GOOD                                                                                       \
    "mailserver=a.example\nmailfrom=print@example.com\nmailuser=u\nmailpass=geheim\n"              \
    "mailSmtpEncryption=STARTTLS_REQUIRED\n"

static gboolean
has_problem(const GPtrArray *problems, const char *part)
{
    for (guint i = 0; i < problems->len; i++) {
        const SpocConfigProblem *problem = g_ptr_array_index(problems, i);
        if (strstr(problem->message, part) != NULL)
            return TRUE;
    }
    return FALSE;
}

/* The spool makes the owner of these files the user that spocd runs as. */
static ConfigFixture *
make_fixture(const char *text)
{
    ConfigFixture *fixture = config_fixture_new();
    config_fixture_write(fixture, "etc/spoc/spoc.conf", text);
    config_fixture_write(fixture, "spool/spoc/x", "");
    g_assert_cmpint(chmod(fixture->places->config_file, 0640), ==, 0);
    return fixture;
}

static void
test_contradictions(void)
{
    static const struct {
        const char *text;    /* below GOOD, so that it counts */
        const char *problem; /* NULL: none at all */
    } cases[] = {
        {"", NULL},
        {"mailSmtpPort=587", NULL},
        {"mailSmtpEncryption=SSL_TLS", NULL},
        {"mailSmtpEncryption=NONE", "spoc.conf:6: mailSmtpEncryption: is NONE, so the password"},
        {"mailSmtpPort=465", "mailSmtpEncryption: is STARTTLS_REQUIRED, but port 465 of a.example"},
        {"mailserver=a.example:465", "mailSmtpEncryption: is STARTTLS_REQUIRED, but port 465"},
        {"mailserverbackup=b.example:465", "but port 465 of b.example"},
        {"mailSmtpEncryption=SSL_TLS\nmailSmtpPort=587", "is SSL_TLS, but port 587 of a.example"},
        {"mailSmtpEncryption=SSL_TLS\nmailSmtpPort=25", "is SSL_TLS, but port 25 of a.example"},
        {"mailserverbackup=A.example", "mailserverbackup: is the same as mailserver"},
        {"mailserverbackup=a.example:25", "mailserverbackup: is the same as mailserver"},
        {"mailserverbackup=a.example:2525", NULL},
        {"mailserver=[EMPTY]\nmailserverbackup=b.example", "is set, but mailserver is not"},
        {"mailuser=[EMPTY]", "mailpass: is set without mailuser"},
        {"mailpass=[EMPTY]", "mailuser: is set without a password"},
        {"mailSmtpEncryption=STARTTLS\nmailAllowCleartextPassword=yes",
         "mailAllowCleartextPassword: is true"},
        {"notifyUnverified=send", "notifyUnverified: is send"},
        {"notifyAllowedRecipients=*", "notifyAllowedRecipients: allows everyone"},
        {"notifyAllowedRecipients=[EMPTY]", "notifyAllowedRecipients: is empty"},
        {"recipientDomain=[EMPTY]", "recipientDomain: is empty; mail to @owner and to bare user "},
        {"recipientDomain=[EMPTY]\nrecipientAliasFile=spoc.conf",
         "recipientDomain: is empty; mail to owners and bare user names that recipientAliasFile"},
        {"recipientDomain=[EMPTY]\nownerIsAddress=yes", "whose names are no addresses"},
        {"recipientDomain=[EMPTY]\nrecipientLdapUri=ldaps://x\nrecipientLdapBase=dc=x", NULL},
        {"recipientDomain=localhost\nrecipientLdapUri=ldaps://x\nrecipientLdapBase=dc=x", NULL},
        {"recipientDomain=[EMPTY]\nrecipientLdapUri=ldaps://x\nrecipientLdapBase=dc=x\n"
         "recipientLdapWhenAway=recipientDomain",
         "recipientDomain: is empty; while the directory cannot be asked"},
        {"recipientDomain=localhost", "recipientDomain: is at localhost"},
        {"recipientDomain=intern", "recipientDomain: is at 'intern'"},
        {"mailfrom=a@localhost", "mailfrom: is at localhost"},
        {"cryptographicProtocolsForOutboundCommunication=TLSv1.2,TLSv1.1", "allows TLSv1.1"},
        {"cryptographicProtocolsForOutboundCommunication=TLSv1", "allows TLSv1, "},
        {"cryptographicProtocolsForOutboundCommunication=TLSv1.3", NULL},
        {"allowCustomCipherSuitesForOutboundCommunication=disabled", NULL},
        {"allowCustomCipherSuitesForOutboundCommunication=disabled\n"
         "customCipherSuitesForOutboundCommunication=X",
         "customCipherSuitesForOutboundCommunication: does not count"},
        {"mailClientKey=spoc.conf", "mailClientKey: is set without mailClientCertificate"},
        {"trustSystemCertificates=no\ntrustStore=[EMPTY]", "no server is trusted"},
        {"mailMaxAge=10s", "mailMaxAge: is shorter than the first wait"},
        {"trustStore=no-such-store", "no-such-store' cannot be read by"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_test_message("%s", cases[i].text);
        g_autofree char *text = g_strconcat(GOOD, cases[i].text, NULL);
        g_autoptr(ConfigFixture) fixture = make_fixture(text);
        g_autoptr(SpocConfig) config = spoc_config_load(fixture->places);
        g_autoptr(GPtrArray) problems = spoc_config_check(fixture->places, config);
        g_assert_false(has_problem(problems, "geheim"));
        for (guint j = 0; j < problems->len; j++)
            g_test_message("  %s", ((SpocConfigProblem *)problems->pdata[j])->message);
        if (cases[i].problem == NULL)
            g_assert_cmpuint(problems->len, ==, 0);
        else
            g_assert_true(has_problem(problems, cases[i].problem));
    }
}

/* What names would lead to nobody knows: mail waits, and the setting is named. */
static void
test_alias_file(void)
{
    static const struct {
        const char *path;
        const char *problem; /* NULL: none */
    } cases[] = {
        {"aliases", NULL},
        {"link", NULL},
        {"/no/such/file", "spoc.conf:6: recipientAliasFile: '/no/such/file' cannot be read"},
        {".", "is not a regular file: name a file that holds lines such as"},
        {"/dev/null", "recipientAliasFile: '/dev/null' is not a regular file"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *text = g_strconcat(GOOD "recipientAliasFile=", cases[i].path, NULL);
        g_autoptr(ConfigFixture) fixture = make_fixture(text);
        config_fixture_write(fixture, "etc/spoc/aliases", "alice: alice@example.com\n");
        g_autofree char *link = config_fixture_path(fixture, "etc/spoc/link");
        g_assert_cmpint(symlink("aliases", link), ==, 0);
        g_autoptr(SpocConfig) config = spoc_config_load(fixture->places);
        const SpocConfigProblem *blocker = spoc_config_blocker(config);
        g_assert_true((blocker != NULL) == (cases[i].problem != NULL));
        if (blocker != NULL)
            g_assert_nonnull(strstr(blocker->message, cases[i].problem));
        /* Said once */
        g_autoptr(GPtrArray) problems = spoc_config_check(fixture->places, config);
        g_assert_cmpuint(problems->len, ==, 0);
    }
}

static void
test_permissions(void)
{
    static const struct {
        const char *text;
        mode_t mode;
        const char *problem;
    } cases[] = {
        {GOOD, 0644, "spoc.conf: everyone on this host can read the secret in it; chmod 0640"},
        {"mailserver=a.example\nmailfrom=a@b.c", 0644, NULL},
        {"mailserver=a.example\nmailfrom=a@b.c\ntrustStorePassword=changeit", 0644, NULL},
        {"mailserver=a.example\nmailfrom=a@b.c", 0646,
         "spoc.conf: everyone on this host can write"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(ConfigFixture) fixture = make_fixture(cases[i].text);
        g_assert_cmpint(chmod(fixture->places->config_file, cases[i].mode), ==, 0);
        g_autoptr(SpocConfig) config = spoc_config_load(fixture->places);
        g_autoptr(GPtrArray) problems = spoc_config_check(fixture->places, config);
        if (cases[i].problem == NULL)
            g_assert_cmpuint(problems->len, ==, 0);
        else
            g_assert_true(has_problem(problems, cases[i].problem));
    }
}

static void
test_secret_files(void)
{
    g_autoptr(ConfigFixture) fixture =
        make_fixture("mailserver=a.example\nmailfrom=a@b.c\nmailuser=u\nmailpassFile=pass");
    config_fixture_write(fixture, "etc/spoc/pass", "geheim\n");
    g_autofree char *path = config_fixture_path(fixture, "etc/spoc/pass");
    g_assert_cmpint(chmod(path, 0644), ==, 0);
    g_autoptr(SpocConfig) config = spoc_config_load(fixture->places);
    g_autoptr(GPtrArray) problems = spoc_config_check(fixture->places, config);
    g_assert_true(has_problem(problems, "mailpassFile: everyone on this host can read"));
    g_assert_cmpint(chmod(path, 0600), ==, 0);
    g_autoptr(GPtrArray) none = spoc_config_check(fixture->places, config);
    g_assert_cmpuint(none->len, ==, 0);
}

/* Root reads everything; spocd does not. */
static void
test_other_user(void)
{
    const uid_t nobody = 65534;
    if (geteuid() != 0) {
        g_test_skip("only root can look with another user's eyes");
        return;
    }
    g_autoptr(ConfigFixture) fixture = make_fixture(GOOD);
    g_assert_cmpint(chmod(fixture->root, 0755), ==, 0);
    g_assert_cmpint(chown(fixture->places->spool_dir, nobody, nobody), ==, 0);
    g_autoptr(SpocConfig) config = spoc_config_load(fixture->places);
    g_autoptr(GPtrArray) problems = spoc_config_check(fixture->places, config);
    g_assert_true(has_problem(problems, "spoc.conf' cannot be read by 'nobody', the user that"));
    const SpocConfigProblem *problem = g_ptr_array_index(problems, 0);
    g_assert_true(problem->blocks_delivery);
    g_assert_nonnull(strstr(problem->message, "chmod g+r '"));

    g_assert_cmpint(chown(fixture->places->config_file, 0, nobody), ==, 0);
    g_autoptr(GPtrArray) none = spoc_config_check(fixture->places, config);
    g_assert_cmpuint(none->len, ==, 0);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/check/contradictions", test_contradictions);
    g_test_add_func("/check/alias-file", test_alias_file);
    g_test_add_func("/check/permissions", test_permissions);
    g_test_add_func("/check/secret-files", test_secret_files);
    g_test_add_func("/check/other-user", test_other_user);
    return g_test_run();
}
