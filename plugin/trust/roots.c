/* SPDX-License-Identifier: Apache-2.0 */
#include "trust/roots.h"

#include "base/error.h"
#include "base/text.h"
#include "trust/openssl.h"
#include "trust/store.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <string.h>

#define DAY_S (24 * 60 * 60)
#define MAX_LISTS 1000
#define ALIAS_SHOWN_MAX_BYTES 100

char *
spoc_roots_validity_warning(const X509 *certificate, const char *what, gint64 now_unix_s)
{
    gint64 until = spoc_openssl_unix_s(X509_get0_notAfter(certificate));
    gint64 from = spoc_openssl_unix_s(X509_get0_notBefore(certificate));
    g_autoptr(GDateTime) end = g_date_time_new_from_unix_utc(until);
    g_autofree char *day = end != NULL ? g_date_time_format(end, "%Y-%m-%d") : g_strdup("never");
    if (until < now_unix_s)
        return g_strdup_printf("%s expired on %s; replace it", what, day);
    if (from > now_unix_s)
        return g_strdup_printf("%s is not valid yet; is this machine's clock right?", what);
    if (until - now_unix_s < SPOC_ROOTS_WARNING_DAYS * DAY_S)
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
            g_set_error(error, SPOC_ERROR, SPOC_ERROR_FAILED, "trustStore: entry %u: %s", i + 1,
                        reason);
            return FALSE;
        }
        g_autofree char *alias = spoc_text_line(anchor->alias, -1, ALIAS_SHOWN_MAX_BYTES);
        g_autofree char *what =
            g_strdup_printf("trustStore '%s': the certificate '%s'", settings->trust_store, alias);
        char *warning = spoc_roots_validity_warning(anchor->certificate, what, now_unix_s);
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
    if (count <= 0) {
        g_set_error(error, SPOC_ERROR, SPOC_ERROR_CORRUPT,
                    "trustRevocationList: '%s' %s; a PEM or DER revocation list is expected", path,
                    count == 0 ? "holds no revocation list" : "is damaged");
        return FALSE;
    }
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

X509_STORE *
spoc_roots_new(const SpocTlsSettings *settings, gint64 now_unix_s, GPtrArray *warnings,
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
