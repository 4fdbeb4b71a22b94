/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct {
    char *root;
    char *log;
    char *old;
    int folder;
    int stderr_before;
} Fixture;

static void
set_up(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    fixture->root = g_dir_make_tmp("spoc-XXXXXX", &error);
    g_assert_no_error(error);
    g_autofree char *spool = g_build_filename(fixture->root, "spoc", NULL);
    g_assert_cmpint(g_mkdir(spool, 0700), ==, 0);
    fixture->folder = open(spool, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    g_assert_cmpint(fixture->folder, >=, 0);
    fixture->log = g_build_filename(spool, SPOC_OWN_LOG_NAME, NULL);
    fixture->old = g_build_filename(spool, SPOC_OWN_LOG_OLD_NAME, NULL);
    fixture->stderr_before = dup(STDERR_FILENO);
    int fd = open(fixture->log, O_WRONLY | O_CREAT | O_APPEND, 0600);
    g_assert_cmpint(dup2(fd, STDERR_FILENO), ==, STDERR_FILENO);
    close(fd);
}

static void
tear_down(Fixture *fixture, gconstpointer data)
{
    (void)dup2(fixture->stderr_before, STDERR_FILENO);
    close(fixture->stderr_before);
    close(fixture->folder);
    g_autofree char *command = g_strdup_printf("rm -r '%s'", fixture->root);
    g_assert_true(g_spawn_command_line_sync(command, NULL, NULL, NULL, NULL));
    g_free(fixture->root);
    g_free(fixture->log);
    g_free(fixture->old);
}

static void
say(const char *text)
{
    g_assert_cmpint(write(STDERR_FILENO, text, strlen(text)), ==, (ssize_t)strlen(text));
}

static gint64
size_of(const char *path)
{
    GStatBuf info;
    return g_lstat(path, &info) == 0 ? (gint64)info.st_size : -1;
}

static void
test_small_stays(Fixture *fixture, gconstpointer data)
{
    say("one line\n");
    spoc_own_log_tend(fixture->folder);
    say("two\n");
    g_assert_cmpint(size_of(fixture->log), ==, 13);
    g_assert_cmpint(size_of(fixture->old), ==, -1);
}

static void
test_rotated(Fixture *fixture, gconstpointer data)
{
    g_autofree char *much = g_strnfill(SPOC_OWN_LOG_MAX_BYTES, 'x');
    for (guint round = 0; round < 3; round++) {
        say(much);
        spoc_own_log_tend(fixture->folder);
        g_assert_cmpint(size_of(fixture->old), ==, SPOC_OWN_LOG_MAX_BYTES);
        g_assert_cmpint(size_of(fixture->log), ==, 0);
    }
    say("after\n");
    g_assert_cmpint(size_of(fixture->log), ==, 6);
}

/* Lines of the longest kind, each looked after: the bound holds at every moment. */
static void
test_burst(Fixture *fixture, gconstpointer data)
{
    g_autofree char *line = g_strnfill(SPOC_LOG_LINE_MAX_BYTES, 'x');
    for (guint i = 0; i < 3 * SPOC_OWN_LOG_MAX_BYTES / SPOC_LOG_LINE_MAX_BYTES; i++) {
        spoc_own_log_tend(fixture->folder);
        say(line);
        g_assert_cmpint(size_of(fixture->log), <=, SPOC_OWN_LOG_MAX_BYTES);
        g_assert_cmpint(size_of(fixture->old), <=, SPOC_OWN_LOG_MAX_BYTES);
    }
    g_assert_cmpint(size_of(fixture->old), >, 0);

    /* Where there can be no old one, the log begins anew. */
    g_assert_cmpint(g_unlink(fixture->old), ==, 0);
    g_assert_cmpint(g_mkdir(fixture->old, 0700), ==, 0);
    for (guint i = 0; i < 2 * SPOC_OWN_LOG_MAX_BYTES / SPOC_LOG_LINE_MAX_BYTES; i++) {
        spoc_own_log_tend(fixture->folder);
        say(line);
        g_assert_cmpint(size_of(fixture->log), <=, SPOC_OWN_LOG_MAX_BYTES);
    }
}

static void
test_removed(Fixture *fixture, gconstpointer data)
{
    g_assert_cmpint(g_unlink(fixture->log), ==, 0);
    spoc_own_log_tend(fixture->folder);
    say("anew\n");
    g_assert_cmpint(size_of(fixture->log), ==, 5);
}

/* What somebody puts in its place is not written to. */
static void
test_planted(Fixture *fixture, gconstpointer data)
{
    g_autofree char *victim = g_build_filename(fixture->root, "victim", NULL);
    g_assert_true(g_file_set_contents(victim, "v", 1, NULL));
    g_assert_cmpint(g_unlink(fixture->log), ==, 0);
    g_assert_cmpint(symlink(victim, fixture->log), ==, 0);
    spoc_own_log_tend(fixture->folder);
    say("to nobody\n");
    g_assert_cmpint(size_of(victim), ==, 1);

    g_assert_cmpint(g_unlink(fixture->log), ==, 0);
    g_assert_cmpint(link(victim, fixture->log), ==, 0);
    spoc_own_log_tend(fixture->folder);
    say("to nobody\n");
    g_assert_cmpint(size_of(victim), ==, 1);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add("/own-log/small-stays", Fixture, NULL, set_up, test_small_stays, tear_down);
    g_test_add("/own-log/rotated", Fixture, NULL, set_up, test_rotated, tear_down);
    g_test_add("/own-log/burst", Fixture, NULL, set_up, test_burst, tear_down);
    g_test_add("/own-log/removed", Fixture, NULL, set_up, test_removed, tear_down);
    g_test_add("/own-log/planted", Fixture, NULL, set_up, test_planted, tear_down);
    return g_test_run();
}
