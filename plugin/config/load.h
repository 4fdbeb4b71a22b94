/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  Reads all layers of the configuration into one snapshot.
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
