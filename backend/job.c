/* SPDX-License-Identifier: Apache-2.0 */
#include "job.h"

#include <string.h>
#include <unistd.h>

char *
spoc_job_option(const char *options, const char *name)
{
    gsize length = strlen(name);
    /* The last one counts; one within a quoted value could only mislead about a name. */
    const char *found = NULL;
    for (const char *p = options; (p = strstr(p, name)) != NULL; p += length)
        if ((p == options || p[-1] == ' ') && p[length] == '=')
            found = p + length + 1;
    return found != NULL ? g_strndup(found, strcspn(found, " '\"\\")) : g_strdup("");
}

/* What the file is now, not what it was printed from: that is known on raw queues alone. */
static const char *
content_type(void)
{
    const char *final = g_getenv("FINAL_CONTENT_TYPE");
    return final != NULL && *final != '\0' ? final : g_getenv("CONTENT_TYPE");
}

SpocScanFacts *
spoc_job_facts(char **argv)
{
    SpocScanFacts *facts = spoc_scan_facts_new();
    const char *uri = g_getenv("DEVICE_URI");
    facts->job_id = MAX(g_ascii_strtoll(argv[1], NULL, 10), 0);
    facts->created_unix_s = g_get_real_time() / G_USEC_PER_SEC;
    spoc_scan_facts_set(&facts->user, argv[2]);
    spoc_scan_facts_set(&facts->title, argv[3]);
    g_free(facts->options);
    facts->options = g_strndup(argv[5], SPOC_SCAN_OPTIONS_MAX_BYTES);
    spoc_scan_facts_set(&facts->uri, uri != NULL && *uri != '\0' ? uri : argv[0]);
    spoc_scan_facts_set(&facts->printer, g_getenv("PRINTER"));
    spoc_scan_facts_set(&facts->printer_info, g_getenv("PRINTER_INFO"));
    spoc_scan_facts_set(&facts->location, g_getenv("PRINTER_LOCATION"));
    spoc_scan_facts_set(&facts->content_type, content_type());
    g_free(facts->uuid);
    facts->uuid = spoc_job_option(facts->options, "job-uuid");
    g_free(facts->server);
    facts->server = spoc_scan_process_stamp(getppid());
    g_free(facts->writer);
    facts->writer = spoc_scan_process_stamp(getpid());
    return facts;
}
