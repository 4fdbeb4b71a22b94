/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"

#include <string.h>

static void
test_lines(void)
{
    static const struct {
        const char *in;
        gssize length;
        gsize max_bytes;
        const char *out;
    } cases[] = {
        {"plain", -1, 100, "plain"},
        {"", -1, 100, ""},
        {"a\r\nBcc: x@y", -1, 100, "a Bcc: x@y"},
        {"a \n b", -1, 100, "a  b"},
        {"\nSTATE: +x\n", -1, 100, "STATE: +x"},
        {"a\0b", 3, 100, "a\ufffdb"},
        {"tab\there", -1, 100, "tab here"},
        {"\xff\xfe", -1, 100, "\ufffd\ufffd"},
        {"caf\u00e9 \u65e5\u672c", -1, 100, "caf\u00e9 \u65e5\u672c"},
        {"a\u2028b\u202eevil", -1, 100, "a b evil"},
        {"annexe\u202efdp.exe", -1, 100, "annexe fdp.exe"},
        {"a\u200bb\u200cc\u200dd\u200ee\u200ff", -1, 100, "a b c d e f"},
        {"a\u2060b\ufeffc\u00add\u061ce", -1, 100, "a b c d e"},
        {"a\u2066b\u2069\u206fc", -1, 100, "a b c"},
        {"a\U000e0041b\ufffbc\u3164d\u034fe", -1, 100, "a b c d e"},
        {"\u200b\u200b", -1, 100, ""},
        /* Letters of any direction, signs that are drawn, and an emoji's form stay. */
        {"\u05d0\u0628 \u0600 \u2013 \u2764\ufe0f", -1, 100,
         "\u05d0\u0628 \u0600 \u2013 \u2764\ufe0f"},
        {"a\xc2\x85"
         "b",
         -1, 100, "a b"},
        {"0123456789", -1, 8, "01234\u2026"},
        {"\u00e9\u00e9\u00e9\u00e9\u00e9", -1, 8, "\u00e9\u00e9\u2026"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *out = spoc_text_line(cases[i].in, cases[i].length, cases[i].max_bytes);
        g_assert_cmpstr(out, ==, cases[i].out);
        g_assert_cmpuint(strlen(out), <=, cases[i].max_bytes);
    }
    g_autofree char *none = spoc_text_line(NULL, -1, 10);
    g_assert_cmpstr(none, ==, "");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/text/lines", test_lines);
    return g_test_run();
}
