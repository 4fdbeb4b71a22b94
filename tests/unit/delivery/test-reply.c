/* SPDX-License-Identifier: Apache-2.0 */
#include "delivery/reply.h"

#include <string.h>

typedef struct {
    const char *bytes;
    gssize size; /* -1: a string */
    SpocReplyState state;
    int code;
    const char *status;
    const char *text;
} Case;

static const Case cases[] = {
    {"250 ok\r\n", -1, SPOC_REPLY_COMPLETE, 250, "", "250 ok"},
    {"250\r\n", -1, SPOC_REPLY_COMPLETE, 250, "", "250"},
    {"250 \r\n", -1, SPOC_REPLY_COMPLETE, 250, "", "250"},
    {"250 bare\n", -1, SPOC_REPLY_COMPLETE, 250, "", "250 bare"},
    {"535 5.7.8 No way\r\n", -1, SPOC_REPLY_COMPLETE, 535, "5.7.8", "535 5.7.8 No way"},
    {"535 5.7.8\r\n", -1, SPOC_REPLY_COMPLETE, 535, "5.7.8", "535 5.7.8"},
    {"550-5.7.1 one\r\n550-5.7.1 two\r\n550 5.7.1 three\r\n", -1, SPOC_REPLY_COMPLETE, 550, "5.7.1",
     "550 5.7.1 one two three"},
    {"250-a\r\n250-\r\n250 b\r\n", -1, SPOC_REPLY_COMPLETE, 250, "", "250 a b"},
    {"550 4.7.1 other class\r\n", -1, SPOC_REPLY_COMPLETE, 550, "", "550 4.7.1 other class"},
    {"550 5.1234.1 x\r\n", -1, SPOC_REPLY_COMPLETE, 550, "", "550 5.1234.1 x"},
    {"550 5.7.1x\r\n", -1, SPOC_REPLY_COMPLETE, 550, "", "550 5.7.1x"},
    {"550 5.999.999 x\r\n", -1, SPOC_REPLY_COMPLETE, 550, "5.999.999", "550 5.999.999 x"},
    {"550 a\x1b[31m\rb\r\n", -1, SPOC_REPLY_COMPLETE, 550, "", "550 a [31m b"},
    {"250 a", -1, SPOC_REPLY_MORE, 0, "", NULL},
    {"250-a\r\n", -1, SPOC_REPLY_MORE, 0, "", NULL},
    {"", -1, SPOC_REPLY_MORE, 0, "", NULL},
    {"hello\r\n", -1, SPOC_REPLY_BROKEN, 0, "", NULL},
    {"\r\n", -1, SPOC_REPLY_BROKEN, 0, "", NULL},
    {"25\r\n", -1, SPOC_REPLY_BROKEN, 0, "", NULL},
    {"2500 x\r\n", -1, SPOC_REPLY_BROKEN, 0, "", NULL},
    {"150 x\r\n", -1, SPOC_REPLY_BROKEN, 0, "", NULL},
    {"600 x\r\n", -1, SPOC_REPLY_BROKEN, 0, "", NULL},
    {"2x0 x\r\n", -1, SPOC_REPLY_BROKEN, 0, "", NULL},
    {"250-a\r\n550 b\r\n", -1, SPOC_REPLY_BROKEN, 0, "", NULL},
    {"250 a\0b\r\n", 9, SPOC_REPLY_BROKEN, 0, "", NULL},
    {"HTTP/1.1 400 Bad\r\n", -1, SPOC_REPLY_BROKEN, 0, "", NULL},
};

/* In pieces of each size the same comes out. */
static void
check(const Case *c, gsize piece)
{
    g_autoptr(SpocReplyParser) parser = spoc_reply_parser_new();
    gsize size = c->size < 0 ? strlen(c->bytes) : (gsize)c->size;
    SpocReplyState state = SPOC_REPLY_MORE;
    const SpocReply *reply = NULL;
    const char *problem = NULL;
    for (gsize i = 0; i < size && state == SPOC_REPLY_MORE;) {
        gsize used = 0;
        state = spoc_reply_parser_feed(parser, (const guint8 *)c->bytes + i, MIN(piece, size - i),
                                       &used, &reply, &problem);
        i += used;
    }
    g_test_message("%s", c->bytes);
    g_assert_cmpint(state, ==, c->state);
    if (state == SPOC_REPLY_BROKEN)
        g_assert_nonnull(problem);
    if (state != SPOC_REPLY_COMPLETE)
        return;
    g_autofree char *text = spoc_reply_text(reply);
    g_assert_cmpint(reply->code, ==, c->code);
    g_assert_cmpstr(reply->enhanced_status, ==, c->status);
    g_assert_cmpstr(text, ==, c->text);
}

static void
test_table(void)
{
    static const gsize pieces[] = {1, 2, 7, 1000};
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++)
        for (guint j = 0; j < G_N_ELEMENTS(pieces); j++)
            check(&cases[i], pieces[j]);
}

static void
test_sequence(void)
{
    g_autoptr(SpocReplyParser) parser = spoc_reply_parser_new();
    const char *bytes = "250-one\r\n250 1\r\n354 go\r\n550 5.1.1 no\r\n";
    static const int codes[] = {250, 354, 550};
    gsize left = strlen(bytes);
    for (guint i = 0; i < G_N_ELEMENTS(codes); i++) {
        gsize used = 0;
        const SpocReply *reply = NULL;
        const char *problem = NULL;
        g_assert_cmpint(
            spoc_reply_parser_feed(parser, (const guint8 *)bytes, left, &used, &reply, &problem),
            ==, SPOC_REPLY_COMPLETE);
        g_assert_cmpint(reply->code, ==, codes[i]);
        bytes += used;
        left -= used;
    }
    g_assert_cmpuint(left, ==, 0);
}

static SpocReplyState
feed_endlessly(const char *piece, gsize *ret_total)
{
    g_autoptr(SpocReplyParser) parser = spoc_reply_parser_new();
    SpocReplyState state = SPOC_REPLY_MORE;
    for (*ret_total = 0; state == SPOC_REPLY_MORE && *ret_total < 10000000;
         *ret_total += strlen(piece)) {
        gsize used = 0;
        const SpocReply *reply = NULL;
        const char *problem = NULL;
        state = spoc_reply_parser_feed(parser, (const guint8 *)piece, strlen(piece), &used, &reply,
                                       &problem);
    }
    return state;
}

static void
test_bounds(void)
{
    gsize total = 0;
    g_assert_cmpint(feed_endlessly("250 a long line", &total), ==, SPOC_REPLY_BROKEN);
    g_assert_cmpuint(total, <=, SPOC_REPLY_MAX_LINE_BYTES + 32);
    g_assert_cmpint(feed_endlessly("250-again\r\n", &total), ==, SPOC_REPLY_BROKEN);
    g_assert_cmpuint(total, <=, (SPOC_REPLY_MAX_LINES + 2) * strlen("250-again\r\n"));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/reply/table", test_table);
    g_test_add_func("/reply/sequence", test_sequence);
    g_test_add_func("/reply/bounds", test_bounds);
    return g_test_run();
}
