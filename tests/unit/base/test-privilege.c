/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "base/privilege.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SOMEBODY 65533

typedef struct {
    char *path;
    SpocPlaces *places;
} Fixture;

static void
set_up(Fixture *fixture, gconstpointer data)
{
    fixture->path = g_dir_make_tmp("spoc-privilege-XXXXXX", NULL);
    g_auto(GStrv) environment = g_environ_setenv(NULL, "CUPS_REQUESTROOT", fixture->path, TRUE);
    fixture->places = spoc_places_new(environment);
    g_assert_true(fixture->places->is_private);
    g_assert_cmpint(g_mkdir(fixture->places->spool_dir, 0700), ==, 0);
}

static void
tear_down(Fixture *fixture, gconstpointer data)
{
    (void)g_rmdir(fixture->places->spool_dir);
    (void)unlink(fixture->places->spool_dir);
    g_rmdir(fixture->path);
    spoc_places_free(fixture->places);
    g_free(fixture->path);
}

/* Root it stays, as an error and nothing else. */
static void
assert_refused(const Fixture *fixture, const char *words)
{
    g_autoptr(GError) error = NULL;
    g_assert_false(spoc_privilege_drop(fixture->places, &error));
    g_assert_nonnull(error);
    g_assert_nonnull(strstr(error->message, words));
}

static void
test_refused(Fixture *fixture, gconstpointer data)
{
    if (geteuid() != 0) {
        g_test_skip("needs root");
        return;
    }
    fixture->places->is_private = FALSE; /* as the system's is */
    assert_refused(fixture, "chown -R lp:lp");
    g_assert_cmpint(g_rmdir(fixture->places->spool_dir), ==, 0);
    fixture->places->user = "spoc-nobody-has-this-name";
    assert_refused(fixture, "spoc-nobody-has-this-name");
    struct stat info;
    g_assert_cmpint(lstat(fixture->places->spool_dir, &info), ==, -1);
    g_assert_cmpint(symlink("/", fixture->places->spool_dir), ==, 0);
    assert_refused(fixture, "is not a directory");
}

/* In a process of its own, which does not come back to being root. */
static void
test_dropped(Fixture *fixture, gconstpointer data)
{
    if (geteuid() != 0) {
        g_test_skip("needs root");
        return;
    }
    g_assert_cmpint(chown(fixture->places->spool_dir, SOMEBODY, SOMEBODY), ==, 0);
    if (g_test_subprocess()) {
        g_autoptr(GError) error = NULL;
        g_assert_true(spoc_privilege_drop(fixture->places, &error));
        g_assert_cmpint(geteuid(), ==, SOMEBODY);
        g_assert_cmpint(getegid(), ==, SOMEBODY);
        g_assert_cmpint(setuid(0), ==, -1);
        _exit(0);
    }
    g_test_trap_subprocess(NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
    g_test_trap_assert_passed();
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add("/privilege/refused", Fixture, NULL, set_up, test_refused, tear_down);
    g_test_add("/privilege/dropped", Fixture, NULL, set_up, test_dropped, tear_down);
    return g_test_run();
}
