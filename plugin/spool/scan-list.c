/* SPDX-License-Identifier: Apache-2.0 */
/* Everything that lies in scans/, for people: nothing in the spool may be invisible. */
#include "spool/scan-list.h"

#include "base/error.h"
#include "spool/file.h"
#include "spool/message.h"
#include "spool/scan-format.h"
#include "spool/scans.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#define SWEEP_AFTER_S 3600

typedef enum {
    HAS_DOCUMENT = 1 << 0,
    HAS_METADATA = 1 << 1,
    HAS_LEFT = 1 << 2,
    HAS_TEMPORARY = 1 << 3,
    IS_FOREIGN = 1 << 4,
} Files;

static gboolean
has_client(SpocScanStage stage)
{
    return stage == SPOC_SCAN_STAGE_COPYING || stage == SPOC_SCAN_STAGE_OFFERED;
}

static void
listed_free(SpocScanListed *listed)
{
    if (listed == NULL)
        return;
    spoc_scan_metadata_free(listed->metadata);
    g_free(listed->name);
    g_free(listed);
}

static guint
file_kind(const char *suffix, gboolean is_temporary)
{
    if (is_temporary)
        return g_str_equal(suffix, SPOC_SCAN_RECORD) ? 0 : HAS_TEMPORARY;
    if (g_str_equal(suffix, SPOC_SCAN_DOCUMENT))
        return HAS_DOCUMENT;
    if (g_str_equal(suffix, SPOC_SCAN_LEFT))
        return HAS_LEFT;
    return g_str_equal(suffix, SPOC_SCAN_METADATA) ? HAS_METADATA : 0;
}

/* (transfer full): name of an entry, or of a foreign file → its Files */
static GHashTable *
sort_files(const GPtrArray *files)
{
    GHashTable *entries = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (guint i = 0; i < files->len; i++) {
        const char *suffix = NULL;
        gboolean is_temporary = FALSE;
        g_autofree char *name = spoc_scan_file_parse(files->pdata[i], &suffix, &is_temporary);
        guint kind = name != NULL ? file_kind(suffix, is_temporary) : IS_FOREIGN;
        if (kind == 0)
            continue;
        const char *key = name != NULL ? name : files->pdata[i];
        kind |= GPOINTER_TO_UINT(g_hash_table_lookup(entries, key));
        g_hash_table_insert(entries, g_strdup(key), GUINT_TO_POINTER(kind));
    }
    return entries;
}

static SpocScanStage
find_stage(guint files, const SpocScanMetadata *metadata)
{
    if ((files & IS_FOREIGN) != 0)
        return SPOC_SCAN_STAGE_FOREIGN;
    gboolean lives = metadata != NULL && spoc_process_lives(metadata->writer);
    if ((files & (HAS_METADATA | HAS_LEFT)) == 0 && (files & HAS_TEMPORARY) != 0)
        return lives ? SPOC_SCAN_STAGE_COPYING : SPOC_SCAN_STAGE_CUT_OFF;
    if (metadata == NULL || (files & HAS_DOCUMENT) == 0)
        return SPOC_SCAN_STAGE_DAMAGED;
    if ((files & HAS_LEFT) != 0)
        return SPOC_SCAN_STAGE_LEFT;
    return lives ? SPOC_SCAN_STAGE_OFFERED : SPOC_SCAN_STAGE_ABANDONED;
}

/* The file that says most of its size and age */
static char *
main_file(const char *name, guint files)
{
    if ((files & IS_FOREIGN) != 0)
        return g_strdup(name);
    if ((files & HAS_DOCUMENT) != 0)
        return spoc_scan_file(name, SPOC_SCAN_DOCUMENT);
    if ((files & HAS_TEMPORARY) != 0)
        return spoc_scan_temporary_file(name, SPOC_SCAN_DOCUMENT);
    return spoc_scan_file(name, (files & HAS_LEFT) != 0 ? SPOC_SCAN_LEFT : SPOC_SCAN_METADATA);
}

/* (nullable): NULL when it went on meanwhile */
static SpocScanListed *
look_at(SpocSpool *spool, const char *name, guint files)
{
    g_autoptr(SpocScanMetadata) metadata = NULL;
    if ((files & (HAS_METADATA | HAS_LEFT)) != 0)
        metadata = spoc_scan_load(spool, name, NULL);
    else if ((files & HAS_TEMPORARY) != 0)
        metadata = spoc_scan_load_temporary(spool, name, NULL);
    g_autofree char *file = main_file(name, files);
    struct stat info = {0};
    gboolean is_there = fstatat(spoc_scan_folder(spool), file, &info, AT_SYMLINK_NOFOLLOW) == 0;
    if (!is_there && metadata == NULL)
        return NULL;
    SpocScanListed *listed = g_new0(SpocScanListed, 1);
    listed->name = g_strdup(name);
    listed->stage = find_stage(files, metadata);
    listed->size_bytes = (guint64)MAX(info.st_size, 0);
    listed->changed_unix_s = is_there ? info.st_mtim.tv_sec : metadata->created_unix_s;
    listed->metadata = g_steal_pointer(&metadata);
    return listed;
}

GPtrArray *
spoc_scan_list_all(SpocSpool *spool, GError **error)
{
    g_autoptr(GPtrArray) files = spoc_file_list(spoc_scan_folder(spool), error);
    if (files == NULL)
        return NULL;
    g_autoptr(GHashTable) entries = sort_files(files);
    GPtrArray *list = g_ptr_array_new_with_free_func((GDestroyNotify)listed_free);
    GHashTableIter place;
    gpointer name = NULL;
    gpointer kinds = NULL;
    g_hash_table_iter_init(&place, entries);
    while (g_hash_table_iter_next(&place, &name, &kinds)) {
        SpocScanListed *listed = look_at(spool, name, GPOINTER_TO_UINT(kinds));
        if (listed != NULL)
            g_ptr_array_add(list, listed);
    }
    return list;
}

/* Files only: what is no file was not put there by us, nor is it taken away by us. */
static gboolean
discard_foreign(SpocSpool *spool, const char *name, GError **error)
{
    struct stat info;
    if (strchr(name, '/') != NULL || *name == '\0' ||
        fstatat(spoc_scan_folder(spool), name, &info, AT_SYMLINK_NOFOLLOW) != 0) {
        g_set_error(error, SPOC_ERROR, SPOC_ERROR_NOT_FOUND, "there is no message '%s'", name);
        return FALSE;
    }
    return spoc_file_remove(spoc_scan_folder(spool), name, error);
}

gboolean
spoc_scan_discard(SpocSpool *spool, const char *name, GError **error)
{
    g_autoptr(GPtrArray) list = spoc_scan_list_all(spool, error);
    if (list == NULL)
        return FALSE;
    for (guint i = 0; i < list->len; i++) {
        const SpocScanListed *listed = g_ptr_array_index(list, i);
        if (!g_str_equal(listed->name, name))
            continue;
        if (has_client(listed->stage)) {
            g_set_error(error, SPOC_ERROR, SPOC_ERROR_UNAVAILABLE,
                        "document '%s' is still its print job's: cancel the job", name);
            return FALSE;
        }
        if (listed->stage == SPOC_SCAN_STAGE_FOREIGN)
            return discard_foreign(spool, name, error);
        spoc_scan_withdraw(spool, name);
        return TRUE;
    }
    g_set_error(error, SPOC_ERROR, SPOC_ERROR_NOT_FOUND, "there is no message '%s'", name);
    return FALSE;
}

/* --- sweeping --------------------------------------------------------------------------- */

static gint64
age_s(SpocSpool *spool, const char *file, gint64 now_unix_s)
{
    struct stat info;
    if (fstatat(spoc_scan_folder(spool), file, &info, AT_SYMLINK_NOFOLLOW) != 0)
        return 0;
    return now_unix_s - info.st_ctim.tv_sec;
}

/* A client that has waited for hours for a slow server still comes back to it. */
static gboolean
is_in_use(SpocSpool *spool, const char *name, gboolean is_temporary)
{
    SpocState state;
    g_autofree char *left = spoc_scan_file(name, SPOC_SCAN_LEFT);
    if (!is_temporary && (spoc_message_find(spool, name, &state, NULL) ||
                          spoc_file_exists(spoc_scan_folder(spool), left)))
        return TRUE;
    g_autoptr(SpocScanMetadata) metadata = is_temporary
                                               ? spoc_scan_load_temporary(spool, name, NULL)
                                               : spoc_scan_load(spool, name, NULL);
    return metadata != NULL && spoc_process_lives(metadata->writer);
}

static gboolean
is_leftover(SpocSpool *spool, const char *file, gint64 now_unix_s)
{
    const char *suffix = NULL;
    gboolean is_temporary = FALSE;
    g_autofree char *name = spoc_scan_file_parse(file, &suffix, &is_temporary);
    if (name == NULL)
        return FALSE;
    if (!is_temporary && g_str_equal(suffix, SPOC_SCAN_RECORD)) {
        SpocState state;
        return age_s(spool, file, now_unix_s) > SPOC_SCAN_RECORD_KEEP_S &&
               !spoc_message_find(spool, name, &state, NULL);
    }
    return (is_temporary || !g_str_equal(suffix, SPOC_SCAN_LEFT)) &&
           age_s(spool, file, now_unix_s) > SWEEP_AFTER_S && !is_in_use(spool, name, is_temporary);
}

gboolean
spoc_scan_sweep(SpocSpool *spool, gint64 now_unix_s, GError **error)
{
    g_autoptr(GPtrArray) files = spoc_file_list(spoc_scan_folder(spool), error);
    if (files == NULL)
        return FALSE;
    for (guint i = 0; i < files->len; i++)
        if (is_leftover(spool, files->pdata[i], now_unix_s) &&
            !spoc_file_remove(spoc_scan_folder(spool), files->pdata[i], error))
            return FALSE;
    return TRUE;
}
