/* SPDX-License-Identifier: Apache-2.0 */
/* Also tests: find-settings.c, what it says of AppArmor and encryption */
#include "ctl/findings.h"

#include "config/load.h"
#include "ctl/find-settings.h"

#include <glib/gstdio.h>
#include <string.h>

static void
test_text(void)
{
    g_autoptr(GPtrArray) findings = spoc_findings_new();
    g_assert_null(spoc_findings_blocker(findings));
    SpocFinding *finding = spoc_findings_add(findings, SPOC_LOG_ERROR, "/a", "%s is gone", "it");
    spoc_finding_set_remedy(finding, "touch '%s'", "/a");
    g_autofree char *text = spoc_finding_text(finding);
    g_assert_cmpstr(text, ==, "it is gone: touch '/a'");
    finding->stops_mail = TRUE;
    g_assert_true(spoc_findings_blocker(findings) == finding);

    spoc_finding_set_remedy(finding, "touch it");
    g_autofree char *long_text = spoc_finding_text(finding);
    g_assert_cmpstr(long_text, ==,
                    "/a: it is gone: touch it (no mail goes out until this is mended)");

    finding = spoc_findings_add(findings, SPOC_LOG_WARNING, "/a", "'/a' is old");
    g_autofree char *short_text = spoc_finding_text(finding);
    g_assert_cmpstr(short_text, ==, "'/a' is old");
    (void)spoc_findings_add(findings, SPOC_LOG_INFO, NULL, "well");

    g_assert_cmpuint(spoc_findings_count(findings, SPOC_LOG_ERROR), ==, 1);
    g_assert_cmpuint(spoc_findings_count(findings, SPOC_LOG_INFO), ==, 1);
    JsonArray *array = spoc_findings_json(findings, SPOC_LOG_WARNING);
    g_assert_cmpuint(json_array_get_length(array), ==, 2);
    JsonObject *first = json_array_get_object_element(array, 0);
    g_assert_cmpstr(json_object_get_string_member(first, "severity"), ==, "error");
    g_assert_cmpstr(json_object_get_string_member(first, "what"), ==, "it is gone");
    g_assert_cmpstr(json_object_get_string_member(first, "where"), ==, "/a");
    g_assert_cmpstr(json_object_get_string_member(first, "remedy"), ==, "touch it");
    g_assert_true(json_object_get_null_member(json_array_get_object_element(array, 1), "remedy"));
    json_array_unref(array);
}

static void
test_apparmor(void)
{
    static const struct {
        const char *path;
        gboolean allowed;
    } paths[] = {
        {"/etc/cups/spoc/password", TRUE},
        {"/etc/ssl/certs/a.pem", TRUE},
        {"/usr/share/a.pem", TRUE},
        {"/var/spool/cups/spoc/x", TRUE},
        {"/etc/aliases", FALSE},
        {"/etc/cups-spoc/x", FALSE},
        {"/root/secret", FALSE},
        {"/etc/cups/../shadow", FALSE},
        {"/etc/cups", FALSE},
        {"/var/lib/x.jks", FALSE},
    };
    for (guint i = 0; i < G_N_ELEMENTS(paths); i++) {
        g_test_message("%s", paths[i].path);
        g_assert_cmpint(spoc_apparmor_allows(paths[i].path), ==, paths[i].allowed);
    }
    static const struct {
        const char *path;
        gboolean allowed;
    } programs[] = {
        {"/usr/bin/env", TRUE},
        {"/bin/sh", TRUE},
        {"/usr/lib/cups/daemon/spocd", TRUE},
        {"/opt/a/b/token", TRUE},
        {"/usr/local/lib/cups/x/token", TRUE},
        {"/usr/local/bin/token", FALSE},
        {"/usr/bin/x/token", FALSE},
        {"/usr/bin/../local/bin/token", FALSE},
        {"/etc/cups/token", FALSE},
        {"/opt", FALSE},
    };
    for (guint i = 0; i < G_N_ELEMENTS(programs); i++) {
        g_test_message("%s", programs[i].path);
        g_assert_cmpint(spoc_apparmor_lets_run(programs[i].path), ==, programs[i].allowed);
    }
    g_assert_true(spoc_apparmor_enforces("a (enforce)\n/usr/sbin/cupsd (enforce)\nb (enforce)\n"));
    g_assert_false(spoc_apparmor_enforces("/usr/sbin/cupsd (complain)\n"));
    g_assert_false(spoc_apparmor_enforces("/usr/sbin/cupsd//third_party (enforce)\n"));
    g_assert_false(spoc_apparmor_enforces(""));
}

static gboolean
has_finding(const SpocPlaces *places, const char *text, const char *words)
{
    g_autofree char *conf = g_strconcat("mailserver = a.example\n", text, NULL);
    g_assert_true(g_file_set_contents(places->config_file, conf, -1, NULL));
    g_autoptr(SpocConfig) config = spoc_config_load(places);
    g_autoptr(GPtrArray) findings = spoc_findings_new();
    spoc_find_settings(findings, places, config, FALSE);
    for (guint i = 0; i < findings->len; i++) {
        g_autofree char *found = spoc_finding_text(g_ptr_array_index(findings, i));
        if (strstr(found, words) != NULL)
            return TRUE;
    }
    return FALSE;
}

static void
test_encryption(void)
{
    static const struct {
        const char *text;
        gboolean is_recommended;
    } cases[] = {
        {"", TRUE},
        {"mailuser = a\nmailpass = b\n", TRUE},
        {"mailSmtpEncryption = STARTTLS\n", FALSE},
        {"mailProvider = office365\n", FALSE},            /* which sets it */
        {"mailuser = a\nmailOAuthClientId = b\n", FALSE}, /* and mail waits for TLS */
    };
    g_autofree char *root = g_dir_make_tmp("spoc-findings-XXXXXX", NULL);
    g_auto(GStrv) environment = g_environ_setenv(NULL, "CUPS_SERVERROOT", root, TRUE);
    environment = g_environ_setenv(environment, "CUPS_REQUESTROOT", root, TRUE);
    g_autoptr(SpocPlaces) places = spoc_places_new(environment);
    g_assert_cmpint(g_mkdir(places->config_dir, 0700), ==, 0);
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_test_message("%s", cases[i].text);
        g_assert_cmpint(has_finding(places, cases[i].text, "so STARTTLS holds"), ==,
                        cases[i].is_recommended);
    }
    g_assert_cmpint(g_unlink(places->config_file), ==, 0);
    g_assert_cmpint(g_rmdir(places->config_dir), ==, 0);
    g_assert_cmpint(g_rmdir(root), ==, 0);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/findings/text", test_text);
    g_test_add_func("/findings/apparmor", test_apparmor);
    g_test_add_func("/findings/encryption", test_encryption);
    return g_test_run();
}
