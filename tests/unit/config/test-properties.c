/* SPDX-License-Identifier: Apache-2.0 */
#include "config/properties.h"

#include "base/error.h"

#include <string.h>

/* @out: "line|key|value" for each entry, "line|key|!damage" for a damaged one, "line!warning"
 * behind them; joined by LF */
typedef struct {
    const char *name;
    const char *in;
    const char *out;
} Case;

static const Case cases[] = {
    {"nothing", "", ""},
    {"equals", "a=b", "1|a|b"},
    {"colon", "a:b", "1|a|b"},
    {"blank", "a b", "1|a|b"},
    {"tab", "a\tb", "1|a|b"},
    {"form feed", "a\fb", "1|a|b"},
    {"blanks around", "  a \t = \t b", "1|a|b"},
    {"one separator only", "a = = b", "1|a|= b"},
    {"colon behind equals", "a=:b", "1|a|:b"},
    {"value keeps its separators", "a=b=c:d e", "1|a|b=c:d e"},
    {"no value", "a", "1|a|"},
    {"no value, separator", "a =", "1|a|"},
    {"trailing blanks dropped", "a=b \t\f ", "1|a|b"},
    {"trailing blank escaped", "a=b \\  ", "1|a|b  "},
    {"trailing tab escaped", "a=b\\t ", "1|a|b\t"},
    {"leading blank escaped", "a=\\  b", "1|a|  b"},
    {"only an escaped blank", "a=\\ ", "1|a| "},
    {"comments", "# a=b\n!a=b\n  #x\n\t!y\na=b", "5|a|b"},
    {"comment signs inside", "a#b=c # d", "1|a#b|c # d"},
    {"comments are not continued", "# x \\\na=b", "2|a|b"},
    {"blank lines", "\n \n\t\n\na=b\n\n", "5|a|b"},
    {"CRLF", "a=b\r\nc=d\r\n", "1|a|b\n2|c|d"},
    {"CR", "a=b\rc=d", "1|a|b\n2|c|d"},
    {"mixed ends", "a=b\r\n\rc=d\n\re=f", "1|a|b\n3|c|d\n5|e|f"},
    {"BOM",
     "\xef\xbb\xbf"
     "a=b",
     "1|a|b"},
    {"continued", "a=b\\\n   c", "1|a|bc"},
    {"continued CRLF", "a=b \\\r\n\t\f c\r\nd=e", "1|a|b c\n3|d|e"},
    {"continued twice", "a=b,\\\n c,\\\n d\ne=f", "1|a|b,c,d\n4|e|f"},
    {"even backslashes end", "a=b\\\\\nc=d", "1|a|b\\\n2|c|d"},
    {"odd backslashes continue", "a=b\\\\\\\n c", "1|a|b\\c"},
    {"continued by a comment sign", "a=b\\\n#c", "1|a|b#c"},
    {"continued by nothing", "a=b\\\n\nc=d", "1|a|b\n3|c|d"},
    {"continued at the end", "a=b\\", "1|a|b"},
    {"continued key", "a\\\n b=c", "1|ab|c"},
    {"a line of one backslash", "\\\n  a=b", "1|a|b"},
    {"escapes", "a=\\t\\n\\r\\f\\\\\\=\\:\\#\\!\\q\\\"", "1|a|\t\n\r\f\\=:#!q\""},
    {"escapes in keys", "a\\ b\\=c\\:d=e", "1|a b=c:d|e"},
    {"escaped first sign", "\\#a=b\n\\!c=d", "1|#a|b\n2|!c|d"},
    {"unicode", "a=caf\\u00E9 \\u65e5", "1|a|caf\u00e9 \u65e5"},
    {"unicode key", "\\u0061=b", "1|a|b"},
    {"surrogate pair", "a=\\ud83d\\uDE00x", "1|a|\U0001f600x"},
    {"half a pair", "a=\\ud83dx", "1|a|!has half of a surrogate pair as a \\u escape"},
    {"low half", "a=\\ude00", "1|a|!has half of a surrogate pair as a \\u escape"},
    {"two high halves", "a=\\ud83d\\ud83d", "1|a|!has half of a surrogate pair as a \\u escape"},
    {"malformed unicode", "a=\\u12g4\nb=c",
     "1|a|!has a malformed \\u escape: four hexadecimal digits must follow\n2|b|c"},
    {"short unicode", "a=\\u12",
     "1|a|!has a malformed \\u escape: four hexadecimal digits must follow"},
    {"NUL", "a=\\u0000", "1|a|!has a NUL character in it"},
    {"several u are not Java's properties", "a=\\uu0041",
     "1|a|!has a malformed \\u escape: four hexadecimal digits must follow"},
    {"UTF-8", "\u00fc=\u65e5\u672c", "1|\u00fc|\u65e5\u672c"},
    {"Latin-1", "a=b\nc=caf\xe9",
     "1|a|b\n2|c|caf\u00e9\n"
     "2!is not UTF-8; the file is read as Latin-1"},
    {"the last counts", "a=1\nb=2\na=3",
     "2|b|2\n3|a|3\n3!a: is set again; the value of line 1 does not count"},
    {"the last counts, though empty",
     "a=1\na=", "2|a|\n2!a: is set again; the value of line 1 does not count"},
    {"no key", "=b\nc=d", "2|c|d\n1!is ignored: no key stands before the separator"},
    {"malformed key", "a\\u12=b\nc=d", "2|c|d\n1!is ignored: its key is malformed"},
    {"windows path as Java reads it", "a=C:\\Dir\\file", "1|a|C:Dir\file"},
};

static char *
show(const SpocProperties *properties)
{
    g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < properties->entries->len; i++) {
        const SpocProperty *p = g_ptr_array_index(properties->entries, i);
        g_ptr_array_add(lines,
                        g_strdup_printf("%u|%s|%s%s", p->line, p->key, p->damage != NULL ? "!" : "",
                                        p->damage != NULL ? p->damage : p->value));
    }
    for (guint i = 0; i < properties->warnings->len; i++) {
        const SpocPropertyWarning *w = g_ptr_array_index(properties->warnings, i);
        g_ptr_array_add(lines, g_strdup_printf("%u!%s", w->line, w->text));
    }
    g_ptr_array_add(lines, NULL);
    return g_strjoinv("\n", (char **)lines->pdata);
}

static void
test_syntax(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_test_message("%s", cases[i].name);
        g_autoptr(GError) error = NULL;
        g_autoptr(SpocProperties) properties =
            spoc_properties_parse(cases[i].in, strlen(cases[i].in), &error);
        g_assert_no_error(error);
        g_autofree char *out = show(properties);
        g_assert_cmpstr(out, ==, cases[i].out);
    }
}

static void
test_nul_bytes(void)
{
    static const char raw[] = "a=b\0c\nd=e\\\0f\ng\0=h\ni=j";
    g_autoptr(SpocProperties) properties = spoc_properties_parse(raw, sizeof raw - 1, NULL);
    g_assert_nonnull(properties);
    g_autofree char *out = show(properties);
    g_assert_cmpstr(out, ==,
                    "1|a|!has a NUL character in it\n2|d|!has a NUL character in it\n4|i|j\n"
                    "3!is ignored: its key is malformed");
}

static void
test_limits(void)
{
    g_autoptr(GError) error = NULL;
    GString *text = g_string_new(NULL);
    for (guint i = 0; i <= SPOC_PROPERTIES_MAX_KEYS; i++)
        g_string_append_printf(text, "k%u=1\n", i);
    g_assert_null(spoc_properties_parse(text->str, text->len, &error));
    g_assert_error(error, SPOC_ERROR, SPOC_ERROR_LIMIT);
    g_clear_error(&error);

    /* A long line costs itself alone. */
    g_string_assign(text, "a=");
    while (text->len <= 2 * SPOC_PROPERTIES_MAX_LINE_BYTES)
        g_string_append(text, "xxxxxxxxxxxxxxx\\\n");
    g_string_append(text, "\nb=c");
    SpocProperties *properties = spoc_properties_parse(text->str, text->len, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(properties->entries->len, ==, 2);
    const SpocProperty *first = g_ptr_array_index(properties->entries, 0);
    g_assert_cmpstr(first->key, ==, "a");
    g_assert_nonnull(strstr(first->damage, "is longer than"));
    spoc_properties_free(properties);

    while (text->len <= SPOC_PROPERTIES_MAX_BYTES)
        g_string_append(text, "\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n");
    g_assert_null(spoc_properties_parse(text->str, text->len, &error));
    g_assert_error(error, SPOC_ERROR, SPOC_ERROR_LIMIT);
    g_string_free(text, TRUE);
}

static void
test_utf16(void)
{
    g_autoptr(GError) error = NULL;
    g_assert_null(spoc_properties_parse("\xff\xfe"
                                        "a\0",
                                        4, &error));
    g_assert_error(error, SPOC_ERROR, SPOC_ERROR_INVALID);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/properties/syntax", test_syntax);
    g_test_add_func("/properties/nul-bytes", test_nul_bytes);
    g_test_add_func("/properties/limits", test_limits);
    g_test_add_func("/properties/utf16", test_utf16);
    return g_test_run();
}
