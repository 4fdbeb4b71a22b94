/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/requests.h"

#include "base/error.h"
#include "base/text.h"
#include "build-config.h"
#include "notify/waits.h"
#include "queue/command.h"
#include "queue/list-item.h"
#include "scan/answer.h"

#include <string.h>
#include <unistd.h>

#define REASON_MAX_BYTES 900
/* One line about one message */
#define REPLY_MAX_BYTES 1200

struct _SpocRequests {
    SpocDaemon *daemon;
    GPtrArray *settlers; /* of Settler */
};

/* Asked to be told when all is settled. */
typedef struct {
    SpocRequests *requests;
    SpocControlPeer *client; /* borrowed: forget_settler() when it goes */
} Settler;

SpocRequests *
spoc_requests_new(SpocDaemon *daemon)
{
    SpocRequests *requests = g_new0(SpocRequests, 1);
    requests->daemon = daemon;
    requests->settlers = g_ptr_array_new_with_free_func(g_free);
    return requests;
}

void
spoc_requests_free(SpocRequests *requests)
{
    if (requests == NULL)
        return;
    g_ptr_array_unref(requests->settlers);
    g_free(requests);
}

static void
reply_flying(const SpocEnvelope *envelope, gpointer client)
{
    g_autofree char *line = spoc_queue_list_item_line(envelope, SPOC_STATE_SENDING);
    spoc_control_peer_reply(client, line);
}

static void
reply_reason(const char *name, const char *reason, gpointer client)
{
    g_autofree char *text = spoc_text_line(reason, -1, REASON_MAX_BYTES);
    g_autofree char *line = g_strdup_printf("%s %s", name, text);
    spoc_control_peer_reply(client, line);
}

static void
add_integer(JsonBuilder *builder, const char *name, gint64 value)
{
    json_builder_set_member_name(builder, name);
    json_builder_add_int_value(builder, value);
}

static void
reply_status(SpocRequests *requests, SpocControlPeer *client)
{
    SpocQueueManager *outbox = spoc_daemon_queue_manager(requests->daemon);
    const SpocRuntime *setup = spoc_daemon_runtime(requests->daemon);
    g_autoptr(JsonBuilder) builder = json_builder_new();
    json_builder_begin_object(builder);
    add_integer(builder, "pid", getpid());
    json_builder_set_member_name(builder, "version");
    json_builder_add_string_value(builder, SPOC_VERSION);
    add_integer(builder, "sending", spoc_queue_manager_active(outbox));
    add_integer(builder, "waiting", spoc_queue_manager_waiting(outbox));
    add_integer(builder, "next_attempt_unix_s", spoc_queue_manager_next_due_unix_s(outbox));
    json_builder_set_member_name(builder, "configuration_problem");
    if (setup->blocker != NULL)
        json_builder_add_string_value(builder, setup->blocker);
    else
        json_builder_add_null_value(builder);
    json_builder_end_object(builder);
    g_autoptr(JsonNode) root = json_builder_get_root(builder);
    g_autofree char *line = json_to_string(root, FALSE);
    spoc_control_peer_reply(client, line);
    spoc_control_peer_reply(client, "ok");
}

static void
reply_waits(SpocRequests *requests, SpocControlPeer *client)
{
    g_autofree char *text = spoc_waits_text(spoc_daemon_journals(requests->daemon));
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line != NULL; line++)
        if (**line != '\0')
            spoc_control_peer_reply(client, *line);
    spoc_control_peer_reply(client, "ok");
}

static void
reply_problem(SpocControlPeer *client, const char *id, const char *text)
{
    g_autofree char *raw = g_strdup_printf("- %s %s", id, text);
    g_autofree char *line = spoc_text_line(raw, -1, REPLY_MAX_BYTES);
    spoc_control_peer_reply(client, line);
}

/* One order about many messages: their syncs are shared. */
static void
steer(SpocRequests *requests, SpocControlPeer *client, SpocQueueCommand order, const char *list)
{
    SpocQueueManager *outbox = spoc_daemon_queue_manager(requests->daemon);
    gboolean sends = order == SPOC_QUEUE_COMMAND_RETRY || order == SPOC_QUEUE_COMMAND_RELEASE;
    g_auto(GStrv) words = g_strsplit(list, " ", SPOC_STEER_TOGETHER_MAX + 1);
    if (g_strv_length(words) > SPOC_STEER_TOGETHER_MAX) {
        spoc_control_peer_reply(client, "error too many messages for one order");
        return;
    }
    g_autoptr(GPtrArray) ids = g_ptr_array_new();
    for (guint i = 0; words[i] != NULL; i++) {
        if (!spoc_queue_manager_is_active(outbox, words[i]))
            g_ptr_array_add(ids, words[i]);
        /* A try is under way, so a retry is granted; the rest has to wait for its end. */
        else if (order != SPOC_QUEUE_COMMAND_RETRY)
            reply_problem(client, words[i], "it is being sent at this moment; try again");
    }
    gint64 now = g_get_real_time() / G_USEC_PER_SEC;
    g_autoptr(GPtrArray) errors = spoc_queue_command(
        spoc_daemon_spool(requests->daemon), order, (const char *const *)ids->pdata, ids->len, now);
    for (guint i = 0; i < ids->len; i++) {
        const GError *error = g_ptr_array_index(errors, i);
        if (error != NULL)
            reply_problem(client, g_ptr_array_index(ids, i), error->message);
        else
            spoc_queue_manager_replan(outbox, g_ptr_array_index(ids, i), sends ? now : 0);
    }
    spoc_daemon_wake(requests->daemon);
    spoc_control_peer_reply(client, "ok");
}

/* Once for all that were ordered to be tried: who does that has mended something. */
static void
reopen(SpocRequests *requests, SpocControlPeer *client)
{
    spoc_daemon_check_config(requests->daemon);
    spoc_queue_manager_reopen(spoc_daemon_queue_manager(requests->daemon));
    spoc_daemon_wake(requests->daemon);
    spoc_control_peer_reply(client, "ok");
}

static void
forget_settler(gpointer data)
{
    Settler *settler = data;
    g_ptr_array_remove_fast(settler->requests->settlers, settler);
}

static void
add_settler(SpocRequests *requests, SpocControlPeer *client)
{
    Settler *settler = g_new(Settler, 1);
    *settler = (Settler){requests, client};
    g_ptr_array_add(requests->settlers, settler);
    spoc_control_add_waiter(client, forget_settler, settler);
    spoc_daemon_wake(requests->daemon);
}

void
spoc_requests_settled(SpocRequests *requests, int status)
{
    g_autofree char *line = g_strdup_printf("ok %d", status);
    for (guint i = 0; i < requests->settlers->len; i++) {
        Settler *settler = g_ptr_array_index(requests->settlers, i);
        spoc_control_remove_waiter(settler->client, settler);
        spoc_control_peer_reply(settler->client, line);
    }
    g_ptr_array_set_size(requests->settlers, 0);
}

/* One answer at a time: then it is always plain which request an answer is for, and who is to
 * be told nothing when the client goes. */
static gboolean
refuse_second(SpocControlPeer *client)
{
    if (!spoc_control_has_waiter(client))
        return FALSE;
    spoc_control_peer_reply(client, "error this connection waits for an answer already");
    return TRUE;
}

void
spoc_requests_handle(SpocControlPeer *client, const char *line, gpointer user_data)
{
    SpocRequests *requests = user_data;
    if (strcmp(line, "wake") == 0) {
        spoc_daemon_wake(requests->daemon);
        return;
    }
    if (strcmp(line, "status") == 0) {
        reply_status(requests, client);
        return;
    }
    if (strcmp(line, "queue-memory") == 0) {
        spoc_queue_manager_each_active(spoc_daemon_queue_manager(requests->daemon), reply_flying,
                                       client);
        spoc_control_peer_reply(client, "ok");
        return;
    }
    if (strcmp(line, "waits") == 0) {
        reply_waits(requests, client);
        return;
    }
    if (strcmp(line, "make-way") == 0) {
        spoc_control_peer_reply(client, "ok");
        spoc_daemon_leave(requests->daemon);
        return;
    }
    if (strcmp(line, "settle") == 0) {
        if (refuse_second(client))
            return;
        spoc_daemon_check_config(requests->daemon); /* it is asked for what holds now */
        add_settler(requests, client);
        return;
    }
    if (strcmp(line, "scan-reasons") == 0) {
        spoc_scan_manager_each_waiting(spoc_daemon_scan_manager(requests->daemon), reply_reason,
                                       client);
        spoc_control_peer_reply(client, "ok");
        return;
    }
    if (strcmp(line, "scan-limit") == 0) {
        spoc_daemon_check_config(requests->daemon); /* it is asked for what holds now */
        spoc_scan_answer_limit(client, spoc_daemon_runtime(requests->daemon));
        return;
    }
    if (g_str_has_prefix(line, "scan ")) {
        if (refuse_second(client))
            return;
        /* Somebody waits, and may have changed something just for that. */
        spoc_daemon_check_config(requests->daemon);
        spoc_daemon_wake(requests->daemon);
        spoc_scan_manager_offer(spoc_daemon_scan_manager(requests->daemon), client,
                                line + strlen("scan "));
        return;
    }
    if (g_str_has_prefix(line, "withdraw ")) {
        spoc_scan_manager_withdraw(spoc_daemon_scan_manager(requests->daemon), client,
                                   line + strlen("withdraw "));
        return;
    }
    if (g_str_has_prefix(line, "kept ")) {
        spoc_scan_manager_kept(spoc_daemon_scan_manager(requests->daemon), client,
                               line + strlen("kept "));
        return;
    }
    if (strcmp(line, "reopen") == 0) {
        reopen(requests, client);
        return;
    }
    for (guint i = 0; i < SPOC_QUEUE_COMMAND_COUNT; i++) {
        const char *verb = spoc_queue_command_name((SpocQueueCommand)i);
        gsize length = strlen(verb);
        if (strncmp(line, verb, length) == 0 && line[length] == ' ') {
            steer(requests, client, (SpocQueueCommand)i, line + length + 1);
            return;
        }
    }
    spoc_control_peer_reply(client, "error unknown request");
}
