/* SPDX-License-Identifier: Apache-2.0 */
#include "mint.h"

#include <glib/gstdio.h>
#include <openssl/bn.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#define DAY_S (24 * 60 * 60)

static void
set_name(X509_NAME *name, const char *text)
{
    g_assert_true(
        X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const guint8 *)text, -1, -1, 0));
}

static void
add_extension(X509 *certificate, int nid, const char *value)
{
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, nid, value);
    g_assert_nonnull(extension);
    g_assert_true(X509_add_ext(certificate, extension, -1));
    X509_EXTENSION_free(extension);
}

static void
set_serial(X509 *certificate)
{
    guint64 number = 0;
    g_assert_true(RAND_bytes((guint8 *)&number, sizeof number));
    g_assert_true(ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), number >> 1 | 1));
}

Minted *
mint(const MintSpec *spec)
{
    Minted *minted = g_new0(Minted, 1);
    minted->key = spec->rsa ? EVP_RSA_gen(2048) : EVP_EC_gen("P-256");
    minted->certificate = X509_new();
    g_assert_nonnull(minted->key);
    X509 *certificate = minted->certificate;
    g_assert_true(X509_set_version(certificate, X509_VERSION_3));
    set_serial(certificate);
    gboolean usual = spec->from_s == 0 && spec->until_s == 0;
    X509_gmtime_adj(X509_getm_notBefore(certificate), usual ? -DAY_S : spec->from_s);
    X509_gmtime_adj(X509_getm_notAfter(certificate), usual ? 365L * DAY_S : spec->until_s);
    set_name(X509_get_subject_name(certificate), spec->name);
    const Minted *issuer = spec->issuer != NULL ? spec->issuer : minted;
    g_assert_true(X509_set_issuer_name(certificate, X509_get_subject_name(issuer->certificate)));
    g_assert_true(X509_set_pubkey(certificate, minted->key));
    add_extension(certificate, NID_basic_constraints,
                  spec->authority ? "critical,CA:TRUE" : "critical,CA:FALSE");
    if (spec->authority)
        add_extension(certificate, NID_key_usage, "critical,keyCertSign,cRLSign");
    if (spec->host != NULL) {
        g_autofree char *names = g_strconcat("DNS:", spec->host, NULL);
        add_extension(certificate, NID_subject_alt_name, names);
    }
    if (spec->mailbox != NULL) {
        g_autofree char *names = g_strconcat("email:", spec->mailbox, NULL);
        add_extension(certificate, NID_subject_alt_name, names);
    }
    g_assert_cmpint(X509_sign(certificate, issuer->key, EVP_sha256()), >, 0);
    return minted;
}

void
minted_free(Minted *minted)
{
    X509_free(minted->certificate);
    EVP_PKEY_free(minted->key);
    g_free(minted);
}

Minted *
mint_root(const char *name)
{
    return mint(&(MintSpec){.name = name, .authority = TRUE});
}

Minted *
mint_server(const Minted *issuer, const char *host)
{
    return mint(&(MintSpec){.name = host, .issuer = issuer, .host = host});
}

X509_CRL *
mint_revocation_list(const Minted *issuer, const X509 *revoked, gint64 until_s)
{
    X509_CRL *list = X509_CRL_new();
    g_assert_true(X509_CRL_set_version(list, X509_CRL_VERSION_2));
    g_assert_true(X509_CRL_set_issuer_name(list, X509_get_subject_name(issuer->certificate)));
    ASN1_TIME *when = X509_gmtime_adj(NULL, -2 * DAY_S);
    g_assert_true(X509_CRL_set1_lastUpdate(list, when));
    if (revoked != NULL) {
        X509_REVOKED *entry = X509_REVOKED_new();
        g_assert_true(
            X509_REVOKED_set_serialNumber(entry, (ASN1_INTEGER *)X509_get0_serialNumber(revoked)));
        g_assert_true(X509_REVOKED_set_revocationDate(entry, when));
        g_assert_true(X509_CRL_add0_revoked(list, entry));
    }
    X509_gmtime_adj(when, until_s);
    g_assert_true(X509_CRL_set1_nextUpdate(list, when));
    ASN1_TIME_free(when);
    g_assert_cmpint(X509_CRL_sign(list, issuer->key, EVP_sha256()), >, 0);
    return list;
}

char *
mint_write(const char *folder, const char *name, X509 *certificate, EVP_PKEY *key)
{
    char *path = g_build_filename(folder, name, NULL);
    BIO *file = BIO_new_file(path, "w");
    g_assert_nonnull(file);
    if (certificate != NULL)
        g_assert_true(PEM_write_bio_X509(file, certificate));
    if (key != NULL)
        g_assert_true(PEM_write_bio_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL));
    BIO_free(file);
    return path;
}

char *
mint_folder(void)
{
    g_autoptr(GError) error = NULL;
    char *folder = g_dir_make_tmp("spoc-trust-XXXXXX", &error);
    g_assert_no_error(error);
    return folder;
}

void
mint_remove(const char *folder)
{
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    for (const char *name; dir != NULL && (name = g_dir_read_name(dir)) != NULL;) {
        g_autofree char *path = g_build_filename(folder, name, NULL);
        if (g_file_test(path, G_FILE_TEST_IS_DIR) && !g_file_test(path, G_FILE_TEST_IS_SYMLINK))
            mint_remove(path);
        else
            g_remove(path);
    }
    g_rmdir(folder);
}
