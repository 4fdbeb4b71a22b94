/* SPDX-License-Identifier: Apache-2.0 */
#include "config/check.h"

#include "config/check-login.h"
#include "config/snapshot.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_GROUPS 256
#define PORT_SMTP 25
#define PORT_SUBMISSION 587
#define PORT_SUBMISSIONS 465

/* --- files ------------------------------------------------------------------------------ */

/* Whom spocd runs as. */
typedef struct {
    uid_t uid;
    gid_t gid;
    char *name;
    gid_t groups[MAX_GROUPS];
    int group_count;
} Reader;

/* A file that spocd must be able to read. */
typedef struct {
    const char *path;
    const char *key; /* (nullable): the option that names it */
    SpocConfigOrigin origin;
    guint8 reason; /* an errno value; 0: it can be read */
} Wanted;

static gboolean
find_reader(const SpocPlaces *places, Reader *reader)
{
    struct stat info;
    gboolean has_spool = stat(places->spool_dir, &info) == 0;
    const struct passwd *user = has_spool ? getpwuid(info.st_uid) : getpwnam(places->user);
    if (user == NULL)
        return FALSE;
    reader->uid = user->pw_uid;
    reader->gid = has_spool ? info.st_gid : user->pw_gid;
    reader->name = g_strdup(user->pw_name);
    reader->group_count = MAX_GROUPS;
    if (getgrouplist(user->pw_name, reader->gid, reader->groups, &reader->group_count) < 0)
        reader->group_count = MAX_GROUPS;
    return TRUE;
}

static guint8
try_path(const char *path)
{
    struct stat info;
    if (stat(path, &info) != 0)
        return (guint8)errno;
    int mode = S_ISDIR(info.st_mode) ? R_OK | X_OK : R_OK;
    return faccessat(AT_FDCWD, path, mode, AT_EACCESS) == 0 ? 0 : (guint8)errno;
}

/* The child: becomes the reader for good and reports one byte a path. */
static void
report_as_reader(const Reader *reader, const GArray *wanted, int fd)
{
    if (setgroups((size_t)reader->group_count, reader->groups) != 0 || setgid(reader->gid) != 0 ||
        setuid(reader->uid) != 0)
        _exit(1);
    for (guint i = 0; i < wanted->len; i++) {
        guint8 reason = try_path(g_array_index(wanted, Wanted, i).path);
        if (write(fd, &reason, 1) != 1)
            _exit(1);
    }
    _exit(0);
}

/* As root: asks a child that has become the reader. FALSE when that did not work. */
static gboolean
try_as_other(const Reader *reader, GArray *wanted)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return FALSE;
    pid_t child = fork();
    if (child == 0)
        report_as_reader(reader, wanted, ends[1]);
    close(ends[1]);
    gboolean good = child > 0;
    for (guint i = 0; good && i < wanted->len; i++) {
        ssize_t count;
        do {
            count = read(ends[0], &g_array_index(wanted, Wanted, i).reason, 1);
        } while (count < 0 && errno == EINTR);
        good = count == 1;
    }
    close(ends[0]);
    while (child > 0 && waitpid(child, NULL, 0) < 0 && errno == EINTR)
        continue;
    return good;
}

static void
want_readable(GArray *wanted, const char *path, const char *key, SpocConfigOrigin origin)
{
    Wanted one = {.path = path, .key = key, .origin = origin};
    g_array_append_val(wanted, one);
}

static GArray *
list_wanted(const SpocConfig *config)
{
    GArray *wanted = g_array_new(FALSE, TRUE, sizeof(Wanted));
    for (guint i = 0; i < config->files->len; i++) {
        const SpocConfigFile *file = g_ptr_array_index(config->files, i);
        want_readable(wanted, file->path, NULL, (SpocConfigOrigin){.file = file->path});
    }
    for (guint i = 0; i < SPOC_OPTION_COUNT; i++) {
        const SpocOption *option = spoc_option_get((SpocOptionId)i);
        const SpocSlot *slot = &config->slots[i];
        if (option->type != SPOC_TYPE_PATH || *slot->value.text == '\0' ||
            spoc_snapshot_is_blocked_by(config, option->id)) /* loading has said it */
            continue;
        if (slot->is_default && !g_file_test(slot->value.text, G_FILE_TEST_EXISTS))
            continue; /* the default trust store may be missing */
        want_readable(wanted, slot->value.text, option->name,
                      spoc_config_origin(config, option->id));
    }
    return wanted;
}

/* (transfer full) (nullable): the first folder on the way to @path that we cannot enter */
static char *
find_closed_folder(const char *path)
{
    for (const char *p = strchr(path + 1, '/'); p != NULL; p = strchr(p + 1, '/')) {
        g_autofree char *folder = g_strndup(path, (gsize)(p - path));
        if (faccessat(AT_FDCWD, folder, X_OK, AT_EACCESS) != 0)
            return g_steal_pointer(&folder);
    }
    return NULL;
}

/* (transfer full): what lets the reader read it. @as_other: we are not the reader ourselves */
static char *
find_remedy(const SpocPlaces *places, const Wanted *one, gboolean as_other)
{
    if (one->reason == ENOENT && one->key != NULL)
        return g_strdup_printf("put the file there, or take '%s' out", one->key);
    g_autofree char *closed = as_other ? NULL : find_closed_folder(one->path);
    if (closed != NULL)
        return g_strdup_printf("chgrp %s '%s' && chmod g+x '%s', or keep the file in '%s'",
                               places->group, closed, closed, places->config_dir);
    return g_strdup_printf("chgrp %s '%s' && chmod g+r '%s'", places->group, one->path, one->path);
}

static void
report_unreadable(const SpocPlaces *places, const Wanted *one, const char *reader,
                  gboolean as_other, GPtrArray *problems)
{
    if (one->reason == 0)
        return;
    g_autofree char *remedy = find_remedy(places, one, as_other);
    g_ptr_array_add(problems,
                    spoc_problem_new(SPOC_SEVERITY_ERROR, TRUE, one->key, one->origin.file,
                                     one->origin.line,
                                     "'%s' cannot be read by '%s', the user that spocd runs as: "
                                     "%s; %s",
                                     one->path, reader, g_strerror(one->reason), remedy));
}

static void
check_readable(const SpocPlaces *places, const SpocConfig *config, GPtrArray *problems)
{
    Reader reader = {0};
    g_autoptr(GArray) wanted = list_wanted(config);
    gboolean as_other = geteuid() == 0 && find_reader(places, &reader) && reader.uid != 0;
    g_autofree char *name = reader.name;
    if (!as_other || !try_as_other(&reader, wanted))
        for (guint i = 0; i < wanted->len; i++)
            g_array_index(wanted, Wanted, i).reason =
                try_path(g_array_index(wanted, Wanted, i).path);
    for (guint i = 0; i < wanted->len; i++)
        report_unreadable(places, &g_array_index(wanted, Wanted, i),
                          as_other ? name : g_get_user_name(), as_other, problems);
}

static void
check_secret_mode(const SpocPlaces *places, const char *path, const char *key, GPtrArray *problems)
{
    struct stat info;
    if (stat(path, &info) != 0 || !S_ISREG(info.st_mode) || (info.st_mode & S_IROTH) == 0)
        return;
    g_ptr_array_add(problems,
                    spoc_problem_new(SPOC_SEVERITY_WARNING, FALSE, key, path, 0,
                                     "everyone on this host can read the secret in it; chmod 0640 "
                                     "'%s' and chown root:%s '%s'",
                                     path, places->group, path));
}

static void
check_writable(const char *path, GPtrArray *problems)
{
    struct stat info;
    if (stat(path, &info) == 0 && (info.st_mode & S_IWOTH) != 0)
        g_ptr_array_add(problems,
                        spoc_problem_new(SPOC_SEVERITY_WARNING, FALSE, NULL, path, 0,
                                         "everyone on this host can write it, and so send the "
                                         "mail elsewhere; chmod o-w '%s'",
                                         path));
}

static void
check_secret_option(const SpocPlaces *places, const SpocConfig *config, SpocOptionId id,
                    GPtrArray *problems)
{
    const char *path = spoc_config_string(config, id);
    if (path != NULL)
        check_secret_mode(places, path, spoc_option_get(id)->name, problems);
}

/* The private key may be in the certificate's file. */
static void
check_key_option(const SpocPlaces *places, const SpocConfig *config, SpocOptionId certificate,
                 SpocOptionId key, GPtrArray *problems)
{
    gboolean has_key = spoc_config_string(config, key) != NULL;
    check_secret_option(places, config, has_key ? key : certificate, problems);
}

static void
check_files(const SpocPlaces *places, const SpocConfig *config, GPtrArray *problems)
{
    check_readable(places, config, problems);
    for (guint i = 0; i < config->files->len; i++) {
        const SpocConfigFile *file = g_ptr_array_index(config->files, i);
        check_writable(file->path, problems);
        if (file->holds_secret)
            check_secret_mode(places, file->path, NULL, problems);
    }
    static const SpocOptionId secrets[] = {
        SPOC_OPTION_MAIL_PASS_FILE,
        SPOC_OPTION_TRUST_STORE_PASSWORD_FILE,
        SPOC_OPTION_RECIPIENT_LDAP_PASSWORD_FILE,
        SPOC_OPTION_MAIL_KERBEROS_KEYTAB,
        SPOC_OPTION_MAIL_OAUTH_CLIENT_SECRET_FILE,
        SPOC_OPTION_MAIL_OAUTH_SERVICE_ACCOUNT,
    };
    for (guint i = 0; i < G_N_ELEMENTS(secrets); i++)
        check_secret_option(places, config, secrets[i], problems);
    check_key_option(places, config, SPOC_OPTION_MAIL_CLIENT_CERTIFICATE,
                     SPOC_OPTION_MAIL_CLIENT_KEY, problems);
    check_key_option(places, config, SPOC_OPTION_MAIL_OAUTH_CLIENT_CERTIFICATE,
                     SPOC_OPTION_MAIL_OAUTH_CLIENT_KEY, problems);
}

/* --- settings that contradict each other -------------------------------------------------- */

typedef struct {
    const SpocConfig *config;
    GPtrArray *problems;
} Check;

/* A warning about an option, at the place that set it. */
static void G_GNUC_PRINTF(3, 4)
    warn_about(const Check *check, SpocOptionId option, const char *format, ...)
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
        warn_about(check, SPOC_OPTION_MAIL_SMTP_ENCRYPTION,
                   "is %s, but port 465 of %s usually speaks TLS from the first byte; set "
                   "mailSmtpEncryption = SSL_TLS, or port 587",
                   mode, host);
    if ((port == PORT_SMTP || port == PORT_SUBMISSION) && encryption == SPOC_ENCRYPTION_SSL_TLS)
        warn_about(
            check, SPOC_OPTION_MAIL_SMTP_ENCRYPTION,
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
        warn_about(check, SPOC_OPTION_MAILSERVERBACKUP, "is set, but mailserver is not");
    else if (port == other_port && g_ascii_strcasecmp(host, other) == 0)
        warn_about(check, SPOC_OPTION_MAILSERVERBACKUP,
                   "is the same as mailserver, so it cannot help; name another one or "
                   "leave it empty");
}

static void
check_domain(const Check *check, SpocOptionId option, const char *domain, const char *consequence)
{
    if (domain == NULL)
        warn_about(check, option, "is empty; %s", consequence);
    else if (strcmp(domain, "localhost") == 0 || g_str_has_prefix(domain, "localhost."))
        warn_about(check, option, "is at %s, which means another host to everyone else; %s", domain,
                   consequence);
    else if (strchr(domain, '.') == NULL)
        warn_about(check, option, "is at '%s', which is not a full domain; %s", domain,
                   consequence);
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
        warn_about(check, SPOC_OPTION_NOTIFY_UNVERIFIED,
                   "is send: people may get events of other people's jobs, titles included");
    const char *const *allowed =
        spoc_config_list(check->config, SPOC_OPTION_NOTIFY_ALLOWED_RECIPIENTS);
    if (allowed[0] == NULL)
        warn_about(check, SPOC_OPTION_NOTIFY_ALLOWED_RECIPIENTS,
                   "is empty: every notification is refused");
    if (g_strv_contains(allowed, "*"))
        warn_about(check, SPOC_OPTION_NOTIFY_ALLOWED_RECIPIENTS,
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
        warn_about(check, SPOC_OPTION_RECIPIENT_LDAP_ENCRYPTION,
                   "is NONE: anyone on the way to %s can say whose mail goes where; use "
                   "STARTTLS_REQUIRED",
                   uris[i]);
        break;
    }
    if (spoc_config_string(check->config, SPOC_OPTION_RECIPIENT_LDAP_SASL_MECHANISM) != NULL &&
        spoc_config_string(check->config, SPOC_OPTION_RECIPIENT_LDAP_BIND_DN) != NULL)
        warn_about(check, SPOC_OPTION_RECIPIENT_LDAP_BIND_DN,
                   "does not count, because recipientLdapSaslMechanism is set");
}

static void
check_scans(const Check *check)
{
    const char *const *allowed =
        spoc_config_list(check->config, SPOC_OPTION_SCAN_ALLOWED_RECIPIENTS);
    if (g_strv_contains(allowed, "*"))
        warn_about(
            check, SPOC_OPTION_SCAN_ALLOWED_RECIPIENTS,
            "allows everyone: a spoc: queue then mails any document to any address for whoever "
            "may print to it");
    if (spoc_config_choice(check->config, SPOC_OPTION_SCAN_FROM) == SPOC_SCAN_FROM_USER)
        warn_about(
            check, SPOC_OPTION_SCAN_FROM,
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
            warn_about(
                check, SPOC_OPTION_PROTOCOLS,
                "allows %s, which is broken (RFC 8996), and lowers the security level of every "
                "connection that uses it; keep it only for a server that speaks nothing better",
                broken[i]);
    if (!spoc_config_boolean(check->config, SPOC_OPTION_ALLOW_SUITES) &&
        !is_default(check, SPOC_OPTION_SUITES))
        warn_about(
            check, SPOC_OPTION_SUITES,
            "does not count, because allowCustomCipherSuitesForOutboundCommunication is false");
    if (spoc_config_string(check->config, SPOC_OPTION_MAIL_CLIENT_KEY) != NULL &&
        spoc_config_string(check->config, SPOC_OPTION_MAIL_CLIENT_CERTIFICATE) == NULL)
        warn_about(check, SPOC_OPTION_MAIL_CLIENT_KEY, "is set without mailClientCertificate");
    if (!spoc_config_boolean(check->config, SPOC_OPTION_TRUST_SYSTEM_CERTIFICATES) &&
        spoc_config_string(check->config, SPOC_OPTION_TRUST_STORE) == NULL)
        warn_about(check, SPOC_OPTION_TRUST_SYSTEM_CERTIFICATES,
                   "is false and there is no trustStore: no server is trusted");
}

static void
check_schedule(const Check *check)
{
    gsize count = 0;
    const gint64 *delays =
        spoc_config_durations_ms(check->config, SPOC_OPTION_MAIL_RETRY_SCHEDULE, &count);
    if (delays[0] > spoc_config_duration_ms(check->config, SPOC_OPTION_MAIL_MAX_AGE))
        warn_about(
            check, SPOC_OPTION_MAIL_MAX_AGE,
            "is shorter than the first wait of mailRetrySchedule: a mail is tried only twice");
}

GPtrArray *
spoc_config_check(const SpocPlaces *places, const SpocConfig *config)
{
    Check check = {.config = config,
                   .problems = g_ptr_array_new_with_free_func((GDestroyNotify)spoc_problem_free)};
    int encryption = spoc_config_choice(config, SPOC_OPTION_MAIL_SMTP_ENCRYPTION);
    check_files(places, config, check.problems);
    check_servers(&check, encryption);
    spoc_check_login(config, check.problems);
    check_people(&check);
    check_directory(&check);
    check_scans(&check);
    check_tls(&check);
    check_schedule(&check);
    return check.problems;
}

/* --- the directory of people: what loading refuses ---------------------------------------- */

static const char *const sasl_mechanisms[] = {"EXTERNAL", "GSSAPI", NULL};

/* Each makes delivery wait. */
#define refuse_directory(config, option, ...)                                                      \
    spoc_snapshot_add_problem_of(config, SPOC_SEVERITY_ERROR, TRUE, option, __VA_ARGS__)

/* On this host, as far as the name tells. */
static gboolean
is_local_host(const char *host)
{
    g_autoptr(GInetAddress) address = g_inet_address_new_from_string(host);
    return (address != NULL && g_inet_address_get_is_loopback(address)) ||
           g_ascii_strcasecmp(host, "localhost") == 0;
}

static void
require_safe_password(SpocConfig *config)
{
    const char *const *uris = spoc_config_list(config, SPOC_OPTION_RECIPIENT_LDAP_URI);
    for (gsize i = 0; uris[i] != NULL; i++) {
        g_autoptr(GUri) uri = g_uri_parse(uris[i], G_URI_FLAGS_NONE, NULL);
        if (uri == NULL || g_strcmp0(g_uri_get_scheme(uri), "ldap") != 0 ||
            is_local_host(g_uri_get_host(uri)))
            continue;
        refuse_directory(
            config, SPOC_OPTION_RECIPIENT_LDAP_ENCRYPTION,
            "is NONE, and recipientLdapPassword is never sent to %s over a connection that is "
            "not encrypted; set STARTTLS_REQUIRED, or name the server as ldaps:",
            g_uri_get_host(uri));
        return;
    }
}

static void
require_directory_login(SpocConfig *config)
{
    const char *mechanism = spoc_config_string(config, SPOC_OPTION_RECIPIENT_LDAP_SASL_MECHANISM);
    const char *dn = spoc_config_string(config, SPOC_OPTION_RECIPIENT_LDAP_BIND_DN);
    gboolean has_password = spoc_config_string(config, SPOC_OPTION_RECIPIENT_LDAP_PASSWORD) != NULL;
    if (mechanism != NULL && !g_strv_contains(sasl_mechanisms, mechanism))
        refuse_directory(config, SPOC_OPTION_RECIPIENT_LDAP_SASL_MECHANISM,
                         "'%s' is not known; accepted: EXTERNAL or GSSAPI, or empty for no SASL",
                         mechanism);
    if (mechanism != NULL || dn == NULL)
        return;
    if (!has_password)
        refuse_directory(
            config, SPOC_OPTION_RECIPIENT_LDAP_BIND_DN,
            "is set without a password; set recipientLdapPasswordFile, or recipientLdapBindDn = "
            "[EMPTY] to ask anonymously");
    else if (spoc_config_choice(config, SPOC_OPTION_RECIPIENT_LDAP_ENCRYPTION) ==
             SPOC_LDAP_ENCRYPTION_NONE)
        require_safe_password(config);
}

/* RFC 4512 2.5: a name or a number, perhaps with options */
static void
require_attribute(SpocConfig *config, SpocOptionId option)
{
    const char *name = spoc_config_string(config, option);
    if (name == NULL)
        return;
    for (const char *p = name; *p != '\0'; p++) {
        if (g_ascii_isalnum(*p) || strchr("-;.", *p) != NULL)
            continue;
        refuse_directory(config, option, "'%s' is no attribute; accepted: one name such as mail",
                         name);
        return;
    }
}

void
spoc_config_check_directory(SpocConfig *config)
{
    if (spoc_config_list(config, SPOC_OPTION_RECIPIENT_LDAP_URI)[0] == NULL)
        return;
    if (spoc_config_string(config, SPOC_OPTION_RECIPIENT_LDAP_BASE) == NULL)
        refuse_directory(
            config, SPOC_OPTION_RECIPIENT_LDAP_BASE,
            "is not set, but recipientLdapUri is; write a line such as 'recipientLdapBase = "
            "ou=people,dc=example,dc=com'");
    const char *filter = spoc_config_string(config, SPOC_OPTION_RECIPIENT_LDAP_FILTER);
    if (filter != NULL && strstr(filter, "%u") == NULL)
        refuse_directory(
            config, SPOC_OPTION_RECIPIENT_LDAP_FILTER,
            "does not name the user; accepted: a filter with %%u in it, such as (uid=%%u)");
    require_attribute(config, SPOC_OPTION_RECIPIENT_LDAP_ADDRESS_ATTRIBUTE);
    require_attribute(config, SPOC_OPTION_RECIPIENT_LDAP_NAME_ATTRIBUTE);
    require_attribute(config, SPOC_OPTION_RECIPIENT_LDAP_LANGUAGE_ATTRIBUTE);
    require_directory_login(config);
}
