/* SPDX-License-Identifier: Apache-2.0 */
#include "base/places.h"

#include "build-config.h"

#include <string.h>

#define CUPS_FILES_CONF_MAX_BYTES (256 * 1024)

/* cups-files.conf(5): one directive a line, its name without regard to case. */
static char *
directive_value(const char *cups_files, const char *directive)
{
    if (cups_files == NULL)
        return NULL;
    char *value = NULL;
    g_auto(GStrv) lines = g_strsplit(cups_files, "\n", -1);
    for (guint i = 0; lines[i] != NULL; i++) {
        char *line = g_strstrip(lines[i]);
        gsize length = strlen(directive);
        if (g_ascii_strncasecmp(line, directive, length) != 0 || !g_ascii_isspace(line[length]))
            continue;
        g_free(value);
        value = g_strdup(g_strstrip(line + length));
    }
    return value;
}

/* The first of the three that is an absolute path. */
static char *
choose_root(char **environment, const char *variable, const char *cups_files, const char *directive,
            const char *built)
{
    const char *set = g_environ_getenv(environment, variable);
    g_autofree char *configured = directive_value(cups_files, directive);
    const char *chosen = built;
    if (set != NULL && g_path_is_absolute(set))
        chosen = set;
    else if (configured != NULL && g_path_is_absolute(configured))
        chosen = configured;
    return g_canonicalize_filename(chosen, "/");
}

static char *
read_cups_files(const char *server_root)
{
    g_autofree char *path = g_build_filename(server_root, "cups-files.conf", NULL);
    char *text = NULL;
    gsize length = 0;
    if (!g_file_get_contents(path, &text, &length, NULL))
        return NULL;
    if (length > CUPS_FILES_CONF_MAX_BYTES)
        g_clear_pointer(&text, g_free);
    return text;
}

static gboolean
is_in_environment(char **environment, const char *variable)
{
    const char *set = g_environ_getenv(environment, variable);
    return set != NULL && g_path_is_absolute(set);
}

/* Whether the state root belongs to the same CUPS as the spool does. Who moves one by the
 * environment and forgets the other must not reach the service of the system's CUPS. */
static gboolean
is_state_root_ours(char **environment, const char *cups_files)
{
    g_autofree char *configured = directive_value(cups_files, "StateDir");
    return is_in_environment(environment, "CUPS_STATEDIR") ||
           (configured != NULL && g_path_is_absolute(configured)) ||
           (!is_in_environment(environment, "CUPS_SERVERROOT") &&
            !is_in_environment(environment, "CUPS_REQUESTROOT"));
}

SpocPlaces *
spoc_places_new(char **environment)
{
    g_auto(GStrv) own = environment == NULL ? g_get_environ() : g_strdupv(environment);
    SpocPlaces *places = g_new0(SpocPlaces, 1);

    places->server_root =
        choose_root(own, "CUPS_SERVERROOT", NULL, "ServerRoot", SPOC_BUILD_SERVERROOT);
    g_autofree char *files = read_cups_files(places->server_root);
    places->request_root =
        choose_root(own, "CUPS_REQUESTROOT", files, "RequestRoot", SPOC_BUILD_REQUESTROOT);
    places->cache_root = choose_root(own, "CUPS_CACHEDIR", files, "CacheDir", SPOC_BUILD_CACHEDIR);
    places->state_root = choose_root(own, "CUPS_STATEDIR", files, "StateDir", SPOC_BUILD_STATEDIR);
    places->data_root = choose_root(own, "CUPS_DATADIR", files, "DataDir", SPOC_BUILD_DATADIR);
    places->server_bin =
        choose_root(own, "CUPS_SERVERBIN", files, "ServerBin", SPOC_BUILD_SERVERBIN);

    places->config_dir = g_build_filename(places->server_root, "spoc", NULL);
    places->config_file = g_build_filename(places->config_dir, "spoc.conf", NULL);
    places->defaults_file = g_build_filename(places->data_root, "spoc", "defaults.conf", NULL);
    places->template_dir = g_build_filename(places->data_root, "spoc", "templates", NULL);
    places->spool_dir = g_build_filename(places->request_root, "spoc", NULL);
    places->cache_dir = g_build_filename(places->cache_root, "spoc", NULL);
    if (is_state_root_ours(own, files))
        places->service_dir = g_build_filename(places->state_root, "spoc", NULL);
    places->is_private = is_in_environment(own, "CUPS_REQUESTROOT") &&
                         strcmp(places->request_root, SPOC_BUILD_REQUESTROOT) != 0;
    places->daemon_path = g_build_filename(places->server_bin, "daemon", "spocd", NULL);
    places->user = SPOC_BUILD_USER;
    places->group = SPOC_BUILD_GROUP;
    return places;
}

void
spoc_places_free(SpocPlaces *places)
{
    if (places == NULL)
        return;
    char **owned[] = {&places->server_root,  &places->request_root, &places->cache_root,
                      &places->state_root,   &places->data_root,    &places->server_bin,
                      &places->config_dir,   &places->config_file,  &places->defaults_file,
                      &places->template_dir, &places->spool_dir,    &places->cache_dir,
                      &places->service_dir,  &places->daemon_path};
    for (guint i = 0; i < G_N_ELEMENTS(owned); i++)
        g_free(*owned[i]);
    g_free(places);
}
