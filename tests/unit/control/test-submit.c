/* SPDX-License-Identifier: Apache-2.0 */
#include "../spool/root.h"
#include "control/client.h"
#include "control/server.h"
#include "control/submit.h"

#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* What a spocd does with one client: each text is said after a line was heard; NULL hangs up. */
typedef struct {
    const char *says[6];
    const char *hears[6];
} Part;

typedef struct {
    int listener;
    const Part *parts;
    guint part_count;
} Spocd;

static void
wait_readable(int fd)
{
    struct pollfd watched = {.fd = fd, .events = POLLIN};
    g_assert_cmpint(poll(&watched, 1, 10000), ==, 1);
}

static void
play_part(int fd, const Part *part)
{
    char heard[512];
    gsize length = 0;
    for (guint i = 0; part->hears[i] != NULL; i++) {
        while (memchr(heard, '\n', length) == NULL) {
            wait_readable(fd);
            ssize_t count = recv(fd, heard + length, sizeof heard - length, 0);
            g_assert_cmpint(count, >, 0);
            length += (gsize)count;
        }
        char *end = memchr(heard, '\n', length);
        *end = '\0';
        g_assert_cmpstr(heard, ==, part->hears[i]);
        length -= (gsize)(end + 1 - heard);
        memmove(heard, end + 1, length);
        if (part->says[i] != NULL)
            g_assert_cmpint(send(fd, part->says[i], strlen(part->says[i]), 0), >, 0);
    }
    close(fd);
}

static gpointer
play(gpointer data)
{
    const Spocd *spocd = data;
    for (guint i = 0; i < spocd->part_count; i++) {
        wait_readable(spocd->listener);
        int fd = accept(spocd->listener, NULL, NULL);
        g_assert_cmpint(fd, >=, 0);
        play_part(fd, &spocd->parts[i]);
    }
    return NULL;
}

static void
offer(Root *root)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(SpocScanMetadata) facts = spoc_scan_metadata_new();
    int fd = spoc_scan_begin(root->spool, "s", facts, &error);
    g_assert_no_error(error);
    close(fd);
    g_assert_true(spoc_scan_offer(root->spool, "s", facts, &error));
}

static void
on_progress(guint percent, const char *server, gpointer user_data)
{
    g_string_append_printf(user_data, "%u %s;", percent, server);
}

static void
on_looking(gpointer user_data)
{
    g_string_append(user_data, "looking;");
}

typedef struct {
    Part parts[3];
    guint part_count;
    SpocSubmitResult end;
    const char *text;
    const char *progress;
} Case;

static const Case cases[] = {
    {{{{"looking\nprogress 0 mx:25\nprogress 50 mx:25\nok delivered 250 taken\n"}, {"scan s"}}},
     1,
     SPOC_SUBMIT_DELIVERED,
     "250 taken",
     "looking;0 mx:25;50 mx:25;"},
    {{{{"keep\n", "ok queued no\x1b[31m answer\n"}, {"scan s", "kept s"}}},
     1,
     SPOC_SUBMIT_QUEUED,
     "no [31m answer",
     ""},
    {{{{"ok refused-hold 554 no\n"}, {"scan s"}}}, 1, SPOC_SUBMIT_REFUSED_HOLD, "554 no", ""},
    {{{{"ok refused 554 no\n"}, {"scan s"}}}, 1, SPOC_SUBMIT_REFUSED, "554 no", ""},
    {{{{"ok retry\n"}, {"scan s"}}}, 1, SPOC_SUBMIT_RETRY, "", ""},
    {{{{"error what?\n"}, {"scan s"}}}, 1, SPOC_SUBMIT_RETRY, "what?", ""},
    {{{{"progress x y\nprogress 101 y\nnonsense\nok hold z\n"}, {"scan s"}}},
     1,
     SPOC_SUBMIT_HOLD,
     "z",
     ""},
    /* spocd goes in the middle, and another comes. */
    {{{{"progress 9 mx\nprog"}, {"scan s"}}, {{"ok delivered x\n"}, {"scan s"}}},
     2,
     SPOC_SUBMIT_DELIVERED,
     "x",
     "9 mx;"},
};

static void
test_dialogues(Root *root, gconstpointer data)
{
    const Case *one = data;
    g_autoptr(GError) error = NULL;
    offer(root);
    int listener = spoc_control_server_listen(root->spool, &error);
    g_assert_no_error(error);
    Spocd spocd = {listener, one->parts, one->part_count};
    GThread *thread = g_thread_new("spocd", play, &spocd);
    g_autoptr(GString) progress = g_string_new(NULL);
    const SpocSubmission handover = {.spool = root->spool,
                                     .places = root->places,
                                     .name = "s",
                                     .stop_fd = -1,
                                     .patience_ms = 10000,
                                     .looking = on_looking,
                                     .progress = on_progress,
                                     .user_data = progress};
    g_autofree char *text = NULL;
    g_assert_cmpint(spoc_submit(&handover, &text), ==, one->end);
    g_assert_cmpstr(text, ==, one->text);
    g_assert_cmpstr(progress->str, ==, one->progress);
    g_thread_join(thread);
    close(listener);
}

static void
test_nobody(Root *root, gconstpointer data)
{
    offer(root);
    const SpocSubmission handover = {
        .spool = root->spool, .places = root->places, .name = "s", .stop_fd = -1};
    g_autofree char *text = NULL;
    g_assert_cmpint(spoc_submit(&handover, &text), ==, SPOC_SUBMIT_QUEUED);
    g_autoptr(GPtrArray) left = spoc_scan_list_left(root->spool, NULL);
    g_assert_cmpuint(left->len, ==, 1);
}

static void
test_stop(Root *root, gconstpointer data)
{
    static const Part part = {{NULL, NULL}, {"scan s", "withdraw s"}};
    g_autoptr(GError) error = NULL;
    int stop[2];
    g_assert_cmpint(pipe(stop), ==, 0);
    offer(root);
    int listener = spoc_control_server_listen(root->spool, &error);
    Spocd spocd = {listener, &part, 1};
    GThread *thread = g_thread_new("spocd", play, &spocd);
    g_assert_cmpint(write(stop[1], "x", 1), ==, 1);
    const SpocSubmission handover = {
        .spool = root->spool, .places = root->places, .name = "s", .stop_fd = stop[0]};
    g_autofree char *text = NULL;
    g_assert_cmpint(spoc_submit(&handover, &text), ==, SPOC_SUBMIT_WITHDRAWN);
    g_thread_join(thread);
    close(listener);
    close(stop[0]);
    close(stop[1]);
}

static void
test_limit(Root *root, gconstpointer data)
{
    static const struct {
        const char *says;
        guint64 max_bytes;
        SpocSubmitResult too_large;
    } answers[] = {
        {"ok 51200 refused\n", 51200, SPOC_SUBMIT_REFUSED},
        {"ok 51200 refused-hold\n", 51200, SPOC_SUBMIT_REFUSED_HOLD},
        {"ok 0 refused\n", 0, SPOC_SUBMIT_REFUSED},
        /* Of another version; gone in the middle */
        {"error unknown request\n", 0, SPOC_SUBMIT_REFUSED},
        {"ok 512", 0, SPOC_SUBMIT_REFUSED},
    };
    g_autoptr(GError) error = NULL;
    const SpocSubmission handover = {.spool = root->spool,
                                     .places = root->places,
                                     .name = "s",
                                     .stop_fd = -1,
                                     .patience_ms = 10000};
    int listener = spoc_control_server_listen(root->spool, &error);
    g_assert_no_error(error);
    for (guint i = 0; i < G_N_ELEMENTS(answers); i++) {
        const Part part = {{answers[i].says}, {"scan-limit"}};
        Spocd spocd = {listener, &part, 1};
        GThread *thread = g_thread_new("spocd", play, &spocd);
        SpocSubmitLimit limit = spoc_submit_ask_limit(&handover);
        g_assert_cmpuint(limit.max_bytes, ==, answers[i].max_bytes);
        g_assert_cmpint(limit.too_large, ==, answers[i].too_large);
        g_thread_join(thread);
    }
    close(listener);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *path = g_strdup_printf("/handover/dialogue/%u", i);
        g_test_add(path, Root, &cases[i], root_set_up, test_dialogues, root_tear_down);
    }
    g_test_add("/handover/nobody", Root, NULL, root_set_up, test_nobody, root_tear_down);
    g_test_add("/handover/limit", Root, NULL, root_set_up, test_limit, root_tear_down);
    g_test_add("/handover/stop", Root, NULL, root_set_up, test_stop, root_tear_down);
    return g_test_run();
}
