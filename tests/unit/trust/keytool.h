/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  Runs Java's keytool for tests.
 */
#pragma once

#include <glib.h>

#define KEYTOOL_PASSWORD "changeit"

/* FALSE, with the test skipped, where keytool is not installed. */
gboolean keytool_or_skip(void);

/**
 * keytool:
 * @store: path, as -keystore (for -importkeystore as -destkeystore)
 * @command: "-list", …, then its arguments, NULL at the end
 *
 * Few rounds of key derivation are asked for, so that tests may read the store often.
 *
 * Returns: (transfer full): what it wrote; a failure ends the test
 */
char *keytool(const char *store, const char *command, ...) G_GNUC_NULL_TERMINATED;
