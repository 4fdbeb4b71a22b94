/* SPDX-License-Identifier: Apache-2.0 */
#include "trust/policy.h"

#include "base/error.h"
#include "base/text.h"
#include "trust/openssl.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <string.h>

#define KEY_VERSIONS "cryptographicProtocolsForOutboundCommunication"
#define KEY_SUITES "customCipherSuitesForOutboundCommunication"
#define KEY_ALLOW "allowCustomCipherSuitesForOutboundCommunication"

#define MESSAGE_MAX_BYTES 500

/* Java's sign for RFC 5746, which OpenSSL sends by itself. */
#define PSEUDO_SUITE "TLS_EMPTY_RENEGOTIATION_INFO_SCSV"

static const struct {
    const char *name;
    int version;
} known_versions[] = {
    {"TLSv1", TLS1_VERSION},
    {"TLSv1.1", TLS1_1_VERSION},
    {"TLSv1.2", TLS1_2_VERSION},
    {"TLSv1.3", TLS1_3_VERSION},
};

void
spoc_tls_policy_clear(SpocTlsPolicy *policy)
{
    g_clear_pointer(&policy->suites, g_free);
    g_clear_pointer(&policy->suites_13, g_free);
}

gboolean
spoc_tls_policy_is_old(const SpocTlsPolicy *policy)
{
    return policy->minimum < TLS1_2_VERSION;
}

const char *
spoc_tls_version_name(int version)
{
    for (guint i = 0; i < G_N_ELEMENTS(known_versions); i++)
        if (known_versions[i].version == version)
            return known_versions[i].name;
    return "an unknown version";
}

static gboolean set_invalid(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* What somebody wrote is in it, so it is made one harmless line. */
static gboolean
set_invalid(GError **error, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *message = g_strdup_vprintf(format, args);
    va_end(args);
    g_autofree char *line = spoc_text_line(message, -1, MESSAGE_MAX_BYTES);
    return spoc_error_set(error, SPOC_ERROR_INVALID, "%s", line);
}

static gboolean
resolve_versions(const char *const *versions, SpocTlsPolicy *policy, GError **error)
{
    gboolean chosen[G_N_ELEMENTS(known_versions)] = {FALSE};
    for (guint i = 0; versions[i] != NULL; i++) {
        guint at = 0;
        while (at < G_N_ELEMENTS(known_versions) &&
               strcmp(known_versions[at].name, versions[i]) != 0)
            at++;
        g_assert(at < G_N_ELEMENTS(known_versions)); /* the option has no other choices */
        chosen[at] = TRUE;
    }
    guint lowest = 0;
    guint highest = G_N_ELEMENTS(known_versions);
    g_assert(versions[0] != NULL); /* and is never empty */
    while (!chosen[lowest])
        lowest++;
    while (!chosen[highest - 1])
        highest--;
    /* OpenSSL would use the lowest block and leave the better versions out, silently. */
    for (guint i = lowest; i < highest; i++)
        if (!chosen[i])
            return set_invalid(
                error, KEY_VERSIONS ": versions must follow each other without a hole; add %s",
                known_versions[i].name);
    policy->minimum = known_versions[lowest].version;
    policy->maximum = known_versions[highest - 1].version;
    return TRUE;
}

/* A context that knows every suite of this OpenSSL, to look names up in. */
static SSL_CTX *
new_catalogue(GError **error)
{
    g_autoptr(SSL_CTX) context = SSL_CTX_new(TLS_client_method());
    if (context == NULL ||
        SSL_CTX_set_cipher_list(context, "ALL:COMPLEMENTOFALL:@SECLEVEL=0") != 1 ||
        SSL_CTX_set_ciphersuites(context, "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:"
                                          "TLS_AES_128_GCM_SHA256:TLS_AES_128_CCM_SHA256:"
                                          "TLS_AES_128_CCM_8_SHA256") != 1) {
        g_autofree char *reason = spoc_openssl_reason();
        g_set_error(error, SPOC_ERROR, SPOC_ERROR_FAILED, "OpenSSL does not start: %s", reason);
        return NULL;
    }
    return g_steal_pointer(&context);
}

/* By an exact name: nothing of OpenSSL's cipher-string language comes through. */
static const SSL_CIPHER *
find_suite(SSL_CTX *catalogue, const char *name)
{
    g_autofree char *standard =
        g_str_has_prefix(name, "SSL_") ? g_strconcat("TLS_", name + 4, NULL) : g_strdup(name);
    const STACK_OF(SSL_CIPHER) *all = SSL_CTX_get_ciphers(catalogue);
    for (int i = 0; i < sk_SSL_CIPHER_num(all); i++) {
        const SSL_CIPHER *suite = sk_SSL_CIPHER_value(all, i);
        if (g_str_equal(SSL_CIPHER_get_name(suite), name) ||
            g_strcmp0(SSL_CIPHER_standard_name(suite), standard) == 0)
            return suite;
    }
    return NULL;
}

static gboolean
suite_is_safe(const SSL_CIPHER *suite)
{
    int auth = SSL_CIPHER_get_auth_nid(suite);
    return SSL_CIPHER_get_cipher_nid(suite) != NID_undef &&
           (auth == NID_auth_rsa || auth == NID_auth_ecdsa || auth == NID_auth_any);
}

typedef struct {
    GString *old; /* up to TLS 1.2 */
    GString *new; /* TLS 1.3 */
    gboolean any_below_12;
    guint count;
} Sorted;

static void
sort_suite(Sorted *sorted, const SSL_CIPHER *suite)
{
    const char *since = SSL_CIPHER_get_version(suite);
    GString *list = g_str_equal(since, "TLSv1.3") ? sorted->new : sorted->old;
    g_string_append_printf(list, "%s%s", list->len > 0 ? ":" : "", SSL_CIPHER_get_name(suite));
    if (!g_str_equal(since, "TLSv1.3") && !g_str_equal(since, "TLSv1.2"))
        sorted->any_below_12 = TRUE;
    sorted->count++;
}

static gboolean
sort_suites(const char *const *suites, Sorted *sorted, GError **error)
{
    g_autoptr(SSL_CTX) catalogue = new_catalogue(error);
    if (catalogue == NULL)
        return FALSE;
    for (guint i = 0; suites[i] != NULL; i++) {
        if (g_str_equal(suites[i], PSEUDO_SUITE))
            continue;
        const SSL_CIPHER *suite = find_suite(catalogue, suites[i]);
        if (suite == NULL)
            return set_invalid(error,
                               KEY_SUITES
                               ": '%.100s' is no cipher suite that this OpenSSL knows; IANA "
                               "names (TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256) and OpenSSL "
                               "names are accepted",
                               suites[i]);
        if (!suite_is_safe(suite))
            return set_invalid(error,
                               KEY_SUITES
                               ": '%.100s' encrypts nothing or asks for no certificate; remove it",
                               suites[i]);
        sort_suite(sorted, suite);
    }
    return TRUE;
}

static gboolean
has_suite(const Sorted *sorted, gboolean own_13, int version)
{
    if (version == TLS1_3_VERSION)
        return own_13 || sorted->new->len > 0;
    return version == TLS1_2_VERSION ? sorted->old->len > 0 : sorted->any_below_12;
}

/* Gives up the versions at either end that have no suite. Suites for an old version work for all
 * up to 1.2, so no hole arises. */
static gboolean
fit_versions(const Sorted *sorted, gboolean own_13, SpocTlsPolicy *policy, GPtrArray *warnings,
             GError **error)
{
    const int minimum = policy->minimum;
    const int maximum = policy->maximum;
    while (policy->minimum <= maximum && !has_suite(sorted, own_13, policy->minimum))
        policy->minimum++;
    while (policy->maximum >= minimum && !has_suite(sorted, own_13, policy->maximum))
        policy->maximum--;
    if (policy->minimum > policy->maximum) {
        g_autofree char *chosen = minimum == maximum
                                      ? g_strdup(spoc_tls_version_name(minimum))
                                      : g_strdup_printf("%s to %s", spoc_tls_version_name(minimum),
                                                        spoc_tls_version_name(maximum));
        return set_invalid(error,
                           KEY_SUITES ": no suite is left for %s (" KEY_VERSIONS
                                      "); name suites of "
                                      "that version, or set " KEY_ALLOW " to false",
                           chosen);
    }
    for (int version = minimum; version <= maximum; version++)
        if (version < policy->minimum || version > policy->maximum)
            g_ptr_array_add(warnings,
                            g_strdup_printf(KEY_SUITES
                                            ": no suite is left for %s, which is not "
                                            "used; name suites of that version, or set " KEY_ALLOW
                                            " to false",
                                            spoc_tls_version_name(version)));
    return TRUE;
}

static void
warn_unused(const Sorted *sorted, gboolean untouched, const SpocTlsPolicy *policy,
            GPtrArray *warnings)
{
    if (untouched)
        return;
    if (policy->maximum < TLS1_3_VERSION && sorted->new->len > 0)
        g_ptr_array_add(warnings, g_strdup_printf(KEY_SUITES ": not used without TLSv1.3: %s",
                                                  sorted->new->str));
    if (policy->minimum > TLS1_2_VERSION && sorted->old->len > 0)
        g_ptr_array_add(warnings, g_strdup_printf(KEY_SUITES ": not used with TLSv1.3 alone: %s",
                                                  sorted->old->str));
}

gboolean
spoc_tls_policy_resolve(const char *const *versions, const char *const *suites,
                        gboolean suites_untouched, SpocTlsPolicy *policy, GPtrArray *warnings,
                        GError **error)
{
    g_auto(SpocTlsPolicy) result = {0};
    if (!resolve_versions(versions, &result, error))
        return FALSE;
    if (suites != NULL) {
        g_autoptr(GString) old = g_string_new(NULL);
        g_autoptr(GString) new = g_string_new(NULL);
        Sorted sorted = {.old = old, .new = new};
        if (!sort_suites(suites, &sorted, error) ||
            !fit_versions(&sorted, suites_untouched, &result, warnings, error))
            return FALSE;
        warn_unused(&sorted, suites_untouched, &result, warnings);
        if (result.minimum <= TLS1_2_VERSION)
            result.suites = g_strdup(old->str);
        if (result.maximum >= TLS1_3_VERSION && new->len > 0)
            result.suites_13 = g_strdup(new->str);
        if (result.suites != NULL || result.suites_13 != NULL)
            result.suite_count = sorted.count;
    }
    if (spoc_tls_policy_is_old(&result))
        g_ptr_array_add(warnings,
                        g_strdup_printf(KEY_VERSIONS
                                        ": %s is broken and works only with OpenSSL's security "
                                        "level lowered, for these connections; prefer TLSv1.2",
                                        spoc_tls_version_name(result.minimum)));
    *policy = result;
    result = (SpocTlsPolicy){0};
    return TRUE;
}
