/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "keytool.h"
#include "mint.h"
#include "trust/edit.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct {
    char *folder;
    char *store;
    Minted *one;
    Minted *two;
} Fixture;

static void
set_up(Fixture *f, gconstpointer data)
{
    f->folder = mint_folder();
    f->store = g_build_filename(f->folder, "ssl-truststore", NULL);
    f->one = mint_root("Root one");
    f->two = mint_root("Root two");
}

static void
tear_down(Fixture *f, gconstpointer data)
{
    mint_remove(f->folder);
    minted_free(f->one);
    minted_free(f->two);
    g_free(f->store);
    g_free(f->folder);
}

static void
import(const char *store, const char *password, const char *alias, const Minted *minted)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(SpocEdit) edit = spoc_edit_open(store, password, &error);
    g_assert_no_error(error);
    g_assert_true(spoc_edit_import(edit, alias, minted->certificate, &error));
    g_assert_true(spoc_edit_save(edit, &error));
    g_assert_no_error(error);
}

static GPtrArray *
read_back(const Fixture *f, const char *password, guint count)
{
    g_autoptr(GError) error = NULL;
    GPtrArray *anchors = spoc_store_read(f->store, password, NULL, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(anchors->len, ==, count);
    return anchors;
}

static void
test_import_and_delete(Fixture *f, gconstpointer data)
{
    const char *const passwords[] = {KEYTOOL_PASSWORD, "", "p\u00e4ss"};
    for (guint i = 0; i < G_N_ELEMENTS(passwords); i++) {
        g_autoptr(GError) error = NULL;
        (void)g_remove(f->store);
        import(f->store, passwords[i], "Eins \u00fc", f->one);
        import(f->store, passwords[i], "zwei", f->two);
        g_autoptr(GPtrArray) both = read_back(f, passwords[i], 2);
        const SpocAnchor *first = spoc_anchors_find(both, "EINS \u00dc");
        g_assert_nonnull(first);
        g_assert_cmpstr(first->alias, ==, "Eins \u00fc");
        g_assert_true(spoc_anchors_find_certificate(both, f->one->certificate) == first);

        g_autoptr(SpocEdit) edit = spoc_edit_open(f->store, passwords[i], &error);
        g_assert_no_error(error);
        g_assert_false(spoc_edit_converts(edit));
        g_assert_false(spoc_edit_delete(edit, "three", &error));
        g_assert_error(error, SPOC_ERROR, SPOC_ERROR_NOT_FOUND);
        g_clear_error(&error);
        g_assert_true(spoc_edit_delete(edit, "ZWEI", &error));
        g_assert_true(spoc_edit_delete(edit, "eins \u00fc", &error));
        g_assert_true(spoc_edit_save(edit, &error));
        g_assert_no_error(error);
        g_ptr_array_unref(read_back(f, passwords[i], 0));
    }
}

static void
test_aliases(Fixture *f, gconstpointer data)
{
    static const char *const refused[] = {"", "a\nb", "\xff", "taken", "TAKEN"};
    import(f->store, KEYTOOL_PASSWORD, "taken", f->one);
    g_autoptr(GError) error = NULL;
    g_autoptr(SpocEdit) edit = spoc_edit_open(f->store, KEYTOOL_PASSWORD, &error);
    for (guint i = 0; i < G_N_ELEMENTS(refused); i++) {
        g_assert_false(spoc_edit_import(edit, refused[i], f->two->certificate, &error));
        g_assert_error(error, SPOC_ERROR, SPOC_ERROR_INVALID);
        g_clear_error(&error);
    }
    g_assert_cmpuint(spoc_edit_anchors(edit)->len, ==, 1);
    g_clear_pointer(&edit, spoc_edit_free); /* and with it the lock */

    static const char *const kept[] = {"gr\u00f6\u00dfe", "\u65e5\u672c \u20ac", "\U0001f512"};
    for (guint i = 0; i < G_N_ELEMENTS(kept); i++) {
        import(f->store, KEYTOOL_PASSWORD, kept[i], f->two);
        g_autoptr(GPtrArray) anchors = read_back(f, KEYTOOL_PASSWORD, 2 + i);
        g_assert_cmpstr(((SpocAnchor *)g_ptr_array_index(anchors, 1 + i))->alias, ==, kept[i]);
    }
}

static void
test_owner_and_mode(Fixture *f, gconstpointer data)
{
    struct stat before;
    struct stat after;
    import(f->store, KEYTOOL_PASSWORD, "one", f->one);
    g_assert_cmpint(stat(f->store, &before), ==, 0);
    g_assert_cmpint(before.st_mode & 07777, ==, 0644);

    g_assert_cmpint(chmod(f->store, 0640), ==, 0);
    if (geteuid() == 0)
        g_assert_cmpint(chown(f->store, 12345, 23456), ==, 0);
    g_assert_cmpint(stat(f->store, &before), ==, 0);
    g_autofree char *link = g_build_filename(f->folder, "link", NULL);
    g_assert_cmpint(symlink("ssl-truststore", link), ==, 0);
    import(link, KEYTOOL_PASSWORD, "two", f->two);
    g_assert_cmpint(lstat(f->store, &after), ==, 0);
    g_assert_cmpint(after.st_mode, ==, before.st_mode);
    g_assert_cmpint(after.st_uid, ==, before.st_uid);
    g_assert_cmpint(after.st_gid, ==, before.st_gid);
    g_assert_cmpint(after.st_ino, !=, before.st_ino);
    g_assert_true(g_file_test(link, G_FILE_TEST_IS_SYMLINK));
    g_ptr_array_unref(read_back(f, KEYTOOL_PASSWORD, 2));
}

static void
test_leaves_alone(Fixture *f, gconstpointer data)
{
    static const struct {
        const char *content; /* NULL: a PEM file */
        const char *password;
        int code;
    } cases[] = {
        {NULL, NULL, SPOC_ERROR_INVALID},
        {"rubbish", KEYTOOL_PASSWORD, SPOC_ERROR_CORRUPT},
        {"", KEYTOOL_PASSWORD, SPOC_ERROR_CORRUPT},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        if (cases[i].content == NULL)
            g_free(mint_write(f->folder, "ssl-truststore", f->one->certificate, NULL));
        else
            g_assert_true(g_file_set_contents(f->store, cases[i].content, -1, NULL));
        g_assert_null(spoc_edit_open(f->store, cases[i].password, &error));
        g_assert_error(error, SPOC_ERROR, cases[i].code);
    }
    g_autoptr(GError) error = NULL;
    g_remove(f->store);
    import(f->store, KEYTOOL_PASSWORD, "one", f->one);
    g_assert_null(spoc_edit_open(f->store, "wrong", &error));
    g_assert_error(error, SPOC_ERROR, SPOC_ERROR_INVALID);
    g_clear_error(&error);
    g_assert_null(spoc_edit_open("/nonexistent/store", NULL, &error));
    g_assert_error(error, SPOC_ERROR, SPOC_ERROR_NOT_FOUND);
}

/* keytool lists and extends ours, we extend keytool's. */
static void
test_together_with_keytool(Fixture *f, gconstpointer data)
{
    if (!keytool_or_skip())
        return;
    import(f->store, KEYTOOL_PASSWORD, "ours", f->one);
    g_autofree char *file = mint_write(f->folder, "two.pem", f->two->certificate, NULL);
    g_free(keytool(f->store, "-importcert", "-noprompt", "-alias", "theirs", "-file", file, NULL));
    g_autoptr(Minted) three = mint_root("Root three");
    import(f->store, KEYTOOL_PASSWORD, "dritte \u00e4", three);
    g_autofree char *listed = keytool(f->store, "-list", NULL);
    g_assert_nonnull(strstr(listed, "contains 3 entries"));
    g_assert_nonnull(strstr(listed, "ours, "));
    g_assert_nonnull(strstr(listed, "theirs, "));
    g_assert_nonnull(strstr(listed, "dritte \u00e4, "));
    g_assert_nonnull(strstr(listed, "trustedCertEntry"));
    g_assert_null(strstr(listed, "PrivateKeyEntry"));
    g_ptr_array_unref(read_back(f, KEYTOOL_PASSWORD, 3));

    /* An emptied store is still one to keytool. */
    g_autoptr(GError) error = NULL;
    g_autoptr(SpocEdit) edit = spoc_edit_open(f->store, KEYTOOL_PASSWORD, &error);
    g_assert_no_error(error);
    g_assert_true(spoc_edit_delete(edit, "ours", &error));
    g_assert_true(spoc_edit_delete(edit, "theirs", &error));
    g_assert_true(spoc_edit_delete(edit, "dritte \u00e4", &error));
    g_assert_true(spoc_edit_save(edit, &error));
    g_autofree char *empty = keytool(f->store, "-list", NULL);
    g_assert_nonnull(strstr(empty, "contains 0 entries"));
}

static void
test_converts_jks(Fixture *f, gconstpointer data)
{
    if (!keytool_or_skip())
        return;
    g_autoptr(GError) error = NULL;
    g_autofree char *file = mint_write(f->folder, "one.pem", f->one->certificate, NULL);
    g_free(keytool(f->store, "-importcert", "-noprompt", "-storetype", "JKS", "-alias", "old",
                   "-file", file, NULL));
    g_autoptr(SpocEdit) edit = spoc_edit_open(f->store, KEYTOOL_PASSWORD, &error);
    g_assert_no_error(error);
    g_assert_true(spoc_edit_converts(edit));
    g_assert_true(spoc_edit_import(edit, "new", f->two->certificate, &error));
    g_assert_true(spoc_edit_save(edit, &error));
    SpocStoreKind kind = SPOC_STORE_JKS;
    g_autoptr(GPtrArray) anchors = spoc_store_read(f->store, KEYTOOL_PASSWORD, &kind, &error);
    g_assert_no_error(error);
    g_assert_cmpint(kind, ==, SPOC_STORE_PKCS12);
    g_assert_cmpuint(anchors->len, ==, 2);
    /* Even a Java that is told JKS reads it. */
    g_autofree char *listed = keytool(f->store, "-list", "-storetype", "JKS", NULL);
    g_assert_nonnull(strstr(listed, "contains 2 entries"));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define ADD(name, function) g_test_add("/edit/" name, Fixture, NULL, set_up, function, tear_down)
    ADD("import-and-delete", test_import_and_delete);
    ADD("aliases", test_aliases);
    ADD("owner-and-mode", test_owner_and_mode);
    ADD("leaves-alone", test_leaves_alone);
    ADD("together-with-keytool", test_together_with_keytool);
    ADD("converts-jks", test_converts_jks);
#undef ADD
    return g_test_run();
}
