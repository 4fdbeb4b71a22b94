/* SPDX-License-Identifier: Apache-2.0 */
#include "config/server.h"

#include "base/error.h"

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

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/server/servers", test_servers);
    g_test_add_func("/server/senders", test_senders);
    return g_test_run();
}
