/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "trust/openssl.h"
#include "trust/policy.h"

#include <string.h>

#define DEFAULT                                                                                    \
    "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,"               \
    "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"
#define DEFAULT_OPENSSL                                                                            \
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"                                   \
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256"
#define AUTO "(OpenSSL's choice)"
#define UNTOUCHED "(untouched)"

/* Lists are separated by commas; @suites AUTO: NULL; UNTOUCHED: the default, chosen by nobody. */
typedef struct {
    const char *versions;
    const char *suites;
    int minimum;
    int maximum;
    const char *list; /* NULL: not set */
    const char *list_13;
    guint warnings;
} GoodCase;

static const GoodCase good_cases[] = {
    {"TLSv1.2", UNTOUCHED, TLS1_2_VERSION, TLS1_2_VERSION, DEFAULT_OPENSSL, NULL, 0},
    {"TLSv1.2", AUTO, TLS1_2_VERSION, TLS1_2_VERSION, NULL, NULL, 0},
    {"TLSv1.3", UNTOUCHED, TLS1_3_VERSION, TLS1_3_VERSION, NULL, NULL, 0},
    {"TLSv1.2,TLSv1.3", UNTOUCHED, TLS1_2_VERSION, TLS1_3_VERSION, DEFAULT_OPENSSL, NULL, 0},
    {"TLSv1.3,TLSv1.2,TLSv1.2", "TLS_AES_128_GCM_SHA256,ECDHE-RSA-AES128-GCM-SHA256",
     TLS1_2_VERSION, TLS1_3_VERSION, "ECDHE-RSA-AES128-GCM-SHA256", "TLS_AES_128_GCM_SHA256", 0},
    /* No suite for 1.3: given up, with a word. */
    {"TLSv1.3,TLSv1.2", "ECDHE-RSA-AES128-GCM-SHA256", TLS1_2_VERSION, TLS1_2_VERSION,
     "ECDHE-RSA-AES128-GCM-SHA256", NULL, 1},
    {"TLSv1.3,TLSv1.2", "TLS_AES_256_GCM_SHA384", TLS1_3_VERSION, TLS1_3_VERSION, NULL,
     "TLS_AES_256_GCM_SHA384", 1},
    /* Named but without use. */
    {"TLSv1.2", "TLS_AES_256_GCM_SHA384,ECDHE-RSA-AES128-GCM-SHA256", TLS1_2_VERSION,
     TLS1_2_VERSION, "ECDHE-RSA-AES128-GCM-SHA256", NULL, 1},
    /* Old versions: always a warning. */
    {"TLSv1", AUTO, TLS1_VERSION, TLS1_VERSION, NULL, NULL, 1},
    {"TLSv1.1,TLSv1", "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", TLS1_VERSION, TLS1_1_VERSION,
     "ECDHE-RSA-AES128-SHA", NULL, 1},
    /* The default fits 1.2 alone. */
    {"TLSv1.2,TLSv1.1", UNTOUCHED, TLS1_2_VERSION, TLS1_2_VERSION, DEFAULT_OPENSSL, NULL, 1},
    /* Java's old prefix and its pseudo-suite. */
    {"TLSv1.2", "SSL_RSA_WITH_AES_128_CBC_SHA,TLS_EMPTY_RENEGOTIATION_INFO_SCSV", TLS1_2_VERSION,
     TLS1_2_VERSION, "AES128-SHA", NULL, 0},
};

static const struct {
    const char *versions;
    const char *suites;
    const char *says;
} bad_cases[] = {
    {"TLSv1.3,TLSv1.1", AUTO, "add TLSv1.2"},
    {"TLSv1.3,TLSv1", AUTO, "add TLSv1.1"},
    {"TLSv1.1", UNTOUCHED, "allowCustomCipherSuitesForOutboundCommunication"},
    {"TLSv1.3", "ECDHE-RSA-AES128-GCM-SHA256", "no suite is left for TLSv1.3"},
    {"TLSv1.2", "", "no suite is left for TLSv1.2"},
    {"TLSv1.2", "TLS_EMPTY_RENEGOTIATION_INFO_SCSV", "no suite is left for TLSv1.2"},
    {"TLSv1.1,TLSv1", "ECDHE-RSA-AES128-GCM-SHA256", "no suite is left for TLSv1 to TLSv1.1"},
    {"TLSv1.2", DEFAULT ",TLS_RSA_WITH_NOTHING", "'TLS_RSA_WITH_NOTHING'"},
    {"TLSv1.2", DEFAULT ",HIGH", "'HIGH'"},
    {"TLSv1.2", DEFAULT ",@SECLEVEL=0", "'@SECLEVEL=0'"},
    {"TLSv1.2", "ALL:!aNULL", "'ALL:!aNULL'"},
    /* Nothing may be sent in clear or to nobody in particular. */
    {"TLSv1.2", "TLS_RSA_WITH_NULL_SHA256", "'TLS_RSA_WITH_NULL_SHA256'"},
    {"TLSv1.2", "NULL-SHA", "'NULL-SHA'"},
    {"TLSv1.2", "TLS_DH_anon_WITH_AES_128_GCM_SHA256", "'TLS_DH_anon_WITH_AES_128_GCM_SHA256'"},
    {"TLSv1.2", "AECDH-AES128-SHA", "'AECDH-AES128-SHA'"},
    {"TLSv1.2", "PSK-AES128-GCM-SHA256", "'PSK-AES128-GCM-SHA256'"},
};

static gboolean
resolve(const char *versions, const char *suites, SpocTlsPolicy *policy, GPtrArray *warnings,
        GError **error)
{
    gboolean untouched = g_str_equal(suites, UNTOUCHED);
    g_auto(GStrv) version_list = g_strsplit(versions, ",", -1);
    g_auto(GStrv) suite_list = g_strsplit(untouched ? DEFAULT : suites, ",", -1);
    return spoc_tls_policy_resolve((const char *const *)version_list,
                                   g_str_equal(suites, AUTO) ? NULL
                                                             : (const char *const *)suite_list,
                                   untouched, policy, warnings, error);
}

static void
test_good(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(good_cases); i++) {
        const GoodCase *c = &good_cases[i];
        g_test_message("%s with %s", c->versions, c->suites);
        g_autoptr(GError) error = NULL;
        g_autoptr(GPtrArray) warnings = g_ptr_array_new_with_free_func(g_free);
        g_auto(SpocTlsPolicy) policy = {0};
        g_assert_true(resolve(c->versions, c->suites, &policy, warnings, &error));
        g_assert_no_error(error);
        g_assert_cmpint(policy.minimum, ==, c->minimum);
        g_assert_cmpint(policy.maximum, ==, c->maximum);
        g_assert_cmpstr(policy.suites, ==, c->list);
        g_assert_cmpstr(policy.suites_13, ==, c->list_13);
        g_assert_cmpuint(warnings->len, ==, c->warnings);
    }
}

static void
test_bad(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(bad_cases); i++) {
        g_test_message("%s with %s", bad_cases[i].versions, bad_cases[i].suites);
        g_autoptr(GError) error = NULL;
        g_autoptr(GPtrArray) warnings = g_ptr_array_new_with_free_func(g_free);
        g_auto(SpocTlsPolicy) policy = {0};
        g_assert_false(
            resolve(bad_cases[i].versions, bad_cases[i].suites, &policy, warnings, &error));
        g_assert_error(error, SPOC_ERROR, SPOC_ERROR_INVALID);
        g_assert_nonnull(strstr(error->message, bad_cases[i].says));
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/policy/good", test_good);
    g_test_add_func("/policy/bad", test_bad);
    return g_test_run();
}
