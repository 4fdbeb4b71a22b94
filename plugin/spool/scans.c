/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/scans.h"

#include "base/durable.h"
#include "base/error.h"
#include "spool/file.h"
#include "spool/queue.h"
#include "spool/scan-format.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define SWEEP_AFTER_S 3600

int
spoc_scan_folder(const SpocSpool *spool)
{
    return spoc_spool_folder_fd(spool, "scans");
}

gboolean
spoc_scan_check_name(const char *name, GError **error)
{
    if (spoc_spool_name_is_valid(name))
        return TRUE;
    g_set_error(error, SPOC_ERROR, SPOC_ERROR_INVALID, "'%s' is no name of a scan", name);
    return FALSE;
}

char *
spoc_scan_file(const char *name, const char *suffix)
{
    return g_strconcat(name, suffix, NULL);
}

static char *
temporary_document(const char *name)
{
    return g_strconcat(SPOC_DURABLE_TEMPORARY_PREFIX, name, SPOC_SCAN_DOCUMENT, NULL);
}

/* --- doors ------------------------------------------------------------------------------ */

int
spoc_scan_begin(SpocSpool *spool, const char *name, GError **error)
{
    if (!spoc_scan_check_name(name, error))
        return -1;
    g_autofree char *file = temporary_document(name);
    (void)unlinkat(spoc_scan_folder(spool), file, 0);
    int fd = openat(spoc_scan_folder(spool), file,
                    O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        spoc_error_set_errno(error, errno, "cannot make '%s/scans/%s'", spoc_spool_path(spool),
                             file);
    return fd;
}

gboolean
spoc_scan_offer(SpocSpool *spool, const char *name, const SpocScanFacts *facts, GError **error)
{
    int folder = spoc_scan_folder(spool);
    if (!spoc_scan_check_name(name, error))
        return FALSE;
    g_autofree char *temporary = temporary_document(name);
    g_autofree char *document = spoc_scan_file(name, SPOC_SCAN_DOCUMENT);
    g_autofree char *job = spoc_scan_file(name, SPOC_SCAN_FACTS);
    g_autofree char *left = spoc_scan_file(name, SPOC_SCAN_LEFT);
    g_autoptr(GString) text = spoc_scan_facts_format(facts);
    /* The old facts go first: at no time are there facts of another document. */
    if (!spoc_file_remove(folder, job, error) || !spoc_file_remove(folder, left, error))
        return FALSE;
    if (renameat(folder, temporary, folder, document) != 0) {
        spoc_error_set_errno(error, errno, "cannot rename '%s/scans/%s'", spoc_spool_path(spool),
                             temporary);
        return FALSE;
    }
    return spoc_file_place(folder, job, text->str, text->len, NULL, error);
}

gboolean
spoc_scan_sync(SpocSpool *spool, const char *name, GError **error)
{
    g_autofree char *document = spoc_scan_file(name, SPOC_SCAN_DOCUMENT);
    int folder = spoc_scan_folder(spool);
    int fd = spoc_file_open(folder, document, O_RDONLY, NULL, error);
    if (fd < 0)
        return FALSE;
    gboolean good = fsync(fd) == 0;
    if (!good)
        spoc_error_set_errno(error, errno, "cannot sync '%s/scans/%s'", spoc_spool_path(spool),
                             document);
    close(fd);
    return good && spoc_durable_sync_directory(folder, error);
}

static gboolean
rename_facts(SpocSpool *spool, const char *name, const char *from, const char *to, GError **error)
{
    int folder = spoc_scan_folder(spool);
    g_autofree char *source = spoc_scan_file(name, from);
    g_autofree char *target = spoc_scan_file(name, to);
    if (renameat(folder, source, folder, target) != 0) {
        spoc_error_set_errno(error, errno, "cannot rename '%s/scans/%s'", spoc_spool_path(spool),
                             source);
        return FALSE;
    }
    return spoc_durable_sync_directory(folder, error);
}

gboolean
spoc_scan_leave(SpocSpool *spool, const char *name, GError **error)
{
    return spoc_scan_check_name(name, error) && spoc_scan_sync(spool, name, error) &&
           rename_facts(spool, name, SPOC_SCAN_FACTS, SPOC_SCAN_LEFT, error);
}

void
spoc_scan_withdraw(SpocSpool *spool, const char *name)
{
    g_autofree char *temporary = temporary_document(name);
    (void)unlinkat(spoc_scan_folder(spool), temporary, 0);
    g_autoptr(GError) error = NULL;
    if (!spoc_scan_remove(spool, name, &error))
        return; /* spocd sweeps it when it is old */
}

/* --- spocd ------------------------------------------------------------------------------ */

/* Whether @file is a valid name before @suffix, which is cut off. */
static gboolean
cut_suffix(char *file, const char *suffix)
{
    if (!g_str_has_suffix(file, suffix))
        return FALSE;
    file[strlen(file) - strlen(suffix)] = '\0';
    return spoc_spool_name_is_valid(file);
}

GPtrArray *
spoc_scan_list_left(SpocSpool *spool, GError **error)
{
    g_autoptr(GPtrArray) files = spoc_file_list(spoc_scan_folder(spool), error);
    if (files == NULL)
        return NULL;
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < files->len; i++)
        if (cut_suffix(files->pdata[i], SPOC_SCAN_LEFT))
            g_ptr_array_add(names, g_steal_pointer(&files->pdata[i]));
    return names;
}

SpocScanFacts *
spoc_scan_load(SpocSpool *spool, const char *name, GError **error)
{
    static const char *const suffixes[] = {SPOC_SCAN_FACTS, SPOC_SCAN_LEFT};
    if (!spoc_scan_check_name(name, error))
        return NULL;
    g_autoptr(GBytes) text = NULL;
    for (guint i = 0; text == NULL && i < G_N_ELEMENTS(suffixes); i++) {
        g_autofree char *file = spoc_scan_file(name, suffixes[i]);
        if (i > 0 && error != NULL)
            g_clear_error(error);
        text =
            spoc_file_read(spoc_scan_folder(spool), file, SPOC_SCAN_FACTS_MAX_BYTES, NULL, error);
        if (text == NULL && error != NULL &&
            !g_error_matches(*error, SPOC_ERROR, SPOC_ERROR_NOT_FOUND))
            break;
    }
    SpocScanFacts *facts = NULL;
    if (text != NULL) {
        gsize size = 0;
        const char *bytes = g_bytes_get_data(text, &size);
        facts = spoc_scan_facts_parse(bytes != NULL ? bytes : "", size, error);
    }
    if (facts == NULL)
        g_prefix_error(error, "the facts of the scan '%s': ", name);
    return facts;
}

int
spoc_scan_open_document(SpocSpool *spool, const char *name, guint64 size_bytes, GError **error)
{
    if (!spoc_scan_check_name(name, error))
        return -1;
    g_autofree char *file = spoc_scan_file(name, SPOC_SCAN_DOCUMENT);
    struct stat info;
    int fd = spoc_file_open(spoc_scan_folder(spool), file, O_RDONLY, &info, error);
    if (fd < 0) {
        g_prefix_error(error, "the document of the scan '%s': ", name);
        return -1;
    }
    if ((guint64)info.st_size == size_bytes)
        return fd;
    close(fd);
    g_set_error(error, SPOC_ERROR, SPOC_ERROR_CORRUPT,
                "the document of the scan '%s' has %" G_GINT64_FORMAT
                " bytes instead of %" G_GUINT64_FORMAT,
                name, (gint64)info.st_size, size_bytes);
    return -1;
}

gboolean
spoc_scan_taken(SpocSpool *spool, const char *name, GError **error)
{
    g_autofree char *left = spoc_scan_file(name, SPOC_SCAN_LEFT);
    return spoc_scan_check_name(name, error) &&
           (!spoc_file_exists(spoc_scan_folder(spool), left) ||
            rename_facts(spool, name, SPOC_SCAN_LEFT, SPOC_SCAN_FACTS, error));
}

gboolean
spoc_scan_settle(SpocSpool *spool, const char *name, const SpocScanRecord *record, GError **error)
{
    if (!spoc_scan_check_name(name, error))
        return FALSE;
    g_autofree char *file = spoc_scan_file(name, SPOC_SCAN_RECORD);
    g_autoptr(GString) text = spoc_scan_record_format(record);
    return spoc_file_place(spoc_scan_folder(spool), file, text->str, text->len, NULL, error) &&
           spoc_durable_sync_directory(spoc_scan_folder(spool), error);
}

gboolean
spoc_scan_find_record(SpocSpool *spool, const char *name, SpocScanRecord *ret_record,
                      GError **error)
{
    if (!spoc_scan_check_name(name, error))
        return FALSE;
    g_autofree char *file = spoc_scan_file(name, SPOC_SCAN_RECORD);
    g_autoptr(GBytes) text =
        spoc_file_read(spoc_scan_folder(spool), file, SPOC_SCAN_FACTS_MAX_BYTES, NULL, error);
    if (text == NULL)
        return FALSE;
    gsize size = 0;
    const char *bytes = g_bytes_get_data(text, &size);
    return spoc_scan_record_parse(bytes != NULL ? bytes : "", size, ret_record, error);
}

gboolean
spoc_scan_remove(SpocSpool *spool, const char *name, GError **error)
{
    /* The facts first: without them there is no entry. */
    static const char *const suffixes[] = {SPOC_SCAN_LEFT, SPOC_SCAN_FACTS, SPOC_SCAN_DOCUMENT};
    if (!spoc_scan_check_name(name, error))
        return FALSE;
    for (guint i = 0; i < G_N_ELEMENTS(suffixes); i++) {
        g_autofree char *file = spoc_scan_file(name, suffixes[i]);
        if (!spoc_file_remove(spoc_scan_folder(spool), file, error))
            return FALSE;
    }
    return TRUE;
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

/* A door that has waited for hours for a slow server still comes back to it. */
static gboolean
is_claimed(SpocSpool *spool, const char *name)
{
    SpocMessageState state;
    g_autofree char *left = spoc_scan_file(name, SPOC_SCAN_LEFT);
    if (spoc_queue_find(spool, name, &state, NULL) ||
        spoc_file_exists(spoc_scan_folder(spool), left))
        return TRUE;
    g_autoptr(GError) error = NULL;
    g_autoptr(SpocScanFacts) facts = spoc_scan_load(spool, name, &error);
    return facts != NULL && spoc_scan_process_lives(facts->writer);
}

static gboolean
is_leftover(SpocSpool *spool, const char *file, gint64 now_unix_s)
{
    g_autofree char *name = g_strdup(file);
    if (cut_suffix(name, SPOC_SCAN_RECORD)) {
        SpocMessageState state;
        return age_s(spool, file, now_unix_s) > SPOC_SCAN_RECORD_KEEP_S &&
               !spoc_queue_find(spool, name, &state, NULL);
    }
    if (!g_str_has_suffix(file, SPOC_SCAN_DOCUMENT) && !g_str_has_suffix(file, SPOC_SCAN_FACTS))
        return FALSE;
    (void)g_strlcpy(name, file, strlen(file) + 1);
    return (cut_suffix(name, SPOC_SCAN_DOCUMENT) || cut_suffix(name, SPOC_SCAN_FACTS)) &&
           age_s(spool, file, now_unix_s) > SWEEP_AFTER_S && !is_claimed(spool, name);
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
