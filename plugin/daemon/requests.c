/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/requests.h"

#include "base/error.h"
#include "base/text.h"
#include "build-config.h"
#include "notify/journal-set.h"
#include "queue/command.h"
#include "queue/list-item.h"
#include "scan/answer.h"

#include <string.h>
#include <unistd.h>

#define REASON_MAX_BYTES 900
/* One line about one message */
#define REPLY_MAX_BYTES 1200

struct _SpocRequests {
    const SpocRequestsContext *context;
    GPtrArray *drain_waiters; /* of DrainWaiter */
};

/* A client that waits for the end of all work that is there and due ("drain") */
typedef struct {
    SpocRequests *requests;
    SpocControlPeer *client; /* borrowed: remove_drain_waiter() when it disconnects */
} DrainWaiter;

SpocRequests *
spoc_requests_new(const SpocRequestsContext *context)
{
    SpocRequests *requests = g_new0(SpocRequests, 1);
    requests->context = context;
    requests->drain_waiters = g_ptr_array_new_with_free_func(g_free);
    return requests;
}

void
spoc_requests_free(SpocRequests *requests)
{
    if (requests == NULL)
        return;
    g_ptr_array_unref(requests->drain_waiters);
    g_free(requests);
}

static void
wake_up(const SpocRequests *requests)
{
    requests->context->wake(requests->context->user_data);
}

static void
check_config(const SpocRequests *requests)
{
    requests->context->check_config(requests->context->user_data);
}

static void
reply_active(const SpocEnvelope *envelope, gpointer client)
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

/* @value: (nullable) */
static void
add_text(JsonBuilder *builder, const char *name, const char *value)
{
    json_builder_set_member_name(builder, name);
    if (value != NULL)
        json_builder_add_string_value(builder, value);
    else
        json_builder_add_null_value(builder);
}

static void
reply_status(SpocRequests *requests, SpocControlPeer *client)
{
    SpocQueueManager *manager = requests->context->queue_manager;
    const SpocRuntime *runtime = requests->context->runtime;
    g_autoptr(JsonBuilder) builder = json_builder_new();
    json_builder_begin_object(builder);
    add_integer(builder, "pid", getpid());
    add_text(builder, "version", SPOC_VERSION);
    add_integer(builder, "sending", spoc_queue_manager_active(manager));
    add_integer(builder, "waiting", spoc_queue_manager_waiting(manager));
    add_integer(builder, "next_attempt_unix_s", spoc_queue_manager_next_due_unix_s(manager));
    add_text(builder, "configuration_problem", runtime->blocker);
    SpocTokenStatus token;
    spoc_token_keeper_status(requests->context->token_keeper, &token);
    add_text(builder, "token_source", token.source);
    add_integer(builder, "token_expires_unix_s", token.expires_unix_s);
    add_text(builder, "token_last_error", token.last_error);
    json_builder_end_object(builder);
    g_autoptr(JsonNode) root = json_builder_get_root(builder);
    g_autofree char *line = json_to_string(root, FALSE);
    spoc_control_peer_reply(client, line);
    spoc_control_peer_answer(client, SPOC_ANSWER_OK, NULL);
}

static void
reply_waits(SpocRequests *requests, SpocControlPeer *client)
{
    g_autofree char *text = spoc_journal_set_waits(requests->context->journals);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line != NULL; line++)
        if (**line != '\0')
            spoc_control_peer_reply(client, *line);
    spoc_control_peer_answer(client, SPOC_ANSWER_OK, NULL);
}

static void
reply_problem(SpocControlPeer *client, const char *id, const char *text)
{
    g_autofree char *raw = spoc_control_problem_line(id, text);
    g_autofree char *line = spoc_text_line(raw, -1, REPLY_MAX_BYTES);
    spoc_control_peer_reply(client, line);
}

/* One command about many messages: their syncs are shared. */
static void
run_queue_command(SpocRequests *requests, SpocControlPeer *client, SpocQueueCommand command,
                  const char *list)
{
    SpocQueueManager *manager = requests->context->queue_manager;
    gboolean sends = command == SPOC_QUEUE_COMMAND_RETRY || command == SPOC_QUEUE_COMMAND_RELEASE;
    g_auto(GStrv) words = g_strsplit(list, " ", SPOC_QUEUE_COMMAND_BATCH_MAX + 1);
    if (g_strv_length(words) > SPOC_QUEUE_COMMAND_BATCH_MAX) {
        spoc_control_peer_answer(client, SPOC_ANSWER_ERROR, "too many messages for one command");
        return;
    }
    g_autoptr(GPtrArray) ids = g_ptr_array_new();
    for (guint i = 0; words[i] != NULL; i++) {
        if (!spoc_queue_manager_is_active(manager, words[i]))
            g_ptr_array_add(ids, words[i]);
        /* It is being sent: a retry is granted already; the rest has to wait for the end. */
        else if (command != SPOC_QUEUE_COMMAND_RETRY)
            reply_problem(client, words[i], "it is being sent at this moment; try again");
    }
    gint64 now = g_get_real_time() / G_USEC_PER_SEC;
    g_autoptr(GPtrArray) errors = spoc_queue_command(
        requests->context->spool, command, (const char *const *)ids->pdata, ids->len, now);
    for (guint i = 0; i < ids->len; i++) {
        const GError *error = g_ptr_array_index(errors, i);
        if (error != NULL)
            reply_problem(client, g_ptr_array_index(ids, i), error->message);
        else
            spoc_queue_manager_replan(manager, g_ptr_array_index(ids, i), sends ? now : 0);
    }
    wake_up(requests);
    spoc_control_peer_answer(client, SPOC_ANSWER_OK, NULL);
}

/* Once before all retries: who asks for them has mended something, so servers are tried again. */
static void
reopen_servers(SpocRequests *requests, SpocControlPeer *client)
{
    check_config(requests);
    spoc_token_keeper_retry(requests->context->token_keeper);
    spoc_queue_manager_retry_servers(requests->context->queue_manager);
    wake_up(requests);
    spoc_control_peer_answer(client, SPOC_ANSWER_OK, NULL);
}

static void
remove_drain_waiter(gpointer data)
{
    DrainWaiter *waiter = data;
    g_ptr_array_remove_fast(waiter->requests->drain_waiters, waiter);
}

static void
add_drain_waiter(SpocRequests *requests, SpocControlPeer *client)
{
    DrainWaiter *waiter = g_new(DrainWaiter, 1);
    *waiter = (DrainWaiter){requests, client};
    g_ptr_array_add(requests->drain_waiters, waiter);
    spoc_control_set_waiter(client, remove_drain_waiter, waiter);
    wake_up(requests);
}

void
spoc_requests_report_drained(SpocRequests *requests, int status)
{
    g_autofree char *text = g_strdup_printf("%d", status);
    for (guint i = 0; i < requests->drain_waiters->len; i++) {
        DrainWaiter *waiter = g_ptr_array_index(requests->drain_waiters, i);
        spoc_control_remove_waiter(waiter->client, waiter);
        spoc_control_peer_answer(waiter->client, SPOC_ANSWER_OK, text);
    }
    g_ptr_array_set_size(requests->drain_waiters, 0);
}

/* A connection waits for one answer at a time, so that it is clear which request an answer is
 * for. */
static gboolean
refuse_second_wait(SpocControlPeer *client)
{
    if (!spoc_control_has_waiter(client))
        return FALSE;
    spoc_control_peer_answer(client, SPOC_ANSWER_ERROR,
                             "this connection waits for an answer already");
    return TRUE;
}

static void
start_drain(SpocRequests *requests, SpocControlPeer *client)
{
    if (refuse_second_wait(client))
        return;
    check_config(requests); /* the answer is about the settings of now */
    add_drain_waiter(requests, client);
}

static void
submit_scan(SpocRequests *requests, SpocControlPeer *client, const char *name)
{
    if (refuse_second_wait(client))
        return;
    /* Somebody waits for it, and may have changed a setting just before. */
    check_config(requests);
    wake_up(requests);
    spoc_scan_manager_offer(requests->context->scan_manager, client, name);
}

void
spoc_requests_handle(SpocControlPeer *client, const char *line, gpointer user_data)
{
    SpocRequests *requests = user_data;
    const SpocRequestsContext *context = requests->context;
    const char *argument = NULL;
    SpocControlRequest request = spoc_control_request_parse(line, &argument);
    switch (request) {
    case SPOC_REQUEST_WAKE:
        wake_up(requests);
        break;
    case SPOC_REQUEST_STATUS:
        reply_status(requests, client);
        break;
    case SPOC_REQUEST_QUEUE_MEMORY:
        spoc_queue_manager_each_active(context->queue_manager, reply_active, client);
        spoc_control_peer_answer(client, SPOC_ANSWER_OK, NULL);
        break;
    case SPOC_REQUEST_WAITS:
        reply_waits(requests, client);
        break;
    case SPOC_REQUEST_REOPEN:
        reopen_servers(requests, client);
        break;
    case SPOC_REQUEST_LOGIN_CHANGED:
        context->login_changed(context->user_data);
        spoc_control_peer_answer(client, SPOC_ANSWER_OK, NULL);
        break;
    case SPOC_REQUEST_MAKE_WAY:
        spoc_control_peer_answer(client, SPOC_ANSWER_OK, NULL);
        context->leave(context->user_data);
        break;
    case SPOC_REQUEST_DRAIN:
        start_drain(requests, client);
        break;
    case SPOC_REQUEST_SCAN_REASONS:
        spoc_scan_manager_each_waiting(context->scan_manager, reply_reason, client);
        spoc_control_peer_answer(client, SPOC_ANSWER_OK, NULL);
        break;
    case SPOC_REQUEST_SCAN_LIMIT:
        check_config(requests); /* the answer is about the settings of now */
        spoc_scan_answer_limit(client, context->runtime);
        break;
    case SPOC_REQUEST_SCAN:
        submit_scan(requests, client, argument);
        break;
    case SPOC_REQUEST_KEPT:
        spoc_scan_manager_kept(context->scan_manager, client, argument);
        break;
    case SPOC_REQUEST_WITHDRAW:
        spoc_scan_manager_withdraw(context->scan_manager, client, argument);
        break;
    case SPOC_REQUEST_RETRY:
    case SPOC_REQUEST_HOLD:
    case SPOC_REQUEST_RELEASE:
    case SPOC_REQUEST_DELETE:
        run_queue_command(requests, client, (SpocQueueCommand)(request - SPOC_REQUEST_RETRY),
                          argument);
        break;
    case SPOC_REQUEST_UNKNOWN:
        spoc_control_peer_answer(client, SPOC_ANSWER_ERROR, "unknown request");
        break;
    }
}
