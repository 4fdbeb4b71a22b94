/* SPDX-License-Identifier: Apache-2.0 */
/* Also tests: content.c pkcs12.c */
#include "base/error.h"
#include "mint.h"
#include "trust/store.h"

#include <glib/gstdio.h>
#include <openssl/pem.h>
#include <openssl/provider.h>
#include <string.h>
#include <sys/stat.h>

typedef struct {
    char *folder;
    Minted *one;
    Minted *two;
    char *pem_one;
    char *pem_two;
} Fixture;

static char *
pem_of(X509 *certificate)
{
    g_autoptr(BIO) bio = BIO_new(BIO_s_mem());
    g_assert_true(PEM_write_bio_X509(bio, certificate));
    char *text = NULL;
    long size = BIO_get_mem_data(bio, &text);
    return g_strndup(text, (gsize)size);
}

static void
set_up(Fixture *fixture, gconstpointer data)
{
    fixture->folder = mint_folder();
    fixture->one = mint_root("Root \u00e9ins");
    fixture->two = mint_root("Root two");
    fixture->pem_one = pem_of(fixture->one->certificate);
    fixture->pem_two = pem_of(fixture->two->certificate);
}

static void
tear_down(Fixture *fixture, gconstpointer data)
{
    mint_remove(fixture->folder);
    minted_free(fixture->one);
    minted_free(fixture->two);
    g_free(fixture->pem_one);
    g_free(fixture->pem_two);
    g_free(fixture->folder);
}

static GPtrArray *
parse_text(const char *text, const char *password, GError **error)
{
    g_autoptr(GBytes) bytes = g_bytes_new(text, strlen(text));
    return spoc_store_parse(bytes, password, NULL, error);
}

static const SpocAnchor *
at(const GPtrArray *anchors, guint i)
{
    return g_ptr_array_index(anchors, i);
}

static void
test_pem(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *text =
        g_strconcat("\xef\xbb\xbf# Roots of the office\r\n", fixture->pem_one, "\nbetween\n",
                    fixture->pem_two, fixture->pem_two, "the end", NULL);
    g_autoptr(GPtrArray) anchors = parse_text(text, "changeit", &error);
    g_assert_no_error(error);
    g_assert_cmpuint(anchors->len, ==, 3);
    g_assert_cmpstr(at(anchors, 0)->alias, ==, "Root \u00e9ins");
    g_assert_cmpstr(at(anchors, 1)->alias, ==, "Root two");
    g_assert_cmpstr(at(anchors, 2)->alias, ==, "Root two (2)");
    g_assert_cmpint(X509_cmp(at(anchors, 0)->certificate, fixture->one->certificate), ==, 0);
}

static void
test_pem_cut_or_changed(Fixture *fixture, gconstpointer data)
{
    gsize size = strlen(fixture->pem_one);
    for (gsize cut = 0; cut + 1 < size; cut++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *text = g_strndup(fixture->pem_one, cut);
        g_assert_null(parse_text(text, NULL, &error));
        g_assert_error(error, SPOC_ERROR, SPOC_ERROR_CORRUPT);
    }
    /* A broken second block takes the sound first one with it. */
    g_autofree char *both = g_strconcat(fixture->pem_one, fixture->pem_two, NULL);
    for (gsize i = size; i < strlen(both) - 2; i += 7) {
        g_autoptr(GError) error = NULL;
        g_autofree char *text = g_strdup(both);
        text[i] = '!';
        g_assert_null(parse_text(text, NULL, &error));
        g_assert_error(error, SPOC_ERROR, SPOC_ERROR_CORRUPT);
    }
}

static void
test_refused(Fixture *fixture, gconstpointer data)
{
    static const struct {
        const char *text;
        int code;
    } cases[] = {
        {"", SPOC_ERROR_CORRUPT},
        {"not a store", SPOC_ERROR_CORRUPT},
        {"\xfe\xed\xfe\xed", SPOC_ERROR_CORRUPT},
        {"\xfe\xed\xfe\xed\x01\x01\x01\x01 twenty bytes and more of it", SPOC_ERROR_CORRUPT},
        {"\x30\x03\x02\x01\x03", SPOC_ERROR_CORRUPT},
        {"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", SPOC_ERROR_CORRUPT},
        {"-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n", SPOC_ERROR_CORRUPT},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_assert_null(parse_text(cases[i].text, "changeit", &error));
        g_assert_error(error, SPOC_ERROR, cases[i].code);
    }
}

static void
test_single_der(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    guint8 *der = NULL;
    int size = i2d_X509(fixture->one->certificate, &der);
    g_autofree char *path = g_build_filename(fixture->folder, "root.der", NULL);
    g_assert_true(g_file_set_contents(path, (const char *)der, size, NULL));
    OPENSSL_free(der);

    g_assert_null(spoc_store_read(path, NULL, NULL, &error));
    g_assert_error(error, SPOC_ERROR, SPOC_ERROR_INVALID);
    g_assert_nonnull(strstr(error->message, "truststore import"));
    g_clear_error(&error);
    g_autoptr(GPtrArray) certificates = spoc_store_read_certificates(path, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(certificates->len, ==, 1);
}

static void
test_folder(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *inner = g_build_filename(fixture->folder, "roots", NULL);
    g_assert_cmpint(g_mkdir(inner, 0700), ==, 0);
    g_assert_null(spoc_store_read(inner, NULL, NULL, &error));
    g_assert_error(error, SPOC_ERROR, SPOC_ERROR_CORRUPT);
    g_clear_error(&error);

    g_autofree char *b = mint_write(inner, "b.crt", fixture->one->certificate, NULL);
    g_free(mint_write(inner, "a.pem", fixture->two->certificate, NULL));
    g_autofree char *readme = g_build_filename(inner, "README", NULL);
    g_autofree char *hidden = g_build_filename(inner, ".old.pem", NULL);
    g_assert_true(g_file_set_contents(readme, "words", -1, NULL));
    g_assert_true(g_file_set_contents(hidden, "rubbish", -1, NULL));
    SpocStoreKind kind = SPOC_STORE_JKS;
    g_autoptr(GPtrArray) anchors = spoc_store_read(inner, NULL, &kind, &error);
    g_assert_no_error(error);
    g_assert_cmpint(kind, ==, SPOC_STORE_PEM_DIRECTORY);
    g_assert_cmpuint(anchors->len, ==, 2);
    g_assert_cmpstr(at(anchors, 0)->alias, ==, "Root two");

    g_assert_true(g_file_set_contents(b, "rubbish", -1, NULL));
    g_assert_null(spoc_store_read(inner, NULL, NULL, &error));
    g_assert_error(error, SPOC_ERROR, SPOC_ERROR_CORRUPT);
    g_assert_nonnull(strstr(error->message, "b.crt"));
}

static void
test_paths(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *missing = g_build_filename(fixture->folder, "none", NULL);
    g_assert_null(spoc_store_read(missing, NULL, NULL, &error));
    g_assert_error(error, SPOC_ERROR, SPOC_ERROR_NOT_FOUND);
    g_assert_nonnull(strstr(error->message, missing));
    g_clear_error(&error);

    g_autofree char *file = mint_write(fixture->folder, "r.pem", fixture->one->certificate, NULL);
    g_autofree char *link = g_build_filename(fixture->folder, "link", NULL);
    g_assert_cmpint(symlink(file, link), ==, 0);
    g_autoptr(GPtrArray) anchors = spoc_store_read(link, NULL, NULL, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(anchors->len, ==, 1);

    g_autofree char *fifo = g_build_filename(fixture->folder, "fifo", NULL);
    g_assert_cmpint(mkfifo(fifo, 0600), ==, 0);
    g_assert_null(spoc_store_read(fifo, NULL, NULL, &error));
    g_assert_error(error, SPOC_ERROR, SPOC_ERROR_CORRUPT);
}

typedef struct {
    const char *name;
    int encryption; /* NID of cipher or PBE, -1: none */
    gboolean mac;
    const char *password; /* to read it with */
    int rounds;
    int code; /* -1: it can be read */
} Pkcs12Case;

static const Pkcs12Case pkcs12_cases[] = {
    {"plain", -1, FALSE, NULL, 1, -1},
    {"plain-needless-password", -1, FALSE, "changeit", 1, -1},
    {"mac", -1, TRUE, "changeit", 2048, -1},
    {"mac-not-asked", -1, TRUE, NULL, 2048, -1},
    {"mac-wrong", -1, TRUE, "other", 2048, SPOC_ERROR_INVALID},
    {"encrypted", NID_aes_256_cbc, TRUE, "changeit", 2048, -1},
    {"encrypted-wrong", NID_aes_256_cbc, TRUE, "other", 2048, SPOC_ERROR_INVALID},
    {"encrypted-no-password", NID_aes_256_cbc, TRUE, NULL, 2048, SPOC_ERROR_INVALID},
    {"encrypted-no-mac", NID_aes_256_cbc, FALSE, "changeit", 2048, -1},
    {"encrypted-no-mac-wrong", NID_aes_256_cbc, FALSE, "other", 2048, SPOC_ERROR_INVALID},
    {"triple-des", NID_pbe_WithSHA1And3_Key_TripleDES_CBC, TRUE, "changeit", 2048, -1},
    {"rc2-40", NID_pbe_WithSHA1And40BitRC2_CBC, TRUE, "changeit", 2048, -1},
    {"rc2-40-wrong", NID_pbe_WithSHA1And40BitRC2_CBC, FALSE, "other", 2048, SPOC_ERROR_INVALID},
    {"rc4-128", NID_pbe_WithSHA1And128BitRC4, TRUE, "changeit", 2048, -1},
};

/* A store as `openssl pkcs12 -export -nokeys` makes it: without Java's attribute. */
static GBytes *
make_pkcs12_named(const Pkcs12Case *c, X509 *certificate, EVP_PKEY *key, const guint8 *name,
                  gsize name_size)
{
    OSSL_LIB_CTX *library = OSSL_LIB_CTX_new();
    OSSL_PROVIDER *standard = OSSL_PROVIDER_load(library, "default");
    OSSL_PROVIDER *legacy = OSSL_PROVIDER_load(library, "legacy");
    g_assert_nonnull(legacy);
    STACK_OF(PKCS12_SAFEBAG) *bags = NULL;
    PKCS12_SAFEBAG *bag = PKCS12_add_cert(&bags, certificate);
    /* As bytes, for OpenSSL makes no such names itself (half a character it never takes). */
    g_assert_true(name_size == 0 || PKCS12_add1_attr_by_NID(bag, NID_friendlyName, V_ASN1_BMPSTRING,
                                                            name, (int)name_size));
    if (key != NULL)
        g_assert_nonnull(PKCS12_add_key(&bags, key, 0, 2048, -1, NULL));
    STACK_OF(PKCS7) *safes = NULL;
    g_assert_true(
        PKCS12_add_safe_ex(&safes, bags, c->encryption, c->rounds, "changeit", library, NULL));
    PKCS12 *store = PKCS12_add_safes_ex(safes, 0, library, NULL);
    if (c->mac)
        g_assert_true(PKCS12_set_mac(store, "changeit", -1, NULL, 0, c->rounds, EVP_sha1()));
    guint8 *der = NULL;
    int size = i2d_PKCS12(store, &der);
    GBytes *bytes = g_bytes_new(der, (gsize)size);
    OPENSSL_free(der);
    PKCS12_free(store);
    sk_PKCS7_pop_free(safes, PKCS7_free);
    sk_PKCS12_SAFEBAG_pop_free(bags, PKCS12_SAFEBAG_free);
    OSSL_PROVIDER_unload(legacy);
    OSSL_PROVIDER_unload(standard);
    OSSL_LIB_CTX_free(library);
    return bytes;
}

static GBytes *
make_pkcs12(const Pkcs12Case *c, X509 *certificate, EVP_PKEY *key)
{
    static const guint8 name[] = {0, 'b', 0, 0xfc, 0, 'r', 0, 'o'};
    return make_pkcs12_named(c, certificate, key, name, sizeof name);
}

/* The name that keytool and browsers show; a store is read whatever it is. */
static void
test_pkcs12_names(Fixture *fixture, gconstpointer data)
{
#define NAME(text) (const guint8 *)(text), sizeof(text) - 1
    const struct {
        const guint8 *name;
        gsize size;
        const char *alias; /* NULL: of the subject */
    } cases[] = {
        {NAME("\x65\xe5\x67\x2c\0g\0r\0\xf6\0\xdf\0e\x20\xac"),
         "\u65e5\u672cgr\u00f6\u00dfe\u20ac"},
        {NAME("\0a\0\0"), "a"}, /* as some programs end it */
        {NAME("\xd8\x3d\xdd\x12"), "\U0001f512"},
        {NAME("\xd8\x3d"), NULL}, /* surrogates alone, or in the wrong order */
        {NAME("\0a\xdd\x12\0b"), NULL},
        {NAME("\xdd\x12\xd8\x3d"), NULL},
        {NAME("\xd8\x3d\0a"), NULL},
        {NAME("\0a\0\0\0b"), NULL},
        {NAME(""), NULL},
        {NAME("\0\0"), NULL},
    };
#undef NAME
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_test_message("case %u", i);
        g_autoptr(GError) error = NULL;
        g_autoptr(GBytes) bytes = make_pkcs12_named(&pkcs12_cases[2], fixture->one->certificate,
                                                    NULL, cases[i].name, cases[i].size);
        g_autoptr(GPtrArray) anchors = spoc_store_parse(bytes, "changeit", NULL, &error);
        g_assert_no_error(error);
        g_assert_cmpuint(anchors->len, ==, 1);
        g_assert_cmpstr(at(anchors, 0)->alias, ==,
                        cases[i].alias != NULL ? cases[i].alias : "Root \u00e9ins");
    }
    const gsize sizes[] = {2 * 1024, 2 * 1025, 8 * 1024 * 1024};
    for (guint i = 0; i < G_N_ELEMENTS(sizes); i++) {
        g_autofree char *large = g_strnfill(sizes[i], 'a');
        g_autoptr(GBytes) bytes = make_pkcs12_named(&pkcs12_cases[0], fixture->one->certificate,
                                                    NULL, (const guint8 *)large, sizes[i]);
        g_autoptr(GPtrArray) anchors = spoc_store_parse(bytes, NULL, NULL, NULL);
        g_assert_cmpuint(anchors->len, ==, 1);
        g_assert_cmpint(g_str_equal(at(anchors, 0)->alias, "Root \u00e9ins"), ==, i > 0);
    }
}

static void
test_pkcs12(Fixture *fixture, gconstpointer data)
{
    for (guint i = 0; i < G_N_ELEMENTS(pkcs12_cases); i++) {
        const Pkcs12Case *c = &pkcs12_cases[i];
        g_test_message("%s", c->name);
        g_autoptr(GError) error = NULL;
        g_autoptr(GBytes) bytes = make_pkcs12(c, fixture->one->certificate, NULL);
        g_autoptr(GPtrArray) anchors = spoc_store_parse(bytes, c->password, NULL, &error);
        if (c->code >= 0) {
            g_assert_error(error, SPOC_ERROR, c->code);
            g_assert_nonnull(strstr(error->message, "trustStorePassword"));
            g_assert_null(strstr(error->message, "other"));
            continue;
        }
        g_assert_no_error(error);
        g_assert_cmpuint(anchors->len, ==, 1);
        g_assert_cmpstr(at(anchors, 0)->alias, ==, "b\u00fcro");
    }
    /* What was loaded for the old ciphers is gone again. */
    g_assert_false(OSSL_PROVIDER_available(NULL, "legacy"));
}

static void
test_pkcs12_key_beside(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) bytes =
        make_pkcs12(&pkcs12_cases[2], fixture->one->certificate, fixture->one->key);
    g_autoptr(GPtrArray) anchors = spoc_store_parse(bytes, "changeit", NULL, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(anchors->len, ==, 0);
}

static void
test_pkcs12_rounds(Fixture *fixture, gconstpointer data)
{
    /* Only the number is raised; nobody could have computed such a store. */
    const Pkcs12Case honest = {"", NID_aes_256_cbc, FALSE, "changeit", 0x1000, -1};
    g_autoptr(GBytes) bytes = make_pkcs12(&honest, fixture->one->certificate, NULL);
    gsize size = 0;
    const guint8 *data_in = g_bytes_get_data(bytes, &size);
    g_autofree guint8 *copy = g_memdup2(data_in, size);
    guint8 *rounds = memmem(copy, size, "\x02\x02\x10\x00", 4);
    g_assert_nonnull(rounds);
    /* The salt before it gives up two bytes to the number, so that all lengths stay right. */
    g_assert_cmpint(rounds[-9 - 1], ==, 0x04);
    rounds[-9] -= 2;
    memcpy(rounds - 2, "\x02\x04\x7f\xff\xff\xff", 6);
    g_autoptr(GBytes) hostile = g_bytes_new(copy, size);
    g_autoptr(GError) error = NULL;
    g_assert_null(spoc_store_parse(hostile, "changeit", NULL, &error));
    g_assert_error(error, SPOC_ERROR, SPOC_ERROR_LIMIT);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define ADD(name, function) g_test_add("/store/" name, Fixture, NULL, set_up, function, tear_down)
    ADD("pem", test_pem);
    ADD("pem-cut-or-changed", test_pem_cut_or_changed);
    ADD("refused", test_refused);
    ADD("single-der", test_single_der);
    ADD("folder", test_folder);
    ADD("paths", test_paths);
    ADD("pkcs12", test_pkcs12);
    ADD("pkcs12-names", test_pkcs12_names);
    ADD("pkcs12-key-beside", test_pkcs12_key_beside);
    ADD("pkcs12-rounds", test_pkcs12_rounds);
#undef ADD
    return g_test_run();
}
