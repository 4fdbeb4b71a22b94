/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "people/rules.h"

#include <string.h>

#define SIXTY_FOUR "0123456789012345678901234567890123456789012345678901234567890123"
#define LABEL63 "a23456789012345678901234567890123456789012345678901234567890123"

static void
test_canonical(void)
{
    static const struct {
        const char *in;
        const char *out; /* NULL: refused */
    } cases[] = {
        {"alice@example.com", "alice@example.com"},
        {"Alice.B@EXAMPLE.COM", "Alice.B@example.com"},
        {"o'neil+x=y@example.com", "o'neil+x=y@example.com"},
        {"alice@localhost", "alice@localhost"},
        {"\u7528\u6237@\u4f8b\u5b50.\u4e2d\u56fd", "\u7528\u6237@xn--fsqu00a.xn--fiqs8s"},
        {"a@[IPV6:2001:DB8::1]", "a@[IPv6:2001:db8::1]"},
        {SIXTY_FOUR "@example.com", SIXTY_FOUR "@example.com"},
        {SIXTY_FOUR "x@example.com", NULL},
        {"a@" LABEL63 ".example", "a@" LABEL63 ".example"},
        {"a@" LABEL63 "x.example", NULL},
        {"a@" LABEL63 "." LABEL63 "." LABEL63 "." LABEL63, NULL},
        {"", NULL},
        {"alice", NULL},
        {"@example.com", NULL},
        {"alice@", NULL},
        {"alice@example.com\n", NULL},
        {"alice\r\n@example.com", NULL},
        {"al\u2028ice@example.com", NULL},
        {"al\u00a0ice@example.com", NULL},
        {"\xff@example.com", NULL},
        {"a@\xff.com", NULL},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *out = spoc_address_canonical(cases[i].in, &error);
        g_assert_cmpstr(out, ==, cases[i].out);
        if (out == NULL)
            g_assert_error(error, SPOC_ERROR, SPOC_ERROR_INVALID);
        else
            g_assert_no_error(error);
        g_assert_cmpint(spoc_address_is_valid(cases[i].in, NULL), ==, out != NULL);
    }
}

static void
test_equal(void)
{
    g_assert_true(spoc_address_equal("Alice@example.com", "alice@EXAMPLE.com"));
    g_assert_true(spoc_address_equal("\u00c9mile@example.com", "\u00e9mile@example.com"));
    g_assert_false(spoc_address_equal("alice@example.com", "alic@example.com"));
}

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

    static const char *const everybody[] = {"*", NULL};
    g_autoptr(SpocAllowed) open = spoc_allowed_new(everybody);
    g_assert_true(spoc_allowed_has(open, "x@anywhere.example"));
    static const char *const nobody[] = {NULL};
    g_autoptr(SpocAllowed) closed = spoc_allowed_new(nobody);
    g_assert_false(spoc_allowed_has(closed, "x@anywhere.example"));
    g_assert_false(spoc_allowed_has_owner(closed));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/address/canonical", test_canonical);
    g_test_add_func("/address/equal", test_equal);
    g_test_add_func("/address/allowed", test_allowed);
    return g_test_run();
}
