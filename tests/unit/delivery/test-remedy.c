/* SPDX-License-Identifier: Apache-2.0 */
#include "delivery/remedy.h"

#include <string.h>

static SpocDeliverySettings *
make_settings(SpocEncryption encryption, guint16 port)
{
    SpocDeliverySettings *settings = spoc_settings_alloc();
    settings->encryption = encryption;
    settings->config_file = g_strdup("/etc/cups/spoc/spoc.conf");
    settings->method = SPOC_AUTHENTICATION_PASSWORD;
    settings->user = g_strdup("user");
    settings->password = g_strdup("geheim");
    spoc_settings_set_server(settings, 0, "mail.example.com", port);
    return settings;
}

static void
test_table(void)
{
    static const struct {
        SpocStage stage;
        SpocFailureKind kind;
        int code;
        SpocEncryption encryption;
        guint16 port;
        const char *hint; /* is in the sentence */
    } cases[] = {
        {SPOC_STAGE_NAME, SPOC_FAILURE_NETWORK, 0, SPOC_ENCRYPTION_NONE, 25, "mailserver"},
        {SPOC_STAGE_CONNECT, SPOC_FAILURE_NETWORK, 0, SPOC_ENCRYPTION_NONE, 25, "firewalls"},
        {SPOC_STAGE_GREETING, SPOC_FAILURE_TIMEOUT, 0, SPOC_ENCRYPTION_STARTTLS, 465,
         "mailSmtpEncryption = SSL_TLS"},
        {SPOC_STAGE_STARTTLS, SPOC_FAILURE_NOT_OFFERED, 0, SPOC_ENCRYPTION_STARTTLS_REQUIRED, 25,
         "587"},
        {SPOC_STAGE_TLS, SPOC_FAILURE_PROTOCOL, 0, SPOC_ENCRYPTION_SSL_TLS, 587,
         "STARTTLS_REQUIRED"},
        {SPOC_STAGE_TLS, SPOC_FAILURE_CERTIFICATE, 0, SPOC_ENCRYPTION_SSL_TLS, 465,
         "spocctl truststore import"},
        {SPOC_STAGE_TLS, SPOC_FAILURE_REVOCATION, 0, SPOC_ENCRYPTION_SSL_TLS, 465,
         "trustRevocationList in /etc/cups/spoc/spoc.conf"},
        {SPOC_STAGE_TLS, SPOC_FAILURE_PIN, 0, SPOC_ENCRYPTION_SSL_TLS, 465,
         "mailTlsPinnedPublicKey in /etc/cups/spoc/spoc.conf"},
        {SPOC_STAGE_TLS, SPOC_FAILURE_TLS_VERSION, 0, SPOC_ENCRYPTION_SSL_TLS, 465,
         "cryptographicProtocolsForOutboundCommunication"},
        {SPOC_STAGE_TLS, SPOC_FAILURE_CLIENT_CERTIFICATE, 0, SPOC_ENCRYPTION_SSL_TLS, 465,
         "mailClientCertificate"},
        {SPOC_STAGE_TLS, SPOC_FAILURE_NETWORK, 0, SPOC_ENCRYPTION_STARTTLS, 25,
         "cryptographicProtocolsForOutboundCommunication and "
         "customCipherSuitesForOutboundCommunication in /etc/cups/spoc/spoc.conf"},
        {SPOC_STAGE_TLS, SPOC_FAILURE_TIMEOUT, 0, SPOC_ENCRYPTION_STARTTLS, 25,
         "raise mailSmtpConnectionTimeout"},
        {SPOC_STAGE_TLS, SPOC_FAILURE_TIMEOUT, 0, SPOC_ENCRYPTION_SSL_TLS, 587,
         "STARTTLS_REQUIRED"},
        {SPOC_STAGE_STARTTLS, SPOC_FAILURE_TIMEOUT, 0, SPOC_ENCRYPTION_STARTTLS, 25,
         "raise mailSmtpTimeout"},
        {SPOC_STAGE_GREETING, SPOC_FAILURE_TIMEOUT, 0, SPOC_ENCRYPTION_STARTTLS, 25,
         "raise mailSmtpTimeout"},
        {SPOC_STAGE_GREETING, SPOC_FAILURE_TIMEOUT, 0, SPOC_ENCRYPTION_NONE, 80,
         "Check that this is a mail server's port"},
        {SPOC_STAGE_LOGIN, SPOC_FAILURE_TIMEOUT, 0, SPOC_ENCRYPTION_STARTTLS, 25,
         "raise mailSmtpTimeout"},
        {SPOC_STAGE_LOGIN, SPOC_FAILURE_REPLY, 535, SPOC_ENCRYPTION_SSL_TLS, 465,
         "Check mailuser and mailpass in /etc/cups/spoc/spoc.conf"},
        {SPOC_STAGE_LOGIN, SPOC_FAILURE_NOT_OFFERED, 0, SPOC_ENCRYPTION_NONE, 25,
         "mailSmtpEncryption"},
        {SPOC_STAGE_SENDER, SPOC_FAILURE_REPLY, 550, SPOC_ENCRYPTION_NONE, 25, "mailfrom"},
        {SPOC_STAGE_SENDER, SPOC_FAILURE_TOO_LARGE, 0, SPOC_ENCRYPTION_NONE, 25, "limit"},
        {SPOC_STAGE_RECIPIENT, SPOC_FAILURE_REPLY, 550, SPOC_ENCRYPTION_NONE, 25, "address"},
        {SPOC_STAGE_DATA, SPOC_FAILURE_TIMEOUT, 0, SPOC_ENCRYPTION_NONE, 25, "mailSmtpTimeout"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(SpocDeliverySettings) settings =
            make_settings(cases[i].encryption, cases[i].port);
        const SpocFailure failure = {
            .stage = cases[i].stage, .kind = cases[i].kind, .reply_code = cases[i].code};
        g_autofree char *sentence =
            spoc_remedy_sentence(&failure, "what it said\nSTATE: +x geheim", settings, 0);
        g_test_message("%s", sentence);
        g_autofree char *start =
            g_strdup_printf("%s, %s: what it said STATE: +x ***. ", settings->servers[0].name,
                            spoc_stage_name(cases[i].stage));
        g_assert_true(g_str_has_prefix(sentence, start));
        g_assert_nonnull(strstr(sentence, cases[i].hint));
        g_assert_null(strchr(sentence, '\n'));
    }
}

/* One remedy, the one that fits what is wrong with the certificate. */
static void
test_certificates(void)
{
    static const char *const hints[] = {"spocctl truststore import", "This machine's clock says 20",
                                        "Set mailserverbackup in /etc/cups/spoc/spoc.conf",
                                        "needs another certificate"};
    g_autoptr(SpocDeliverySettings) settings = make_settings(SPOC_ENCRYPTION_SSL_TLS, 465);
    spoc_settings_set_server(settings, 1, "backup.example.com", 465);
    for (guint i = 0; i < G_N_ELEMENTS(hints); i++) {
        const SpocFailure failure = {.stage = SPOC_STAGE_TLS,
                                     .kind = SPOC_FAILURE_CERTIFICATE,
                                     .certificate = (SpocCertificateFault)i};
        g_autofree char *remedy = spoc_remedy(&failure, "", settings, 1);
        for (guint k = 0; k < G_N_ELEMENTS(hints); k++)
            g_assert_true((strstr(remedy, hints[k]) != NULL) == (i == k));
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/remedy/table", test_table);
    g_test_add_func("/remedy/certificates", test_certificates);
    return g_test_run();
}
