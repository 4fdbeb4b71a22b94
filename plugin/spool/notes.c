/* SPDX-License-Identifier: Apache-2.0 */
/*
 * No descriptor is kept: a thousand journals are open at once, and lines are few.
 */
#include "spool/notes.h"

#include "base/durable.h"
#include "base/error.h"
#include "spool/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct _SpocNotes {
    int directory_fd;
    char *name;
    gboolean unsynced;
};

SpocNotes *
spoc_notes_new(int directory_fd, const char *name)
{
    SpocNotes *notes = g_new0(SpocNotes, 1);
    notes->directory_fd = directory_fd;
    notes->name = g_strdup(name);
    return notes;
}

void
spoc_notes_free(SpocNotes *notes)
{
    if (notes == NULL)
        return;
    g_free(notes->name);
    g_free(notes);
}

char *
spoc_notes_read(SpocNotes *notes, GError **error)
{
    g_autoptr(GError) reason = NULL;
    g_autoptr(GBytes) bytes = spoc_file_read(notes->directory_fd, notes->name,
                                             SPOC_JOURNAL_NOTES_MAX_BYTES, NULL, &reason);
    if (bytes == NULL && g_error_matches(reason, SPOC_ERROR, SPOC_ERROR_NOT_FOUND))
        return g_strdup("");
    if (bytes == NULL) {
        g_propagate_error(error, g_steal_pointer(&reason));
        return NULL;
    }
    gsize size = 0;
    const char *text = g_bytes_get_data(bytes, &size);
    while (size > 0 && text[size - 1] != '\n')
        size--;
    return g_strndup(text, size);
}

/* Behind whole lines only: half a line with an end would be believed. */
static gboolean
write_line(SpocNotes *notes, int fd, guint64 size, const char *line, GError **error)
{
    char last = '\n';
    if (size > 0 && spoc_file_read_at(fd, size - 1, &last, 1, error) < 0)
        return FALSE;
    if (last != '\n') {
        g_autofree char *whole = spoc_notes_read(notes, error);
        if (whole == NULL)
            return FALSE;
        size = strlen(whole);
        if (ftruncate(fd, (off_t)size) != 0) {
            spoc_error_set_errno(error, errno, "cannot cut '%s'", notes->name);
            return FALSE;
        }
    }
    g_autofree char *text = g_strconcat(line, "\n", NULL);
    return spoc_file_write_at(fd, size, text, strlen(text), error);
}

/* -1 with @error */
static int
open_to_add(const SpocNotes *notes, struct stat *ret_info, GError **error)
{
    g_autoptr(GError) reason = NULL;
    int fd = spoc_file_open(notes->directory_fd, notes->name, O_RDWR, ret_info, &reason);
    if (fd >= 0 || !g_error_matches(reason, SPOC_ERROR, SPOC_ERROR_NOT_FOUND)) {
        if (reason != NULL)
            g_propagate_error(error, g_steal_pointer(&reason));
        return fd;
    }
    ret_info->st_size = 0;
    fd = openat(notes->directory_fd, notes->name,
                O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        spoc_error_set_errno(error, errno, "cannot make '%s'", notes->name);
    return fd;
}

gboolean
spoc_notes_add(SpocNotes *notes, const char *line, GError **error)
{
    struct stat info = {0};
    int fd = open_to_add(notes, &info, error);
    if (fd < 0)
        return FALSE;
    gboolean good = FALSE;
    if ((guint64)info.st_size + strlen(line) + 1 > SPOC_JOURNAL_NOTES_MAX_BYTES)
        g_set_error(error, SPOC_ERROR, SPOC_ERROR_LIMIT, "'%s' is full", notes->name);
    else
        good = write_line(notes, fd, (guint64)info.st_size, line, error);
    close(fd);
    notes->unsynced |= good;
    return good;
}

gboolean
spoc_notes_sync(SpocNotes *notes, GError **error)
{
    if (!notes->unsynced)
        return TRUE;
    notes->unsynced = FALSE; /* after a failure another one would prove nothing */
    int fd = spoc_file_open(notes->directory_fd, notes->name, O_RDWR, NULL, error);
    if (fd < 0)
        return FALSE;
    gboolean good = fdatasync(fd) == 0;
    if (!good)
        spoc_error_set_errno(error, errno, "cannot sync '%s'", notes->name);
    close(fd);
    return good && spoc_durable_sync_directory(notes->directory_fd, error);
}
