/* SPDX-License-Identifier: Apache-2.0 */
#include "delivery/content.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

typedef struct {
    GString *percents;
    gboolean withdrawn;
} Watcher;

static void
on_progress(guint percent, gpointer user_data)
{
    Watcher *watcher = user_data;
    g_string_append_printf(watcher->percents, "%u ", percent);
}

static gboolean
is_withdrawn(gpointer user_data)
{
    return ((Watcher *)user_data)->withdrawn;
}

static const SpocAttachmentEvents events = {on_progress, is_withdrawn};

static SpocContent *
new_content(const char *head, const guint8 *document, gsize size, Watcher *watcher)
{
    int fd = memfd_create("document", 0);
    g_assert_cmpint(write(fd, document, size), ==, size);
    g_autoptr(GBytes) head_bytes = g_bytes_new(head, strlen(head));
    g_autoptr(GBytes) tail = g_bytes_new_static("--b--\r\n", 7);
    return spoc_attachment_new(head_bytes, fd, size, tail, watcher != NULL ? &events : NULL,
                               watcher);
}

static GByteArray *
read_all(SpocContent *content)
{
    g_autoptr(SpocContentReader) reader = spoc_content_reader_new(content, NULL);
    GByteArray *out = g_byte_array_new();
    for (gboolean end = FALSE; !end;)
        g_assert_true(spoc_content_reader_next(reader, out, &end, NULL));
    return out;
}

/* Against GLib's encoder, around every border of lines and pieces */
static void
test_sizes(void)
{
    static const gsize sizes[] = {0,   1,   2,   3,     56,    57,    58,    59,    113,
                                  114, 115, 999, 45599, 45600, 45601, 91200, 200001};
    for (guint i = 0; i < G_N_ELEMENTS(sizes); i++) {
        gsize size = sizes[i];
        g_autofree guint8 *document = g_malloc(size + 1);
        for (gsize k = 0; k < size; k++)
            document[k] = (guint8)(k * 7919 >> 3);
        g_autoptr(SpocContent) content = new_content("H: v\r\n\r\n", document, size, NULL);
        /* Twice: another server may be tried. */
        for (guint round = 0; round < 2; round++) {
            g_autoptr(GByteArray) out = read_all(content);
            g_assert_cmpuint(out->len, ==, spoc_content_size_bytes(content));
            g_assert_cmpmem(out->data, 8, "H: v\r\n\r\n", 8);
            g_assert_cmpmem(out->data + out->len - 7, 7, "--b--\r\n", 7);
            gsize middle = out->len - 15;
            g_assert_cmpuint(middle, ==, spoc_attachment_encoded_bytes(size));
            g_autofree char *lines = g_strndup((const char *)out->data + 8, middle);
            g_auto(GStrv) split = g_strsplit(lines, "\r\n", -1);
            for (guint k = 0; split[k] != NULL; k++)
                g_assert_cmpuint(strlen(split[k]), <=, 76);
            g_autofree char *joined = g_strjoinv("", split);
            g_autofree char *expected = g_base64_encode(document, size);
            g_assert_cmpstr(joined, ==, expected);
        }
    }
}

static void
test_dots_in_the_head(void)
{
    g_autoptr(SpocContent) content =
        new_content("H: v\r\n\r\n.\r\n.x\r\n", (const guint8 *)"abc", 3, NULL);
    g_autoptr(GByteArray) out = read_all(content);
    static const char expected[] = "H: v\r\n\r\n..\r\n..x\r\nYWJj\r\n--b--\r\n";
    g_assert_cmpmem(out->data, out->len, expected, strlen(expected));
    /* RFC 1870 counts the message, not what stuffing adds. */
    g_assert_cmpuint(spoc_content_size_bytes(content), ==, strlen(expected) - 2);
}

static void
test_events(void)
{
    Watcher watcher = {.percents = g_string_new(NULL)};
    g_autofree guint8 *document = g_malloc0(150000);
    g_autoptr(SpocContent) content = new_content("\r\n", document, 150000, &watcher);
    g_autoptr(GByteArray) out = read_all(content);
    g_assert_cmpstr(watcher.percents->str, ==, "0 30 60 91 100 ");

    g_autoptr(SpocContentReader) reader = spoc_content_reader_new(content, NULL);
    gboolean end = FALSE;
    g_autoptr(GError) error = NULL;
    g_assert_true(spoc_content_reader_next(reader, out, &end, NULL));
    watcher.withdrawn = TRUE;
    g_assert_false(spoc_content_reader_next(reader, out, &end, &error));
    g_assert_nonnull(error);
    g_string_free(watcher.percents, TRUE);
}

/* A document that is shorter than it was is a failure, not a short mail. */
static void
test_cut(void)
{
    int fd = memfd_create("document", 0);
    g_assert_cmpint(write(fd, "abc", 3), ==, 3);
    g_autoptr(GBytes) text = g_bytes_new_static("\r\n", 2);
    g_autoptr(SpocContent) content = spoc_attachment_new(text, fd, 4, text, NULL, NULL);
    g_autoptr(SpocContentReader) reader = spoc_content_reader_new(content, NULL);
    g_autoptr(GByteArray) out = g_byte_array_new();
    gboolean end = FALSE;
    g_autoptr(GError) error = NULL;
    while (spoc_content_reader_next(reader, out, &end, &error))
        g_assert_false(end);
    g_assert_nonnull(error);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/attachment/sizes", test_sizes);
    g_test_add_func("/attachment/dots-in-the-head", test_dots_in_the_head);
    g_test_add_func("/attachment/events", test_events);
    g_test_add_func("/attachment/cut", test_cut);
    return g_test_run();
}
