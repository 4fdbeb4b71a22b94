/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  File writing that survives kill -9 and power loss: temporary file,
 *          fsync, rename, fsync of the directory. Only then success.
 * ERRORS   SPOC_ERROR_IO or SPOC_ERROR_DENIED with the path's last part and the
 *          system's reason. On failure the old file is as it was.
 */
#pragma once

#include <glib.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <time.h>

/* Names that begin so are never complete files: sweepers may delete old ones. */
#define SPOC_DURABLE_TEMPORARY_PREFIX ".tmp-"

/**
 * spoc_durable_write_all:
 * @fd: a blocking descriptor
 *
 * write(2) until all is written; EINTR and short writes are handled.
 */
gboolean spoc_durable_write_all(int fd, const void *data, gsize size_bytes,
                                GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * spoc_durable_replace:
 * @directory_fd: the directory
 * @name: the file's name in it, no slash
 * @mode: permission bits of the new file
 * @modified: (nullable): the modification time that it gets
 *
 * Makes or replaces a file so that at any moment either the old or the whole new
 * one is there.
 */
gboolean spoc_durable_replace(int directory_fd, const char *name, const void *data,
                              gsize size_bytes, mode_t mode, const struct timespec *modified,
                              GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * spoc_durable_replace_like:
 * @old: (nullable): what the file was: the new one has its owner, group and mode
 * @mode: of a file that is new, whatever the umask is
 *
 * The same for a file of somebody else's. Without the right to keep the owner nothing is replaced.
 */
gboolean spoc_durable_replace_like(int directory_fd, const char *name, const void *data,
                                   gsize size_bytes, const struct stat *old, mode_t mode,
                                   GError **error) G_GNUC_WARN_UNUSED_RESULT;

gboolean spoc_durable_sync_directory(int directory_fd, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * spoc_durable_read:
 * @max_bytes: the largest file that is read
 *
 * Reads a regular file whole; a symbolic link is not followed.
 *
 * Returns: (transfer full): its bytes; NULL with SPOC_ERROR_NOT_FOUND when there
 *   is none, SPOC_ERROR_LIMIT when it is larger, SPOC_ERROR_CORRUPT when it is not
 *   a regular file
 */
GBytes *spoc_durable_read(int directory_fd, const char *name, gsize max_bytes,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The same of an open file; the message is a clause without the name. What the file holds is in the
 * bytes alone: it may be a secret. */
GBytes *spoc_durable_read_fd(int fd, gsize max_bytes, GError **error) G_GNUC_WARN_UNUSED_RESULT;
