/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   Bytes from a mail server → replies (RFC 5321 4.2) with enhanced status codes
 *           (RFC 3463, RFC 2034).
 * INPUT     Pieces of any size. CR LF ends a line; a bare LF is taken for one too, since a
 *           reply means the same either way; a bare CR is text.
 * SECURITY  Hostile: lines, their length and number are bounded; a NUL byte, a code outside
 *           200–599, or lines whose codes disagree break the connection. Words are for people
 *           only after spoc_reply_text().
 */
#pragma once

#include <glib.h>

/* RFC 5321 4.5.3.1.5 promises 512; real servers send longer ones. */
#define SPOC_REPLY_MAX_LINE_BYTES 2048
#define SPOC_REPLY_MAX_LINES 128
#define SPOC_REPLY_MAX_TEXT_BYTES 600

/**
 * SpocReply:
 * @code: 200 to 599
 * @enhanced_status: "5.7.1" or ""
 * @lines: what stands behind the codes, one line each, ended by LF; raw
 * @line_count: how many
 */
typedef struct {
    int code;
    char enhanced_status[12];
    GString *lines;
    guint line_count;
} SpocReply;

typedef enum {
    SPOC_REPLY_MORE,     /* all bytes are used, and more are needed */
    SPOC_REPLY_COMPLETE, /* the reply is there until the next call */
    SPOC_REPLY_BROKEN,   /* this is not SMTP: close the connection */
} SpocReplyState;

typedef struct _SpocReplyParser SpocReplyParser;

SpocReplyParser *spoc_reply_parser_new(void);
void spoc_reply_parser_free(SpocReplyParser *parser);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SpocReplyParser, spoc_reply_parser_free)

/**
 * spoc_reply_parser_feed:
 * @ret_used: (out): how many of the bytes were taken
 * @ret_reply: (out): valid with SPOC_REPLY_COMPLETE, until the next call
 * @ret_problem: (out): with SPOC_REPLY_BROKEN: what is wrong, for people
 */
SpocReplyState spoc_reply_parser_feed(SpocReplyParser *parser, const guint8 *bytes, gsize size,
                                      gsize *ret_used, const SpocReply **ret_reply,
                                      const char **ret_problem);

/* (transfer full): "535 5.7.8 Authentication failed": one harmless line for people */
char *spoc_reply_text(const SpocReply *reply);
