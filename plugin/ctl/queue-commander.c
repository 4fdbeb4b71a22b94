/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/queue-commander.h"

#include "base/error.h"
#include "control/client.h"
#include "control/protocol.h"
#include "spool/message.h"

#include <poll.h>
#include <string.h>

/* A spocd that starts or leaves has the lock and no socket for a moment. */
#define BUSY_TRIES 50
#define BUSY_PAUSE_MS 100

/* A hundred messages may take a slow disk long. */
#define COMMAND_TIMEOUT_MS 60000

/* The verb of an command, and the line's end */
#define COMMAND_NAME_MAX_BYTES 16

struct _SpocQueueCommander {
    SpocSpool *spool;
    SpocControlClient *client; /* (nullable): then we have the lock */
};

/* One go at reaching spocd or replacing it. FALSE without @error: neither, come again. */
static gboolean
reach(SpocQueueCommander *commander, GError **error)
{
    g_autoptr(GError) problem = NULL;
    commander->client = spoc_control_client_new(commander->spool, &problem);
    if (commander->client != NULL) {
        spoc_control_client_set_timeout(commander->client, COMMAND_TIMEOUT_MS);
        return TRUE;
    }
    if (!g_error_matches(problem, SPOC_ERROR, SPOC_ERROR_UNAVAILABLE)) {
        g_propagate_error(error, g_steal_pointer(&problem));
        return FALSE;
    }
    g_clear_error(&problem);
    gboolean busy = FALSE;
    if (spoc_spool_lock(commander->spool, &busy, &problem))
        return TRUE;
    if (!busy)
        g_propagate_error(error, g_steal_pointer(&problem));
    return FALSE;
}

SpocQueueCommander *
spoc_queue_commander_new(SpocSpool *spool, GError **error)
{
    g_autoptr(SpocQueueCommander) commander = g_new0(SpocQueueCommander, 1);
    commander->spool = spool;
    for (guint i = 0; i < BUSY_TRIES; i++) {
        GError *problem = NULL;
        if (reach(commander, &problem)) {
            guint recovered = 0; /* what a dead spocd was sending is ours now */
            if (commander->client == NULL && !spoc_message_recover(spool, &recovered, error))
                return NULL;
            return g_steal_pointer(&commander);
        }
        if (problem != NULL) {
            g_propagate_error(error, problem);
            return NULL;
        }
        (void)poll(NULL, 0, BUSY_PAUSE_MS);
    }
    g_set_error_literal(error, SPOC_ERROR, SPOC_ERROR_UNAVAILABLE,
                        "a spocd is running but does not listen to its control socket; "
                        "look at its log, and restart it");
    return NULL;
}

void
spoc_queue_commander_free(SpocQueueCommander *commander)
{
    if (commander == NULL)
        return;
    spoc_control_client_free(commander->client);
    g_free(commander);
}

SpocControlClient *
spoc_queue_commander_client(const SpocQueueCommander *commander)
{
    return commander->client;
}

/* (nullable): the words of the line "- ID TEXT" about @id */
static const char *
find_problem(const GPtrArray *lines, const char *id)
{
    const char *problem = NULL;
    for (guint i = 0; problem == NULL && i < lines->len; i++)
        problem = spoc_control_problem_parse(g_ptr_array_index(lines, i), id);
    return problem;
}

/* Asks spocd about some. FALSE: it does not answer, and there is no sense in asking on. */
static gboolean
ask(SpocQueueCommander *commander, SpocQueueCommand command, const char *const *ids, gsize count,
    GPtrArray *errors, GError **error)
{
    g_autoptr(GString) list = g_string_new(ids[0]);
    for (gsize i = 1; i < count; i++)
        g_string_append_printf(list, " %s", ids[i]);
    g_autoptr(GPtrArray) lines = spoc_control_client_ask(
        commander->client, (SpocControlRequest)(SPOC_REQUEST_RETRY + command), list->str, error);
    if (lines == NULL)
        return FALSE;
    for (gsize i = 0; i < count; i++) {
        const char *problem = find_problem(lines, ids[i]);
        g_ptr_array_add(errors, problem != NULL
                                    ? g_error_new_literal(SPOC_ERROR, SPOC_ERROR_FAILED, problem)
                                    : NULL);
    }
    return TRUE;
}

static void
run_directly(SpocQueueCommander *commander, SpocQueueCommand command, const char *const *ids,
             gsize count, gint64 now_unix_s, GPtrArray *errors)
{
    g_autoptr(GPtrArray) said =
        spoc_queue_command(commander->spool, command, ids, count, now_unix_s);
    g_ptr_array_set_free_func(said, NULL);
    for (guint i = 0; i < said->len; i++)
        g_ptr_array_add(errors, g_ptr_array_index(said, i));
}

static GError *
new_invalid(void)
{
    return g_error_new_literal(SPOC_ERROR, SPOC_ERROR_INVALID,
                               "that is not a message's id; 'spocctl queue list' shows them");
}

/* How many of them, from @from, go into one command: one line of the control socket at most */
static gsize
count_together(const GPtrArray *ids, gsize from)
{
    gsize count = 0, bytes = COMMAND_NAME_MAX_BYTES;
    while (from + count < ids->len && count < SPOC_QUEUE_COMMAND_BATCH_MAX) {
        const char *id = g_ptr_array_index(ids, from + count);
        bytes += strlen(id) + 1;
        if (bytes > SPOC_CONTROL_LINE_MAX_BYTES || !spoc_spool_name_is_valid(id))
            break;
        count++;
    }
    return count;
}

/* Before the messages are due: else those that are tried in between are answered from what is
 * remembered of a server that was down, and wait until its pause is over. */
static void
reopen_servers(SpocQueueCommander *commander)
{
    g_autoptr(GError) error = NULL;
    GPtrArray *lines =
        spoc_control_client_ask(commander->client, SPOC_REQUEST_REOPEN, NULL, &error);
    g_clear_pointer(&lines, g_ptr_array_unref);
    if (error != NULL)
        g_debug("the servers' pauses go on: %s", error->message); /* the command itself counts */
}

GPtrArray *
spoc_queue_commander_run(SpocQueueCommander *commander, SpocQueueCommand command,
                         const GPtrArray *ids, gint64 now_unix_s)
{
    GPtrArray *errors = spoc_queue_command_errors_new();
    g_autoptr(GError) error = NULL;
    gboolean sends = command == SPOC_QUEUE_COMMAND_RETRY || command == SPOC_QUEUE_COMMAND_RELEASE;
    if (sends && commander->client != NULL && ids->len > 0)
        reopen_servers(commander);
    while (errors->len < ids->len && error == NULL) {
        const char *const *some = (const char *const *)&ids->pdata[errors->len];
        gsize count = count_together(ids, errors->len);
        if (!spoc_spool_name_is_valid(some[0])) /* cannot stand in a request */
            g_ptr_array_add(errors, new_invalid());
        else if (commander->client == NULL)
            run_directly(commander, command, some, count, now_unix_s, errors);
        else
            (void)ask(commander, command, some, count, errors, &error);
    }
    while (errors->len < ids->len)
        g_ptr_array_add(errors, g_error_copy(error));
    return errors;
}
