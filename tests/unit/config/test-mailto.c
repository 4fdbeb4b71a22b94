/* SPDX-License-Identifier: Apache-2.0 */
#include "config/load.h"
#include "config/properties.h"

#include "config-fixture.h"

#include "base/error.h"

static void
test_directives(void)
{
    static const struct {
        const char *text;
        const char *entries; /* KEY=VALUE@LINE, separated by semicolons */
        guint warning_line;  /* 0: none */
    } cases[] = {
        {"", "", 0},
        {"# Cc a@b.c\n\n   # x\n", "", 0},
        {"Cc a@example.com", "notifyCc=a@example.com@1", 0},
        {"  cC \t a@example.com , Bob <b@example.com>  # both\r\n",
         "notifyCc=a@example.com, b@example.com@1", 0},
        {"Cc \"Sales, Ltd. \\\" <x@y>\" <s@example.com>", "notifyCc=s@example.com@1", 0},
        {"\nFrom Print Server <print@example.com>\n", "mailfrom=Print Server <print@example.com>@2",
         0},
        {"From Print (office), x <print@example.com>",
         "mailfrom=Print (office), print@example.com@1", 0},
        {"From Print (office) <print@example.com>", "mailfrom=print@example.com@1", 0},
        {"FROM print@example.com", "mailfrom=print@example.com@1", 0},
        {"Subject [Print \\#1] ready", "notifySubjectPrefix=[Print #1] ready@1", 0},
        {"Subject Grüße", "notifySubjectPrefix=Grüße@1", 0},
        {"SMTPServer mail.example.com", "mailserver=mail.example.com@1", 0},
        {"SMTPServer mail.example.com:587", "mailserver=mail.example.com:587@1", 0},
        {"Cc a@b.c\nSubject x\nCc d@e.f\n", "notifySubjectPrefix=x@2;notifyCc=d@e.f@3", 0},
        {"Sendmail /usr/sbin/sendmail -bs", "mailserver=localhost@1", 1},
        {"SMTPServer mail.example.com\nsendmail /bin/x", "mailserver=localhost@2", 2},
        {"Sendmail /bin/x\nSMTPServer mail.example.com", "mailserver=mail.example.com@2", 0},
        {"Bcc a@b.c\nFrom a@b.c", "mailfrom=a@b.c@2", 1},
        {"\nFrom\n", "", 2},
        {"Cc\t#nobody", "", 1},
        {"mailserver = mail.example.com", "", 1},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_test_message("%s", cases[i].text);
        g_autoptr(GError) error = NULL;
        g_autoptr(SpocProperties) properties =
            spoc_mailto_parse(cases[i].text, strlen(cases[i].text), &error);
        g_assert_no_error(error);
        g_autoptr(GString) entries = g_string_new(NULL);
        for (guint j = 0; j < properties->entries->len; j++) {
            const SpocProperty *property = g_ptr_array_index(properties->entries, j);
            g_string_append_printf(entries, "%s%s=%s@%u", j > 0 ? ";" : "", property->key,
                                   property->value, property->line);
            g_assert_null(property->damage);
        }
        g_assert_cmpstr(entries->str, ==, cases[i].entries);
        g_assert_cmpuint(properties->warnings->len, ==, cases[i].warning_line != 0 ? 1 : 0);
        if (cases[i].warning_line != 0) {
            const SpocPropertyWarning *warning = g_ptr_array_index(properties->warnings, 0);
            g_assert_cmpuint(warning->line, ==, cases[i].warning_line);
        }
    }
}

static void
test_refused(void)
{
    g_autoptr(GError) error = NULL;
    g_assert_null(spoc_mailto_parse("Cc a\0b", 6, &error));
    g_assert_error(error, SPOC_ERROR, SPOC_ERROR_INVALID);
    g_clear_error(&error);
    g_autofree char *lines = g_strnfill(SPOC_PROPERTIES_MAX_KEYS + 1, '\n');
    g_assert_null(spoc_mailto_parse(lines, strlen(lines), &error));
    g_assert_error(error, SPOC_ERROR, SPOC_ERROR_LIMIT);
    g_clear_error(&error);
    g_autofree char *large = g_strnfill(SPOC_PROPERTIES_MAX_BYTES + 1, '#');
    g_assert_null(spoc_mailto_parse(large, strlen(large), &error));
    g_assert_error(error, SPOC_ERROR, SPOC_ERROR_LIMIT);
}

/* Whatever bytes come, only our four keys come out, with text in them. */
static void
test_any_bytes(void)
{
    static const char alphabet[] =
        "Cc From Subject SMTPServer Sendmail \\#\"<>,@.:\n\r\t\xc3\xbc\xff\x01";
    for (guint round = 0; round < 2000; round++) {
        char text[120];
        gsize length = (gsize)g_test_rand_int_range(0, sizeof text);
        for (gsize i = 0; i < length; i++)
            text[i] = alphabet[g_test_rand_int_range(0, sizeof alphabet - 1)];
        g_autoptr(GError) error = NULL;
        g_autoptr(SpocProperties) properties = spoc_mailto_parse(text, length, &error);
        g_assert_no_error(error);
        g_assert_cmpuint(properties->entries->len, <=, 4);
        for (guint j = 0; j < properties->entries->len; j++) {
            const SpocProperty *property = g_ptr_array_index(properties->entries, j);
            g_assert_true(g_utf8_validate(property->value, -1, NULL));
            g_assert_null(strchr(property->value, '\n'));
            g_assert_nonnull(spoc_option_find(property->key));
        }
    }
}

static SpocConfigOrigin
origin(const SpocConfig *config, SpocOptionId option)
{
    return spoc_config_origin(config, option);
}

/* Between the management values and the drop-ins, as long as there is no spoc.conf. */
static void
test_layer(void)
{
    g_autoptr(ConfigFixture) fixture = config_fixture_new();
    config_fixture_write(fixture, "etc/spoc/management.conf", "mailserver = managed.example.com\n");
    config_fixture_write(fixture, "etc/mailto.conf",
                         "# ours\nSMTPServer mail.example.com\nFrom Me <me@example.com>\n"
                         "Cc boss@example.com\nSubject [print]\n");
    config_fixture_write(fixture, "etc/spoc/spoc.conf.d/a.conf", "mailfrom = drop@example.com\n");
    g_autoptr(SpocConfig) config = spoc_config_load(fixture->places);
    g_assert_null(spoc_config_blocker(config));
    g_assert_cmpstr(spoc_config_string(config, SPOC_OPTION_MAILSERVER), ==, "mail.example.com");
    g_assert_cmpstr(spoc_config_string(config, SPOC_OPTION_MAILFROM), ==, "drop@example.com");
    g_assert_cmpstr(spoc_config_list(config, SPOC_OPTION_NOTIFY_CC)[0], ==, "boss@example.com");
    g_assert_cmpstr(spoc_config_string(config, SPOC_OPTION_NOTIFY_SUBJECT_PREFIX), ==, "[print]");
    g_assert_true(g_str_has_suffix(spoc_config_mailto_file(config), "/etc/mailto.conf"));
    SpocConfigOrigin server = origin(config, SPOC_OPTION_MAILSERVER);
    g_assert_cmpint(server.layer, ==, SPOC_LAYER_MAILTO);
    g_assert_cmpstr(spoc_config_layer_name(server.layer), ==, "mailto.conf");
    g_assert_cmpstr(server.file, ==, spoc_config_mailto_file(config));
    g_assert_cmpuint(server.line, ==, 2);
    g_assert_cmpint(origin(config, SPOC_OPTION_MAILFROM).layer, ==, SPOC_LAYER_DROPIN);

    /* The first spoc.conf, even an empty one, ends it; and that is noticed. */
    g_autofree char *same = spoc_config_stamp(fixture->places, config);
    g_assert_cmpstr(same, ==, spoc_config_loaded_stamp(config));
    config_fixture_write(fixture, "etc/spoc/spoc.conf", "");
    g_autofree char *later = spoc_config_stamp(fixture->places, config);
    g_assert_cmpstr(later, !=, spoc_config_loaded_stamp(config));
    g_autoptr(SpocConfig) next = spoc_config_load(fixture->places);
    g_assert_null(spoc_config_mailto_file(next));
    g_assert_cmpstr(spoc_config_string(next, SPOC_OPTION_MAILSERVER), ==, "managed.example.com");
    g_assert_null(spoc_config_list(next, SPOC_OPTION_NOTIFY_CC)[0]);
}

static void
test_stamp(void)
{
    g_autoptr(ConfigFixture) fixture = config_fixture_new();
    g_autoptr(SpocConfig) config = spoc_config_load(fixture->places);
    config_fixture_write(fixture, "etc/mailto.conf", "SMTPServer mail.example.com\n");
    g_autofree char *stamp = spoc_config_stamp(fixture->places, config);
    g_assert_cmpstr(stamp, !=, spoc_config_loaded_stamp(config));
}

/* A bad value keeps mail waiting, and says where it stands. */
static void
test_bad_values(void)
{
    g_autoptr(ConfigFixture) fixture = config_fixture_new();
    config_fixture_write(fixture, "etc/mailto.conf",
                         "SMTPServer mail.example.com\nFrom root\nReply-To x\n");
    g_autoptr(SpocConfig) config = spoc_config_load(fixture->places);
    const SpocConfigProblem *blocker = spoc_config_blocker(config);
    g_assert_nonnull(blocker);
    g_assert_cmpstr(blocker->key, ==, "mailfrom");
    g_assert_cmpuint(blocker->line, ==, 2);
    g_assert_true(g_str_has_suffix(blocker->file, "/mailto.conf"));
    const GPtrArray *problems = spoc_config_problems(config);
    guint unknown = 0;
    for (guint i = 0; i < problems->len; i++) {
        const SpocConfigProblem *problem = g_ptr_array_index(problems, i);
        unknown += problem->line == 3 && problem->severity == SPOC_SEVERITY_WARNING &&
                   strstr(problem->message, "Reply-To") != NULL;
    }
    g_assert_cmpuint(unknown, ==, 1);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/mailto/directives", test_directives);
    g_test_add_func("/mailto/refused", test_refused);
    g_test_add_func("/mailto/any-bytes", test_any_bytes);
    g_test_add_func("/mailto/layer", test_layer);
    g_test_add_func("/mailto/stamp", test_stamp);
    g_test_add_func("/mailto/bad-values", test_bad_values);
    return g_test_run();
}
