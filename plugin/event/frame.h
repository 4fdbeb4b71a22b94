/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   Finds where an event message starts and ends in the stream, before libcups is
 *           given its bytes to read.
 * SECURITY  libcups reads collections by recursion and accepts what cupsd never writes. Here
 *           the only shape that passes is the one that cupsd gives an event: one
 *           event-notification group of flat attributes, bounded by SPOC_EVENT_MAX_BYTES.
 */
#pragma once

#include <glib.h>

typedef enum {
    SPOC_FRAME_WHOLE,
    SPOC_FRAME_SHORT, /* more bytes may complete it */
    SPOC_FRAME_BAD,   /* no bytes can make it a message */
} SpocFrameResult;

typedef struct {
    gsize length_bytes; /* of the whole message; as far as it is known when it is short */
    gsize user_data_at; /* the value of notify-user-data, as far as it is there */
    gsize user_data_size;
} SpocFrame;

/* (nullable): the first place at or behind @from where a message could start */
const guint8 *spoc_frame_find_start(const guint8 *bytes, gsize size, gsize from);

/* How many bytes at the end of @bytes could be the beginning of a start. */
gsize spoc_frame_start_at_end(const guint8 *bytes, gsize size);

/* Follows the attributes of the message that starts at @bytes. */
SpocFrameResult spoc_frame_walk(const guint8 *bytes, gsize size, SpocFrame *ret_frame);
