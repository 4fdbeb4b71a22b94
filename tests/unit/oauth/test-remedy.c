/* SPDX-License-Identifier: Apache-2.0 */
#include "oauth/remedy.h"

#include <string.h>

static const struct {
    const char *code;
    const char *words;
    SpocTokenSource source;
    const char *says;
} cases[] = {
    {"invalid_client", "AADSTS7000215: Invalid client secret provided.", SPOC_TOKEN_SOURCE_SECRET,
     "not its Secret ID"},
    {"invalid_client", "AADSTS7000222: The provided client secret keys are expired.",
     SPOC_TOKEN_SOURCE_SECRET, "has expired"},
    {"unauthorized_client", "AADSTS700016: Application not found.", SPOC_TOKEN_SOURCE_SECRET,
     "mailOAuthClientId"},
    {"invalid_request", "AADSTS90002: Tenant 'x' not found.", SPOC_TOKEN_SOURCE_SECRET,
     "mailOAuthTenant"},
    {"invalid_grant", "AADSTS65001: The user or administrator has not consented",
     SPOC_TOKEN_SOURCE_REFRESH, "Grant admin consent"},
    {"invalid_grant", "AADSTS50034: The user account does not exist", SPOC_TOKEN_SOURCE_REFRESH,
     "not in this directory"},
    {"invalid_grant", "AADSTS50126: Error validating credentials", SPOC_TOKEN_SOURCE_REFRESH,
     "password were wrong"},
    {"interaction_required", "AADSTS50076: Due to a configuration change",
     SPOC_TOKEN_SOURCE_REFRESH, "second factor"},
    {"interaction_required", "AADSTS50079: must enroll", SPOC_TOKEN_SOURCE_REFRESH, "enrol"},
    {"access_denied", "AADSTS530003: Your device is required to be managed",
     SPOC_TOKEN_SOURCE_REFRESH, "Conditional Access"},
    {"invalid_grant", "AADSTS700082: The refresh token has expired due to inactivity.",
     SPOC_TOKEN_SOURCE_REFRESH, "not used for too long"},
    {"invalid_grant", "AADSTS70043: The refresh token has expired", SPOC_TOKEN_SOURCE_REFRESH,
     "Conditional Access"},
    {"invalid_client", "AADSTS700027: Client assertion failed signature validation.",
     SPOC_TOKEN_SOURCE_CERTIFICATE, "upload mailOAuthClientCertificate"},
    {"invalid_client", "AADSTS7000112: Application is disabled.", SPOC_TOKEN_SOURCE_SECRET,
     "enable it"},
    /* A code is not the beginning of another. */
    {"invalid_grant", "AADSTS7000: no such code", SPOC_TOKEN_SOURCE_REFRESH, "spocctl oauth login"},
    {"invalid_grant", "AADSTS99999999999999999999999", SPOC_TOKEN_SOURCE_REFRESH,
     "spocctl oauth login"},
    {"unauthorized_client", "Client is unauthorized to retrieve access tokens using this method",
     SPOC_TOKEN_SOURCE_SERVICE_ACCOUNT, "domain-wide delegation"},
    {"invalid_grant", "Invalid JWT Signature.", SPOC_TOKEN_SOURCE_SERVICE_ACCOUNT,
     "make a new one"},
    {"invalid_grant",
     "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe.",
     SPOC_TOKEN_SOURCE_SERVICE_ACCOUNT, "clock"},
    {"invalid_grant", "Invalid email or User ID", SPOC_TOKEN_SOURCE_SERVICE_ACCOUNT, "mailuser"},
    {"disabled_client", "The OAuth client was disabled.", SPOC_TOKEN_SOURCE_SECRET, "disabled"},
    {"invalid_grant", NULL, SPOC_TOKEN_SOURCE_REFRESH, "spocctl oauth login"},
    {"invalid_grant", "Token has been expired or revoked.", SPOC_TOKEN_SOURCE_REFRESH,
     "spocctl oauth login"},
    {"invalid_client", NULL, SPOC_TOKEN_SOURCE_SECRET, "mailOAuthClientSecretFile"},
    {"invalid_client", NULL, SPOC_TOKEN_SOURCE_CERTIFICATE, "mailOAuthClientCertificate"},
    {"unauthorized_client", NULL, SPOC_TOKEN_SOURCE_SECRET, "mailOAuthTenant"},
    {"invalid_scope", NULL, SPOC_TOKEN_SOURCE_SECRET, "mailOAuthScope"},
    {"whatever", NULL, SPOC_TOKEN_SOURCE_SECRET, "mailOAuth"},
    {NULL, NULL, SPOC_TOKEN_SOURCE_NONE, "mailOAuth"},
};

static void
test_remedies(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        const char *remedy = spoc_oauth_remedy(cases[i].code, cases[i].words, cases[i].source);
        if (strstr(remedy, cases[i].says) == NULL)
            g_error("%s, %s: '%s' is not about %s", cases[i].code, cases[i].words, remedy,
                    cases[i].says);
        g_assert_false(g_str_has_suffix(remedy, "."));
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/oauth-remedy/table", test_remedies);
    return g_test_run();
}
