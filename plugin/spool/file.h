/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   The only ways in which the spool layer opens, reads and writes files.
 * SECURITY  Nothing that was planted is trusted: no link is followed, a FIFO does not
 *           block, and only a regular file of the spool's owner with one name is read.
 *
 * Private to the layer.
 */
#pragma once

#include <glib.h>
#include <sys/stat.h>
#include <time.h>

/**
 * spoc_file_open:
 * @flags: O_RDONLY, O_WRONLY or O_RDWR
 * @ret_info: (out) (optional)
 *
 * Returns: a descriptor, the caller's; -1 with SPOC_ERROR_NOT_FOUND, SPOC_ERROR_CORRUPT
 *   when it isn't a file that the spool would have made, or what the system said
 */
int spoc_file_open(int directory_fd, const char *name, int flags, struct stat *ret_info,
                   GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Reads a file whole: SPOC_ERROR_LIMIT when it is larger than @max_bytes. */
GBytes *spoc_file_read(int directory_fd, const char *name, gsize max_bytes, struct stat *ret_info,
                       GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Files that spoc_file_place_all() makes together: descriptors, and what one commit of the file
 * system's journal can carry */
#define SPOC_FILE_TOGETHER_MAX 128

/* @modified: (nullable) */
typedef struct {
    const char *name;
    const void *data;
    gsize size_bytes;
    const struct timespec *modified;
} SpocFileContent;

/**
 * spoc_file_place_all:
 * @files: (array length=count): with distinct names
 *
 * Makes or replaces files, each synced before it gets its name, which itself is durable only
 * after the directory is synced: so a batch pays for that once. All are on their way to the
 * disk before the first is waited for, which is several times as fast as one after the other.
 * On failure some may be there.
 */
gboolean spoc_file_place_all(int directory_fd, const SpocFileContent *files, gsize count,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The same for one */
gboolean spoc_file_place(int directory_fd, const char *name, const void *data, gsize size_bytes,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Writes all at one place; short writes and EINTR are handled. */
gboolean spoc_file_write_at(int fd, guint64 place, const void *data, gsize size_bytes,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Reads what there is, up to @size_bytes. Returns the count, -1 with @error. */
gssize spoc_file_read_at(int fd, guint64 place, void *buffer, gsize size_bytes,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Removes a file; one that is not there is fine. */
gboolean spoc_file_remove(int directory_fd, const char *name,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;

gboolean spoc_file_exists(int directory_fd, const char *name);

/* FALSE with the error set ends the reading. */
typedef gboolean (*SpocFileEachFunc)(int directory_fd, const char *name, gpointer user_data,
                                     GError **error);

/* Calls @each with every name in a directory but "." and "..", in no order, holding none of
 * them: the queue may be long. @each may remove the file. */
gboolean spoc_file_each(int directory_fd, SpocFileEachFunc each, gpointer user_data,
                        GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * spoc_file_list:
 *
 * Returns: (transfer full) (element-type utf8): all names in a directory but "." and "..",
 *   in no order
 */
GPtrArray *spoc_file_list(int directory_fd, GError **error) G_GNUC_WARN_UNUSED_RESULT;
