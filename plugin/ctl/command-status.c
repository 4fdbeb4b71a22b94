/* SPDX-License-Identifier: Apache-2.0 */
/* spocctl status: how things are, for people and for monitoring */
#include "base/error.h"
#include "config/config.h"
#include "ctl/client.h"
#include "ctl/crowding.h"
#include "ctl/ctl.h"
#include "ctl/gather.h"
#include "ctl/json.h"
#include "trust/tls.h"

typedef struct {
    gboolean running;
    gint64 pid;
    char *version;
    char *blocker;       /* (nullable): why no mail goes out */
    gboolean on_request; /* startDaemon lets the doors start it */
    guint counts[SPOC_STATE_COUNT];
    guint journals;           /* with events that are no messages yet */
    GPtrArray *subscriptions; /* (nullable): of CUPS; NULL when it cannot be asked */
    gint64 subscriptions_max; /* 0: no limit */
    char *reason;             /* (nullable): of the message that was tried last */
    gint64 reason_unix_s;
} Overview;

static void
clear_overview(Overview *overview)
{
    g_free(overview->version);
    g_free(overview->blocker);
    g_free(overview->reason);
    g_clear_pointer(&overview->subscriptions, g_ptr_array_unref);
}

static void
warn_entry(const char *text, gpointer user_data)
{
    spoc_ctl_warn("%s", text);
}

/* What spocd says of itself. FALSE when it does not answer as it should. */
static gboolean
ask_daemon(SpocClient *client, Overview *overview, GError **error)
{
    g_autoptr(GPtrArray) lines = spoc_client_ask(client, "status", error);
    if (lines == NULL)
        return FALSE;
    g_autoptr(JsonParser) parser = json_parser_new();
    if (lines->len != 1 ||
        !json_parser_load_from_data(parser, g_ptr_array_index(lines, 0), -1, NULL) ||
        json_parser_get_root(parser) == NULL ||
        !JSON_NODE_HOLDS_OBJECT(json_parser_get_root(parser))) {
        g_set_error_literal(error, SPOC_ERROR, SPOC_ERROR_CORRUPT,
                            "spocd's answer cannot be understood; is it of another version?");
        return FALSE;
    }
    JsonObject *object = json_node_get_object(json_parser_get_root(parser));
    overview->pid = json_object_get_int_member_with_default(object, "pid", 0);
    overview->version =
        g_strdup(json_object_get_string_member_with_default(object, "version", NULL));
    return TRUE;
}

/* What keeps mail from going out, as a spocd that started now would find it. */
static char *
find_blocker(const SpocConfig *config)
{
    const SpocConfigProblem *blocker = spoc_config_blocker(config);
    if (blocker != NULL)
        return g_strdup(blocker->message);
    g_autoptr(GError) error = NULL;
    g_autoptr(SpocTls) tls = spoc_tls_new(config, NULL, &error);
    return tls == NULL ? g_strdup(error->message) : NULL;
}

static void
count(Overview *overview, const GPtrArray *list)
{
    for (guint i = 0; i < list->len; i++) {
        const SpocListed *listed = g_ptr_array_index(list, i);
        const SpocEnvelope *envelope = listed->envelope;
        if (g_strcmp0(envelope->kind, SPOC_LISTING_KIND_EVENTS) == 0) {
            overview->journals++;
            continue;
        }
        overview->counts[listed->state]++;
        if (envelope->reason == NULL || listed->state == SPOC_STATE_FAILED)
            continue;
        gint64 when = envelope->created_unix_s;
        if (envelope->history->len > 0) {
            const SpocAttempt *last =
                g_ptr_array_index(envelope->history, envelope->history->len - 1);
            when = last->when_unix_s;
        }
        if (overview->reason == NULL || when > overview->reason_unix_s) {
            g_free(overview->reason);
            overview->reason = g_strdup(envelope->reason);
            overview->reason_unix_s = when;
        }
    }
}

static void
print_text(const Overview *overview)
{
    if (overview->running)
        (void)spoc_ctl_put("spocd runs (process %" G_GINT64_FORMAT ", version %s)\n", overview->pid,
                           overview->version != NULL ? overview->version : "unknown");
    else
        (void)spoc_ctl_put("spocd does not run; %s\n",
                           overview->on_request
                               ? "it is started when there is something to do"
                               : "startDaemon is never, so its service has to be started");
    for (guint state = 0; state < SPOC_STATE_COUNT; state++)
        (void)spoc_ctl_put("%-8s %u\n", spoc_message_state_name((SpocMessageState)state),
                           overview->counts[state]);
    if (overview->journals > 0)
        (void)spoc_ctl_put("%-8s %u %s with events that are not yet composed\n", "events",
                           overview->journals, overview->journals == 1 ? "journal" : "journals");
    if (overview->subscriptions != NULL) {
        g_autofree char *limit =
            overview->subscriptions_max > 0
                ? g_strdup_printf("of at most %" G_GINT64_FORMAT, overview->subscriptions_max)
                : g_strdup("without a limit");
        (void)spoc_ctl_put("CUPS has %u subscriptions %s\n", overview->subscriptions->len, limit);
    }
    if (overview->blocker != NULL) {
        g_autofree char *shown = spoc_ctl_shown(overview->blocker);
        (void)spoc_ctl_put("No mail goes out: %s\n", shown);
    }
    if (overview->reason != NULL) {
        g_autofree char *when = spoc_ctl_time(overview->reason_unix_s);
        g_autofree char *shown = spoc_ctl_shown(overview->reason);
        (void)spoc_ctl_put("Last reason to wait, at %s: %s\n", when, shown);
    }
}

static void
print_json(const Overview *overview)
{
    JsonObject *object = json_object_new();
    json_object_set_boolean_member(object, "running", overview->running);
    json_object_set_int_member(object, "pid", overview->pid);
    spoc_json_set_text(object, "version", overview->version);
    for (guint state = 0; state < SPOC_STATE_COUNT; state++)
        json_object_set_int_member(object, spoc_message_state_name((SpocMessageState)state),
                                   overview->counts[state]);
    json_object_set_int_member(object, "event_journals", overview->journals);
    if (overview->subscriptions != NULL)
        json_object_set_int_member(object, "subscriptions", overview->subscriptions->len);
    json_object_set_int_member(object, "subscriptions_max", overview->subscriptions_max);
    spoc_json_set_text(object, "blocked_because", overview->blocker);
    spoc_json_set_text(object, "last_reason", overview->reason);
    json_object_set_int_member(object, "last_reason_unix_s", overview->reason_unix_s);
    g_autofree char *text = spoc_json_text(spoc_json_object_node(object));
    (void)spoc_ctl_put("%s", text);
}

/* Before anything else, as whoever runs this. */
static void
look_at_subscriptions(const SpocPlaces *places, Overview *overview)
{
    g_autoptr(GError) error = NULL;
    SpocCupsdLimits limits = spoc_cupsd_conf_read(places);
    overview->subscriptions_max = limits.total;
    overview->subscriptions = spoc_subscription_list_local(&error);
    if (overview->subscriptions == NULL)
        return;
    g_autoptr(GPtrArray) found =
        spoc_crowding_find(&limits, spoc_crowding_tasks_max(), overview->subscriptions,
                           spoc_crowding_serves_mailto(places));
    for (guint i = 0; i < found->len; i++)
        spoc_ctl_warn("%s", (const char *)g_ptr_array_index(found, i));
}

static gboolean
collect(const SpocPlaces *places, Overview *overview, GError **error)
{
    g_autoptr(SpocSpool) spool = spoc_ctl_open_spool(places, error);
    if (spool == NULL)
        return FALSE;
    g_autoptr(GError) problem = NULL;
    g_autoptr(SpocClient) client = spoc_client_new(spool, &problem);
    if (client != NULL && !ask_daemon(client, overview, error))
        return FALSE;
    if (client == NULL && !g_error_matches(problem, SPOC_ERROR, SPOC_ERROR_UNAVAILABLE)) {
        g_propagate_error(error, g_steal_pointer(&problem));
        return FALSE;
    }
    overview->running = client != NULL;
    g_autoptr(GPtrArray) list = spoc_gather(spool, client, warn_entry, NULL, error);
    if (list == NULL)
        return FALSE;
    count(overview, list);
    g_autoptr(SpocConfig) config = spoc_config_load(places);
    overview->blocker = find_blocker(config);
    overview->on_request = spoc_config_choice(config, SPOC_OPTION_START_DAEMON) != SPOC_START_NEVER;
    return TRUE;
}

int
spoc_ctl_status(int argc, char **argv, const SpocPlaces *places)
{
    gboolean json = FALSE;
    const GOptionEntry entries[] = {
        {"json", 0, 0, G_OPTION_ARG_NONE, &json, "Write JSON", NULL},
        {NULL},
    };
    if (!spoc_ctl_parse(entries, "",
                        "Shows in short whether spocd runs, what waits and why. The exit status\n"
                        "is 1 when no mail goes out or a message is held.",
                        &argc, &argv))
        return SPOC_CTL_USAGE;
    if (argc != 1)
        return spoc_ctl_usage("'status' takes no argument");
    g_autoptr(GError) error = NULL;
    Overview overview = {0};
    look_at_subscriptions(places, &overview);
    if (!collect(places, &overview, &error)) {
        clear_overview(&overview);
        return spoc_ctl_fail("%s", error->message);
    }
    if (json)
        print_json(&overview);
    else
        print_text(&overview);
    gboolean well = overview.blocker == NULL && overview.counts[SPOC_STATE_HELD] == 0;
    clear_overview(&overview);
    return well ? SPOC_CTL_GOOD : SPOC_CTL_PROBLEM;
}
