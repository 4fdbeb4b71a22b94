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
#include "ctl/certificate-print.h"
#include "ctl/commands.h"
#include "ctl/ctl.h"
#include "ctl/json.h"
#include "ctl/truststore-import.h"
#include "trust/edit.h"
#include "trust/openssl.h"

#include <openssl/pem.h>
#include <string.h>

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
    g_autoptr(JsonBuilder) builder = json_builder_new();
    json_builder_begin_array(builder);
    for (guint i = 0; i < anchors->len; i++) {
        json_builder_begin_object(builder);
        spoc_certificate_to_json(builder, g_ptr_array_index(anchors, i));
        json_builder_end_object(builder);
    }
    json_builder_end_array(builder);
    g_autofree char *text = spoc_json_text(json_builder_get_root(builder));
    return spoc_ctl_put("%s", text) ? SPOC_CTL_GOOD : SPOC_CTL_PROBLEM;
}

static int
list(const Options *options)
{
    g_autoptr(GPtrArray) anchors = read_store(options);
    if (anchors == NULL)
        return SPOC_CTL_PROBLEM;
    if (options->json)
        return list_json(anchors);
    for (guint i = 0; i < anchors->len; i++) {
        const SpocAnchor *anchor = g_ptr_array_index(anchors, i);
        spoc_certificate_print(anchor->alias, anchor->certificate);
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
show(const Options *options, const char *alias, gboolean pem)
{
    g_autoptr(GPtrArray) anchors = read_store(options);
    if (anchors == NULL)
        return SPOC_CTL_PROBLEM;
    const SpocAnchor *anchor = spoc_anchors_find(anchors, alias);
    if (anchor == NULL)
        return spoc_ctl_fail("there is no entry '%s' in %s", alias, options->store);
    if (pem)
        return print_pem(anchor->certificate);
    spoc_certificate_print(anchor->alias, anchor->certificate);
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

static int
import(const Options *options, const char *file)
{
    if (options->alias == NULL && (options->server == NULL || options->fingerprint != NULL))
        return spoc_ctl_usage("import: give the certificate a name with --alias");
    if ((file == NULL) == (options->server == NULL))
        return spoc_ctl_usage("import: give either a FILE or --from-server HOST[:PORT]");
    const SpocTruststoreImport request = {
        .store = options->store,
        .password = options->password,
        .alias = options->alias,
        .file = file,
        .server = options->server,
        .fingerprint = options->fingerprint,
        .yes = options->yes,
        .leaf = options->leaf,
    };
    return spoc_truststore_import(&request);
}

static int
dispatch(const Options *options, int argc, char **argv)
{
    const char *verb = argc > 1 ? argv[1] : "";
    const char *operand = argc > 2 ? argv[2] : NULL;
    if (argc > 3)
        return spoc_ctl_usage("too many arguments: '%s'", argv[3]);
    if (g_str_equal(verb, "list"))
        return operand == NULL ? list(options) : spoc_ctl_usage("list takes no argument");
    if (g_str_equal(verb, "import"))
        return import(options, operand);
    const gboolean wants_alias =
        g_str_equal(verb, "show") || g_str_equal(verb, "export") || g_str_equal(verb, "delete");
    if (!wants_alias)
        return spoc_ctl_usage("truststore: list, show, export, delete or import is expected");
    if (operand == NULL)
        return spoc_ctl_usage("%s: which alias?", verb);
    if (g_str_equal(verb, "delete"))
        return delete_entry(options, operand);
    return show(options, operand, g_str_equal(verb, "export"));
}

/* What the command line does not say comes from the configuration. */
static void
complete(Options *options, const SpocPlaces *places)
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
    complete(&options, places);
    if (options.store == NULL)
        return spoc_ctl_fail("no trust store is configured; set trustStore or give --store FILE");
    return dispatch(&options, argc, argv);
}

const SpocCommand spoc_command_truststore = {
    .name = "truststore",
    .run = run_truststore,
    .help = "manage the certificates that are trusted",
};
