/* SPDX-License-Identifier: Apache-2.0 */
/* Names of scan entries: whether this document is one that CUPS runs again. */
#include "spool/scan-names.h"

#include "base/error.h"
#include "spool/file.h"
#include "spool/message.h"
#include "spool/scans.h"

#include <string.h>

#define NEW_PREFIX "scan-new-"
#define RUNS_MAX 10000

/* (nullable): what the names of the job begin with. Names of versions before had the job's UUID
 * there, which no job number is. */
static char *
base_of(const SpocScanMetadata *metadata)
{
    if (metadata->job_id <= 0 || metadata->accepted_unix_s <= 0)
        return NULL;
    return g_strdup_printf("scan-%" G_GINT64_FORMAT "-%" G_GINT64_FORMAT, metadata->job_id,
                           metadata->accepted_unix_s);
}

static char *
new_name(void)
{
    g_autofree char *uuid = g_uuid_string_random();
    return g_strconcat(NEW_PREFIX, uuid, NULL);
}

gboolean
spoc_scan_name_recurs(const char *name)
{
    return !g_str_has_prefix(name, NEW_PREFIX);
}

/* (nullable): whose the entry of this name is, or was; NULL when there is none, or nothing
 * tells */
static char *
owner_of(SpocSpool *spool, const char *name)
{
    g_auto(SpocScanRecord) record = {0};
    if (spoc_scan_find_record(spool, name, &record, NULL) && record.owner != NULL)
        return g_steal_pointer(&record.owner);
    g_autoptr(SpocScanMetadata) metadata = spoc_scan_load(spool, name, NULL);
    return metadata != NULL ? g_strdup(metadata->user) : NULL;
}

/* Whether @name was settled; a damaged record counts as one, for better late than twice. */
static gboolean
find_settled(SpocSpool *spool, const char *name, SpocScanRecord *ret_record)
{
    g_autoptr(GError) error = NULL;
    SpocState state;
    if (spoc_scan_find_record(spool, name, ret_record, &error))
        return TRUE;
    /* A crash between keeping the message and writing the record. */
    if (!spoc_message_find(spool, name, &state, NULL) &&
        g_error_matches(error, SPOC_ERROR, SPOC_ERROR_NOT_FOUND))
        return FALSE;
    *ret_record = (SpocScanRecord){.end = SPOC_SCAN_QUEUED,
                                   .owner = owner_of(spool, name),
                                   .server = g_strdup(""),
                                   .text = g_strdup("it was handed over before")};
    return TRUE;
}

char *
spoc_scan_choose_name(SpocSpool *spool, const SpocScanMetadata *metadata, guint document,
                      gboolean *ret_settled, SpocScanRecord *ret_record, GError **error)
{
    *ret_settled = FALSE;
    g_autofree char *base = base_of(metadata);
    if (base == NULL)
        return new_name();
    for (guint run = 1; run <= RUNS_MAX; run++) {
        g_autofree char *name = g_strdup_printf("%s-%u-%u", base, document, run);
        g_auto(SpocScanRecord) record = {0};
        g_autofree char *owner = owner_of(spool, name);
        if (owner != NULL && strcmp(owner, metadata->user) != 0)
            continue;
        if (!find_settled(spool, name, &record))
            return g_steal_pointer(&name);
        if (*metadata->server != '\0' && strcmp(record.server, metadata->server) == 0)
            continue;
        *ret_settled = TRUE;
        *ret_record = record;
        record = (SpocScanRecord){0};
        return g_steal_pointer(&name);
    }
    g_set_error(error, SPOC_ERROR, SPOC_ERROR_LIMIT, "this document was run %d times", RUNS_MAX);
    return NULL;
}

gboolean
spoc_scan_told(SpocSpool *spool, const char *name, const SpocScanRecord *record, const char *server,
               GError **error)
{
    const SpocScanRecord told = {
        .end = record->end, .owner = record->owner, .server = (char *)server, .text = record->text};
    return spoc_scan_write_record(spool, name, &told, error);
}

gboolean
spoc_scan_expect_rerun(SpocSpool *spool, const SpocScanMetadata *metadata, GError **error)
{
    g_autofree char *base = base_of(metadata);
    if (base == NULL)
        return TRUE;
    g_autofree char *prefix = g_strconcat(base, "-", NULL);
    g_autoptr(GPtrArray) files = spoc_file_list(spoc_scan_folder(spool), error);
    if (files == NULL)
        return FALSE;
    for (guint i = 0; i < files->len; i++) {
        char *file = files->pdata[i];
        g_auto(SpocScanRecord) record = {0};
        if (!g_str_has_prefix(file, prefix) || !g_str_has_suffix(file, SPOC_SCAN_RECORD))
            continue;
        file[strlen(file) - strlen(SPOC_SCAN_RECORD)] = '\0';
        if (!spoc_scan_find_record(spool, file, &record, NULL))
            continue;
        if (g_strcmp0(record.owner, metadata->user) == 0 &&
            strcmp(record.server, metadata->server) == 0 &&
            !spoc_scan_told(spool, file, &record, "", error))
            return FALSE;
    }
    return TRUE;
}
