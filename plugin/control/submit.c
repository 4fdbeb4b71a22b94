/* SPDX-License-Identifier: Apache-2.0 */
#include "control/submit.h"

#include "base/text.h"
#include "control/socket.h"

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

static const char *const end_names[] = {"delivered", "queued",       "hold",     "retry",
                                        "refused",   "refused-hold", "withdrawn"};

typedef struct {
    const SpocSubmission *door;
    int fd; /* -1: not connected */
    GString *in;
    gboolean ended;
    SpocSubmitResult end;
    char *text;
} Talk;

const char *
spoc_submit_result_name(SpocSubmitResult end)
{
    g_return_val_if_fail(end < G_N_ELEMENTS(end_names), "");
    return end_names[end];
}

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
    struct pollfd watched[2] = {{.fd = talk->door->stop_fd, .events = POLLIN},
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
say(Talk *talk, const char *verb)
{
    g_autofree char *line = g_strdup_printf("%s %s\n", verb, talk->door->name);
    gsize size = strlen(line);
    /* A line fits into the socket's buffer; one that does not take it is as good as gone. */
    return send(talk->fd, line, size, MSG_NOSIGNAL) == (ssize_t)size;
}

static void
take_progress(const Talk *talk, const char *rest)
{
    char *server = NULL;
    guint64 percent = g_ascii_strtoull(rest, &server, 10);
    g_autofree char *shown = spoc_text_line(server, -1, TEXT_MAX_BYTES);
    if (server != rest && percent <= 100 && talk->door->progress != NULL)
        talk->door->progress((guint)percent, shown, talk->door->user_data);
}

static void
take_end(Talk *talk, const char *rest)
{
    for (guint i = 0; i <= SPOC_SUBMIT_REFUSED_HOLD; i++) {
        gsize length = strlen(end_names[i]);
        if (strncmp(rest, end_names[i], length) == 0 &&
            (rest[length] == ' ' || rest[length] == '\0')) {
            end_talk(talk, (SpocSubmitResult)i, rest + length);
            return;
        }
    }
    end_talk(talk, SPOC_SUBMIT_RETRY, "spocd gave an answer that this version does not know");
}

/* FALSE when spocd is gone. */
static gboolean
take_line(Talk *talk, const char *line)
{
    if (g_str_has_prefix(line, "progress ")) {
        take_progress(talk, line + strlen("progress "));
    } else if (strcmp(line, "looking") == 0) {
        if (talk->door->looking != NULL)
            talk->door->looking(talk->door->user_data);
    } else if (strcmp(line, "keep") == 0) {
        g_autoptr(GError) error = NULL;
        if (spoc_scan_sync(talk->door->spool, talk->door->name, &error))
            return say(talk, "kept");
        end_talk(talk, SPOC_SUBMIT_RETRY, error->message);
    } else if (g_str_has_prefix(line, "ok ")) {
        take_end(talk, line + strlen("ok "));
    } else if (g_str_has_prefix(line, "error ")) {
        end_talk(talk, SPOC_SUBMIT_RETRY, line + strlen("error "));
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
leave(Talk *talk, const GError *reason)
{
    g_autoptr(GError) error = NULL;
    if (!spoc_scan_leave(talk->door->spool, talk->door->name, &error)) {
        end_talk(talk, SPOC_SUBMIT_RETRY, error->message);
        return;
    }
    g_autofree char *text =
        g_strdup_printf("spocd does not answer; the mail waits in the spool for it%s%s",
                        reason != NULL ? ": " : "", reason != NULL ? reason->message : "");
    end_talk(talk, SPOC_SUBMIT_QUEUED, text);
    /* One that came in this moment has not seen that the entry was left. */
    g_autoptr(GError) asleep = NULL;
    if (!spoc_control_wake(talk->door->spool, talk->door->places, &asleep))
        return; /* which was known */
}

/* FALSE: there is none to be had, and @reason says why where it is known; or told to stop */
static gboolean
find_spocd(Talk *talk, guint patience_ms, GError **reason)
{
    const SpocSubmission *door = talk->door;
    gint64 begun_us = g_get_monotonic_time();
    gint64 start_at_us = begun_us;
    gboolean ready = FALSE;
    for (;;) {
        talk->fd = spoc_control_socket_connect(door->spool, NULL);
        if (talk->fd >= 0)
            return TRUE;
        gint64 now_us = g_get_monotonic_time();
        if (now_us >= start_at_us) {
            g_clear_error(reason);
            /* Why it cannot be is told when patience ends. */
            if (!spoc_control_socket_start_daemon(door->spool, door->places, reason))
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

SpocHandoverLimit
spoc_submit_ask_limit(const SpocSubmission *handover)
{
    static const char ask[] = "scan-limit\n";
    SpocHandoverLimit limit = {.max_bytes = 0, .too_large = SPOC_SUBMIT_REFUSED};
    Talk talk = {.door = handover, .fd = -1, .in = g_string_new(NULL)};
    g_autoptr(GError) reason = NULL;
    g_autofree char *line = NULL;
    if (find_spocd(&talk, MIN(handover->patience_ms, LIMIT_PATIENCE_MS), &reason) &&
        send(talk.fd, ask, strlen(ask), MSG_NOSIGNAL) == (ssize_t)strlen(ask))
        line = hear_line(&talk);
    hang_up(&talk);
    if (line != NULL && g_str_has_prefix(line, "ok ")) {
        char *rest = NULL;
        limit.max_bytes = g_ascii_strtoull(line + strlen("ok "), &rest, 10);
        if (g_str_equal(rest, " refused-hold"))
            limit.too_large = SPOC_SUBMIT_REFUSED_HOLD;
    }
    g_string_free(talk.in, TRUE);
    g_free(talk.text);
    return limit;
}

SpocSubmitResult
spoc_submit(const SpocSubmission *handover, char **ret_text)
{
    Talk talk = {.door = handover, .fd = -1, .in = g_string_new(NULL)};
    for (guint comebacks = 0; !talk.ended; comebacks++) {
        gboolean ready = FALSE;
        if (comebacks > COMEBACKS_MAX) {
            leave(&talk, NULL);
            break;
        }
        /* One that is going has closed its connections before its socket. */
        if (comebacks > 0 && !wait_for(&talk, 0, LOOK_MS, &ready))
            break;
        g_autoptr(GError) reason = NULL;
        if (!find_spocd(&talk, handover->patience_ms, &reason)) {
            if (!talk.ended)
                leave(&talk, reason);
            break;
        }
        if (say(&talk, "scan"))
            listen_to(&talk);
        if (talk.fd >= 0 && talk.ended && talk.end == SPOC_SUBMIT_WITHDRAWN &&
            !say(&talk, "withdraw"))
            break; /* spocd has gone, and sends nothing that its door does not offer again */
        hang_up(&talk);
    }
    hang_up(&talk);
    g_string_free(talk.in, TRUE);
    *ret_text = talk.text;
    return talk.end;
}
