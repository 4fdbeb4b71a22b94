/* SPDX-License-Identifier: Apache-2.0 */
#include "base/places.h"

#include <glib/gstdio.h>

static void
test_environment_wins(void)
{
    g_auto(GStrv) environment = g_strsplit("CUPS_SERVERROOT=/a/etc/,CUPS_REQUESTROOT=/a/spool,"
                                           "CUPS_CACHEDIR=relative,CUPS_STATEDIR=",
                                           ",", -1);
    g_autoptr(SpocPlaces) places = spoc_places_new(environment);
    g_assert_cmpstr(places->server_root, ==, "/a/etc");
    g_assert_cmpstr(places->config_file, ==, "/a/etc/spoc/spoc.conf");
    g_assert_cmpstr(places->spool_dir, ==, "/a/spool/spoc");
    g_assert_cmpstr(places->cache_dir, ==, "/var/cache/cups/spoc");
    g_assert_cmpstr(places->state_root, ==, "/run/cups");
    /* That is the system's CUPS, and this spool is not. */
    g_assert_null(places->service_dir);
    environment = g_environ_setenv(environment, "CUPS_STATEDIR", "/a/run", TRUE);
    g_autoptr(SpocPlaces) whole = spoc_places_new(environment);
    g_assert_cmpstr(whole->service_dir, ==, "/a/run/spoc");
    char *nothing[] = {NULL};
    g_autoptr(SpocPlaces) of_system = spoc_places_new(nothing);
    g_assert_cmpstr(of_system->service_dir, ==, "/run/cups/spoc");
}

static void
test_cups_files(void)
{
    g_autofree char *root = g_dir_make_tmp("spoc-places-XXXXXX", NULL);
    g_autofree char *file = g_build_filename(root, "cups-files.conf", NULL);
    g_assert_true(g_file_set_contents(file,
                                      "# RequestRoot /wrong\n"
                                      "  requestroot   /moved/spool  \n"
                                      "RequestRootX /wrong\nCacheDir relative\n",
                                      -1, NULL));
    g_autofree char *variable = g_strconcat("CUPS_SERVERROOT=", root, NULL);
    char *environment[] = {variable, NULL};
    g_autoptr(SpocPlaces) places = spoc_places_new(environment);
    g_assert_cmpstr(places->spool_dir, ==, "/moved/spool/spoc");
    g_assert_cmpstr(places->cache_root, ==, "/var/cache/cups");
    g_unlink(file);
    g_rmdir(root);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/places/environment-wins", test_environment_wins);
    g_test_add_func("/places/cups-files", test_cups_files);
    return g_test_run();
}
