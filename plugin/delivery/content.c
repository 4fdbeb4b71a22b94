/* SPDX-License-Identifier: Apache-2.0 */
#include "delivery/content.h"

#include "base/error.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

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
has_eight_bit(GBytes *content)
{
    gsize size = 0;
    const guint8 *bytes = g_bytes_get_data(content, &size);
    guint8 seen = 0;
    for (gsize i = 0; i < size; i++)
        seen |= bytes[i];
    return (seen & 0x80) != 0;
}

SpocContent *
spoc_content_new_bytes(GBytes *bytes)
{
    static const SpocContentKind kind = {bytes_open, bytes_read, bytes_close, bytes_free, FALSE};
    return spoc_content_new(&kind, g_bytes_ref(bytes), g_bytes_get_size(bytes),
                            has_eight_bit(bytes));
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

/* A run of bytes without CR and LF, or a whole line. */
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
put_bytes(SpocContentReader *reader, GByteArray *out, const guint8 *bytes, gsize size)
{
    gsize i = 0;
    while (i < size) {
        if (reader->after_cr) {
            end_line(reader, out);
            i += bytes[i] == '\n' ? 1 : 0;
            continue;
        }
        gsize run = run_length(bytes + i, size - i);
        if (i + run + 1 < size && bytes[i + run] == '\r' && bytes[i + run + 1] == '\n') {
            put_run(reader, out, bytes + i, run + 2);
            reader->at_line_start = TRUE;
            i += run + 2;
            continue;
        }
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
    put_bytes(reader, out, reader->buffer, size);
    *ret_end = size == 0;
    if (size == 0 && (reader->after_cr || !reader->at_line_start))
        end_line(reader, out);
    return TRUE;
}

/* --- a document as attachment ------------------------------------------------------------ */

#define LINE_IN_BYTES 57u /* become 76 */
#define LINE_OUT_BYTES 78u
#define LINES_PER_READ 800u
#define PAIRS 4096u /* values of twelve bits: two digits each */

typedef struct {
    char digits[2];
} Pair;

typedef struct {
    GBytes *head; /* dot-stuffed */
    GBytes *tail;
    int fd;
    guint64 size_bytes;
    const SpocAttachmentEvents *events;
    gpointer user_data;
    Pair pairs[PAIRS];
} Attachment;

typedef enum {
    PART_HEAD,
    PART_DOCUMENT,
    PART_TAIL,
} Part;

typedef struct {
    const Attachment *attachment;
    Part part;
    gsize offset;  /* in head or tail */
    guint64 place; /* in the document */
    guint percent;
    guint8 in[LINES_PER_READ * LINE_IN_BYTES];
} Reading;

guint64
spoc_attachment_encoded_bytes(guint64 size_bytes)
{
    guint64 digits = (size_bytes + 2) / 3 * 4;
    return digits + (digits + 75) / 76 * 2;
}

static void
fill_pairs(Pair *pairs)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (guint i = 0; i < PAIRS; i++)
        pairs[i] = (Pair){{alphabet[i >> 6], alphabet[i & 63]}};
}

/* Groups of three bytes; two look-ups each. */
static guint8 *
encode_groups(const Pair *pairs, const guint8 *in, gsize groups, guint8 *out)
{
    for (gsize i = 0; i < groups; i++, in += 3, out += 4) {
        guint32 bits = (guint32)in[0] << 16 | (guint32)in[1] << 8 | in[2];
        memcpy(out, pairs[bits >> 12].digits, 2);
        memcpy(out + 2, pairs[bits & 0xfff].digits, 2);
    }
    return out;
}

/* The last one or two bytes */
static guint8 *
encode_rest(const Pair *pairs, const guint8 *in, gsize size, guint8 *out)
{
    const guint8 padded[3] = {in[0], size > 1 ? in[1] : 0, 0};
    out = encode_groups(pairs, padded, 1, out);
    memset(out - (3 - size), '=', 3 - size);
    return out;
}

static guint8 *
encode_line(const Pair *pairs, const guint8 *in, gsize size, guint8 *out)
{
    out = encode_groups(pairs, in, size / 3, out);
    if (size % 3 != 0)
        out = encode_rest(pairs, in + size / 3 * 3, size % 3, out);
    *out++ = '\r';
    *out++ = '\n';
    return out;
}

static void
say_progress(Reading *reading)
{
    const Attachment *attachment = reading->attachment;
    if (attachment->events == NULL || attachment->events->progress == NULL)
        return;
    guint percent =
        attachment->size_bytes > 0 ? (guint)(reading->place * 100 / attachment->size_bytes) : 100;
    if (percent != reading->percent)
        attachment->events->progress(percent, attachment->user_data);
    reading->percent = percent;
}

static gpointer
attachment_open(gpointer data, GError **error)
{
    Attachment *attachment = data;
    Reading *reading = g_malloc(sizeof *reading);
    reading->attachment = attachment;
    reading->part = PART_HEAD;
    reading->offset = 0;
    reading->place = 0;
    reading->percent = G_MAXUINT;
    (void)posix_fadvise(attachment->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
    say_progress(reading);
    return reading;
}

static gsize
read_text(Reading *reading, GBytes *text, guint8 *buffer, gsize size)
{
    gsize total = 0;
    const guint8 *bytes = g_bytes_get_data(text, &total);
    gsize piece = MIN(size, total - reading->offset);
    if (piece > 0)
        memcpy(buffer, bytes + reading->offset, piece);
    reading->offset += piece;
    return piece;
}

/* Whole lines, so that every reading but the last ends with one */
static gboolean
fill_in(Reading *reading, gsize wanted, GError **error)
{
    gsize done = 0;
    while (done < wanted) {
        ssize_t count = pread(reading->attachment->fd, reading->in + done, wanted - done,
                              (off_t)(reading->place + done));
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0) {
            spoc_error_set_errno(error, count < 0 ? errno : EIO, "cannot read the document");
            return FALSE;
        }
        done += (gsize)count;
    }
    return TRUE;
}

static gboolean
read_document(Reading *reading, guint8 *buffer, gsize size, gsize *ret_size, GError **error)
{
    const Attachment *attachment = reading->attachment;
    gsize lines = MIN(size / LINE_OUT_BYTES, LINES_PER_READ);
    gsize wanted =
        (gsize)MIN((guint64)lines * LINE_IN_BYTES, attachment->size_bytes - reading->place);
    if (!fill_in(reading, wanted, error))
        return FALSE;
    guint8 *out = buffer;
    for (gsize done = 0; done < wanted; done += LINE_IN_BYTES)
        out = encode_line(attachment->pairs, reading->in + done, MIN(LINE_IN_BYTES, wanted - done),
                          out);
    reading->place += wanted;
    *ret_size = (gsize)(out - buffer);
    say_progress(reading);
    return TRUE;
}

static gboolean
is_withdrawn(const Attachment *attachment)
{
    return attachment->events != NULL && attachment->events->is_withdrawn != NULL &&
           attachment->events->is_withdrawn(attachment->user_data);
}

static gboolean
attachment_read(gpointer user_data, guint8 *buffer, gsize size, gsize *ret_size, GError **error)
{
    Reading *reading = user_data;
    const Attachment *attachment = reading->attachment;
    if (is_withdrawn(attachment)) {
        g_set_error_literal(error, SPOC_ERROR, SPOC_ERROR_FAILED, "the document was withdrawn");
        return FALSE;
    }
    *ret_size = 0;
    if (reading->part == PART_HEAD) {
        *ret_size = read_text(reading, attachment->head, buffer, size);
        if (*ret_size > 0)
            return TRUE;
        reading->part = PART_DOCUMENT;
    }
    if (reading->part == PART_DOCUMENT) {
        if (reading->place < attachment->size_bytes)
            return read_document(reading, buffer, size, ret_size, error);
        reading->part = PART_TAIL;
        reading->offset = 0;
    }
    *ret_size = read_text(reading, attachment->tail, buffer, size);
    return TRUE;
}

static void
attachment_close(gpointer user_data)
{
    g_free(user_data);
}

static void
attachment_free(gpointer data)
{
    Attachment *attachment = data;
    close(attachment->fd);
    g_bytes_unref(attachment->head);
    g_bytes_unref(attachment->tail);
    g_free(attachment);
}

/* As it goes over the line */
static GBytes *
dot_stuff(GBytes *text)
{
    g_autoptr(SpocContent) content = spoc_content_new_bytes(text);
    g_autoptr(SpocContentReader) reader = spoc_content_reader_new(content, NULL);
    GByteArray *out = g_byte_array_new();
    for (gboolean end = FALSE; !end;)
        if (!spoc_content_reader_next(reader, out, &end, NULL))
            break; /* bytes in memory can always be read */
    return g_byte_array_free_to_bytes(out);
}

SpocContent *
spoc_attachment_new(GBytes *head, int fd, guint64 size_bytes, GBytes *tail,
                    const SpocAttachmentEvents *events, gpointer user_data)
{
    static const SpocContentKind kind = {attachment_open, attachment_read, attachment_close,
                                         attachment_free, TRUE};
    Attachment *attachment = g_new0(Attachment, 1);
    attachment->head = dot_stuff(head);
    attachment->tail = g_bytes_ref(tail);
    attachment->fd = fd;
    attachment->size_bytes = size_bytes;
    attachment->events = events;
    attachment->user_data = user_data;
    fill_pairs(attachment->pairs);
    guint64 total =
        g_bytes_get_size(head) + spoc_attachment_encoded_bytes(size_bytes) + g_bytes_get_size(tail);
    return spoc_content_new(&kind, attachment, total, has_eight_bit(head));
}
