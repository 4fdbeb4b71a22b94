/* SPDX-License-Identifier: Apache-2.0 */
#include "cups/cupsd.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void
test_spin(void)
{
    static const struct {
        const char *name;
        gint notifier_mode; /* -1: there is none */
        gint folder_mode;
        uid_t owner; /* where only root can say so */
        const char *where;
        const char *remedy; /* (nullable): NULL: nothing is wrong */
    } cases[] = {
        {"well", 0755, 0755, 0, NULL, NULL},
        {"missing", -1, 0755, 0, "notifier/spoc", "install cups-spoc again"},
        {"writable for the group", 0775, 0755, 0, "notifier/spoc", "chmod 0755"},
        {"writable for all", 0757, 0755, 0, "notifier/spoc", "chmod 0755"},
        {"not executable", 0644, 0755, 0, "notifier/spoc", "chmod 0755"},
        {"folder writable", 0755, 0775, 0, "notifier", "chmod 0755"},
        {"another's", 0755, 0755, 65534, "notifier/spoc", "chown root:root"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_test_message("%s", cases[i].name);
        if (cases[i].owner != 0 && geteuid() != 0)
            continue;
        g_autofree char *root = g_dir_make_tmp("spoc-test-XXXXXX", NULL);
        g_autofree char *folder = g_build_filename(root, "notifier", NULL);
        g_autofree char *notifier = g_build_filename(folder, "spoc", NULL);
        g_assert_cmpint(g_mkdir(folder, 0700), ==, 0);
        if (cases[i].notifier_mode >= 0) {
            g_assert_true(g_file_set_contents(notifier, "", 0, NULL));
            g_assert_cmpint(g_chmod(notifier, cases[i].notifier_mode), ==, 0);
            g_assert_true(cases[i].owner == 0 || chown(notifier, cases[i].owner, 0) == 0);
        }
        g_assert_cmpint(g_chmod(folder, cases[i].folder_mode), ==, 0);

        g_autofree char *where = NULL;
        g_autofree char *remedy = NULL;
        g_autofree char *what = spoc_cupsd_find_spin(root, &where, &remedy);
        g_autofree char *explained = spoc_cupsd_explain_silence(root);
        if (cases[i].remedy == NULL) {
            g_assert_null(what);
            g_assert_nonnull(strstr(explained, "systemctl status cups"));
        } else {
            g_assert_true(g_str_has_suffix(where, cases[i].where));
            g_assert_nonnull(strstr(what, where));
            g_assert_nonnull(strstr(remedy, cases[i].remedy));
            g_assert_true(g_str_has_prefix(explained, what));
        }
        (void)g_remove(notifier);
        g_assert_cmpint(g_rmdir(folder), ==, 0);
        g_assert_cmpint(g_rmdir(root), ==, 0);
    }
}

static void
test_nobody_listens(void)
{
    cupsSetServer("/no/such/socket");
    g_assert_null(spoc_cupsd_connect(100));
    g_autofree char *words = spoc_cupsd_last_words();
    g_assert_null(strstr(words, "Success"));
    g_assert_cmpuint(strlen(words), >, 0);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/cupsd/spin", test_spin);
    g_test_add_func("/cupsd/nobody-listens", test_nobody_listens);
    return g_test_run();
}
