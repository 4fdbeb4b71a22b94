/* SPDX-License-Identifier: Apache-2.0 */
#include "delivery/reply.h"

#include "base/text.h"

#include <string.h>

struct _SpocReplyParser {
    GString *line; /* of a line whose end has not come */
    SpocReply reply;
    gboolean complete; /* what reply holds was handed out: start anew */
};

SpocReplyParser *
spoc_reply_parser_new(void)
{
    SpocReplyParser *parser = g_new0(SpocReplyParser, 1);
    parser->line = g_string_new(NULL);
    parser->reply.lines = g_string_new(NULL);
    return parser;
}

void
spoc_reply_parser_free(SpocReplyParser *parser)
{
    g_string_free(parser->line, TRUE);
    g_string_free(parser->reply.lines, TRUE);
    g_free(parser);
}

static void
start_reply(SpocReplyParser *parser)
{
    parser->complete = FALSE;
    parser->reply.code = 0;
    parser->reply.enhanced_status[0] = '\0';
    parser->reply.line_count = 0;
    g_string_truncate(parser->reply.lines, 0);
}

/* class "." subject "." detail (RFC 3463 2): one digit, then one to three, twice */
static gsize
enhanced_status_length(const char *text, char class)
{
    if (text[0] != class || (class != '2' && class != '4' && class != '5'))
        return 0;
    gsize length = 1;
    for (int part = 0; part < 2; part++) {
        if (text[length++] != '.')
            return 0;
        gsize digits = 0;
        while (digits < 4 && g_ascii_isdigit(text[length])) {
            length++;
            digits++;
        }
        if (digits == 0 || digits > 3)
            return 0;
    }
    return text[length] == '\0' || text[length] == ' ' ? length : 0;
}

/* Takes one line without its end. Returns what is wrong with it, or NULL. */
static const char *
take_line(SpocReplyParser *parser, gboolean *ret_last)
{
    SpocReply *reply = &parser->reply;
    const char *line = parser->line->str;
    gsize length = parser->line->len;

    if (memchr(line, '\0', length) != NULL)
        return "a NUL byte in a reply";
    if (length < 3 || line[0] < '2' || line[0] > '5' || !g_ascii_isdigit(line[1]) ||
        !g_ascii_isdigit(line[2]) || (length > 3 && line[3] != ' ' && line[3] != '-'))
        return "what it says is not SMTP";
    int code = (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
    if (reply->line_count > 0 && code != reply->code)
        return "the lines of one reply have different codes";
    if (reply->line_count >= SPOC_REPLY_MAX_LINES)
        return "a reply without end";

    reply->code = code;
    const char *text = length > 3 ? line + 4 : "";
    if (reply->line_count++ == 0) {
        gsize status = enhanced_status_length(text, line[0]);
        memcpy(reply->enhanced_status, text, status);
        reply->enhanced_status[status] = '\0';
    }
    g_string_append(reply->lines, text);
    g_string_append_c(reply->lines, '\n');
    *ret_last = length <= 3 || line[3] == ' ';
    return NULL;
}

SpocReplyState
spoc_reply_parser_feed(SpocReplyParser *parser, const guint8 *bytes, gsize size, gsize *ret_used,
                       const SpocReply **ret_reply, const char **ret_problem)
{
    if (parser->complete)
        start_reply(parser);
    gsize used = 0;
    gboolean last = FALSE;
    while (!last && used < size) {
        const guint8 *end = memchr(bytes + used, '\n', size - used);
        gsize piece = end != NULL ? (gsize)(end - bytes) - used : size - used;
        if (parser->line->len + piece > SPOC_REPLY_MAX_LINE_BYTES) {
            *ret_used = used;
            *ret_problem = "a line without end";
            return SPOC_REPLY_BROKEN;
        }
        g_string_append_len(parser->line, (const char *)bytes + used, (gssize)piece);
        used += piece;
        if (end == NULL)
            break;
        used++;
        if (parser->line->len > 0 && parser->line->str[parser->line->len - 1] == '\r')
            g_string_truncate(parser->line, parser->line->len - 1);
        const char *problem = take_line(parser, &last);
        g_string_truncate(parser->line, 0);
        if (problem != NULL) {
            *ret_used = used;
            *ret_problem = problem;
            return SPOC_REPLY_BROKEN;
        }
    }
    *ret_used = used;
    if (!last)
        return SPOC_REPLY_MORE;
    parser->complete = TRUE;
    *ret_reply = &parser->reply;
    return SPOC_REPLY_COMPLETE;
}

char *
spoc_reply_text(const SpocReply *reply)
{
    /* Each line of a multi-line reply repeats the enhanced status: once is enough. */
    gsize status = strlen(reply->enhanced_status);
    g_autoptr(GString) joined = g_string_new(NULL);
    g_string_printf(joined, "%d", reply->code);
    const char *line = reply->lines->str;
    for (guint i = 0; i < reply->line_count; i++) {
        const char *end = strchr(line, '\n');
        gboolean repeats = i > 0 && status > 0 &&
                           strncmp(line, reply->enhanced_status, status) == 0 &&
                           (line[status] == ' ' || line[status] == '\n');
        const char *text = repeats ? line + status : line;
        text += strspn(text, " ");
        if (text < end) {
            g_string_append_c(joined, ' ');
            g_string_append_len(joined, text, end - text);
        }
        line = end + 1;
    }
    return spoc_text_line(joined->str, (gssize)joined->len, SPOC_REPLY_MAX_TEXT_BYTES);
}
