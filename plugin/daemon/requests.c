/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/requests.h"

#include "base/error.h"
#include "base/text.h"
#include "build-config.h"
#include "daemon/scan-answer.h"
#include "daemon/waits.h"
#include "spool/listing.h"
#include "spool/steer.h"

#include <string.h>
#include <unistd.h>

#define REASON_MAX_BYTES 900

struct _SpocRequests {
    SpocDaemon *daemon;
    GPtrArray *settlers; /* clients that asked to be told; borrowed */
};

SpocRequests *
spoc_requests_new(SpocDaemon *daemon)
{
    SpocRequests *requests = g_new0(SpocRequests, 1);
    requests->daemon = daemon;
    requests->settlers = g_ptr_array_new();
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
    g_autofree char *line = spoc_listing_line(envelope, SPOC_STATE_SENDING);
    spoc_control_reply(client, line);
}

static void
reply_reason(const char *name, const char *reason, gpointer client)
{
    g_autofree char *text = spoc_text_line(reason, -1, REASON_MAX_BYTES);
    g_autofree char *line = g_strdup_printf("%s %s", name, text);
    spoc_control_reply(client, line);
}

static void
add_integer(JsonBuilder *builder, const char *name, gint64 value)
{
    json_builder_set_member_name(builder, name);
    json_builder_add_int_value(builder, value);
}

static void
reply_status(SpocRequests *requests, SpocControlClient *client)
{
    SpocOutbox *outbox = spoc_daemon_outbox(requests->daemon);
    const SpocSetup *setup = spoc_daemon_setup(requests->daemon);
    g_autoptr(JsonBuilder) builder = json_builder_new();
    json_builder_begin_object(builder);
    add_integer(builder, "pid", getpid());
    json_builder_set_member_name(builder, "version");
    json_builder_add_string_value(builder, SPOC_VERSION);
    add_integer(builder, "sending", spoc_outbox_flying(outbox));
    add_integer(builder, "waiting", spoc_outbox_waiting(outbox));
    add_integer(builder, "next_attempt_unix_s", spoc_outbox_next_due_unix_s(outbox));
    json_builder_set_member_name(builder, "configuration_problem");
    if (setup->blocker != NULL)
        json_builder_add_string_value(builder, setup->blocker);
    else
        json_builder_add_null_value(builder);
    json_builder_end_object(builder);
    g_autoptr(JsonNode) root = json_builder_get_root(builder);
    g_autofree char *line = json_to_string(root, FALSE);
    spoc_control_reply(client, line);
    spoc_control_reply(client, "ok");
}

static void
reply_waits(SpocRequests *requests, SpocControlClient *client)
{
    g_autofree char *text = spoc_waits_text(spoc_daemon_journals(requests->daemon));
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line != NULL; line++)
        if (**line != '\0')
            spoc_control_reply(client, *line);
    spoc_control_reply(client, "ok");
}

typedef gboolean (*SteerFunc)(SpocSpool *spool, const char *id, gint64 now_unix_s, GError **error);

static const struct {
    const char *verb;
    SteerFunc steer;
} steerings[] = {
    {"retry", spoc_steer_retry},
    {"hold", spoc_steer_hold},
    {"release", spoc_steer_release},
    {"delete", spoc_steer_delete},
};

static void
steer(SpocRequests *requests, SpocControlClient *client, SteerFunc function, const char *id)
{
    SpocOutbox *outbox = spoc_daemon_outbox(requests->daemon);
    g_autoptr(GError) error = NULL;
    if (function == spoc_steer_retry || function == spoc_steer_release)
        spoc_daemon_check_config(requests->daemon); /* who retries has mended something */
    gint64 now = g_get_real_time() / G_USEC_PER_SEC;
    if (!spoc_spool_name_is_valid(id)) {
        spoc_control_reply(client, "error that is not the identifier of a message");
        return;
    }
    if (spoc_outbox_is_flying(outbox, id)) {
        /* A try is under way, so a retry is granted; the rest has to wait for its end. */
        spoc_control_reply(client, function == spoc_steer_retry
                                       ? "ok"
                                       : "error it is being sent at this moment; try again");
        return;
    }
    if (!function(spoc_daemon_spool(requests->daemon), id, now, &error) ||
        !spoc_outbox_relearn(outbox, id, &error)) {
        g_autofree char *line = g_strconcat("error ", error->message, NULL);
        spoc_control_reply(client, line);
        return;
    }
    if (function == spoc_steer_retry || function == spoc_steer_release)
        spoc_outbox_reopen(outbox);
    spoc_daemon_wake(requests->daemon);
    spoc_control_reply(client, "ok");
}

static void
forget_settler(gpointer data)
{
    gpointer *pair = data;
    g_ptr_array_remove_fast(pair[0], pair[1]);
    g_free(pair);
}

static void
add_settler(SpocRequests *requests, SpocControlClient *client)
{
    gpointer *pair = g_new(gpointer, 2);
    pair[0] = requests->settlers;
    pair[1] = client;
    g_ptr_array_add(requests->settlers, client);
    spoc_control_set_closed(client, forget_settler, pair);
    spoc_daemon_wake(requests->daemon);
}

void
spoc_requests_settled(SpocRequests *requests, int status)
{
    g_autofree char *line = g_strdup_printf("ok %d", status);
    for (guint i = 0; i < requests->settlers->len; i++)
        spoc_control_reply(g_ptr_array_index(requests->settlers, i), line);
    while (requests->settlers->len > 0) {
        SpocControlClient *client = g_ptr_array_index(requests->settlers, 0);
        spoc_control_set_closed(client, NULL, NULL);
        g_ptr_array_remove_index_fast(requests->settlers, 0);
    }
}

void
spoc_requests_handle(SpocControlClient *client, const char *line, gpointer user_data)
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
        spoc_outbox_each_flying(spoc_daemon_outbox(requests->daemon), reply_flying, client);
        spoc_control_reply(client, "ok");
        return;
    }
    if (strcmp(line, "waits") == 0) {
        reply_waits(requests, client);
        return;
    }
    if (strcmp(line, "settle") == 0) {
        spoc_daemon_check_config(requests->daemon); /* it is asked for what holds now */
        add_settler(requests, client);
        return;
    }
    if (strcmp(line, "scan-reasons") == 0) {
        spoc_scans_each_waiting(spoc_daemon_scans(requests->daemon), reply_reason, client);
        spoc_control_reply(client, "ok");
        return;
    }
    if (strcmp(line, "scan-limit") == 0) {
        spoc_daemon_check_config(requests->daemon); /* it is asked for what holds now */
        spoc_scan_answer_limit(client, spoc_daemon_setup(requests->daemon));
        return;
    }
    if (g_str_has_prefix(line, "scan ")) {
        /* Somebody waits, and may have changed something just for that. */
        spoc_daemon_check_config(requests->daemon);
        spoc_daemon_wake(requests->daemon);
        spoc_scans_offer(spoc_daemon_scans(requests->daemon), client, line + strlen("scan "));
        return;
    }
    if (g_str_has_prefix(line, "withdraw ")) {
        spoc_scans_withdraw(spoc_daemon_scans(requests->daemon), client,
                            line + strlen("withdraw "));
        return;
    }
    if (g_str_has_prefix(line, "kept ")) {
        spoc_scans_kept(spoc_daemon_scans(requests->daemon), client, line + strlen("kept "));
        return;
    }
    for (guint i = 0; i < G_N_ELEMENTS(steerings); i++) {
        gsize length = strlen(steerings[i].verb);
        if (strncmp(line, steerings[i].verb, length) == 0 && line[length] == ' ') {
            steer(requests, client, steerings[i].steer, line + length + 1);
            return;
        }
    }
    spoc_control_reply(client, "error unknown request");
}
