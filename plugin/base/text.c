/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"

#include <string.h>

#define ELLIPSIS "\u2026"

gboolean
spoc_text_is_control(gunichar character)
{
    return character < 0x20 || (character >= 0x7f && character < 0xa0) || character == 0x2028 ||
           character == 0x2029 || (character >= 0x202a && character <= 0x202e) ||
           (character >= 0x2066 && character <= 0x2069);
}

char *
spoc_text_line(const char *bytes, gssize length, gsize max_bytes)
{
    if (bytes == NULL)
        return g_strdup("");
    gsize available = length < 0 ? strlen(bytes) : (gsize)length;

    /* What is far beyond the limit need not be looked at: a character has four bytes at most. */
    available = MIN(available, max_bytes * 4 + 16);
    g_autofree char *valid = g_utf8_make_valid(bytes, (gssize)available);

    GString *line = g_string_sized_new(available + 1);
    gboolean blank_due = FALSE;
    for (const char *p = valid; *p != '\0'; p = g_utf8_next_char(p)) {
        gunichar character = g_utf8_get_char(p);
        if (spoc_text_is_control(character)) {
            blank_due = TRUE;
            continue;
        }
        if (blank_due && character != ' ' && line->len > 0 && line->str[line->len - 1] != ' ')
            g_string_append_c(line, ' ');
        blank_due = FALSE;
        g_string_append_unichar(line, character);
    }
    if (line->len > max_bytes) {
        gsize cut = max_bytes - strlen(ELLIPSIS);
        while (cut > 0 && ((guchar)line->str[cut] & 0xc0) == 0x80)
            cut--;
        g_string_truncate(line, cut);
        g_string_append(line, ELLIPSIS);
    }
    return g_strstrip(g_string_free(line, FALSE));
}
