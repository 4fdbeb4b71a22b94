/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/scans.h"

#include "base/durable.h"
#include "base/error.h"
#include "spool/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* --- clients ------------------------------------------------------------------------------ */

/* A new file in the place of an old one, not synced; -1 with the error set */
static int
make_file(SpocSpool *spool, const char *file, GError **error)
{
    int folder = spoc_scan_folder(spool);
    (void)unlinkat(folder, file, 0);
    int fd = openat(folder, file, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        spoc_error_set_errno(error, errno, "cannot make '%s/scans/%s'", spoc_spool_path(spool),
                             file);
    return fd;
}

/* For those who look at the spool alone: a full disk is no reason to go no further. */
static gboolean
announce_copy(SpocSpool *spool, const char *name, const SpocScanMetadata *metadata, GError **error)
{
    g_autofree char *file = spoc_scan_temporary_file(name, SPOC_SCAN_METADATA);
    g_autoptr(GString) text = spoc_scan_metadata_format(metadata);
    g_autoptr(GError) problem = NULL;
    int fd = make_file(spool, file, error);
    if (fd < 0)
        return FALSE;
    if (!spoc_file_write_at(fd, 0, text->str, text->len, &problem))
        (void)unlinkat(spoc_scan_folder(spool), file, 0);
    close(fd);
    return TRUE;
}

int
spoc_scan_begin(SpocSpool *spool, const char *name, const SpocScanMetadata *metadata,
                GError **error)
{
    if (!spoc_scan_check_name(name, error) || !announce_copy(spool, name, metadata, error))
        return -1;
    g_autofree char *file = spoc_scan_temporary_file(name, SPOC_SCAN_DOCUMENT);
    return make_file(spool, file, error);
}

gboolean
spoc_scan_offer(SpocSpool *spool, const char *name, const SpocScanMetadata *metadata,
                GError **error)
{
    int folder = spoc_scan_folder(spool);
    if (!spoc_scan_check_name(name, error))
        return FALSE;
    g_autofree char *temporary = spoc_scan_temporary_file(name, SPOC_SCAN_DOCUMENT);
    g_autofree char *document = spoc_scan_file(name, SPOC_SCAN_DOCUMENT);
    g_autofree char *job = spoc_scan_file(name, SPOC_SCAN_METADATA);
    g_autofree char *left = spoc_scan_file(name, SPOC_SCAN_LEFT);
    g_autoptr(GString) text = spoc_scan_metadata_format(metadata);
    /* The old metadata go first: at no time are there metadata of another document. */
    if (!spoc_file_remove(folder, job, error) || !spoc_file_remove(folder, left, error))
        return FALSE;
    if (renameat(folder, temporary, folder, document) != 0) {
        spoc_error_set_errno(error, errno, "cannot rename '%s/scans/%s'", spoc_spool_path(spool),
                             temporary);
        return FALSE;
    }
    return spoc_file_place(folder, job, text->str, text->len, error);
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
rename_metadata(SpocSpool *spool, const char *name, const char *from, const char *to,
                GError **error)
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
    if (!spoc_scan_check_name(name, error) || !spoc_scan_sync(spool, name, error))
        return FALSE;
    /* A second client may have asked for what the first one left. */
    g_autofree char *left = spoc_scan_file(name, SPOC_SCAN_LEFT);
    return spoc_file_exists(spoc_scan_folder(spool), left) ||
           rename_metadata(spool, name, SPOC_SCAN_METADATA, SPOC_SCAN_LEFT, error);
}

void
spoc_scan_withdraw(SpocSpool *spool, const char *name)
{
    g_autofree char *temporary = spoc_scan_temporary_file(name, SPOC_SCAN_DOCUMENT);
    g_autofree char *announced = spoc_scan_temporary_file(name, SPOC_SCAN_METADATA);
    (void)unlinkat(spoc_scan_folder(spool), temporary, 0);
    (void)unlinkat(spoc_scan_folder(spool), announced, 0);
    g_autoptr(GError) error = NULL;
    if (!spoc_scan_remove(spool, name, &error))
        return; /* spocd sweeps it when it is old */
}

/* --- spocd ------------------------------------------------------------------------------ */

GPtrArray *
spoc_scan_list_left(SpocSpool *spool, GError **error)
{
    g_autoptr(GPtrArray) files = spoc_file_list(spoc_scan_folder(spool), error);
    if (files == NULL)
        return NULL;
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < files->len; i++) {
        const char *suffix = NULL;
        gboolean is_temporary = FALSE;
        g_autofree char *name = spoc_scan_file_parse(files->pdata[i], &suffix, &is_temporary);
        if (name != NULL && !is_temporary && g_str_equal(suffix, SPOC_SCAN_LEFT))
            g_ptr_array_add(names, g_steal_pointer(&name));
    }
    return names;
}

/* SPOC_ERROR_NOT_FOUND when there is no such file */
static SpocScanMetadata *
read_metadata(SpocSpool *spool, const char *file, GError **error)
{
    g_autoptr(GBytes) text =
        spoc_file_read(spoc_scan_folder(spool), file, SPOC_SCAN_METADATA_MAX_BYTES, NULL, error);
    if (text == NULL)
        return NULL;
    gsize size = 0;
    const char *bytes = g_bytes_get_data(text, &size);
    return spoc_scan_metadata_parse(bytes != NULL ? bytes : "", size, error);
}

SpocScanMetadata *
spoc_scan_load(SpocSpool *spool, const char *name, GError **error)
{
    static const char *const suffixes[] = {SPOC_SCAN_METADATA, SPOC_SCAN_LEFT};
    if (!spoc_scan_check_name(name, error))
        return NULL;
    g_autoptr(GError) problem = NULL;
    SpocScanMetadata *metadata = NULL;
    for (guint i = 0; metadata == NULL && i < G_N_ELEMENTS(suffixes); i++) {
        g_autofree char *file = spoc_scan_file(name, suffixes[i]);
        g_clear_error(&problem);
        metadata = read_metadata(spool, file, &problem);
        if (problem != NULL && !g_error_matches(problem, SPOC_ERROR, SPOC_ERROR_NOT_FOUND))
            break;
    }
    if (metadata == NULL)
        g_propagate_prefixed_error(error, g_steal_pointer(&problem),
                                   "the metadata of the scan '%s': ", name);
    return metadata;
}

SpocScanMetadata *
spoc_scan_load_temporary(SpocSpool *spool, const char *name, GError **error)
{
    g_autofree char *file = spoc_scan_temporary_file(name, SPOC_SCAN_METADATA);
    return read_metadata(spool, file, error);
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
            rename_metadata(spool, name, SPOC_SCAN_LEFT, SPOC_SCAN_METADATA, error));
}

gboolean
spoc_scan_write_record(SpocSpool *spool, const char *name, const SpocScanRecord *record,
                       GError **error)
{
    if (!spoc_scan_check_name(name, error))
        return FALSE;
    g_autofree char *file = spoc_scan_file(name, SPOC_SCAN_RECORD);
    g_autoptr(GString) text = spoc_scan_record_format(record);
    return spoc_file_place(spoc_scan_folder(spool), file, text->str, text->len, error) &&
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
        spoc_file_read(spoc_scan_folder(spool), file, SPOC_SCAN_METADATA_MAX_BYTES, NULL, error);
    if (text == NULL)
        return FALSE;
    gsize size = 0;
    const char *bytes = g_bytes_get_data(text, &size);
    return spoc_scan_record_parse(bytes != NULL ? bytes : "", size, ret_record, error);
}

gboolean
spoc_scan_set_aside(SpocSpool *spool, const char *name, GError **error)
{
    /* The metadata last: until they are gone it is done again. */
    static const char *const suffixes[] = {SPOC_SCAN_DOCUMENT, SPOC_SCAN_LEFT};
    if (!spoc_scan_check_name(name, error))
        return FALSE;
    for (guint i = 0; i < G_N_ELEMENTS(suffixes); i++) {
        g_autofree char *file = spoc_scan_file(name, suffixes[i]);
        if (spoc_file_exists(spoc_scan_folder(spool), file) &&
            !spoc_spool_set_aside(spool, "scans", file, error))
            return FALSE;
    }
    return TRUE;
}

guint64
spoc_scan_document_size(SpocSpool *spool, const char *name)
{
    struct stat info;
    g_autofree char *file = spoc_scan_file(name, SPOC_SCAN_DOCUMENT);
    return fstatat(spoc_scan_folder(spool), file, &info, AT_SYMLINK_NOFOLLOW) == 0
               ? (guint64)info.st_size
               : 0;
}

gboolean
spoc_scan_remove(SpocSpool *spool, const char *name, GError **error)
{
    /* The metadata first: without them there is no entry. */
    static const char *const suffixes[] = {SPOC_SCAN_LEFT, SPOC_SCAN_METADATA, SPOC_SCAN_DOCUMENT};
    if (!spoc_scan_check_name(name, error))
        return FALSE;
    for (guint i = 0; i < G_N_ELEMENTS(suffixes); i++) {
        g_autofree char *file = spoc_scan_file(name, suffixes[i]);
        if (!spoc_file_remove(spoc_scan_folder(spool), file, error))
            return FALSE;
    }
    return TRUE;
}
