/* SPDX-License-Identifier: Apache-2.0 */
#include "control/submit.h"

#include "base/text.h"
#include "control/client.h"

#include <poll.h>
#include <string.h>

#define LOOK_MS 100         /* between looks for a spocd that is starting */
#define START_AGAIN_MS 5000 /* one that was started has so long before another is */
#define COMEBACKS_MAX 20    /* a spocd that dies over this document each time is no help */
#define TEXT_MAX_BYTES 900
#define LIMIT_PATIENCE_MS 3000 /* for a spocd to be there, and again for its answer */

typedef struct {
    const SpocSubmission *submission;
    SpocControlClient *client; /* (nullable): not connected */
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

/* Whether the order to stop is there, or comes within @wait_ms. */
static gboolean
is_stopped(Talk *talk, int wait_ms)
{
    struct pollfd watched = {.fd = talk->submission->stop_fd, .events = POLLIN};
    if (poll(&watched, 1, wait_ms) <= 0)
        return FALSE;
    end_talk(talk, SPOC_SUBMIT_WITHDRAWN, "stopped");
    return TRUE;
}

/* FALSE when spocd is gone: it is looked for again. */
static gboolean
send_request(Talk *talk, SpocControlRequest request)
{
    return spoc_control_client_tell(talk->client, request, talk->submission->name);
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

/* Until the end, the order to stop, or spocd is gone. */
static void
listen_to(Talk *talk)
{
    while (!talk->ended) {
        g_autofree char *line = spoc_control_client_read_line(talk->client, NULL);
        if (line == NULL && is_stopped(talk, 0))
            return;
        if (line == NULL || !take_line(talk, line))
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
    for (;;) {
        talk->client = spoc_control_client_new(submission->spool, NULL);
        if (talk->client != NULL) {
            spoc_control_client_set_stop_fd(talk->client, submission->stop_fd);
            spoc_control_client_set_timeout(talk->client, -1);
            return TRUE;
        }
        gint64 now_us = g_get_monotonic_time();
        if (now_us >= start_at_us) {
            g_clear_error(reason);
            /* Why it cannot be is told when patience ends. */
            if (!spoc_control_start_daemon(submission->spool, submission->places, reason))
                g_prefix_error(reason, "it cannot be started: ");
            start_at_us = now_us + START_AGAIN_MS * 1000;
        }
        if (now_us >= begun_us + (gint64)patience_ms * 1000 || is_stopped(talk, LOOK_MS))
            return FALSE;
    }
}

SpocSubmitLimit
spoc_submit_ask_limit(const SpocSubmission *submission)
{
    SpocSubmitLimit limit = {.max_bytes = 0, .too_large = SPOC_SUBMIT_REFUSED};
    Talk talk = {.submission = submission};
    g_autoptr(GError) reason = NULL;
    g_autofree char *line = NULL;
    if (find_spocd(&talk, MIN(submission->patience_ms, LIMIT_PATIENCE_MS), &reason)) {
        spoc_control_client_set_timeout(talk.client, LIMIT_PATIENCE_MS);
        if (spoc_control_client_tell(talk.client, SPOC_REQUEST_SCAN_LIMIT, NULL))
            line = spoc_control_client_read_line(talk.client, NULL);
    }
    spoc_control_client_free(talk.client);
    const char *text = NULL;
    if (line != NULL && spoc_control_answer_parse(line, &text) == SPOC_ANSWER_OK)
        (void)spoc_control_limit_parse(text, &limit.max_bytes, &limit.too_large);
    g_free(talk.text);
    return limit;
}

SpocSubmitResult
spoc_submit(const SpocSubmission *submission, char **ret_text)
{
    Talk talk = {.submission = submission};
    for (guint comebacks = 0; !talk.ended; comebacks++) {
        if (comebacks > COMEBACKS_MAX) {
            leave_entry(&talk, NULL);
            break;
        }
        /* One that is going has closed its connections before its socket. */
        if (comebacks > 0 && is_stopped(&talk, LOOK_MS))
            break;
        g_autoptr(GError) reason = NULL;
        if (!find_spocd(&talk, submission->patience_ms, &reason)) {
            if (!talk.ended)
                leave_entry(&talk, reason);
            break;
        }
        if (send_request(&talk, SPOC_REQUEST_SCAN))
            listen_to(&talk);
        /* Where spocd has gone it sends nothing that its client does not offer again. */
        if (talk.ended && talk.end == SPOC_SUBMIT_WITHDRAWN)
            (void)send_request(&talk, SPOC_REQUEST_WITHDRAW);
        g_clear_pointer(&talk.client, spoc_control_client_free);
    }
    *ret_text = talk.text;
    return talk.end;
}
