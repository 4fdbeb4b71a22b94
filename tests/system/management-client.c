/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  The fetching of management values without the rest of spocd, for test-management.py.
 * INPUT    CUPS's environment variables say where everything is. Lines on stdin: "fetch" (now),
 *          "reload" (the configuration); at the end of stdin it waits for a fetch under way
 *          and leaves.
 *          Prints a line "start …" and one "ended …" for each fetch:
 *          "ready=B fetching=B changed=B mailserver=WORD".
 */
#include "base/places.h"
#include "config/load.h"
#include "management/management.h"

#include <curl/curl.h>
#include <gio/gio.h>
#include <gio/gunixinputstream.h>
#include <stdio.h>
#include <unistd.h>

typedef struct {
    SpocPlaces *places;
    SpocConfig *config;
    SpocManagement *management;
    GMainLoop *loop;
    GDataInputStream *commands;
    gboolean leaving;
} Client;

static void
say(const Client *client, const char *what, gboolean changed)
{
    const char *mailserver = spoc_config_string(client->config, SPOC_OPTION_MAILSERVER);
    printf("%s ready=%d fetching=%d changed=%d mailserver=%s\n", what,
           spoc_management_is_ready(client->management),
           spoc_management_is_fetching(client->management), changed,
           mailserver != NULL ? mailserver : "-");
    fflush(stdout);
}

static void
load(Client *client)
{
    g_clear_pointer(&client->config, spoc_config_unref);
    client->config = spoc_config_load(client->places);
    /* As spocd does it: no policy while the configuration prevents delivery. */
    g_autoptr(SpocTls) tls = spoc_config_blocker(client->config) == NULL
                                 ? spoc_tls_new(client->config, NULL, NULL)
                                 : NULL;
    spoc_management_use(client->management, client->config, tls);
}

static void
on_ended(gboolean values_changed, gpointer user_data)
{
    Client *client = user_data;
    if (values_changed)
        load(client);
    say(client, "ended", values_changed);
    if (client->leaving)
        g_main_loop_quit(client->loop);
}

static void
on_command(GObject *stream, GAsyncResult *result, gpointer user_data)
{
    Client *client = user_data;
    g_autofree char *line =
        g_data_input_stream_read_line_finish(client->commands, result, NULL, NULL);
    if (line == NULL) {
        client->leaving = TRUE;
        if (!spoc_management_is_fetching(client->management))
            g_main_loop_quit(client->loop);
        return;
    }
    if (g_str_equal(line, "fetch"))
        spoc_management_fetch_now(client->management);
    else if (g_str_equal(line, "reload"))
        load(client);
    g_data_input_stream_read_line_async(client->commands, G_PRIORITY_DEFAULT, NULL, on_command,
                                        client);
}

int
main(void)
{
    curl_global_init(CURL_GLOBAL_DEFAULT);
    g_autoptr(SpocLog) log = spoc_log_new(STDERR_FILENO, SPOC_LOG_STYLE_CUPS, SPOC_LOG_DEBUG);
    g_autoptr(SpocPlaces) places = spoc_places_new(NULL);
    g_autoptr(GMainLoop) loop = g_main_loop_new(NULL, FALSE);
    g_autoptr(GInputStream) input = g_unix_input_stream_new(STDIN_FILENO, FALSE);
    g_autoptr(GDataInputStream) commands = g_data_input_stream_new(input);
    Client client = {.places = places, .loop = loop, .commands = commands};
    client.management = spoc_management_new(places, log, on_ended, &client);
    load(&client);
    say(&client, "start", FALSE);
    g_data_input_stream_read_line_async(commands, G_PRIORITY_DEFAULT, NULL, on_command, &client);
    g_main_loop_run(loop);
    spoc_management_free(client.management);
    spoc_config_unref(client.config);
    curl_global_cleanup();
    return 0;
}
