/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  Reads the files of an administrator. Unlike those of the spool they may be
 *          symbolic links: configuration management likes to place them so.
 * ERRORS   SPOC_ERROR_NOT_FOUND, SPOC_ERROR_DENIED, SPOC_ERROR_IO, SPOC_ERROR_LIMIT,
 *          SPOC_ERROR_CORRUPT (not a regular file); messages without the path, which the
 *          caller knows.
 */
#pragma once

#include <glib.h>

#define SPOC_ALIAS_FILE_MAX_BYTES (4 * 1024 * 1024)

/* (transfer full) (nullable): the content */
GBytes *spoc_config_file_read(const char *path, gsize max_bytes,
                              GError **error) G_GNUC_WARN_UNUSED_RESULT;
