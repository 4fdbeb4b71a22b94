/* SPDX-License-Identifier: Apache-2.0 */
#include "root.h"

#include <fcntl.h>
#include <ftw.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <unistd.h>

static int
remove_entry(const char *path, const struct stat *info, int kind, struct FTW *place)
{
    return remove(path);
}

void
root_remove(const char *path)
{
    (void)nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

void
root_set_up(Root *root, gconstpointer data)
{
    root->path = g_dir_make_tmp("spoc-spool-XXXXXX", NULL);
    g_assert_nonnull(root->path);
    static const char *const variables[][2] = {
        {"CUPS_SERVERROOT", "etc"}, {"CUPS_REQUESTROOT", "spool"}, {"CUPS_CACHEDIR", "cache"},
        {"CUPS_STATEDIR", "run"},   {"CUPS_DATADIR", "share"},     {"CUPS_SERVERBIN", "bin"},
    };
    g_auto(GStrv) environment = NULL;
    for (guint i = 0; i < G_N_ELEMENTS(variables); i++) {
        g_autofree char *path = g_build_filename(root->path, variables[i][1], NULL);
        g_assert_cmpint(g_mkdir(path, 0700), ==, 0);
        environment = g_environ_setenv(environment, variables[i][0], path, TRUE);
    }
    root->places = spoc_places_new(environment);
    g_autoptr(GError) error = NULL;
    root->spool = spoc_spool_open(root->places, &error);
    g_assert_no_error(error);
}

void
root_tear_down(Root *root, gconstpointer data)
{
    spoc_spool_free(root->spool);
    spoc_places_free(root->places);
    root_remove(root->path);
    g_free(root->path);
}

char *
root_path(const Root *root, const char *folder, const char *name)
{
    return g_build_filename(root->places->spool_dir, folder, name, NULL);
}

void
root_put(const Root *root, const char *folder, const char *name, const void *data, gsize size)
{
    g_autofree char *path = root_path(root, folder, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    g_assert_cmpint(fd, >=, 0);
    g_assert_cmpint(write(fd, data, size), ==, size);
    g_assert_cmpint(close(fd), ==, 0);
}

GBytes *
root_get(const Root *root, const char *folder, const char *name)
{
    g_autofree char *path = root_path(root, folder, name);
    g_autoptr(GError) error = NULL;
    char *content = NULL;
    gsize size = 0;
    g_assert_true(g_file_get_contents(path, &content, &size, &error));
    return g_bytes_new_take(content, size);
}

guint
root_count(const Root *root, const char *folder)
{
    g_autofree char *path = root_path(root, folder, NULL);
    g_autoptr(GDir) directory = g_dir_open(path, 0, NULL);
    g_assert_nonnull(directory);
    guint count = 0;
    while (g_dir_read_name(directory) != NULL)
        count++;
    return count;
}
