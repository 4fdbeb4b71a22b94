/* SPDX-License-Identifier: Apache-2.0 */
/* Writing a journal. The format and the order of the steps: see the top of journal-format.c. */
#include "spool/journal-writer.h"

#include "base/durable.h"
#include "base/error.h"
#include "spool/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct _SpocJournalWriter {
    SpocSpool *spool;
    SpocJournalHead head;
    char *name;
    char *temporary;
    int fd;
    guint64 file_size;   /* of what is synced */
    guint64 stream_size; /* likewise */
    gboolean torn;       /* the file may be longer than file_size */
    gboolean named;      /* it has its own name, and no longer the temporary one */
    gboolean listed;     /* and that is synced */
    gboolean finished;
};

SpocJournalWriter *
spoc_journal_writer_new(SpocSpool *spool, const char *recipient_uri, const void *user_data,
                        gsize user_data_size, GError **error)
{
    if (strlen(recipient_uri) > SPOC_JOURNAL_URI_MAX_BYTES ||
        user_data_size > SPOC_JOURNAL_USER_DATA_MAX_BYTES) {
        g_set_error(error, SPOC_ERROR, SPOC_ERROR_LIMIT,
                    "the recipient URI or the user data is longer than %d bytes",
                    SPOC_JOURNAL_URI_MAX_BYTES);
        return NULL;
    }
    g_autoptr(SpocJournalWriter) writer = g_new0(SpocJournalWriter, 1);
    writer->spool = spool;
    writer->fd = -1;
    spoc_journal_head_init_own(&writer->head, recipient_uri, user_data, user_data_size);
    writer->name = spoc_journal_name_new(spool, &writer->head, error);
    if (writer->name == NULL)
        return NULL;
    writer->temporary = g_strconcat(SPOC_DURABLE_TEMPORARY_PREFIX, writer->name, NULL);
    writer->fd = openat(spoc_spool_folder_fd(spool, "events"), writer->temporary,
                        O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (writer->fd < 0) {
        spoc_error_set_errno(error, errno, "cannot make a journal in '%s/events'",
                             spoc_spool_path(spool));
        return NULL;
    }
    g_autoptr(GByteArray) head = spoc_journal_head_encode(&writer->head);
    if (!spoc_file_write_at(writer->fd, 0, head->data, head->len, error)) {
        g_prefix_error(error, "the journal in '%s/events': ", spoc_spool_path(spool));
        return NULL;
    }
    writer->file_size = head->len;
    return g_steal_pointer(&writer);
}

void
spoc_journal_writer_free(SpocJournalWriter *writer)
{
    if (writer == NULL)
        return;
    if (writer->fd >= 0)
        close(writer->fd);
    if (writer->fd >= 0 && !writer->named)
        (void)unlinkat(spoc_spool_folder_fd(writer->spool, "events"), writer->temporary, 0);
    spoc_journal_head_clear(&writer->head);
    g_free(writer->name);
    g_free(writer->temporary);
    g_free(writer);
}

const char *
spoc_journal_writer_name(const SpocJournalWriter *writer)
{
    return writer->name;
}

static gboolean
cut_back(SpocJournalWriter *writer, GError **error)
{
    if (!writer->torn)
        return TRUE;
    if (ftruncate(writer->fd, (off_t)writer->file_size) != 0) {
        spoc_error_set_errno(error, errno, "cannot cut off a failed write");
        return FALSE;
    }
    writer->torn = FALSE;
    return TRUE;
}

/* A sync of a file that was removed succeeds too, and nothing would be kept. */
static gboolean
check_kept(SpocJournalWriter *writer, GError **error)
{
    struct stat info;
    if (fstat(writer->fd, &info) != 0) {
        spoc_error_set_errno(error, errno, "cannot look at it");
        return FALSE;
    }
    if (info.st_nlink == 0) {
        g_set_error(error, SPOC_ERROR, SPOC_ERROR_NOT_FOUND, "somebody removed it");
        return FALSE;
    }
    return TRUE;
}

/* Makes the first block's journal visible. */
static gboolean
give_name(SpocJournalWriter *writer, GError **error)
{
    if (writer->listed)
        return TRUE;
    int events = spoc_spool_folder_fd(writer->spool, "events");
    if (!writer->named && renameat(events, writer->temporary, events, writer->name) != 0) {
        spoc_error_set_errno(error, errno, "cannot give it its name");
        return FALSE;
    }
    writer->named = TRUE;
    if (!spoc_durable_sync_directory(events, error))
        return FALSE;
    writer->listed = TRUE;
    return TRUE;
}

static gboolean
append_block(SpocJournalWriter *writer, SpocBlockKind kind, const void *bytes, gsize size,
             GError **error)
{
    const SpocBlock block = {
        .kind = kind,
        .offset = writer->stream_size,
        .size = (guint32)size,
        .payload_check = spoc_check(0, bytes, size),
    };
    guint8 header[SPOC_BLOCK_HEADER_BYTES];
    spoc_block_encode(&block, writer->head.salt, header);
    if (!cut_back(writer, error))
        return FALSE;
    writer->torn = TRUE;
    if (!spoc_file_write_at(writer->fd, writer->file_size, header, sizeof header, error) ||
        !spoc_file_write_at(writer->fd, writer->file_size + sizeof header, bytes, size, error))
        return FALSE;
    if (fdatasync(writer->fd) != 0) {
        spoc_error_set_errno(error, errno, "cannot sync");
        return FALSE;
    }
    if (!give_name(writer, error) || !check_kept(writer, error))
        return FALSE;
    writer->torn = FALSE;
    writer->file_size += sizeof header + size;
    writer->stream_size += size;
    return TRUE;
}

static gboolean
append_block_or_cut(SpocJournalWriter *writer, SpocBlockKind kind, const void *bytes, gsize size,
                    GError **error)
{
    if (append_block(writer, kind, bytes, size, error))
        return TRUE;
    (void)cut_back(writer, NULL); /* tried again by the next commit where it fails */
    g_prefix_error(error, "the journal '%s/events/%s': ", spoc_spool_path(writer->spool),
                   writer->name);
    return FALSE;
}

gboolean
spoc_journal_writer_commit(SpocJournalWriter *writer, const void *bytes, gsize size, GError **error)
{
    g_return_val_if_fail(size > 0 && size <= SPOC_JOURNAL_COMMIT_MAX_BYTES, FALSE);
    g_return_val_if_fail(!writer->finished, FALSE);
    return append_block_or_cut(writer, SPOC_BLOCK_DATA, bytes, size, error);
}

gboolean
spoc_journal_writer_finish(SpocJournalWriter *writer, GError **error)
{
    if (writer->finished || writer->stream_size == 0)
        return TRUE;
    if (!append_block_or_cut(writer, SPOC_BLOCK_END, "", 0, error))
        return FALSE;
    writer->finished = TRUE;
    return TRUE;
}
