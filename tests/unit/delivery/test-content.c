/* SPDX-License-Identifier: Apache-2.0 */
#include "delivery/content.h"

#include <string.h>

static char *
on_the_line(const char *bytes)
{
    g_autoptr(GBytes) in = g_bytes_new(bytes, strlen(bytes));
    g_autoptr(SpocContent) content = spoc_content_new_bytes(in);
    g_autoptr(SpocContentReader) reader = spoc_content_reader_new(content, NULL);
    g_autoptr(GByteArray) out = g_byte_array_new();
    gboolean end = FALSE;
    while (!end)
        g_assert_true(spoc_content_reader_next(reader, out, &end, NULL));
    return out->len > 0 ? g_strndup((const char *)out->data, out->len) : g_strdup("");
}

static void
test_table(void)
{
    static const struct {
        const char *in;
        const char *out;
    } cases[] = {
        {"", ""},
        {"a\r\n", "a\r\n"},
        {"a", "a\r\n"},
        {".\r\n", "..\r\n"},
        {".a\r\n.b\r\n", "..a\r\n..b\r\n"},
        {"a.\r\n", "a.\r\n"},
        {"a\r\n.\r\nb\r\n", "a\r\n..\r\nb\r\n"},
        {"a\n.\nb\n", "a\r\n..\r\nb\r\n"},
        {"a\r.\rb\r", "a\r\n..\r\nb\r\n"},
        {"a\r\n\r\n.", "a\r\n\r\n..\r\n"},
        {"a\r\r\n.b", "a\r\n\r\n..b\r\n"},
        {"\r\n.\r\n", "\r\n..\r\n"},
        {"a\n\r\n.\r\nMAIL FROM:<x@y>\r\n", "a\r\n\r\n..\r\nMAIL FROM:<x@y>\r\n"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *out = on_the_line(cases[i].in);
        g_assert_cmpstr(out, ==, cases[i].out);
    }
}

/* A kind whose reads give one byte at a time: line ends fall between the pieces. */
static gpointer
drip_open(gpointer data, GError **error)
{
    const char **position = g_new(const char *, 1);
    *position = data;
    return position;
}

static gboolean
drip_read(gpointer reading, guint8 *buffer, gsize size, gsize *ret_size, GError **error)
{
    const char **position = reading;
    *ret_size = **position != '\0' ? 1 : 0;
    if (*ret_size > 0)
        buffer[0] = (guint8) * (*position)++;
    return TRUE;
}

static void
test_pieces(void)
{
    static const SpocContentKind drip = {drip_open, drip_read, g_free, g_free};
    const char *text = "one\r\n.two\r\n\r\n.\r\rthree\n.";
    g_autofree char *whole = on_the_line(text);
    g_autoptr(SpocContent) content = spoc_content_new(&drip, g_strdup(text), strlen(text), FALSE);
    /* Twice: another try starts from the beginning. */
    for (guint i = 0; i < 2; i++) {
        g_autoptr(SpocContentReader) reader = spoc_content_reader_new(content, NULL);
        g_autoptr(GByteArray) out = g_byte_array_new();
        gboolean end = FALSE;
        while (!end)
            g_assert_true(spoc_content_reader_next(reader, out, &end, NULL));
        g_assert_cmpmem(out->data, out->len, whole, strlen(whole));
    }
}

static void
test_eight_bit(void)
{
    g_autoptr(GBytes) plain = g_bytes_new_static("abc", 3);
    g_autoptr(GBytes) eight = g_bytes_new_static("ab\xc3\xa4", 4);
    g_autoptr(SpocContent) a = spoc_content_new_bytes(plain);
    g_autoptr(SpocContent) b = spoc_content_new_bytes(eight);
    g_assert_false(spoc_content_is_eight_bit(a));
    g_assert_true(spoc_content_is_eight_bit(b));
    g_assert_cmpuint(spoc_content_size_bytes(b), ==, 4);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/content/table", test_table);
    g_test_add_func("/content/pieces", test_pieces);
    g_test_add_func("/content/eight-bit", test_eight_bit);
    return g_test_run();
}
