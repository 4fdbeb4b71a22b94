/* SPDX-License-Identifier: Apache-2.0 */
#include "delivery/capabilities.h"

#include <string.h>

static SpocCapabilities
read_reply(const char *bytes)
{
    g_autoptr(SpocReplyParser) parser = spoc_reply_parser_new();
    const SpocReply *reply = NULL;
    const char *problem = NULL;
    gsize used = 0;
    SpocCapabilities capabilities;
    g_assert_cmpint(spoc_reply_parser_feed(parser, (const guint8 *)bytes, strlen(bytes), &used,
                                           &reply, &problem),
                    ==, SPOC_REPLY_COMPLETE);
    spoc_capabilities_read(&capabilities, reply);
    return capabilities;
}

static void
test_all(void)
{
    SpocCapabilities got = read_reply("250-mail.example.com PIPELINING is not offered here\r\n"
                                      "250-pipelining\r\n250-SIZE 1000\r\n250-8BITMIME\r\n"
                                      "250-SMTPUTF8\r\n250-STARTTLS\r\n250 AUTH PLAIN LOGIN\r\n");
    g_assert_true(got.pipelining && got.size && got.eight_bit_mime && got.smtputf8 && got.starttls);
    g_assert_cmpuint(got.max_size_bytes, ==, 1000);
    g_assert_cmpstr(got.auth, ==, "PLAIN LOGIN");
}

static void
test_none(void)
{
    static const char *const replies[] = {
        "250 PIPELINING\r\n", /* the first line is a name */
        "250-x\r\n250 PIPELININGS\r\n",
        "500-x\r\n500 PIPELINING\r\n",
    };
    for (guint i = 0; i < G_N_ELEMENTS(replies); i++) {
        SpocCapabilities got = read_reply(replies[i]);
        g_assert_false(got.pipelining);
        g_assert_cmpstr(got.auth, ==, "");
    }
}

static void
test_odd(void)
{
    g_assert_cmpuint(read_reply("250-x\r\n250 SIZE\r\n").max_size_bytes, ==, 0);
    g_assert_true(read_reply("250-x\r\n250 SIZE\r\n").size);
    g_assert_cmpuint(read_reply("250-x\r\n250 SIZE 0\r\n").max_size_bytes, ==, 0);
    g_assert_cmpuint(read_reply("250-x\r\n250 SIZE -1\r\n").max_size_bytes, ==, 0);
    g_assert_cmpuint(read_reply("250-x\r\n250 SIZE 99999999999999999999999\r\n").max_size_bytes, ==,
                     0);
    g_assert_cmpstr(read_reply("250-x\r\n250 AUTH=LOGIN\r\n").auth, ==, "LOGIN");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/capabilities/all", test_all);
    g_test_add_func("/capabilities/none", test_none);
    g_test_add_func("/capabilities/odd", test_odd);
    return g_test_run();
}
