/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "management/management.h"

#include <string.h>

typedef struct {
    const char *name;
    const char *content;
    const char *refusal; /* (nullable): what the reason has in it; NULL: it is accepted */
} ContentCase;

static const ContentCase content_cases[] = {
    {"one-key", "mailserver = mail.example.com\n", NULL},
    {"without-end", "mailserver=mail.example.com", NULL},
    {"bom-crlf", "\xef\xbb\xbfmailserver: a.example\r\nmailfrom b@a.example\r\n", NULL},
    {"foreign-keys-beside", "printer.x = 1\nmailserver = a.example\nother = 2\n", NULL},
    {"comment-only", "# nothing is managed\n", NULL},
    {"duplicate", "mailserver = a\nmailserver = b\n", NULL},
    {"less-than-inside", "mailfrom = a<b\n# <html>\n", NULL},
    {"bad-value-is-not-syntax", "mailSmtpPort = never\n", NULL},
    {"nothing", "", "is empty"},
    {"blank", " \n\r\n\t\n", "is empty"},
    {"bom-only", "\xef\xbb\xbf", "is empty"},
    {"web-page", "<!DOCTYPE html>\n<html>mailserver = x\n", "line 1 begins with '<'"},
    {"web-page-later", "mailserver = a\r\n\r\n  <html>\n", "line 3 begins with '<'"},
    {"web-page-bom", "\xef\xbb\xbf<html></html>", "line 1 begins with '<'"},
    {"json", "{\"error\": \"not here\"}", "no key that is known"},
    {"plain-error", "404 page not found\n", "no key that is known"},
    {"wrong-letter-case", "MAILSERVER = a\n", "no key that is known"},
    {"latin-1", "mailfrom = \xe4@example.com\n", "UTF-8"},
    {"cut-character", "mailserver = a\n# \xe2\x82", "UTF-8"},
    {"malformed-escape", "mailserver = a\nmailfrom = \\u12\n", "line 2"},
};

static void
test_content(gconstpointer data)
{
    const ContentCase *c = data;
    g_autoptr(GError) error = NULL;
    gboolean accepted = spoc_management_check_content(c->content, strlen(c->content), &error);
    if (c->refusal == NULL) {
        g_assert_no_error(error);
        g_assert_true(accepted);
        return;
    }
    g_assert_error(error, SPOC_ERROR, SPOC_ERROR_INVALID);
    g_assert_false(accepted);
    g_assert_nonnull(strstr(error->message, c->refusal));
}

static void
test_content_binary(void)
{
    g_autoptr(GError) error = NULL;
    const char with_nul[] = "mailserver = a\0b\n";
    g_assert_false(spoc_management_check_content(with_nul, sizeof with_nul - 1, &error));
    g_assert_error(error, SPOC_ERROR, SPOC_ERROR_INVALID);
    g_clear_error(&error);

    g_autofree char *large = g_strnfill(SPOC_MANAGEMENT_MAX_BYTES + 1, '#');
    g_assert_false(spoc_management_check_content(large, SPOC_MANAGEMENT_MAX_BYTES + 1, &error));
    g_assert_error(error, SPOC_ERROR, SPOC_ERROR_LIMIT);
    g_clear_error(&error);
    g_assert_true(spoc_management_check_content(large, SPOC_MANAGEMENT_MAX_BYTES, &error));
    g_assert_no_error(error);
}

/* What came may hold a password: the reason must not. */
static void
test_content_secret(void)
{
    g_autoptr(GError) error = NULL;
    const char *content = "mailpass = hunter2\\u00\n";
    g_assert_false(spoc_management_check_content(content, strlen(content), &error));
    g_assert_null(strstr(error->message, "hunter2"));
    g_assert_nonnull(strstr(error->message, "mailpass"));
}

static void
test_delay(void)
{
    const gint64 quarter_ms = 15 * 60 * 1000;
    static const struct {
        gint64 interval_ms;
        guint failures;
        double jitter;
        gint64 delay_ms;
    } cases[] = {
        {15 * 60 * 1000, 0, 0.5, 900000},
        {15 * 60 * 1000, 0, 0.0, 810000},
        {15 * 60 * 1000, 0, 1.0, 990000},
        {15 * 60 * 1000, 1, 0.5, 30000},
        {15 * 60 * 1000, 2, 0.5, 60000},
        {15 * 60 * 1000, 5, 0.5, 480000},
        {15 * 60 * 1000, 6, 0.5, 900000},
        {15 * 60 * 1000, G_MAXUINT, 0.5, 900000},
        {10 * 1000, 1, 0.5, 10000},
        {10 * 1000, 0, 1.0, 11000},
        {604800 * 1000ll, 15, 0.5, 491520000},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
        g_assert_cmpint(
            spoc_management_delay_ms(cases[i].interval_ms, cases[i].failures, cases[i].jitter), ==,
            cases[i].delay_ms);
    for (guint failures = 1; failures < 100; failures++)
        g_assert_cmpint(spoc_management_delay_ms(quarter_ms, failures, 0.5), <=, quarter_ms);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(content_cases); i++) {
        g_autofree char *path =
            g_strconcat("/management-rules/content/", content_cases[i].name, NULL);
        g_test_add_data_func(path, &content_cases[i], test_content);
    }
    g_test_add_func("/management-rules/content-binary", test_content_binary);
    g_test_add_func("/management-rules/content-secret", test_content_secret);
    g_test_add_func("/management-rules/delay", test_delay);
    return g_test_run();
}
