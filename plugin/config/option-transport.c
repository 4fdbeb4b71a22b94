/* SPDX-License-Identifier: Apache-2.0 */
/* How mail is sent: servers, login, encryption, trust, retries. */
#include "config/option-rows.h"

#define GROUP_SERVER "Mail server"
#define GROUP_ENCRYPTION "Encryption"
#define GROUP_TRUST "Trust"
#define GROUP_SENDING "Sending and retrying"

static const char *const provider_choices[] = {"custom", "office365", "gmail", NULL};
static const char *const encryption_choices[] = {"NONE", "SSL_TLS", "STARTTLS", "STARTTLS_REQUIRED",
                                                 NULL};
static const char *const encryption_aliases[] = {"SSL/TLS=SSL_TLS", NULL};
static const char *const protocol_choices[] = {"TLSv1.3", "TLSv1.2", "TLSv1.1", "TLSv1", NULL};
static const char *const protocol_aliases[] = {"TLSv1.0=TLSv1", NULL};

const SpocOption spoc_option_transport_rows[SPOC_OPTION_FIRST_OF_LOGIN] = {
    {.id = SPOC_OPTION_MAIL_PROVIDER,
     .name = "mailProvider",
     .type = SPOC_TYPE_CHOICE,
     .flags = CRITICAL | MANAGEABLE,
     .default_value = "custom",
     .choices = provider_choices,
     .group = GROUP_SERVER,
     .help = "Whose mail service it is: office365 (Exchange Online) or gmail fill in the server, "
             "port, encryption, TLS versions, addresses and scope for tokens, and the provider's "
             "limits, wherever nothing else sets them; 'spocctl config' shows them as 'preset'. "
             "custom: nothing is filled in."},
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
     .type = SPOC_TYPE_MAILBOX,
     .flags = CRITICAL | MANAGEABLE | NEVER_EMPTY,
     .default_value = "",
     .computed_default = "print-server@ and this host's full name",
     .group = GROUP_SERVER,
     .help = "The sender: an address, or Name <address>. The address is the envelope's and the "
             "From line's, the name stands in the From line alone. Reports of undeliverable mail "
             "go there."},
    {.id = SPOC_OPTION_MAIL_FROM_FOR,
     .name = "mailFromFor",
     .type = SPOC_TYPE_LIST,
     .flags = CRITICAL | MANAGEABLE,
     .default_value = "",
     .entry_type = SPOC_TYPE_SENDER,
     .group = GROUP_SERVER,
     .help = "Another sender than mailfrom for what comes from a printer, class or scan queue: "
             "QUEUE=ADDRESS or QUEUE=Name <address>, separated by commas. The account that logs "
             "in must be allowed to send as each of them. A mail about several printers, and one "
             "about none, comes from mailfrom."},
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
         "A file with certificate revocation lists, PEM or DER. A server is refused when a list "
         "revokes its certificate, or an authority between it and what is trusted; when a list is "
         "out of date; and when the file has no list of the authority that issued its certificate. "
         "Empty: revocation is not checked."},
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
     .help = "Longest time for name lookup and connecting together, and once more for the TLS "
             "handshake. The greeting, EHLO, STARTTLS and login have mailSmtpTimeout each."},
    {.id = SPOC_OPTION_MAIL_SMTP_TIMEOUT,
     .name = "mailSmtpTimeout",
     .type = SPOC_TYPE_DURATION,
     .flags = MANAGEABLE,
     .default_value = "10000",
     .unit = "ms",
     .minimum = 1,
     .maximum = 3600 * 1000,
     .group = GROUP_SENDING,
     .help = "Longest silence of the server at any step, from the greeting on; not the total, a "
             "large scan may take minutes. A server that does not answer STARTTLS in this time has "
             "failed: the mail does not go unencrypted then, but to the backup, or it waits."},
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
    {.id = SPOC_OPTION_MAIL_MAX_MESSAGES_PER_DAY,
     .name = "mailMaxMessagesPerDay",
     .type = SPOC_TYPE_INTEGER,
     .flags = MANAGEABLE,
     .default_value = "0",
     .unit = "messages",
     .minimum = 0,
     .maximum = 100000000,
     .group = GROUP_SENDING,
     .help = "Messages that one server is sent in any 24 hours, counted once for each recipient; 0 "
             "is no "
             "limit. The rest waits, or goes to mailserverbackup. Restarts of spocd do not begin "
             "the count anew."},
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
     .help = "How long it is remembered in failed/ what could not be delivered. A document is kept "
             "with it, and 'spocctl queue retry' can still send it; of a notification only the "
             "envelope is. At most 1000 of 1 GiB are kept, and the oldest go first."},
    {.id = SPOC_OPTION_MAIL_REPORT_TO,
     .name = "mailReportTo",
     .type = SPOC_TYPE_ADDRESS,
     .flags = MANAGEABLE,
     .default_value = "",
     .group = GROUP_SENDING,
     .help = "Who is told of mail that could not be delivered: one report for all that was "
             "returned within a minute. Empty: nobody; the log has it in any case."},
};
