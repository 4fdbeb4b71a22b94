/* SPDX-License-Identifier: Apache-2.0 */
#include "trust/tls.h"

#include "../config/config-fixture.h"
#include "mint.h"

#define DAY_S (24 * 3600)

/* What is said about one store with one certificate in it. */
static GPtrArray *
check_store(const MintSpec *spec, const char *more_settings)
{
    g_autofree char *folder = mint_folder();
    g_autoptr(Minted) minted = mint(spec);
    g_autofree char *path = mint_write(folder, "store.pem", minted->certificate, NULL);
    g_autofree char *text =
        g_strdup_printf("mailserver = a.example\ntrustStore = %s\n%s", path, more_settings);
    g_autoptr(SpocConfig) config = config_fixture(text);
    GPtrArray *problems = spoc_tls_check(config);
    mint_remove(folder);
    return problems;
}

static void
assert_says(const GPtrArray *problems, const char *part, SpocSeverity severity, gboolean blocks)
{
    for (guint i = 0; i < problems->len; i++) {
        const SpocTlsProblem *problem = g_ptr_array_index(problems, i);
        if (strstr(problem->message, part) == NULL)
            continue;
        g_assert_cmpint(problem->severity, ==, severity);
        g_assert_cmpint(problem->blocks_delivery, ==, blocks);
        return;
    }
    g_error("nothing is said about '%s'", part);
}

static void
test_stores(void)
{
    static const MintSpec root = {.name = "Root", .authority = TRUE};
    static const MintSpec ending = {
        .name = "Ending", .authority = TRUE, .from_s = -DAY_S, .until_s = 10 * DAY_S};
    static const MintSpec expired = {
        .name = "Expired", .authority = TRUE, .from_s = -3 * DAY_S, .until_s = -DAY_S};
    static const MintSpec leaf = {.name = "leaf", .host = "mail.example.com"};
    static const MintSpec nameless = {.name = "mail.example.com"};

    g_autoptr(GPtrArray) good = check_store(&root, "");
    g_assert_cmpuint(good->len, ==, 0);
    g_autoptr(GPtrArray) soon = check_store(&ending, "");
    assert_says(soon, "expires", SPOC_SEVERITY_WARNING, FALSE);
    g_autoptr(GPtrArray) late = check_store(&expired, "");
    assert_says(late, "expired", SPOC_SEVERITY_WARNING, FALSE);
    g_autoptr(GPtrArray) single = check_store(&leaf, "");
    assert_says(single, "single server's certificate", SPOC_SEVERITY_WARNING, FALSE);
    g_autoptr(GPtrArray) refused = check_store(&nameless, "");
    assert_says(refused, "subjectAltName", SPOC_SEVERITY_WARNING, FALSE);
}

static void
test_blocked(void)
{
    static const MintSpec root = {.name = "Root", .authority = TRUE};
    g_autoptr(GPtrArray) suites =
        check_store(&root, "cryptographicProtocolsForOutboundCommunication = TLSv1.3\n"
                           "customCipherSuitesForOutboundCommunication = "
                           "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384\n");
    assert_says(suites, "suite", SPOC_SEVERITY_ERROR, TRUE);

    g_autoptr(SpocConfig) config =
        config_fixture("mailserver = a.example\ntrustStore = /nonexistent/store\n");
    g_autoptr(GPtrArray) missing = spoc_tls_check(config);
    assert_says(missing, "/nonexistent/store", SPOC_SEVERITY_ERROR, TRUE);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/tls-check/stores", test_stores);
    g_test_add_func("/tls-check/blocked", test_blocked);
    return g_test_run();
}
