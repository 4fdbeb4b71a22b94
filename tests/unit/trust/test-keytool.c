/* SPDX-License-Identifier: Apache-2.0 */
/* Stores that the real keytool made, and what becomes of them when they are damaged. */
#include "base/error.h"
#include "keytool.h"
#include "mint.h"
#include "trust/edit.h"

#include <string.h>

#define MANY 140
#define UTF8_ALIAS "b\u00fcro \u65e5\u672c"

typedef struct {
    const char *type;
    SpocStoreKind kind;
} Type;

static const Type types[] = {
    {"JKS", SPOC_STORE_JKS},
    {"JCEKS", SPOC_STORE_JCEKS},
    {"PKCS12", SPOC_STORE_PKCS12},
};

static const SpocAnchor *
at(const GPtrArray *anchors, guint i)
{
    return g_ptr_array_index(anchors, i);
}

static void
expect_entry(const GPtrArray *anchors, const char *alias, X509 *certificate)
{
    const SpocAnchor *anchor = spoc_anchors_find(anchors, alias);
    g_assert_nonnull(anchor);
    g_assert_cmpint(X509_cmp(anchor->certificate, certificate), ==, 0);
}

/* One trusted certificate and a key of its own: only the former counts. */
static void
test_with_key(gconstpointer data)
{
    const Type *type = data;
    if (!keytool_or_skip())
        return;
    g_autoptr(GError) error = NULL;
    g_autofree char *folder = mint_folder();
    g_autofree char *store = g_build_filename(folder, "store", NULL);
    g_autoptr(Minted) root = mint_root("Root");
    g_autofree char *file = mint_write(folder, "root.pem", root->certificate, NULL);
    g_free(keytool(store, "-importcert", "-noprompt", "-storetype", type->type, "-alias",
                   UTF8_ALIAS, "-file", file, NULL));
    g_free(keytool(store, "-genkeypair", "-storetype", type->type, "-alias", "own", "-keyalg", "EC",
                   "-dname", "CN=own key", "-keypass", KEYTOOL_PASSWORD, NULL));

    const char *const passwords[] = {KEYTOOL_PASSWORD, NULL, "", "wrong"};
    for (guint i = 0; i < G_N_ELEMENTS(passwords); i++) {
        SpocStoreKind kind = SPOC_STORE_PEM;
        g_clear_error(&error);
        g_autoptr(GPtrArray) anchors = spoc_store_read(store, passwords[i], &kind, &error);
        gboolean needs_password = type->kind == SPOC_STORE_PKCS12;
        if (i == 3 || (i > 0 && needs_password)) {
            g_assert_error(error, SPOC_ERROR, SPOC_ERROR_INVALID);
            g_assert_nonnull(strstr(error->message, "trustStorePassword"));
            continue;
        }
        g_assert_no_error(error);
        g_assert_cmpint(kind, ==, type->kind);
        g_assert_cmpuint(anchors->len, ==, 1);
        expect_entry(anchors, UTF8_ALIAS, root->certificate);
        if (!needs_password)
            g_assert_cmpint(at(anchors, 0)->added_unix_s, >, 1500000000);
    }
    g_clear_error(&error);
    g_assert_null(spoc_edit_open(store, KEYTOOL_PASSWORD, &error));
    g_assert_error(error, SPOC_ERROR, SPOC_ERROR_INVALID);
    g_assert_nonnull(strstr(error->message, "keys"));
    mint_remove(folder);
}

/* Whatever one byte becomes: no anchors, or the very same. */
static void
expect_closed(const guint8 *bytes, gsize size, const GPtrArray *truth)
{
    g_autoptr(GBytes) content = g_bytes_new(bytes, size);
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) anchors = spoc_store_parse(content, KEYTOOL_PASSWORD, NULL, &error);
    g_assert_true((anchors == NULL) == (error != NULL));
    for (guint i = 0; anchors != NULL && i < anchors->len; i++)
        expect_entry(truth, at(anchors, i)->alias, at(anchors, i)->certificate);
    if (anchors != NULL)
        g_assert_cmpuint(anchors->len, ==, truth->len);
}

static void
test_damaged(gconstpointer data)
{
    const Type *type = data;
    if (!keytool_or_skip())
        return;
    g_autoptr(GError) error = NULL;
    g_autofree char *folder = mint_folder();
    g_autofree char *store = g_build_filename(folder, "store", NULL);
    g_autoptr(Minted) root = mint_root("Root");
    g_autofree char *file = mint_write(folder, "root.pem", root->certificate, NULL);
    g_free(keytool(store, "-importcert", "-noprompt", "-storetype", type->type, "-alias", "root",
                   "-file", file, NULL));
    g_autoptr(GBytes) whole = spoc_store_read_file(store, &error);
    g_assert_no_error(error);
    gsize size = 0;
    const guint8 *bytes = g_bytes_get_data(whole, &size);
    g_autoptr(GPtrArray) truth = spoc_store_parse(whole, KEYTOOL_PASSWORD, NULL, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(truth->len, ==, 1);

    for (gsize cut = 0; cut < size; cut++) {
        g_autoptr(GBytes) part = g_bytes_new_from_bytes(whole, 0, cut);
        g_autoptr(GError) problem = NULL;
        g_assert_null(spoc_store_parse(part, KEYTOOL_PASSWORD, NULL, &problem));
        g_assert_nonnull(problem);
    }
    g_autofree guint8 *copy = g_memdup2(bytes, size);
    for (gsize i = 0; i < size; i++) {
        for (guint bit = 0; bit < 8; bit++) {
            copy[i] ^= (guint8)(1U << bit);
            expect_closed(copy, size, truth);
            copy[i] ^= (guint8)(1U << bit);
        }
    }
    mint_remove(folder);
}

/* Our own store of many, copied by keytool into each of its kinds. */
static void
test_many(gconstpointer data)
{
    const Type *type = data;
    if (!keytool_or_skip())
        return;
    g_autoptr(GError) error = NULL;
    g_autofree char *folder = mint_folder();
    g_autofree char *ours = g_build_filename(folder, "ours.p12", NULL);
    g_autofree char *theirs = g_build_filename(folder, "theirs", NULL);
    g_autoptr(SpocEdit) edit = spoc_edit_open(ours, KEYTOOL_PASSWORD, &error);
    g_assert_no_error(error);
    for (guint i = 0; i < MANY; i++) {
        g_autofree char *alias = g_strdup_printf("wurzel-\u00e4-%u", i);
        g_autoptr(Minted) root = mint_root(alias);
        g_assert_true(spoc_edit_import(edit, alias, root->certificate, &error));
    }
    g_assert_true(spoc_edit_save(edit, &error));
    g_assert_no_error(error);
    g_free(keytool(theirs, "-importkeystore", "-noprompt", "-srckeystore", ours, "-srcstorepass",
                   KEYTOOL_PASSWORD, "-deststoretype", type->type, NULL));
    g_autoptr(GPtrArray) anchors = spoc_store_read(theirs, KEYTOOL_PASSWORD, NULL, &error);
    g_assert_no_error(error);
    const GPtrArray *truth = spoc_edit_anchors(edit);
    g_assert_cmpuint(anchors->len, ==, MANY);
    for (guint i = 0; i < MANY; i++)
        expect_entry(anchors, at(truth, i)->alias, at(truth, i)->certificate);
    mint_remove(folder);
}

static void
test_secret_key(void)
{
    if (!keytool_or_skip())
        return;
    g_autoptr(GError) error = NULL;
    g_autofree char *folder = mint_folder();
    g_autofree char *store = g_build_filename(folder, "store", NULL);
    g_free(keytool(store, "-genseckey", "-storetype", "JCEKS", "-alias", "s", "-keyalg", "AES",
                   "-keysize", "128", "-keypass", KEYTOOL_PASSWORD, NULL));
    g_assert_null(spoc_store_read(store, KEYTOOL_PASSWORD, NULL, &error));
    g_assert_error(error, SPOC_ERROR, SPOC_ERROR_INVALID);
    g_assert_nonnull(strstr(error->message, "secret key"));
    mint_remove(folder);
}

/* Java can be told to write PKCS#12 without a MAC and without encryption. */
static void
test_without_password(void)
{
    if (!keytool_or_skip())
        return;
    g_autoptr(GError) error = NULL;
    g_autofree char *folder = mint_folder();
    g_autofree char *store = g_build_filename(folder, "store", NULL);
    g_autoptr(Minted) root = mint_root("Root");
    g_autofree char *file = mint_write(folder, "root.pem", root->certificate, NULL);
    g_free(keytool(store, "-importcert", "-noprompt", "-storetype", "PKCS12", "-alias", "root",
                   "-file", file, "-J-Dkeystore.pkcs12.macAlgorithm=NONE",
                   "-J-Dkeystore.pkcs12.certProtectionAlgorithm=NONE", NULL));
    const char *const passwords[] = {NULL, KEYTOOL_PASSWORD};
    for (guint i = 0; i < G_N_ELEMENTS(passwords); i++) {
        g_autoptr(GPtrArray) anchors = spoc_store_read(store, passwords[i], NULL, &error);
        g_assert_no_error(error);
        g_assert_cmpuint(anchors->len, ==, 1);
        expect_entry(anchors, "root", root->certificate);
    }
    mint_remove(folder);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(types); i++) {
        g_autofree char *key = g_strconcat("/keytool/with-key/", types[i].type, NULL);
        g_autofree char *damaged = g_strconcat("/keytool/damaged/", types[i].type, NULL);
        g_autofree char *many = g_strconcat("/keytool/many/", types[i].type, NULL);
        g_test_add_data_func(key, &types[i], test_with_key);
        g_test_add_data_func(damaged, &types[i], test_damaged);
        g_test_add_data_func(many, &types[i], test_many);
    }
    g_test_add_func("/keytool/secret-key", test_secret_key);
    g_test_add_func("/keytool/without-password", test_without_password);
    return g_test_run();
}
