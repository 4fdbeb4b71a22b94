/* SPDX-License-Identifier: Apache-2.0 */
#include "delivery/provider-remedy.h"

#include <string.h>

#define PASSWORD SPOC_AUTHENTICATION_PASSWORD
#define OAUTH2 SPOC_AUTHENTICATION_OAUTH2
#define S(x) SPOC_STAGE_##x

static void
test_table(void)
{
    static const struct {
        SpocStage stage;
        int code;
        const char *status;
        const char *words;
        SpocAuthentication method;
        const char *hint; /* (nullable): NULL: none */
    } cases[] = {
        {S(LOGIN), 535, "5.7.139",
         "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the "
         "Tenant. Visit https://aka.ms/smtp_auth_disabled",
         PASSWORD, "Set-TransportConfig"},
        {S(LOGIN), 535, "5.7.139",
         "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the "
         "Mailbox.",
         OAUTH2, "Set-CASMailbox"},
        {S(LOGIN), 535, "5.7.139",
         "535 5.7.139 Authentication unsuccessful, user is locked by your organization's security "
         "defaults policy.",
         PASSWORD, "security defaults"},
        {S(LOGIN), 535, "5.7.139",
         "535 5.7.139 Authentication unsuccessful, the request did not meet the criteria to be "
         "authenticated successfully.",
         PASSWORD, "conditional access"},
        {S(LOGIN), 535, "5.7.139", "535 5.7.139 the user credentials were incorrect", PASSWORD,
         "second factor"},
        {S(LOGIN), 535, "5.7.139", "535 5.7.139 the user credentials were incorrect", OAUTH2,
         "SMTP.SendAsApp"},
        {S(LOGIN), 535, "5.7.3", "535 5.7.3 Authentication unsuccessful", OAUTH2,
         "New-ServicePrincipal"},
        {S(LOGIN), 535, "5.7.3", "535 5.7.3 Authentication unsuccessful", PASSWORD, NULL},
        {S(LOGIN), 550, "5.7.30", "550 5.7.30 Basic authentication is not supported", PASSWORD,
         "no passwords"},
        {S(LOGIN), 454, "4.7.0", "454 4.7.0 Temporary authentication failure", OAUTH2, "passes"},
        {S(LOGIN), 432, "4.3.2", "432 4.3.2 Concurrent connections limit exceeded", OAUTH2,
         "mailMaxConnections"},
        {S(LOGIN), 534, "5.7.9", "534 5.7.9 Application-specific password required", PASSWORD,
         "app password"},
        {S(LOGIN), 535, "5.7.8", "535 5.7.8 Username and Password not accepted - gsmtp", PASSWORD,
         "app passwords alone"},
        {S(LOGIN), 535, "5.7.8", "535 5.7.8 authentication failed", PASSWORD, NULL},
        {S(FINAL), 550, "5.7.60", "550 5.7.60 SMTP; Client does not have permissions", OAUTH2,
         "SendAs"},
        {S(FINAL), 554, "5.2.252", "554 5.2.252 SendAsDenied; a not allowed to send as b", OAUTH2,
         "Add-RecipientPermission"},
        {S(FINAL), 554, "5.2.0", "554 5.2.0 STOREDRV.Submission.Exception:SendAsDeniedException",
         OAUTH2, "Add-RecipientPermission"},
        {S(SENDER), 530, "5.7.57", "530 5.7.57 Client not authenticated to send mail", PASSWORD,
         "connector"},
        {S(FINAL), 550, "5.7.708", "550 5.7.708 Service unavailable", OAUTH2, "trial"},
        {S(FINAL), 550, "5.4.5", "550 5.4.5 Daily user sending limit exceeded", PASSWORD,
         "24 hours"},
        {S(RECIPIENT), 550, "5.1.1", "550 5.1.1 no such user", PASSWORD, NULL},
        {S(GREETING), 554, "5.7.60", "554 5.7.60 no", PASSWORD, NULL},
        {S(FINAL), 250, "5.7.60", "250 fine", PASSWORD, NULL},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        SpocFailure failure = {
            .stage = cases[i].stage, .kind = SPOC_FAILURE_REPLY, .reply_code = cases[i].code};
        g_strlcpy(failure.enhanced_status, cases[i].status, sizeof failure.enhanced_status);
        const char *remedy = spoc_provider_remedy(&failure, cases[i].words, cases[i].method);
        g_test_message("%s: %s", cases[i].words, remedy != NULL ? remedy : "nothing");
        if (cases[i].hint == NULL)
            g_assert_null(remedy);
        else
            g_assert_true(remedy != NULL && strstr(remedy, cases[i].hint) != NULL);
    }
    SpocFailure lost = {.stage = S(LOGIN), .kind = SPOC_FAILURE_NETWORK};
    g_assert_null(spoc_provider_remedy(&lost, "", OAUTH2));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/provider-remedy/table", test_table);
    return g_test_run();
}
