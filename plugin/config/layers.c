/* SPDX-License-Identifier: Apache-2.0 */
#include "config/layers.h"

#include "base/error.h"
#include "base/secret.h"
#include "config/file.h"

#include <string.h>

static void
layer_file_free(SpocLayerFile *file)
{
    g_free(file->path);
    spoc_properties_free(file->properties);
    g_clear_error(&file->error);
    g_free(file);
}

static SpocLayerFile *
add_file(GPtrArray *files, SpocConfigLayer layer, const char *path)
{
    SpocLayerFile *file = g_new0(SpocLayerFile, 1);
    file->layer = layer;
    file->path = g_strdup(path);
    g_ptr_array_add(files, file);
    return file;
}

/* A missing file is no layer; one that cannot be read is one with an error. */
static void
read_file(GPtrArray *files, SpocConfigLayer layer, const char *path, gboolean is_fetched)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(SpocSecretBytes) content =
        spoc_config_file_read(path, SPOC_PROPERTIES_MAX_BYTES, &error);
    if (content == NULL && g_error_matches(error, SPOC_ERROR, SPOC_ERROR_NOT_FOUND))
        return;
    SpocLayerFile *file = add_file(files, layer, path);
    file->is_fetched = is_fetched;
    if (content != NULL) {
        gsize size = 0;
        const char *data = g_bytes_get_data(content, &size);
        file->properties = layer == SPOC_LAYER_MAILTO
                               ? spoc_mailto_parse(data != NULL ? data : "", size, &error)
                               : spoc_properties_parse(data != NULL ? data : "", size, &error);
    }
    file->error = g_steal_pointer(&error);
}

static int
compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* (transfer full) (nullable): paths in the order of their names; NULL with @error set */
static GPtrArray *
list_dropins(const char *directory, GError **error)
{
    g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GError) failure = NULL;
    g_autoptr(GDir) folder = g_dir_open(directory, 0, &failure);
    if (folder == NULL) {
        if (g_error_matches(failure, G_FILE_ERROR, G_FILE_ERROR_NOENT))
            return g_steal_pointer(&paths);
        g_propagate_error(error, g_steal_pointer(&failure));
        return NULL;
    }
    for (const char *name; (name = g_dir_read_name(folder)) != NULL;)
        if (name[0] != '.' && g_str_has_suffix(name, ".conf"))
            g_ptr_array_add(paths, g_build_filename(directory, name, NULL));
    g_ptr_array_sort(paths, compare_names);
    if (paths->len > SPOC_LAYERS_MAX_DROPINS) {
        g_set_error(error, SPOC_ERROR, SPOC_ERROR_LIMIT, "holds more than %d .conf files",
                    SPOC_LAYERS_MAX_DROPINS);
        return NULL;
    }
    return g_steal_pointer(&paths);
}

static char *
dropin_directory(const SpocPlaces *places)
{
    return g_build_filename(places->config_dir, SPOC_LAYERS_DROPIN_DIRECTORY, NULL);
}

static char *
mailto_file(const SpocPlaces *places)
{
    return g_build_filename(places->server_root, SPOC_MAILTO_FILE, NULL);
}

GPtrArray *
spoc_layers_read(const SpocPlaces *places)
{
    GPtrArray *files = g_ptr_array_new_with_free_func((GDestroyNotify)layer_file_free);
    g_autofree char *management =
        g_build_filename(places->config_dir, SPOC_LAYERS_MANAGEMENT_FILE, NULL);
    g_autofree char *fetched = g_build_filename(places->cache_dir, SPOC_LAYERS_FETCHED_FILE, NULL);
    read_file(files, SPOC_LAYER_VENDOR, places->defaults_file, FALSE);
    read_file(files, SPOC_LAYER_MANAGEMENT, management, FALSE);
    read_file(files, SPOC_LAYER_MANAGEMENT, fetched, TRUE);
    guint below = files->len;
    read_file(files, SPOC_LAYER_LOCAL, places->config_file, FALSE);
    if (files->len == below) {
        g_autofree char *mailto = mailto_file(places);
        read_file(files, SPOC_LAYER_MAILTO, mailto, FALSE);
    }

    g_autofree char *directory = dropin_directory(places);
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) dropins = list_dropins(directory, &error);
    if (dropins == NULL)
        add_file(files, SPOC_LAYER_DROPIN, directory)->error = g_steal_pointer(&error);
    for (guint i = 0; dropins != NULL && i < dropins->len; i++)
        read_file(files, SPOC_LAYER_DROPIN, g_ptr_array_index(dropins, i), FALSE);
    return files;
}

char **
spoc_layers_paths(const SpocPlaces *places)
{
    g_autoptr(GPtrArray) paths = g_ptr_array_new();
    g_ptr_array_add(paths, g_strdup(places->defaults_file));
    g_ptr_array_add(paths, g_build_filename(places->config_dir, SPOC_LAYERS_MANAGEMENT_FILE, NULL));
    g_ptr_array_add(paths, g_build_filename(places->cache_dir, SPOC_LAYERS_FETCHED_FILE, NULL));
    g_ptr_array_add(paths, mailto_file(places));
    g_ptr_array_add(paths, g_strdup(places->config_file));
    g_ptr_array_add(paths, dropin_directory(places));
    g_ptr_array_add(paths, NULL);
    return (char **)g_ptr_array_free(g_steal_pointer(&paths), FALSE);
}
