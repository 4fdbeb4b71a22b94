/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  The people of a configuration without the rest of spocd, for test-ldap.py.
 * INPUT    CUPS's environment variables say where everything is. A line on stdin each:
 *
 *              user NAME [OWNER]      address ADDRESS [OWNER]      owner NAME
 *              reload                 the configuration, while questions are open
 *              pause                  the longest time that the main loop stood still
 *
 *          Prints in the end for each person "found ADDRESS|NAME|LANGUAGE|OWNER", or "error CODE
 *          WORDS"; before it "pending" when the directory is asked.
 */
#include "base/error.h"
#include "runtime/runtime.h"

#include <gio/gunixinputstream.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define TICK_MS 5

typedef struct {
    SpocPlaces *places;
    SpocLog *log;
    SpocRuntime *setup;
    GMainLoop *loop;
    GDataInputStream *commands;
    gint64 last_tick_us, longest_us;
} Client;

typedef struct {
    Client *client;
    SpocRecipient recipient;
    char *owner;
} Question;

static void
say_people(const GPtrArray *people)
{
    for (guint i = 0; i < people->len; i++) {
        const SpocPerson *person = g_ptr_array_index(people, i);
        printf("found %s|%s|%s|%s\n", person->address, person->name != NULL ? person->name : "",
               person->language != NULL ? person->language : "", person->is_owner ? "owner" : "");
    }
    fflush(stdout);
}

static void
resolve(gpointer user_data)
{
    Question *question = user_data;
    SpocPeople *people = question->client->setup->people;
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) found =
        spoc_people_resolve(people, &question->recipient, question->owner, NULL, &error);
    if (g_error_matches(error, SPOC_ERROR, SPOC_ERROR_PENDING)) {
        printf("pending\n");
        fflush(stdout);
        (void)spoc_people_ask(people, &question->recipient, question->owner, resolve, question);
        return;
    }
    if (found != NULL)
        say_people(found);
    else
        printf("error %d %s\n", error->code, error->message);
    fflush(stdout);
    g_free(question->recipient.text);
    g_free(question->owner);
    g_free(question);
}

static void
ask(Client *client, SpocWho who, const char *name, const char *owner)
{
    Question *question = g_new0(Question, 1);
    question->client = client;
    question->recipient.who = who;
    question->recipient.text = who == SPOC_WHO_OWNER ? NULL : g_strdup(name);
    question->owner = g_strdup(who == SPOC_WHO_OWNER ? name : owner);
    resolve(question);
}

static void
load(Client *client)
{
    g_clear_pointer(&client->setup, spoc_runtime_free);
    client->setup = spoc_runtime_load(client->places, client->log);
}

static void
obey(Client *client, const char *line)
{
    g_auto(GStrv) words = g_strsplit(line, "\t", 3);
    const char *owner = words[1] != NULL ? words[2] : NULL;
    if (strcmp(words[0], "reload") == 0) {
        load(client);
    } else if (strcmp(words[0], "pause") == 0) {
        printf("pause %" G_GINT64_FORMAT "\n", client->longest_us / 1000);
        client->longest_us = 0;
    } else if (words[1] != NULL) {
        SpocWho who = strcmp(words[0], "user") == 0    ? SPOC_WHO_USER
                      : strcmp(words[0], "owner") == 0 ? SPOC_WHO_OWNER
                                                       : SPOC_WHO_ADDRESS;
        ask(client, who, words[1], owner);
    }
    fflush(stdout);
}

static void
on_command(GObject *stream, GAsyncResult *result, gpointer user_data)
{
    Client *client = user_data;
    g_autofree char *line =
        g_data_input_stream_read_line_finish(client->commands, result, NULL, NULL);
    if (line == NULL) {
        g_main_loop_quit(client->loop);
        return;
    }
    obey(client, line);
    g_data_input_stream_read_line_async(client->commands, G_PRIORITY_DEFAULT, NULL, on_command,
                                        client);
}

static gboolean
on_tick(gpointer user_data)
{
    Client *client = user_data;
    gint64 now_us = g_get_monotonic_time();
    if (client->last_tick_us != 0)
        client->longest_us = MAX(client->longest_us, now_us - client->last_tick_us);
    client->last_tick_us = now_us;
    return G_SOURCE_CONTINUE;
}

int
main(void)
{
    (void)signal(SIGPIPE, SIG_IGN);
    g_autoptr(SpocLog) log = spoc_log_new(STDERR_FILENO, SPOC_LOG_STYLE_CUPS, SPOC_LOG_DEBUG);
    g_autoptr(SpocPlaces) places = spoc_places_new(NULL);
    g_autoptr(GMainLoop) loop = g_main_loop_new(NULL, FALSE);
    g_autoptr(GInputStream) input = g_unix_input_stream_new(STDIN_FILENO, FALSE);
    g_autoptr(GDataInputStream) commands = g_data_input_stream_new(input);
    Client client = {.places = places, .log = log, .loop = loop, .commands = commands};
    load(&client);
    guint tick = g_timeout_add(TICK_MS, on_tick, &client);
    g_data_input_stream_read_line_async(commands, G_PRIORITY_DEFAULT, NULL, on_command, &client);
    g_main_loop_run(loop);
    g_source_remove(tick);
    spoc_runtime_free(client.setup);
    return 0;
}
