/* SPDX-License-Identifier: Apache-2.0 */
#include "trust/tls.h"

#include "base/error.h"
#include "base/text.h"
#include "trust/credential.h"
#include "trust/openssl.h"
#include "trust/policy.h"
#include "trust/roots.h"
#include "trust/settings.h"

#include <openssl/err.h>
#include <string.h>

#define PIN_PREFIX "sha256//"
#define MAX_PINS 100

struct _SpocTls {
    gatomicrefcount references;
    SpocTlsPolicy policy;
    X509_STORE *store;
    SpocCredential credential;
    char *pins;
    char *description;
};

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

/* libcurl would take anything else for the name of a file. */
static gboolean
check_pin(const char *pin, GError **error)
{
    gsize size = 0;
    if (g_str_has_prefix(pin, PIN_PREFIX)) {
        const char *encoded = pin + strlen(PIN_PREFIX);
        g_autofree guchar *digest = g_base64_decode(encoded, &size);
        g_autofree char *again = g_base64_encode(digest, size);
        if (size == SPOC_FINGERPRINT_BYTES && g_str_equal(again, encoded))
            return TRUE;
    }
    g_autofree char *shown = spoc_text_line(pin, -1, 100);
    g_set_error(error, SPOC_ERROR, SPOC_ERROR_INVALID,
                "mailTlsPinnedPublicKey: '%s' is not sha256// and the BASE64 of 32 bytes", shown);
    return FALSE;
}

static gboolean
take_pins(SpocTls *tls, const char *const *pins, GError **error)
{
    if (pins == NULL || pins[0] == NULL)
        return TRUE;
    guint count = g_strv_length((char **)pins);
    if (count > MAX_PINS) {
        g_set_error(error, SPOC_ERROR, SPOC_ERROR_LIMIT,
                    "mailTlsPinnedPublicKey: more than %d keys", MAX_PINS);
        return FALSE;
    }
    for (guint i = 0; i < count; i++)
        if (!check_pin(pins[i], error))
            return FALSE;
    tls->pins = g_strjoinv(";", (char **)pins);
    return TRUE;
}

static gboolean
take_credential(SpocTls *tls, const SpocTlsSettings *settings, gint64 now_unix_s,
                GPtrArray *warnings, GError **error)
{
    if (settings->client_certificate == NULL) {
        if (settings->client_key == NULL)
            return TRUE;
        g_set_error(error, SPOC_ERROR, SPOC_ERROR_INVALID,
                    "mailClientKey is set without mailClientCertificate; set both or none");
        return FALSE;
    }
    if (!spoc_credential_read(settings->client_certificate, settings->client_key, &tls->credential,
                              error))
        return FALSE;
    char *warning = spoc_roots_validity_warning(
        tls->credential.certificate, "mailClientCertificate: our own certificate", now_unix_s);
    if (warning != NULL)
        g_ptr_array_add(warnings, warning);
    return TRUE;
}

static char *
describe(const SpocTls *tls, const SpocTlsSettings *settings, guint anchor_count)
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
        g_set_error(error, SPOC_ERROR, SPOC_ERROR_FAILED, "OpenSSL does not start: %s", reason);
        return FALSE;
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
        !take_pins(tls, settings->pins, error) ||
        !take_credential(tls, settings, now_unix_s, warnings, error))
        return NULL;
    tls->store = spoc_roots_new(settings, now_unix_s, warnings, &anchor_count, error);
    if (tls->store == NULL || !rehearse(tls, error))
        return NULL;
    tls->description = describe(tls, settings, anchor_count);
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

SpocTls *
spoc_tls_new(const SpocConfig *config, char ***ret_warnings, GError **error)
{
    SpocTlsSettings settings;
    spoc_tls_settings_from_config(config, &settings);
    return spoc_tls_new_from_settings(&settings, ret_warnings, error);
}
