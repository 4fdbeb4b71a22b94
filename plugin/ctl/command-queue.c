/* SPDX-License-Identifier: Apache-2.0 */
/* spocctl queue list|show|retry|hold|release|delete|export */
#include "base/error.h"
#include "config/config.h"
#include "config/load.h"
#include "control/client.h"
#include "control/protocol.h"
#include "ctl/commands.h"
#include "ctl/ctl.h"
#include "ctl/json.h"
#include "ctl/queue-print.h"
#include "delivery/content.h"
#include "message/scan.h"
#include "queue/command.h"
#include "queue/list.h"
#include "spool/journal.h"
#include "spool/message.h"
#include "spool/pending-marks.h"
#include "spool/scans.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>

/**
 * Call:
 * @spool: owned
 * @all: every message that the filter lets through
 * @filtered: a filter was given
 * @recipient: (nullable): owned; what the filter points to
 * @ids: NULL-terminated, borrowed
 */
typedef struct {
    const SpocPlaces *places;
    SpocSpool *spool;
    gint64 now_unix_s;
    gboolean json;
    gboolean all;
    gboolean filtered;
    SpocQueueCommand command;
    SpocQueueFilter filter;
    char *recipient;
    char **ids;
} Call;

typedef struct {
    const char *name;
    int (*run)(Call *call);
    SpocQueueCommand command; /* of run_command() */
    gboolean writes_json;
    gboolean filters;
    const char *parameters;
    const char *help;
} Subcommand;

/* (nullable): NULL when none runs, or it does not answer, which is then said */
static SpocControlClient *
connect_client(SpocSpool *spool)
{
    g_autoptr(GError) error = NULL;
    SpocControlClient *client = spoc_control_client_new(spool, &error);
    if (client == NULL && !g_error_matches(error, SPOC_ERROR, SPOC_ERROR_UNAVAILABLE))
        spoc_ctl_warn("%s", error->message);
    return client;
}

/* (transfer full) (nullable): what waits, as far as it can be known; what is wrong is said.
 * A spocd that does not answer hides only what it has in memory. */
static GPtrArray *
list_queue(const Call *call, SpocControlClient *client)
{
    g_autoptr(GError) error = NULL;
    GPtrArray *list = spoc_queue_list(call->spool, client, spoc_ctl_warn_entry, NULL, &error);
    if (list == NULL && client != NULL) {
        spoc_ctl_warn("messages in their first attempt are missing here: %s", error->message);
        g_clear_error(&error);
        list = spoc_queue_list(call->spool, NULL, spoc_ctl_warn_entry, NULL, &error);
    }
    if (list == NULL)
        (void)spoc_ctl_fail("%s", error->message);
    return list;
}

static void
put_array(JsonArray *array)
{
    g_autofree char *text = spoc_json_text(spoc_json_array_node(json_array_ref(array)));
    (void)spoc_ctl_put("%s", text);
}

static int
run_list(Call *call)
{
    g_autoptr(SpocControlClient) client = connect_client(call->spool);
    g_autoptr(GPtrArray) list = list_queue(call, client);
    if (list == NULL)
        return SPOC_CTL_PROBLEM;
    g_autoptr(JsonArray) array = json_array_new();
    guint count = 0;
    for (guint i = 0; i < list->len; i++) {
        const SpocQueueListItem *listed = g_ptr_array_index(list, i);
        if (!spoc_queue_filter_matches(&call->filter, listed, call->now_unix_s))
            continue;
        count++;
        if (call->json) {
            json_array_add_element(array,
                                   spoc_queue_list_item_node(listed->envelope, listed->state));
            continue;
        }
        g_autofree char *text = spoc_queue_print_short(listed, call->now_unix_s);
        (void)spoc_ctl_put("%s", text);
    }
    if (call->json)
        put_array(array);
    else if (count == 0)
        (void)spoc_ctl_put("Nothing waits%s.\n", call->filtered ? " that matches" : "");
    return SPOC_CTL_GOOD;
}

/* (transfer full) (nullable): with everything that the envelope says */
static SpocQueueListItem *
load_message(const Call *call, const char *id, GError **error)
{
    SpocState state = SPOC_STATE_NEW;
    if (!spoc_spool_name_is_valid(id)) {
        g_set_error_literal(error, SPOC_ERROR, SPOC_ERROR_INVALID, "that is not a message's id");
        return NULL;
    }
    if (!spoc_message_find(call->spool, id, &state, error))
        return NULL;
    SpocEnvelope *envelope = spoc_message_load(call->spool, state, id, error);
    return envelope != NULL ? spoc_queue_list_item_new(envelope, state) : NULL;
}

/* One that is in no file: an entry of events, or a message in its first attempt */
static SpocQueueListItem *
find_listed(const Call *call, const char *id)
{
    g_autoptr(SpocControlClient) client = connect_client(call->spool);
    g_autoptr(GPtrArray) list = list_queue(call, client);
    for (guint i = 0; list != NULL && i < list->len; i++) {
        const SpocQueueListItem *listed = g_ptr_array_index(list, i);
        if (g_str_equal(listed->envelope->id, id))
            return g_ptr_array_steal_index(list, i);
    }
    return NULL;
}

/* Says what is wrong with one message; most errors name it already. */
static int
fail_message(const char *id, const GError *error)
{
    if (strstr(error->message, id) != NULL)
        return spoc_ctl_fail("%s", error->message);
    return spoc_ctl_fail("%s: %s", id, error->message);
}

static int
run_show(Call *call)
{
    int status = SPOC_CTL_GOOD;
    g_autoptr(JsonArray) array = json_array_new();
    for (guint i = 0; call->ids[i] != NULL; i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(SpocQueueListItem) listed = load_message(call, call->ids[i], &error);
        if (listed == NULL && g_error_matches(error, SPOC_ERROR, SPOC_ERROR_NOT_FOUND))
            listed = find_listed(call, call->ids[i]);
        if (listed == NULL) {
            status = fail_message(call->ids[i], error);
            continue;
        }
        if (call->json) {
            json_array_add_element(array, spoc_queue_print_full_node(listed));
            continue;
        }
        g_autofree char *text = spoc_queue_print_full(listed);
        (void)spoc_ctl_put("%s%s", i > 0 ? "\n" : "", text);
    }
    if (call->json)
        put_array(array);
    return status;
}

/* The whole of a scan's mail: its body is only what stands around the document. */
static GBytes *
join_scan(SpocSpool *spool, const char *id, GBytes *frame, GError **error)
{
    g_autoptr(GBytes) head = NULL;
    g_autoptr(GBytes) tail = NULL;
    g_autoptr(SpocScanMetadata) metadata = spoc_scan_load(spool, id, error);
    if (metadata == NULL || !spoc_scan_frame_split(frame, &head, &tail, error))
        return NULL;
    int fd = spoc_scan_open_document(spool, id, metadata->size_bytes, error);
    if (fd < 0)
        return NULL;
    g_autoptr(GBytes) nothing = g_bytes_new_static("", 0);
    g_autoptr(SpocContent) content =
        spoc_attachment_new(nothing, fd, metadata->size_bytes, tail, NULL, NULL);
    g_autoptr(SpocContentReader) reader = spoc_content_reader_new(content, error);
    if (reader == NULL)
        return NULL;
    g_autoptr(GByteArray) mail = g_byte_array_new();
    g_byte_array_append(mail, g_bytes_get_data(head, NULL), (guint)g_bytes_get_size(head));
    for (gboolean end = FALSE; !end;) {
        if (mail->len > G_MAXINT32) {
            g_set_error_literal(error, SPOC_ERROR, SPOC_ERROR_LIMIT,
                                "it is too large to be exported; the document itself is in scans/");
            return NULL;
        }
        if (!spoc_content_reader_next(reader, mail, &end, error))
            return NULL;
    }
    return g_byte_array_free_to_bytes(g_steal_pointer(&mail));
}

static GBytes *
load_mail(Call *call, const SpocQueueListItem *listed, const char *id, GError **error)
{
    g_autoptr(GBytes) body = spoc_message_load_body(call->spool, id, error);
    if (body == NULL || strcmp(listed->envelope->kind, SPOC_SCAN_KIND) != 0)
        return g_steal_pointer(&body);
    return join_scan(call->spool, id, body, error);
}

static int
run_export(Call *call)
{
    gboolean single = call->ids[1] == NULL;
    int status = SPOC_CTL_GOOD;
    for (guint i = 0; call->ids[i] != NULL; i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(SpocQueueListItem) listed = load_message(call, call->ids[i], &error);
        g_autoptr(GBytes) body =
            listed != NULL ? load_mail(call, listed, call->ids[i], &error) : NULL;
        if (body == NULL) {
            status = fail_message(call->ids[i], error);
            continue;
        }
        g_autoptr(GBytes) text =
            single ? g_bytes_ref(body) : spoc_queue_print_mbox(listed->envelope, body);
        gsize size = 0;
        const void *data = g_bytes_get_data(text, &size);
        if (size > 0 && fwrite(data, size, 1, stdout) != 1)
            return spoc_ctl_fail("the output cannot be written");
    }
    return status;
}

static gboolean
does_send(SpocQueueCommand command)
{
    return command == SPOC_QUEUE_COMMAND_RETRY || command == SPOC_QUEUE_COMMAND_RELEASE;
}

/* --- who carries out a command ----------------------------------------------------------- */

/* A spocd that starts or leaves has the lock and no socket for a moment. */
#define BUSY_TRIES 50
#define BUSY_PAUSE_MS 100

/* A hundred messages may take a slow disk long. */
#define COMMAND_TIMEOUT_MS 60000

/* The verb of a command, and the line's end */
#define COMMAND_NAME_MAX_BYTES 16

/* Tries once to reach spocd, which is @ret_client then, or to take its lock. FALSE without @error:
 * neither, try again. */
static gboolean
reach_or_lock(SpocSpool *spool, SpocControlClient **ret_client, GError **error)
{
    g_autoptr(GError) problem = NULL;
    gboolean busy = FALSE;
    *ret_client = spoc_control_client_new(spool, &problem);
    if (*ret_client != NULL) {
        spoc_control_client_set_timeout(*ret_client, COMMAND_TIMEOUT_MS);
        return TRUE;
    }
    if (g_error_matches(problem, SPOC_ERROR, SPOC_ERROR_UNAVAILABLE)) {
        g_clear_error(&problem);
        if (spoc_spool_lock(spool, &busy, &problem))
            return TRUE;
    }
    if (!busy)
        g_propagate_error(error, g_steal_pointer(&problem));
    return FALSE;
}

/* What a dead spocd was doing is ours now: what it was sending, and the marks of a message that may
 * be deleted in a moment. */
static gboolean
take_over(SpocSpool *spool, GError **error)
{
    g_autoptr(GError) problem = NULL;
    if (!spoc_pending_marks_finish(spool, &problem))
        g_debug("%s", problem->message); /* a full disk must not keep messages from deletion */
    return spoc_message_recover(spool, NULL, error);
}

/* Who carries out commands: the spocd that runs; or, where @ret_client is NULL then, we do. We hold
 * the spool's lock until the spool is freed, so that none starts meanwhile. */
static gboolean
find_commander(SpocSpool *spool, SpocControlClient **ret_client, GError **error)
{
    for (guint i = 0; i < BUSY_TRIES; i++) {
        GError *problem = NULL;
        if (reach_or_lock(spool, ret_client, &problem)) {
            return *ret_client != NULL || take_over(spool, error);
        }
        if (problem != NULL) {
            g_propagate_error(error, problem);
            return FALSE;
        }
        (void)poll(NULL, 0, BUSY_PAUSE_MS);
    }
    g_set_error_literal(error, SPOC_ERROR, SPOC_ERROR_UNAVAILABLE,
                        "a spocd is running but does not listen to its control socket; "
                        "look at its log, and restart it");
    return FALSE;
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

/* Asks spocd about @count of the messages. (transfer full) (nullable) (element-type GError): for
 * each what is wrong, or NULL; NULL: it does not answer, and there is no sense in asking on. */
static GPtrArray *
ask_spocd(SpocControlClient *client, SpocQueueCommand command, const char *const *ids, gsize count,
          GError **error)
{
    g_autoptr(GString) list = g_string_new(ids[0]);
    for (gsize i = 1; i < count; i++)
        g_string_append_printf(list, " %s", ids[i]);
    g_autoptr(GPtrArray) lines = spoc_control_client_ask(
        client, (SpocControlRequest)(SPOC_REQUEST_RETRY + command), list->str, error);
    if (lines == NULL)
        return NULL;
    GPtrArray *errors = spoc_queue_command_errors_new();
    for (gsize i = 0; i < count; i++) {
        const char *problem = find_problem(lines, ids[i]);
        g_ptr_array_add(errors, problem != NULL
                                    ? g_error_new_literal(SPOC_ERROR, SPOC_ERROR_FAILED, problem)
                                    : NULL);
    }
    return errors;
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
reopen_servers(SpocControlClient *client)
{
    g_autoptr(GError) error = NULL;
    GPtrArray *lines = spoc_control_client_ask(client, SPOC_REQUEST_REOPEN, NULL, &error);
    g_clear_pointer(&lines, g_ptr_array_unref);
    if (error != NULL)
        g_debug("the servers' pauses go on: %s", error->message); /* the command itself counts */
}

/* (transfer full) (element-type GError): for each of @ids, which are distinct, what is wrong, or
 * NULL when the command was carried out. What spocd does not answer any more is an error of all
 * that are left. */
static GPtrArray *
carry_out(const Call *call, SpocControlClient *client, const GPtrArray *ids)
{
    SpocQueueCommand command = call->command;
    GPtrArray *errors = spoc_queue_command_errors_new();
    g_autoptr(GError) error = NULL;
    if (does_send(command) && client != NULL && ids->len > 0)
        reopen_servers(client);
    while (errors->len < ids->len && error == NULL) {
        const char *const *some = (const char *const *)&ids->pdata[errors->len];
        gsize count = count_together(ids, errors->len);
        GPtrArray *of_some = NULL;
        if (!spoc_spool_name_is_valid(some[0])) /* cannot stand in a request */
            g_ptr_array_add(errors, g_error_new_literal(SPOC_ERROR, SPOC_ERROR_INVALID,
                                                        "that is not a message's id; 'spocctl "
                                                        "queue list' shows them"));
        else if (client == NULL)
            of_some = spoc_queue_command(call->spool, command, some, count, call->now_unix_s);
        else
            of_some = ask_spocd(client, command, some, count, &error);
        if (of_some != NULL)
            g_ptr_array_extend_and_steal(errors, of_some);
    }
    while (errors->len < ids->len)
        g_ptr_array_add(errors, g_error_copy(error));
    return errors;
}

/* --- commands that change messages ------------------------------------------------------- */

/* Whether a command to "all" means this one. Without a --state, what has failed is left in
 * peace by a retry, and only what is held can be released. */
static gboolean
is_meant(const Call *call, const SpocQueueListItem *listed)
{
    SpocQueueCommand command = call->command;
    if (g_strcmp0(listed->envelope->kind, SPOC_QUEUE_LIST_KIND_EVENTS) == 0)
        return FALSE;
    if (command != SPOC_QUEUE_COMMAND_DELETE &&
        (spoc_queue_list_item_is_document(listed) ||
         g_strcmp0(listed->envelope->kind, SPOC_QUEUE_LIST_KIND_ASIDE) == 0))
        return FALSE;
    if (!spoc_queue_filter_matches(&call->filter, listed, call->now_unix_s))
        return FALSE;
    if (call->filter.states != 0)
        return TRUE;
    if (command == SPOC_QUEUE_COMMAND_RELEASE)
        return listed->state == SPOC_STATE_HELD;
    if (listed->state == SPOC_STATE_SENDING)
        return command == SPOC_QUEUE_COMMAND_DELETE; /* says that it cannot be done */
    return command == SPOC_QUEUE_COMMAND_DELETE || listed->state != SPOC_STATE_FAILED;
}

/* (transfer full) (nullable) (element-type utf8) */
static GPtrArray *
choose_messages(const Call *call, SpocControlClient *client)
{
    g_autoptr(GPtrArray) ids = g_ptr_array_new_with_free_func(g_free);
    if (!call->all) {
        for (guint i = 0; call->ids[i] != NULL; i++)
            if (!g_ptr_array_find_with_equal_func(ids, call->ids[i], g_str_equal, NULL))
                g_ptr_array_add(ids, g_strdup(call->ids[i]));
        return g_steal_pointer(&ids);
    }
    g_autoptr(GPtrArray) list = list_queue(call, client);
    if (list == NULL)
        return NULL;
    for (guint i = 0; i < list->len; i++) {
        const SpocQueueListItem *listed = g_ptr_array_index(list, i);
        if (is_meant(call, listed))
            g_ptr_array_add(ids, g_strdup(listed->envelope->id));
    }
    return g_steal_pointer(&ids);
}

/* (transfer full) (element-type SpocQueueListItem): documents, and what was set aside */
static GPtrArray *
list_entries(SpocSpool *spool)
{
    GPtrArray *entries = g_ptr_array_new_with_free_func((GDestroyNotify)spoc_queue_list_item_free);
    if (!spoc_queue_list_documents(spool, NULL, entries, NULL) ||
        !spoc_queue_list_set_aside(spool, entries, NULL))
        g_ptr_array_set_size(entries, 0);
    return entries;
}

static gboolean
is_entry(const GPtrArray *entries, SpocSpool *spool, const char *id)
{
    SpocState state;
    for (guint i = 0; i < entries->len; i++) {
        const SpocQueueListItem *listed = g_ptr_array_index(entries, i);
        if (g_str_equal(listed->envelope->id, id))
            return !spoc_message_find(spool, id, &state, NULL);
    }
    return FALSE;
}

static JsonNode *
result_node(const char *id, const GError *error)
{
    JsonObject *object = json_object_new();
    json_object_set_string_member(object, "id", id);
    json_object_set_boolean_member(object, "done", error == NULL);
    spoc_json_set_text(object, "error", error != NULL ? error->message : NULL);
    return spoc_json_object_node(object);
}

typedef struct {
    Call *call;
    JsonArray *array; /* for JSON */
    guint done;
    int status;
} Report;

static void
report_one(Report *report, const char *id, const GError *error)
{
    static const char *const done[] = {"due now", "held", "released", "deleted"};
    if (error == NULL)
        report->done++;
    else
        report->status = SPOC_CTL_PROBLEM;
    if (report->call->json)
        json_array_add_element(report->array, result_node(id, error));
    else if (error == NULL)
        (void)spoc_ctl_put("%s: %s\n", id, done[report->call->command]);
    else
        (void)fail_message(id, error);
}

/* Reports what has an identifier and is no message, which helps more than "there is no message",
 * and takes it out of @ids. */
static void
refuse_others(Report *report, GPtrArray *ids)
{
    SpocSpool *spool = report->call->spool;
    g_autoptr(GPtrArray) journals = spoc_journal_list(spool, NULL);
    g_autoptr(GPtrArray) entries = list_entries(spool);
    for (guint i = 0; i < ids->len;) {
        const char *id = g_ptr_array_index(ids, i);
        g_autoptr(GError) error = NULL;
        if (report->call->command != SPOC_QUEUE_COMMAND_DELETE && is_entry(entries, spool, id))
            g_set_error(&error, SPOC_ERROR, SPOC_ERROR_INVALID,
                        "'%s' is no message yet, so it can only be deleted; 'spocctl queue show' "
                        "says what it waits for",
                        id);
        else if (journals != NULL &&
                 g_ptr_array_find_with_equal_func(journals, id, g_str_equal, NULL))
            g_set_error(&error, SPOC_ERROR, SPOC_ERROR_INVALID,
                        "'%s' is a journal of events: spocd has not made messages from them yet",
                        id);
        if (error == NULL) {
            i++;
            continue;
        }
        report_one(report, id, error);
        g_ptr_array_remove_index(ids, i);
    }
}

/* @ids loses those that are no messages. @ret_done: how many commands succeeded */
static int
command_each(Call *call, SpocControlClient *client, GPtrArray *ids, guint *ret_done)
{
    Report report = {.call = call, .array = json_array_new(), .status = SPOC_CTL_GOOD};
    gboolean none = ids->len == 0;
    if (!call->all)
        refuse_others(&report, ids);
    g_autoptr(GPtrArray) errors = carry_out(call, client, ids);
    for (guint i = 0; i < ids->len; i++)
        report_one(&report, g_ptr_array_index(ids, i), g_ptr_array_index(errors, i));
    if (call->json)
        put_array(report.array);
    else if (none)
        (void)spoc_ctl_put("No message matches.\n");
    json_array_unref(report.array);
    *ret_done = report.done;
    return report.status;
}

/* After we did spocd's work ourselves: lets go of the lock and starts one for what is due. */
static int
start_spocd(Call *call)
{
    g_autoptr(GError) error = NULL;
    g_clear_pointer(&call->spool, spoc_spool_free);
    g_autoptr(SpocConfig) config = spoc_config_load(call->places);
    if (spoc_config_choice(config, SPOC_OPTION_START_DAEMON) == SPOC_START_NEVER) {
        spoc_ctl_warn("no spocd runs and startDaemon is never: start its service so that mail "
                      "goes out");
        return SPOC_CTL_GOOD;
    }
    call->spool = spoc_spool_open(call->places, &error);
    if (call->spool == NULL || !spoc_control_wake(call->spool, call->places, &error))
        return spoc_ctl_fail("the messages are due, but spocd cannot be started: %s",
                             error->message);
    return SPOC_CTL_GOOD;
}

/* Carries out a command for the messages that are meant. Returns: an exit status */
static int
run_command(Call *call)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(SpocControlClient) client = NULL;
    if (!find_commander(call->spool, &client, &error))
        return spoc_ctl_fail("%s", error->message);
    g_autoptr(GPtrArray) ids = choose_messages(call, client);
    if (ids == NULL)
        return SPOC_CTL_PROBLEM;
    guint done = 0;
    int status = command_each(call, client, ids, &done);
    if (client == NULL && does_send(call->command) && (done > 0 || call->all)) {
        int woken = start_spocd(call);
        status = status == SPOC_CTL_GOOD ? woken : status;
    }
    return status;
}

static const Subcommand subcommands[] = {
    {"list", run_list, 0, TRUE, TRUE, "",
     "Lists what waits, is being sent, is held or has failed."},
    {"show", run_show, 0, TRUE, FALSE, "ID…", "Shows messages in full, with the last attempts."},
    {"retry", run_command, SPOC_QUEUE_COMMAND_RETRY, TRUE, TRUE, "ID…|--all",
     "Makes messages due now, failed ones too."},
    {"hold", run_command, SPOC_QUEUE_COMMAND_HOLD, TRUE, TRUE, "ID…|--all",
     "Holds messages back until they are released."},
    {"release", run_command, SPOC_QUEUE_COMMAND_RELEASE, TRUE, TRUE, "ID…|--all",
     "Lets held messages go."},
    {"delete", run_command, SPOC_QUEUE_COMMAND_DELETE, TRUE, TRUE, "ID…|--all",
     "Drops messages for good."},
    {"export", run_export, 0, FALSE, FALSE, "ID…",
     "Writes a message to stdout as it will be sent (.eml); several as an mbox."},
};

static gboolean
read_filter(Call *call, char *const *states, const char *older_than)
{
    g_autoptr(GError) error = NULL;
    for (guint i = 0; states != NULL && states[i] != NULL; i++) {
        guint bit = 0;
        if (!spoc_queue_filter_parse_state(states[i], &bit, &error)) {
            (void)spoc_ctl_usage("%s", error->message);
            return FALSE;
        }
        call->filter.states |= bit;
    }
    if (older_than != NULL &&
        !spoc_queue_filter_parse_age(older_than, &call->filter.older_than_s, &error)) {
        (void)spoc_ctl_usage("%s", error->message);
        return FALSE;
    }
    if (call->recipient != NULL && !g_utf8_validate(call->recipient, -1, NULL)) {
        (void)spoc_ctl_usage("the recipient is not UTF-8");
        return FALSE;
    }
    call->filter.recipient = call->recipient;
    call->filtered = call->filter.job_id != 0 || call->filter.states != 0 || older_than != NULL ||
                     call->recipient != NULL;
    return TRUE;
}

/* Whether identifiers, --all and filters go together. */
static gboolean
check_choice(const Subcommand *subcommand, const Call *call)
{
    gboolean lists = subcommand->run == run_list;
    gboolean named = call->ids[0] != NULL;
    if (lists && named)
        (void)spoc_ctl_usage("'queue list' takes no id; use 'queue show'");
    else if (!lists && call->all && named)
        (void)spoc_ctl_usage("give either ids or --all");
    else if (!lists && !call->all && !named)
        (void)spoc_ctl_usage(subcommand->run == run_command ? "which messages? Give ids or --all"
                                                            : "which messages? Give ids");
    else if (!lists && !call->all && call->filtered)
        (void)spoc_ctl_usage("filters narrow --all; they do not go with ids");
    else
        return TRUE;
    return FALSE;
}

/* Reads options and identifiers into @call. FALSE after saying what is wrong. */
static gboolean
read_arguments(const Subcommand *subcommand, int *argc, char ***argv, Call *call)
{
    g_auto(GStrv) states = NULL;
    g_autofree char *older_than = NULL;
    const GOptionEntry entries[] = {
        {"json", 0, 0, G_OPTION_ARG_NONE, &call->json, "Write JSON", NULL},
        {"all", 'a', 0, G_OPTION_ARG_NONE, &call->all,
         "All messages, or all that match the filters", NULL},
        {"recipient", 'r', 0, G_OPTION_ARG_FILENAME, &call->recipient,
         "Only those for this recipient", "ADDRESS|@DOMAIN"},
        {"job", 'j', 0, G_OPTION_ARG_INT64, &call->filter.job_id, "Only those about this job",
         "NUMBER"},
        {"state", 's', 0, G_OPTION_ARG_STRING_ARRAY, &states,
         "Only those in this state; may be repeated", "new|waiting|sending|held|failed"},
        {"older-than", 'o', 0, G_OPTION_ARG_STRING, &older_than, "Only those of at least this age",
         "AGE (15m, 2h, 3d)"},
        {NULL},
    };
    GOptionEntry wanted[G_N_ELEMENTS(entries)] = {{NULL}};
    guint count = 0;
    for (guint i = 0; i + 1 < G_N_ELEMENTS(entries); i++) {
        gboolean is_json = i == 0, is_all = i == 1;
        if (is_json  ? subcommand->writes_json
            : is_all ? subcommand->run == run_command
                     : subcommand->filters)
            wanted[count++] = entries[i];
    }
    return spoc_ctl_parse(wanted, subcommand->parameters, subcommand->help, argc, argv) &&
           read_filter(call, states, older_than);
}

static int
run_subcommand(const Subcommand *subcommand, int argc, char **argv, Call *call)
{
    if (!read_arguments(subcommand, &argc, &argv, call))
        return SPOC_CTL_USAGE;
    g_autoptr(GPtrArray) ids = g_ptr_array_new();
    for (int i = 1; i < argc; i++)
        g_ptr_array_add(ids, argv[i]);
    g_ptr_array_add(ids, NULL);
    call->ids = (char **)ids->pdata;
    if (!check_choice(subcommand, call))
        return SPOC_CTL_USAGE;

    g_autoptr(GError) error = NULL;
    call->spool = spoc_ctl_open_spool(call->places, &error);
    if (call->spool == NULL)
        return spoc_ctl_fail("%s", error->message);
    return subcommand->run(call);
}

static void
print_help(FILE *stream)
{
    (void)fprintf(stream, "Usage:\n  spocctl queue COMMAND [OPTION…] [ID…]\n\nCommands:\n");
    for (guint i = 0; i < G_N_ELEMENTS(subcommands); i++)
        (void)fprintf(stream, "  %-9s %s\n", subcommands[i].name, subcommands[i].help);
    (void)fprintf(stream, "\n'spocctl queue COMMAND --help' says more.\n");
}

static int
run_queue(int argc, char **argv, const SpocPlaces *places)
{
    if (argc < 2) {
        print_help(stderr);
        return SPOC_CTL_USAGE;
    }
    if (g_str_equal(argv[1], "--help") || g_str_equal(argv[1], "-h")) {
        print_help(stdout);
        return SPOC_CTL_GOOD;
    }
    for (guint i = 0; i < G_N_ELEMENTS(subcommands); i++) {
        if (!g_str_equal(argv[1], subcommands[i].name))
            continue;
        Call call = {.places = places,
                     .now_unix_s = g_get_real_time() / G_USEC_PER_SEC,
                     .command = subcommands[i].command};
        g_autofree char *name = g_strconcat("queue ", argv[1], NULL);
        argv[1] = name;
        int status = run_subcommand(&subcommands[i], argc - 1, argv + 1, &call);
        argv[1] = NULL;
        spoc_spool_free(call.spool);
        g_free(call.recipient);
        return status;
    }
    g_set_prgname("spocctl queue");
    return spoc_ctl_usage("there is no command 'queue %s'", argv[1]);
}

const SpocCommand spoc_command_queue = {
    .name = "queue",
    .run = run_queue,
    .help = "list, retry, hold, release and delete the mail that waits",
};
