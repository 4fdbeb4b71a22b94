/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  Prints the plural forms of 0 to 1000 by an expression, for check-plurals.py.
 */
#include "message/plural.h"

#define LAST 1000

int
main(int argc, char **argv)
{
    if (argc != 2)
        return 2;
    for (gulong n = 0; n <= LAST; n++) {
        gulong form = 0;
        if (!spoc_plural_evaluate(argv[1], n, &form))
            return 1;
        g_print("%lu\n", form);
    }
    return 0;
}
