/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"

#include <string.h>

#define ELLIPSIS "\u2026"

/* What steers a terminal or a line, and what is drawn as nothing and so hides what a text says or
 * turns its direction: Default_Ignorable_Code_Point of the Unicode Character Database, but for
 * the variation selectors, which only choose a form of what stands before them. In order. */
static const struct {
    gunichar first;
    gunichar last;
} controls[] = {
    {0x0000, 0x001f},   {0x007f, 0x009f},   {0x00ad, 0x00ad},   {0x034f, 0x034f},
    {0x061c, 0x061c},   {0x115f, 0x1160},   {0x17b4, 0x17b5},   {0x180e, 0x180e},
    {0x200b, 0x200f},   {0x2028, 0x202e},   {0x2060, 0x206f},   {0x3164, 0x3164},
    {0xfeff, 0xfeff},   {0xffa0, 0xffa0},   {0xfff0, 0xfffb},   {0x1bca0, 0x1bca3},
    {0x1d173, 0x1d17a}, {0xe0000, 0xe00ff}, {0xe01f0, 0xe0fff},
};

gboolean
spoc_text_is_control(gunichar character)
{
    for (guint i = 0; i < G_N_ELEMENTS(controls) && character >= controls[i].first; i++)
        if (character <= controls[i].last)
            return TRUE;
    return FALSE;
}

gboolean
spoc_text_has_control(const char *text)
{
    for (const char *p = text; *p != '\0'; p = g_utf8_next_char(p))
        if (spoc_text_is_control(g_utf8_get_char(p)))
            return TRUE;
    return FALSE;
}

gboolean
spoc_text_is_printable_ascii(const char *bytes, gsize length)
{
    gboolean is_so = TRUE;
    for (gsize i = 0; i < length; i++)
        is_so &= bytes[i] >= ' ' && bytes[i] < 0x7f;
    return is_so;
}

char *
spoc_text_line(const char *bytes, gssize length, gsize max_bytes)
{
    if (bytes == NULL)
        return g_strdup("");
    gsize available = length < 0 ? strlen(bytes) : (gsize)length;

    if (available <= max_bytes && spoc_text_is_printable_ascii(bytes, available))
        return g_strstrip(g_strndup(bytes, available));

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
