/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "config/config.h"
#include "ctl/ctl.h"
#include "ctl/gather-scans.h"
#include "ctl/json.h"
#include "ctl/queue-print.h"
#include "ctl/queue-request.h"
#include "spool/door.h"
#include "spool/journal.h"

/* Whether an order to "all" means this one. Without a --state, what has failed is left in
 * peace by a retry, and only what is held can be released. */
static gboolean
is_meant(const SpocQueueRequest *request, SpocOrder order, const SpocListed *listed)
{
    if (g_strcmp0(listed->envelope->kind, SPOC_LISTING_KIND_EVENTS) == 0)
        return FALSE;
    if (order != SPOC_ORDER_DELETE &&
        (spoc_gather_is_entry(listed) ||
         g_strcmp0(listed->envelope->kind, SPOC_LISTING_KIND_ASIDE) == 0))
        return FALSE;
    if (!spoc_gather_matches(&request->filter, listed, request->now_unix_s))
        return FALSE;
    if (request->filter.states != 0)
        return TRUE;
    if (order == SPOC_ORDER_RELEASE)
        return listed->state == SPOC_STATE_HELD;
    if (listed->state == SPOC_STATE_SENDING)
        return order == SPOC_ORDER_DELETE; /* says that it cannot be done */
    return order == SPOC_ORDER_DELETE || listed->state != SPOC_STATE_FAILED;
}

/* (transfer full) (nullable) (element-type utf8) */
static GPtrArray *
choose(const SpocQueueRequest *request, SpocOrder order, SpocClient *client)
{
    g_autoptr(GPtrArray) ids = g_ptr_array_new_with_free_func(g_free);
    if (!request->all) {
        for (guint i = 0; request->ids[i] != NULL; i++)
            g_ptr_array_add(ids, g_strdup(request->ids[i]));
        return g_steal_pointer(&ids);
    }
    g_autoptr(GPtrArray) list = spoc_queue_request_gather(request, client);
    if (list == NULL)
        return NULL;
    for (guint i = 0; i < list->len; i++) {
        const SpocListed *listed = g_ptr_array_index(list, i);
        if (is_meant(request, order, listed))
            g_ptr_array_add(ids, g_strdup(listed->envelope->id));
    }
    return g_steal_pointer(&ids);
}

/* Events that are no messages yet cannot be steered: to say so beats "there is no message". */
static gboolean
is_journal(SpocSpool *spool, const char *id)
{
    g_autoptr(GPtrArray) names = spoc_journal_list(spool, NULL);
    return names != NULL && g_ptr_array_find_with_equal_func(names, id, g_str_equal, NULL);
}

/* The same for a document that is no message yet, and for what was set aside */
static gboolean
is_no_message(SpocSpool *spool, const char *id)
{
    SpocMessageState state;
    if (spoc_queue_find(spool, id, &state, NULL))
        return FALSE;
    g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func((GDestroyNotify)spoc_listed_free);
    if (!spoc_gather_scans(spool, NULL, list, NULL) || !spoc_gather_aside(spool, list, NULL))
        return FALSE;
    for (guint i = 0; i < list->len; i++) {
        const SpocListed *listed = g_ptr_array_index(list, i);
        if (g_str_equal(listed->envelope->id, id))
            return TRUE;
    }
    return FALSE;
}

static gboolean
order_one(SpocQueueRequest *request, SpocSteerer *steerer, SpocOrder order, const char *id,
          GError **error)
{
    if (order != SPOC_ORDER_DELETE && is_no_message(request->spool, id)) {
        g_set_error(error, SPOC_ERROR, SPOC_ERROR_INVALID,
                    "'%s' is no message yet, so it can only be deleted; 'spocctl queue show' says "
                    "what it waits for",
                    id);
        return FALSE;
    }
    if (is_journal(request->spool, id)) {
        g_set_error(error, SPOC_ERROR, SPOC_ERROR_INVALID,
                    "'%s' are events that spocd has still to make messages of", id);
        return FALSE;
    }
    return spoc_steerer_order(steerer, order, id, request->now_unix_s, error);
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

/* @ret_done: how many orders were carried out */
static int
order_each(SpocQueueRequest *request, SpocSteerer *steerer, SpocOrder order, const GPtrArray *ids,
           guint *ret_done)
{
    static const char *const done[] = {"due now", "held", "released", "deleted"};
    int status = SPOC_CTL_GOOD;
    GPtrArray *nodes = g_ptr_array_new();
    for (guint i = 0; i < ids->len; i++) {
        const char *id = g_ptr_array_index(ids, i);
        g_autoptr(GError) error = NULL;
        gboolean good = order_one(request, steerer, order, id, &error);
        if (good)
            (*ret_done)++;
        else
            status = SPOC_CTL_PROBLEM;
        if (request->json)
            g_ptr_array_add(nodes, result_node(id, error));
        else if (good)
            (void)spoc_ctl_put("%s: %s\n", id, done[order]);
        else
            (void)spoc_queue_request_fail(id, error);
    }
    g_autofree char *array = spoc_queue_print_array(nodes);
    if (request->json)
        (void)spoc_ctl_put("%s", array);
    else if (ids->len == 0)
        (void)spoc_ctl_put("No message matches.\n");
    return status;
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
    if (request->spool == NULL || !spoc_door_wake(request->spool, request->places, &error))
        return spoc_ctl_fail("the order stands, but spocd cannot be started: %s", error->message);
    return SPOC_CTL_GOOD;
}

int
spoc_queue_request_order(SpocQueueRequest *request, SpocOrder order)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(SpocSteerer) steerer = spoc_steerer_new(request->spool, &error);
    if (steerer == NULL)
        return spoc_ctl_fail("%s", error->message);
    SpocClient *client = spoc_steerer_client(steerer);
    g_autoptr(GPtrArray) ids = choose(request, order, client);
    if (ids == NULL)
        return SPOC_CTL_PROBLEM;
    guint done = 0;
    int status = order_each(request, steerer, order, ids, &done);
    gboolean alone = client == NULL;
    g_clear_pointer(&steerer, spoc_steerer_free);
    gboolean sends = order == SPOC_ORDER_RETRY || order == SPOC_ORDER_RELEASE;
    if (alone && sends && (done > 0 || request->all)) {
        int woken = wake(request);
        status = status == SPOC_CTL_GOOD ? woken : status;
    }
    return status;
}
