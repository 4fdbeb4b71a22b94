/* SPDX-License-Identifier: Apache-2.0 */
/* Needs GLib alone: the generator of the sample file is built from it as well. */
#include "config/option.h"

#include <string.h>

/* Longer names are nobody's typing error. */
#define SUGGEST_MAX_LENGTH 64

#define SECRET SPOC_OPTION_FLAG_SECRET
#define CRITICAL SPOC_OPTION_FLAG_CRITICAL
#define MANAGEABLE SPOC_OPTION_FLAG_MANAGEABLE
#define NEVER_EMPTY SPOC_OPTION_FLAG_NEVER_EMPTY

#define GROUP_SERVER "Mail server"
#define GROUP_LOGIN "Login"
#define GROUP_ENCRYPTION "Encryption"
#define GROUP_TRUST "Trust"
#define GROUP_SENDING "Sending and retrying"
#define GROUP_RECIPIENTS "Recipients and notifications"
#define GROUP_SCANS "Scanning to mail"
#define GROUP_MANAGEMENT "Management"
#define GROUP_DAEMON "Daemon"

#define DAY_S (24 * 60 * 60)

static const char *const encryption_choices[] = {"NONE", "SSL_TLS", "STARTTLS", "STARTTLS_REQUIRED",
                                                 NULL};
static const char *const encryption_aliases[] = {"SSL/TLS=SSL_TLS", NULL};
static const char *const protocol_choices[] = {"TLSv1.3", "TLSv1.2", "TLSv1.1", "TLSv1", NULL};
static const char *const protocol_aliases[] = {"TLSv1.0=TLSv1", NULL};
static const char *const unverified_choices[] = {"drop", "send", NULL};
static const char *const scan_from_choices[] = {"server", "user", NULL};
static const char *const unreachable_choices[] = {"queue", "hold", "retry", NULL};
static const char *const refused_choices[] = {"cancel", "hold", NULL};
static const char *const start_choices[] = {"auto", "never", NULL};

/* In the order of SpocOptionId, so that a row's place is its identifier. */
static const SpocOption table[SPOC_OPTION_COUNT] = {
    {.id = SPOC_OPTION_MAILSERVER,
     .name = "mailserver",
     .type = SPOC_TYPE_SERVER,
     .flags = CRITICAL | MANAGEABLE,
     .default_value = "",
     .group = GROUP_SERVER,
     .help = "The mail server that takes the mail: a host name or address, with ':port' behind it "
             "where it is not mailSmtpPort. IPv6 addresses stand in brackets. Without it all mail "
             "waits."},
    {.id = SPOC_OPTION_MAILSERVERBACKUP,
     .name = "mailserverbackup",
     .type = SPOC_TYPE_SERVER,
     .flags = CRITICAL | MANAGEABLE,
     .default_value = "",
     .group = GROUP_SERVER,
     .help = "The server that is used when mailserver cannot take the mail now. Login, encryption "
             "and, unless given here, the port are the same."},
    {.id = SPOC_OPTION_MAIL_SMTP_PORT,
     .name = "mailSmtpPort",
     .type = SPOC_TYPE_INTEGER,
     .flags = CRITICAL | MANAGEABLE,
     .default_value = "",
     .computed_default = "465 for mailSmtpEncryption SSL_TLS, else 25",
     .minimum = 1,
     .maximum = 65535,
     .group = GROUP_SERVER,
     .help = "The port of a server that is named without one."},
    {.id = SPOC_OPTION_MAILFROM,
     .name = "mailfrom",
     .type = SPOC_TYPE_ADDRESS,
     .flags = CRITICAL | MANAGEABLE | NEVER_EMPTY,
     .default_value = "",
     .computed_default = "print-server@ and this host's full name",
     .group = GROUP_SERVER,
     .help = "The sender, in the envelope and in the From line. Reports of undeliverable mail go "
             "there."},
    {.id = SPOC_OPTION_MAILUSER,
     .name = "mailuser",
     .type = SPOC_TYPE_STRING,
     .flags = CRITICAL | MANAGEABLE,
     .default_value = "",
     .group = GROUP_LOGIN,
     .help = "The user name that the mail server knows. Empty: no login."},
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
    {.id = SPOC_OPTION_MAIL_SMTP_ENCRYPTION,
     .name = "mailSmtpEncryption",
     .type = SPOC_TYPE_CHOICE,
     .flags = CRITICAL | MANAGEABLE,
     .default_value = "STARTTLS",
     .choices = encryption_choices,
     .aliases = encryption_aliases,
     .group = GROUP_ENCRYPTION,
     .help =
         "NONE: no encryption. SSL_TLS (also SSL/TLS): TLS from the first byte, usually port 465. "
         "STARTTLS: encryption when the server offers it, else the mail goes unencrypted and "
         "without the password, with a warning. STARTTLS_REQUIRED: no mail without encryption. "
         "Certificates are always verified; a private root goes into the trust store."},
    {.id = SPOC_OPTION_PROTOCOLS,
     .name = "cryptographicProtocolsForOutboundCommunication",
     .type = SPOC_TYPE_LIST,
     .flags = CRITICAL | MANAGEABLE | NEVER_EMPTY,
     .default_value = "TLSv1.2",
     .entry_type = SPOC_TYPE_CHOICE,
     .choices = protocol_choices,
     .aliases = protocol_aliases,
     .group = GROUP_ENCRYPTION,
     .help = "The TLS versions that every outbound connection may use, without a hole between "
             "them. TLSv1.1 and TLSv1 are broken: for old servers only."},
    {.id = SPOC_OPTION_ALLOW_SUITES,
     .name = "allowCustomCipherSuitesForOutboundCommunication",
     .type = SPOC_TYPE_BOOLEAN,
     .flags = CRITICAL | MANAGEABLE,
     .default_value = "true",
     .group = GROUP_ENCRYPTION,
     .help = "Whether customCipherSuitesForOutboundCommunication applies; false (or disabled) "
             "leaves the choice of suites to OpenSSL."},
    {.id = SPOC_OPTION_SUITES,
     .name = "customCipherSuitesForOutboundCommunication",
     .type = SPOC_TYPE_LIST,
     .flags = CRITICAL | MANAGEABLE,
     .default_value =
         "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,TLS_ECDHE_"
         "ECDSA_WITH_AES_128_GCM_SHA256,TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
     .group = GROUP_ENCRYPTION,
     .help = "The cipher suites that every outbound connection may use, by their IANA (Java) or "
             "OpenSSL names; the default is what RFC 9325 recommends for TLS 1.2. They must fit "
             "the versions above."},
    {.id = SPOC_OPTION_TRUST_STORE,
     .name = "trustStore",
     .type = SPOC_TYPE_PATH,
     .flags = CRITICAL,
     .default_value = "ssl-truststore",
     .group = GROUP_TRUST,
     .help = "Certificates to trust: a Java key store (JKS, JCEKS), PKCS#12 or PEM file, or a "
             "folder of PEM files, told apart by content. The default file may be missing; one "
             "that is set here may not."},
    {.id = SPOC_OPTION_TRUST_STORE_PASSWORD,
     .name = "trustStorePassword",
     .type = SPOC_TYPE_STRING,
     .flags = CRITICAL | SECRET,
     .default_value = "changeit",
     .group = GROUP_TRUST,
     .help = "The password of the trust store."},
    {.id = SPOC_OPTION_TRUST_STORE_PASSWORD_FILE,
     .name = "trustStorePasswordFile",
     .type = SPOC_TYPE_PATH,
     .flags = CRITICAL,
     .default_value = "",
     .group = GROUP_TRUST,
     .help = "A file whose first line is the password of the trust store. It counts before "
             "trustStorePassword unless that is set in a higher layer; a systemd credential named "
             "trustStorePassword counts before both."},
    {.id = SPOC_OPTION_TRUST_SYSTEM_CERTIFICATES,
     .name = "trustSystemCertificates",
     .type = SPOC_TYPE_BOOLEAN,
     .flags = CRITICAL,
     .default_value = "true",
     .group = GROUP_TRUST,
     .help = "Whether the system's own root certificates are trusted as well."},
    {.id = SPOC_OPTION_TRUST_REVOCATION_LIST,
     .name = "trustRevocationList",
     .type = SPOC_TYPE_PATH,
     .flags = CRITICAL,
     .default_value = "",
     .group = GROUP_TRUST,
     .help =
         "A file with certificate revocation lists, PEM or DER. Empty: revocation is not checked."},
    {.id = SPOC_OPTION_MAIL_TLS_PINNED_PUBLIC_KEY,
     .name = "mailTlsPinnedPublicKey",
     .type = SPOC_TYPE_LIST,
     .flags = CRITICAL,
     .default_value = "",
     .entry_type = SPOC_TYPE_PIN,
     .group = GROUP_TRUST,
     .help = "Public keys, as sha256//BASE64, of which the mail server must show one, besides a "
             "certificate that verifies."},
    {.id = SPOC_OPTION_MAIL_CLIENT_CERTIFICATE,
     .name = "mailClientCertificate",
     .type = SPOC_TYPE_PATH,
     .flags = CRITICAL,
     .default_value = "",
     .group = GROUP_TRUST,
     .help = "A PEM file with our own certificate and its chain, for servers that ask for one."},
    {.id = SPOC_OPTION_MAIL_CLIENT_KEY,
     .name = "mailClientKey",
     .type = SPOC_TYPE_PATH,
     .flags = CRITICAL,
     .default_value = "",
     .group = GROUP_TRUST,
     .help = "A PEM file with the private key of mailClientCertificate. Empty: the key is in the "
             "same file."},
    {.id = SPOC_OPTION_MAIL_SMTP_CONNECTION_TIMEOUT,
     .name = "mailSmtpConnectionTimeout",
     .type = SPOC_TYPE_DURATION,
     .flags = MANAGEABLE,
     .default_value = "10000",
     .unit = "ms",
     .minimum = 1,
     .maximum = 3600 * 1000,
     .group = GROUP_SENDING,
     .help = "Longest time until a connection is ready: name lookup, connect, TLS, greeting and "
             "login."},
    {.id = SPOC_OPTION_MAIL_SMTP_TIMEOUT,
     .name = "mailSmtpTimeout",
     .type = SPOC_TYPE_DURATION,
     .flags = MANAGEABLE,
     .default_value = "10000",
     .unit = "ms",
     .minimum = 1,
     .maximum = 3600 * 1000,
     .group = GROUP_SENDING,
     .help = "Longest silence of the server while a mail is sent; not the total, a large scan may "
             "take minutes."},
    {.id = SPOC_OPTION_MAIL_SMTP_FINAL_TIMEOUT,
     .name = "mailSmtpFinalTimeout",
     .type = SPOC_TYPE_DURATION,
     .flags = MANAGEABLE,
     .default_value = "600000",
     .unit = "ms",
     .minimum = 1,
     .maximum = 3600 * 1000,
     .group = GROUP_SENDING,
     .help = "Longest wait for the answer when the whole mail was sent (RFC 5321 4.5.3.2.6). "
             "Shorter ones make duplicates."},
    {.id = SPOC_OPTION_MAIL_MAX_CONNECTIONS,
     .name = "mailMaxConnections",
     .type = SPOC_TYPE_INTEGER,
     .flags = MANAGEABLE,
     .default_value = "3",
     .unit = "connections",
     .minimum = 1,
     .maximum = 100,
     .group = GROUP_SENDING,
     .help = "Connections to one server at the same time."},
    {.id = SPOC_OPTION_MAIL_MAX_MESSAGES_PER_MINUTE,
     .name = "mailMaxMessagesPerMinute",
     .type = SPOC_TYPE_INTEGER,
     .flags = MANAGEABLE,
     .default_value = "0",
     .unit = "messages",
     .minimum = 0,
     .maximum = 1000000,
     .group = GROUP_SENDING,
     .help = "Messages that one server is sent in any minute; 0 is no limit. The rest waits its "
             "turn. Exchange Online takes 30 a minute from a mailbox."},
    {.id = SPOC_OPTION_MAIL_RETRY_SCHEDULE,
     .name = "mailRetrySchedule",
     .type = SPOC_TYPE_DURATIONS,
     .flags = MANAGEABLE,
     .default_value = "30s,1m,5m,15m,30m,1h",
     .unit = "s",
     .minimum = 1,
     .maximum = 7 * DAY_S,
     .group = GROUP_SENDING,
     .help = "Waits between the attempts to deliver a mail; the last one repeats."},
    {.id = SPOC_OPTION_MAIL_MAX_AGE,
     .name = "mailMaxAge",
     .type = SPOC_TYPE_DURATION,
     .flags = MANAGEABLE,
     .default_value = "5d",
     .unit = "s",
     .minimum = 1,
     .maximum = 365 * DAY_S,
     .group = GROUP_SENDING,
     .help = "A mail older than this that still cannot be delivered is given up: moved to failed/ "
             "with the reason."},
    {.id = SPOC_OPTION_MAIL_KEEP_FAILED,
     .name = "mailKeepFailed",
     .type = SPOC_TYPE_DURATION,
     .flags = MANAGEABLE,
     .default_value = "30d",
     .unit = "s",
     .minimum = 1,
     .maximum = 3650 * (gint64)DAY_S,
     .group = GROUP_SENDING,
     .help = "How long a message that could not be delivered is kept in failed/, where 'spocctl "
             "queue retry' can still send it."},
    {.id = SPOC_OPTION_MAIL_REPORT_TO,
     .name = "mailReportTo",
     .type = SPOC_TYPE_ADDRESS,
     .flags = MANAGEABLE,
     .default_value = "",
     .group = GROUP_SENDING,
     .help = "Who is told of mail that could not be delivered: one report for all that was "
             "returned within a minute. Empty: nobody; the log has it in any case."},
    {.id = SPOC_OPTION_RECIPIENT_DOMAIN,
     .name = "recipientDomain",
     .type = SPOC_TYPE_DOMAIN,
     .flags = CRITICAL | MANAGEABLE,
     .default_value = "",
     .computed_default = "the domain of mailfrom",
     .group = GROUP_RECIPIENTS,
     .help = "Appended to bare user names: alice becomes alice@DOMAIN."},
    {.id = SPOC_OPTION_RECIPIENT_ALIAS_FILE,
     .name = "recipientAliasFile",
     .type = SPOC_TYPE_PATH,
     .flags = CRITICAL,
     .default_value = "",
     .group = GROUP_RECIPIENTS,
     .help = "A file in the format of aliases(5) that says where a user's mail goes."},
    {.id = SPOC_OPTION_NOTIFY_UNVERIFIED,
     .name = "notifyUnverified",
     .type = SPOC_TYPE_CHOICE,
     .flags = 0,
     .default_value = "drop",
     .choices = unverified_choices,
     .group = GROUP_RECIPIENTS,
     .help = "What becomes of events whose subscription CUPS no longer knows or cannot be asked "
             "about. With send, people may get events of other people's jobs, titles included."},
    {.id = SPOC_OPTION_NOTIFY_ALLOWED_RECIPIENTS,
     .name = "notifyAllowedRecipients",
     .type = SPOC_TYPE_LIST,
     .flags = CRITICAL,
     .default_value = "",
     .computed_default = "@owner, recipientDomain and this host's names",
     .entry_type = SPOC_TYPE_PATTERN,
     .group = GROUP_RECIPIENTS,
     .help =
         "Who may be sent notifications, because any local user can subscribe any address: @owner "
         "(the owner of the job), addresses, @domain, or * for everyone. [EMPTY]: nobody."},
    {.id = SPOC_OPTION_SCAN_ALLOWED_RECIPIENTS,
     .name = "scanAllowedRecipients",
     .type = SPOC_TYPE_LIST,
     .flags = CRITICAL,
     .default_value = "",
     .computed_default = "@owner and recipientDomain",
     .entry_type = SPOC_TYPE_PATTERN,
     .group = GROUP_SCANS,
     .help = "Who may be sent documents, because whoever prints to a spoc: queue says to whom: "
             "@owner (the owner of the job), addresses, @domain, or * for everyone. [EMPTY]: "
             "nobody."},
    {.id = SPOC_OPTION_SCAN_FROM,
     .name = "scanFrom",
     .type = SPOC_TYPE_CHOICE,
     .flags = CRITICAL,
     .default_value = "server",
     .choices = scan_from_choices,
     .group = GROUP_SCANS,
     .help = "Who stands in the From line. server: mailfrom, with Reply-To the owner of the job. "
             "user: the owner, with Sender mailfrom; only for queues whose users log in, because "
             "else a user's name is whatever the printing program says."},
    {.id = SPOC_OPTION_SCAN_SUBJECT,
     .name = "scanSubject",
     .type = SPOC_TYPE_STRING,
     .flags = MANAGEABLE,
     .default_value = "{title}",
     .group = GROUP_SCANS,
     .help = "The subject, unless the job has the option mail-subject. Placeholders: {title} "
             "{user} {name} {printer} {location} {date} {time} {counter} {host}."},
    {.id = SPOC_OPTION_SCAN_BODY,
     .name = "scanBody",
     .type = SPOC_TYPE_STRING,
     .flags = MANAGEABLE,
     .default_value = "{title}{newline}{newline}Sent by {name} through {printer} on {host}, {date} "
                      "{time}.",
     .group = GROUP_SCANS,
     .help = "The text before the document, unless the job has the option mail-body. Placeholders "
             "as in scanSubject, and {newline}."},
    {.id = SPOC_OPTION_SCAN_FILENAME,
     .name = "scanFilename",
     .type = SPOC_TYPE_STRING,
     .flags = MANAGEABLE,
     .default_value = "{title}",
     .group = GROUP_SCANS,
     .help = "The name of the attachment, unless the job has the option mail-filename; what the "
             "document is decides its extension. Placeholders as in scanSubject."},
    {.id = SPOC_OPTION_SCAN_MAX_SIZE,
     .name = "scanMaxSize",
     .type = SPOC_TYPE_SIZE,
     .flags = MANAGEABLE,
     .default_value = "0",
     .unit = "bytes",
     .minimum = 0,
     .maximum = G_MAXINT64,
     .group = GROUP_SCANS,
     .help = "The largest document that is taken; 0: whatever the mail server takes. In a mail it "
             "becomes larger by a third and a bit."},
    {.id = SPOC_OPTION_SCAN_WHEN_UNREACHABLE,
     .name = "scanWhenUnreachable",
     .type = SPOC_TYPE_CHOICE,
     .flags = MANAGEABLE,
     .default_value = "queue",
     .choices = unreachable_choices,
     .group = GROUP_SCANS,
     .help = "What becomes of a document that no mail server takes now. queue: the job is done, "
             "and spocd goes on trying. hold: CUPS keeps the job until somebody releases it. "
             "retry: CUPS runs the job again by its JobRetryInterval and JobRetryLimit."},
    {.id = SPOC_OPTION_SCAN_WHEN_REFUSED,
     .name = "scanWhenRefused",
     .type = SPOC_TYPE_CHOICE,
     .flags = MANAGEABLE,
     .default_value = "cancel",
     .choices = refused_choices,
     .group = GROUP_SCANS,
     .help = "What becomes of the job of a document that will never be delivered: cancel or hold."},
    {.id = SPOC_OPTION_MANAGEMENT_URL,
     .name = "managementUrl",
     .type = SPOC_TYPE_URL,
     .flags = CRITICAL,
     .default_value = "",
     .group = GROUP_MANAGEMENT,
     .help = "Where spocd fetches the management values from: an https address of a file in this "
             "format. Empty: nowhere."},
    {.id = SPOC_OPTION_MANAGEMENT_INTERVAL,
     .name = "managementInterval",
     .type = SPOC_TYPE_DURATION,
     .flags = MANAGEABLE,
     .default_value = "15m",
     .unit = "s",
     .minimum = 10,
     .maximum = 7 * DAY_S,
     .group = GROUP_MANAGEMENT,
     .help = "How often they are fetched."},
    {.id = SPOC_OPTION_START_DAEMON,
     .name = "startDaemon",
     .type = SPOC_TYPE_CHOICE,
     .flags = 0,
     .default_value = "auto",
     .choices = start_choices,
     .group = GROUP_DAEMON,
     .help = "Whether notifier and backend start spocd when it does not run: never is for sites "
             "whose service manager does."},
};

const SpocOption *
spoc_option_get(SpocOptionId id)
{
    g_return_val_if_fail((guint)id < SPOC_OPTION_COUNT, NULL);
    return &table[id];
}

gboolean
spoc_option_is_never_empty(const SpocOption *option)
{
    switch (option->type) {
    case SPOC_TYPE_INTEGER:
    case SPOC_TYPE_BOOLEAN:
    case SPOC_TYPE_CHOICE:
    case SPOC_TYPE_DURATION:
    case SPOC_TYPE_DURATIONS:
    case SPOC_TYPE_SIZE:
        return TRUE;
    default:
        return (option->flags & NEVER_EMPTY) != 0;
    }
}

const SpocOption *
spoc_option_find(const char *name)
{
    for (guint i = 0; i < SPOC_OPTION_COUNT; i++)
        if (strcmp(table[i].name, name) == 0)
            return &table[i];
    return NULL;
}

/* Letters to insert, delete, replace or swap with a neighbour, without regard to case. */
static guint
edit_distance(const char *a, const char *b)
{
    guint rows[3][SUGGEST_MAX_LENGTH + 1];
    gsize length = strlen(b);
    for (guint j = 0; j <= length; j++)
        rows[1][j] = j;
    guint *before = rows[0], *last = rows[1], *now = rows[2];
    for (guint i = 1; a[i - 1] != '\0'; i++) {
        now[0] = i;
        for (guint j = 1; j <= length; j++) {
            char x = g_ascii_tolower(a[i - 1]), y = g_ascii_tolower(b[j - 1]);
            guint best = MIN(MIN(last[j], now[j - 1]) + 1, last[j - 1] + (x != y));
            if (i > 1 && j > 1 && x == g_ascii_tolower(b[j - 2]) && y == g_ascii_tolower(a[i - 2]))
                best = MIN(best, before[j - 2] + 1);
            now[j] = best;
        }
        guint *spare = before;
        before = last;
        last = now;
        now = spare;
    }
    return last[length];
}

const SpocOption *
spoc_option_suggest(const char *name)
{
    gsize length = strlen(name);
    if (length > SUGGEST_MAX_LENGTH)
        return NULL;
    const SpocOption *nearest = NULL;
    guint least = 1 + (guint)length / 5; /* more than that is another word, not a slip */
    for (guint i = 0; i < SPOC_OPTION_COUNT; i++) {
        guint distance = edit_distance(name, table[i].name);
        if (distance < least || (distance == least && nearest == NULL)) {
            nearest = &table[i];
            least = distance;
        }
    }
    return nearest;
}
