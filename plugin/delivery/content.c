/* SPDX-License-Identifier: Apache-2.0 */
#include "delivery/content.h"

#include <string.h>

#define PIECE_BYTES (64u * 1024)

struct _SpocContent {
    gatomicrefcount references;
    const SpocContentKind *kind;
    gpointer data;
    guint64 size_bytes;
    gboolean eight_bit;
};

struct _SpocContentReader {
    SpocContent *content;
    gpointer reading;
    guint8 *buffer;
    gboolean at_line_start; /* nothing, or CR LF, was written last */
    gboolean after_cr;      /* the last byte read was a CR, not written yet */
};

SpocContent *
spoc_content_new(const SpocContentKind *kind, gpointer data, guint64 size_bytes, gboolean eight_bit)
{
    SpocContent *content = g_new0(SpocContent, 1);
    g_atomic_ref_count_init(&content->references);
    content->kind = kind;
    content->data = data;
    content->size_bytes = size_bytes;
    content->eight_bit = eight_bit;
    return content;
}

SpocContent *
spoc_content_ref(SpocContent *content)
{
    g_atomic_ref_count_inc(&content->references);
    return content;
}

void
spoc_content_unref(SpocContent *content)
{
    if (content == NULL || !g_atomic_ref_count_dec(&content->references))
        return;
    content->kind->free_data(content->data);
    g_free(content);
}

guint64
spoc_content_size_bytes(const SpocContent *content)
{
    return content->size_bytes;
}

gboolean
spoc_content_is_eight_bit(const SpocContent *content)
{
    return content->eight_bit;
}

/* A mail in memory. */

typedef struct {
    GBytes *bytes;
    gsize position;
} BytesReading;

static gpointer
bytes_open(gpointer data, GError **error)
{
    BytesReading *reading = g_new0(BytesReading, 1);
    reading->bytes = g_bytes_ref(data);
    return reading;
}

static gboolean
bytes_read(gpointer user_data, guint8 *buffer, gsize size, gsize *ret_size, GError **error)
{
    BytesReading *reading = user_data;
    gsize total = 0;
    const guint8 *bytes = g_bytes_get_data(reading->bytes, &total);
    gsize piece = MIN(size, total - reading->position);
    if (piece > 0)
        memcpy(buffer, bytes + reading->position, piece);
    reading->position += piece;
    *ret_size = piece;
    return TRUE;
}

static void
bytes_close(gpointer user_data)
{
    BytesReading *reading = user_data;
    g_bytes_unref(reading->bytes);
    g_free(reading);
}

static void
bytes_free(gpointer data)
{
    g_bytes_unref(data);
}

static gboolean
has_eight_bit(const guint8 *bytes, gsize size)
{
    guint8 seen = 0;
    for (gsize i = 0; i < size; i++)
        seen |= bytes[i];
    return (seen & 0x80) != 0;
}

SpocContent *
spoc_content_new_bytes(GBytes *bytes)
{
    static const SpocContentKind kind = {bytes_open, bytes_read, bytes_close, bytes_free, FALSE};
    gsize size = 0;
    const guint8 *data = g_bytes_get_data(bytes, &size);
    return spoc_content_new(&kind, g_bytes_ref(bytes), size, has_eight_bit(data, size));
}

/* Reading for the line. */

SpocContentReader *
spoc_content_reader_new(SpocContent *content, GError **error)
{
    gpointer reading = content->kind->open(content->data, error);
    if (reading == NULL)
        return NULL;
    SpocContentReader *reader = g_new0(SpocContentReader, 1);
    reader->content = spoc_content_ref(content);
    reader->reading = reading;
    reader->buffer = g_malloc((gsize)MIN((guint64)PIECE_BYTES, content->size_bytes + 1));
    reader->at_line_start = TRUE;
    return reader;
}

void
spoc_content_reader_free(SpocContentReader *reader)
{
    if (reader == NULL)
        return;
    reader->content->kind->close(reader->reading);
    spoc_content_unref(reader->content);
    g_free(reader->buffer);
    g_free(reader);
}

static void
end_line(SpocContentReader *reader, GByteArray *out)
{
    g_byte_array_append(out, (const guint8 *)"\r\n", 2);
    reader->at_line_start = TRUE;
    reader->after_cr = FALSE;
}

/* A run of bytes without CR and LF. */
static void
put_run(SpocContentReader *reader, GByteArray *out, const guint8 *run, gsize size)
{
    if (size == 0)
        return;
    if (reader->at_line_start && run[0] == '.')
        g_byte_array_append(out, (const guint8 *)".", 1);
    g_byte_array_append(out, run, (guint)size);
    reader->at_line_start = FALSE;
}

/* Where the run of ordinary bytes ends: at a CR or LF, or behind the last byte. */
static gsize
run_length(const guint8 *bytes, gsize size)
{
    const guint8 *feed = memchr(bytes, '\n', size);
    gsize length = feed != NULL ? (gsize)(feed - bytes) : size;
    const guint8 *carriage = memchr(bytes, '\r', length);
    return carriage != NULL ? (gsize)(carriage - bytes) : length;
}

static void
put(SpocContentReader *reader, GByteArray *out, const guint8 *bytes, gsize size)
{
    gsize i = 0;
    while (i < size) {
        if (reader->after_cr) {
            end_line(reader, out);
            i += bytes[i] == '\n' ? 1 : 0;
            continue;
        }
        gsize run = run_length(bytes + i, size - i);
        put_run(reader, out, bytes + i, run);
        i += run;
        if (i == size)
            break;
        if (bytes[i] == '\r')
            reader->after_cr = TRUE;
        else
            end_line(reader, out);
        i++;
    }
}

/* Straight to where it is sent from. */
static gboolean
pass_on(SpocContentReader *reader, GByteArray *out, gboolean *ret_end, GError **error)
{
    guint before = out->len;
    gsize size = 0;
    g_byte_array_set_size(out, before + PIECE_BYTES);
    gboolean good =
        reader->content->kind->read(reader->reading, out->data + before, PIECE_BYTES, &size, error);
    g_byte_array_set_size(out, before + (good ? (guint)size : 0));
    *ret_end = good && size == 0;
    return good;
}

gboolean
spoc_content_reader_next(SpocContentReader *reader, GByteArray *out, gboolean *ret_end,
                         GError **error)
{
    if (reader->content->kind->is_wire_safe)
        return pass_on(reader, out, ret_end, error);
    gsize room = (gsize)MIN((guint64)PIECE_BYTES, reader->content->size_bytes + 1);
    gsize size = 0;
    if (!reader->content->kind->read(reader->reading, reader->buffer, room, &size, error))
        return FALSE;
    put(reader, out, reader->buffer, size);
    *ret_end = size == 0;
    if (size == 0 && (reader->after_cr || !reader->at_line_start))
        end_line(reader, out);
    return TRUE;
}
