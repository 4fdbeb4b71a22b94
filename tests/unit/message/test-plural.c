/* SPDX-License-Identifier: Apache-2.0 */
#include "message/plural.h"

static void
test_values(void)
{
    static const struct {
        const char *expression;
        gulong n;
        gulong form;
    } cases[] = {
        {"0", 7, 0},
        {"n", 7, 7},
        {" n != 1 ", 1, 0},
        {"n!=1", 2, 1},
        {"n==1 ? 0 : n>=2 && n<=4 ? 1 : 2;", 3, 1},
        {"n==1 ? 0 : n>=2 && n<=4 ? 1 : 2;", 5, 2},
        {"!n", 0, 1},
        {"!!n", 5, 1},
        {"2+3*4", 0, 14},
        {"(2+3)*4", 0, 20},
        {"10-3-2", 0, 5},
        {"100/7%5", 0, 4},
        {"1||0&&0", 0, 1},
        {"1<2==1", 0, 1},
        {"n/0", 5, 0},
        {"n%0", 5, 0},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        gulong form = 99;
        g_assert_true(spoc_plural_evaluate(cases[i].expression, cases[i].n, &form));
        g_assert_cmpuint(form, ==, cases[i].form);
    }
}

static void
test_refused(void)
{
    g_autofree char *deep = g_strnfill(200, '(');
    g_autofree char *endless = g_strnfill(SPOC_PLURAL_MAX_BYTES + 1, '1');
    const char *const cases[] = {"",    ";",   "n+",  "n n", "m",   "n?1", "n?:2", "(n", "n)",
                                 "n&1", "n=1", "n==", "-1",  "n;x", "1 2", "n!1",  deep, endless};
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        gulong form = 99;
        gboolean is_good = spoc_plural_evaluate(cases[i], 1, &form);
        /* What stands behind the ";" is not its business. */
        g_assert_cmpint(is_good, ==, g_strcmp0(cases[i], "n;x") == 0);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/plural/values", test_values);
    g_test_add_func("/plural/refused", test_refused);
    return g_test_run();
}
