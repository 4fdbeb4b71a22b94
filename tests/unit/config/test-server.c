/* SPDX-License-Identifier: Apache-2.0 */
#include "config/server.h"

#include "base/error.h"

#include <string.h>

#define LABEL63 "a23456789012345678901234567890123456789012345678901234567890123"

static void
test_servers(void)
{
    static const struct {
        const char *text;
        const char *host; /* NULL: refused */
        guint port;
    } cases[] = {
        {"smtp.example.com", "smtp.example.com", 0},
        {"smtp.example.com:587", "smtp.example.com", 587},
        {"SMTP", "SMTP", 0},
        {"smtp.example.com.", "smtp.example.com.", 0},
        {"my_host:1", "my_host", 1},
        {"192.0.2.1", "192.0.2.1", 0},
        {"192.0.2.1:65535", "192.0.2.1", 65535},
        {"[2001:db8::1]", "2001:db8::1", 0},
        {"[2001:db8::1]:25", "2001:db8::1", 25},
        {"b\u00fccher.example", "xn--bcher-kva.example", 0},
        {LABEL63 ".example", LABEL63 ".example", 0},
        {"", NULL, 0},
        {":25", NULL, 0},
        {"host:", NULL, 0},
        {"host:0", NULL, 0},
        {"host:65536", NULL, 0},
        {"host:25x", NULL, 0},
        {"host:-1", NULL, 0},
        {"2001:db8::1", NULL, 0},
        {"[2001:db8::1", NULL, 0},
        {"[2001:db8::1]x", NULL, 0},
        {"[192.0.2.1]", NULL, 0},
        {"[]", NULL, 0},
        {"smtp://host", NULL, 0},
        {"a b", NULL, 0},
        {"a,b", NULL, 0},
        {"a..b", NULL, 0},
        {".a", NULL, 0},
        {"-a", NULL, 0},
        {"a-", NULL, 0},
        {"a-.b", NULL, 0},
        {"a/b", NULL, 0},
        {"user@host", NULL, 0},
        {LABEL63 "4.example", NULL, 0},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_test_message("'%s'", cases[i].text);
        g_autoptr(GError) error = NULL;
        g_autofree char *host = NULL;
        guint port = 0;
        gboolean good = spoc_server_parse(cases[i].text, &host, &port, &error);
        g_assert_true(good == (cases[i].host != NULL));
        g_assert_cmpstr(host, ==, cases[i].host);
        g_assert_cmpuint(port, ==, cases[i].port);
        if (!good)
            g_assert_error(error, SPOC_ERROR, SPOC_ERROR_INVALID);
    }
}

static void
test_senders(void)
{
    static const struct {
        const char *text;
        const char *address; /* NULL: refused */
    } cases[] = {
        {"print-server@example.com", "print-server@example.com"},
        {"Print.Server+x@EXAMPLE.com", "Print.Server+x@example.com"},
        {"a@host", "a@host"},
        {"a@b\u00fccher.example", "a@xn--bcher-kva.example"},
        {"", NULL},
        {"a", NULL},
        {"@b", NULL},
        {"a@", NULL},
        {"a@b@c", NULL},
        {"a b@c", NULL},
        {".a@b", NULL},
        {"a.@b", NULL},
        {"a..b@c", NULL},
        {"<a@b>", NULL},
        {"Name <a@b.c>", NULL},
        {"\"a\"@b", NULL},
        {"a@b.", NULL},
        {"a@b> SIZE=1", NULL},
        {"a\r\nRCPT@b", NULL},
        {"\u00e9@b", NULL},
        {LABEL63 "45@b", NULL},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_test_message("'%s'", cases[i].text);
        g_autoptr(GError) error = NULL;
        g_autofree char *address = spoc_sender_parse(cases[i].text, &error);
        g_assert_cmpstr(address, ==, cases[i].address);
        g_assert_true((error != NULL) == (address == NULL));
    }
}

static void
test_mailboxes(void)
{
    static const struct {
        const char *text;
        const char *name; /* NULL: none */
        const char *address;
        const char *again; /* as it is shown; NULL: as @text */
    } good[] = {
        {"print@example.com", NULL, "print@example.com", NULL},
        {"<print@EXAMPLE.com>", NULL, "print@example.com", "print@example.com"},
        {"Print Server <print@example.com>", "Print Server", "print@example.com", NULL},
        {"Print Server<print@example.com>", "Print Server", "print@example.com",
         "Print Server <print@example.com>"},
        {"\"Print Server\" <print@example.com>", "Print Server", "print@example.com",
         "Print Server <print@example.com>"},
        {"\"Server, Print\" <p@example.com>", "Server, Print", "p@example.com", NULL},
        {"\"a \\\"b\\\" \\\\ <c@d>\" <p@example.com>", "a \"b\" \\ <c@d>", "p@example.com", NULL},
        {"\"\" <p@example.com>", NULL, "p@example.com", "p@example.com"},
        {"Dr. O'Neil & Co. <p@example.com>", "Dr. O'Neil & Co.", "p@example.com", NULL},
        {"=?utf-8?B?QmNj?= <p@example.com>", "=?utf-8?B?QmNj?=", "p@example.com", NULL},
        {"Drucker \u00dcbersee <p@b\u00fccher.example>", "Drucker \u00dcbersee",
         "p@xn--bcher-kva.example", "Drucker \u00dcbersee <p@xn--bcher-kva.example>"},
        {"\u5370\u5237 <p@example.com>", "\u5370\u5237", "p@example.com", NULL},
    };
    for (guint i = 0; i < G_N_ELEMENTS(good); i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *name = NULL;
        g_autofree char *address = NULL;
        if (!spoc_mailbox_parse(good[i].text, &name, &address, &error))
            g_error("%s: %s", good[i].text, error->message);
        g_assert_cmpstr(name, ==, good[i].name);
        g_assert_cmpstr(address, ==, good[i].address);
        g_autofree char *again = spoc_mailbox_text(name, address);
        g_assert_cmpstr(again, ==, good[i].again != NULL ? good[i].again : good[i].text);
    }
    static const struct {
        const char *text;
        const char *why;
    } bad[] = {
        {"", "no @"},
        {"Print Server", "no @"},
        {"Print Server <>", "no @"},
        {"Print Server <print>", "no @"},
        {"Print Server print@example.com", "before the @"},
        {"Print Server <print@example.com> x", "before the @"},
        {"Print <a@example.com>, Other <b@example.com>", "in quotes"},
        {"Print <a@example.com> <b@example.com>", "in quotes"},
        {"Server, Print <p@example.com>", "in quotes"},
        {"print@example.com <p@example.com>", "in quotes"},
        {"friends: a <p@example.com>", "in quotes"},
        {"Print (x) <p@example.com>", "in quotes"},
        {"\"Print <p@example.com>", "the quotes"},
        {"\"Print\" Server <p@example.com>", "the quotes"},
        {"Print <p@example.com", "before the @"},
        {"Print\r\nBcc x <p@example.com>", "control"},
        {"Print\u2028x <p@example.com>", "control"},
        {"Print \u202e <p@example.com>", "control"},
        {"Print\u200b <p@example.com>", "control"},
        {"Print <a\r\nb@example.com>", "before the @"},
        {"Print <-p@example.com>", "hyphen"},
        {"Print <\u00e9@example.com>", "ASCII"},
        {"Print <p@[192.0.2.1]>", "a domain"},
        {"Print <@relay.example:p@example.com>", "before the @"},
        {"\xff <p@example.com>", "UTF-8"},
        {LABEL63 LABEL63 LABEL63 LABEL63 " <p@example.com>", "200 bytes"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GError) error = NULL;
        char *name = NULL, *address = NULL;
        if (spoc_mailbox_parse(bad[i].text, &name, &address, &error))
            g_error("accepted: %s", bad[i].text);
        g_assert_error(error, SPOC_ERROR, SPOC_ERROR_INVALID);
        if (strstr(error->message, bad[i].why) == NULL)
            g_error("%s: %s", bad[i].text, error->message);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/server/servers", test_servers);
    g_test_add_func("/server/senders", test_senders);
    g_test_add_func("/server/mailboxes", test_mailboxes);
    return g_test_run();
}
