/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  Makes .mo files, good and bad, for the tests of their reader.
 */
#pragma once

#include <glib.h>
#include <string.h>

typedef struct {
    const char *msgid; /* with its NUL when there is a plural */
    gsize msgid_length;
    const char *text;
    gsize text_length;
} MoEntry;

#define MO_ENTRY(msgid, text)                                                                      \
    {                                                                                              \
        msgid, sizeof(msgid) - 1, text, sizeof(text) - 1                                           \
    }

static inline void
mo_add_number(GByteArray *mo, guint32 value, gboolean is_swapped)
{
    guint32 stored = is_swapped ? GUINT32_SWAP_LE_BE(value) : value;
    g_byte_array_append(mo, (const guint8 *)&stored, sizeof stored);
}

static inline GByteArray *
mo_make(const MoEntry *entries, guint count, gboolean is_swapped)
{
    GByteArray *mo = g_byte_array_new();
    const guint32 head[] = {0x950412de, 0, count, 20, 20 + 8 * count};
    guint32 offset = 20 + 16 * count;
    for (guint i = 0; i < G_N_ELEMENTS(head); i++)
        mo_add_number(mo, head[i], is_swapped);
    for (guint i = 0; i < 2 * count; i++) {
        gsize length = i < count ? entries[i].msgid_length : entries[i - count].text_length;
        mo_add_number(mo, (guint32)length, is_swapped);
        mo_add_number(mo, offset, is_swapped);
        offset += (guint32)length + 1;
    }
    for (guint i = 0; i < count; i++)
        g_byte_array_append(mo, (const guint8 *)entries[i].msgid,
                            (guint)entries[i].msgid_length + 1);
    for (guint i = 0; i < count; i++)
        g_byte_array_append(mo, (const guint8 *)entries[i].text, (guint)entries[i].text_length + 1);
    return mo;
}
