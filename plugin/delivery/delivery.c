/* SPDX-License-Identifier: Apache-2.0 */
#include "delivery/delivery.h"

#include "base/error.h"
#include "delivery/route.h"
#include "delivery/server.h"

#include <signal.h>

/* Requests a connection likes to have at hand: one under way, one behind its dot, and one to
 * follow each. */
#define REQUESTS_PER_CONNECTION 4

struct _SpocDelivery {
    GMainContext *context;
    SpocCurlMulti *curl_multi;
    SpocServerChoice choice;
    SpocDeliveryWarnFunc warn;
    gpointer user_data;

    SpocDeliverySettings *settings;
    SpocPace paces[SPOC_ROUTE_SERVERS];
    SpocDayCount days[SPOC_ROUTE_SERVERS];
    char *day_names[SPOC_ROUTE_SERVERS]; /* (nullable): whose they are */
    const SpocDeliveryCounts *counts;    /* (nullable) */
    SpocServer *servers[SPOC_ROUTE_SERVERS];
    GPtrArray *retired; /* of SpocServer: with mails under way */

    GHashTable *requests; /* set of SpocDeliveryRequest: all that are not finished */
    GQueue incoming;      /* requests to be routed */
    GSource *schedule;
    gboolean inside; /* on_schedule() runs: freeing waits for its end */
    gboolean free_wanted;
};

static void
schedule_soon(gpointer user_data)
{
    SpocDelivery *delivery = user_data;
    g_source_set_ready_time(delivery->schedule, 0);
}

static void
schedule_at(gint64 when_us, gpointer user_data)
{
    SpocDelivery *delivery = user_data;
    gint64 planned_us = g_source_get_ready_time(delivery->schedule);
    if (planned_us < 0 || planned_us > when_us)
        g_source_set_ready_time(delivery->schedule, when_us);
}

static void
on_next_server(SpocServer *server, SpocDeliveryRequest *request, gpointer user_data)
{
    SpocDelivery *delivery = user_data;
    g_queue_push_tail(&delivery->incoming, request);
    schedule_soon(delivery);
}

static void
on_warning(const char *text, gpointer user_data)
{
    SpocDelivery *delivery = user_data;
    if (delivery->warn != NULL)
        delivery->warn(text, delivery->user_data);
}

static void
on_keep_count(SpocServer *server, const char *text, gpointer user_data)
{
    SpocDelivery *delivery = user_data;
    for (guint i = 0; i < SPOC_ROUTE_SERVERS; i++)
        if (delivery->servers[i] == server && delivery->counts != NULL)
            delivery->counts->save(delivery->day_names[i], text, delivery->counts->user_data);
}

static const SpocServerEvents server_events = {on_next_server, schedule_soon, schedule_at,
                                               on_warning, on_keep_count};

static void
read_count(SpocDelivery *delivery, guint index)
{
    const char *name = delivery->day_names[index];
    g_autofree char *text = name != NULL && delivery->counts != NULL
                                ? delivery->counts->load(name, delivery->counts->user_data)
                                : NULL;
    if (text != NULL)
        spoc_day_count_read(&delivery->days[index], text);
}

/* What was sent to a server counts for that server, whichever of the two it is now. */
static void
name_counts(SpocDelivery *delivery)
{
    for (guint i = 0; i < SPOC_ROUTE_SERVERS; i++) {
        const char *name = delivery->settings->servers[i].name;
        if (g_strcmp0(name, delivery->day_names[i]) == 0)
            continue;
        g_free(delivery->day_names[i]);
        delivery->day_names[i] = g_strdup(name);
        delivery->days[i] = (SpocDayCount){0};
        read_count(delivery, i);
    }
}

static void
make_servers(SpocDelivery *delivery)
{
    name_counts(delivery);
    for (guint i = 0; i < SPOC_ROUTE_SERVERS; i++)
        delivery->servers[i] =
            spoc_server_new(delivery->context, delivery->curl_multi, delivery->settings, i,
                            &delivery->paces[i], &delivery->days[i], &server_events, delivery);
}

static void
read_states(const SpocDelivery *delivery, SpocServerState *states)
{
    for (guint i = 0; i < SPOC_ROUTE_SERVERS; i++) {
        states[i] = spoc_server_state(delivery->servers[i]);
        if ((delivery->choice == SPOC_SERVER_PRIMARY && i != 0) ||
            (delivery->choice == SPOC_SERVER_BACKUP && i != 1))
            states[i].usable = FALSE;
    }
}

/* Nobody was asked: what is known of the servers is the reason. */
static void
explain_refusal(SpocDelivery *delivery, SpocDeliveryRequest *request, const SpocServerState *states)
{
    gboolean mend = FALSE;
    for (guint i = 0; i < SPOC_ROUTE_SERVERS; i++) {
        const char *words = spoc_server_last_words(delivery->servers[i]);
        if (!states[i].usable || words == NULL)
            continue;
        mend = mend || spoc_server_wants_mending(delivery->servers[i]);
        spoc_delivery_request_explain(request, spoc_server_last_stage(delivery->servers[i]), words);
    }
    spoc_delivery_request_note_all(request, mend ? SPOC_VERDICT_HOLD : SPOC_VERDICT_LATER,
                                   request->sentences->str);
}

static gint64
to_unix_s(gint64 monotonic_us)
{
    if (monotonic_us == 0)
        return 0;
    gint64 left_us = MAX(monotonic_us - g_get_monotonic_time(), 0);
    return (g_get_real_time() + left_us) / G_USEC_PER_SEC + 1;
}

static void
finish_request(SpocDelivery *delivery, SpocDeliveryRequest *request, const SpocServerState *states,
               gint64 earliest_us)
{
    gboolean untried = FALSE;
    for (guint i = 0; i < SPOC_ROUTE_SERVERS; i++)
        untried = untried || (states[i].usable && (request->tried & (1u << i)) == 0);
    if (request->tried == 0 && spoc_delivery_request_is_open(request))
        explain_refusal(delivery, request, states);
    /* Only what no server was asked about is bound to wait for one. */
    gint64 earliest_unix_s = request->tried == 0 ? to_unix_s(earliest_us) : 0;
    g_hash_table_steal(delivery->requests, request);
    spoc_delivery_request_finish(request, untried, earliest_unix_s);
}

/* The backup hides from the senders that a server fails, but not from the administrator. */
static void
warn_of_failover(SpocDelivery *delivery, int chosen)
{
    for (int i = 0; i < chosen; i++) {
        const char *sentence = spoc_server_take_unreported(delivery->servers[i]);
        if (sentence == NULL)
            continue;
        g_autofree char *text = g_strdup_printf("%s. Meanwhile mail goes to %s", sentence,
                                                delivery->settings->servers[chosen].name);
        on_warning(text, delivery);
    }
}

/* Which of the servers may have it already; -1: none, or it is not configured any more */
static int
find_dropper(const SpocDelivery *delivery, const SpocDeliveryRequest *request)
{
    for (int i = 0; i < SPOC_ROUTE_SERVERS; i++) {
        const char *name = delivery->settings->servers[i].name;
        if (name != NULL && g_strcmp0(name, request->dropped_by) == 0)
            return i;
    }
    return -1;
}

static void
route_request(SpocDelivery *delivery, SpocDeliveryRequest *request)
{
    SpocServerState states[SPOC_ROUTE_SERVERS];
    read_states(delivery, states);
    guint tried =
        request->tried | spoc_route_kept_from(states, request->tried,
                                              find_dropper(delivery, request), request->drops);
    SpocRoute next = spoc_route_next(states, tried, g_get_monotonic_time());
    if (next.server >= 0 && spoc_delivery_request_is_open(request) && !request->stay) {
        warn_of_failover(delivery, next.server);
        spoc_server_submit(delivery->servers[next.server], request);
    } else {
        finish_request(delivery, request, states, next.earliest_us);
    }
}

static void
drop_retired(SpocDelivery *delivery)
{
    for (guint i = delivery->retired->len; i > 0; i--) {
        SpocServer *server = g_ptr_array_index(delivery->retired, i - 1);
        if (spoc_server_is_empty(server))
            g_ptr_array_remove_index_fast(delivery->retired, i - 1);
    }
}

static void free_delivery(SpocDelivery *delivery);

static gboolean
on_schedule(gpointer user_data)
{
    SpocDelivery *delivery = user_data;
    g_source_set_ready_time(delivery->schedule, -1);
    delivery->inside = TRUE;
    SpocDeliveryRequest *request;
    while (!delivery->free_wanted && (request = g_queue_pop_head(&delivery->incoming)) != NULL)
        route_request(delivery, request);
    for (guint i = 0; i < SPOC_ROUTE_SERVERS && !delivery->free_wanted; i++)
        spoc_server_schedule(delivery->servers[i]);
    drop_retired(delivery);
    delivery->inside = FALSE;
    if (delivery->free_wanted)
        free_delivery(delivery);
    return G_SOURCE_CONTINUE;
}

static gboolean
dispatch_schedule(GSource *source, GSourceFunc callback, gpointer user_data)
{
    return callback(user_data);
}

static void
on_connect_done(CURL *easy, CURLcode result, gpointer user_data)
{
    spoc_connect_done(user_data, result);
}

/* OpenSSL writes to sockets with write(2): a server that hangs up would end the process. */
static void
ignore_broken_pipes(void)
{
    struct sigaction action;
    if (sigaction(SIGPIPE, NULL, &action) == 0 && action.sa_handler == SIG_DFL) {
        action.sa_handler = SIG_IGN;
        sigaction(SIGPIPE, &action, NULL);
    }
}

static gboolean
check_choice(const SpocDeliverySettings *settings, SpocServerChoice choice, GError **error)
{
    if (choice == SPOC_SERVER_PRIMARY && settings->servers[0].host == NULL) {
        g_set_error(error, SPOC_ERROR, SPOC_ERROR_INVALID, "mailserver is not set");
        return FALSE;
    }
    if (choice == SPOC_SERVER_BACKUP && settings->backup_left_out) {
        g_set_error(error, SPOC_ERROR, SPOC_ERROR_INVALID,
                    "mailserverbackup is not used, because it must not have the token; set "
                    "mailOAuthBackup = true if it belongs to the same provider");
        return FALSE;
    }
    if (choice == SPOC_SERVER_BACKUP && settings->servers[1].host == NULL) {
        g_set_error(error, SPOC_ERROR, SPOC_ERROR_INVALID, "mailserverbackup is not set");
        return FALSE;
    }
    return TRUE;
}

static SpocDelivery *
new_with_settings(SpocDeliverySettings *settings, SpocServerChoice choice,
                  SpocDeliveryWarnFunc warn, gpointer user_data, GError **error)
{
    static GSourceFuncs schedule_functions = {.dispatch = dispatch_schedule};
    if (!check_choice(settings, choice, error))
        return NULL;
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        g_set_error(error, SPOC_ERROR, SPOC_ERROR_FAILED, "libcurl cannot be initialised");
        return NULL;
    }
    /* Without it a slow name server would stop everything. */
    if ((curl_version_info(CURLVERSION_NOW)->features & CURL_VERSION_ASYNCHDNS) == 0) {
        g_set_error(error, SPOC_ERROR, SPOC_ERROR_FAILED,
                    "this libcurl looks names up synchronously; one with AsynchDNS is needed");
        return NULL;
    }
    ignore_broken_pipes();
    GMainContext *context = g_main_context_ref_thread_default();
    SpocCurlMulti *curl_multi = spoc_curl_multi_new(context, on_connect_done);
    if (curl_multi == NULL) {
        g_set_error(error, SPOC_ERROR, SPOC_ERROR_FAILED, "libcurl has no memory");
        g_main_context_unref(context);
        return NULL;
    }
    SpocDelivery *delivery = g_new0(SpocDelivery, 1);
    delivery->context = context;
    delivery->curl_multi = curl_multi;
    delivery->choice = choice;
    delivery->warn = warn;
    delivery->user_data = user_data;
    delivery->settings = spoc_settings_ref(settings);
    delivery->retired = g_ptr_array_new_with_free_func((GDestroyNotify)spoc_server_free);
    delivery->requests = g_hash_table_new_full(g_direct_hash, g_direct_equal,
                                               (GDestroyNotify)spoc_delivery_request_free, NULL);
    delivery->schedule = g_source_new(&schedule_functions, sizeof(GSource));
    g_source_set_callback(delivery->schedule, on_schedule, delivery, NULL);
    g_source_attach(delivery->schedule, context);
    make_servers(delivery);
    return delivery;
}

SpocDelivery *
spoc_delivery_new(SpocConfig *config, SpocTls *tls, const SpocTokens *tokens,
                  SpocServerChoice choice, SpocDeliveryWarnFunc warn, gpointer user_data,
                  GError **error)
{
    g_autoptr(SpocDeliverySettings) settings = spoc_settings_new(config, tls, tokens, error);
    if (settings == NULL)
        return NULL;
    return new_with_settings(settings, choice, warn, user_data, error);
}

void
spoc_delivery_set_counts(SpocDelivery *delivery, const SpocDeliveryCounts *counts)
{
    delivery->counts = counts;
    for (guint i = 0; i < SPOC_ROUTE_SERVERS; i++)
        read_count(delivery, i);
}

static void
free_delivery(SpocDelivery *delivery)
{
    g_source_destroy(delivery->schedule);
    g_source_unref(delivery->schedule);
    for (guint i = 0; i < SPOC_ROUTE_SERVERS; i++)
        spoc_server_keep_count(delivery->servers[i]);
    for (guint i = 0; i < SPOC_ROUTE_SERVERS; i++)
        spoc_server_free(delivery->servers[i]);
    for (guint i = 0; i < SPOC_ROUTE_SERVERS; i++)
        g_free(delivery->day_names[i]);
    g_ptr_array_unref(delivery->retired);
    g_queue_clear(&delivery->incoming);
    g_hash_table_unref(delivery->requests);
    spoc_curl_multi_free(delivery->curl_multi);
    spoc_settings_unref(delivery->settings);
    g_main_context_unref(delivery->context);
    g_free(delivery);
}

void
spoc_delivery_free(SpocDelivery *delivery)
{
    if (delivery == NULL)
        return;
    delivery->free_wanted = TRUE;
    if (!delivery->inside)
        free_delivery(delivery);
}

static void
configure_with_settings(SpocDelivery *delivery, SpocDeliverySettings *settings)
{
    spoc_settings_ref(settings);
    spoc_settings_unref(delivery->settings);
    delivery->settings = settings;
    GQueue *requests[SPOC_ROUTE_SERVERS];
    for (guint i = 0; i < SPOC_ROUTE_SERVERS; i++) {
        requests[i] = spoc_server_retire(delivery->servers[i]);
        g_ptr_array_add(delivery->retired, delivery->servers[i]);
    }
    make_servers(delivery);
    for (guint i = 0; i < SPOC_ROUTE_SERVERS; i++) {
        SpocDeliveryRequest *request;
        while ((request = g_queue_pop_head(requests[i])) != NULL)
            g_queue_push_tail(&delivery->incoming, request);
        g_queue_free(requests[i]);
    }
    schedule_soon(delivery);
}

void
spoc_delivery_configure(SpocDelivery *delivery, SpocConfig *config, SpocTls *tls,
                        const SpocTokens *tokens)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(SpocDeliverySettings) settings = spoc_settings_new(config, tls, tokens, &error);
    if (settings == NULL) {
        /* Mail must not go by rules that no longer hold; what is under way ends as it began. */
        on_warning(error->message, delivery);
        return;
    }
    configure_with_settings(delivery, settings);
}

void
spoc_delivery_submit(SpocDelivery *delivery, SpocDeliveryRequest *request)
{
    g_hash_table_add(delivery->requests, request);
    g_queue_push_tail(&delivery->incoming, request);
    schedule_soon(delivery);
}

void
spoc_delivery_try_now(SpocDelivery *delivery)
{
    for (guint i = 0; i < SPOC_ROUTE_SERVERS; i++)
        spoc_server_try_now(delivery->servers[i]);
}

guint
spoc_delivery_wanted(const SpocDelivery *delivery)
{
    return delivery->settings->max_connections * REQUESTS_PER_CONNECTION;
}

void
spoc_delivery_quit_idle(SpocDelivery *delivery)
{
    for (guint i = 0; i < SPOC_ROUTE_SERVERS; i++)
        spoc_server_quit_idle(delivery->servers[i]);
}

gboolean
spoc_delivery_report(const SpocDelivery *delivery, guint index, SpocServerReport *ret_report)
{
    if (delivery->settings->servers[index].host == NULL)
        return FALSE;
    const SpocServer *server = delivery->servers[index];
    *ret_report = (SpocServerReport){
        .name = delivery->settings->servers[index].name,
        .works = spoc_server_has_worked(server) && spoc_server_last_words(server) == NULL,
        .words = spoc_server_last_words(server),
    };
    return TRUE;
}
