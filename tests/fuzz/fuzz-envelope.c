/* SPDX-License-Identifier: Apache-2.0 */
/* PURPOSE  Any bytes as an envelope's file; what is accepted is written again and read the same. */
#include "spool/envelope.h"

#include <stdint.h>
#include <stdio.h>
#include <zlib.h>

#define CHECK_LINE_BYTES 16

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
parse(const char *text, gsize size)
{
    g_autoptr(SpocEnvelope) envelope = spoc_envelope_parse(text, size, NULL);
    if (envelope == NULL)
        return;
    g_autoptr(GError) error = NULL;
    g_autoptr(GString) again = spoc_envelope_format(envelope, &error);
    g_assert_no_error(error);
    g_autoptr(SpocEnvelope) second = spoc_envelope_parse(again->str, again->len, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(envelope->id, ==, second->id);
    g_assert_cmpuint(envelope->recipients->len, ==, second->recipients->len);
    g_assert_cmpuint(spoc_envelope_pending(envelope), ==, spoc_envelope_pending(second));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    parse((const char *)data, size);
    /* Once more with the right checksum, or little would ever come through. */
    g_autoptr(GString) text = g_string_new_len((const char *)data, (gssize)size);
    if (size >= CHECK_LINE_BYTES)
        g_string_truncate(text, size - CHECK_LINE_BYTES);
    g_string_append_printf(text, "Check: %08lx\n",
                           crc32_z(0, (const guint8 *)text->str, text->len));
    parse(text->str, text->len);
    return 0;
}
