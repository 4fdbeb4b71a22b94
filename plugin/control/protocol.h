/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   The lines of the control socket, formatted and parsed here alone, for both sides.
 *
 * A request is one line, a verb and perhaps an argument. An answer is any number of lines; the
 * last one is "ok", "ok TEXT" or "error TEXT". A line has at most SPOC_CONTROL_LINE_MAX_BYTES.
 *
 *   wake            no answer: a client has committed something
 *   status          a JSON object, then ok
 *   queue-memory    a JSON object for each message that is in no file yet, then ok
 *   scan-reasons    "NAME REASON" for each document that waits to be taken up, then ok
 *   waits           what keeps the events of each journal, a line each (queue/list-item.h), then ok
 *   retry ID…, hold ID…, release ID…, delete ID…: at most SPOC_QUEUE_COMMAND_BATCH_MAX; a line
 *                   "- ID TEXT" for each that could not be done, then ok
 *   reopen          before retry and release: servers that were down are asked again, then ok
 *   login-changed   the stored login was replaced or forgotten: the token that is there does not
 *                   count any more, and what waits for one is tried, then ok
 *   scan-limit      "ok BYTES RESULT": a larger document is not copied, and has that result.
 *                   BYTES is 0 for no limit
 *   scan NAME       a client submits the document NAME and waits. Any number of "looking",
 *                   "progress PERCENT SERVER" and "keep", then "ok RESULT TEXT"
 *   kept NAME       the answer to "keep": the document is safe from power loss
 *   withdraw NAME   the client was told to stop
 *   make-way        ok; from a service that waits for the lock: leaves what is left to it
 *   drain           ok 0, ok 75 or ok 78, once all that is there and due is handled
 *
 * A connection waits for one answer at a time: while a drain or a scan waits for its end, a
 * second one is an error.
 */
#pragma once

#include <glib.h>

#define SPOC_CONTROL_LINE_MAX_BYTES 65536

/* The four queue commands stand together, in the order of SpocQueueCommand. */
typedef enum {
    SPOC_REQUEST_WAKE,
    SPOC_REQUEST_STATUS,
    SPOC_REQUEST_QUEUE_MEMORY,
    SPOC_REQUEST_WAITS,
    SPOC_REQUEST_REOPEN,
    SPOC_REQUEST_LOGIN_CHANGED,
    SPOC_REQUEST_MAKE_WAY,
    SPOC_REQUEST_DRAIN,
    SPOC_REQUEST_SCAN_REASONS,
    SPOC_REQUEST_SCAN_LIMIT,
    SPOC_REQUEST_SCAN,
    SPOC_REQUEST_KEPT,
    SPOC_REQUEST_WITHDRAW,
    SPOC_REQUEST_RETRY,
    SPOC_REQUEST_HOLD,
    SPOC_REQUEST_RELEASE,
    SPOC_REQUEST_DELETE,
    SPOC_REQUEST_UNKNOWN,
} SpocControlRequest;

/* Its verb; "" for an unknown one */
const char *spoc_control_request_name(SpocControlRequest request);
/* (transfer full): without line end. @argument: (nullable) */
char *spoc_control_request_line(SpocControlRequest request, const char *argument);
/* @ret_argument: (out): points into @line; "" for a request without one */
SpocControlRequest spoc_control_request_parse(const char *line, const char **ret_argument);
/* Sends a request to a connected socket. A short line fits into a socket's buffer, so one that is
 * not taken whole fails, with errno. */
gboolean spoc_control_request_send(int fd, SpocControlRequest request, const char *argument);

/* What a line of an answer is */
typedef enum {
    SPOC_ANSWER_MORE, /* a line before the last */
    SPOC_ANSWER_OK,
    SPOC_ANSWER_ERROR,
} SpocControlAnswer;

/* (transfer full): a last line. @text: (nullable): its line ends become blanks */
char *spoc_control_answer_line(SpocControlAnswer answer, const char *text);
/* @ret_text: (out): points into @line, behind "ok " or "error "; @line itself for one of more */
SpocControlAnswer spoc_control_answer_parse(const char *line, const char **ret_text);

/* "- ID TEXT": what is wrong with one message of a queue command */
char *spoc_control_problem_line(const char *id, const char *text);
/* (nullable): the text, when @line is about @id */
const char *spoc_control_problem_parse(const char *line, const char *id);

/**
 * SpocSubmitResult:
 * @SPOC_SUBMIT_DELIVERED: a server took it for at least one recipient
 * @SPOC_SUBMIT_QUEUED: it is spocd's, and safe
 * @SPOC_SUBMIT_HOLD: it is still the client's: whoever gave it shall keep it, held
 * @SPOC_SUBMIT_RETRY: likewise, to be tried again later
 * @SPOC_SUBMIT_REFUSED: it will never be delivered
 * @SPOC_SUBMIT_REFUSED_HOLD: likewise, and the job is to be held
 * @SPOC_SUBMIT_WITHDRAWN: the client was told to stop; never on a line
 */
typedef enum {
    SPOC_SUBMIT_DELIVERED,
    SPOC_SUBMIT_QUEUED,
    SPOC_SUBMIT_HOLD,
    SPOC_SUBMIT_RETRY,
    SPOC_SUBMIT_REFUSED,
    SPOC_SUBMIT_REFUSED_HOLD,
    SPOC_SUBMIT_WITHDRAWN,
} SpocSubmitResult;

/* One word; "withdrawn" for the last */
const char *spoc_submit_result_name(SpocSubmitResult result);
/* (transfer full): "ok RESULT TEXT". @text: (nullable) */
char *spoc_control_result_line(SpocSubmitResult result, const char *text);
/* @text: behind "ok ". FALSE: no result that this version knows */
gboolean spoc_control_result_parse(const char *text, SpocSubmitResult *ret_result,
                                   const char **ret_text);

/* (transfer full): the answer to "scan-limit" */
char *spoc_control_limit_line(guint64 max_bytes, SpocSubmitResult too_large);
/* @text: behind "ok " */
gboolean spoc_control_limit_parse(const char *text, guint64 *ret_max_bytes,
                                  SpocSubmitResult *ret_too_large);

/* What spocd says while a client waits for its document */
#define SPOC_CONTROL_LOOKING "looking"
#define SPOC_CONTROL_KEEP "keep"
char *spoc_control_progress_line(guint percent, const char *server);
/* @ret_server: (out): points into @line; foreign text */
gboolean spoc_control_progress_parse(const char *line, guint *ret_percent, const char **ret_server);
