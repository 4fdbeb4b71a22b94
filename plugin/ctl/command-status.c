/* SPDX-License-Identifier: Apache-2.0 */
/* spocctl status: how things are, for people and for monitoring */
#include "base/error.h"
#include "config/config.h"
#include "config/cupsd-conf.h"
#include "control/client.h"
#include "control/protocol.h"
#include "ctl/commands.h"
#include "ctl/ctl.h"
#include "ctl/find-queue.h"
#include "ctl/json.h"
#include "ctl/look.h"
#include "ctl/token-status.h"
#include "queue/list.h"

#include <sys/stat.h>

typedef struct {
    gboolean running;
    gint64 pid;
    char *version;
    gboolean on_request; /* startDaemon lets the clients start it */
    guint counts[SPOC_STATE_FOLDERS];
    guint journals;           /* with events that are no messages yet */
    GPtrArray *subscriptions; /* (nullable): of CUPS; NULL when it cannot be asked */
    gint64 subscriptions_max; /* 0: no limit */
    char *reason;             /* (nullable): of the message that was tried last */
    gint64 reason_unix_s;
    SpocTokenOverview token;
    GPtrArray *findings; /* of SpocFinding: about mail under way */
} Overview;

static void
clear_overview(Overview *overview)
{
    g_free(overview->version);
    g_free(overview->reason);
    spoc_token_overview_clear(&overview->token);
    g_clear_pointer(&overview->subscriptions, g_ptr_array_unref);
    g_ptr_array_unref(overview->findings);
}

/* What spocd says of itself. FALSE when it does not answer as it should. */
static gboolean
ask_daemon(SpocControlClient *client, Overview *overview, GError **error)
{
    g_autoptr(GPtrArray) lines = spoc_control_client_ask(client, SPOC_REQUEST_STATUS, NULL, error);
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

static void
count(Overview *overview, const GPtrArray *list)
{
    for (guint i = 0; i < list->len; i++) {
        const SpocQueueListItem *listed = g_ptr_array_index(list, i);
        const SpocEnvelope *envelope = listed->envelope;
        if (g_strcmp0(envelope->kind, SPOC_QUEUE_LIST_KIND_EVENTS) == 0) {
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

/* Until when the login at the mail server is good */
static void
print_token(const SpocTokenOverview *token)
{
    if (g_strcmp0(token->source, "none") == 0 || token->source == NULL)
        return;
    g_autofree char *ends = spoc_ctl_time(token->token_expires_unix_s);
    if (token->token_expires_unix_s > 0)
        (void)spoc_ctl_put("The token for the mail server (%s) expires at %s\n", token->source,
                           ends);
    else
        (void)spoc_ctl_put("There is no token for the mail server (%s) now\n", token->source);
    if (token->last_error != NULL) {
        g_autofree char *shown = spoc_ctl_shown(token->last_error);
        (void)spoc_ctl_put("Last error with tokens: %s\n", shown);
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
    for (guint state = 0; state < SPOC_STATE_FOLDERS; state++)
        (void)spoc_ctl_put("%-8s %u\n", spoc_message_state_name((SpocState)state),
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
    print_token(&overview->token);
    if (overview->reason != NULL) {
        g_autofree char *when = spoc_ctl_time(overview->reason_unix_s);
        g_autofree char *shown = spoc_ctl_shown(overview->reason);
        (void)spoc_ctl_put("Last reason to wait, at %s: %s\n", when, shown);
    }
}

/* The severest last of all: settings that are only not the best are for `spocctl check`. */
static JsonArray *
findings_json(const SpocLook *look, const Overview *overview)
{
    JsonArray *all = spoc_findings_json(look->here, SPOC_LOG_ERROR);
    JsonArray *others[] = {spoc_findings_json(overview->findings, SPOC_LOG_WARNING),
                           spoc_findings_json(look->cups, SPOC_LOG_WARNING)};
    for (guint i = 0; i < G_N_ELEMENTS(others); i++) {
        for (guint j = 0; j < json_array_get_length(others[i]); j++)
            json_array_add_element(all, json_array_dup_element(others[i], j));
        json_array_unref(others[i]);
    }
    return all;
}

static void
print_json(const SpocLook *look, const Overview *overview)
{
    const SpocFinding *blocker = spoc_findings_blocker(look->here);
    JsonObject *object = json_object_new();
    json_object_set_boolean_member(object, "running", overview->running);
    json_object_set_int_member(object, "pid", overview->pid);
    spoc_json_set_text(object, "version", overview->version);
    for (guint state = 0; state < SPOC_STATE_FOLDERS; state++)
        json_object_set_int_member(object, spoc_message_state_name((SpocState)state),
                                   overview->counts[state]);
    json_object_set_int_member(object, "event_journals", overview->journals);
    if (overview->subscriptions != NULL)
        json_object_set_int_member(object, "subscriptions", overview->subscriptions->len);
    json_object_set_int_member(object, "subscriptions_max", overview->subscriptions_max);
    spoc_json_set_text(object, "blocked_because", blocker != NULL ? blocker->what : NULL);
    spoc_json_set_text(object, "last_reason", overview->reason);
    json_object_set_int_member(object, "last_reason_unix_s", overview->reason_unix_s);
    json_object_set_int_member(object, "token_expires_unix_s",
                               overview->token.token_expires_unix_s);
    json_object_set_array_member(object, "problems", findings_json(look, overview));
    g_autofree char *text = spoc_json_text(spoc_json_object_node(object));
    (void)spoc_ctl_put("%s", text);
}

/* (nullable): NULL: nobody listens, or whoever does has no answer */
static SpocControlClient *
find_daemon(SpocSpool *spool, Overview *overview)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(SpocControlClient) client = spoc_control_client_new(spool, &error);
    if (client != NULL && ask_daemon(client, overview, &error)) {
        overview->running = TRUE;
        return g_steal_pointer(&client);
    }
    if (!g_error_matches(error, SPOC_ERROR, SPOC_ERROR_UNAVAILABLE))
        spoc_finding_set_remedy(
            spoc_findings_add(overview->findings, SPOC_LOG_ERROR, NULL, "%s", error->message),
            "restart it: systemctl restart spocd, or end its process where CUPS started it");
    return NULL;
}

/* What is in the spool, as far as it can be opened; why it cannot is among what is known. */
static gboolean
look_into_spool(const SpocPlaces *places, const SpocLook *look, Overview *overview, GError **error)
{
    overview->on_request =
        spoc_config_choice(look->config, SPOC_OPTION_START_DAEMON) != SPOC_START_NEVER;
    struct stat info;
    if (lstat(places->spool_dir, &info) != 0)
        return TRUE; /* a look makes none */
    g_autoptr(GError) problem = NULL;
    g_autoptr(SpocSpool) spool = spoc_ctl_open_spool(places, &problem);
    if (spool == NULL) {
        if (spoc_findings_count(look->here, SPOC_LOG_ERROR) == 0)
            spoc_findings_add(overview->findings, SPOC_LOG_ERROR, places->spool_dir, "%s",
                              problem->message);
        return TRUE;
    }
    g_autoptr(SpocControlClient) client = find_daemon(spool, overview);
    if (!spoc_token_overview_read(places, look->config, &overview->token, error))
        return FALSE;
    g_autoptr(GPtrArray) list = spoc_queue_list(spool, client, spoc_ctl_warn_entry, NULL, error);
    if (list == NULL)
        return FALSE;
    count(overview, list);
    spoc_find_messages(overview->findings, list);
    if (client == NULL)
        spoc_find_asleep(overview->findings, places, look->config, list);
    spoc_find_servers(overview->findings, spool, look->config);
    return TRUE;
}

static void
look_at_subscriptions(const SpocPlaces *places, SpocLook *look, Overview *overview)
{
    overview->subscriptions = spoc_look_at_cups(look, places);
    overview->subscriptions_max = spoc_cupsd_conf_read(places).total;
}

static int
show(const SpocPlaces *places, SpocLook *look, gboolean json, Overview *overview)
{
    g_autoptr(GError) error = NULL;
    if (!json)
        spoc_findings_print(look->here, SPOC_LOG_ERROR);
    if (!look_into_spool(places, look, overview, &error))
        return spoc_ctl_fail("%s", error->message);
    if (!json)
        spoc_findings_print(overview->findings, SPOC_LOG_WARNING);
    look_at_subscriptions(places, look, overview);
    if (json)
        print_json(look, overview);
    else
        spoc_findings_print(look->cups, SPOC_LOG_WARNING);
    if (!json)
        print_text(overview);
    guint errors = spoc_findings_count(look->here, SPOC_LOG_ERROR) +
                   spoc_findings_count(overview->findings, SPOC_LOG_ERROR) +
                   spoc_findings_count(look->cups, SPOC_LOG_ERROR);
    return errors == 0 ? SPOC_CTL_GOOD : SPOC_CTL_PROBLEM;
}

static int
run_status(int argc, char **argv, const SpocPlaces *places)
{
    gboolean json = FALSE;
    const GOptionEntry entries[] = {
        {"json", 0, 0, G_OPTION_ARG_NONE, &json, "Write JSON", NULL},
        {NULL},
    };
    if (!spoc_ctl_parse(entries, "",
                        "Shows what keeps mail from going out, whether spocd runs, and what waits\n"
                        "and why. The exit status is 1 when mail does not go out, or a message is\n"
                        "held or has failed.",
                        &argc, &argv))
        return SPOC_CTL_USAGE;
    if (argc != 1)
        return spoc_ctl_usage("'status' takes no argument");
    g_autoptr(GError) error = NULL;
    g_autoptr(SpocLook) look = spoc_look_new(places, &error);
    if (look == NULL)
        return spoc_ctl_fail("%s", error->message);
    Overview overview = {.findings = spoc_findings_new()};
    int status = show(places, look, json, &overview);
    clear_overview(&overview);
    return status;
}

const SpocCommand spoc_command_status = {
    .name = "status",
    .run = run_status,
    .help = "show in short how things are",
};
