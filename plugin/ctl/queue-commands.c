/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "config/config.h"
#include "control/socket.h"
#include "ctl/ctl.h"
#include "ctl/json.h"
#include "ctl/queue-print.h"
#include "ctl/queue-request.h"
#include "queue/list-scans.h"
#include "spool/journal.h"

/* Whether an order to "all" means this one. Without a --state, what has failed is left in
 * peace by a retry, and only what is held can be released. */
static gboolean
is_meant(const SpocQueueRequest *request, SpocQueueCommand order, const SpocQueueListItem *listed)
{
    if (g_strcmp0(listed->envelope->kind, SPOC_QUEUE_LIST_KIND_EVENTS) == 0)
        return FALSE;
    if (order != SPOC_QUEUE_COMMAND_DELETE &&
        (spoc_gather_is_entry(listed) ||
         g_strcmp0(listed->envelope->kind, SPOC_QUEUE_LIST_KIND_ASIDE) == 0))
        return FALSE;
    if (!spoc_queue_filter_matches(&request->filter, listed, request->now_unix_s))
        return FALSE;
    if (request->filter.states != 0)
        return TRUE;
    if (order == SPOC_QUEUE_COMMAND_RELEASE)
        return listed->state == SPOC_STATE_HELD;
    if (listed->state == SPOC_STATE_SENDING)
        return order == SPOC_QUEUE_COMMAND_DELETE; /* says that it cannot be done */
    return order == SPOC_QUEUE_COMMAND_DELETE || listed->state != SPOC_STATE_FAILED;
}

/* (transfer full) (nullable) (element-type utf8) */
static GPtrArray *
choose(const SpocQueueRequest *request, SpocQueueCommand order, SpocControlClient *client)
{
    g_autoptr(GPtrArray) ids = g_ptr_array_new_with_free_func(g_free);
    if (!request->all) {
        for (guint i = 0; request->ids[i] != NULL; i++)
            if (!g_ptr_array_find_with_equal_func(ids, request->ids[i], g_str_equal, NULL))
                g_ptr_array_add(ids, g_strdup(request->ids[i]));
        return g_steal_pointer(&ids);
    }
    g_autoptr(GPtrArray) list = spoc_queue_request_list(request, client);
    if (list == NULL)
        return NULL;
    for (guint i = 0; i < list->len; i++) {
        const SpocQueueListItem *listed = g_ptr_array_index(list, i);
        if (is_meant(request, order, listed))
            g_ptr_array_add(ids, g_strdup(listed->envelope->id));
    }
    return g_steal_pointer(&ids);
}

/* What has an identifier and is no message: to say so beats "there is no message". */
typedef struct {
    GPtrArray *journals; /* (nullable) (element-type utf8) */
    GPtrArray *entries;  /* (element-type SpocQueueListItem): documents, and what was set aside */
} Others;

static void
others_init(Others *others, SpocSpool *spool)
{
    others->journals = spoc_journal_list(spool, NULL);
    others->entries = g_ptr_array_new_with_free_func((GDestroyNotify)spoc_queue_list_item_free);
    if (!spoc_gather_scans(spool, NULL, others->entries, NULL) ||
        !spoc_gather_aside(spool, others->entries, NULL))
        g_ptr_array_set_size(others->entries, 0);
}

static void
others_clear(Others *others)
{
    g_clear_pointer(&others->journals, g_ptr_array_unref);
    g_ptr_array_unref(others->entries);
}

static gboolean
is_entry(const Others *others, SpocSpool *spool, const char *id)
{
    SpocMessageState state;
    for (guint i = 0; i < others->entries->len; i++) {
        const SpocQueueListItem *listed = g_ptr_array_index(others->entries, i);
        if (g_str_equal(listed->envelope->id, id))
            return !spoc_message_find(spool, id, &state, NULL);
    }
    return FALSE;
}

/* (nullable): what is wrong with an order about it */
static GError *
refuse(const Others *others, SpocSpool *spool, SpocQueueCommand order, const char *id)
{
    if (order != SPOC_QUEUE_COMMAND_DELETE && is_entry(others, spool, id))
        return g_error_new(SPOC_ERROR, SPOC_ERROR_INVALID,
                           "'%s' is no message yet, so it can only be deleted; 'spocctl queue "
                           "show' says what it waits for",
                           id);
    if (others->journals != NULL &&
        g_ptr_array_find_with_equal_func(others->journals, id, g_str_equal, NULL))
        return g_error_new(SPOC_ERROR, SPOC_ERROR_INVALID,
                           "'%s' are events that spocd has still to make messages of", id);
    return NULL;
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
    SpocQueueRequest *request;
    SpocQueueCommand order;
    GPtrArray *nodes; /* for JSON */
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
    if (report->request->json)
        g_ptr_array_add(report->nodes, result_node(id, error));
    else if (error == NULL)
        (void)spoc_ctl_put("%s: %s\n", id, done[report->order]);
    else
        (void)spoc_queue_request_fail(id, error);
}

/* Reports those that are no messages, and takes them out of @ids. */
static void
refuse_others(Report *report, GPtrArray *ids)
{
    SpocQueueRequest *request = report->request;
    Others others;
    others_init(&others, request->spool);
    for (guint i = 0; i < ids->len;) {
        g_autoptr(GError) error =
            refuse(&others, request->spool, report->order, g_ptr_array_index(ids, i));
        if (error != NULL) {
            report_one(report, g_ptr_array_index(ids, i), error);
            g_ptr_array_remove_index(ids, i);
        } else {
            i++;
        }
    }
    others_clear(&others);
}

/* @ids loses those that are no messages. @ret_done: how many orders were carried out */
static int
order_each(SpocQueueRequest *request, SpocQueueCommander *steerer, SpocQueueCommand order,
           GPtrArray *ids, guint *ret_done)
{
    Report report = {.request = request, .order = order, .status = SPOC_CTL_GOOD};
    report.nodes = g_ptr_array_new();
    gboolean none = ids->len == 0;
    if (!request->all)
        refuse_others(&report, ids);
    g_autoptr(GPtrArray) errors =
        spoc_queue_commander_order(steerer, order, ids, request->now_unix_s);
    for (guint i = 0; i < ids->len; i++)
        report_one(&report, g_ptr_array_index(ids, i), g_ptr_array_index(errors, i));
    g_autofree char *array = spoc_queue_print_array(report.nodes);
    if (request->json)
        (void)spoc_ctl_put("%s", array);
    else if (none)
        (void)spoc_ctl_put("No message matches.\n");
    *ret_done = report.done;
    return report.status;
}

/* After we did spocd's work ourselves: lets go of the lock and starts one for what is due. */
static int
wake(SpocQueueRequest *request)
{
    g_autoptr(GError) error = NULL;
    g_clear_pointer(&request->spool, spoc_spool_free);
    g_autoptr(SpocConfig) config = spoc_config_load(request->places);
    if (spoc_config_choice(config, SPOC_OPTION_START_DAEMON) == SPOC_START_NEVER) {
        spoc_ctl_warn("no spocd runs and startDaemon is never: start its service so that mail "
                      "goes out");
        return SPOC_CTL_GOOD;
    }
    request->spool = spoc_spool_open(request->places, &error);
    if (request->spool == NULL || !spoc_control_wake(request->spool, request->places, &error))
        return spoc_ctl_fail("the order stands, but spocd cannot be started: %s", error->message);
    return SPOC_CTL_GOOD;
}

int
spoc_queue_request_command(SpocQueueRequest *request, SpocQueueCommand order)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(SpocQueueCommander) steerer = spoc_queue_commander_new(request->spool, &error);
    if (steerer == NULL)
        return spoc_ctl_fail("%s", error->message);
    SpocControlClient *client = spoc_queue_commander_client(steerer);
    g_autoptr(GPtrArray) ids = choose(request, order, client);
    if (ids == NULL)
        return SPOC_CTL_PROBLEM;
    guint done = 0;
    int status = order_each(request, steerer, order, ids, &done);
    gboolean alone = client == NULL;
    g_clear_pointer(&steerer, spoc_queue_commander_free);
    gboolean sends = order == SPOC_QUEUE_COMMAND_RETRY || order == SPOC_QUEUE_COMMAND_RELEASE;
    if (alone && sends && (done > 0 || request->all)) {
        int woken = wake(request);
        status = status == SPOC_CTL_GOOD ? woken : status;
    }
    return status;
}
