/* SPDX-License-Identifier: Apache-2.0 */
/* Who gets mail, and what it says: people, notifications, scans; and the daemon itself. */
#include "config/option-rows.h"

#define GROUP_RECIPIENTS "Recipients and notifications"
#define GROUP_DIRECTORY "People in a directory (LDAP)"
#define GROUP_NOTIFICATIONS "Notifications"
#define GROUP_SCANS "Scanning to mail"
#define GROUP_MANAGEMENT "Management"
#define GROUP_DAEMON "Daemon"

static const char *const unverified_choices[] = {"drop", "send", NULL};
static const char *const ldap_encryption_choices[] = {"NONE", "STARTTLS_REQUIRED", NULL};
static const char *const ldap_away_choices[] = {"wait", "recipientDomain", NULL};
static const char *const language_choices[] = {"en", "cs", "de",    "fr", "es", "it",
                                               "pl", "nl", "pt_BR", "ja", NULL};
static const char *const event_choices[] = {"all",
                                            "jobs",
                                            "printers",
                                            "server",
                                            "job-created",
                                            "job-completed",
                                            "job-stopped",
                                            "job-config-changed",
                                            "job-state-changed",
                                            "job-progress",
                                            "printer-added",
                                            "printer-deleted",
                                            "printer-config-changed",
                                            "printer-state-changed",
                                            "printer-stopped",
                                            "printer-media-changed",
                                            "printer-finishings-changed",
                                            "printer-queue-order-changed",
                                            "printer-restarted",
                                            "printer-shutdown",

                                            "server-started",
                                            "server-stopped",
                                            "server-restarted",
                                            "server-audit",
                                            NULL};
static const char *const only_choices[] = {"all", "problems", "faults", NULL}; /* as SpocOnly */
static const char *const links_choices[] = {"auto", "always", "never", NULL};
static const char *const scan_from_choices[] = {"server", "user", NULL};
static const char *const unreachable_choices[] = {"queue", "hold", "retry", NULL};
static const char *const refused_choices[] = {"cancel", "hold", NULL};
static const char *const start_choices[] = {"auto", "never", NULL};

/* Of addresses */
static const char *const ldap_schemes[] = {"ldaps", "ldap", "ldapi", NULL};
static const char *const web_schemes[] = {"https", "http", NULL};
static const char *const management_schemes[] = {"https", NULL};

const SpocOption spoc_option_people_rows[SPOC_OPTION_COUNT - SPOC_OPTION_FIRST_OF_PEOPLE] = {
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
     .help =
         "A file in the format of aliases(5) that says where a user's mail goes. Behind an address "
         "or a name may stand the language and what is mailed: alice: "
         "alice@example.com?language=de&only=problems. While the file "
         "cannot be read all mail waits; lines that cannot be followed concern their own names "
         "alone, and spocctl check names them."},
    {.id = SPOC_OPTION_OWNER_IS_ADDRESS,
     .name = "ownerIsAddress",
     .type = SPOC_TYPE_BOOLEAN,
     .flags = CRITICAL,
     .default_value = "false",
     .group = GROUP_RECIPIENTS,
     .help = "Whether the name of a job's owner that has an @ in it is an address when alias file "
             "and directory do not know it. @owner in an allow-list then lets it in at "
             "recipientDomain alone, because a name is whatever the printing program says; other "
             "domains need an entry of their own there."},
    {.id = SPOC_OPTION_NOTIFY_UNVERIFIED,
     .name = "notifyUnverified",
     .type = SPOC_TYPE_CHOICE,
     .flags = 0,
     .default_value = "drop",
     .choices = unverified_choices,
     .group = GROUP_RECIPIENTS,
     .help =
         "What becomes of events of a subscription that CUPS answers it does not know, where the "
         "events do not tell whose they are. With send nothing waits for CUPS, and people may "
         "get events of other people's jobs, titles included. With drop, events wait while CUPS "
         "cannot be asked, as long as mailMaxAge."},
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
         "(the owner of the job), addresses, @domain, or * for everyone. [EMPTY]: nobody. An "
         "address "
         "with %, !, /, | or a character like them before the @ must be listed itself, because "
         "mail servers may send it elsewhere."},
    {.id = SPOC_OPTION_NOTIFY_TITLES,
     .name = "notifyTitles",
     .type = SPOC_TYPE_LIST,
     .flags = 0,
     .default_value = "@owner",
     .entry_type = SPOC_TYPE_PATTERN,
     .group = GROUP_RECIPIENTS,
     .help =
         "Who reads the titles and owners of jobs, which may be confidential: @owner (the owner of "
         "the job, and whom a subscription names that the owner made with the job, as far as CUPS "
         "still knows it when its first event comes), addresses, @domain, or * for everyone; "
         "others "
         "read \"a document\". [EMPTY]: nobody."},
    {.id = SPOC_OPTION_NOTIFY_MAX_RECIPIENTS,
     .name = "notifyMaxRecipients",
     .type = SPOC_TYPE_INTEGER,
     .flags = 0,
     .default_value = "20",
     .unit = "recipients",
     .minimum = 1,
     .maximum = 100,
     .group = GROUP_RECIPIENTS,
     .help =
         "Recipients that one subscription may name; those behind them get no mail, and the log "
         "says so."},
    {.id = SPOC_OPTION_RECIPIENT_LDAP_URI,
     .name = "recipientLdapUri",
     .type = SPOC_TYPE_LIST,
     .flags = CRITICAL,
     .default_value = "",
     .entry_type = SPOC_TYPE_URL,
     .choices = ldap_schemes,
     .group = GROUP_DIRECTORY,
     .help =
         "The directory that knows users' addresses: ldaps://HOST, ldap://HOST or ldapi://PATH; "
         "several are tried in turn. It is asked for a user whom recipientAliasFile does not "
         "name. Empty: no directory. Its certificate is verified as a mail server's is."},
    {.id = SPOC_OPTION_RECIPIENT_LDAP_ENCRYPTION,
     .name = "recipientLdapEncryption",
     .type = SPOC_TYPE_CHOICE,
     .flags = CRITICAL,
     .default_value = "STARTTLS_REQUIRED",
     .choices = ldap_encryption_choices,
     .group = GROUP_DIRECTORY,
     .help = "How an ldap: connection is protected; ldaps: always is. With NONE nobody can tell "
             "whether the addresses come from the directory."},
    {.id = SPOC_OPTION_RECIPIENT_LDAP_BASE,
     .name = "recipientLdapBase",
     .type = SPOC_TYPE_STRING,
     .flags = CRITICAL,
     .default_value = "",
     .group = GROUP_DIRECTORY,
     .help = "Below which entry users are looked for, such as ou=people,dc=example,dc=com."},
    {.id = SPOC_OPTION_RECIPIENT_LDAP_FILTER,
     .name = "recipientLdapFilter",
     .type = SPOC_TYPE_STRING,
     .flags = CRITICAL | NEVER_EMPTY,
     .default_value = "(uid=%u)",
     .group = GROUP_DIRECTORY,
     .help = "What finds one user (RFC 4515); %u is the user's name, escaped."},
    {.id = SPOC_OPTION_RECIPIENT_LDAP_ADDRESS_ATTRIBUTE,
     .name = "recipientLdapAddressAttribute",
     .type = SPOC_TYPE_STRING,
     .flags = CRITICAL | NEVER_EMPTY,
     .default_value = "mail",
     .group = GROUP_DIRECTORY,
     .help = "The attribute with the address; its first value counts."},
    {.id = SPOC_OPTION_RECIPIENT_LDAP_NAME_ATTRIBUTE,
     .name = "recipientLdapNameAttribute",
     .type = SPOC_TYPE_STRING,
     .flags = 0,
     .default_value = "cn",
     .group = GROUP_DIRECTORY,
     .help = "The attribute with the full name for the To line. [EMPTY]: none."},
    {.id = SPOC_OPTION_RECIPIENT_LDAP_LANGUAGE_ATTRIBUTE,
     .name = "recipientLdapLanguageAttribute",
     .type = SPOC_TYPE_STRING,
     .flags = 0,
     .default_value = "preferredLanguage",
     .group = GROUP_DIRECTORY,
     .help = "The attribute with the language, such as de or pt-BR. [EMPTY]: none."},
    {.id = SPOC_OPTION_RECIPIENT_LDAP_BIND_DN,
     .name = "recipientLdapBindDn",
     .type = SPOC_TYPE_STRING,
     .flags = CRITICAL,
     .default_value = "",
     .group = GROUP_DIRECTORY,
     .help = "Who asks, with recipientLdapPassword. Empty: anonymously."},
    {.id = SPOC_OPTION_RECIPIENT_LDAP_PASSWORD,
     .name = "recipientLdapPassword",
     .type = SPOC_TYPE_STRING,
     .flags = CRITICAL | SECRET,
     .default_value = "",
     .group = GROUP_DIRECTORY,
     .help =
         "The password of recipientLdapBindDn; better use recipientLdapPasswordFile or a systemd "
         "credential named recipientLdapPassword."},
    {.id = SPOC_OPTION_RECIPIENT_LDAP_PASSWORD_FILE,
     .name = "recipientLdapPasswordFile",
     .type = SPOC_TYPE_PATH,
     .flags = CRITICAL,
     .default_value = "",
     .group = GROUP_DIRECTORY,
     .help = "A file whose first line is that password. It counts before recipientLdapPassword "
             "unless that is set in a higher layer."},
    {.id = SPOC_OPTION_RECIPIENT_LDAP_SASL_MECHANISM,
     .name = "recipientLdapSaslMechanism",
     .type = SPOC_TYPE_STRING,
     .flags = CRITICAL,
     .default_value = "",
     .group = GROUP_DIRECTORY,
     .help =
         "EXTERNAL (the client certificate of mailClientCertificate, or the user over ldapi:) or "
         "GSSAPI, instead of recipientLdapBindDn. Empty: no SASL."},
    {.id = SPOC_OPTION_RECIPIENT_LDAP_TIMEOUT,
     .name = "recipientLdapTimeout",
     .type = SPOC_TYPE_DURATION,
     .flags = 0,
     .default_value = "5s",
     .unit = "s",
     .minimum = 1,
     .maximum = 300,
     .group = GROUP_DIRECTORY,
     .help = "The longest wait for a connection, and for an answer."},
    {.id = SPOC_OPTION_RECIPIENT_LDAP_CACHE_TIME,
     .name = "recipientLdapCacheTime",
     .type = SPOC_TYPE_DURATION,
     .flags = 0,
     .default_value = "10m",
     .unit = "s",
     .minimum = 0,
     .maximum = 7 * DAY_S,
     .group = GROUP_DIRECTORY,
     .help =
         "How long an answer is believed, 15 seconds at least; that a user is not there, at most a "
         "minute."},
    {.id = SPOC_OPTION_RECIPIENT_LDAP_WHEN_AWAY,
     .name = "recipientLdapWhenAway",
     .type = SPOC_TYPE_CHOICE,
     .flags = 0,
     .default_value = "wait",
     .choices = ldap_away_choices,
     .group = GROUP_DIRECTORY,
     .help = "While no directory can be asked. wait: the mail waits. recipientDomain: the user is "
             "taken to be NAME@recipientDomain."},
    {.id = SPOC_OPTION_NOTIFY_EVENTS,
     .name = "notifyEvents",
     .type = SPOC_TYPE_LIST,
     .flags = MANAGEABLE | NEVER_EMPTY,
     .default_value = "all",
     .entry_type = SPOC_TYPE_CHOICE,
     .choices = event_choices,
     .group = GROUP_NOTIFICATIONS,
     .help =
         "Which events are mailed at all, whatever a subscription asks for: all, jobs, printers, "
         "server, or events by their names in RFC 3995 and CUPS."},
    {.id = SPOC_OPTION_NOTIFY_ONLY,
     .name = "notifyOnly",
     .type = SPOC_TYPE_CHOICE,
     .flags = MANAGEABLE,
     .default_value = "all",
     .choices = only_choices,
     .group = GROUP_NOTIFICATIONS,
     .help = "How bad an event is that is mailed to whom neither the recipient URI nor the alias "
             "file says: all; problems: what needs attention, and faults; faults: what failed. "
             "Whoever was told of a fault is told that it has cleared."},
    {.id = SPOC_OPTION_NOTIFY_REASONS,
     .name = "notifyReasons",
     .type = SPOC_TYPE_LIST,
     .flags = MANAGEABLE | NEVER_EMPTY,
     .default_value = "*",
     .entry_type = SPOC_TYPE_REASON,
     .group = GROUP_NOTIFICATIONS,
     .help =
         "Which of a printer's reasons are told, as whole keywords such as toner-low-report, or * "
         "for all; after a - one is left out. Of those that match the last one counts, and a list "
         "that begins with a - has all the others. Jobs are not touched, and a printer that "
         "stopped is told in any case."},
    {.id = SPOC_OPTION_NOTIFY_GROUP_WAIT,
     .name = "notifyGroupWait",
     .type = SPOC_TYPE_DURATION,
     .flags = MANAGEABLE,
     .default_value = "5s",
     .computed_default = "5s for printers and the server; a job's mail comes at once",
     .unit = "s",
     .minimum = 0,
     .maximum = DAY_S,
     .group = GROUP_NOTIFICATIONS,
     .help = "How long an event waits for others about the same job or printer, so that one mail "
             "tells them all, and none is sent of a fault that cleared meanwhile; 0: not at all."},
    {.id = SPOC_OPTION_NOTIFY_REPEAT_INTERVAL,
     .name = "notifyRepeatInterval",
     .type = SPOC_TYPE_DURATION,
     .flags = MANAGEABLE,
     .default_value = "1h",
     .unit = "s",
     .minimum = 0,
     .maximum = 7 * DAY_S,
     .group = GROUP_NOTIFICATIONS,
     .help = "A problem of a printer that lasts is mailed to the same person again only after "
             "this, and "
             "only when something else has changed; while its state changes to and fro mails come "
             "less and less often, and the last one tells how it is; 0: every "
             "change is mailed."},
    {.id = SPOC_OPTION_NOTIFY_MAX_PER_HOUR,
     .name = "notifyMaxPerHour",
     .type = SPOC_TYPE_INTEGER,
     .flags = MANAGEABLE,
     .default_value = "60",
     .unit = "messages",
     .minimum = 0,
     .maximum = 1000,
     .group = GROUP_NOTIFICATIONS,
     .help =
         "Notifications that one person is sent in an hour; the rest is collected into one mail. "
         "Those about the person's own jobs are counted by themselves, so that nobody else's "
         "subscription can hold them up. 0 is no limit."},
    {.id = SPOC_OPTION_NOTIFY_MAX_TO_OTHERS_PER_HOUR,
     .name = "notifyMaxToOthersPerHour",
     .type = SPOC_TYPE_INTEGER,
     .flags = 0,
     .default_value = "300",
     .unit = "messages",
     .minimum = 0,
     .maximum = 1000,
     .group = GROUP_NOTIFICATIONS,
     .help =
         "Notifications in an hour to all people together who do not own the job: so many because "
         "of subscriptions that come with jobs, which anybody who can print can make, and so many "
         "because of those of printers and the server. The rest is collected, one mail for each "
         "person, and the log has an alarm. 0 is no limit."},
    {.id = SPOC_OPTION_NOTIFY_DIGEST_TIME,
     .name = "notifyDigestTime",
     .type = SPOC_TYPE_TIME,
     .flags = MANAGEABLE,
     .default_value = "07:00",
     .group = GROUP_NOTIFICATIONS,
     .help = "When recipients with ?digest=daily get their mail, in the time zone of the server."},
    {.id = SPOC_OPTION_NOTIFY_LANGUAGE,
     .name = "notifyLanguage",
     .type = SPOC_TYPE_CHOICE,
     .flags = MANAGEABLE,
     .default_value = "en",
     .choices = language_choices,
     .group = GROUP_NOTIFICATIONS,
     .help =
         "The language of mails to people who have none of their own from the recipient URI, the "
         "alias file or the directory."},
    {.id = SPOC_OPTION_NOTIFY_SUBJECT_PREFIX,
     .name = "notifySubjectPrefix",
     .type = SPOC_TYPE_STRING,
     .flags = MANAGEABLE,
     .default_value = "",
     .group = GROUP_NOTIFICATIONS,
     .help = "Stands before the subject of every notification, such as [print]."},
    {.id = SPOC_OPTION_NOTIFY_CC,
     .name = "notifyCc",
     .type = SPOC_TYPE_LIST,
     .flags = CRITICAL,
     .default_value = "",
     .entry_type = SPOC_TYPE_ADDRESS,
     .group = GROUP_NOTIFICATIONS,
     .help = "Addresses that get a copy of every notification, and stand in its Cc line."},
    {.id = SPOC_OPTION_NOTIFY_WEB_INTERFACE,
     .name = "notifyWebInterface",
     .type = SPOC_TYPE_URL,
     .flags = 0,
     .default_value = "",
     .computed_default = "https:// and this host's full name with port 631",
     .choices = web_schemes,
     .group = GROUP_NOTIFICATIONS,
     .help = "Where readers reach CUPS's web interface; mails link to the printer's page there. "
             "[EMPTY]: no links."},
    {.id = SPOC_OPTION_NOTIFY_LINKS,
     .name = "notifyLinks",
     .type = SPOC_TYPE_CHOICE,
     .flags = MANAGEABLE,
     .default_value = "auto",
     .choices = links_choices,
     .group = GROUP_NOTIFICATIONS,
     .help = "Whether mails link to the printer's page. auto: where it can be reached, which is "
             "when notifyWebInterface is set, or cupsd.conf lets CUPS listen on more than this "
             "host's own addresses and does not say WebInterface No."},
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
             "nobody. What holds for notifyAllowedRecipients and %, !, / or | before the @ holds "
             "here."},
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
     .help =
         "The largest document that is taken; 0: whatever the mail server takes. What is larger "
         "is not even copied. In a mail a document becomes larger by a third and a bit."},
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
     .choices = management_schemes,
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
     .help = "How often they are fetched, at least 10s apart. spocd --once fetches them first when "
             "they are due."},
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
