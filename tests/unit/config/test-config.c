/* SPDX-License-Identifier: Apache-2.0 */
/* Also tests: file.c layers.c load.c snapshot.c */
#include "config/load.h"
#include "files-fixture.h"

#include <sys/stat.h>
#include <unistd.h>

#define MANAGEMENT_URL "managementUrl = https://cm.example.com/values\n"

/* (nullable): the first problem whose message has this in it */
static const SpocConfigProblem *
find_problem(const SpocConfig *config, const char *part)
{
    const GPtrArray *problems = spoc_config_problems(config);
    for (guint i = 0; i < problems->len; i++) {
        const SpocConfigProblem *problem = g_ptr_array_index(problems, i);
        if (strstr(problem->message, part) != NULL)
            return problem;
    }
    return NULL;
}

static void
test_layers(void)
{
    static const struct {
        const char *name;
        Files files;
        const char *user; /* mailuser that must come out */
        SpocConfigLayer layer;
        guint line;
    } cases[] = {
        {"nothing", {NULL}, NULL, SPOC_LAYER_BUILTIN, 0},
        {"vendor", {.vendor = "mailuser=v"}, "v", SPOC_LAYER_VENDOR, 1},
        {"management", {"mailuser=v", "\nmailuser=m"}, "m", SPOC_LAYER_MANAGEMENT, 2},
        {"fetched above management.conf",
         {"mailuser=v", "mailuser=m", "mailuser=f", MANAGEMENT_URL},
         "f",
         SPOC_LAYER_MANAGEMENT,
         1},
        {"fetched counts only with managementUrl",
         {"mailuser=v", "mailuser=m", "mailuser=f", "mailfrom=a@b.c"},
         "m",
         SPOC_LAYER_MANAGEMENT,
         1},
        {"managementUrl taken back",
         {"mailuser=v", NULL, "mailuser=f", MANAGEMENT_URL, "managementUrl=[EMPTY]"},
         "v",
         SPOC_LAYER_VENDOR,
         1},
        {"management cannot say where it comes from",
         {"mailuser=v", MANAGEMENT_URL, "mailuser=f"},
         "v",
         SPOC_LAYER_VENDOR,
         1},
        {"local",
         {"mailuser=v", "mailuser=m", "mailuser=f", MANAGEMENT_URL "mailuser=l"},
         "l",
         SPOC_LAYER_LOCAL,
         2},
        {"drop-in",
         {"mailuser=v", "mailuser=m", NULL, "mailuser=l", "mailuser=a"},
         "a",
         SPOC_LAYER_DROPIN,
         1},
        {"drop-ins by name",
         {"mailuser=v", "mailuser=m", NULL, "mailuser=l", "mailuser=a", "mailuser=b"},
         "b",
         SPOC_LAYER_DROPIN,
         1},
        {"empty above vendor", {"mailuser=v", "mailuser="}, "v", SPOC_LAYER_VENDOR, 1},
        {"empty above management",
         {"mailuser=v", "mailuser=m", NULL, "mailuser =  "},
         "m",
         SPOC_LAYER_MANAGEMENT,
         1},
        {"empty above local",
         {"mailuser=v", "mailuser=m", NULL, "mailuser=l", "mailuser", "mailuser:"},
         "l",
         SPOC_LAYER_LOCAL,
         1},
        {"empty everywhere",
         {"mailuser=", "mailuser=", NULL, "mailuser=", "mailuser="},
         NULL,
         SPOC_LAYER_BUILTIN,
         0},
        {"[EMPTY] in vendor", {.vendor = "mailuser=[EMPTY]"}, NULL, SPOC_LAYER_VENDOR, 1},
        {"[EMPTY] in management",
         {"mailuser=v", "mailuser=[EMPTY]"},
         NULL,
         SPOC_LAYER_MANAGEMENT,
         1},
        {"[EMPTY] in fetched",
         {"mailuser=v", "mailuser=m", "mailuser=[EMPTY]", MANAGEMENT_URL},
         NULL,
         SPOC_LAYER_MANAGEMENT,
         1},
        {"[EMPTY] in local",
         {"mailuser=v", "mailuser=m", NULL, "mailuser = [EMPTY] "},
         NULL,
         SPOC_LAYER_LOCAL,
         1},
        {"[EMPTY] in a drop-in",
         {"mailuser=v", "mailuser=m", NULL, "mailuser=l", "mailuser=[EMPTY]"},
         NULL,
         SPOC_LAYER_DROPIN,
         1},
        {"set above [EMPTY]",
         {"mailuser=v", "mailuser=[EMPTY]", NULL, "mailuser=l"},
         "l",
         SPOC_LAYER_LOCAL,
         1},
        {"empty above [EMPTY]",
         {"mailuser=v", "mailuser=[EMPTY]", NULL, "mailuser="},
         NULL,
         SPOC_LAYER_MANAGEMENT,
         1},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_test_message("%s", cases[i].name);
        g_autoptr(ConfigFixture) fixture = make_files(&cases[i].files);
        g_autoptr(SpocConfig) config = spoc_config_load(fixture->places);
        SpocConfigOrigin origin = spoc_config_origin(config, SPOC_OPTION_MAILUSER);
        g_assert_cmpstr(spoc_config_string(config, SPOC_OPTION_MAILUSER), ==, cases[i].user);
        g_assert_cmpint(origin.layer, ==, cases[i].layer);
        g_assert_cmpuint(origin.line, ==, cases[i].line);
        g_assert_true((origin.file == NULL) == (origin.layer == SPOC_LAYER_BUILTIN));
    }
}

/* [EMPTY] of every key: nothing, or the built-in default where there must be something. */
static void
test_empty_each_key(void)
{
    GString *vendor = g_string_new(NULL), *local = g_string_new(NULL);
    for (guint i = 0; i < SPOC_OPTION_COUNT; i++)
        g_string_append_printf(local, "%s = [EMPTY]\n", spoc_option_get((SpocOptionId)i)->name);
    g_string_append(vendor, "mailserver=a.example\nmailSmtpPort=26\nmailfrom=x@y.z\n"
                            "mailSmtpEncryption=SSL_TLS\nmailMaxAge=1d\nmailRetrySchedule=1h\n"
                            "cryptographicProtocolsForOutboundCommunication=TLSv1.3\n"
                            "trustSystemCertificates=false\n");
    g_autoptr(ConfigFixture) fixture =
        make_files(&(Files){.vendor = vendor->str, .local = local->str});
    g_autoptr(SpocConfig) config = spoc_config_load(fixture->places);
    g_assert_null(spoc_config_string(config, SPOC_OPTION_MAILSERVER));
    g_assert_cmpint(spoc_config_integer(config, SPOC_OPTION_MAIL_SMTP_PORT), ==, 25);
    g_assert_true(
        g_str_has_prefix(spoc_config_string(config, SPOC_OPTION_MAILFROM), "print-server@"));
    g_assert_cmpint(spoc_config_choice(config, SPOC_OPTION_MAIL_SMTP_ENCRYPTION), ==,
                    SPOC_ENCRYPTION_STARTTLS);
    g_assert_cmpint(spoc_config_duration_ms(config, SPOC_OPTION_MAIL_MAX_AGE), ==,
                    (gint64)5 * 24 * 3600 * 1000);
    gsize count = 0;
    g_assert_cmpint(spoc_config_durations_ms(config, SPOC_OPTION_MAIL_RETRY_SCHEDULE, &count)[0],
                    ==, 30000);
    g_assert_cmpuint(count, ==, 6);
    g_assert_cmpstr(spoc_config_list(config, SPOC_OPTION_PROTOCOLS)[0], ==, "TLSv1.2");
    g_assert_true(spoc_config_boolean(config, SPOC_OPTION_TRUST_SYSTEM_CERTIFICATES));
    g_assert_null(spoc_config_string(config, SPOC_OPTION_TRUST_STORE));
    g_assert_null(spoc_config_string(config, SPOC_OPTION_TRUST_STORE_PASSWORD));
    g_assert_null(spoc_config_string(config, SPOC_OPTION_RECIPIENT_DOMAIN));
    g_assert_null(spoc_config_list(config, SPOC_OPTION_SUITES)[0]);
    g_assert_null(spoc_config_list(config, SPOC_OPTION_NOTIFY_ALLOWED_RECIPIENTS)[0]);
    /* Only the missing server is wrong with it. */
    g_assert_cmpuint(spoc_config_problems(config)->len, ==, 1);
    g_string_free(vendor, TRUE);
    g_string_free(local, TRUE);
}

static void
test_problems(void)
{
    static const struct {
        const char *name;
        Files files;
        const char *message; /* part of it; NULL: no problem at all */
        SpocSeverity severity;
        gboolean blocks;
        guint line;
    } cases[] = {
        {"good", {.local = "mailserver=a.example"}, NULL, SPOC_SEVERITY_WARNING, FALSE, 0},
        {"no server",
         {NULL},
         "mailserver: is not set, so all mail waits; write a line",
         SPOC_SEVERITY_ERROR,
         TRUE,
         0},
        {"bad critical",
         {.local = "mailserver=a.example\nmailSmtpEncryption=TLS"},
         "/etc/spoc/spoc.conf:2: mailSmtpEncryption: 'TLS': it is not one of the choices; "
         "accepted: one of NONE",
         SPOC_SEVERITY_ERROR,
         TRUE,
         2},
        {"bad harmless",
         {.local = "mailserver=a.example\nmailMaxConnections=0"},
         "spoc.conf:2: mailMaxConnections: '0': it is out of range",
         SPOC_SEVERITY_ERROR,
         FALSE,
         2},
        {"bad, good above",
         {.vendor = "\n\nmailserver=a b", .local = "mailserver=a.example"},
         "defaults.conf:3: mailserver: 'a b'",
         SPOC_SEVERITY_WARNING,
         FALSE,
         3},
        {"good, bad above",
         {.vendor = "mailserver=a.example", .local = "mailserver=a b"},
         "spoc.conf:1: mailserver: 'a b'",
         SPOC_SEVERITY_ERROR,
         TRUE,
         1},
        {"bad, empty above",
         {.vendor = "mailserver=a b", .local = "mailserver="},
         "defaults.conf:1: mailserver: 'a b'",
         SPOC_SEVERITY_ERROR,
         TRUE,
         1},
        {"damaged",
         {.local = "mailserver=a.example\nmailpass=\\u12"},
         "spoc.conf:2: mailpass: the value has a malformed \\u escape",
         SPOC_SEVERITY_ERROR,
         TRUE,
         2},
        {"line break in a login",
         {.local = "mailserver=a.example\nmailuser=a\\r\\nb"},
         "spoc.conf:2: mailuser: 'a b': it has a line break",
         SPOC_SEVERITY_ERROR,
         TRUE,
         2},
        {"secret not shown",
         {.local = "mailserver=a.example\nmailpass=geheim\\n"},
         "spoc.conf:2: mailpass: the value cannot be used",
         SPOC_SEVERITY_ERROR,
         TRUE,
         2},
        {"not manageable",
         {.management = "trustStore=/x", .local = "mailserver=a.example"},
         "management.conf:1: trustStore: is ignored here",
         SPOC_SEVERITY_WARNING,
         FALSE,
         1},
        {"not manageable, bad",
         {.management = "trustStore=\\n", .local = "mailserver=a.example"},
         "management.conf:1: trustStore: is ignored here",
         SPOC_SEVERITY_WARNING,
         FALSE,
         1},
        {"misspelled",
         {.local = "mailserver=a.example\nmailFrom=a@b.c"},
         "spoc.conf:2: mailFrom: this key is not known; did you mean mailfrom?",
         SPOC_SEVERITY_WARNING,
         FALSE,
         2},
        {"unknown",
         {.local = "mailserver=a.example\ndbConnectionUrl=x"},
         "spoc.conf:2: dbConnectionUrl: this key is not known and does nothing",
         SPOC_SEVERITY_WARNING,
         FALSE,
         2},
        {"twice",
         {.local = "mailserver=a.example\nmailserver=b.example"},
         "spoc.conf:2: mailserver: is set again; the value of line 1 does not count",
         SPOC_SEVERITY_WARNING,
         FALSE,
         2},
        {"Latin-1",
         {.local = "mailserver=a.example\n# \xe9"},
         "spoc.conf:2: is not UTF-8",
         SPOC_SEVERITY_WARNING,
         FALSE,
         2},
        {"UTF-16",
         {.local = "\xff\xfem"},
         "spoc.conf: is encoded in UTF-16",
         SPOC_SEVERITY_ERROR,
         TRUE,
         0},
        {"pass file missing",
         {.local = "mailserver=a.example\nmailpassFile=no-such-file"},
         "spoc.conf:2: mailpassFile: '",
         SPOC_SEVERITY_ERROR,
         TRUE,
         2},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_test_message("%s", cases[i].name);
        g_autoptr(ConfigFixture) fixture = make_files(&cases[i].files);
        g_autoptr(SpocConfig) config = spoc_config_load(fixture->places);
        const GPtrArray *problems = spoc_config_problems(config);
        g_assert_null(find_problem(config, "geheim"));
        if (cases[i].message == NULL) {
            g_assert_cmpuint(problems->len, ==, 0);
            g_assert_null(spoc_config_blocker(config));
            continue;
        }
        const SpocConfigProblem *problem = find_problem(config, cases[i].message);
        g_assert_nonnull(problem);
        g_assert_cmpint(problem->severity, ==, cases[i].severity);
        g_assert_true(problem->blocks_delivery == cases[i].blocks);
        g_assert_cmpuint(problem->line, ==, cases[i].line);
        g_assert_true((spoc_config_blocker(config) != NULL) == cases[i].blocks);
    }
}

/* A bad value leaves what the lower layer says. */
static void
test_bad_keeps_lower(void)
{
    g_autoptr(ConfigFixture) fixture =
        make_files(&(Files){.vendor = "mailserver=v.example\nmailMaxConnections=7",
                            .local = "mailserver=a b\nmailMaxConnections=x"});
    g_autoptr(SpocConfig) config = spoc_config_load(fixture->places);
    g_assert_cmpstr(spoc_config_string(config, SPOC_OPTION_MAILSERVER), ==, "v.example");
    g_assert_cmpint(spoc_config_integer(config, SPOC_OPTION_MAIL_MAX_CONNECTIONS), ==, 7);
}

static void
test_unreadable(void)
{
    g_autoptr(ConfigFixture) fixture = make_files(&(Files){.vendor = "mailserver=v.example"});
    g_autofree char *folder = config_fixture_path(fixture, "etc/spoc/spoc.conf");
    g_assert_cmpint(g_mkdir_with_parents(folder, 0755), ==, 0);
    g_autoptr(SpocConfig) config = spoc_config_load(fixture->places);
    const SpocConfigProblem *blocker = spoc_config_blocker(config);
    g_assert_nonnull(blocker);
    g_assert_nonnull(strstr(blocker->message, "spoc.conf: is not a regular file"));
}

static void
test_computed_defaults(void)
{
    static const struct {
        const char *text;
        gint64 port;
        const char *from;   /* NULL: made from the host's name */
        const char *domain; /* NULL: as in the sender */
    } cases[] = {
        {"", 25, NULL, NULL},
        {"mailSmtpEncryption=SSL/TLS", 465, NULL, NULL},
        {"mailSmtpEncryption=SSL_TLS\nmailSmtpPort=2465", 2465, NULL, NULL},
        {"mailSmtpEncryption=STARTTLS_REQUIRED", 25, NULL, NULL},
        {"mailfrom=print@Example.com", 25, "print@example.com", "example.com"},
        {"mailfrom=print@example.com\nrecipientDomain=example.org", 25, "print@example.com",
         "example.org"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(SpocConfig) config = config_fixture(cases[i].text);
        const char *from = spoc_config_string(config, SPOC_OPTION_MAILFROM);
        const char *domain = spoc_config_string(config, SPOC_OPTION_RECIPIENT_DOMAIN);
        g_assert_cmpint(spoc_config_integer(config, SPOC_OPTION_MAIL_SMTP_PORT), ==, cases[i].port);
        if (cases[i].from != NULL)
            g_assert_cmpstr(from, ==, cases[i].from);
        else
            g_assert_true(g_str_has_prefix(from, "print-server@"));
        g_assert_cmpstr(domain, ==,
                        cases[i].domain != NULL ? cases[i].domain : strchr(from, '@') + 1);
        const char *const *allowed =
            spoc_config_list(config, SPOC_OPTION_NOTIFY_ALLOWED_RECIPIENTS);
        g_autofree char *pattern = g_strconcat("@", domain, NULL);
        g_assert_true(g_strv_contains(allowed, "@owner"));
        g_assert_true(g_strv_contains(allowed, pattern));
        g_assert_cmpint(spoc_config_origin(config, SPOC_OPTION_NOTIFY_ALLOWED_RECIPIENTS).layer, ==,
                        SPOC_LAYER_BUILTIN);
    }
}

static void
test_servers(void)
{
    g_autoptr(SpocConfig) config =
        config_fixture("mailserver=[::1]:2525\nmailserverbackup=b.example\nmailSmtpPort=587");
    g_autofree char *host = NULL, *backup = NULL;
    guint port = 0;
    g_assert_true(spoc_config_server(config, SPOC_OPTION_MAILSERVER, &host, &port));
    g_assert_cmpstr(host, ==, "::1");
    g_assert_cmpuint(port, ==, 2525);
    g_assert_true(spoc_config_server(config, SPOC_OPTION_MAILSERVERBACKUP, &backup, &port));
    g_assert_cmpstr(backup, ==, "b.example");
    g_assert_cmpuint(port, ==, 587);
    g_autoptr(SpocConfig) none = config_fixture("");
    g_assert_false(spoc_config_server(none, SPOC_OPTION_MAILSERVER, NULL, NULL));
}

/* Times in milliseconds can be had as either. */
static void
test_times(void)
{
    g_autoptr(SpocConfig) config = config_fixture("mailSmtpTimeout=30s");
    g_assert_cmpint(spoc_config_integer(config, SPOC_OPTION_MAIL_SMTP_TIMEOUT), ==, 30000);
    g_assert_cmpint(spoc_config_duration_ms(config, SPOC_OPTION_MAIL_SMTP_TIMEOUT), ==, 30000);
    g_assert_cmpint(spoc_config_integer(config, SPOC_OPTION_MAIL_SMTP_CONNECTION_TIMEOUT), ==,
                    10000);
    g_assert_cmpint(spoc_config_integer(config, SPOC_OPTION_MAIL_SMTP_FINAL_TIMEOUT), ==, 600000);
}

static void
test_paths(void)
{
    g_autoptr(ConfigFixture) fixture =
        make_files(&(Files){.local = "mailClientKey=keys/../key.pem\ntrustRevocationList=/a/b"});
    g_autoptr(SpocConfig) config = spoc_config_load(fixture->places);
    g_autofree char *key = config_fixture_path(fixture, "etc/spoc/key.pem");
    g_autofree char *store = config_fixture_path(fixture, "etc/spoc/ssl-truststore");
    g_assert_cmpstr(spoc_config_string(config, SPOC_OPTION_MAIL_CLIENT_KEY), ==, key);
    g_assert_cmpstr(spoc_config_string(config, SPOC_OPTION_TRUST_STORE), ==, store);
    g_assert_cmpstr(spoc_config_string(config, SPOC_OPTION_TRUST_REVOCATION_LIST), ==, "/a/b");
    g_assert_null(spoc_config_string(config, SPOC_OPTION_MAIL_CLIENT_CERTIFICATE));
}

/* A file of the original product as an administrator has it: CRLF, its own other keys. */
static void
test_original(void)
{
    g_autoptr(SpocConfig) config = config_fixture(
        "# SMTP\r\nmailserver = smtp.example.com\r\nmailserverbackup = alt-smtp.example.com\r\n"
        "mailfrom = printing@example.com\r\nmailuser = sample.user\r\n"
        "mailpass = a strong password\r\nmailSmtpEncryption = SSL/TLS\r\nmailSmtpPort = \r\n"
        "mailSmtpConnectionTimeout = 10000\r\nmailSmtpTimeout = 10000\r\n"
        "localSpoolDirectory = C:\\\\Spool\r\nthreads.count=4\r\n");
    g_assert_cmpstr(spoc_config_string(config, SPOC_OPTION_MAILSERVER), ==, "smtp.example.com");
    g_assert_cmpstr(spoc_config_string(config, SPOC_OPTION_MAILPASS), ==, "a strong password");
    g_assert_cmpint(spoc_config_integer(config, SPOC_OPTION_MAIL_SMTP_PORT), ==, 465);
    g_assert_null(spoc_config_blocker(config));
    const GPtrArray *problems = spoc_config_problems(config);
    g_assert_cmpuint(problems->len, ==, 2);
    for (guint i = 0; i < problems->len; i++) {
        const SpocConfigProblem *problem = g_ptr_array_index(problems, i);
        g_assert_cmpint(problem->severity, ==, SPOC_SEVERITY_WARNING);
    }
}

/* Only *.conf counts, and nothing hidden. */
static void
test_dropin_names(void)
{
    g_autoptr(ConfigFixture) fixture = config_fixture_new();
    config_fixture_write(fixture, "etc/spoc/spoc.conf.d/a.conf", "mailuser=a");
    config_fixture_write(fixture, "etc/spoc/spoc.conf.d/b.conf.dpkg-new", "mailuser=b");
    config_fixture_write(fixture, "etc/spoc/spoc.conf.d/.c.conf", "mailuser=c");
    config_fixture_write(fixture, "etc/spoc/spoc.conf.d/d.conf~", "mailuser=d");
    g_autoptr(SpocConfig) config = spoc_config_load(fixture->places);
    g_assert_cmpstr(spoc_config_string(config, SPOC_OPTION_MAILUSER), ==, "a");
}

/* @name: what is written; then the stamp must be another. */
static void
assert_stamp_changes(const ConfigFixture *fixture, const SpocConfig *config, char **stamp,
                     const char *name, const char *text)
{
    g_test_message("%s", name);
    config_fixture_write(fixture, name, text);
    char *now = spoc_config_stamp(fixture->places, config);
    g_assert_cmpstr(now, !=, *stamp);
    g_free(*stamp);
    *stamp = now;
}

static void
test_stamp(void)
{
    g_autoptr(ConfigFixture) fixture =
        make_files(&(Files){.local = "mailserver=a.example\nmailpassFile=pass\ntrustStore=roots\n"
                                     "recipientAliasFile=aliases\ntrustRevocationList=crl\n"
                                     "mailClientCertificate=cert\nmailClientKey=key\n"});
    config_fixture_write(fixture, "etc/spoc/roots/a.pem", "1");
    g_autoptr(SpocConfig) config = spoc_config_load(fixture->places);
    char *stamp = spoc_config_stamp(fixture->places, config);
    g_assert_cmpstr(stamp, ==, spoc_config_loaded_stamp(config));

    static const char *const names[] = {"etc/spoc/spoc.conf",
                                        "share/spoc/defaults.conf",
                                        "etc/spoc/management.conf",
                                        "cache/spoc/management-values",
                                        "etc/spoc/spoc.conf.d/a.conf",
                                        "etc/spoc/spoc.conf.d/b.conf",
                                        "etc/spoc/pass",
                                        "etc/spoc/roots/b.pem",
                                        "etc/spoc/roots/a.pem",
                                        "etc/spoc/aliases",
                                        "etc/spoc/crl",
                                        "etc/spoc/cert",
                                        "etc/spoc/key"};
    for (guint i = 0; i < G_N_ELEMENTS(names); i++)
        assert_stamp_changes(fixture, config, &stamp, names[i], "x=longer than before");

    /* Away again, and a change of mode alone */
    g_autofree char *dropin = config_fixture_path(fixture, "etc/spoc/spoc.conf.d/b.conf");
    g_assert_cmpint(g_remove(dropin), ==, 0);
    assert_stamp_changes(fixture, config, &stamp, "(removed)", NULL);
    g_autofree char *key = config_fixture_path(fixture, "etc/spoc/key");
    g_assert_cmpint(chmod(key, 0600), ==, 0);
    assert_stamp_changes(fixture, config, &stamp, "(mode)", NULL);

    g_autofree char *same = spoc_config_stamp(fixture->places, config);
    g_assert_cmpstr(same, ==, stamp);
    g_free(stamp);
}

static void
test_reference(void)
{
    SpocConfig *config = config_fixture("mailuser=a");
    g_autoptr(SpocConfig) other = spoc_config_ref(config);
    spoc_config_unref(config);
    g_assert_cmpstr(spoc_config_string(other, SPOC_OPTION_MAILUSER), ==, "a");
    spoc_config_unref(NULL);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/config/layers", test_layers);
    g_test_add_func("/config/empty-each-key", test_empty_each_key);
    g_test_add_func("/config/problems", test_problems);
    g_test_add_func("/config/bad-keeps-lower", test_bad_keeps_lower);
    g_test_add_func("/config/unreadable", test_unreadable);
    g_test_add_func("/config/computed-defaults", test_computed_defaults);
    g_test_add_func("/config/servers", test_servers);
    g_test_add_func("/config/times", test_times);
    g_test_add_func("/config/paths", test_paths);
    g_test_add_func("/config/original", test_original);
    g_test_add_func("/config/dropin-names", test_dropin_names);
    g_test_add_func("/config/stamp", test_stamp);
    g_test_add_func("/config/reference", test_reference);
    return g_test_run();
}
