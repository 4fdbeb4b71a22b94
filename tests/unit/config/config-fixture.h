/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  Configurations for tests: a private root with the files that a case wants, found
 *          through CUPS's variables as every program finds them.
 *
 *     g_autoptr(SpocConfig) config = config_fixture("mailserver = 127.0.0.1:2525\n");
 *
 * Where the files must stay (trust stores, changes at run time):
 *
 *     g_autoptr(ConfigFixture) fixture = config_fixture_new();
 *     config_fixture_write(fixture, "etc/spoc/spoc.conf", "mailserver = localhost\n");
 *     g_autoptr(SpocConfig) config = spoc_config_load(fixture->places);
 */
#pragma once

#include "config/config.h"
#include "config/load.h"

#include <glib/gstdio.h>
#include <string.h>

/* Below the root: etc (CUPS_SERVERROOT), share, cache, spool, run. */
typedef struct {
    char *root;
    SpocPlaces *places;
} ConfigFixture;

static inline void
config_fixture_remove(const char *path)
{
    GDir *folder = g_file_test(path, G_FILE_TEST_IS_SYMLINK) ? NULL : g_dir_open(path, 0, NULL);
    for (const char *name; folder != NULL && (name = g_dir_read_name(folder)) != NULL;) {
        char *child = g_build_filename(path, name, NULL);
        config_fixture_remove(child);
        g_free(child);
    }
    if (folder != NULL)
        g_dir_close(folder);
    g_assert_cmpint(g_remove(path), ==, 0);
}

static inline ConfigFixture *
config_fixture_new(void)
{
    static const char *const variables[][2] = {{"CUPS_SERVERROOT", "etc"},
                                               {"CUPS_DATADIR", "share"},
                                               {"CUPS_CACHEDIR", "cache"},
                                               {"CUPS_REQUESTROOT", "spool"},
                                               {"CUPS_STATEDIR", "run"}};
    ConfigFixture *fixture = g_new0(ConfigFixture, 1);
    char **environment = NULL;
    fixture->root = g_dir_make_tmp("spoc-config-XXXXXX", NULL);
    g_assert_nonnull(fixture->root);
    for (gsize i = 0; i < G_N_ELEMENTS(variables); i++) {
        char *path = g_build_filename(fixture->root, variables[i][1], NULL);
        environment = g_environ_setenv(environment, variables[i][0], path, TRUE);
        g_free(path);
    }
    fixture->places = spoc_places_new(environment);
    g_strfreev(environment);
    return fixture;
}

static inline void
config_fixture_free(ConfigFixture *fixture)
{
    config_fixture_remove(fixture->root);
    spoc_places_free(fixture->places);
    g_free(fixture->root);
    g_free(fixture);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ConfigFixture, config_fixture_free)

/* (transfer full) */
static inline char *
config_fixture_path(const ConfigFixture *fixture, const char *name)
{
    return g_build_filename(fixture->root, name, NULL);
}

/* Writes a file below the root and makes its folders; NULL writes nothing. */
static inline void
config_fixture_write(const ConfigFixture *fixture, const char *name, const char *text)
{
    if (text == NULL)
        return;
    char *path = config_fixture_path(fixture, name);
    char *folder = g_path_get_dirname(path);
    g_assert_cmpint(g_mkdir_with_parents(folder, 0755), ==, 0);
    g_assert_true(g_file_set_contents(path, text, -1, NULL));
    g_free(folder);
    g_free(path);
}

/* (transfer full): from the text of a spoc.conf, whose folder is gone again afterwards */
static inline SpocConfig *
config_fixture(const char *spoc_conf_text)
{
    ConfigFixture *fixture = config_fixture_new();
    config_fixture_write(fixture, "etc/spoc/spoc.conf", spoc_conf_text);
    SpocConfig *config = spoc_config_load(fixture->places);
    config_fixture_free(fixture);
    return config;
}
