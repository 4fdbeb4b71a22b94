/* SPDX-License-Identifier: Apache-2.0 */
#include "trust/check.h"

#include "base/text.h"
#include "trust/openssl.h"
#include "trust/settings.h"
#include "trust/store.h"
#include "trust/tls.h"

#define ALIAS_SHOWN_MAX_BYTES 100

static void
problem_free(gpointer data)
{
    SpocTrustProblem *problem = data;
    g_free(problem->message);
    g_free(problem);
}

static void
add(GPtrArray *problems, SpocSeverity severity, gboolean blocks_delivery, char *message)
{
    SpocTrustProblem *problem = g_new0(SpocTrustProblem, 1);
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
            add(problems, SPOC_SEVERITY_WARNING, FALSE,
                g_strdup_printf("trustStore '%s': '%s' is a server's certificate without a name in "
                                "its subjectAltName, so the server is refused; give the server "
                                "one that has its name there",
                                settings->trust_store, alias));
            continue;
        }
        add(problems, SPOC_SEVERITY_WARNING, FALSE,
            g_strdup_printf("trustStore '%s': '%s' is a single server's certificate, which is "
                            "trusted only until the server gets its next one; import the root "
                            "that issued it",
                            settings->trust_store, alias));
    }
}

GPtrArray *
spoc_trust_check(const SpocConfig *config)
{
    GPtrArray *problems = g_ptr_array_new_with_free_func(problem_free);
    SpocTlsSettings settings;
    spoc_tls_settings_from_config(config, &settings);
    g_auto(GStrv) warnings = NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(SpocTls) tls = spoc_tls_new_from_settings(&settings, &warnings, &error);
    if (tls == NULL)
        add(problems, SPOC_SEVERITY_ERROR, TRUE, g_strdup(error->message));
    for (guint i = 0; warnings != NULL && warnings[i] != NULL; i++)
        add(problems, SPOC_SEVERITY_WARNING, FALSE, g_strdup(warnings[i]));
    add_leaves(problems, &settings);
    return problems;
}
