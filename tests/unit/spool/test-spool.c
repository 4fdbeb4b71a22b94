/* SPDX-License-Identifier: Apache-2.0 */
/* Also tests: file.c */
#include "base/error.h"
#include "root.h"
#include "spool/spool.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void
test_names(void)
{
    static const struct {
        const char *name;
        gboolean valid;
    } cases[] = {{"a", TRUE},         {"A-1_b.c", TRUE}, {"", FALSE},    {".", FALSE},
                 {"..", FALSE},       {".tmp", FALSE},   {"a/b", FALSE}, {"a b", FALSE},
                 {"\xc3\xa4", FALSE}, {"a\n", FALSE},    {NULL, FALSE}};
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++)
        g_assert_cmpint(spoc_spool_name_is_valid(cases[i].name), ==, cases[i].valid);
    g_autofree char *longest = g_strnfill(200, 'x'), *longer = g_strnfill(201, 'x');
    g_assert_true(spoc_spool_name_is_valid(longest));
    g_assert_false(spoc_spool_name_is_valid(longer));
}

static void
test_open(Root *root, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    struct stat info;
    g_assert_cmpint(stat(root->places->spool_dir, &info), ==, 0);
    g_assert_cmpint(info.st_mode & 0777, ==, 0700);
    g_assert_true(spoc_spool_is_at_path(root->spool));
    g_autofree char *aside = g_strconcat(root->places->spool_dir, ".aside", NULL);
    g_assert_cmpint(g_rename(root->places->spool_dir, aside), ==, 0);
    g_assert_false(spoc_spool_is_at_path(root->spool));
    g_assert_cmpint(g_mkdir(root->places->spool_dir, 0700), ==, 0);
    g_assert_false(spoc_spool_is_at_path(root->spool));
    g_assert_cmpint(g_rmdir(root->places->spool_dir), ==, 0);
    g_assert_cmpint(g_rename(aside, root->places->spool_dir), ==, 0);
    g_assert_true(spoc_spool_is_at_path(root->spool));
    /* One that is open to others is closed. */
    g_assert_cmpint(chmod(root->places->spool_dir, 0755), ==, 0);
    g_autoptr(SpocSpool) again = spoc_spool_open(root->places, &error);
    g_assert_no_error(error);
    g_assert_nonnull(again);
    g_assert_cmpint(stat(root->places->spool_dir, &info), ==, 0);
    g_assert_cmpint(info.st_mode & 0777, ==, 0700);

    /* A folder that is somebody's link is not followed. */
    g_autofree char *held = root_path(root, "held", NULL), *new = root_path(root, "new", NULL);
    g_assert_cmpint(g_rmdir(held), ==, 0);
    g_assert_cmpint(symlink(new, held), ==, 0);
    g_assert_null(spoc_spool_open(root->places, &error));
    g_assert_nonnull(error);
    g_assert_nonnull(strstr(error->message, "held"));
}

static void
test_missing(Root *root, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    root_remove(root->places->request_root);
    g_assert_null(spoc_spool_open(root->places, &error));
    g_assert_error(error, SPOC_ERROR, SPOC_ERROR_NOT_FOUND);
    g_autofree char *remedy =
        g_strdup_printf("install -d -o %s -g %s -m 0700 %s", root->places->user,
                        root->places->group, root->places->spool_dir);
    g_assert_nonnull(strstr(error->message, remedy));
    /* Without an error to be filled in, too */
    g_assert_null(spoc_spool_open(root->places, NULL));
}

static void
test_lock(Root *root, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    gboolean busy = TRUE;
    g_assert_false(spoc_spool_lock_is_current(root->spool));
    g_assert_true(spoc_spool_lock(root->spool, &busy, &error));
    g_assert_no_error(error);
    g_assert_false(busy);
    g_assert_true(spoc_spool_lock_is_current(root->spool));
    g_assert_true(spoc_spool_lock(root->spool, &busy, &error)); /* again is no harm */

    g_autoptr(SpocSpool) second = spoc_spool_open(root->places, &error);
    g_assert_false(spoc_spool_lock(second, &busy, &error));
    g_assert_error(error, SPOC_ERROR, SPOC_ERROR_UNAVAILABLE);
    g_assert_true(busy);
    g_clear_error(&error);

    /* rm -rf of the cache beneath the holder: another one can have it, and the first one
     * notices and is told that it is busy. */
    root_remove(root->places->cache_root);
    g_assert_cmpint(g_mkdir(root->places->cache_root, 0700), ==, 0);
    g_assert_false(spoc_spool_lock_is_current(root->spool));
    g_assert_true(spoc_spool_lock(second, &busy, &error));
    g_assert_false(spoc_spool_lock(root->spool, &busy, &error));
    g_assert_true(busy);
    g_clear_error(&error);
    g_clear_pointer(&second, spoc_spool_free);
    g_assert_true(spoc_spool_lock(root->spool, &busy, &error));
    g_assert_false(busy);
    g_assert_true(spoc_spool_lock_is_current(root->spool));

    /* The same spool by another way is the same lock. */
    g_autofree char *other = g_build_filename(root->path, "other", NULL);
    g_assert_cmpint(g_rename(root->places->request_root, other), ==, 0);
    g_assert_cmpint(symlink(other, root->places->request_root), ==, 0);
    g_autoptr(SpocSpool) third = spoc_spool_open(root->places, &error);
    g_assert_no_error(error);
    g_assert_false(spoc_spool_lock(third, &busy, &error));
    g_assert_true(busy);
}

static void
test_lock_planted(Root *root, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    gboolean busy = TRUE;
    g_assert_true(spoc_spool_lock(root->spool, &busy, &error));
    g_autoptr(GDir) cache = g_dir_open(root->places->cache_dir, 0, NULL);
    g_autofree char *lock = g_build_filename(root->places->cache_dir, g_dir_read_name(cache), NULL);
    g_assert_cmpint(unlink(lock), ==, 0);
    g_assert_cmpint(symlink("/tmp/nothing", lock), ==, 0);
    g_assert_false(spoc_spool_lock_is_current(root->spool));
    g_assert_false(spoc_spool_lock(root->spool, &busy, &error));
    g_assert_false(busy);
    g_assert_nonnull(error);
}

static void
test_set_aside(Root *root, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    for (guint i = 0; i < 3; i++) {
        root_put(root, "new", "bad name\n", "x", 1);
        g_assert_true(spoc_spool_set_aside(root->spool, "new", "bad name\n", &error));
        g_assert_no_error(error);
    }
    g_assert_cmpuint(root_count(root, "new"), ==, 0);
    g_assert_cmpuint(root_count(root, "corrupt"), ==, 3);
    g_autoptr(GBytes) last = root_get(root, "corrupt", "new.bad_name_.2");
    g_assert_cmpuint(g_bytes_get_size(last), ==, 1);
    static const char *const refused[] = {"../control", "..", ".", ""};
    for (guint i = 0; i < G_N_ELEMENTS(refused); i++) {
        g_assert_false(spoc_spool_set_aside(root->spool, "new", refused[i], &error));
        g_assert_error(error, SPOC_ERROR, SPOC_ERROR_INVALID);
        g_clear_error(&error);
    }
    g_assert_false(spoc_spool_set_aside(root->spool, "new", "none", &error));
    g_assert_error(error, SPOC_ERROR, SPOC_ERROR_NOT_FOUND);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/spool/names", test_names);
#define ADD(path, function) g_test_add(path, Root, NULL, root_set_up, function, root_tear_down)
    ADD("/spool/open", test_open);
    ADD("/spool/missing", test_missing);
    ADD("/spool/lock", test_lock);
    ADD("/spool/lock-planted", test_lock_planted);
    ADD("/spool/set-aside", test_set_aside);
    return g_test_run();
}
