/* SPDX-License-Identifier: Apache-2.0 */
/* spocctl check: every problem that shows without a network */
#include "control/client.h"
#include "ctl/commands.h"
#include "ctl/ctl.h"
#include "ctl/find-queue.h"
#include "ctl/look.h"
#include "queue/list.h"

static void
ignore_entry(const char *text, gpointer user_data)
{
}

/* Whether mail waits that nobody will send; a spool that cannot be opened is a finding already. */
static void
find_asleep(SpocLook *look, const SpocPlaces *places)
{
    g_autofree char *used = g_build_filename(places->spool_dir, "events", NULL);
    if (!g_file_test(used, G_FILE_TEST_IS_DIR))
        return; /* a look makes nothing */
    g_autoptr(SpocSpool) spool = spoc_ctl_open_spool(places, NULL);
    g_autoptr(SpocControlClient) client =
        spool != NULL ? spoc_control_client_new(spool, NULL) : NULL;
    g_autoptr(GPtrArray) list = spool != NULL && client == NULL
                                    ? spoc_queue_list(spool, NULL, ignore_entry, NULL, NULL)
                                    : NULL;
    if (list != NULL)
        spoc_find_asleep(look->here, places, look->config, list);
}

static int
print_totals(const SpocLook *look)
{
    guint errors = spoc_findings_count(look->here, SPOC_LOG_ERROR) +
                   spoc_findings_count(look->cups, SPOC_LOG_ERROR);
    guint warnings = spoc_findings_count(look->here, SPOC_LOG_WARNING) +
                     spoc_findings_count(look->cups, SPOC_LOG_WARNING);
    if (errors == 0 && warnings == 0)
        (void)spoc_ctl_put("No problem found. 'spocctl test ADDRESS' tries the mail server.\n");
    else
        (void)spoc_ctl_put("%u %s, %u %s.\n", errors, errors == 1 ? "error" : "errors", warnings,
                           warnings == 1 ? "warning" : "warnings");
    return errors > 0 ? SPOC_CTL_PROBLEM : SPOC_CTL_GOOD;
}

static int
run_check(int argc, char **argv, const SpocPlaces *places)
{
    if (!spoc_ctl_parse(NULL, "",
                        "Finds every problem that shows without a network: settings, trust,\n"
                        "permissions, spool, installed programs, CUPS. The exit status is 1 when\n"
                        "there is an error; with warnings alone it is 0.",
                        &argc, &argv))
        return SPOC_CTL_USAGE;
    if (argc != 1)
        return spoc_ctl_usage("'check' takes no argument");

    g_autoptr(GError) error = NULL;
    g_autoptr(SpocLook) look = spoc_look_new(places, &error);
    if (look == NULL)
        return spoc_ctl_fail("%s", error->message);
    find_asleep(look, places);
    spoc_findings_print(look->here, SPOC_LOG_INFO);
    GPtrArray *subscriptions = spoc_look_at_cups(look, places);
    g_clear_pointer(&subscriptions, g_ptr_array_unref);
    spoc_findings_print(look->cups, SPOC_LOG_INFO);
    return print_totals(look);
}

const SpocCommand spoc_command_check = {
    .name = "check",
    .run = run_check,
    .help = "find every problem that shows without a network",
};
