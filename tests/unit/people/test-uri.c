/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "people/recipient.h"

#include <string.h>

/* "O" the owner, "A:text" an address, "U:text" a user; separated by blanks */
static char *
describe(const SpocRecipientUri *uri)
{
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < uri->recipients->len; i++) {
        const SpocRecipient *recipient = g_ptr_array_index(uri->recipients, i);
        if (i > 0)
            g_string_append_c(text, ' ');
        if (recipient->who == SPOC_WHO_OWNER) {
            g_assert_null(recipient->text);
            g_string_append_c(text, 'O');
        } else {
            g_string_append_printf(text, "%c:%s", recipient->who == SPOC_WHO_USER ? 'U' : 'A',
                                   recipient->text);
        }
    }
    return g_string_free(text, FALSE);
}

static void
test_accepted(void)
{
    static const struct {
        const char *uri;
        const char *recipients;
        const char *language;
        SpocDigest digest;
        SpocOnly only;
        SpocFormat format;
        const char *subject;
    } cases[] = {
        {"spoc:alice@example.com", "A:alice@example.com"},
        {"spoc:alice%40example.com", "A:alice@example.com"},
        {"SPOC:Alice@EXAMPLE.com", "A:Alice@example.com"},
        {"spoc:@owner", "O"},
        {"spoc:%40owner", "O"},
        {"spoc:%40OWNER", "O"},
        {"spoc:alice", "U:alice"},
        {"spoc:alice,bob@example.com,@owner", "U:alice A:bob@example.com O"},
        {"spoc:alice,,bob,", "U:alice U:bob"},
        /* Each stands for itself. */
        {"spoc:anna@example.com,not%20an%20address", "A:anna@example.com"},
        {"spoc:%ff,bob,a@,,@relay.example,alice@example.com", "U:bob A:alice@example.com"},
        {"spoc:al.ice+tag@example.com", "A:al.ice+tag@example.com"},
        {"spoc:%C3%A9mile@example.com", "A:\u00e9mile@example.com"},
        {"spoc:a@b\u00fccher.example", "A:a@xn--bcher-kva.example"},
        {"spoc:a@[192.0.2.1]", "A:a@[192.0.2.1]"},
        {"spoc:a@%5BIPv6:2001:db8::1%5D", "A:a@[IPv6:2001:db8::1]"},
        {"mailto:alice@example.com", "A:alice@example.com"},
        {"mailto:alice@example.com?subject=Printed%20at%20last", "A:alice@example.com",
         .subject = "Printed at last"},
        {"spoc:alice?subject=x", "U:alice"},
        {"spoc:alice?language=de", "U:alice", .language = "de"},
        {"spoc:alice?digest=Daily", "U:alice", .digest = SPOC_DIGEST_DAILY},
        {"mailto:a@x.example?digest=daily&digest=hourly", "A:a@x.example",
         .digest = SPOC_DIGEST_DAILY},
        {"spoc:alice?digest=daily&digest=none", "U:alice"},
        {"spoc:alice?only=problems", "U:alice", .only = SPOC_ONLY_PROBLEMS},
        {"mailto:a@x.example?ONLY=Faults", "A:a@x.example", .only = SPOC_ONLY_FAULTS},
        {"spoc:alice?only=faults&only=all", "U:alice", .only = SPOC_ONLY_ALL},
        {"spoc:alice?only=problems&only=nothing", "U:alice", .only = SPOC_ONLY_PROBLEMS},
        {"spoc:alice?only=&only=faults%00&only=faults,problems&only", "U:alice"},
        {"spoc:alice?language=pt_BR&format=text", "U:alice", .language = "pt-BR",
         .format = SPOC_FORMAT_TEXT},
        {"spoc:alice?format=HTML", "U:alice", .format = SPOC_FORMAT_HTML},
        {"spoc:alice?format=both#top", "U:alice", .format = SPOC_FORMAT_BOTH},
        {"spoc:alice?", "U:alice"},
        /* What is not understood adds nothing and costs nothing. */
        {"spoc:alice?format=pdf&language=%0d%0ax&x=y&&=&language", "U:alice"},
        {"spoc:alice?language=../../etc/passwd", "U:alice"},
        {"spoc:alice?language=d&to=x@y.example&cc=x@y.example&bcc=x@y.example", "U:alice",
         .language = "d"},
        {"mailto:alice@example.com?cc=eve@example.net&bcc=eve@example.net&to=eve@example.net",
         "A:alice@example.com"},
        {"mailto:alice@example.com?subject=a%0d%0aBcc:%20eve@example.net", "A:alice@example.com",
         .subject = "a Bcc: eve@example.net"},
        {"mailto:alice@example.com?subject=%0d%0a", "A:alice@example.com"},
        {"mailto:alice@example.com?subject=%00", "A:alice@example.com"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(SpocRecipientUri) uri = spoc_recipient_uri_parse(cases[i].uri, &error);
        if (uri == NULL)
            g_error("%s: %s", cases[i].uri, error->message);
        g_autofree char *recipients = describe(uri);
        g_assert_cmpstr(recipients, ==, cases[i].recipients);
        g_assert_cmpstr(uri->language, ==, cases[i].language);
        g_assert_cmpint(uri->digest, ==, cases[i].digest);
        g_assert_cmpint(uri->only, ==, cases[i].only);
        g_assert_cmpint(uri->format, ==, cases[i].format);
        g_assert_cmpstr(uri->subject, ==, cases[i].subject);
    }
}

static void
test_refused(void)
{
    static const char *const cases[] = {
        "",
        "spoc",
        "spoc:",
        "spoc:,",
        "spoc:?language=de",
        "mailto:?subject=x",
        "http:alice",
        "spoc://alice@example.com",
        "spoc:%zz",
        "spoc:%",
        "spoc:alice%00@example.com",
        "spoc:%ff@example.com",
        "spoc:a@example.com>%20ORCPT=rfc822;eve@example.net",
        "spoc:a@example.com%3E%20ORCPT=x",
        "spoc:a@example.com%0d%0aRCPT%20TO:%3Ceve@example.net%3E",
        "spoc:a%0d%0a@example.com",
        "spoc:a@example.com%20",
        "spoc:a%20b@example.com",
        "spoc:-X/tmp/log",
        "spoc:-X/tmp/log@example.com",
        "spoc:%2DX@example.com",
        "spoc:/etc/passwd",
        "spoc:|id",
        "spoc:%22a%20b%22@example.com",
        "spoc:%22a%22",
        "spoc:<a@example.com>",
        "spoc:@relay.example:alice@example.com",
        "spoc:a@b@example.com",
        "spoc:alice@example.com%2Cbob@example.com",
        "spoc:alice%2Cbob",
        "spoc:@owners",
        "spoc:@",
        "spoc:a@",
        "spoc:.a@example.com",
        "spoc:a.@example.com",
        "spoc:a..b@example.com",
        "spoc:a@-example.com",
        "spoc:a@example..com",
        "spoc:a@example.com.",
        "spoc:a@exa_mple.com",
        "spoc:a@[192.0.2.999]",
        "spoc:a@[192.0.2.1",
        "spoc:a@[IPv6:fe80::1%25eth0]",
        "spoc:a@[example.com]",
        "spoc:a(comment)@example.com",
        "spoc:a\\@example.com",
        "spoc:a@ex%E2%80%AEample.com",
        "spoc:group:alice;",
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(SpocRecipientUri) uri = spoc_recipient_uri_parse(cases[i], &error);
        if (uri != NULL)
            g_error("accepted: %s", cases[i]);
        g_assert_error(error, SPOC_ERROR, SPOC_ERROR_INVALID);
        for (const char *p = error->message; *p != '\0'; p++)
            g_assert_true((guchar)*p >= 0x20);
    }
}

/* What is passed over is said, with what counts instead. */
static void
test_warnings(void)
{
    static const struct {
        const char *uri;
        const char *said; /* NULL: nothing */
    } cases[] = {
        {"spoc:alice?format=text&digest=none&language=pt-PT", NULL},
        {"spoc:alice?language=de_AT&FORMAT=Html&&", NULL},
        {"mailto:alice@example.com?subject=x&cc=y@example.com", NULL},
        {"spoc:alice?format=rtf", "'?format=rtf' is passed over: text, html and both"},
        {"spoc:alice?format=", "text, html and both are accepted"},
        {"spoc:alice?format", "text, html and both are accepted"},
        {"mailto:a@example.com?digest=hourly", "'?digest=hourly' is passed over: daily and none"},
        {"spoc:alice?language=tlh", "mails are written in en, cs, de"},
        {"spoc:alice?language=d", "mails are written in en, cs, de"},
        {"spoc:alice?language=%0d%0ax", "'?language=x' is passed over"},
        {"spoc:alice?formt=html", "language, format, digest and only are the parameters"},
        {"spoc:alice?format=%ff", "no %XX of UTF-8"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(SpocRecipientUri) uri = spoc_recipient_uri_parse(cases[i].uri, &error);
        g_assert_no_error(error);
        g_assert_cmpuint(uri->warnings->len, ==, cases[i].said != NULL);
        const char *warning = cases[i].said != NULL ? uri->warnings->pdata[0] : "";
        if (strstr(warning, cases[i].said != NULL ? cases[i].said : "") == NULL)
            g_error("'%s' says: %s", cases[i].uri, warning);
    }
    g_autofree char *blanks = g_strnfill(1000, 'x');
    g_auto(GStrv) parts = g_strsplit(blanks, "x", -1);
    g_autofree char *many = g_strjoinv("&format=pdf", parts);
    g_autofree char *text = g_strconcat("spoc:alice?", many, NULL);
    g_autoptr(SpocRecipientUri) uri = spoc_recipient_uri_parse(text, NULL);
    g_assert_cmpuint(uri->warnings->len, ==, 10);
}

static void
test_limits(void)
{
    g_autoptr(GString) many = g_string_new("spoc:u0");
    for (int i = 1; i < SPOC_RECIPIENTS_MAX; i++)
        g_string_append_printf(many, ",u%d", i);
    g_autoptr(GError) error = NULL;
    g_autoptr(SpocRecipientUri) full = spoc_recipient_uri_parse(many->str, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(full->recipients->len, ==, SPOC_RECIPIENTS_MAX);
    g_string_append(many, ",last");
    g_assert_null(spoc_recipient_uri_parse(many->str, &error));
    g_assert_error(error, SPOC_ERROR, SPOC_ERROR_INVALID);
    g_clear_error(&error);

    g_autofree char *blanks = g_strnfill(100000, ',');
    g_autofree char *huge = g_strconcat("spoc:", blanks, "a", NULL);
    g_assert_null(spoc_recipient_uri_parse(huge, &error));
    g_assert_error(error, SPOC_ERROR, SPOC_ERROR_INVALID);
}

static void
test_refused_ones(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(SpocRecipientUri) uri =
        spoc_recipient_uri_parse("mailto:a@,anna@example.com,%0d%0aBcc:x,bob", &error);
    g_assert_no_error(error);
    g_assert_cmpuint(uri->recipients->len, ==, 2);
    g_assert_cmpuint(uri->refused->len, ==, 2);
    for (guint i = 0; i < uri->refused->len; i++) {
        const GError *refusal = g_ptr_array_index(uri->refused, i);
        g_assert_error(refusal, SPOC_ERROR, SPOC_ERROR_INVALID);
        g_assert_null(strpbrk(refusal->message, "\r\n"));
    }
    g_assert_null(spoc_recipient_uri_parse("spoc:first@,second@", &error));
    g_assert_nonnull(strstr(error->message, "first@"));
    g_assert_nonnull(strstr(error->message, "second@"));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/uri/accepted", test_accepted);
    g_test_add_func("/uri/refused", test_refused);
    g_test_add_func("/uri/refused-ones", test_refused_ones);
    g_test_add_func("/uri/warnings", test_warnings);
    g_test_add_func("/uri/limits", test_limits);
    return g_test_run();
}
