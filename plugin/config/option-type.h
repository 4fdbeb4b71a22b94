/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  The identifiers, types and choices of options.
 */
#pragma once

#include <glib.h>

/* In the order of the sample file. What decides how safe a connection is stands together, from
 * PROTOCOLS to MAIL_CLIENT_KEY. */
typedef enum {
    SPOC_OPTION_MAIL_PROVIDER,
    SPOC_OPTION_MAILSERVER,
    SPOC_OPTION_MAILSERVERBACKUP,
    SPOC_OPTION_MAIL_SMTP_PORT,
    SPOC_OPTION_MAILFROM,
    SPOC_OPTION_MAIL_FROM_FOR,
    SPOC_OPTION_MAIL_SMTP_ENCRYPTION,
    SPOC_OPTION_PROTOCOLS,    /* cryptographicProtocolsForOutboundCommunication */
    SPOC_OPTION_ALLOW_SUITES, /* allowCustomCipherSuitesForOutboundCommunication */
    SPOC_OPTION_SUITES,       /* customCipherSuitesForOutboundCommunication */
    SPOC_OPTION_TRUST_STORE,
    SPOC_OPTION_TRUST_STORE_PASSWORD,
    SPOC_OPTION_TRUST_STORE_PASSWORD_FILE,
    SPOC_OPTION_TRUST_SYSTEM_CERTIFICATES,
    SPOC_OPTION_TRUST_REVOCATION_LIST,
    SPOC_OPTION_MAIL_TLS_PINNED_PUBLIC_KEY,
    SPOC_OPTION_MAIL_CLIENT_CERTIFICATE,
    SPOC_OPTION_MAIL_CLIENT_KEY,
    SPOC_OPTION_MAIL_SMTP_CONNECTION_TIMEOUT,
    SPOC_OPTION_MAIL_SMTP_TIMEOUT,
    SPOC_OPTION_MAIL_SMTP_FINAL_TIMEOUT,
    SPOC_OPTION_MAIL_MAX_CONNECTIONS,
    SPOC_OPTION_MAIL_MAX_MESSAGES_PER_MINUTE,
    SPOC_OPTION_MAIL_MAX_MESSAGES_PER_DAY,
    SPOC_OPTION_MAIL_RETRY_SCHEDULE,
    SPOC_OPTION_MAIL_MAX_AGE,
    SPOC_OPTION_MAIL_KEEP_FAILED,
    SPOC_OPTION_MAIL_REPORT_TO,
    SPOC_OPTION_MAILUSER,
    SPOC_OPTION_MAILPASS,
    SPOC_OPTION_MAIL_PASS_FILE,
    SPOC_OPTION_MAIL_ALLOW_CLEARTEXT_PASSWORD,
    SPOC_OPTION_MAIL_AUTHENTICATION,
    SPOC_OPTION_MAIL_AUTH_MECHANISMS,
    SPOC_OPTION_MAIL_KERBEROS_KEYTAB,
    SPOC_OPTION_MAIL_OAUTH_TOKEN_URL,
    SPOC_OPTION_MAIL_OAUTH_DEVICE_URL,
    SPOC_OPTION_MAIL_OAUTH_TENANT,
    SPOC_OPTION_MAIL_OAUTH_CLIENT_ID,
    SPOC_OPTION_MAIL_OAUTH_SCOPE,
    SPOC_OPTION_MAIL_OAUTH_CLIENT_SECRET,
    SPOC_OPTION_MAIL_OAUTH_CLIENT_SECRET_FILE,
    SPOC_OPTION_MAIL_OAUTH_CLIENT_CERTIFICATE,
    SPOC_OPTION_MAIL_OAUTH_CLIENT_KEY,
    SPOC_OPTION_MAIL_OAUTH_SERVICE_ACCOUNT,
    SPOC_OPTION_MAIL_OAUTH_TOKEN_COMMAND,
    SPOC_OPTION_MAIL_OAUTH_PROXY,
    SPOC_OPTION_MAIL_OAUTH_BACKUP,
    SPOC_OPTION_RECIPIENT_DOMAIN,
    SPOC_OPTION_RECIPIENT_ALIAS_FILE,
    SPOC_OPTION_OWNER_IS_ADDRESS,
    SPOC_OPTION_NOTIFY_UNVERIFIED,
    SPOC_OPTION_NOTIFY_ALLOWED_RECIPIENTS,
    SPOC_OPTION_NOTIFY_TITLES,
    SPOC_OPTION_NOTIFY_MAX_RECIPIENTS,
    SPOC_OPTION_RECIPIENT_LDAP_URI,
    SPOC_OPTION_RECIPIENT_LDAP_ENCRYPTION,
    SPOC_OPTION_RECIPIENT_LDAP_BASE,
    SPOC_OPTION_RECIPIENT_LDAP_FILTER,
    SPOC_OPTION_RECIPIENT_LDAP_ADDRESS_ATTRIBUTE,
    SPOC_OPTION_RECIPIENT_LDAP_NAME_ATTRIBUTE,
    SPOC_OPTION_RECIPIENT_LDAP_LANGUAGE_ATTRIBUTE,
    SPOC_OPTION_RECIPIENT_LDAP_BIND_DN,
    SPOC_OPTION_RECIPIENT_LDAP_PASSWORD,
    SPOC_OPTION_RECIPIENT_LDAP_PASSWORD_FILE,
    SPOC_OPTION_RECIPIENT_LDAP_SASL_MECHANISM,
    SPOC_OPTION_RECIPIENT_LDAP_TIMEOUT,
    SPOC_OPTION_RECIPIENT_LDAP_CACHE_TIME,
    SPOC_OPTION_RECIPIENT_LDAP_WHEN_AWAY,
    SPOC_OPTION_NOTIFY_EVENTS,
    SPOC_OPTION_NOTIFY_ONLY,
    SPOC_OPTION_NOTIFY_REASONS,
    SPOC_OPTION_NOTIFY_GROUP_WAIT,
    SPOC_OPTION_NOTIFY_REPEAT_INTERVAL,
    SPOC_OPTION_NOTIFY_MAX_PER_HOUR,
    SPOC_OPTION_NOTIFY_MAX_TO_OTHERS_PER_HOUR,
    SPOC_OPTION_NOTIFY_DIGEST_TIME,
    SPOC_OPTION_NOTIFY_LANGUAGE,
    SPOC_OPTION_NOTIFY_SUBJECT_PREFIX,
    SPOC_OPTION_NOTIFY_CC,
    SPOC_OPTION_NOTIFY_WEB_INTERFACE,
    SPOC_OPTION_NOTIFY_LINKS,
    SPOC_OPTION_SCAN_ALLOWED_RECIPIENTS,
    SPOC_OPTION_SCAN_FROM,
    SPOC_OPTION_SCAN_SUBJECT,
    SPOC_OPTION_SCAN_BODY,
    SPOC_OPTION_SCAN_FILENAME,
    SPOC_OPTION_SCAN_MAX_SIZE,
    SPOC_OPTION_SCAN_WHEN_UNREACHABLE,
    SPOC_OPTION_SCAN_WHEN_REFUSED,
    SPOC_OPTION_MANAGEMENT_URL,
    SPOC_OPTION_MANAGEMENT_INTERVAL,
    SPOC_OPTION_START_DAEMON,
    SPOC_OPTION_COUNT,
} SpocOptionId;

typedef enum {
    SPOC_TYPE_STRING,
    SPOC_TYPE_INTEGER,
    SPOC_TYPE_BOOLEAN, /* true false yes no on off 1 0 enabled disabled */
    SPOC_TYPE_CHOICE,
    SPOC_TYPE_LIST,      /* separated by commas, blanks around dropped */
    SPOC_TYPE_DURATION,  /* 500ms 30s 5m 1h 5d, or a number in the option's unit */
    SPOC_TYPE_DURATIONS, /* a list of them */
    SPOC_TYPE_ADDRESS,   /* one mail address */
    SPOC_TYPE_MAILBOX,   /* one mail address, or "Name <address>" */
    SPOC_TYPE_SERVER,    /* host, host:port, [IPv6], [IPv6]:port */
    SPOC_TYPE_PATH,      /* relative ones are meant from the configuration directory */
    SPOC_TYPE_DOMAIN,
    SPOC_TYPE_URL,     /* with one of the schemes that @choices names */
    SPOC_TYPE_PIN,     /* sha256//BASE64, an entry of a list */
    SPOC_TYPE_PATTERN, /* @owner, @domain, address or *, an entry of a list */
    SPOC_TYPE_SIZE,    /* bytes: 500k 25M 2G, or a bare number */
    SPOC_TYPE_TIME,    /* of the day, HH:MM */
    SPOC_TYPE_SENDER,  /* QUEUE=MAILBOX, an entry of a list */
    SPOC_TYPE_REASON,  /* *, a keyword, or either behind a -, an entry of a list */
} SpocOptionType;

typedef enum {
    SPOC_OPTION_FLAG_SECRET = 1 << 0,     /* masked wherever it is shown */
    SPOC_OPTION_FLAG_CRITICAL = 1 << 1,   /* a bad value makes delivery wait */
    SPOC_OPTION_FLAG_MANAGEABLE = 1 << 2, /* the management layer may set it */
    /* [EMPTY] cannot be: it gives the built-in default, whatever lower layers say. True of
     * every number, boolean, choice and duration without this flag as well. */
    SPOC_OPTION_FLAG_NEVER_EMPTY = 1 << 3,
} SpocOptionFlags;

/* The choices of mailSmtpEncryption, in the table's order. */
typedef enum {
    SPOC_ENCRYPTION_NONE,
    SPOC_ENCRYPTION_SSL_TLS,
    SPOC_ENCRYPTION_STARTTLS,
    SPOC_ENCRYPTION_STARTTLS_REQUIRED,
} SpocEncryption;

/* The choices of mailProvider, in the table's order. */
typedef enum {
    SPOC_PROVIDER_CUSTOM,
    SPOC_PROVIDER_OFFICE365,
    SPOC_PROVIDER_GMAIL,
} SpocProvider;

/* The choices of mailAuthentication, in the table's order. */
typedef enum {
    SPOC_AUTHENTICATION_AUTO,
    SPOC_AUTHENTICATION_NONE,
    SPOC_AUTHENTICATION_PASSWORD,
    SPOC_AUTHENTICATION_OAUTH2,
    SPOC_AUTHENTICATION_EXTERNAL,
    SPOC_AUTHENTICATION_GSSAPI,
} SpocAuthentication;

typedef enum {
    SPOC_UNVERIFIED_DROP,
    SPOC_UNVERIFIED_SEND,
} SpocUnverified;

typedef enum {
    SPOC_LDAP_ENCRYPTION_NONE,
    SPOC_LDAP_ENCRYPTION_STARTTLS_REQUIRED,
} SpocLdapEncryption;

typedef enum {
    SPOC_LDAP_AWAY_WAIT,
    SPOC_LDAP_AWAY_DOMAIN,
} SpocLdapAway;

typedef enum {
    SPOC_LINKS_AUTO,
    SPOC_LINKS_ALWAYS,
    SPOC_LINKS_NEVER,
} SpocConnects;

typedef enum {
    SPOC_SCAN_FROM_SERVER,
    SPOC_SCAN_FROM_USER,
} SpocScanFrom;

typedef enum {
    SPOC_SCAN_UNREACHABLE_QUEUE,
    SPOC_SCAN_UNREACHABLE_HOLD,
    SPOC_SCAN_UNREACHABLE_RETRY,
} SpocScanUnreachable;

typedef enum {
    SPOC_SCAN_REFUSED_CANCEL,
    SPOC_SCAN_REFUSED_HOLD,
} SpocScanRefused;

typedef enum {
    SPOC_START_AUTO,
    SPOC_START_NEVER,
} SpocStartDaemon;

/**
 * SpocOption:
 * @name: the key as it is written
 * @default_value: text as one would write it; "" for empty, and for computed ones
 * @computed_default: (nullable): in words, where the default depends on other values
 * @entry_type: of a SPOC_TYPE_LIST: what each entry is
 * @unit: (nullable): "ms", "messages", …; what a bare number means
 * @minimum: smallest integer or duration (in @unit)
 * @maximum: largest
 * @choices: (nullable): NULL-terminated, for SPOC_TYPE_CHOICE, also as entry type; of a
 *   SPOC_TYPE_URL the schemes
 * @aliases: (nullable): "OTHER=CHOICE" pairs accepted as well, NULL-terminated
 * @group: heading in the sample file and the man page; rows of a group stand together
 * @help: a sentence or a few for the sample file and the man page
 */
typedef struct {
    SpocOptionId id;
    const char *name;
    SpocOptionType type;
    guint flags;
    const char *default_value;
    const char *computed_default;
    SpocOptionType entry_type;
    const char *unit;
    gint64 minimum;
    gint64 maximum;
    const char *const *choices;
    const char *const *aliases;
    const char *group;
    const char *help;
} SpocOption;
