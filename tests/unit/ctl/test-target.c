/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "ctl/target.h"

#include <string.h>

static void
test_recipient_uri(void)
{
    static const struct {
        const char *text;
        const char *language;
        const char *uri; /* NULL: refused */
    } cases[] = {
        {"@owner", NULL, "spoc:%40owner"},
        {"spoc:@owner", NULL, "spoc:%40owner"},
        {"spoc:%40owner", "de", "spoc:%40owner?language=de"},
        {"alice@example.com", NULL, "spoc:alice@example.com"},
        {"SPOC:alice%40example.com", NULL, "spoc:alice@example.com"},
        {"alice", "pt-BR", "spoc:alice?language=pt-BR"},
        {"a@example.com,@owner", NULL, "spoc:a@example.com,%40owner"},
        {"a+b@example.com?language=fr&format=text", NULL,
         "spoc:a+b@example.com?language=fr&format=text"},
        {"a@example.com?digest=daily&format=rtf", NULL, "spoc:a@example.com?digest=daily"},
        {"a@example.com?format=html", "en", "spoc:a@example.com?language=en&format=html"},
        {"a@example.com?cc=evil@example.net", NULL, "spoc:a@example.com"},
        {"mailto:a@example.com", NULL, NULL},
        {"a@example.com", "de\r\nX: y", NULL},
        {"a@example.com", "", NULL},
        {"a@example.com%0d%0aRCPT TO:<b@example.com>", NULL, NULL},
        {"", NULL, NULL},
        {"spoc:", NULL, NULL},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *uri =
            spoc_target_recipient_uri(cases[i].text, cases[i].language, NULL, NULL, &error);
        g_assert_cmpstr(uri, ==, cases[i].uri);
        if (cases[i].uri == NULL)
            g_assert_error(error, SPOC_ERROR, SPOC_ERROR_INVALID);
        else
            g_assert_no_error(error);
    }
}

static void
test_recipient_uri_is_stable(void)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *once =
        spoc_target_recipient_uri("j\u00f6rg@example.com,@owner", "de", NULL, NULL, &error);
    g_assert_no_error(error);
    g_assert_true(g_str_is_ascii(once));
    g_autofree char *twice = spoc_target_recipient_uri(once, NULL, NULL, NULL, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(once, ==, twice);
}

static void
test_recipient_uri_too_long(void)
{
    g_autoptr(GString) text = g_string_new("a@example.com");
    for (guint i = 0; i < 60; i++)
        g_string_append_printf(text, ",a-person-%u@example.com", i);
    g_autoptr(GError) error = NULL;
    g_assert_null(spoc_target_recipient_uri(text->str, NULL, NULL, NULL, &error));
    g_assert_error(error, SPOC_ERROR, SPOC_ERROR_INVALID);
}

static void
test_default_events(void)
{
    static const struct {
        const char *text;
        const char *event;
    } cases[] = {{"@owner", "job-completed"},
                 {"alice@example.com", "printer-stopped"},
                 {"alice@example.com,@owner", "job-completed"}};
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(SpocRecipientUri) parsed = NULL;
        g_autofree char *uri = spoc_target_recipient_uri(cases[i].text, NULL, NULL, &parsed, NULL);
        g_assert_nonnull(uri);
        const char *const *events = spoc_target_default_events(parsed);
        g_assert_cmpstr(events[0], ==, cases[i].event);
        g_assert_null(events[1]);
    }
}

static void
test_events(void)
{
    g_autoptr(GError) error = NULL;
    g_auto(GStrv) events = spoc_target_parse_events("job-completed, printer-stopped", &error);
    g_assert_no_error(error);
    g_assert_cmpuint(g_strv_length(events), ==, 2);
    g_assert_cmpstr(events[1], ==, "printer-stopped");
    static const char *const bad[] = {"", "job-complete", "job-completed,", "none", "JOB-CREATED"};
    for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_assert_null(spoc_target_parse_events(bad[i], &error));
        g_assert_error(error, SPOC_ERROR, SPOC_ERROR_INVALID);
        g_clear_error(&error);
    }
}

static void
test_objects(void)
{
    static const struct {
        const char *printer;
        const char *class_name;
        const char *uri; /* NULL: refused */
        const char *name;
    } cases[] = {
        {NULL, NULL, "ipp://localhost/", "server"},
        {"laser", NULL, "ipp://localhost/printers/laser", "printer laser"},
        {NULL, "all", "ipp://localhost/classes/all", "class all"},
        {"b\u00fcro", NULL, "ipp://localhost/printers/b%C3%BCro", "printer b\u00fcro"},
        {"a/b", NULL, NULL, NULL},
        {"a b", NULL, NULL, NULL},
        {"", NULL, NULL, NULL},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *uri =
            spoc_target_object_uri(cases[i].printer, cases[i].class_name, &error);
        g_assert_cmpstr(uri, ==, cases[i].uri);
        if (uri == NULL) {
            g_assert_error(error, SPOC_ERROR, SPOC_ERROR_INVALID);
            continue;
        }
        g_autofree char *name = spoc_target_object_name(uri);
        g_assert_cmpstr(name, ==, cases[i].name);
    }
    static const char *const servers[] = {NULL, "ipp://host:631/", "ipp://host/printers/"};
    for (guint i = 0; i < G_N_ELEMENTS(servers); i++) {
        g_autofree char *name = spoc_target_object_name(servers[i]);
        g_assert_cmpstr(name, ==, "server");
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/target/recipient-uri", test_recipient_uri);
    g_test_add_func("/target/recipient-uri-is-stable", test_recipient_uri_is_stable);
    g_test_add_func("/target/recipient-uri-too-long", test_recipient_uri_too_long);
    g_test_add_func("/target/default-events", test_default_events);
    g_test_add_func("/target/events", test_events);
    g_test_add_func("/target/objects", test_objects);
    return g_test_run();
}
