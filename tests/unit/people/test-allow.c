/* SPDX-License-Identifier: Apache-2.0 */
#include "config/file.h"
#include "people/alias.h"
#include "people/allow.h"
#include "people/recipient.h"

static void
test_allowed(void)
{
    static const char *const patterns[] = {"@Example.com",
                                           "Boss@other.example",
                                           "@OWNER",
                                           "nonsense",
                                           "@",
                                           "@b\u00fccher.example",
                                           NULL};
    g_autoptr(SpocAllowed) allowed = spoc_allowed_new(patterns);
    g_assert_true(spoc_allowed_has_owner(allowed));
    g_assert_true(spoc_allowed_has(allowed, "anyone@example.com"));
    g_assert_true(spoc_allowed_has(allowed, "boss@other.example"));
    g_assert_true(spoc_allowed_has(allowed, "x@xn--bcher-kva.example"));
    g_assert_false(spoc_allowed_has(allowed, "x@sub.example.com"));
    g_assert_false(spoc_allowed_has(allowed, "x@notexample.com"));
    g_assert_false(spoc_allowed_has(allowed, "x@other.example"));
    g_assert_true(spoc_allowed_lists(allowed, "BOSS@other.example"));
    g_assert_false(spoc_allowed_lists(allowed, "anyone@example.com"));

    static const char *const everybody[] = {"*", NULL};
    g_autoptr(SpocAllowed) open = spoc_allowed_new(everybody);
    g_assert_true(spoc_allowed_has(open, "x@anywhere.example"));
    g_assert_false(spoc_allowed_lists(open, "x@anywhere.example"));
    static const char *const nobody[] = {NULL};
    g_autoptr(SpocAllowed) closed = spoc_allowed_new(nobody);
    g_assert_false(spoc_allowed_has(closed, "x@anywhere.example"));
    g_assert_false(spoc_allowed_has_owner(closed));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/allow/patterns", test_allowed);
    return g_test_run();
}
