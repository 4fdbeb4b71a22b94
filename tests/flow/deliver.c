/* SPDX-License-Identifier: Apache-2.0 */
/* Also tests: attachment.c connection.c delivery.c connect.c curl-multi.c mail.c server.c
 * Also tests: handshake.c io-watch.c
 */
/*
 * PURPOSE  Sends messages through the delivery layer with a configuration, and says what
 *          became of each: what the dialogue tests run.
 *
 *   deliver --root DIR --from SENDER --to A [--to B] [--count N] [--gap MS] [--at-once N]
 *           [--server primary|backup] [--drops N --dropped-by primary|backup]
 *           [--large-first BYTES] [--token T [--token T2 …]] [--token-denied WORDS]
 *           [--token-away WORDS] [--quiet] FILE
 *
 * --drops: the messages were lost so often behind the final dot, as an envelope remembers.
 * --large-first: the first message is made so much larger.
 * --token: the source of tokens has it; the next when the server refuses one; none behind the
 *   last. --token-denied, --token-away: it has none.
 * DIR/spoc/spoc.conf is the configuration. Each line of the output is a JSON object:
 * {"trace": …}, {"warning": …}, {"outcome": …}, and at the end {"end": …} with the
 * descriptors that were open before and afterwards. Exit 0 when every message had an outcome.
 * With --quiet only that last line is written.
 */
#include "base/error.h"
#include "config/config.h"
#include "config/load.h"
#include "delivery/delivery.h"

#include <json-glib/json-glib.h>
#include <stdio.h>
#include <string.h>

#define LONGEST_RUN_S 120

typedef struct {
    char *root;
    char *sender;
    char **recipients;
    int count;
    int gap_ms;
    int at_once;
    gboolean quiet;
    char *server;
    int drops;
    char *dropped_by;
    int large_first_bytes;
    char *dropper; /* "host:port" */
    GBytes *content;
    GBytes *large; /* (nullable): the first message's */

    GMainLoop *loop;
    SpocDelivery *delivery;
    int submitted;
    int finished;

    char **tokens; /* (nullable) */
    char *token_denied;
    char *token_away;
    guint token_index;
} Driver;

typedef struct {
    Driver *driver;
    char *id;
} Message;

static void
print_line(JsonBuilder *builder)
{
    json_builder_end_object(builder);
    g_autoptr(JsonNode) root = json_builder_get_root(builder);
    g_autofree char *line = json_to_string(root, FALSE);
    puts(line); /* g_print() would change the encoding */
}

static JsonBuilder *
start_line(const char *kind, const char *text)
{
    JsonBuilder *builder = json_builder_new();
    json_builder_begin_object(builder);
    json_builder_set_member_name(builder, kind);
    json_builder_add_string_value(builder, text);
    return builder;
}

static void
add_string(JsonBuilder *builder, const char *name, const char *text)
{
    json_builder_set_member_name(builder, name);
    if (text != NULL)
        json_builder_add_string_value(builder, text);
    else
        json_builder_add_null_value(builder);
}

static void
add_boolean(JsonBuilder *builder, const char *name, gboolean value)
{
    json_builder_set_member_name(builder, name);
    json_builder_add_boolean_value(builder, value);
}

static void
add_integer(JsonBuilder *builder, const char *name, gint64 value)
{
    json_builder_set_member_name(builder, name);
    json_builder_add_int_value(builder, value);
}

static void
on_warning(const char *text, gpointer user_data)
{
    g_autoptr(JsonBuilder) builder = start_line("warning", text);
    print_line(builder);
}

static void
on_trace(SpocStage stage, gboolean good, const char *server, const char *text, gpointer user_data)
{
    const Message *message = user_data;
    g_autoptr(JsonBuilder) builder = start_line("trace", text);
    add_string(builder, "id", message->id);
    add_string(builder, "stage", spoc_stage_name(stage));
    add_string(builder, "server", server);
    add_boolean(builder, "good", good);
    print_line(builder);
}

static void submit(Driver *driver);

static gboolean
submit_after_gap(gpointer user_data)
{
    submit(user_data);
    return G_SOURCE_REMOVE;
}

static void
print_outcome(const Message *message, const SpocDeliveryRequest *request)
{
    static const char *const results[] = {
        [SPOC_STATE_WAITING] = "later",
        [SPOC_STATE_HELD] = "hold",
        [SPOC_STATE_FAILED] = "return",
        [SPOC_STATE_DONE] = "delivered",
    };
    g_autoptr(JsonBuilder) builder = start_line("outcome", message->id);
    json_builder_set_member_name(builder, "recipients");
    json_builder_begin_array(builder);
    for (guint i = 0; i < request->recipients->len; i++) {
        const SpocRequestRecipient *recipient = g_ptr_array_index(request->recipients, i);
        json_builder_begin_object(builder);
        add_string(builder, "address", recipient->address);
        add_string(builder, "result", results[recipient->state]);
        add_string(builder, "reply", recipient->reply);
        json_builder_end_object(builder);
    }
    json_builder_end_array(builder);
    add_string(builder, "reason", request->reason);
    add_string(builder, "server", request->server);
    add_string(builder, "queue_reply", request->queue_reply);
    add_boolean(builder, "possible_duplicate", request->possible_duplicate);
    add_integer(builder, "drops", request->drops);
    add_string(builder, "dropped_by", request->dropped_by);
    add_boolean(builder, "attempted", request->attempted);
    add_integer(builder, "earliest_unix_s", request->earliest_unix_s);
    print_line(builder);
}

static void
on_finished(SpocDeliveryRequest *finished, gpointer user_data)
{
    g_autoptr(SpocDeliveryRequest) request = finished;
    g_autofree Message *message = user_data;
    Driver *driver = message->driver;
    if (!driver->quiet)
        print_outcome(message, request);
    g_free(message->id);

    if (++driver->finished == driver->count)
        g_main_loop_quit(driver->loop);
    else if (driver->submitted < driver->count && driver->gap_ms > 0)
        g_timeout_add((guint)driver->gap_ms, submit_after_gap, driver);
    else
        submit(driver);
}

static void
submit(Driver *driver)
{
    while (driver->submitted < driver->count &&
           driver->submitted - driver->finished < driver->at_once) {
        Message *message = g_new0(Message, 1);
        message->driver = driver;
        message->id = g_strdup_printf("%d", ++driver->submitted);
        gboolean large = driver->submitted == 1 && driver->large != NULL;
        g_autoptr(SpocContent) content =
            spoc_content_new_bytes(large ? driver->large : driver->content);
        SpocDeliveryRequest *request =
            spoc_delivery_request_new(message->id, driver->sender, content, on_finished, message);
        for (guint i = 0; driver->recipients[i] != NULL; i++)
            spoc_delivery_request_add_recipient(request, driver->recipients[i]);
        spoc_delivery_request_set_drops(request, (guint)driver->drops, driver->dropper);
        if (!driver->quiet)
            request->trace = on_trace;
        spoc_delivery_submit(driver->delivery, request);
    }
}

static gboolean
on_stuck(gpointer user_data)
{
    Driver *driver = user_data;
    g_main_loop_quit(driver->loop);
    return G_SOURCE_REMOVE;
}

static int
count_descriptors(void)
{
    g_autoptr(GDir) folder = g_dir_open("/proc/self/fd", 0, NULL);
    int count = 0;
    while (folder != NULL && g_dir_read_name(folder) != NULL)
        count++;
    return count;
}

static GBytes *
enlarge(GBytes *content, gsize more)
{
    static const char line[] = "Only there to be large.\r\n";
    gsize size = 0;
    const guint8 *bytes = g_bytes_get_data(content, &size);
    GByteArray *all = g_byte_array_new();
    g_byte_array_append(all, bytes, (guint)size);
    for (gsize done = 0; done < more; done += sizeof line - 1)
        g_byte_array_append(all, (const guint8 *)line, sizeof line - 1);
    return g_byte_array_free_to_bytes(all);
}

static gboolean
parse(Driver *driver, int argc, char **argv, GError **error)
{
    g_auto(GStrv) files = NULL;
    const GOptionEntry entries[] = {
        {"root", 0, 0, G_OPTION_ARG_FILENAME, &driver->root, NULL, NULL},
        {"from", 0, 0, G_OPTION_ARG_STRING, &driver->sender, NULL, NULL},
        {"to", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &driver->recipients, NULL, NULL},
        {"count", 0, 0, G_OPTION_ARG_INT, &driver->count, NULL, NULL},
        {"gap", 0, 0, G_OPTION_ARG_INT, &driver->gap_ms, NULL, NULL},
        {"at-once", 0, 0, G_OPTION_ARG_INT, &driver->at_once, NULL, NULL},
        {"drops", 0, 0, G_OPTION_ARG_INT, &driver->drops, NULL, NULL},
        {"dropped-by", 0, 0, G_OPTION_ARG_STRING, &driver->dropped_by, NULL, NULL},
        {"large-first", 0, 0, G_OPTION_ARG_INT, &driver->large_first_bytes, NULL, NULL},
        {"quiet", 0, 0, G_OPTION_ARG_NONE, &driver->quiet, NULL, NULL},
        {"server", 0, 0, G_OPTION_ARG_STRING, &driver->server, NULL, NULL},
        {"token", 0, 0, G_OPTION_ARG_STRING_ARRAY, &driver->tokens, NULL, NULL},
        {"token-denied", 0, 0, G_OPTION_ARG_STRING, &driver->token_denied, NULL, NULL},
        {"token-away", 0, 0, G_OPTION_ARG_STRING, &driver->token_away, NULL, NULL},
        {G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &files, NULL, NULL},
        G_OPTION_ENTRY_NULL,
    };
    g_autoptr(GOptionContext) context = g_option_context_new("FILE");
    g_option_context_add_main_entries(context, entries, NULL);
    if (!g_option_context_parse(context, &argc, &argv, error))
        return FALSE;
    if (driver->root == NULL || driver->sender == NULL || driver->recipients == NULL ||
        files == NULL || files[1] != NULL) {
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED,
                    "--root, --from, --to and one file are needed");
        return FALSE;
    }
    char *bytes = NULL;
    gsize size = 0;
    if (!g_file_get_contents(files[0], &bytes, &size, error))
        return FALSE;
    driver->content = g_bytes_new_take(bytes, size);
    if (driver->large_first_bytes > 0)
        driver->large = enlarge(driver->content, (gsize)driver->large_first_bytes);
    if (driver->gap_ms > 0)
        driver->at_once = 1;
    return TRUE;
}

/* The source of tokens */

typedef struct {
    Driver *driver;
    SpocTokenFunc func;
    gpointer user_data;
    guint source;
} TokenRequest;

static gboolean
answer_token(gpointer user_data)
{
    g_autofree TokenRequest *request = user_data;
    Driver *driver = request->driver;
    g_autoptr(GError) error = NULL;
    const char *token = NULL;
    if (driver->token_denied != NULL)
        g_set_error_literal(&error, SPOC_ERROR, SPOC_ERROR_DENIED, driver->token_denied);
    else if (driver->token_away != NULL)
        g_set_error_literal(&error, SPOC_ERROR, SPOC_ERROR_UNAVAILABLE, driver->token_away);
    else if ((token = driver->tokens[driver->token_index]) == NULL)
        g_set_error(&error, SPOC_ERROR, SPOC_ERROR_DENIED, "there is no other token");
    request->func(token, error, request->user_data);
    return G_SOURCE_REMOVE;
}

static gpointer
ask_token(gpointer source, const char *refused, SpocTokenFunc func, gpointer user_data)
{
    Driver *driver = source;
    TokenRequest *request = g_new0(TokenRequest, 1);
    *request = (TokenRequest){.driver = driver, .func = func, .user_data = user_data};
    if (refused != NULL && g_strcmp0(refused, driver->tokens[driver->token_index]) == 0)
        driver->token_index++;
    request->source = g_idle_add(answer_token, request);
    return request;
}

static void
cancel_token(gpointer source, gpointer handle)
{
    TokenRequest *request = handle;
    g_source_remove(request->source);
    g_free(request);
}

static char *
describe_token(gpointer source)
{
    const Driver *driver = source;
    return g_strdup_printf("token %u of the play", driver->token_index + 1);
}

static SpocDelivery *
make_delivery(Driver *driver, GError **error)
{
    g_auto(GStrv) environment = g_environ_setenv(NULL, "CUPS_SERVERROOT", driver->root, TRUE);
    environment = g_environ_setenv(environment, "CUPS_DATADIR", driver->root, TRUE);
    environment = g_environ_setenv(environment, "CUPS_CACHEDIR", driver->root, TRUE);
    environment = g_environ_setenv(environment, "CUPS_REQUESTROOT", driver->root, TRUE);
    g_autoptr(SpocPlaces) places = spoc_places_new(environment);
    g_autoptr(SpocConfig) config = spoc_config_load(places);
    const SpocConfigProblem *blocker = spoc_config_blocker(config);
    if (blocker != NULL)
        g_printerr("%s\n", blocker->message);
    g_autoptr(SpocTls) tls = spoc_tls_new(config, NULL, error);
    if (tls == NULL)
        return NULL;
    g_free(driver->dropper);
    driver->dropper = NULL;
    if (driver->dropped_by != NULL)
        driver->dropper = g_strdup(spoc_config_string(
            config, strcmp(driver->dropped_by, "backup") == 0 ? SPOC_OPTION_MAILSERVERBACKUP
                                                              : SPOC_OPTION_MAILSERVER));
    SpocServerChoice choice = SPOC_SERVER_ANY;
    if (g_strcmp0(driver->server, "primary") == 0)
        choice = SPOC_SERVER_PRIMARY;
    else if (g_strcmp0(driver->server, "backup") == 0)
        choice = SPOC_SERVER_BACKUP;
    static SpocTokens tokens = {ask_token, cancel_token, describe_token, NULL};
    tokens.source = driver;
    gboolean has_source =
        driver->tokens != NULL || driver->token_denied != NULL || driver->token_away != NULL;
    return spoc_delivery_new(config, tls, has_source ? &tokens : NULL, choice, on_warning, NULL,
                             error);
}

static void
print_end(const Driver *driver, int before, gint64 started_us)
{
    g_autoptr(JsonBuilder) builder =
        start_line("end", driver->finished == driver->count ? "all" : "stuck");
    add_integer(builder, "descriptors_before", before);
    add_integer(builder, "descriptors_after", count_descriptors());
    add_integer(builder, "elapsed_ms", (g_get_monotonic_time() - started_us) / 1000);
    print_line(builder);
}

int
main(int argc, char **argv)
{
    Driver driver = {.count = 1, .at_once = 1000};
    g_autoptr(GError) error = NULL;
    if (!parse(&driver, argc, argv, &error)) {
        g_printerr("deliver: %s\n", error->message);
        return 2;
    }
    driver.loop = g_main_loop_new(NULL, FALSE);
    /* Libraries open what they keep for ever (random numbers, the name service) at first use. */
    g_autoptr(SpocDelivery) warm_up = make_delivery(&driver, &error);
    g_clear_pointer(&warm_up, spoc_delivery_free);
    int before = count_descriptors();
    gint64 started_us = g_get_monotonic_time();
    driver.delivery = error == NULL ? make_delivery(&driver, &error) : NULL;
    if (driver.delivery == NULL) {
        g_printerr("deliver: %s\n", error->message);
        return 2;
    }
    guint guard = g_timeout_add_seconds(LONGEST_RUN_S, on_stuck, &driver);
    submit(&driver);
    g_main_loop_run(driver.loop);
    g_source_remove(guard);
    spoc_delivery_quit_idle(driver.delivery);
    spoc_delivery_free(driver.delivery);
    print_end(&driver, before, started_us);

    g_main_loop_unref(driver.loop);
    g_bytes_unref(driver.content);
    g_bytes_unref(driver.large);
    g_free(driver.dropped_by);
    g_free(driver.dropper);
    g_strfreev(driver.recipients);
    g_strfreev(driver.tokens);
    g_free(driver.token_denied);
    g_free(driver.token_away);
    g_free(driver.root);
    g_free(driver.sender);
    g_free(driver.server);
    return driver.finished == driver.count ? 0 : 1;
}
