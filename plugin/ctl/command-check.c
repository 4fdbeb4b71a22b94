/* SPDX-License-Identifier: Apache-2.0 */
/* spocctl check: every problem that shows without a network */
#include "config/check.h"
#include "ctl/ctl.h"
#include "ctl/findings.h"
#include "ctl/subscription.h"
#include "people/directory.h"
#include "trust/check.h"

#define BLOCKS " (no mail goes out until this is mended)"

static SpocLogLevel
level_of(SpocSeverity severity)
{
    return severity == SPOC_SEVERITY_ERROR ? SPOC_LOG_ERROR : SPOC_LOG_WARNING;
}

/* What the configuration layer found, in files or between settings. */
static void
take_config_problems(GPtrArray *findings, const GPtrArray *problems)
{
    for (guint i = 0; i < problems->len; i++) {
        const SpocConfigProblem *problem = g_ptr_array_index(problems, i);
        spoc_findings_add(findings, level_of(problem->severity), "%s%s", problem->message,
                          problem->blocks_delivery ? BLOCKS : "");
    }
}

static void
check_config(GPtrArray *findings, const SpocPlaces *places)
{
    g_autoptr(SpocConfig) config = spoc_config_load(places);
    take_config_problems(findings, spoc_config_problems(config));
    const char *mailto = spoc_config_mailto_file(config);
    if (mailto != NULL)
        spoc_findings_add(findings, SPOC_LOG_INFO,
                          "there is no '%s', so '%s' is in force, as for CUPS's own mailto",
                          places->config_file, mailto);
    g_autoptr(GPtrArray) contradictions = spoc_config_check(places, config);
    take_config_problems(findings, contradictions);

    g_autofree char *directory = spoc_directory_problem(config);
    if (directory != NULL)
        spoc_findings_add(findings, SPOC_LOG_ERROR, "%s" BLOCKS, directory);

    g_autoptr(GPtrArray) trust = spoc_trust_check(config);
    for (guint i = 0; i < trust->len; i++) {
        const SpocTrustProblem *problem = g_ptr_array_index(trust, i);
        spoc_findings_add(findings, level_of(problem->severity), "%s%s", problem->message,
                          problem->blocks_delivery ? BLOCKS : "");
    }
}

/* (nullable): as whoever runs this, because CUPS shows not everything to everyone */
static GPtrArray *
list_subscriptions(GPtrArray *findings)
{
    g_autoptr(GError) error = NULL;
    GPtrArray *list = spoc_subscription_list_local(&error);
    if (list == NULL)
        spoc_findings_add(findings, SPOC_LOG_INFO, "the subscriptions were not looked at: %s",
                          error->message);
    return list;
}

static void
check_templates(GPtrArray *findings, const SpocPlaces *places)
{
    g_autoptr(SpocTemplates) templates = spoc_ctl_load_templates(places);
    const GPtrArray *problems = spoc_templates_problems(templates);
    for (guint i = 0; i < problems->len; i++)
        spoc_findings_add(findings, SPOC_LOG_WARNING, "%s",
                          (const char *)g_ptr_array_index(problems, i));
}

static int
print(const GPtrArray *findings)
{
    static const char *const prefixes[] = {"ERROR", "WARNING", "INFO"};
    guint counts[G_N_ELEMENTS(prefixes)] = {0};
    for (guint level = 0; level < G_N_ELEMENTS(prefixes); level++) {
        for (guint i = 0; i < findings->len; i++) {
            const SpocFinding *finding = g_ptr_array_index(findings, i);
            if (finding->level != level)
                continue;
            counts[level]++;
            g_autofree char *shown = spoc_ctl_shown(finding->message);
            (void)spoc_ctl_put("%s: %s\n", prefixes[level], shown);
        }
    }
    guint errors = counts[SPOC_LOG_ERROR], warnings = counts[SPOC_LOG_WARNING];
    if (errors == 0 && warnings == 0)
        (void)spoc_ctl_put("No problem found. 'spocctl test ADDRESS' tries the mail server.\n");
    else
        (void)spoc_ctl_put("%u %s, %u %s.\n", errors, errors == 1 ? "error" : "errors", warnings,
                           warnings == 1 ? "warning" : "warnings");
    return errors > 0 ? SPOC_CTL_PROBLEM : SPOC_CTL_GOOD;
}

int
spoc_ctl_check(int argc, char **argv, const SpocPlaces *places)
{
    if (!spoc_ctl_parse(NULL, "",
                        "Finds every problem that shows without a network: settings, trust,\n"
                        "permissions, spool, installed programs. The exit status is 1 when there\n"
                        "is an error; warnings alone are well.",
                        &argc, &argv))
        return SPOC_CTL_USAGE;
    if (argc != 1)
        return spoc_ctl_usage("'check' takes no argument");

    g_autoptr(GPtrArray) findings = spoc_findings_new();
    g_autoptr(GPtrArray) subscriptions = list_subscriptions(findings);
    g_autoptr(GError) error = NULL;
    if (!spoc_ctl_see_as_spocd(places, &error))
        spoc_findings_add(findings, SPOC_LOG_ERROR, "%s", error->message);
    check_config(findings, places);
    check_templates(findings, places);
    spoc_findings_check_spool(findings, places);
    spoc_findings_check_cache(findings, places);
    spoc_findings_check_programs(findings, places);
    spoc_findings_check_cupsd(findings, places, subscriptions);
    return print(findings);
}
