/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  The one error domain of the project.
 *
 * What can fail returns FALSE or NULL with a GError whose message is a full
 * clause that a person can act on. The code says what a caller may do about it.
 */
#pragma once

#include <glib.h>

#define SPOC_ERROR (spoc_error_quark())

/**
 * SpocErrorCode:
 * @SPOC_ERROR_FAILED: anything else; the message says what
 * @SPOC_ERROR_INVALID: what somebody wrote is not acceptable (setting, URI, argument)
 * @SPOC_ERROR_NOT_FOUND: the thing named does not exist
 * @SPOC_ERROR_LIMIT: larger or more than a named limit
 * @SPOC_ERROR_IO: the system refused a read or a write; may pass
 * @SPOC_ERROR_DENIED: the system or a rule forbids it
 * @SPOC_ERROR_UNAVAILABLE: the other side cannot be reached now; may pass
 * @SPOC_ERROR_CORRUPT: stored or received data is damaged
 * @SPOC_ERROR_PENDING: it is being found out; the answer comes by way of the main loop
 */
typedef enum {
    SPOC_ERROR_FAILED,
    SPOC_ERROR_INVALID,
    SPOC_ERROR_NOT_FOUND,
    SPOC_ERROR_LIMIT,
    SPOC_ERROR_IO,
    SPOC_ERROR_DENIED,
    SPOC_ERROR_UNAVAILABLE,
    SPOC_ERROR_CORRUPT,
    SPOC_ERROR_PENDING,
} SpocErrorCode;

GQuark spoc_error_quark(void);

/* Sets @error. Returns: FALSE, for "return spoc_error_set(…)" */
gboolean spoc_error_set(GError **error, SpocErrorCode code, const char *format, ...)
    G_GNUC_PRINTF(3, 4);

/**
 * spoc_error_set_errno:
 * @error: (out) (optional)
 * @saved_errno: an errno value; EACCES and EPERM give SPOC_ERROR_DENIED, ENOENT
 *   SPOC_ERROR_NOT_FOUND, the rest SPOC_ERROR_IO
 * @format: what was being done and to what, without the reason
 *
 * Sets "FORMAT: strerror(saved_errno)".
 *
 * Returns: FALSE
 */
gboolean spoc_error_set_errno(GError **error, int saved_errno, const char *format, ...)
    G_GNUC_PRINTF(3, 4);
