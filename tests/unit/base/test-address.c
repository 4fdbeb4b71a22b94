/* SPDX-License-Identifier: Apache-2.0 */
#include "base/address.h"

#include "base/error.h"

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
        {"a@\u212aelvin.example", "a@kelvin.example"},
        {"a@evil\u3002example", "a@evil.example"},
        {"a@evil\uff0eexample", "a@evil.example"},
        {"a@evil\uff61example", "a@evil.example"},
        {"a@\uff45\uff56\uff49\uff4c.example", "a@evil.example"},
        /* Two standards, two domains (RFC 3490, RFC 5892) */
        {"a@stra\u00dfe.example", NULL},
        {"a@STRA\u1e9eE.example", NULL},
        {"a@\u03c3\u03bf\u03c2.example", NULL},
        {"a@ex\u200dample.example", NULL},
        {"a@ex\u200cample.example", NULL},
        {"a@ex\u00adample.example", NULL},
        {"a\u200b@example.com", NULL},
        {"a\u202e@example.com", NULL},
        {"a\ufeff@example.com", NULL},
        {"a@example.com\u3002", NULL},
        {"a@[IPv6:0:0:0:0:0:0:0:1]", "a@[IPv6:::1]"},
        {"a@[192.0.2.01]", NULL},
        {"a@[IPv6:192.0.2.1]", NULL},
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

/* One form: ASCII letters are folded, domains are what IDNA makes of them. */
static void
test_key(void)
{
    static const struct {
        const char *left, *right;
        gboolean equal;
    } cases[] = {
        {"Alice@example.com", "alice@EXAMPLE.com", TRUE},
        {"alice@example.com", "alic@example.com", FALSE},
        {"\u00c9mile@example.com", "\u00e9mile@example.com", FALSE},
        {"stra\u00dfe@example.com", "strasse@example.com", FALSE},
        {"\u212aim@example.com", "kim@example.com", FALSE},
        {"\uff41lice@example.com", "alice@example.com", FALSE},
        {"I@example.com", "i@example.com", TRUE},
        {"\u0130@example.com", "i@example.com", FALSE},
        {"a@b\u00fccher.example", "A@XN--BCHER-KVA.example", TRUE},
        {"a@evil\u3002test", "a@evil.test", TRUE},
        {"@B\u00dcCHER.example", "@xn--bcher-kva.example", TRUE},
        {"a@[IPV6:2001:DB8::1]", "a@[ipv6:2001:db8:0::1]", TRUE},
        /* Names */
        {"Alice", "aLICE", TRUE},
        {"stra\u00dfe", "strasse", FALSE},
        {"stra\u00dfe", "STRASSE", FALSE},
        {"\u212aim", "kim", FALSE},
        {"erin@CORP.EXAMPLE", "erin@corp.example", TRUE},
        {"a@b@c d", "A@B@C D", TRUE},
        {"", "", TRUE},
        {"@", "@", TRUE},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        if (spoc_address_equal(cases[i].left, cases[i].right) != cases[i].equal ||
            spoc_address_equal(cases[i].right, cases[i].left) != cases[i].equal)
            g_error("%s and %s", cases[i].left, cases[i].right);
    }
    g_autofree char *key = spoc_address_key("Alice@B\u00dcCHER.example");
    g_assert_cmpstr(key, ==, "alice@xn--bcher-kva.example");
    g_autofree char *again = spoc_address_key(key);
    g_assert_cmpstr(again, ==, key);
}

static void
test_hazard(void)
{
    static const struct {
        const char *address;
        const char *hazard; /* NULL: none */
    } cases[] = {
        {"alice@example.com", NULL},
        {"al.ice+x=y_z'q@example.com", NULL},
        {"\u00e9mile@example.com", NULL},
        {"\u7528\u6237@example.com", NULL},
        {"victim%evil.test@example.com", "%"},
        {"evil.test!victim@example.com", "!"},
        {"a/b@example.com", "/"},
        {"|id@example.com", "|"},
        {"victim\uff20evil.test@example.com", "\uff20"},
        {"victim\uff05evil.test@example.com", "\uff05"},
        {"victim\ufe6aevil.test@example.com", "\ufe6a"},
        {"a\uff01b@example.com", "\uff01"},
        {"a\uff0fb@example.com", "\uff0f"},
        {"a\u2100b@example.com", "\u2100"},
        {"victim\ufe6bevil.test", "\ufe6b"},
        {"a%b", "%"},
        {"", NULL},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *hazard = spoc_address_hazard(cases[i].address);
        if (g_strcmp0(hazard, cases[i].hazard) != 0)
            g_error("%s: %s", cases[i].address, hazard);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/address/canonical", test_canonical);
    g_test_add_func("/address/key", test_key);
    g_test_add_func("/address/hazard", test_hazard);
    return g_test_run();
}
