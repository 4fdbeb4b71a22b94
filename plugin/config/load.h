/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  Reads all layers of the configuration into one snapshot, and tells whether one of their
 *          files has changed since.
 */
#pragma once

#include "config/config.h"

/**
 * spoc_config_load:
 * @places: where the files are
 *
 * Reads defaults.conf, the management values, spoc.conf (or CUPS's mailto.conf where there is
 * none), and the .conf files of spoc.conf.d, the files that mailpassFile, trustStorePasswordFile
 * and recipientLdapPasswordFile name, and the systemd credentials named as the passwords below
 * $CREDENTIALS_DIRECTORY. Never asks the network.
 *
 * A bad value that a higher layer replaces by a good one is a warning and blocks nothing.
 *
 * Returns: (transfer full): a snapshot, even when nothing could be read
 */
SpocConfig *spoc_config_load(const SpocPlaces *places);

/**
 * spoc_config_stamp:
 *
 * Returns: (transfer full): text that differs when any file of the layers, or one that an option
 *   names, was added, removed or changed: size, modification and change time (a file that becomes
 *   readable keeps its content), and inode of each. Comparing two, the first of them
 *   spoc_config_loaded_stamp(), is how a running spocd sees a change that no file monitor told it.
 */
char *spoc_config_stamp(const SpocPlaces *places, const SpocConfig *config);
