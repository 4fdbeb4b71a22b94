/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  Prints the plural forms of 0 to 1000 by a catalogue's rule, for check-plurals.py.
 */
#include "message/catalogue.h"

#define LAST 1000

int
main(int argc, char **argv)
{
    if (argc != 2)
        return 2;
    g_autoptr(SpocPlural) plural = spoc_plural_parse(argv[1]);
    if (plural == NULL)
        return 1;
    for (gulong n = 0; n <= LAST; n++)
        g_print("%u\n", spoc_plural_form(plural, n));
    return 0;
}
