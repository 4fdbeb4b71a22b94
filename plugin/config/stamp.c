/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  Tells whether any file of the configuration is another now.
 *
 * The change time is looked at as well as the modification time: a file that becomes
 * readable keeps its content and its modification time.
 */
#include "config/stamp.h"

#include "config/layers.h"
#include "config/secrets.h"
#include "config/snapshot.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

/* A trust store may be a folder; what is more in it cannot be loaded anyway. */
#define FOLDER_MAX_FILES 10000

static void add_path(GString *stamp, const char *path, gboolean is_entry);

static int
compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void
add_folder(GString *stamp, const char *path)
{
    g_autoptr(GDir) folder = g_dir_open(path, 0, NULL);
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    const char *name;
    while (folder != NULL && names->len < FOLDER_MAX_FILES &&
           (name = g_dir_read_name(folder)) != NULL)
        g_ptr_array_add(names, g_build_filename(path, name, NULL));
    g_ptr_array_sort(names, compare_names);
    for (guint i = 0; i < names->len; i++)
        add_path(stamp, g_ptr_array_index(names, i), TRUE);
}

static void
add_path(GString *stamp, const char *path, gboolean is_entry)
{
    struct stat info;
    if (stat(path, &info) != 0) {
        g_string_append_printf(stamp, "%s\n!%d\n", path, errno);
        return;
    }
    g_string_append_printf(stamp, "%s\n%o %u %u %" G_GUINT64_FORMAT ".%" G_GUINT64_FORMAT, path,
                           info.st_mode, info.st_uid, info.st_gid, (guint64)info.st_dev,
                           (guint64)info.st_ino);
    /* What comes and goes in a folder without being ours is no change. */
    if (!S_ISDIR(info.st_mode))
        g_string_append_printf(stamp,
                               " %" G_GINT64_FORMAT " %" G_GINT64_FORMAT ".%09ld"
                               " %" G_GINT64_FORMAT ".%09ld",
                               (gint64)info.st_size, (gint64)info.st_mtim.tv_sec,
                               info.st_mtim.tv_nsec, (gint64)info.st_ctim.tv_sec,
                               info.st_ctim.tv_nsec);
    g_string_append_c(stamp, '\n');
    if (S_ISDIR(info.st_mode) && !is_entry)
        add_folder(stamp, path);
}

char *
spoc_stamp_layers(const SpocPlaces *places)
{
    GString *stamp = g_string_new(NULL);
    g_auto(GStrv) paths = spoc_layers_paths(places);
    for (guint i = 0; paths[i] != NULL; i++)
        add_path(stamp, paths[i], FALSE);
    return g_string_free(stamp, FALSE);
}

char *
spoc_stamp_named(const SpocConfig *config)
{
    GString *stamp = g_string_new(NULL);
    for (guint i = 0; i < SPOC_OPTION_COUNT; i++) {
        const SpocOption *option = spoc_option_get((SpocOptionId)i);
        const char *text = config->slots[i].value.text;
        if (option->type == SPOC_TYPE_PATH && *text != '\0')
            add_path(stamp, text, FALSE);
        g_autofree char *credential = (option->flags & SPOC_OPTION_FLAG_SECRET) != 0
                                          ? spoc_secrets_credential_path(option->id)
                                          : NULL;
        if (credential != NULL)
            add_path(stamp, credential, FALSE);
    }
    return g_string_free(stamp, FALSE);
}

char *
spoc_stamp_join(const char *layers, const char *named)
{
    g_autofree char *all = g_strconcat(layers, "\n", named, NULL);
    return g_compute_checksum_for_string(G_CHECKSUM_SHA256, all, -1);
}

char *
spoc_config_stamp(const SpocPlaces *places, const SpocConfig *config)
{
    g_autofree char *layers = spoc_stamp_layers(places);
    g_autofree char *named = spoc_stamp_named(config);
    return spoc_stamp_join(layers, named);
}
