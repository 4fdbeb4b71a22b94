/* SPDX-License-Identifier: Apache-2.0 */
/* Also tests: credential.c */
#include "base/error.h"
#include "handshake.h"
#include "trust/tls.h"

#include <openssl/pem.h>
#include <string.h>

#define HOST "mail.example.com"
#define HOUR_S (60 * 60)
#define DAY_S (24 * HOUR_S)

static const char *const only_12[] = {"TLSv1.2", NULL};
static const char *const only_13[] = {"TLSv1.3", NULL};
static const char *const both[] = {"TLSv1.3", "TLSv1.2", NULL};
static const char *const old[] = {"TLSv1.1", "TLSv1", NULL};

typedef struct {
    char *folder;
    Minted *root;
    Minted *intermediate;
    Minted *server; /* below the intermediate */
    Minted *other_root;
    char *root_file;
    char *other_file;
    SpocTlsSettings settings; /* TLSv1.2 and 1.3, OpenSSL's suites, root_file alone */
} Fixture;

static void
set_up(Fixture *f, gconstpointer data)
{
    f->folder = mint_folder();
    f->root = mint_root("Root");
    f->other_root = mint_root("Other root");
    f->intermediate =
        mint(&(MintSpec){.name = "Intermediate", .issuer = f->root, .authority = TRUE});
    f->server = mint_server(f->intermediate, HOST);
    f->root_file = mint_write(f->folder, "root.pem", f->root->certificate, NULL);
    f->other_file = mint_write(f->folder, "other.pem", f->other_root->certificate, NULL);
    f->settings = (SpocTlsSettings){.versions = both, .trust_store = f->root_file};
}

static void
tear_down(Fixture *f, gconstpointer data)
{
    mint_remove(f->folder);
    minted_free(f->root);
    minted_free(f->other_root);
    minted_free(f->intermediate);
    minted_free(f->server);
    g_free(f->root_file);
    g_free(f->other_file);
    g_free(f->folder);
}

static SpocTls *
make(const SpocTlsSettings *settings)
{
    g_autoptr(GError) error = NULL;
    SpocTls *tls = spoc_tls_new_from_settings(settings, NULL, &error);
    g_assert_no_error(error);
    g_assert_nonnull(tls);
    return tls;
}

/* What comes of one server for these settings. */
static void
expect_verify(const SpocTlsSettings *settings, const HandshakeServer *server, const char *host,
              long verify)
{
    g_autoptr(SpocTls) tls = make(settings);
    g_auto(HandshakeResult) result = {0};
    handshake(tls, server, host, NULL, &result);
    g_assert_cmpint(result.verify, ==, verify);
    g_assert_cmpint(result.good, ==, verify == X509_V_OK);
}

static void
test_chain(Fixture *f, gconstpointer data)
{
    const Minted *const chain[] = {f->intermediate, NULL};
    const HandshakeServer whole = {.own = f->server, .chain = chain};
    const HandshakeServer incomplete = {.own = f->server};
    expect_verify(&f->settings, &whole, HOST, X509_V_OK);
    expect_verify(&f->settings, &whole, "evil.example.com", X509_V_ERR_HOSTNAME_MISMATCH);
    expect_verify(&f->settings, &incomplete, HOST, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY);
    f->settings.trust_store = f->other_file;
    expect_verify(&f->settings, &whole, HOST, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY);

    /* Any entry is an anchor: the intermediate, or the server's own certificate. */
    g_autofree char *middle =
        mint_write(f->folder, "middle.pem", f->intermediate->certificate, NULL);
    f->settings.trust_store = middle;
    expect_verify(&f->settings, &incomplete, HOST, X509_V_OK);
    g_autofree char *leaf = mint_write(f->folder, "leaf.pem", f->server->certificate, NULL);
    f->settings.trust_store = leaf;
    expect_verify(&f->settings, &incomplete, HOST, X509_V_OK);
    expect_verify(&f->settings, &incomplete, "evil.example.com", X509_V_ERR_HOSTNAME_MISMATCH);
}

static void
test_bad_certificates(Fixture *f, gconstpointer data)
{
    g_autoptr(Minted) expired = mint(&(MintSpec){
        .name = HOST, .issuer = f->root, .host = HOST, .from_s = -2 * DAY_S, .until_s = -HOUR_S});
    g_autoptr(Minted) early = mint(&(MintSpec){
        .name = HOST, .issuer = f->root, .host = HOST, .from_s = DAY_S, .until_s = 2 * DAY_S});
    g_autoptr(Minted) own = mint(&(MintSpec){.name = HOST, .host = HOST});
    expect_verify(&f->settings, &(HandshakeServer){.own = expired}, HOST,
                  X509_V_ERR_CERT_HAS_EXPIRED);
    expect_verify(&f->settings, &(HandshakeServer){.own = early}, HOST,
                  X509_V_ERR_CERT_NOT_YET_VALID);
    expect_verify(&f->settings, &(HandshakeServer){.own = own}, HOST,
                  X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT);
    /* One that may not issue has issued. */
    g_autoptr(Minted) straight = mint_server(f->root, "other.example.com");
    g_autoptr(Minted) forged = mint_server(straight, HOST);
    const Minted *const chain[] = {straight, NULL};
    expect_verify(&f->settings, &(HandshakeServer){.own = forged, .chain = chain}, HOST,
                  X509_V_ERR_INVALID_CA);
}

static void
test_revoked(Fixture *f, gconstpointer data)
{
    g_autoptr(Minted) good = mint_server(f->root, HOST);
    g_autoptr(Minted) bad = mint_server(f->root, HOST);
    const struct {
        const Minted *issuer;
        gint64 until_s;
        gboolean der;
        long good;
        long bad;
    } cases[] = {
        {f->root, DAY_S, FALSE, X509_V_OK, X509_V_ERR_CERT_REVOKED},
        {f->root, DAY_S, TRUE, X509_V_OK, X509_V_ERR_CERT_REVOKED},
        {f->root, -HOUR_S, FALSE, X509_V_ERR_CRL_HAS_EXPIRED, X509_V_ERR_CRL_HAS_EXPIRED},
        {f->other_root, DAY_S, FALSE, X509_V_ERR_UNABLE_TO_GET_CRL, X509_V_ERR_UNABLE_TO_GET_CRL},
    };
    g_autofree char *path = g_build_filename(f->folder, "list.crl", NULL);
    f->settings.revocation_list = path;
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(X509_CRL) list =
            mint_revocation_list(cases[i].issuer, bad->certificate, cases[i].until_s);
        BIO *file = BIO_new_file(path, "w");
        g_assert_true(cases[i].der ? i2d_X509_CRL_bio(file, list)
                                   : PEM_write_bio_X509_CRL(file, list));
        BIO_free(file);
        expect_verify(&f->settings, &(HandshakeServer){.own = good}, HOST, cases[i].good);
        expect_verify(&f->settings, &(HandshakeServer){.own = bad}, HOST, cases[i].bad);
    }
}

static char *
write_lists(Fixture *f, X509_CRL *first, X509_CRL *second)
{
    char *path = g_build_filename(f->folder, "lists.crl", NULL);
    BIO *file = BIO_new_file(path, "w");
    g_assert_true(PEM_write_bio_X509_CRL(file, first));
    g_assert_true(second == NULL || PEM_write_bio_X509_CRL(file, second));
    BIO_free(file);
    return path;
}

/* An authority between the root and the server */
static void
test_revoked_intermediate(Fixture *f, gconstpointer data)
{
    const Minted *const chain[] = {f->intermediate, NULL};
    const HandshakeServer server = {.own = f->server, .chain = chain};
    g_autofree char *middle =
        mint_write(f->folder, "middle.pem", f->intermediate->certificate, NULL);
    const struct {
        const Minted *lists; /* also the issuer of the second list */
        const X509 *revoked;
        gint64 until_s;
        const char *trust_store;
        long verify;
    } cases[] = {
        {NULL, NULL, 0, f->root_file, X509_V_OK},
        {f->root, NULL, DAY_S, f->root_file, X509_V_OK},
        {f->root, f->intermediate->certificate, DAY_S, f->root_file, X509_V_ERR_CERT_REVOKED},
        {f->root, NULL, -HOUR_S, f->root_file, X509_V_ERR_CRL_HAS_EXPIRED},
        {f->other_root, f->intermediate->certificate, DAY_S, f->root_file, X509_V_OK},
        /* What is trusted itself has no authority above it. */
        {f->root, f->intermediate->certificate, DAY_S, middle, X509_V_OK},
    };
    g_autoptr(X509_CRL) own = mint_revocation_list(f->intermediate, NULL, DAY_S);
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_test_message("case %u", i);
        g_autoptr(X509_CRL) above =
            cases[i].lists == NULL
                ? NULL
                : mint_revocation_list(cases[i].lists, cases[i].revoked, cases[i].until_s);
        g_autofree char *path = write_lists(f, own, above);
        f->settings.revocation_list = path;
        f->settings.trust_store = cases[i].trust_store;
        expect_verify(&f->settings, &server, HOST, cases[i].verify);
    }
    /* A list that somebody else signed in the root's name */
    g_autoptr(Minted) false_root = mint_root("Root");
    g_autoptr(X509_CRL) forged = mint_revocation_list(false_root, NULL, DAY_S);
    g_autofree char *path = write_lists(f, own, forged);
    f->settings.revocation_list = path;
    f->settings.trust_store = f->root_file;
    expect_verify(&f->settings, &server, HOST, X509_V_ERR_CRL_SIGNATURE_FAILURE);
    /* The server's own authority must have one, whatever the root has. */
    g_autoptr(X509_CRL) root_alone = mint_revocation_list(f->root, NULL, DAY_S);
    g_free(write_lists(f, root_alone, NULL));
    expect_verify(&f->settings, &server, HOST, X509_V_ERR_UNABLE_TO_GET_CRL);
}

/* A common name is no name of a server. */
static void
test_name_in_subject_alone(Fixture *f, gconstpointer data)
{
    g_autoptr(Minted) bare = mint(&(MintSpec){.name = HOST, .issuer = f->root});
    g_autoptr(Minted) mailbox =
        mint(&(MintSpec){.name = HOST, .issuer = f->root, .mailbox = "a@example.com"});
    g_autoptr(Minted) elsewhere =
        mint(&(MintSpec){.name = HOST, .issuer = f->root, .host = "other.example.com"});
    expect_verify(&f->settings, &(HandshakeServer){.own = bare}, HOST,
                  X509_V_ERR_EMPTY_SUBJECT_ALT_NAME);
    expect_verify(&f->settings, &(HandshakeServer){.own = mailbox}, HOST,
                  X509_V_ERR_EMPTY_SUBJECT_ALT_NAME);
    expect_verify(&f->settings, &(HandshakeServer){.own = elsewhere}, HOST,
                  X509_V_ERR_HOSTNAME_MISMATCH);
    /* Nor in the trust store itself */
    g_autoptr(Minted) own = mint(&(MintSpec){.name = HOST});
    g_autofree char *path = mint_write(f->folder, "own.pem", own->certificate, NULL);
    f->settings.trust_store = path;
    expect_verify(&f->settings, &(HandshakeServer){.own = own}, HOST,
                  X509_V_ERR_EMPTY_SUBJECT_ALT_NAME);
}

static void
test_versions_and_suites(Fixture *f, gconstpointer data)
{
    static const char *const suites_12[] = {"TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", NULL};
    static const char *const suites_old[] = {"TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA", NULL};
    static const char *const suite_13[] = {"TLS_CHACHA20_POLY1305_SHA256", NULL};
    const struct {
        const char *const *versions;
        const char *const *suites;
        int server_minimum;
        int server_maximum;
        const char *server_suites;
        int agreed; /* 0: no connection */
        const char *suite;
    } cases[] = {
        {only_12, NULL, 0, 0, NULL, TLS1_2_VERSION, NULL},
        {only_12, NULL, TLS1_3_VERSION, 0, NULL, 0, NULL},
        {only_12, NULL, 0, TLS1_1_VERSION, NULL, 0, NULL},
        {only_13, NULL, 0, 0, NULL, TLS1_3_VERSION, NULL},
        {only_13, NULL, 0, TLS1_2_VERSION, NULL, 0, NULL},
        {both, NULL, 0, TLS1_2_VERSION, NULL, TLS1_2_VERSION, NULL},
        {both, NULL, 0, 0, NULL, TLS1_3_VERSION, NULL},
        {both, NULL, 0, TLS1_1_VERSION, NULL, 0, NULL},
        {old, NULL, 0, 0, NULL, TLS1_1_VERSION, NULL},
        {old, NULL, 0, TLS1_VERSION, NULL, TLS1_VERSION, NULL},
        {old, suites_old, 0, 0, NULL, TLS1_1_VERSION, "ECDHE-ECDSA-AES128-SHA"},
        {only_12, suites_12, 0, 0, NULL, TLS1_2_VERSION, "ECDHE-ECDSA-AES128-GCM-SHA256"},
        {only_12, suites_12, 0, 0, "ECDHE-ECDSA-AES256-GCM-SHA384", 0, NULL},
        {only_13, suite_13, 0, 0, NULL, TLS1_3_VERSION, "TLS_CHACHA20_POLY1305_SHA256"},
        {both, suites_12, 0, 0, NULL, TLS1_2_VERSION, "ECDHE-ECDSA-AES128-GCM-SHA256"},
    };
    g_autoptr(Minted) own = mint_server(f->root, HOST);
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        f->settings.versions = cases[i].versions;
        f->settings.suites = cases[i].suites;
        g_autoptr(SpocTls) tls = make(&f->settings);
        const HandshakeServer server = {.own = own,
                                        .minimum = cases[i].server_minimum,
                                        .maximum = cases[i].server_maximum,
                                        .suites = cases[i].server_suites};
        g_auto(HandshakeResult) result = {0};
        g_test_message("case %u", i);
        handshake(tls, &server, HOST, NULL, &result);
        g_assert_cmpint(result.good, ==, cases[i].agreed != 0);
        if (result.good)
            g_assert_cmpint(result.version, ==, cases[i].agreed);
        if (cases[i].suite != NULL)
            g_assert_cmpstr(result.suite, ==, cases[i].suite);
    }
}

static void
test_trust_is_not_shared(Fixture *f, gconstpointer data)
{
    g_autoptr(Minted) own = mint_server(f->root, HOST);
    const HandshakeServer server = {.own = own};
    g_autoptr(SpocTls) trusting = make(&f->settings);
    f->settings.trust_store = f->other_file;
    g_autoptr(SpocTls) other = make(&f->settings);
    for (int round = 0; round < 2; round++) {
        g_auto(HandshakeResult) good = {0};
        g_auto(HandshakeResult) bad = {0};
        handshake(trusting, &server, HOST, NULL, &good);
        handshake(other, &server, HOST, f->root->certificate, &bad);
        g_assert_true(good.good);
        g_assert_false(bad.good);
        g_assert_cmpint(bad.verify, ==, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY);
    }
}

static void
test_system_roots(Fixture *f, gconstpointer data)
{
    /* What OpenSSL takes for the system's is a matter of its environment. */
    g_autoptr(Minted) own = mint_server(f->root, HOST);
    const HandshakeServer server = {.own = own};
    g_setenv("SSL_CERT_FILE", f->root_file, TRUE);
    f->settings.trust_store = f->other_file;
    expect_verify(&f->settings, &server, HOST, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY);
    f->settings.trust_system = TRUE;
    expect_verify(&f->settings, &server, HOST, X509_V_OK);
    f->settings.trust_store = NULL;
    expect_verify(&f->settings, &server, HOST, X509_V_OK);
    g_unsetenv("SSL_CERT_FILE");
}

static void
test_client_certificate(Fixture *f, gconstpointer data)
{
    g_autoptr(Minted) own = mint_server(f->root, HOST);
    g_autoptr(Minted) client = mint_server(f->other_root, "printer.example.com");
    const HandshakeServer server = {.own = own, .client_root = f->other_root};
    for (guint i = 0; i < 2; i++) {
        f->settings.versions = i == 0 ? only_12 : only_13;
        f->settings.client_certificate = NULL;
        g_autoptr(SpocTls) without = make(&f->settings);
        g_auto(HandshakeResult) refused = {0};
        handshake(without, &server, HOST, NULL, &refused);
        g_assert_false(refused.good);

        g_autofree char *file =
            mint_write(f->folder, "client.pem", client->certificate, client->key);
        f->settings.client_certificate = file;
        expect_verify(&f->settings, &server, HOST, X509_V_OK);
    }
}

/* Each change makes settings that must give no SpocTls at all. */
typedef void (*Spoil)(Fixture *f);

static void
spoil_missing_store(Fixture *f)
{
    f->settings.trust_store = "/nonexistent/store";
}

static void
spoil_corrupt_store(Fixture *f)
{
    f->settings.trust_system = TRUE;
    g_assert_true(g_file_set_contents(f->root_file, "rubbish", -1, NULL));
}

static void
spoil_corrupt_optional_store(Fixture *f)
{
    f->settings.trust_store_optional = TRUE;
    spoil_corrupt_store(f);
}

static void
spoil_no_trust(Fixture *f)
{
    f->settings.trust_store = NULL;
}

static void
spoil_revocation_list(Fixture *f)
{
    f->settings.revocation_list = f->root_file; /* no list is in it */
}

static void
spoil_key_alone(Fixture *f)
{
    f->settings.client_key = f->root_file;
}

static void
spoil_no_key(Fixture *f)
{
    f->settings.client_certificate = f->root_file;
}

static void
spoil_wrong_key(Fixture *f)
{
    g_autofree char *key = mint_write(f->folder, "key.pem", NULL, f->other_root->key);
    f->settings.client_certificate = f->root_file;
    f->settings.client_key = g_intern_string(key);
}

static void
spoil_encrypted_key(Fixture *f)
{
    g_autofree char *path = g_build_filename(f->folder, "encrypted.pem", NULL);
    BIO *file = BIO_new_file(path, "w");
    g_assert_true(PEM_write_bio_PKCS8PrivateKey(file, f->root->key, EVP_aes_128_cbc(), "secret", 6,
                                                NULL, NULL));
    BIO_free(file);
    f->settings.client_certificate = f->root_file;
    f->settings.client_key = g_intern_string(path);
}

static const struct {
    const char *name;
    Spoil spoil;
    int code;
    const char *says;
} spoils[] = {
    {"missing-store", spoil_missing_store, SPOC_ERROR_NOT_FOUND, "trustStore"},
    {"corrupt-store", spoil_corrupt_store, SPOC_ERROR_CORRUPT, "trustStore"},
    {"corrupt-optional", spoil_corrupt_optional_store, SPOC_ERROR_CORRUPT, "trustStore"},
    {"no-trust", spoil_no_trust, SPOC_ERROR_INVALID, "truststore import"},
    {"no-list", spoil_revocation_list, SPOC_ERROR_CORRUPT, "trustRevocationList"},
    {"key-alone", spoil_key_alone, SPOC_ERROR_INVALID, "mailClientCertificate"},
    {"no-key", spoil_no_key, SPOC_ERROR_CORRUPT, "mailClientKey"},
    {"wrong-key", spoil_wrong_key, SPOC_ERROR_INVALID, "does not belong"},
    {"encrypted-key", spoil_encrypted_key, SPOC_ERROR_INVALID, "encrypted"},
};

static void
test_fails_closed(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(spoils); i++) {
        Fixture fixture = {0};
        g_autoptr(GError) error = NULL;
        g_test_message("%s", spoils[i].name);
        set_up(&fixture, NULL);
        spoils[i].spoil(&fixture);
        g_assert_null(spoc_tls_new_from_settings(&fixture.settings, NULL, &error));
        g_assert_error(error, SPOC_ERROR, spoils[i].code);
        g_assert_nonnull(strstr(error->message, spoils[i].says));
        tear_down(&fixture, NULL);
    }
}

static void
test_pins_and_words(Fixture *f, gconstpointer data)
{
    static const char *const pins[] = {
        "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        "sha256//AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", NULL};
    g_autoptr(GError) error = NULL;
    g_auto(GStrv) warnings = NULL;
    g_autoptr(Minted) ending =
        mint(&(MintSpec){.name = "Ending", .authority = TRUE, .from_s = -DAY_S, .until_s = DAY_S});
    g_autofree char *file = mint_write(f->folder, "ending.pem", ending->certificate, NULL);
    f->settings.versions = only_12;
    f->settings.trust_store = file;
    f->settings.pins = pins;
    g_autoptr(SpocTls) tls = spoc_tls_new_from_settings(&f->settings, &warnings, &error);
    g_assert_no_error(error);
    g_autofree char *joined = g_strjoin(";", pins[0], pins[1], NULL);
    g_assert_cmpstr(spoc_tls_pinned_public_keys(tls), ==, joined);
    g_assert_cmpuint(g_strv_length(warnings), ==, 1);
    g_assert_nonnull(strstr(warnings[0], "'Ending' expires on"));
    g_autofree char *words = spoc_tls_describe(tls);
    g_autofree char *expected =
        g_strdup_printf("TLSv1.2, OpenSSL's choice of suites, 1 from %s", file);
    g_assert_cmpstr(words, ==, expected);

    /* The default place may be empty. */
    f->settings.trust_store = "/nonexistent/store";
    f->settings.trust_store_optional = TRUE;
    f->settings.trust_system = TRUE;
    g_autoptr(SpocTls) usual = make(&f->settings);
    g_autofree char *usual_words = spoc_tls_describe(usual);
    g_assert_nonnull(strstr(usual_words, "the system's certificates"));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define ADD(name, function) g_test_add("/tls/" name, Fixture, NULL, set_up, function, tear_down)
    ADD("chain", test_chain);
    ADD("bad-certificates", test_bad_certificates);
    ADD("revoked", test_revoked);
    ADD("revoked-intermediate", test_revoked_intermediate);
    ADD("name-in-subject-alone", test_name_in_subject_alone);
    ADD("versions-and-suites", test_versions_and_suites);
    ADD("trust-is-not-shared", test_trust_is_not_shared);
    ADD("system-roots", test_system_roots);
    ADD("client-certificate", test_client_certificate);
    ADD("pins-and-words", test_pins_and_words);
#undef ADD
    g_test_add_func("/tls/fails-closed", test_fails_closed);
    return g_test_run();
}
