/* SPDX-License-Identifier: Apache-2.0 */
#include "control/protocol.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

static const struct {
    const char *name;
    gboolean has_argument;
} requests[] = {
    [SPOC_REQUEST_WAKE] = {"wake", FALSE},
    [SPOC_REQUEST_STATUS] = {"status", FALSE},
    [SPOC_REQUEST_QUEUE_MEMORY] = {"queue-memory", FALSE},
    [SPOC_REQUEST_WAITS] = {"waits", FALSE},
    [SPOC_REQUEST_REOPEN] = {"reopen", FALSE},
    [SPOC_REQUEST_LOGIN_CHANGED] = {"login-changed", FALSE},
    [SPOC_REQUEST_MAKE_WAY] = {"make-way", FALSE},
    [SPOC_REQUEST_DRAIN] = {"drain", FALSE},
    [SPOC_REQUEST_SCAN_REASONS] = {"scan-reasons", FALSE},
    [SPOC_REQUEST_SCAN_LIMIT] = {"scan-limit", FALSE},
    [SPOC_REQUEST_SCAN] = {"scan", TRUE},
    [SPOC_REQUEST_KEPT] = {"kept", TRUE},
    [SPOC_REQUEST_WITHDRAW] = {"withdraw", TRUE},
    [SPOC_REQUEST_RETRY] = {"retry", TRUE},
    [SPOC_REQUEST_HOLD] = {"hold", TRUE},
    [SPOC_REQUEST_RELEASE] = {"release", TRUE},
    [SPOC_REQUEST_DELETE] = {"delete", TRUE},
};

static const char *const result_names[] = {"delivered", "queued",  "hold",
                                           "retry",     "refused", "refused-hold"};
#define PROGRESS_PREFIX "progress "

const char *
spoc_control_request_name(SpocControlRequest request)
{
    return request < G_N_ELEMENTS(requests) ? requests[request].name : "";
}

char *
spoc_control_request_line(SpocControlRequest request, const char *argument)
{
    const char *name = spoc_control_request_name(request);
    return argument != NULL ? g_strconcat(name, " ", argument, NULL) : g_strdup(name);
}

/* (nullable): what stands behind @word and a blank; "" for the word alone */
static const char *
rest_behind(const char *line, const char *word)
{
    gsize length = strlen(word);
    if (strncmp(line, word, length) != 0)
        return NULL;
    if (line[length] == '\0')
        return line + length;
    return line[length] == ' ' ? line + length + 1 : NULL;
}

SpocControlRequest
spoc_control_request_parse(const char *line, const char **ret_argument)
{
    *ret_argument = "";
    for (guint i = 0; i < G_N_ELEMENTS(requests); i++) {
        const char *rest = rest_behind(line, requests[i].name);
        if (rest == NULL)
            continue;
        gboolean has_argument = rest[-1] == ' ';
        if (has_argument != requests[i].has_argument)
            return SPOC_REQUEST_UNKNOWN;
        *ret_argument = rest;
        return (SpocControlRequest)i;
    }
    return SPOC_REQUEST_UNKNOWN;
}

gboolean
spoc_control_request_send(int fd, SpocControlRequest request, const char *argument)
{
    g_autofree char *text = spoc_control_request_line(request, argument);
    g_autofree char *line = g_strconcat(text, "\n", NULL);
    gsize size = strlen(line);
    ssize_t sent = send(fd, line, size, MSG_NOSIGNAL);
    if (sent >= 0 && sent != (ssize_t)size)
        errno = EAGAIN;
    return sent == (ssize_t)size;
}

char *
spoc_control_answer_line(SpocControlAnswer answer, const char *text)
{
    const char *word = answer == SPOC_ANSWER_OK ? "ok" : "error";
    char *line = text != NULL ? g_strconcat(word, " ", text, NULL) : g_strdup(word);
    return g_strdelimit(line, "\r\n", ' ');
}

SpocControlAnswer
spoc_control_answer_parse(const char *line, const char **ret_text)
{
    const char *rest = rest_behind(line, "ok");
    SpocControlAnswer answer = SPOC_ANSWER_OK;
    if (rest == NULL) {
        rest = rest_behind(line, "error");
        answer = SPOC_ANSWER_ERROR;
    }
    *ret_text = rest != NULL ? rest : line;
    return rest != NULL ? answer : SPOC_ANSWER_MORE;
}

char *
spoc_control_problem_line(const char *id, const char *text)
{
    return g_strdup_printf("- %s %s", id, text);
}

const char *
spoc_control_problem_parse(const char *line, const char *id)
{
    gsize length = strlen(id);
    return g_str_has_prefix(line, "- ") && strncmp(line + 2, id, length) == 0 &&
                   line[2 + length] == ' '
               ? line + 2 + length + 1
               : NULL;
}

const char *
spoc_submit_result_name(SpocSubmitResult result)
{
    return result < G_N_ELEMENTS(result_names) ? result_names[result] : "withdrawn";
}

char *
spoc_control_result_line(SpocSubmitResult result, const char *text)
{
    g_return_val_if_fail(result < G_N_ELEMENTS(result_names), NULL);
    g_autofree char *both = g_strconcat(result_names[result], " ", text != NULL ? text : "", NULL);
    return spoc_control_answer_line(SPOC_ANSWER_OK, both);
}

gboolean
spoc_control_result_parse(const char *text, SpocSubmitResult *ret_result, const char **ret_text)
{
    for (guint i = 0; i < G_N_ELEMENTS(result_names); i++) {
        const char *rest = rest_behind(text, result_names[i]);
        if (rest == NULL)
            continue;
        *ret_result = (SpocSubmitResult)i;
        *ret_text = rest;
        return TRUE;
    }
    return FALSE;
}

char *
spoc_control_limit_line(guint64 max_bytes, SpocSubmitResult too_large)
{
    g_return_val_if_fail(too_large < G_N_ELEMENTS(result_names), NULL);
    g_autofree char *text =
        g_strdup_printf("%" G_GUINT64_FORMAT " %s", max_bytes, result_names[too_large]);
    return spoc_control_answer_line(SPOC_ANSWER_OK, text);
}

gboolean
spoc_control_limit_parse(const char *text, guint64 *ret_max_bytes, SpocSubmitResult *ret_too_large)
{
    char *rest = NULL;
    guint64 max_bytes = g_ascii_strtoull(text, &rest, 10);
    const char *nothing = NULL;
    if (rest == text || *rest != ' ' ||
        !spoc_control_result_parse(rest + 1, ret_too_large, &nothing))
        return FALSE;
    *ret_max_bytes = max_bytes;
    return TRUE;
}

char *
spoc_control_progress_line(guint percent, const char *server)
{
    char *line = g_strdup_printf(PROGRESS_PREFIX "%u %s", percent, server);
    return g_strdelimit(line, "\r\n", ' ');
}

gboolean
spoc_control_progress_parse(const char *line, guint *ret_percent, const char **ret_server)
{
    if (!g_str_has_prefix(line, PROGRESS_PREFIX))
        return FALSE;
    const char *start = line + strlen(PROGRESS_PREFIX);
    char *rest = NULL;
    guint64 percent = g_ascii_strtoull(start, &rest, 10);
    if (rest == start || percent > 100)
        return FALSE;
    *ret_percent = (guint)percent;
    *ret_server = rest;
    return TRUE;
}
