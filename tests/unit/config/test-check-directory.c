/* SPDX-License-Identifier: Apache-2.0 */
#include "config/check.h"
#include "config/load.h"

#include "config-fixture.h"

#define GOOD                                                                                       \
    "mailserver=a.example\nrecipientLdapBase=dc=example,dc=com\nrecipientLdapUri=ldap://"          \
    "d.example\n"

static void
test_settings(void)
{
    static const struct {
        const char *text;
        const char *problem; /* NULL: delivery may go on */
    } cases[] = {
        {"", NULL},
        {"recipientLdapUri=\nrecipientLdapBase=[EMPTY]", NULL},
        {"recipientLdapUri=ldaps://[::1]:1636, ldapi://%2Frun%2Fslapd%2Fldapi", NULL},
        {"recipientLdapBase=[EMPTY]", "recipientLdapBase: is not set"},
        {"recipientLdapFilter=(&(objectClass=person)(uid=%u))", NULL},
        {"recipientLdapFilter=(uid=alice)", "spoc.conf:4: recipientLdapFilter: does not name"},
        {"recipientLdapAddressAttribute=mail;lang-de", NULL},
        {"recipientLdapAddressAttribute=mail, cn", "'mail, cn' is no attribute"},
        {"recipientLdapNameAttribute=[EMPTY]\nrecipientLdapLanguageAttribute=[EMPTY]", NULL},
        {"recipientLdapSaslMechanism=GSSAPI", NULL},
        {"recipientLdapSaslMechanism=PLAIN", "'PLAIN' is not known"},
        {"recipientLdapBindDn=cn=x\nrecipientLdapPassword=geheim", NULL},
        {"recipientLdapBindDn=cn=x", "recipientLdapBindDn: is set without a password"},
        {"recipientLdapBindDn=cn=x\nrecipientLdapSaslMechanism=EXTERNAL", NULL},
        {"recipientLdapEncryption=NONE", NULL},
        {"recipientLdapBindDn=cn=x\nrecipientLdapPassword=geheim\nrecipientLdapEncryption=NONE",
         "never sent to d.example"},
        {"recipientLdapUri=ldapi://%2Frun%2Fldapi,ldap://localhost,ldap://127.0.0.2,ldap://[::1],"
         "ldaps://d.example\nrecipientLdapBindDn=cn=x\nrecipientLdapPassword=geheim\n"
         "recipientLdapEncryption=NONE",
         NULL},
        {"recipientLdapUri=ldap://localhost.example\nrecipientLdapBindDn=cn=x\n"
         "recipientLdapPassword=geheim\nrecipientLdapEncryption=NONE",
         "never sent to localhost.example"},
        {"recipientLdapUri=ldap://user@d.example", "recipientLdapUri"},
        {"recipientLdapPasswordFile=/no/such/file", "recipientLdapPasswordFile"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_test_message("%s", cases[i].text);
        g_autoptr(ConfigFixture) fixture = config_fixture_new();
        g_autofree char *text = g_strconcat(GOOD, cases[i].text, NULL);
        config_fixture_write(fixture, "etc/spoc/spoc.conf", text);
        g_autoptr(SpocConfig) config = spoc_config_load(fixture->places);
        const SpocConfigProblem *blocker = spoc_config_blocker(config);
        if (cases[i].problem == NULL) {
            g_assert_cmpstr(blocker != NULL ? blocker->message : NULL, ==, NULL);
            continue;
        }
        g_assert_nonnull(blocker);
        g_assert_nonnull(strstr(blocker->message, cases[i].problem));
        g_assert_null(strstr(blocker->message, "geheim"));
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/check-directory/settings", test_settings);
    return g_test_run();
}
