/* SPDX-License-Identifier: Apache-2.0 */
#include "base/durable.h"
#include "base/error.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct {
    char *path;
    int fd;
} Folder;

static void
set_up(Folder *folder, gconstpointer data)
{
    folder->path = g_dir_make_tmp("spoc-durable-XXXXXX", NULL);
    g_assert_nonnull(folder->path);
    folder->fd = open(folder->path, O_RDONLY | O_DIRECTORY);
    g_assert_cmpint(folder->fd, >=, 0);
}

static void
tear_down(Folder *folder, gconstpointer data)
{
    g_autoptr(GDir) dir = g_dir_open(folder->path, 0, NULL);
    for (const char *name; (name = g_dir_read_name(dir)) != NULL;)
        g_assert_cmpint(unlinkat(folder->fd, name, 0), ==, 0);
    close(folder->fd);
    g_rmdir(folder->path);
    g_free(folder->path);
}

static void
test_replace(Folder *folder, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    const struct timespec when = {.tv_sec = 1234567890};
    g_assert_true(spoc_durable_replace(folder->fd, "a", "one", 3, 0600, NULL, &error));
    g_assert_true(spoc_durable_replace(folder->fd, "a", "second", 6, 0640, &when, &error));
    g_assert_no_error(error);

    g_autoptr(GBytes) content = spoc_durable_read(folder->fd, "a", 100, &error);
    g_assert_no_error(error);
    g_assert_cmpmem(g_bytes_get_data(content, NULL), g_bytes_get_size(content), "second", 6);
    struct stat info;
    g_assert_cmpint(fstatat(folder->fd, "a", &info, 0), ==, 0);
    g_assert_cmpint(info.st_mtime, ==, 1234567890);
    g_assert_cmpint(info.st_mode & 0777, ==, 0640);
    g_assert_cmpint(fstatat(folder->fd, SPOC_DURABLE_TEMPORARY_PREFIX "a", &info, 0), ==, -1);
}

static void
test_replace_fails_whole(Folder *folder, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_assert_cmpint(mkdirat(folder->fd, "d", 0700), ==, 0);
    g_assert_false(spoc_durable_replace(folder->fd, "d", "x", 1, 0600, NULL, &error));
    g_assert_error(error, SPOC_ERROR, SPOC_ERROR_IO);
    struct stat info;
    g_assert_cmpint(fstatat(folder->fd, SPOC_DURABLE_TEMPORARY_PREFIX "d", &info, 0), ==, -1);
    g_assert_cmpint(unlinkat(folder->fd, "d", AT_REMOVEDIR), ==, 0);
}

static void
test_read_refuses(Folder *folder, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_assert_null(spoc_durable_read(folder->fd, "none", 10, &error));
    g_assert_error(error, SPOC_ERROR, SPOC_ERROR_NOT_FOUND);
    g_clear_error(&error);

    g_assert_true(spoc_durable_replace(folder->fd, "big", "12345678901", 11, 0600, NULL, &error));
    g_assert_null(spoc_durable_read(folder->fd, "big", 10, &error));
    g_assert_error(error, SPOC_ERROR, SPOC_ERROR_LIMIT);
    g_clear_error(&error);

    g_assert_cmpint(symlinkat("big", folder->fd, "link"), ==, 0);
    g_assert_null(spoc_durable_read(folder->fd, "link", 100, &error));
    g_assert_error(error, SPOC_ERROR, SPOC_ERROR_CORRUPT);
    g_clear_error(&error);

    g_assert_cmpint(mkfifoat(folder->fd, "fifo", 0600), ==, 0);
    g_assert_null(spoc_durable_read(folder->fd, "fifo", 100, &error));
    g_assert_error(error, SPOC_ERROR, SPOC_ERROR_CORRUPT);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add("/durable/replace", Folder, NULL, set_up, test_replace, tear_down);
    g_test_add("/durable/replace-fails-whole", Folder, NULL, set_up, test_replace_fails_whole,
               tear_down);
    g_test_add("/durable/read-refuses", Folder, NULL, set_up, test_read_refuses, tear_down);
    return g_test_run();
}
