/* SPDX-License-Identifier: Apache-2.0 */
#include "event/frame.h"

#include "event/event.h"

#include <string.h>

/* Version 2.0, operation 0, request 0, the event-notification group, and its first
 * attribute's tag, name length and name (RFC 8010 3.1, RFC 3995 5.3.3.4). */
static const guint8 START[] = {0x02, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x07,
                               0x47, 0x00, 0x0e, 'n',  'o',  't',  'i',  'f',  'y',
                               '-',  'c',  'h',  'a',  'r',  's',  'e',  't'};

#define GROUP_AT 8
#define TAG_END 0x03
#define TAG_GROUP 0x07
#define TAG_OCTET_STRING 0x30

/* RFC 3995 5.3.5: at most 63 octets */
#define USER_DATA_MAX_BYTES 63

static const char USER_DATA[] = "notify-user-data";

const guint8 *
spoc_frame_find_start(const guint8 *bytes, gsize size, gsize from)
{
    if (from >= size)
        return NULL;
    return memmem(bytes + from, size - from, START, sizeof START);
}

gsize
spoc_frame_start_at_end(const guint8 *bytes, gsize size)
{
    for (gsize count = MIN(size, sizeof START - 1); count > 0; count--) {
        if (memcmp(bytes + size - count, START, count) == 0)
            return count;
    }
    return 0;
}

static gsize
read_length(const guint8 *bytes)
{
    return (gsize)bytes[0] << 8 | bytes[1];
}

/* Value tags that stand for one flat value (RFC 8010 3.5.2): out-of-band values, then
 * integers to mimeMediaType without the collections (0x34, 0x37, 0x4a). */
static gboolean
is_value_tag(guint8 tag)
{
    return (tag >= 0x10 && tag <= 0x16) || (tag >= 0x21 && tag <= 0x23) ||
           (tag >= 0x30 && tag <= 0x36 && tag != 0x34) ||
           (tag >= 0x41 && tag <= 0x49 && tag != 0x43);
}

SpocFrameResult
spoc_frame_walk(const guint8 *bytes, gsize size, SpocFrame *ret_frame)
{
    *ret_frame = (SpocFrame){0};
    gsize limit = MIN(size, SPOC_EVENT_MAX_BYTES);
    SpocFrameResult when_short = size >= SPOC_EVENT_MAX_BYTES ? SPOC_FRAME_BAD : SPOC_FRAME_SHORT;
    if (size < sizeof START || memcmp(bytes, START, sizeof START) != 0)
        return SPOC_FRAME_BAD;

    for (gsize at = GROUP_AT + 1; at < limit;) {
        guint8 tag = bytes[at++];
        ret_frame->length_bytes = at;
        if (tag == TAG_END)
            return SPOC_FRAME_WHOLE;
        if (!is_value_tag(tag))
            return SPOC_FRAME_BAD;
        if (limit - at < 2)
            break;
        gsize name_size = read_length(bytes + at);
        gsize name_at = at + 2;
        if (name_at + name_size + 2 > limit)
            break;
        gsize value_size = read_length(bytes + name_at + name_size);
        at = name_at + name_size + 2;
        if (tag == TAG_OCTET_STRING && name_size == sizeof USER_DATA - 1 &&
            value_size <= USER_DATA_MAX_BYTES &&
            memcmp(bytes + name_at, USER_DATA, name_size) == 0) {
            ret_frame->user_data_at = at;
            ret_frame->user_data_size = MIN(value_size, limit - at);
        }
        if (value_size > limit - at)
            break;
        at += value_size;
    }
    return when_short;
}
