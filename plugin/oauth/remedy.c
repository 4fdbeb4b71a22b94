/* SPDX-License-Identifier: Apache-2.0 */
#include "oauth/remedy.h"

#include <string.h>

#define MICROSOFT_PREFIX "AADSTS"
#define ENTRA "Microsoft Entra admin center"
#define APP_PAGE ENTRA ", App registrations, the application, "
#define WORKSPACE "Google Admin console"
#define LOGIN_AGAIN "run 'spocctl oauth login' again"

/* By Microsoft's code, which stands in the description. The same error code of RFC 6749 comes with
 * many of them. */
static const struct {
    guint code;
    const char *remedy;
} microsoft[] = {
    {7000215, "put the secret's Value, not its Secret ID, into mailOAuthClientSecretFile; a Value "
              "is shown only when it is made, so make a new one if it is lost (" APP_PAGE
              "Certificates & secrets)"},
    {7000222, "the client secret has expired: make a new one (" APP_PAGE
              "Certificates & secrets) and put its Value into mailOAuthClientSecretFile"},
    {700016, "check mailOAuthClientId (" APP_PAGE "Overview, Application (client) ID) and that "
             "mailOAuthTenant is the directory in which the application is registered"},
    {90002, "there is no such directory: check mailOAuthTenant (" ENTRA
            ", Overview, Tenant ID), and the cloud in mailOAuthTokenUrl"},
    {900023, "mailOAuthTenant is neither a tenant's identifier nor a domain of it (" ENTRA
             ", Overview, Tenant ID)"},
    {65001, "nobody has consented yet: add SMTP.SendAsApp (with a secret or certificate) or "
            "SMTP.Send (with 'spocctl oauth login') and choose 'Grant admin consent' (" APP_PAGE
            "API permissions)"},
    {65004, "consent was declined: " LOGIN_AGAIN " and accept, or let an administrator grant it "
            "(" APP_PAGE "API permissions)"},
    {50034, "the account is not in this directory: check mailOAuthTenant, and log in with an "
            "account of it (" ENTRA ", Users)"},
    {50126, "user name or password were wrong: " LOGIN_AGAIN},
    {50055, "the account's password has expired: renew it, then " LOGIN_AGAIN},
    {50057, "the account is disabled: enable it (" ENTRA ", Users), or log in with another"},
    {50076, "the account needs a second factor now: " LOGIN_AGAIN ", or use a client secret or "
            "certificate, which need no person"},
    {50078, "the second factor is too long ago: " LOGIN_AGAIN ", or use a client secret or "
            "certificate, which need no person"},
    {50079, "the account has to enrol a second factor first: sign in with it at "
            "https://aka.ms/mfasetup, then " LOGIN_AGAIN},
    {50173, "the account's password was changed or its sessions were ended: " LOGIN_AGAIN},
    {53000, "a Conditional Access policy wants a managed device: leave this application or account "
            "out of it (" ENTRA ", Protection, Conditional Access)"},
    {53003, "a Conditional Access policy blocks this host: leave the application out of it, or let "
            "this host's address in (" ENTRA ", Protection, Conditional Access)"},
    {530003, "a Conditional Access policy wants a managed device: leave this application or "
             "account out of it (" ENTRA ", Protection, Conditional Access)"},
    {70043,
     "a Conditional Access policy limits how long a login lasts, and it is over: " LOGIN_AGAIN
     ", or use a client secret or certificate, which need no person"},
    {700082, "the refresh token was not used for too long and has expired: " LOGIN_AGAIN},
    {70008, "the refresh token has expired: " LOGIN_AGAIN},
    {700084, "the refresh token has expired: " LOGIN_AGAIN},
    {700024, "this machine's clock is wrong, or its time zone: set the clock"},
    {700027, "the certificate is not the one that is registered: upload mailOAuthClientCertificate "
             "(" APP_PAGE "Certificates & secrets, Certificates)"},
    {7000112, "the application is disabled: enable it (" ENTRA
              ", Enterprise applications, the application, Properties)"},
    {7000218, "set mailOAuthClientSecretFile, or allow logins without a secret (" APP_PAGE
              "Authentication, Allow public client flows)"},
    {7000229, "the application has no service principal in this directory: let an administrator "
              "consent (" APP_PAGE "API permissions, Grant admin consent)"},
    {70011, "check mailOAuthScope; leave it empty with mailProvider = office365"},
    {1002012, "with a client secret or certificate mailOAuthScope ends in /.default; leave it "
              "empty with mailProvider = office365"},
    {500011, "check mailOAuthScope; leave it empty with mailProvider = office365, and see that the "
             "directory has Exchange Online"},
    {90014, "something that the provider needs was not sent: check mailOAuthClientId and the other "
            "mailOAuth settings"},
    {900144, "something that the provider needs was not sent: check mailOAuthClientId and the "
             "other mailOAuth settings"},
};

/* By the error code, where @words (nullable) stands in the description, and @source fits */
static const struct {
    const char *error;
    const char *words;
    SpocTokenSource source; /* NONE: whichever */
    const char *remedy;
} others[] = {
    /* Google */
    {"unauthorized_client", NULL, SPOC_TOKEN_SOURCE_SERVICE_ACCOUNT,
     "let the service account act for the mailbox: " WORKSPACE
     ", Security, Access and data control, API controls, Manage domain-wide delegation: its "
     "client_id with the scope https://mail.google.com/; that takes some minutes to hold"},
    {"access_denied", NULL, SPOC_TOKEN_SOURCE_SERVICE_ACCOUNT,
     "let the service account act for the mailbox: " WORKSPACE
     ", Security, Access and data control, API controls, Manage domain-wide delegation: its "
     "client_id with the scope https://mail.google.com/; that takes some minutes to hold"},
    {"invalid_grant", "short-lived", SPOC_TOKEN_SOURCE_NONE,
     "this machine's clock is wrong, or its time zone: set the clock"},
    {"invalid_grant", "Invalid JWT", SPOC_TOKEN_SOURCE_NONE,
     "the key in mailOAuthServiceAccount is no longer one of the account's: make a new one "
     "(Google Cloud console, IAM & Admin, Service accounts, the account, Keys), and check this "
     "machine's clock"},
    {"invalid_grant", "account not found", SPOC_TOKEN_SOURCE_NONE,
     "the service account was deleted or disabled: see Google Cloud console, IAM & Admin, Service "
     "accounts"},
    {"invalid_grant", "Invalid email", SPOC_TOKEN_SOURCE_NONE,
     "set mailuser to a mailbox of the Workspace (" WORKSPACE ", Directory, Users)"},
    {"invalid_grant", NULL, SPOC_TOKEN_SOURCE_SERVICE_ACCOUNT,
     "check that mailuser is a mailbox of the Workspace, that the key in mailOAuthServiceAccount "
     "is still one of the account's, and this machine's clock"},
    {"disabled_client", NULL, SPOC_TOKEN_SOURCE_NONE,
     "the application is disabled: see Google Cloud console, APIs & Services, Credentials"},
    {"deleted_client", NULL, SPOC_TOKEN_SOURCE_NONE,
     "the application was deleted: register it again and set mailOAuthClientId"},
    {"admin_policy_enforced", NULL, SPOC_TOKEN_SOURCE_NONE,
     "an administrator has to allow the application: " WORKSPACE
     ", Security, Access and data control, API controls"},
    {"invalid_rapt", NULL, SPOC_TOKEN_SOURCE_NONE, LOGIN_AGAIN},
    /* RFC 6749, RFC 8628 */
    {"invalid_grant", NULL, SPOC_TOKEN_SOURCE_REFRESH,
     "the stored login no longer counts, because it has expired, was ended, or the password was "
     "changed: " LOGIN_AGAIN},
    {"invalid_grant", NULL, SPOC_TOKEN_SOURCE_CERTIFICATE,
     "check mailOAuthClientCertificate, and this machine's clock"},
    {"invalid_grant", NULL, SPOC_TOKEN_SOURCE_NONE,
     "check mailOAuthClientId and what belongs to it"},
    {"invalid_client", NULL, SPOC_TOKEN_SOURCE_CERTIFICATE,
     "check mailOAuthClientId, and that mailOAuthClientCertificate is registered for it"},
    {"invalid_client", NULL, SPOC_TOKEN_SOURCE_REFRESH,
     "check mailOAuthClientId, and mailOAuthClientSecretFile if the application has a secret"},
    {"invalid_client", NULL, SPOC_TOKEN_SOURCE_NONE,
     "check mailOAuthClientId, and that the secret in mailOAuthClientSecretFile is its own and has "
     "not expired"},
    {"unauthorized_client", NULL, SPOC_TOKEN_SOURCE_NONE,
     "allow the application this way of getting tokens at the provider, and check "
     "mailOAuthClientId and mailOAuthTenant"},
    {"unsupported_grant_type", NULL, SPOC_TOKEN_SOURCE_NONE,
     "the provider has no tokens for this way: check mailOAuthTokenUrl, or use another source"},
    {"invalid_scope", NULL, SPOC_TOKEN_SOURCE_NONE,
     "check mailOAuthScope, and that the application may have it"},
    {"access_denied", NULL, SPOC_TOKEN_SOURCE_NONE,
     "somebody declined: " LOGIN_AGAIN " and accept"},
    {"expired_token", NULL, SPOC_TOKEN_SOURCE_NONE,
     "nobody entered the code in time: " LOGIN_AGAIN},
    {"consent_required", NULL, SPOC_TOKEN_SOURCE_NONE,
     "an administrator has to consent to the application at the provider"},
    {"interaction_required", NULL, SPOC_TOKEN_SOURCE_NONE, LOGIN_AGAIN},
};

/* 0: there is none */
static guint
microsoft_code(const char *words)
{
    const char *p = words != NULL ? strstr(words, MICROSOFT_PREFIX) : NULL;
    guint64 code = p != NULL ? g_ascii_strtoull(p + strlen(MICROSOFT_PREFIX), NULL, 10) : 0;
    return code <= G_MAXUINT ? (guint)code : 0;
}

const char *
spoc_oauth_remedy(const char *error_code, const char *words, SpocTokenSource source)
{
    guint code = microsoft_code(words);
    for (guint i = 0; i < G_N_ELEMENTS(microsoft); i++)
        if (code != 0 && microsoft[i].code == code)
            return microsoft[i].remedy;
    for (guint i = 0; i < G_N_ELEMENTS(others); i++)
        if (g_strcmp0(others[i].error, error_code) == 0 &&
            (others[i].words == NULL ||
             (words != NULL && strcasestr(words, others[i].words) != NULL)) &&
            (others[i].source == SPOC_TOKEN_SOURCE_NONE || others[i].source == source))
            return others[i].remedy;
    return "check the mailOAuth settings and the application at the provider";
}
