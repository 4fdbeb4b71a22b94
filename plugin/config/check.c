/* SPDX-License-Identifier: Apache-2.0 */
#include "config/check.h"

#include "config/check-files.h"
#include "config/snapshot.h"

#include <string.h>

#define PORT_SMTP 25
#define PORT_SUBMISSION 587
#define PORT_SUBMISSIONS 465

typedef struct {
    const SpocConfig *config;
    GPtrArray *problems;
} Check;

/* A warning about an option, at the place that set it. */
static void G_GNUC_PRINTF(3, 4)
    warn(const Check *check, SpocOptionId option, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    SpocConfigOrigin origin = spoc_config_origin(check->config, option);
    g_ptr_array_add(check->problems,
                    spoc_problem_new(SPOC_SEVERITY_WARNING, FALSE, spoc_option_get(option)->name,
                                     origin.file, origin.line, "%s", text));
}

static gboolean
is_default(const Check *check, SpocOptionId option)
{
    return check->config->slots[option].is_default;
}

static void
check_port(const Check *check, SpocOptionId server, int encryption)
{
    guint port = 0;
    g_autofree char *host = NULL;
    if (!spoc_config_server(check->config, server, &host, &port))
        return;
    const char *mode = spoc_option_get(SPOC_OPTION_MAIL_SMTP_ENCRYPTION)->choices[encryption];
    if (port == PORT_SUBMISSIONS && encryption != SPOC_ENCRYPTION_SSL_TLS)
        warn(check, SPOC_OPTION_MAIL_SMTP_ENCRYPTION,
             "is %s, but port 465 of %s usually speaks TLS from the first byte; set "
             "mailSmtpEncryption = SSL_TLS, or port 587",
             mode, host);
    if ((port == PORT_SMTP || port == PORT_SUBMISSION) && encryption == SPOC_ENCRYPTION_SSL_TLS)
        warn(check, SPOC_OPTION_MAIL_SMTP_ENCRYPTION,
             "is SSL_TLS, but port %u of %s usually begins without TLS; set mailSmtpEncryption = "
             "STARTTLS_REQUIRED, or port 465",
             port, host);
}

static void
check_servers(const Check *check, int encryption)
{
    check_port(check, SPOC_OPTION_MAILSERVER, encryption);
    check_port(check, SPOC_OPTION_MAILSERVERBACKUP, encryption);
    g_autofree char *host = NULL, *other = NULL;
    guint port = 0, other_port = 0;
    if (!spoc_config_server(check->config, SPOC_OPTION_MAILSERVERBACKUP, &other, &other_port))
        return;
    if (!spoc_config_server(check->config, SPOC_OPTION_MAILSERVER, &host, &port))
        warn(check, SPOC_OPTION_MAILSERVERBACKUP, "is set, but mailserver is not");
    else if (port == other_port && g_ascii_strcasecmp(host, other) == 0)
        warn(check, SPOC_OPTION_MAILSERVERBACKUP,
             "is the same as mailserver, so it cannot help; name another one or "
             "leave it empty");
}

static void
check_login(const Check *check, int encryption)
{
    gboolean has_user = spoc_config_string(check->config, SPOC_OPTION_MAILUSER) != NULL;
    gboolean has_password = spoc_config_string(check->config, SPOC_OPTION_MAILPASS) != NULL;
    gboolean may_be_clear =
        spoc_config_boolean(check->config, SPOC_OPTION_MAIL_ALLOW_CLEARTEXT_PASSWORD);
    if (has_password && !has_user)
        warn(check, SPOC_OPTION_MAILPASS, "is set without mailuser: there is no login");
    if (has_user && !has_password)
        warn(check, SPOC_OPTION_MAILUSER,
             "is set without a password; set mailpass or mailpassFile, or mailuser = [EMPTY]");
    if (has_user && has_password && encryption == SPOC_ENCRYPTION_NONE)
        warn(check, SPOC_OPTION_MAIL_SMTP_ENCRYPTION,
             "is NONE, so the password crosses the network readable for everyone on the way; use "
             "STARTTLS_REQUIRED or SSL_TLS");
    if (may_be_clear && encryption == SPOC_ENCRYPTION_STARTTLS)
        warn(check, SPOC_OPTION_MAIL_ALLOW_CLEARTEXT_PASSWORD,
             "is true: anyone on the way to the server can take STARTTLS out and read the "
             "password; use STARTTLS_REQUIRED instead");
}

static void
check_domain(const Check *check, SpocOptionId option, const char *domain, const char *consequence)
{
    if (domain == NULL)
        warn(check, option, "is empty; %s", consequence);
    else if (strcmp(domain, "localhost") == 0 || g_str_has_prefix(domain, "localhost."))
        warn(check, option, "is at %s, which means another host to everyone else; %s", domain,
             consequence);
    else if (strchr(domain, '.') == NULL)
        warn(check, option, "is at '%s', which is not a full domain; %s", domain, consequence);
}

/* (nullable): whose mail a bad recipientDomain keeps from arriving; NULL: nobody's */
static const char *
who_needs_domain(const SpocConfig *config)
{
    gboolean has_directory = spoc_config_list(config, SPOC_OPTION_RECIPIENT_LDAP_URI)[0] != NULL;
    if (has_directory &&
        spoc_config_choice(config, SPOC_OPTION_RECIPIENT_LDAP_WHEN_AWAY) == SPOC_LDAP_AWAY_DOMAIN)
        return "while the directory cannot be asked, mail to @owner and to bare user names cannot "
               "arrive; set recipientDomain = example.com, or recipientLdapWhenAway = wait";
    if (has_directory)
        return NULL;
    if (spoc_config_string(config, SPOC_OPTION_RECIPIENT_ALIAS_FILE) != NULL)
        return "mail to owners and bare user names that recipientAliasFile does not name cannot "
               "arrive; set recipientDomain = example.com";
    if (spoc_config_boolean(config, SPOC_OPTION_OWNER_IS_ADDRESS))
        return "mail to owners whose names are no addresses, and to bare user names, cannot "
               "arrive; set recipientDomain = example.com";
    return "mail to @owner and to bare user names cannot arrive; set recipientDomain = "
           "example.com";
}

static void
check_people(const Check *check)
{
    const char *sender = spoc_config_string(check->config, SPOC_OPTION_MAILFROM);
    check_domain(check, SPOC_OPTION_MAILFROM, strrchr(sender, '@') + 1,
                 "mail servers may refuse such a sender; set mailfrom = printing@example.com");
    const char *unreached = who_needs_domain(check->config);
    if (unreached != NULL)
        check_domain(check, SPOC_OPTION_RECIPIENT_DOMAIN,
                     spoc_config_string(check->config, SPOC_OPTION_RECIPIENT_DOMAIN), unreached);
    if (spoc_config_choice(check->config, SPOC_OPTION_NOTIFY_UNVERIFIED) == SPOC_UNVERIFIED_SEND)
        warn(check, SPOC_OPTION_NOTIFY_UNVERIFIED,
             "is send: people may get events of other people's jobs, titles included");
    const char *const *allowed =
        spoc_config_list(check->config, SPOC_OPTION_NOTIFY_ALLOWED_RECIPIENTS);
    if (allowed[0] == NULL)
        warn(check, SPOC_OPTION_NOTIFY_ALLOWED_RECIPIENTS,
             "is empty: every notification is refused");
    if (g_strv_contains(allowed, "*"))
        warn(check, SPOC_OPTION_NOTIFY_ALLOWED_RECIPIENTS,
             "allows everyone: any local user can make this host mail any address");
}

static void
check_directory(const Check *check)
{
    const char *const *uris = spoc_config_list(check->config, SPOC_OPTION_RECIPIENT_LDAP_URI);
    gboolean is_plain = spoc_config_choice(check->config, SPOC_OPTION_RECIPIENT_LDAP_ENCRYPTION) ==
                        SPOC_LDAP_ENCRYPTION_NONE;
    for (gsize i = 0; is_plain && uris[i] != NULL; i++) {
        if (!g_str_has_prefix(uris[i], "ldap:"))
            continue;
        warn(check, SPOC_OPTION_RECIPIENT_LDAP_ENCRYPTION,
             "is NONE: anyone on the way to %s can say whose mail goes where; use "
             "STARTTLS_REQUIRED",
             uris[i]);
        break;
    }
    if (spoc_config_string(check->config, SPOC_OPTION_RECIPIENT_LDAP_SASL_MECHANISM) != NULL &&
        spoc_config_string(check->config, SPOC_OPTION_RECIPIENT_LDAP_BIND_DN) != NULL)
        warn(check, SPOC_OPTION_RECIPIENT_LDAP_BIND_DN,
             "does not count, because recipientLdapSaslMechanism is set");
}

static void
check_scans(const Check *check)
{
    const char *const *allowed =
        spoc_config_list(check->config, SPOC_OPTION_SCAN_ALLOWED_RECIPIENTS);
    if (g_strv_contains(allowed, "*"))
        warn(check, SPOC_OPTION_SCAN_ALLOWED_RECIPIENTS,
             "allows everyone: a spoc: queue then mails any document to any address for whoever "
             "may print to it");
    if (spoc_config_choice(check->config, SPOC_OPTION_SCAN_FROM) == SPOC_SCAN_FROM_USER)
        warn(check, SPOC_OPTION_SCAN_FROM,
             "is user: unless every spoc: queue requires a login (AuthType in cupsd.conf), anybody "
             "can send in anybody's name");
}

static void
check_tls(const Check *check)
{
    static const char *const broken[] = {"TLSv1.1", "TLSv1"};
    const char *const *protocols = spoc_config_list(check->config, SPOC_OPTION_PROTOCOLS);
    for (guint i = 0; i < G_N_ELEMENTS(broken); i++)
        if (g_strv_contains(protocols, broken[i]))
            warn(check, SPOC_OPTION_PROTOCOLS,
                 "allows %s, which is broken (RFC 8996), and lowers the security level of every "
                 "connection that uses it; keep it only for a server that speaks nothing better",
                 broken[i]);
    if (!spoc_config_boolean(check->config, SPOC_OPTION_ALLOW_SUITES) &&
        !is_default(check, SPOC_OPTION_SUITES))
        warn(check, SPOC_OPTION_SUITES,
             "does not count, because allowCustomCipherSuitesForOutboundCommunication is false");
    if (spoc_config_string(check->config, SPOC_OPTION_MAIL_CLIENT_KEY) != NULL &&
        spoc_config_string(check->config, SPOC_OPTION_MAIL_CLIENT_CERTIFICATE) == NULL)
        warn(check, SPOC_OPTION_MAIL_CLIENT_KEY, "is set without mailClientCertificate");
    if (!spoc_config_boolean(check->config, SPOC_OPTION_TRUST_SYSTEM_CERTIFICATES) &&
        spoc_config_string(check->config, SPOC_OPTION_TRUST_STORE) == NULL)
        warn(check, SPOC_OPTION_TRUST_SYSTEM_CERTIFICATES,
             "is false and there is no trustStore: no server is trusted");
}

static void
check_schedule(const Check *check)
{
    gsize count = 0;
    const gint64 *delays =
        spoc_config_durations_ms(check->config, SPOC_OPTION_MAIL_RETRY_SCHEDULE, &count);
    if (delays[0] > spoc_config_duration_ms(check->config, SPOC_OPTION_MAIL_MAX_AGE))
        warn(check, SPOC_OPTION_MAIL_MAX_AGE,
             "is shorter than the first wait of mailRetrySchedule: a mail is tried only twice");
}

GPtrArray *
spoc_config_check(const SpocPlaces *places, const SpocConfig *config)
{
    Check check = {.config = config,
                   .problems = g_ptr_array_new_with_free_func((GDestroyNotify)spoc_problem_free)};
    int encryption = spoc_config_choice(config, SPOC_OPTION_MAIL_SMTP_ENCRYPTION);
    spoc_check_files(places, config, check.problems);
    check_servers(&check, encryption);
    check_login(&check, encryption);
    check_people(&check);
    check_directory(&check);
    check_scans(&check);
    check_tls(&check);
    check_schedule(&check);
    return check.problems;
}
