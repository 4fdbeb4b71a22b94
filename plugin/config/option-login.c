/* SPDX-License-Identifier: Apache-2.0 */
/* How spocd logs in at the mail server, and where tokens come from. */
#include "config/option-rows.h"

#define GROUP_LOGIN "Login"
#define GROUP_OAUTH "OAuth 2.0"

static const char *const authentication_choices[] = {"auto",     "none",   "password", "oauth2",
                                                     "external", "gssapi", NULL};
/* Strongest first */
static const char *const mechanism_choices[] = {
    "EXTERNAL",    "GSSAPI",   "OAUTHBEARER", "XOAUTH2", "SCRAM-SHA-256",
    "SCRAM-SHA-1", "CRAM-MD5", "PLAIN",       "LOGIN",   NULL};
static const char *const https_scheme[] = {"https", NULL};
static const char *const http_scheme[] = {"http", NULL};

const SpocOption spoc_option_login_rows[SPOC_OPTION_FIRST_OF_PEOPLE -
                                        SPOC_OPTION_FIRST_OF_LOGIN] = {
    {.id = SPOC_OPTION_MAILUSER,
     .name = "mailuser",
     .type = SPOC_TYPE_STRING,
     .flags = CRITICAL | MANAGEABLE,
     .default_value = "",
     .group = GROUP_LOGIN,
     .help = "The user name that the mail server knows, often an address. With oauth2 it is the "
             "mailbox that the token is for; with gssapi the Kerberos principal (empty: the first "
             "one in mailKerberosKeytab). Empty: no login with a password."},
    {.id = SPOC_OPTION_MAILPASS,
     .name = "mailpass",
     .type = SPOC_TYPE_STRING,
     .flags = CRITICAL | MANAGEABLE | SECRET,
     .default_value = "",
     .group = GROUP_LOGIN,
     .help = "The password of mailuser. A file that holds it should be readable for root and the "
             "print system's group only (chmod 0640, chown root:lp); better use mailpassFile or a "
             "systemd credential named mailpass."},
    {.id = SPOC_OPTION_MAIL_PASS_FILE,
     .name = "mailpassFile",
     .type = SPOC_TYPE_PATH,
     .flags = CRITICAL,
     .default_value = "",
     .group = GROUP_LOGIN,
     .help =
         "A file whose first line is the password of mailuser. It counts before mailpass unless "
         "that is set in a higher layer; a systemd credential named mailpass counts before both."},
    {.id = SPOC_OPTION_MAIL_ALLOW_CLEARTEXT_PASSWORD,
     .name = "mailAllowCleartextPassword",
     .type = SPOC_TYPE_BOOLEAN,
     .flags = CRITICAL,
     .default_value = "false",
     .group = GROUP_LOGIN,
     .help = "With STARTTLS, whether the password may be sent although the server does not offer "
             "encryption."},
    {.id = SPOC_OPTION_MAIL_AUTHENTICATION,
     .name = "mailAuthentication",
     .type = SPOC_TYPE_CHOICE,
     .flags = CRITICAL | MANAGEABLE,
     .default_value = "auto",
     .choices = authentication_choices,
     .group = GROUP_LOGIN,
     .help = "How spocd logs in. none: not at all. password: mailuser and mailpass. oauth2: a "
             "token, never without TLS. external: mailClientCertificate, where the server takes "
             "the name from it. gssapi: Kerberos, with mailKerberosKeytab. auto: oauth2 when a "
             "source of tokens is set (mailOAuth...), else password when mailuser is, else none. "
             "Where a login is wanted and is not possible, mail waits; it never goes without."},
    {.id = SPOC_OPTION_MAIL_AUTH_MECHANISMS,
     .name = "mailAuthMechanisms",
     .type = SPOC_TYPE_LIST,
     .flags = CRITICAL | MANAGEABLE,
     .default_value = "",
     .computed_default = "all that fit mailAuthentication",
     .entry_type = SPOC_TYPE_CHOICE,
     .choices = mechanism_choices,
     .group = GROUP_LOGIN,
     .help = "The SASL mechanisms that may be used, the preferred one first. Of those that the "
             "server offers and that fit mailAuthentication the first is used, the next one only "
             "when the server says that it does not take that mechanism after all."},
    {.id = SPOC_OPTION_MAIL_KERBEROS_KEYTAB,
     .name = "mailKerberosKeytab",
     .type = SPOC_TYPE_PATH,
     .flags = CRITICAL,
     .default_value = "",
     .group = GROUP_LOGIN,
     .help = "A Kerberos keytab with the key of the principal that logs in with gssapi. It should "
             "be readable for root and the print system's group only (chmod 0640, chown root:lp)."},
    {.id = SPOC_OPTION_MAIL_OAUTH_TOKEN_URL,
     .name = "mailOAuthTokenUrl",
     .type = SPOC_TYPE_URL,
     .flags = CRITICAL,
     .default_value = "",
     .choices = https_scheme,
     .group = GROUP_OAUTH,
     .help = "Where tokens come from, with https. {tenant} in its path is replaced by "
             "mailOAuthTenant. mailProvider fills it in."},
    {.id = SPOC_OPTION_MAIL_OAUTH_DEVICE_URL,
     .name = "mailOAuthDeviceUrl",
     .type = SPOC_TYPE_URL,
     .flags = CRITICAL,
     .default_value = "",
     .choices = https_scheme,
     .group = GROUP_OAUTH,
     .help = "Where 'spocctl oauth login' begins (RFC 8628), with https. {tenant} in its path is "
             "replaced by mailOAuthTenant. mailProvider fills it in."},
    {.id = SPOC_OPTION_MAIL_OAUTH_TENANT,
     .name = "mailOAuthTenant",
     .type = SPOC_TYPE_STRING,
     .flags = CRITICAL | MANAGEABLE,
     .default_value = "",
     .group = GROUP_OAUTH,
     .help = "The directory of the organisation at the provider: for office365 the tenant's "
             "identifier, or one of its domains."},
    {.id = SPOC_OPTION_MAIL_OAUTH_CLIENT_ID,
     .name = "mailOAuthClientId",
     .type = SPOC_TYPE_STRING,
     .flags = CRITICAL | MANAGEABLE,
     .default_value = "",
     .group = GROUP_OAUTH,
     .help = "The identifier under which this application is registered at the provider."},
    {.id = SPOC_OPTION_MAIL_OAUTH_SCOPE,
     .name = "mailOAuthScope",
     .type = SPOC_TYPE_STRING,
     .flags = CRITICAL,
     .default_value = "",
     .group = GROUP_OAUTH,
     .help = "What the token is asked for. Empty: what mailProvider takes for the way in which "
             "tokens are got here, else nothing is asked for by name."},
    {.id = SPOC_OPTION_MAIL_OAUTH_CLIENT_SECRET,
     .name = "mailOAuthClientSecret",
     .type = SPOC_TYPE_STRING,
     .flags = CRITICAL | SECRET,
     .default_value = "",
     .group = GROUP_OAUTH,
     .help = "The secret of mailOAuthClientId. Better use mailOAuthClientSecretFile or a systemd "
             "credential named mailOAuthClientSecret."},
    {.id = SPOC_OPTION_MAIL_OAUTH_CLIENT_SECRET_FILE,
     .name = "mailOAuthClientSecretFile",
     .type = SPOC_TYPE_PATH,
     .flags = CRITICAL,
     .default_value = "",
     .group = GROUP_OAUTH,
     .help = "A file whose first line is the secret of mailOAuthClientId. It counts before "
             "mailOAuthClientSecret unless that is set in a higher layer; a systemd credential "
             "named mailOAuthClientSecret counts before both."},
    {.id = SPOC_OPTION_MAIL_OAUTH_CLIENT_CERTIFICATE,
     .name = "mailOAuthClientCertificate",
     .type = SPOC_TYPE_PATH,
     .flags = CRITICAL,
     .default_value = "",
     .group = GROUP_OAUTH,
     .help = "A PEM file with the certificate that is registered for mailOAuthClientId. In place "
             "of the secret spocd then signs its requests with the key."},
    {.id = SPOC_OPTION_MAIL_OAUTH_CLIENT_KEY,
     .name = "mailOAuthClientKey",
     .type = SPOC_TYPE_PATH,
     .flags = CRITICAL,
     .default_value = "",
     .group = GROUP_OAUTH,
     .help = "A PEM file with the private key of mailOAuthClientCertificate. Empty: the key is in "
             "the same file."},
    {.id = SPOC_OPTION_MAIL_OAUTH_SERVICE_ACCOUNT,
     .name = "mailOAuthServiceAccount",
     .type = SPOC_TYPE_PATH,
     .flags = CRITICAL,
     .default_value = "",
     .group = GROUP_OAUTH,
     .help = "The JSON key file of a Google service account that may act for mailuser "
             "(domain-wide delegation)."},
    {.id = SPOC_OPTION_MAIL_OAUTH_TOKEN_COMMAND,
     .name = "mailOAuthTokenCommand",
     .type = SPOC_TYPE_STRING,
     .flags = CRITICAL,
     .default_value = "",
     .group = GROUP_OAUTH,
     .help =
         "A program, by its absolute path, and its arguments, in quotes where they hold blanks; "
         "no shell. Within 30 s it prints a token, or JSON with access_token and expires_in."},
    {.id = SPOC_OPTION_MAIL_OAUTH_PROXY,
     .name = "mailOAuthProxy",
     .type = SPOC_TYPE_URL,
     .flags = CRITICAL,
     .default_value = "",
     .choices = http_scheme,
     .group = GROUP_OAUTH,
     .help = "The proxy through which tokens are got: http://host:port. Mail does not go through "
             "it. Empty: the environment's https_proxy, where it is set."},
    {.id = SPOC_OPTION_MAIL_OAUTH_BACKUP,
     .name = "mailOAuthBackup",
     .type = SPOC_TYPE_BOOLEAN,
     .flags = CRITICAL,
     .default_value = "false",
     .group = GROUP_OAUTH,
     .help = "Whether mailserverbackup is given the token as well. It can send in the name of "
             "mailuser then: only for a server of the same provider. Otherwise mailserverbackup "
             "is not used while mailAuthentication is oauth2."},
};
