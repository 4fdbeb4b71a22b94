/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   What counts as management values, and when they are fetched again. Pure.
 * SECURITY  What a server sends is hostile: an error page, half a file or rubbish must never
 *           take the place of the last good copy. Errors quote no value.
 */
#pragma once

#include <glib.h>

#define SPOC_MANAGEMENT_MAX_BYTES (256 * 1024)

/* The first wait after a failure; it doubles up to managementInterval. */
#define SPOC_MANAGEMENT_RETRY_MS (30 * 1000)

/**
 * spoc_management_check_content:
 *
 * Accepts UTF-8 in the format of spoc.conf without damage, which has at least one key that we
 * know, or none at all but a comment: that is how an office says that it manages nothing. A
 * file with no line in it is refused: it is what a web server gives while, or because, its disk
 * is full. No line may begin with '<', as web pages do.
 *
 * Returns: FALSE with SPOC_ERROR_LIMIT or SPOC_ERROR_INVALID, the reason a clause about "the
 *   answer"
 */
gboolean spoc_management_check_content(const char *bytes, gsize length,
                                       GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * spoc_management_delay_ms:
 * @interval_ms: managementInterval
 * @failures: attempts in a row that failed; 0 after a good one
 * @jitter: 0.0 to 1.0: many print servers must not ask at the same moment
 *
 * Returns: how long after the last attempt the next one is due, spread by a tenth to both
 *   sides
 */
gint64 spoc_management_delay_ms(gint64 interval_ms, guint failures, double jitter);
