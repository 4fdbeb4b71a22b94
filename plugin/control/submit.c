/* SPDX-License-Identifier: Apache-2.0 */
#include "control/submit.h"

#include "base/text.h"
#include "control/client.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define LOOK_MS 100         /* between looks for a spocd that is starting */
#define START_AGAIN_MS 5000 /* one that was started has so long before another is */
#define COMEBACKS_MAX 20    /* a spocd that dies over this document each time is no help */
#define TEXT_MAX_BYTES 900
#define LIMIT_PATIENCE_MS 3000 /* for a spocd to be there, and again for its answer */

typedef struct {
    const SpocSubmission *submission;
    int fd; /* -1: not connected */
    GString *in;
    gboolean ended;
    SpocSubmitResult end;
    char *text;
} Talk;

static void
end_talk(Talk *talk, SpocSubmitResult end, const char *text)
{
    talk->ended = TRUE;
    talk->end = end;
    g_free(talk->text);
    talk->text = spoc_text_line(text, -1, TEXT_MAX_BYTES);
}

/* Waits for the socket (when there is one), the order to stop, or time. FALSE: stop. */
static gboolean
wait_for(Talk *talk, short events, int timeout_ms, gboolean *ret_ready)
{
    struct pollfd watched[2] = {{.fd = talk->submission->stop_fd, .events = POLLIN},
                                {.fd = talk->fd, .events = events}};
    int count = poll(watched, 2, timeout_ms);
    if (count > 0 && watched[0].revents != 0) {
        end_talk(talk, SPOC_SUBMIT_WITHDRAWN, "stopped");
        return FALSE;
    }
    *ret_ready = count > 0 && watched[1].revents != 0;
    return TRUE;
}

/* FALSE when spocd is gone: it is looked for again. */
static gboolean
send_request(Talk *talk, SpocControlRequest request)
{
    return spoc_control_request_send(talk->fd, request, talk->submission->name);
}

static void
take_progress(const Talk *talk, guint percent, const char *server)
{
    g_autofree char *shown = spoc_text_line(server, -1, TEXT_MAX_BYTES);
    if (talk->submission->progress != NULL)
        talk->submission->progress(percent, shown, talk->submission->user_data);
}

static void
take_answer(Talk *talk, const char *line)
{
    SpocSubmitResult result;
    const char *text = NULL;
    switch (spoc_control_answer_parse(line, &text)) {
    case SPOC_ANSWER_OK:
        if (spoc_control_result_parse(text, &result, &text))
            end_talk(talk, result, text);
        else
            end_talk(talk, SPOC_SUBMIT_RETRY,
                     "spocd gave an answer that this version does not know");
        break;
    case SPOC_ANSWER_ERROR:
        end_talk(talk, SPOC_SUBMIT_RETRY, text);
        break;
    case SPOC_ANSWER_MORE: /* what a later version may say on the way */
        break;
    }
}

/* FALSE when spocd is gone. */
static gboolean
take_line(Talk *talk, const char *line)
{
    guint percent = 0;
    const char *server = NULL;
    if (spoc_control_progress_parse(line, &percent, &server)) {
        take_progress(talk, percent, server);
    } else if (strcmp(line, SPOC_CONTROL_LOOKING) == 0) {
        if (talk->submission->looking != NULL)
            talk->submission->looking(talk->submission->user_data);
    } else if (strcmp(line, SPOC_CONTROL_KEEP) == 0) {
        g_autoptr(GError) error = NULL;
        if (spoc_scan_sync(talk->submission->spool, talk->submission->name, &error))
            return send_request(talk, SPOC_REQUEST_KEPT);
        end_talk(talk, SPOC_SUBMIT_RETRY, error->message);
    } else {
        take_answer(talk, line);
    }
    return TRUE;
}

static gboolean
take_lines(Talk *talk)
{
    char *end = NULL;
    while (!talk->ended && (end = memchr(talk->in->str, '\n', talk->in->len)) != NULL) {
        g_autofree char *line = g_strndup(talk->in->str, (gsize)(end - talk->in->str));
        g_string_erase(talk->in, 0, end - talk->in->str + 1);
        if (!take_line(talk, line))
            return FALSE;
    }
    return talk->in->len <= SPOC_CONTROL_LINE_MAX_BYTES;
}

/* Until the end, the order to stop, or spocd is gone. */
static void
listen_to(Talk *talk)
{
    char buffer[4096];
    gboolean ready = FALSE;
    g_string_truncate(talk->in, 0);
    while (!talk->ended && wait_for(talk, POLLIN, -1, &ready)) {
        if (!ready)
            continue;
        ssize_t count = recv(talk->fd, buffer, sizeof buffer, 0);
        if (count < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        if (count <= 0)
            return;
        g_string_append_len(talk->in, buffer, count);
        if (!take_lines(talk))
            return;
    }
}

static void
leave_entry(Talk *talk, const GError *reason)
{
    g_autoptr(GError) error = NULL;
    if (!spoc_scan_leave(talk->submission->spool, talk->submission->name, &error)) {
        end_talk(talk, SPOC_SUBMIT_RETRY, error->message);
        return;
    }
    g_autofree char *text =
        g_strdup_printf("spocd does not answer; the mail waits in the spool for it%s%s",
                        reason != NULL ? ": " : "", reason != NULL ? reason->message : "");
    end_talk(talk, SPOC_SUBMIT_QUEUED, text);
    /* One that came in this moment has not seen that the entry was left. */
    g_autoptr(GError) asleep = NULL;
    if (!spoc_control_wake(talk->submission->spool, talk->submission->places, &asleep))
        return; /* which was known */
}

/* FALSE: there is none to be had, and @reason says why where it is known; or told to stop */
static gboolean
find_spocd(Talk *talk, guint patience_ms, GError **reason)
{
    const SpocSubmission *submission = talk->submission;
    gint64 begun_us = g_get_monotonic_time();
    gint64 start_at_us = begun_us;
    gboolean ready = FALSE;
    for (;;) {
        talk->fd = spoc_control_connect(submission->spool, NULL);
        if (talk->fd >= 0)
            return TRUE;
        gint64 now_us = g_get_monotonic_time();
        if (now_us >= start_at_us) {
            g_clear_error(reason);
            /* Why it cannot be is told when patience ends. */
            if (!spoc_control_start_daemon(submission->spool, submission->places, reason))
                g_prefix_error(reason, "it cannot be started: ");
            start_at_us = now_us + START_AGAIN_MS * 1000;
        }
        if (now_us >= begun_us + (gint64)patience_ms * 1000 || !wait_for(talk, 0, LOOK_MS, &ready))
            return FALSE;
    }
}

static void
hang_up(Talk *talk)
{
    if (talk->fd >= 0)
        close(talk->fd);
    talk->fd = -1;
}

/* The first line that spocd says, without its line end; (nullable): none in time */
static char *
hear_line(Talk *talk)
{
    char buffer[256];
    gboolean ready = FALSE;
    while (talk->in->len <= SPOC_CONTROL_LINE_MAX_BYTES) {
        char *end = memchr(talk->in->str, '\n', talk->in->len);
        if (end != NULL)
            return g_strndup(talk->in->str, (gsize)(end - talk->in->str));
        if (!wait_for(talk, POLLIN, LIMIT_PATIENCE_MS, &ready) || !ready)
            return NULL;
        ssize_t count = recv(talk->fd, buffer, sizeof buffer, 0);
        if (count < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        if (count <= 0)
            return NULL;
        g_string_append_len(talk->in, buffer, count);
    }
    return NULL;
}

SpocSubmitLimit
spoc_submit_ask_limit(const SpocSubmission *submission)
{
    SpocSubmitLimit limit = {.max_bytes = 0, .too_large = SPOC_SUBMIT_REFUSED};
    Talk talk = {.submission = submission, .fd = -1, .in = g_string_new(NULL)};
    g_autoptr(GError) reason = NULL;
    g_autofree char *line = NULL;
    if (find_spocd(&talk, MIN(submission->patience_ms, LIMIT_PATIENCE_MS), &reason) &&
        spoc_control_request_send(talk.fd, SPOC_REQUEST_SCAN_LIMIT, NULL))
        line = hear_line(&talk);
    hang_up(&talk);
    const char *text = NULL;
    if (line != NULL && spoc_control_answer_parse(line, &text) == SPOC_ANSWER_OK)
        (void)spoc_control_limit_parse(text, &limit.max_bytes, &limit.too_large);
    g_string_free(talk.in, TRUE);
    g_free(talk.text);
    return limit;
}

SpocSubmitResult
spoc_submit(const SpocSubmission *submission, char **ret_text)
{
    Talk talk = {.submission = submission, .fd = -1, .in = g_string_new(NULL)};
    for (guint comebacks = 0; !talk.ended; comebacks++) {
        gboolean ready = FALSE;
        if (comebacks > COMEBACKS_MAX) {
            leave_entry(&talk, NULL);
            break;
        }
        /* One that is going has closed its connections before its socket. */
        if (comebacks > 0 && !wait_for(&talk, 0, LOOK_MS, &ready))
            break;
        g_autoptr(GError) reason = NULL;
        if (!find_spocd(&talk, submission->patience_ms, &reason)) {
            if (!talk.ended)
                leave_entry(&talk, reason);
            break;
        }
        if (send_request(&talk, SPOC_REQUEST_SCAN))
            listen_to(&talk);
        if (talk.fd >= 0 && talk.ended && talk.end == SPOC_SUBMIT_WITHDRAWN &&
            !send_request(&talk, SPOC_REQUEST_WITHDRAW))
            break; /* spocd has gone, and sends nothing that its client does not offer again */
        hang_up(&talk);
    }
    hang_up(&talk);
    g_string_free(talk.in, TRUE);
    *ret_text = talk.text;
    return talk.end;
}
