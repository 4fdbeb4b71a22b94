/* SPDX-License-Identifier: Apache-2.0 */
#include "base/secret.h"

#include <string.h>

#define SECRET "tr0mb0ne-and-h4rp"

/* What was last given to free(), as it was then; the library's calls come here (--wrap). */
static char freed[sizeof SECRET];
void __wrap_g_free(gpointer memory);
void __real_g_free(gpointer memory);

void
__wrap_g_free(gpointer memory)
{
    if (memory != NULL)
        memcpy(freed, memory, sizeof freed);
    __real_g_free(memory);
}

static void
assert_wiped(void)
{
    static const char zeros[sizeof SECRET];
    g_assert_cmpmem(freed, sizeof freed, zeros, sizeof zeros);
    memset(freed, 'x', sizeof freed);
}

static void
test_wiped(void)
{
    spoc_secret_free(g_strdup(SECRET));
    assert_wiped();
    spoc_secret_bytes_free(g_bytes_new(SECRET, sizeof SECRET));
    assert_wiped();
    spoc_secret_free(NULL);
    spoc_secret_bytes_free(NULL);
    spoc_secret_bytes_free(g_bytes_new(NULL, 0));
    spoc_secret_string_free(g_string_new(SECRET));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/secret/wiped", test_wiped);
    return g_test_run();
}
