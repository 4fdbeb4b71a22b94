/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  Where everything is. CUPS's environment variables win, then
 *          cups-files.conf in the server root, then what the build was told. So a
 *          private CUPS, a moved RequestRoot and a distribution use the same
 *          binaries.
 */
#pragma once

#include <glib.h>
#include <sys/types.h>

/**
 * SpocPlaces:
 *
 * All paths are absolute and without a trailing slash. Immutable once made.
 */
typedef struct {
    char *server_root;  /* CUPS_SERVERROOT, /etc/cups */
    char *request_root; /* CUPS_REQUESTROOT, /var/spool/cups */
    char *cache_root;   /* CUPS_CACHEDIR, /var/cache/cups */
    char *state_root;   /* CUPS_STATEDIR, /run/cups */
    char *data_root;    /* CUPS_DATADIR, /usr/share/cups */
    char *server_bin;   /* CUPS_SERVERBIN, /usr/lib/cups */

    char *config_dir;    /* SERVER_ROOT/spoc */
    char *config_file;   /* SERVER_ROOT/spoc/spoc.conf */
    char *defaults_file; /* DATA_ROOT/spoc/defaults.conf */
    char *template_dir;  /* DATA_ROOT/spoc/templates */
    char *spool_dir;     /* REQUEST_ROOT/spoc */
    char *cache_dir;     /* CACHE_ROOT/spoc */
    char *service_dir;   /* (nullable) STATE_ROOT/spoc, where a service's socket is; NULL where the
                            environment moves CUPS and leaves the state root where the system's is */
    char *daemon_path;   /* SERVER_BIN/daemon/spocd */

    gboolean
        is_private; /* the environment puts the spool elsewhere than the system's CUPS has it */

    const char *user; /* that owns a spool which has to be made, as built */
    const char *group;
} SpocPlaces;

/**
 * spoc_places_new:
 * @environment: (nullable): g_get_environ()-style list; NULL for the process's own
 *
 * Never fails: a relative or empty variable and an unreadable cups-files.conf count
 * as not there.
 *
 * Returns: (transfer full): freed with spoc_places_free()
 */
SpocPlaces *spoc_places_new(char **environment);
void spoc_places_free(SpocPlaces *places);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SpocPlaces, spoc_places_free)
