/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The format of a log of marks: records of 20 bytes, little-endian, one behind the other,
 * only ever added to.
 *
 *    0  8  offset in the stream
 *    8  4  part, or 0xffff: the whole event
 *   12  4  1: this part of the event at the offset is finished; 2: all before the offset is
 *   16  4  CRC-32 of the journal's salt and the 16 bytes before
 *
 * A record that is damaged, or cut short by a crash, counts for nothing: at worst a mail
 * is composed again, with the same identifier.
 */
#include "spool/marks.h"

#include "base/durable.h"
#include "base/error.h"
#include "spool/file.h"
#include "spool/journal-format.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define RECORD_BYTES 20
#define RECORDS_A_READ 512
#define KIND_MARK 1u
#define KIND_BEFORE 2u

typedef struct {
    guint64 offset;
    guint32 part;
} Mark;

struct _SpocMarks {
    int directory_fd;
    char *name;
    guint64 salt;
    int fd; /* -1 before the first mark */
    guint64 file_size;
    guint64 before; /* the marks above are in @above, those below are dropped */
    GTree *above;   /* Mark → itself */
    gboolean unsynced;
    gboolean unlisted; /* made, and the directory not synced since */
    gboolean broken;   /* a sync failed: what the file holds is not known */
};

static int
compare_marks(gconstpointer a, gconstpointer b, gpointer user_data)
{
    const Mark *first = a, *second = b;
    if (first->offset != second->offset)
        return first->offset < second->offset ? -1 : 1;
    return first->part < second->part ? -1 : first->part > second->part;
}

static void
encode_mark(guint64 salt, const Mark *mark, guint32 kind, guint8 *record)
{
    guint64 offset = GUINT64_TO_LE(mark->offset), own = GUINT64_TO_LE(salt);
    guint32 part = GUINT32_TO_LE(mark->part), kind_le = GUINT32_TO_LE(kind);
    memcpy(record, &offset, 8);
    memcpy(record + 8, &part, 4);
    memcpy(record + 12, &kind_le, 4);
    guint32 check = GUINT32_TO_LE(spoc_check(spoc_check(0, &own, sizeof own), record, 16));
    memcpy(record + 16, &check, 4);
}

static gboolean
decode_mark(guint64 salt, const guint8 *record, Mark *ret_mark, guint32 *ret_kind)
{
    guint64 offset;
    guint32 part, kind;
    memcpy(&offset, record, 8);
    memcpy(&part, record + 8, 4);
    memcpy(&kind, record + 12, 4);
    ret_mark->offset = GUINT64_FROM_LE(offset);
    ret_mark->part = GUINT32_FROM_LE(part);
    *ret_kind = GUINT32_FROM_LE(kind);
    guint8 expected[RECORD_BYTES];
    encode_mark(salt, ret_mark, *ret_kind, expected);
    return memcmp(expected, record, RECORD_BYTES) == 0;
}

static void
remember_mark(SpocMarks *marks, const Mark *mark, guint32 kind)
{
    if (kind == KIND_MARK && mark->offset >= marks->before) {
        Mark *own = g_memdup2(mark, sizeof *mark);
        g_tree_replace(marks->above, own, own);
    } else if (kind == KIND_BEFORE && mark->offset > marks->before) {
        marks->before = mark->offset;
        for (GTreeNode *lowest; (lowest = g_tree_node_first(marks->above)) != NULL;) {
            const Mark *low = g_tree_node_key(lowest);
            if (low->offset >= marks->before)
                break;
            g_tree_remove(marks->above, low);
        }
    }
}

static gboolean
load_marks(SpocMarks *marks, GError **error)
{
    guint8 buffer[RECORD_BYTES * RECORDS_A_READ];
    for (;;) {
        gssize count = spoc_file_read_at(marks->fd, marks->file_size, buffer, sizeof buffer, error);
        if (count < 0)
            return FALSE;
        gsize whole = (gsize)count - (gsize)count % RECORD_BYTES;
        for (gsize i = 0; i < whole; i += RECORD_BYTES) {
            Mark mark;
            guint32 kind;
            if (decode_mark(marks->salt, buffer + i, &mark, &kind))
                remember_mark(marks, &mark, kind);
        }
        marks->file_size += whole; /* the next record goes over one that was cut short */
        if ((gsize)count < sizeof buffer)
            return TRUE;
    }
}

SpocMarks *
spoc_marks_open(int directory_fd, const char *name, guint64 salt, GError **error)
{
    g_autoptr(SpocMarks) marks = g_new0(SpocMarks, 1);
    marks->directory_fd = directory_fd;
    marks->name = g_strdup(name);
    marks->salt = salt;
    marks->above = g_tree_new_full(compare_marks, NULL, g_free, NULL);

    g_autoptr(GError) reason = NULL;
    marks->fd = spoc_file_open(directory_fd, name, O_RDWR, NULL, &reason);
    if (marks->fd < 0) {
        if (g_error_matches(reason, SPOC_ERROR, SPOC_ERROR_NOT_FOUND))
            return g_steal_pointer(&marks);
        g_propagate_error(error, g_steal_pointer(&reason));
        return NULL;
    }
    if (!load_marks(marks, error)) {
        g_prefix_error(error, "'%s': ", name);
        return NULL;
    }
    return g_steal_pointer(&marks);
}

void
spoc_marks_free(SpocMarks *marks)
{
    if (marks == NULL)
        return;
    if (marks->fd >= 0)
        close(marks->fd);
    g_tree_unref(marks->above);
    g_free(marks->name);
    g_free(marks);
}

static gboolean
write_mark(SpocMarks *marks, const Mark *mark, guint32 kind, GError **error)
{
    if (marks->fd < 0) {
        marks->fd = openat(marks->directory_fd, marks->name,
                           O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
        if (marks->fd < 0) {
            spoc_error_set_errno(error, errno, "cannot make '%s'", marks->name);
            return FALSE;
        }
        marks->unlisted = TRUE;
    }
    guint8 record[RECORD_BYTES];
    encode_mark(marks->salt, mark, kind, record);
    /* At its own place: what a failed write left there is written over. */
    if (!spoc_file_write_at(marks->fd, marks->file_size, record, sizeof record, error)) {
        g_prefix_error(error, "'%s': ", marks->name);
        return FALSE;
    }
    marks->file_size += sizeof record;
    marks->unsynced = TRUE;
    remember_mark(marks, mark, kind);
    return TRUE;
}

gboolean
spoc_marks_add(SpocMarks *marks, guint64 offset, guint part, GError **error)
{
    const Mark mark = {.offset = offset, .part = part};
    return spoc_marks_has(marks, offset, part) || write_mark(marks, &mark, KIND_MARK, error);
}

gboolean
spoc_marks_add_before(SpocMarks *marks, guint64 offset, GError **error)
{
    const Mark mark = {.offset = offset, .part = SPOC_JOURNAL_WHOLE};
    return offset <= marks->before || write_mark(marks, &mark, KIND_BEFORE, error);
}

gboolean
spoc_marks_has(const SpocMarks *marks, guint64 offset, guint part)
{
    const Mark whole = {.offset = offset, .part = SPOC_JOURNAL_WHOLE};
    const Mark mark = {.offset = offset, .part = part};
    return offset < marks->before || g_tree_lookup(marks->above, &whole) != NULL ||
           g_tree_lookup(marks->above, &mark) != NULL;
}

guint64
spoc_marks_before(const SpocMarks *marks)
{
    return marks->before;
}

static gboolean
append_record(gpointer key, gpointer value, gpointer user_data)
{
    gpointer *context = user_data;
    const SpocMarks *marks = context[0];
    guint8 record[RECORD_BYTES];
    encode_mark(marks->salt, key, KIND_MARK, record);
    g_byte_array_append(context[1], record, sizeof record);
    return FALSE;
}

/* A new file with all that is known. After a failed sync the kernel holds the pages for
 * clean: another one would succeed with nothing on the disk. */
static gboolean
rewrite_marks(SpocMarks *marks, GError **error)
{
    g_autoptr(GByteArray) content = g_byte_array_new();
    const Mark before = {.offset = marks->before, .part = SPOC_JOURNAL_WHOLE};
    guint8 record[RECORD_BYTES];
    encode_mark(marks->salt, &before, KIND_BEFORE, record);
    g_byte_array_append(content, record, sizeof record);
    gpointer context[] = {marks, content};
    g_tree_foreach(marks->above, append_record, context);

    if (!spoc_file_place(marks->directory_fd, marks->name, content->data, content->len, error))
        return FALSE;
    int fd = spoc_file_open(marks->directory_fd, marks->name, O_RDWR, NULL, error);
    if (fd < 0)
        return FALSE;
    close(marks->fd);
    marks->fd = fd;
    marks->file_size = content->len;
    marks->broken = FALSE;
    marks->unsynced = FALSE;
    marks->unlisted = TRUE;
    return TRUE;
}

gboolean
spoc_marks_sync(SpocMarks *marks, GError **error)
{
    if (marks->broken && !rewrite_marks(marks, error))
        return FALSE;
    if (marks->unsynced && fdatasync(marks->fd) != 0) {
        spoc_error_set_errno(error, errno, "cannot sync '%s'", marks->name);
        marks->broken = TRUE;
        return FALSE;
    }
    marks->unsynced = FALSE;
    if (marks->unlisted && !spoc_durable_sync_directory(marks->directory_fd, error))
        return FALSE;
    marks->unlisted = FALSE;
    return TRUE;
}
