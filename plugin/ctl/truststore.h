/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   `spocctl truststore`: the certificates that are trusted besides the system's.
 *
 *     truststore list [--json]
 *     truststore show ALIAS
 *     truststore export ALIAS               PEM on stdout
 *     truststore delete ALIAS
 *     truststore import --alias ALIAS [--yes] [--leaf] FILE
 *     truststore import --alias ALIAS [--yes] [--leaf] --from-server HOST[:PORT]
 *                       --fingerprint SHA256
 *
 * Store and password are those of the configuration; --store FILE names another store.
 *
 * SECURITY  A certificate becomes trusted only when somebody saw its SHA-256 and said yes,
 *           or gave --yes; one that a server shows only when its SHA-256 was given before.
 */
#pragma once

#include "base/places.h"

/* Exit 0: done; 1: failed; 2: called wrongly. */
int spoc_ctl_truststore(int argc, char **argv, const SpocPlaces *places);
