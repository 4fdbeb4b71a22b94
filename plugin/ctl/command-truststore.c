/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   `spocctl truststore`: the certificates that are trusted besides the system's.
 *
 *     truststore list [--json]
 *     truststore show ALIAS
 *     truststore export ALIAS               PEM on stdout
 *     truststore delete ALIAS
 *     truststore import --alias ALIAS [--yes] [--leaf] FILE
 *     truststore import --alias ALIAS [--yes] [--leaf] --from-server HOST[:PORT]
 *                       --fingerprint SHA256
 *
 * Store and password are those of the configuration; --store FILE names another store.
 *
 * SECURITY  A certificate becomes trusted only when somebody saw its SHA-256 and said yes,
 *           or gave --yes; one that a server shows only when its SHA-256 was given before.
 */
#include "base/error.h"
#include "base/secret.h"
#include "config/config.h"
#include "config/load.h"
#include "config/server.h"
#include "ctl/commands.h"
#include "ctl/ctl.h"
#include "ctl/json.h"
#include "trust/edit.h"
#include "trust/openssl.h"
#include "trust/peek.h"

#include <openssl/pem.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define SERVER_TIMEOUT_MS 10000
#define DEFAULT_PORT 25
#define FINGERPRINT_DIGITS (2 * SPOC_FINGERPRINT_BYTES)

#define SUMMARY                                                                                    \
    "Manages the certificates that are trusted besides the system's own.\n\n"                      \
    "  truststore list [--json]\n"                                                                 \
    "  truststore show ALIAS\n"                                                                    \
    "  truststore export ALIAS             writes PEM\n"                                           \
    "  truststore delete ALIAS\n"                                                                  \
    "  truststore import --alias ALIAS [--yes] [--leaf] FILE\n"                                    \
    "  truststore import --alias ALIAS [--yes] --from-server HOST[:PORT] --fingerprint SHA256\n"   \
    "                                      without --fingerprint: shows the server's chain"

typedef struct {
    char *store;
    gboolean is_optional; /* the store at its usual place may be missing */
    char *password;       /* (nullable) */
    gboolean json;
    gboolean yes;
    gboolean leaf;
    char *alias;
    char *server;
    char *fingerprint;
} Options;

static void
options_clear(Options *options)
{
    g_free(options->store);
    spoc_secret_free(options->password);
    g_free(options->alias);
    g_free(options->server);
    g_free(options->fingerprint);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Options, options_clear)

/* --- certificates, for people and for programs ------------------------------------------ */

static char *
format_time(const ASN1_TIME *time)
{
    g_autoptr(GDateTime) moment = g_date_time_new_from_unix_utc(spoc_openssl_unix_s(time));
    return moment == NULL ? g_strdup("?") : g_date_time_format(moment, "%Y-%m-%d %H:%M:%S UTC");
}

/* Two equal names: its own issuer. */
static const char *
describe_kind(X509 *certificate)
{
    gboolean own =
        X509_NAME_cmp(X509_get_subject_name(certificate), X509_get_issuer_name(certificate)) == 0;
    if (!spoc_openssl_is_authority(certificate))
        return own ? "a single server's certificate, signed by itself"
                   : "a single server's certificate (a leaf)";
    return own ? "root authority" : "intermediate authority";
}

/* @alias: (nullable) */
static void
print_certificate(const char *alias, X509 *certificate)
{
    g_autofree char *subject = spoc_openssl_name(X509_get_subject_name(certificate));
    g_autofree char *issuer = spoc_openssl_name(X509_get_issuer_name(certificate));
    g_autofree char *from = format_time(X509_get0_notBefore(certificate));
    g_autofree char *until = format_time(X509_get0_notAfter(certificate));
    g_autofree char *fingerprint = spoc_openssl_fingerprint(certificate);
    if (alias != NULL) {
        g_autofree char *shown = spoc_ctl_shown(alias);
        (void)spoc_ctl_put("Alias:    %s\n", shown);
    }
    (void)spoc_ctl_put("Subject:  %s\n"
                       "Issuer:   %s\n"
                       "Valid:    %s to %s\n"
                       "SHA-256:  %s\n"
                       "Kind:     %s\n",
                       subject, issuer, from, until, fingerprint, describe_kind(certificate));
}

static JsonObject *
certificate_object(const SpocAnchor *anchor)
{
    X509 *certificate = anchor->certificate;
    g_autofree char *subject = spoc_openssl_name(X509_get_subject_name(certificate));
    g_autofree char *issuer = spoc_openssl_name(X509_get_issuer_name(certificate));
    g_autofree char *fingerprint = spoc_openssl_fingerprint(certificate);
    JsonObject *object = json_object_new();
    json_object_set_string_member(object, "alias", anchor->alias);
    json_object_set_string_member(object, "subject", subject);
    json_object_set_string_member(object, "issuer", issuer);
    json_object_set_int_member(object, "not_before_unix_s",
                               spoc_openssl_unix_s(X509_get0_notBefore(certificate)));
    json_object_set_int_member(object, "not_after_unix_s",
                               spoc_openssl_unix_s(X509_get0_notAfter(certificate)));
    json_object_set_string_member(object, "sha256", fingerprint);
    json_object_set_boolean_member(object, "authority", spoc_openssl_is_authority(certificate));
    if (anchor->added_unix_s > 0)
        json_object_set_int_member(object, "added_unix_s", anchor->added_unix_s);
    else
        json_object_set_null_member(object, "added_unix_s");
    return object;
}

/* --- list, show, export, delete ---------------------------------------------------------- */

/* One at the usual place that is not there yet is an empty one. */
static GPtrArray *
read_store(const Options *options)
{
    g_autoptr(GError) error = NULL;
    GPtrArray *anchors = spoc_store_read(options->store, options->password, NULL, &error);
    if (anchors == NULL && options->is_optional &&
        g_error_matches(error, SPOC_ERROR, SPOC_ERROR_NOT_FOUND))
        return g_ptr_array_new();
    if (anchors == NULL)
        spoc_ctl_fail("%s", error->message);
    return anchors;
}

static int
list_json(const GPtrArray *anchors)
{
    JsonArray *array = json_array_new();
    for (guint i = 0; i < anchors->len; i++)
        json_array_add_object_element(array, certificate_object(g_ptr_array_index(anchors, i)));
    g_autofree char *text = spoc_json_text(spoc_json_array_node(array));
    return spoc_ctl_put("%s", text) ? SPOC_CTL_GOOD : SPOC_CTL_PROBLEM;
}

static int
list_store(const Options *options)
{
    g_autoptr(GPtrArray) anchors = read_store(options);
    if (anchors == NULL)
        return SPOC_CTL_PROBLEM;
    if (options->json)
        return list_json(anchors);
    for (guint i = 0; i < anchors->len; i++) {
        const SpocAnchor *anchor = g_ptr_array_index(anchors, i);
        print_certificate(anchor->alias, anchor->certificate);
        (void)spoc_ctl_put("\n");
    }
    (void)spoc_ctl_put("%u %s in %s\n", anchors->len,
                       anchors->len == 1 ? "certificate" : "certificates", options->store);
    return SPOC_CTL_GOOD;
}

static int
print_pem(X509 *certificate)
{
    g_autoptr(BIO) bio = BIO_new(BIO_s_mem());
    char *text = NULL;
    if (bio == NULL || PEM_write_bio_X509(bio, certificate) != 1)
        return spoc_ctl_fail("cannot write the certificate as PEM");
    long size = BIO_get_mem_data(bio, &text);
    return spoc_ctl_put("%.*s", (int)size, text) ? SPOC_CTL_GOOD : SPOC_CTL_PROBLEM;
}

static int
show_entry(const Options *options, const char *alias, gboolean pem)
{
    g_autoptr(GPtrArray) anchors = read_store(options);
    if (anchors == NULL)
        return SPOC_CTL_PROBLEM;
    const SpocAnchor *anchor = spoc_anchors_find(anchors, alias);
    if (anchor == NULL)
        return spoc_ctl_fail("there is no entry '%s' in %s", alias, options->store);
    if (pem)
        return print_pem(anchor->certificate);
    print_certificate(anchor->alias, anchor->certificate);
    return SPOC_CTL_GOOD;
}

static int
delete_entry(const Options *options, const char *alias)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(SpocEdit) edit = spoc_edit_open(options->store, options->password, &error);
    if (edit == NULL || !spoc_edit_delete(edit, alias, &error) || !spoc_edit_save(edit, &error))
        return spoc_ctl_fail("%s", error->message);
    g_autofree char *shown = spoc_ctl_shown(alias);
    (void)spoc_ctl_put("Deleted '%s' from %s.\n", shown, options->store);
    return SPOC_CTL_GOOD;
}

/* --- import ------------------------------------------------------------------------------ */

/* Upper-case digits alone, or NULL when it is no SHA-256. */
static char *
normalise_fingerprint(const char *text)
{
    g_autoptr(GString) digits = g_string_new(NULL);
    for (const char *p = text; *p != '\0' && digits->len <= FINGERPRINT_DIGITS; p++) {
        if (g_ascii_isxdigit(*p))
            g_string_append_c(digits, g_ascii_toupper(*p));
        else if (*p != ':' && *p != ' ')
            return NULL;
    }
    return digits->len == FINGERPRINT_DIGITS ? g_strdup(digits->str) : NULL;
}

static gboolean
has_fingerprint(const X509 *certificate, const char *normal)
{
    g_autofree char *shown = spoc_openssl_fingerprint(certificate);
    g_autofree char *own = normalise_fingerprint(shown);
    return g_strcmp0(own, normal) == 0;
}

static X509 *
read_from_file(const char *file, const char *fingerprint, int *ret_status)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) certificates = spoc_store_read_certificates(file, &error);
    *ret_status = SPOC_CTL_PROBLEM;
    if (certificates == NULL) {
        spoc_ctl_fail("%s", error->message);
        return NULL;
    }
    if (certificates->len > 1) {
        spoc_ctl_fail("'%s' holds %u certificates; import the root alone, each under its own alias",
                      file, certificates->len);
        return NULL;
    }
    const SpocAnchor *only = g_ptr_array_index(certificates, 0);
    if (fingerprint != NULL && !has_fingerprint(only->certificate, fingerprint)) {
        print_certificate(NULL, only->certificate);
        spoc_ctl_fail("the certificate in '%s' has another SHA-256 than --fingerprint says: it is "
                      "not the one that you were told of",
                      file);
        return NULL;
    }
    X509_up_ref(only->certificate);
    return only->certificate;
}

static void
show_chain(const char *server, const GPtrArray *chain)
{
    (void)spoc_ctl_put("%s shows these certificates, its own first. Nothing says yet that they "
                       "are genuine.\n",
                       server);
    for (guint i = 0; i < chain->len; i++) {
        (void)spoc_ctl_put("\n%u.\n", i + 1);
        print_certificate(NULL, g_ptr_array_index(chain, i));
    }
    (void)spoc_ctl_put(
        "\nTo trust one, get the SHA-256 of the root (or, where the server does not show it, of "
        "the authority nearest to it) by another way: from who runs the server or the authority, "
        "or on that machine with\n"
        "    openssl x509 -in ROOT.pem -noout -fingerprint -sha256\n"
        "Where it is the same as above, run this command again with\n"
        "    --fingerprint SHA256\n");
}

static X509 *
read_from_server(const Options *options, const char *fingerprint, int *ret_status)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *host = NULL;
    guint port = 0;
    if (!spoc_server_parse(options->server, &host, &port, &error)) {
        *ret_status = spoc_ctl_usage("--from-server: %s", error->message);
        return NULL;
    }
    *ret_status = SPOC_CTL_PROBLEM;
    g_autoptr(GPtrArray) chain = spoc_peek_chain(host, (guint16)(port != 0 ? port : DEFAULT_PORT),
                                                 SERVER_TIMEOUT_MS, &error);
    if (chain == NULL) {
        spoc_ctl_fail("%s: %s", options->server, error->message);
        return NULL;
    }
    for (guint i = 0; fingerprint != NULL && i < chain->len; i++) {
        X509 *certificate = g_ptr_array_index(chain, i);
        if (has_fingerprint(certificate, fingerprint)) {
            X509_up_ref(certificate);
            return certificate;
        }
    }
    show_chain(options->server, chain);
    if (fingerprint != NULL)
        spoc_ctl_fail("none of the certificates that %s shows has the SHA-256 that was given; "
                      "nothing was imported",
                      options->server);
    else
        spoc_ctl_fail("nothing was imported: --fingerprint is missing");
    return NULL;
}

static gboolean
ask_to_trust(void)
{
    (void)spoc_ctl_put("Trust this certificate? [y/N] ");
    (void)fflush(stdout);
    char answer[16] = "";
    if (fgets(answer, sizeof answer, stdin) == NULL)
        return FALSE;
    g_strstrip(answer);
    return g_ascii_strcasecmp(answer, "y") == 0 || g_ascii_strcasecmp(answer, "yes") == 0;
}

static int
import_certificate(const Options *options, X509 *certificate)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(SpocEdit) edit = spoc_edit_open(options->store, options->password, &error);
    if (edit == NULL)
        return spoc_ctl_fail("%s", error->message);
    const GPtrArray *anchors = spoc_edit_anchors(edit);
    const SpocAnchor *same = spoc_anchors_find(anchors, options->alias);
    if (same != NULL && X509_cmp(same->certificate, certificate) == 0) {
        (void)spoc_ctl_put("It is in %s already.\n", options->store);
        return SPOC_CTL_GOOD;
    }
    const SpocAnchor *twin = spoc_anchors_find_certificate(anchors, certificate);
    if (twin != NULL)
        spoc_ctl_warn("the same certificate is there as '%s' already", twin->alias);
    gboolean converts = spoc_edit_converts(edit);
    if (!spoc_edit_import(edit, options->alias, certificate, &error) ||
        !spoc_edit_save(edit, &error))
        return spoc_ctl_fail("%s", error->message);
    if (converts)
        (void)spoc_ctl_put("%s was a Java key store and is PKCS#12 now, with all its entries; "
                           "keytool reads it as before.\n",
                           options->store);
    (void)spoc_ctl_put("Imported into %s.\n", options->store);
    return SPOC_CTL_GOOD;
}

static int
run_import(const Options *options, const char *file)
{
    if (options->alias == NULL && (options->server == NULL || options->fingerprint != NULL))
        return spoc_ctl_usage("import: give the certificate a name with --alias");
    if ((file == NULL) == (options->server == NULL))
        return spoc_ctl_usage("import: give either a FILE or --from-server HOST[:PORT]");
    g_autofree char *fingerprint =
        options->fingerprint != NULL ? normalise_fingerprint(options->fingerprint) : NULL;
    if (options->fingerprint != NULL && fingerprint == NULL)
        return spoc_ctl_usage("--fingerprint is a SHA-256: %d hexadecimal digits, with or without "
                              "colons",
                              FINGERPRINT_DIGITS);
    int status = SPOC_CTL_PROBLEM;
    g_autoptr(X509) certificate = file != NULL ? read_from_file(file, fingerprint, &status)
                                               : read_from_server(options, fingerprint, &status);
    if (certificate == NULL)
        return status;
    print_certificate(options->alias, certificate);
    if (!options->leaf && !spoc_openssl_is_authority(certificate))
        return spoc_ctl_fail("this is a single server's certificate, which works only until the "
                             "server gets its next one; import the root that issued it, or give "
                             "--leaf");
    if (!options->yes) {
        if (!isatty(STDIN_FILENO))
            return spoc_ctl_usage("nobody can be asked without a terminal; compare the SHA-256 "
                                  "and give --yes");
        if (!ask_to_trust())
            return spoc_ctl_fail("not imported");
    }
    return import_certificate(options, certificate);
}

static int
run_verb(const Options *options, int argc, char **argv)
{
    const char *verb = argc > 1 ? argv[1] : "";
    const char *operand = argc > 2 ? argv[2] : NULL;
    if (argc > 3)
        return spoc_ctl_usage("too many arguments: '%s'", argv[3]);
    if (g_str_equal(verb, "list"))
        return operand == NULL ? list_store(options) : spoc_ctl_usage("list takes no argument");
    if (g_str_equal(verb, "import"))
        return run_import(options, operand);
    const gboolean wants_alias =
        g_str_equal(verb, "show") || g_str_equal(verb, "export") || g_str_equal(verb, "delete");
    if (!wants_alias)
        return spoc_ctl_usage("truststore: list, show, export, delete or import is expected");
    if (operand == NULL)
        return spoc_ctl_usage("%s: which alias?", verb);
    if (g_str_equal(verb, "delete"))
        return delete_entry(options, operand);
    return show_entry(options, operand, g_str_equal(verb, "export"));
}

/* What the command line does not say comes from the configuration. */
static void
complete_options(Options *options, const SpocPlaces *places)
{
    g_autoptr(SpocConfig) config = spoc_config_load(places);
    if (options->store == NULL) {
        options->store = g_strdup(spoc_config_string(config, SPOC_OPTION_TRUST_STORE));
        options->is_optional =
            spoc_config_origin(config, SPOC_OPTION_TRUST_STORE).layer == SPOC_LAYER_BUILTIN;
    }
    options->password = g_strdup(spoc_config_string(config, SPOC_OPTION_TRUST_STORE_PASSWORD));
}

static int
run_truststore(int argc, char **argv, const SpocPlaces *places)
{
    g_auto(Options) options = {0};
    const GOptionEntry entries[] = {
        {"store", 0, 0, G_OPTION_ARG_FILENAME, &options.store,
         "the store, if not the one of the configuration", "FILE"},
        {"json", 0, 0, G_OPTION_ARG_NONE, &options.json, "list: for programs", NULL},
        {"alias", 0, 0, G_OPTION_ARG_STRING, &options.alias, "import: the entry's name", "ALIAS"},
        {"yes", 0, 0, G_OPTION_ARG_NONE, &options.yes, "import: do not ask", NULL},
        {"leaf", 0, 0, G_OPTION_ARG_NONE, &options.leaf,
         "import: take a single server's certificate too", NULL},
        {"from-server", 0, 0, G_OPTION_ARG_STRING, &options.server,
         "import: what this server shows, by STARTTLS or by TLS at once; port 25 unless given",
         "HOST[:PORT]"},
        {"fingerprint", 0, 0, G_OPTION_ARG_STRING, &options.fingerprint,
         "import: the SHA-256 that the certificate must have", "SHA256"},
        {NULL},
    };
    if (!spoc_ctl_parse(entries, "list|show|export|delete|import …", SUMMARY, &argc, &argv))
        return SPOC_CTL_USAGE;
    complete_options(&options, places);
    if (options.store == NULL)
        return spoc_ctl_fail("no trust store is configured; set trustStore or give --store FILE");
    return run_verb(&options, argc, argv);
}

const SpocCommand spoc_command_truststore = {
    .name = "truststore",
    .run = run_truststore,
    .help = "manage the certificates that are trusted",
};
