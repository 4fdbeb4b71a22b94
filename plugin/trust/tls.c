/* SPDX-License-Identifier: Apache-2.0 */
#include "trust/tls.h"

#include "base/error.h"
#include "base/text.h"
#include "trust/credential.h"
#include "trust/openssl.h"
#include "trust/policy.h"
#include "trust/store.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <string.h>

#define DAY_S (24 * 60 * 60)
#define WARNING_DAYS 30 /* what ends within them gets a warning */
#define MAX_LISTS 1000
#define ALIAS_SHOWN_MAX_BYTES 100

struct _SpocTls {
    gatomicrefcount references;
    SpocTlsPolicy policy;
    X509_STORE *store;
    SpocCredential credential;
    char *pins;
    char *description;
};

/* --- whom to trust ------------------------------------------------------------------------ */

/* (nullable) (transfer full): what to say about a certificate that has ended or soon will */
static char *
validity_warning(const X509 *certificate, const char *what, gint64 now_unix_s)
{
    gint64 until = spoc_openssl_unix_s(X509_get0_notAfter(certificate));
    gint64 from = spoc_openssl_unix_s(X509_get0_notBefore(certificate));
    g_autoptr(GDateTime) end = g_date_time_new_from_unix_utc(until);
    g_autofree char *day = end != NULL ? g_date_time_format(end, "%Y-%m-%d") : g_strdup("never");
    if (until < now_unix_s)
        return g_strdup_printf("%s expired on %s; replace it", what, day);
    if (from > now_unix_s)
        return g_strdup_printf("%s is not valid yet; is this machine's clock right?", what);
    if (until - now_unix_s < WARNING_DAYS * DAY_S)
        return g_strdup_printf("%s expires on %s; replace it in time", what, day);
    return NULL;
}

static gboolean
add_trust_store(X509_STORE *store, const SpocTlsSettings *settings, gint64 now_unix_s,
                GPtrArray *warnings, guint *ret_count, GError **error)
{
    g_autoptr(GError) problem = NULL;
    g_autoptr(GPtrArray) anchors =
        spoc_store_read(settings->trust_store, settings->trust_store_password, NULL, &problem);
    if (anchors == NULL) {
        if (settings->trust_store_optional &&
            g_error_matches(problem, SPOC_ERROR, SPOC_ERROR_NOT_FOUND))
            return TRUE;
        g_propagate_prefixed_error(error, g_steal_pointer(&problem), "trustStore: ");
        return FALSE;
    }
    for (guint i = 0; i < anchors->len; i++) {
        const SpocAnchor *anchor = g_ptr_array_index(anchors, i);
        if (X509_STORE_add_cert(store, anchor->certificate) != 1) {
            g_autofree char *reason = spoc_openssl_reason();
            return spoc_error_set(error, SPOC_ERROR_FAILED, "trustStore: entry %u: %s", i + 1,
                                  reason);
        }
        g_autofree char *alias = spoc_text_line(anchor->alias, -1, ALIAS_SHOWN_MAX_BYTES);
        g_autofree char *what =
            g_strdup_printf("trustStore '%s': the certificate '%s'", settings->trust_store, alias);
        char *warning = validity_warning(anchor->certificate, what, now_unix_s);
        if (warning != NULL)
            g_ptr_array_add(warnings, warning);
    }
    *ret_count = anchors->len;
    return TRUE;
}

static gboolean
add_list(X509_STORE *store, X509_CRL *list, gint64 now_unix_s, GPtrArray *warnings)
{
    const ASN1_TIME *next = X509_CRL_get0_nextUpdate(list);
    if (next != NULL && spoc_openssl_unix_s(next) < now_unix_s) {
        g_autofree char *issuer = spoc_openssl_name(X509_CRL_get_issuer(list));
        g_ptr_array_add(warnings,
                        g_strdup_printf("trustRevocationList: the list of '%s' is out of date, so "
                                        "servers with a certificate of it are refused; fetch a new "
                                        "one",
                                        issuer));
    }
    return X509_STORE_add_crl(store, list) == 1;
}

static X509_CRL *
read_der_list(const guint8 *data, gsize size)
{
    const guint8 *p = data;
    g_autoptr(X509_CRL) list = d2i_X509_CRL(NULL, &p, (long)size);
    return list != NULL && p == data + size ? g_steal_pointer(&list) : NULL;
}

/* -1 when a block is damaged, else how many lists there were. */
static int
add_pem_lists(X509_STORE *store, const guint8 *data, gsize size, gint64 now_unix_s,
              GPtrArray *warnings)
{
    g_autoptr(BIO) bio = BIO_new_mem_buf(data, (int)size);
    int count = 0;
    ERR_clear_error();
    for (; bio != NULL && count <= MAX_LISTS; count++) {
        g_autoptr(X509_CRL) list = PEM_read_bio_X509_CRL(bio, NULL, NULL, NULL);
        if (list == NULL)
            break;
        if (!add_list(store, list, now_unix_s, warnings))
            return -1;
    }
    gboolean at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
    return at_end && count <= MAX_LISTS ? count : -1;
}

static gboolean
add_revocation_list(X509_STORE *store, const char *path, gint64 now_unix_s, GPtrArray *warnings,
                    GError **error)
{
    g_autoptr(GBytes) bytes = spoc_store_read_file(path, error);
    if (bytes == NULL) {
        g_prefix_error(error, "trustRevocationList: ");
        return FALSE;
    }
    gsize size = 0;
    const guint8 *data = g_bytes_get_data(bytes, &size);
    int count = 0;
    if (size > 0) {
        g_autoptr(X509_CRL) single = read_der_list(data, size);
        if (single != NULL)
            count = add_list(store, single, now_unix_s, warnings) ? 1 : -1;
        else
            count = add_pem_lists(store, data, size, now_unix_s, warnings);
    }
    ERR_clear_error();
    if (count <= 0)
        return spoc_error_set(
            error, SPOC_ERROR_CORRUPT,
            "trustRevocationList: '%s' %s; a PEM or DER revocation list is expected", path,
            count == 0 ? "holds no revocation list" : "is damaged");
    return X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL) == 1;
}

/* Whether a list says nothing of a certificate above the server's: the file need not have one of
 * its issuer, and what is trusted itself has no issuer here whose signature could be checked. */
static gboolean
is_list_needless(X509_STORE_CTX *verification, int depth, int problem)
{
    int last = sk_X509_num(X509_STORE_CTX_get0_chain(verification)) - 1;
    switch (problem) {
    case X509_V_ERR_UNABLE_TO_GET_CRL:
        return depth > 0;
    case X509_V_ERR_UNABLE_TO_GET_CRL_ISSUER:
    case X509_V_ERR_CRL_SIGNATURE_FAILURE:
    case X509_V_ERR_KEYUSAGE_NO_CRL_SIGN:
    case X509_V_ERR_CRL_NOT_YET_VALID:
    case X509_V_ERR_CRL_HAS_EXPIRED:
    case X509_V_ERR_CERT_REVOKED:
        return depth > 0 && depth == last;
    default:
        return FALSE;
    }
}

/* Called by OpenSSL with each certificate's fault, and with each that has none. */
static int
on_verified(int good, X509_STORE_CTX *verification)
{
    int depth = X509_STORE_CTX_get_error_depth(verification);
    if (!good && is_list_needless(verification, depth, X509_STORE_CTX_get_error(verification))) {
        X509_STORE_CTX_set_error(verification, X509_V_OK);
        return 1;
    }
    /* libcurl and X509_check_host() would take the common name then (RFC 9525, 6.3: never). */
    if (good && depth == 0 &&
        !spoc_openssl_names_host(X509_STORE_CTX_get_current_cert(verification))) {
        X509_STORE_CTX_set_error(verification, X509_V_ERR_EMPTY_SUBJECT_ALT_NAME);
        return 0;
    }
    return good;
}

/* (transfer full): of the trust store, the system's roots and the revocation list.
 * @ret_anchor_count: (out): of the trust store. What cannot be read whole is an error, never a
 * smaller list of rules. */
static X509_STORE *
new_roots(const SpocTlsSettings *settings, gint64 now_unix_s, GPtrArray *warnings,
          guint *ret_anchor_count, GError **error)
{
    g_autoptr(X509_STORE) store = X509_STORE_new();
    guint count = 0;
    if (store == NULL ||
        X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_TRUSTED_FIRST) != 1) {
        g_set_error(error, SPOC_ERROR, SPOC_ERROR_FAILED, "cannot make a store of certificates");
        return NULL;
    }
    X509_STORE_set_verify_cb(store, on_verified);
    if (settings->trust_store != NULL &&
        !add_trust_store(store, settings, now_unix_s, warnings, &count, error))
        return NULL;
    if (settings->trust_system && X509_STORE_set_default_paths(store) != 1) {
        g_autofree char *reason = spoc_openssl_reason();
        g_set_error(error, SPOC_ERROR, SPOC_ERROR_IO,
                    "trustSystemCertificates: cannot use the system's certificates: %s", reason);
        return NULL;
    }
    if (!settings->trust_system && count == 0) {
        g_set_error(error, SPOC_ERROR, SPOC_ERROR_INVALID,
                    "no server could be trusted: trustSystemCertificates is false and there is no "
                    "certificate in trustStore; add one with spocctl truststore import");
        return NULL;
    }
    if (settings->revocation_list != NULL &&
        !add_revocation_list(store, settings->revocation_list, now_unix_s, warnings, error))
        return NULL;
    ERR_clear_error();
    *ret_anchor_count = count;
    return g_steal_pointer(&store);
}

/* --- the policy --------------------------------------------------------------------------- */

SpocTls *
spoc_tls_ref(SpocTls *tls)
{
    g_atomic_ref_count_inc(&tls->references);
    return tls;
}

void
spoc_tls_unref(SpocTls *tls)
{
    if (!g_atomic_ref_count_dec(&tls->references))
        return;
    spoc_tls_policy_clear(&tls->policy);
    spoc_credential_clear(&tls->credential);
    X509_STORE_free(tls->store);
    g_free(tls->pins);
    g_free(tls->description);
    g_free(tls);
}

const char *
spoc_tls_pinned_public_keys(const SpocTls *tls)
{
    return tls->pins;
}

gboolean
spoc_tls_has_client_certificate(const SpocTls *tls)
{
    return tls->credential.certificate != NULL;
}

char *
spoc_tls_describe(const SpocTls *tls)
{
    return g_strdup(tls->description);
}

static gboolean
take_credential(SpocTls *tls, const SpocTlsSettings *settings, gint64 now_unix_s,
                GPtrArray *warnings, GError **error)
{
    if (settings->client_certificate == NULL) {
        if (settings->client_key == NULL)
            return TRUE;
        return spoc_error_set(
            error, SPOC_ERROR_INVALID,
            "mailClientKey is set without mailClientCertificate; set both or none");
    }
    if (!spoc_credential_read(settings->client_certificate, settings->client_key,
                              "mailClientCertificate", "mailClientKey", &tls->credential, error))
        return FALSE;
    char *warning = validity_warning(tls->credential.certificate,
                                     "mailClientCertificate: our own certificate", now_unix_s);
    if (warning != NULL)
        g_ptr_array_add(warnings, warning);
    return TRUE;
}

static char *
describe_policy(const SpocTls *tls, const SpocTlsSettings *settings, guint anchor_count)
{
    GString *text = g_string_new(spoc_tls_version_name(tls->policy.minimum));
    if (tls->policy.minimum != tls->policy.maximum)
        g_string_append_printf(text, " to %s", spoc_tls_version_name(tls->policy.maximum));
    if (tls->policy.suite_count > 0)
        g_string_append_printf(text, ", %u suites", tls->policy.suite_count);
    else
        g_string_append(text, ", OpenSSL's choice of suites");
    if (settings->trust_system)
        g_string_append(text, ", the system's certificates");
    if (anchor_count > 0)
        g_string_append_printf(text, "%s%u from %s", settings->trust_system ? " and " : ", ",
                               anchor_count, settings->trust_store);
    return g_string_free(text, FALSE);
}

/* A policy that OpenSSL refuses is found out now, not when a mail is due. */
static gboolean
rehearse(const SpocTls *tls, GError **error)
{
    g_autoptr(SSL_CTX) context = SSL_CTX_new(TLS_client_method());
    if (context == NULL) {
        g_autofree char *reason = spoc_openssl_reason();
        return spoc_error_set(error, SPOC_ERROR_FAILED, "OpenSSL does not start: %s", reason);
    }
    return spoc_tls_apply(tls, context, error);
}

SpocTls *
spoc_tls_new_from_settings(const SpocTlsSettings *settings, char ***ret_warnings, GError **error)
{
    g_autoptr(SpocTls) tls = g_new0(SpocTls, 1);
    g_atomic_ref_count_init(&tls->references);
    g_autoptr(GPtrArray) warnings = g_ptr_array_new_with_free_func(g_free);
    gint64 now_unix_s = g_get_real_time() / G_USEC_PER_SEC;
    guint anchor_count = 0;
    if (!spoc_tls_policy_resolve(settings->versions, settings->suites, settings->suites_untouched,
                                 &tls->policy, warnings, error) ||
        !take_credential(tls, settings, now_unix_s, warnings, error))
        return NULL;
    if (settings->pins != NULL && settings->pins[0] != NULL)
        tls->pins = g_strjoinv(";", (char **)settings->pins);
    tls->store = new_roots(settings, now_unix_s, warnings, &anchor_count, error);
    if (tls->store == NULL || !rehearse(tls, error))
        return NULL;
    tls->description = describe_policy(tls, settings, anchor_count);
    if (ret_warnings != NULL) {
        g_ptr_array_add(warnings, NULL);
        *ret_warnings = (char **)g_ptr_array_free(g_steal_pointer(&warnings), FALSE);
    }
    return g_steal_pointer(&tls);
}

static gboolean
apply_policy(const SpocTlsPolicy *policy, SSL_CTX *context)
{
    /* What the system's openssl.cnf or the application forbade by option would tear holes. */
    SSL_CTX_clear_options(context, SSL_OP_NO_TLSv1 | SSL_OP_NO_TLSv1_1 | SSL_OP_NO_TLSv1_2 |
                                       SSL_OP_NO_TLSv1_3);
    SSL_CTX_set_options(context,
                        SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET);
    /* TLS 1.0 and 1.1 sign with MD5 and SHA-1, which every higher level forbids. */
    if (spoc_tls_policy_is_old(policy))
        SSL_CTX_set_security_level(context, 0);
    return SSL_CTX_set_min_proto_version(context, policy->minimum) == 1 &&
           SSL_CTX_set_max_proto_version(context, policy->maximum) == 1 &&
           (policy->suites == NULL || SSL_CTX_set_cipher_list(context, policy->suites) == 1) &&
           (policy->suites_13 == NULL || SSL_CTX_set_ciphersuites(context, policy->suites_13) == 1);
}

gboolean
spoc_tls_apply(const SpocTls *tls, SSL_CTX *context, GError **error)
{
    const SpocCredential *own = &tls->credential;
    /* The verify store is a place of its own: it wins over the one that libcurl fills. */
    gboolean good =
        apply_policy(&tls->policy, context) &&
        SSL_CTX_set1_verify_cert_store(context, tls->store) == 1 &&
        (own->certificate == NULL ||
         SSL_CTX_use_cert_and_key(context, own->certificate, own->key, own->chain, 1) == 1);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    g_autofree char *reason = spoc_openssl_reason();
    if (!good)
        g_set_error(error, SPOC_ERROR, SPOC_ERROR_INVALID,
                    "OpenSSL refuses the TLS settings (versions, suites, client certificate): %s",
                    reason);
    return good;
}

/* --- from the configuration --------------------------------------------------------------- */

/* A configuration of the original product may spell the default out. */
static gboolean
is_default(const SpocConfig *config, SpocOptionId option)
{
    if (spoc_config_origin(config, option).layer == SPOC_LAYER_BUILTIN)
        return TRUE;
    g_auto(GStrv) defaults = g_strsplit(spoc_option_get(option)->default_value, ",", -1);
    const char *const *values = spoc_config_list(config, option);
    if (g_strv_length(defaults) != g_strv_length((char **)values))
        return FALSE;
    for (guint i = 0; values[i] != NULL; i++)
        if (!g_strv_contains((const char *const *)defaults, values[i]))
            return FALSE;
    return TRUE;
}

/* Borrows everything from @config. */
static void
read_settings(const SpocConfig *config, SpocTlsSettings *settings)
{
    *settings = (SpocTlsSettings){
        .versions = spoc_config_list(config, SPOC_OPTION_PROTOCOLS),
        .suites = spoc_config_boolean(config, SPOC_OPTION_ALLOW_SUITES)
                      ? spoc_config_list(config, SPOC_OPTION_SUITES)
                      : NULL,
        .suites_untouched = is_default(config, SPOC_OPTION_SUITES),
        .trust_store = spoc_config_string(config, SPOC_OPTION_TRUST_STORE),
        .trust_store_optional =
            spoc_config_origin(config, SPOC_OPTION_TRUST_STORE).layer == SPOC_LAYER_BUILTIN,
        .trust_store_password = spoc_config_string(config, SPOC_OPTION_TRUST_STORE_PASSWORD),
        .trust_system = spoc_config_boolean(config, SPOC_OPTION_TRUST_SYSTEM_CERTIFICATES),
        .revocation_list = spoc_config_string(config, SPOC_OPTION_TRUST_REVOCATION_LIST),
        .pins = spoc_config_list(config, SPOC_OPTION_MAIL_TLS_PINNED_PUBLIC_KEY),
        .client_certificate = spoc_config_string(config, SPOC_OPTION_MAIL_CLIENT_CERTIFICATE),
        .client_key = spoc_config_string(config, SPOC_OPTION_MAIL_CLIENT_KEY),
    };
}

SpocTls *
spoc_tls_new(const SpocConfig *config, char ***ret_warnings, GError **error)
{
    SpocTlsSettings settings;
    read_settings(config, &settings);
    return spoc_tls_new_from_settings(&settings, ret_warnings, error);
}

/* --- what spocctl check says -------------------------------------------------------------- */

static void
tls_problem_free(gpointer data)
{
    SpocTlsProblem *problem = data;
    g_free(problem->message);
    g_free(problem);
}

static void
add_problem(GPtrArray *problems, SpocSeverity severity, gboolean blocks_delivery, char *message)
{
    SpocTlsProblem *problem = g_new0(SpocTlsProblem, 1);
    problem->severity = severity;
    problem->blocks_delivery = blocks_delivery;
    problem->message = message;
    g_ptr_array_add(problems, problem);
}

/* It works, but ends with the server's next certificate. */
static void
add_leaves(GPtrArray *problems, const SpocTlsSettings *settings)
{
    if (settings->trust_store == NULL)
        return;
    g_autoptr(GPtrArray) anchors =
        spoc_store_read(settings->trust_store, settings->trust_store_password, NULL, NULL);
    for (guint i = 0; anchors != NULL && i < anchors->len; i++) {
        const SpocAnchor *anchor = g_ptr_array_index(anchors, i);
        if (spoc_openssl_is_authority(anchor->certificate))
            continue;
        g_autofree char *alias = spoc_text_line(anchor->alias, -1, ALIAS_SHOWN_MAX_BYTES);
        if (!spoc_openssl_names_host(anchor->certificate)) {
            add_problem(
                problems, SPOC_SEVERITY_WARNING, FALSE,
                g_strdup_printf("trustStore '%s': '%s' is a server's certificate without a name in "
                                "its subjectAltName, so the server is refused; give the server "
                                "one that has its name there",
                                settings->trust_store, alias));
            continue;
        }
        add_problem(
            problems, SPOC_SEVERITY_WARNING, FALSE,
            g_strdup_printf("trustStore '%s': '%s' is a single server's certificate, which is "
                            "trusted only until the server gets its next one; import the root "
                            "that issued it",
                            settings->trust_store, alias));
    }
}

GPtrArray *
spoc_tls_check(const SpocConfig *config)
{
    GPtrArray *problems = g_ptr_array_new_with_free_func(tls_problem_free);
    SpocTlsSettings settings;
    read_settings(config, &settings);
    g_auto(GStrv) warnings = NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(SpocTls) tls = spoc_tls_new_from_settings(&settings, &warnings, &error);
    if (tls == NULL)
        add_problem(problems, SPOC_SEVERITY_ERROR, TRUE, g_strdup(error->message));
    for (guint i = 0; warnings != NULL && warnings[i] != NULL; i++)
        add_problem(problems, SPOC_SEVERITY_WARNING, FALSE, g_strdup(warnings[i]));
    add_leaves(problems, &settings);
    return problems;
}
