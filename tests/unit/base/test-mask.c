/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mask.h"

static void
test_mask(void)
{
    static const struct {
        const char *text;
        const char *secret;
        const char *masked;
    } cases[] = {
        {"a p@ss/word b", "p@ss/word", "a *** b"},
        {"a p%40ss%2Fword b", "p@ss/word", "a *** b"},
        {"a cEBzcy93b3Jk b", "p@ss/word", "a *** b"},
        {"nothing", "p@ss/word", "nothing"},
        {"nothing", NULL, "nothing"},
        {"nothing", "", "nothing"},
        {"abcabc", "a", "abcabc"},
        /* A piece is enough. */
        {"it was 0123456789abcdef…", "0123456789abcdefghijkl", "it was ***…"},
        {"it was …456789abcdefghi and", "0123456789abcdefghijkl", "it was …*** and"},
        {"it was 0123456789a", "0123456789abcdefghijkl", "it was 0123456789a"},
        {"0123456789abcdef0123456789abcdef", "0123456789abcdef", "******"},
        /* base64 of it with something before, and behind */
        {"eDowMTIzNDU2Nzg5YWJjZGVmZ2hpamts", "0123456789abcdefghijkl", "eDow***"},
        {"eHk6MDEyMzQ1Njc4OWFiY2RlZmdoaWprbDp6", "0123456789abcdefghijkl", "eHk6***Dp6"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *masked = spoc_mask(g_strdup(cases[i].text), cases[i].secret);
        g_assert_cmpstr(masked, ==, cases[i].masked);
    }
}

static void
test_mask_words(void)
{
    g_autofree char *masked = spoc_mask_words(
        g_strdup("File /usr/lib/python3/dist-packages/a.py: token "
                 "eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9.eyJhdWQiOiJ4In0.c2ln is bad"));
    g_assert_cmpstr(masked, ==, "File /usr/lib/python3/dist-packages/a.py: token *** is bad");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/mask/secret", test_mask);
    g_test_add_func("/mask/words", test_mask_words);
    return g_test_run();
}
