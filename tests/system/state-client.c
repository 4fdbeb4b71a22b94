/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  What spocd learns of a printer and a job, asked from a real cupsd, for test-facts.py.
 * INPUT    JOB (0 for none) and PRINTER ("" for none); CUPS_SERVER says which cupsd.
 *          Prints one line "key=value" a fact; "silent" when CUPS could not be asked.
 */
#include "cups/questions.h"

#include <stdio.h>
#include <stdlib.h>

static void
say(const char *key, const char *value)
{
    printf("%s=%s\n", key, value != NULL ? value : "");
}

static void
say_all(const char *key, char **values)
{
    g_autofree char *joined = g_strjoinv(",", values);
    say(key, joined);
}

static void
on_state(const SpocStateAttributes *facts, gpointer user_data)
{
    GMainLoop *loop = user_data;
    g_main_loop_quit(loop);
    if (facts == NULL) {
        printf("silent\n");
        return;
    }
    say("info", facts->printer_info);
    say("location", facts->printer_location);
    say("message", facts->printer_message);
    say_all("reasons", facts->printer_state_reasons);
    printf("state=%d\naccepting=%d\nclass=%d\n", facts->printer_state,
           facts->printer_is_accepting_jobs, facts->is_class);
    say("job-message", facts->job_message);
    say_all("job-reasons", facts->job_state_reasons);
    printf("job-state=%d\nimpressions=%d\ncompleted=%d\nsheets=%d\n", facts->job_state,
           facts->job_impressions, facts->job_impressions_completed, facts->job_sheets_completed);
}

int
main(int argc, char **argv)
{
    if (argc != 3)
        return EXIT_FAILURE;
    g_autoptr(GMainLoop) loop = g_main_loop_new(NULL, FALSE);
    g_autoptr(SpocCups) cups = spoc_cups_new(NULL);
    spoc_cups_ask_state(cups, atoi(argv[1]), *argv[2] != '\0' ? argv[2] : NULL, on_state, loop);
    g_main_loop_run(loop);
    return EXIT_SUCCESS;
}
