/* SPDX-License-Identifier: Apache-2.0 */
#include "config/value.h"

#include "base/error.h"

#include <string.h>

static const SpocOption *
find(const char *key)
{
    const SpocOption *option = spoc_option_find(key);
    g_assert_nonnull(option);
    return option;
}

static void
test_good(void)
{
    static const struct {
        const char *key;
        const char *text;
        const char *canonical;
        gint64 integer;
    } cases[] = {
        {"mailSmtpPort", "1", "1", 1},
        {"mailSmtpPort", " 65535 ", "65535", 65535},
        {"mailSmtpPort", "0025", "25", 25},
        {"mailMaxConnections", "100", "100", 100},
        {"trustSystemCertificates", "true", "true", 1},
        {"trustSystemCertificates", "YES", "true", 1},
        {"trustSystemCertificates", "on", "true", 1},
        {"trustSystemCertificates", "1", "true", 1},
        {"allowCustomCipherSuitesForOutboundCommunication", "enabled", "true", 1},
        {"allowCustomCipherSuitesForOutboundCommunication", "Disabled", "false", 0},
        {"trustSystemCertificates", "no", "false", 0},
        {"trustSystemCertificates", "off", "false", 0},
        {"trustSystemCertificates", "0", "false", 0},
        {"mailSmtpEncryption", "NONE", "NONE", SPOC_ENCRYPTION_NONE},
        {"mailSmtpEncryption", "SSL_TLS", "SSL_TLS", SPOC_ENCRYPTION_SSL_TLS},
        {"mailSmtpEncryption", "SSL/TLS", "SSL_TLS", SPOC_ENCRYPTION_SSL_TLS},
        {"mailSmtpEncryption", "ssl/tls", "SSL_TLS", SPOC_ENCRYPTION_SSL_TLS},
        {"mailSmtpEncryption", "starttls", "STARTTLS", SPOC_ENCRYPTION_STARTTLS},
        {"mailSmtpEncryption", "STARTTLS_REQUIRED", "STARTTLS_REQUIRED",
         SPOC_ENCRYPTION_STARTTLS_REQUIRED},
        {"notifyUnverified", "send", "send", SPOC_UNVERIFIED_SEND},
        {"startDaemon", "never", "never", SPOC_START_NEVER},
        {"mailSmtpTimeout", "10000", "10000", 10000},
        {"mailSmtpTimeout", "500ms", "500ms", 500},
        {"mailSmtpTimeout", "30s", "30s", 30000},
        {"mailSmtpTimeout", "5 m", "5 m", 300000},
        {"mailSmtpTimeout", "1H", "1H", 3600000},
        {"mailMaxAge", "5d", "5d", 432000000},
        {"mailMaxAge", "60", "60", 60000},
        {"mailMaxAge", "1000ms", "1000ms", 1000},
        {"mailfrom", " a@EXAMPLE.com ", "a@example.com", 0},
        {"mailserver", "[::1]:2525", "[::1]:2525", 2525},
        {"recipientDomain", "Example.COM", "example.com", 0},
        {"trustStore", "/a/b c", "/a/b c", 0},
        {"managementUrl", "https://cm.example.com/spoc?host=a",
         "https://cm.example.com/spoc?host=a", 0},
        {"mailOAuthTokenUrl", "https://login.example.com/{tenant}/token",
         "https://login.example.com/{tenant}/token", 0},
        {"mailAuthMechanisms", "xoauth2, Scram-Sha-256", "XOAUTH2,SCRAM-SHA-256", 0},
        {"mailFromFor", "front = Front desk <front@Example.com>, lab=lab@example.com",
         "front=Front desk <front@example.com>,lab=lab@example.com", 0},
        {"mailpass", " a b\u00e9 ", " a b\u00e9 ", 0},
        {"mailuser", "DOMAIN\\user", "DOMAIN\\user", 0},
        {"cryptographicProtocolsForOutboundCommunication", "tlsv1.2 , TLSv1.0,TLSv1.3,",
         "TLSv1.2,TLSv1,TLSv1.3", 0},
        {"customCipherSuitesForOutboundCommunication", "A , B", "A,B", 0},
        {"notifyAllowedRecipients", "@OWNER, @Example.com, a@B.c, *", "@owner,@example.com,a@b.c,*",
         0},
        {"mailTlsPinnedPublicKey", "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
         "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", 0},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_test_message("%s = %s", cases[i].key, cases[i].text);
        g_autoptr(GError) error = NULL;
        SpocValue value = {0};
        g_assert_true(spoc_value_parse(find(cases[i].key), cases[i].text, &value, &error));
        g_assert_no_error(error);
        g_assert_cmpstr(value.text, ==, cases[i].canonical);
        g_assert_cmpint(value.integer, ==, cases[i].integer);
        spoc_value_clear(&value);
    }
}

static void
test_bad(void)
{
    static const struct {
        const char *key;
        const char *text;
        const char *message; /* begins so */
    } cases[] = {
        {"mailSmtpPort", "0", "'0': it is out of range; accepted: a whole number from 1 to 65535"},
        {"mailSmtpPort", "65536", "'65536': it is out of range"},
        {"mailSmtpPort", "99999999999999999999", "'99999999999999999999': it is out of range"},
        {"mailSmtpPort", "-1", "'-1': it is out of range"},
        {"mailSmtpPort", "25x", "'25x': it is not a whole number"},
        {"mailSmtpPort", "+25", "'+25': it is not a whole number"},
        {"mailSmtpPort", "-", "'-': it is not a whole number"},
        {"mailSmtpPort", "smtp", "'smtp': it is not a whole number"},
        {"trustSystemCertificates", "maybe",
         "'maybe': it is neither true nor false; accepted: true or false (also"},
        {"mailSmtpEncryption", "TLS",
         "'TLS': it is not one of the choices; accepted: one of NONE, SSL_TLS, STARTTLS, "
         "STARTTLS_REQUIRED"},
        {"mailSmtpEncryption", "SSL/TLS=SSL_TLS", "'SSL/TLS=SSL_TLS': it is not one"},
        {"mailSmtpTimeout", "0", "'0': it is out of range"},
        {"mailSmtpTimeout", "2h", "'2h': it is out of range"},
        {"mailSmtpTimeout", "18446744073709551615d", "'18446744073709551615d': it is out of range"},
        {"mailSmtpTimeout", "99999999999999999999999s", "'99999999999999999999999s': it is out"},
        {"mailSmtpTimeout", "10 weeks", "'10 weeks': it has an unknown unit"},
        {"mailSmtpTimeout", "1.5s", "'1.5s': it has an unknown unit"},
        {"mailSmtpTimeout", "-5", "'-5': it is not a duration"},
        {"mailMaxAge", "500ms", "'500ms': it is out of range"},
        {"mailRetrySchedule", "30s,often",
         "'30s,often': at its entry 'often': it is not a duration"},
        {"mailRetrySchedule", ",", "',': it has no entry"},
        {"mailfrom", "print server", "'print server': it has no @; accepted: one"},
        {"mailfrom", "a@b\xc2\xa0.c", "'a@b"},
        {"mailserver", "a b", "'a b': it is not the name of a host; accepted: host, host:port"},
        {"mailAuthMechanisms", "PLAIN,NTLM",
         "'PLAIN,NTLM': at its entry 'NTLM': it is not one of the choices; accepted: a list, "
         "separated by commas, of EXTERNAL GSSAPI OAUTHBEARER XOAUTH2"},
        {"mailOAuthTokenUrl", "http://login.example.com/", "the value cannot be used: it is not"},
        {"mailFromFor", "front@example.com",
         "'front@example.com': at its entry 'front@example.com': it does not begin with the name "
         "of a queue and '='; accepted: a list, separated by commas, of QUEUE=ADDRESS or "},
        {"mailFromFor", "front=nobody", "'front=nobody': at its entry 'front=nobody': it has no @"},
        {"mailFromFor", "=a@example.com", "'=a@example.com': at its entry"},
        {"recipientDomain", "@example.com", "'@example.com': a domain has no '@' in it"},
        {"managementUrl", "http://cm.example.com/", "the value cannot be used: it is not https"},
        {"managementUrl", "cm.example.com", "the value cannot be used: it is not a URL"},
        {"managementUrl", "https:///x", "the value cannot be used: it is not a URL"},
        {"managementUrl", "https://u:p@h/", "the value cannot be used: it has a user name"},
        {"cryptographicProtocolsForOutboundCommunication", "TLSv1.2,SSLv3",
         "'TLSv1.2,SSLv3': at its entry 'SSLv3': it is not one of the choices; accepted: a list, "
         "separated by commas, of TLSv1.3 TLSv1.2 TLSv1.1 TLSv1"},
        {"notifyAllowedRecipients", "alice", "'alice': at its entry 'alice': it has no @"},
        {"notifyAllowedRecipients", "@", "'@': at its entry '@': "},
        {"mailTlsPinnedPublicKey", "sha256//AAAA", "'sha256//AAAA': at its entry"},
        {"mailTlsPinnedPublicKey", "/etc/passwd", "'/etc/passwd': at its entry"},
        {"mailTlsPinnedPublicKey", "md5//x", "'md5//x': at its entry"},
        {"mailuser", "a\r\nMAIL", "'a MAIL': it has a line break"},
        {"mailuser", "a\x1b", "'a': it has a line break"},
        {"trustStore", "a\nb", "'a b': it has a line break"},
        {"mailpass", "geheim\r\n",
         "the value cannot be used: it has a line break or another control character in it"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_test_message("%s = %s", cases[i].key, cases[i].text);
        g_autoptr(GError) error = NULL;
        SpocValue value = {0};
        g_assert_false(spoc_value_parse(find(cases[i].key), cases[i].text, &value, &error));
        g_assert_error(error, SPOC_ERROR, SPOC_ERROR_INVALID);
        g_assert_null(value.text);
        g_assert_null(strstr(error->message, "geheim"));
        g_assert_nonnull(strstr(error->message, "; accepted: "));
        if (!g_str_has_prefix(error->message, cases[i].message))
            g_assert_cmpstr(error->message, ==, cases[i].message);
    }
}

static void
test_lists(void)
{
    SpocValue value = {0};
    g_assert_true(spoc_value_parse(find("mailRetrySchedule"), "30s, 1m,1h", &value, NULL));
    g_assert_cmpuint(value.duration_count, ==, 3);
    g_assert_cmpint(value.durations_ms[0], ==, 30000);
    g_assert_cmpint(value.durations_ms[2], ==, 3600000);
    spoc_value_clear(&value);

    g_autoptr(GError) error = NULL;
    GString *text = g_string_new("A");
    for (guint i = 0; i < SPOC_VALUE_MAX_ENTRIES; i++)
        g_string_append(text, ",A");
    g_assert_false(spoc_value_parse(find("customCipherSuitesForOutboundCommunication"), text->str,
                                    &value, &error));
    g_assert_nonnull(strstr(error->message, "too many entries"));
    g_string_free(text, TRUE);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/value/good", test_good);
    g_test_add_func("/value/bad", test_bad);
    g_test_add_func("/value/lists", test_lists);
    return g_test_run();
}
