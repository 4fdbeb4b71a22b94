/* SPDX-License-Identifier: Apache-2.0 */
/* spocctl oauth: the login at the mail server with a token */
#include "base/error.h"
#include "base/privilege.h"
#include "config/load.h"
#include "config/login.h"
#include "control/client.h"
#include "ctl/commands.h"
#include "ctl/ctl.h"
#include "ctl/json.h"
#include "ctl/token-status.h"
#include "oauth/device.h"
#include "oauth/stored-login.h"
#include "trust/tls.h"

#include <glib-unix.h>
#include <signal.h>
#include <stdio.h>

typedef struct {
    GMainLoop *loop;
    const SpocOAuthSettings *settings;
    int state_fd;
    gboolean is_interrupted;
    gboolean is_stored;
    GError *error;
} Login;

/* --- login ------------------------------------------------------------------------------ */

static void
on_prompt(const SpocDevicePrompt *prompt, gpointer user_data)
{
    const Login *login = user_data;
    g_autofree char *url = spoc_ctl_shown(prompt->url);
    g_autofree char *code = spoc_ctl_shown(prompt->code);
    (void)spoc_ctl_put("Open this page in a browser, on any device, and enter the code:\n\n"
                       "    %s\n    %s\n\n",
                       url, code);
    if (prompt->complete_url != NULL) {
        g_autofree char *complete = spoc_ctl_shown(prompt->complete_url);
        (void)spoc_ctl_put("or open this one, which has it in it:\n\n    %s\n\n", complete);
    }
    if (login->settings->user != NULL)
        (void)spoc_ctl_put("Log in there as %s. ", login->settings->user);
    (void)spoc_ctl_put("The code is good for %" G_GINT64_FORMAT " minutes. Waiting …\n",
                       (prompt->lifetime_s + 59) / 60);
    (void)fflush(stdout);
}

static gboolean
store_login(Login *login, const SpocTokenReply *reply, GError **error)
{
    gint64 now_unix_s = g_get_real_time() / G_USEC_PER_SEC;
    g_auto(SpocStoredLogin) stored = {
        .token_url = g_strdup(login->settings->token_url),
        .client_id = g_strdup(login->settings->client_id),
        .refresh_token = g_strdup(reply->refresh_token),
        .obtained_unix_s = now_unix_s,
        .expires_unix_s =
            reply->refresh_lifetime_s > 0 ? now_unix_s + reply->refresh_lifetime_s : 0,
    };
    return spoc_stored_login_write(login->state_fd, &stored, error);
}

static void
on_ended(SpocTokenReply *reply, const GError *error, gpointer user_data)
{
    Login *login = user_data;
    if (error != NULL)
        login->error = g_error_copy(error);
    else
        login->is_stored = store_login(login, reply, &login->error);
    g_main_loop_quit(login->loop);
}

static gboolean
on_interrupt(gpointer user_data)
{
    Login *login = user_data;
    login->is_interrupted = TRUE;
    g_main_loop_quit(login->loop);
    return G_SOURCE_CONTINUE;
}

/* Waits for the person, or for Ctrl-C. */
static int
wait_for_login(Login *login, SpocOAuthSettings *settings, SpocTls *tls)
{
    static const SpocDeviceEvents events = {on_prompt, on_ended};
    g_autoptr(GError) error = NULL;
    g_autoptr(SpocDeviceLogin) device =
        spoc_device_login_new(settings, tls, &events, login, &error);
    if (device == NULL)
        return spoc_ctl_fail("%s", error->message);
    guint interrupt = g_unix_signal_add(SIGINT, on_interrupt, login);
    guint term = g_unix_signal_add(SIGTERM, on_interrupt, login);
    g_main_loop_run(login->loop);
    g_source_remove(interrupt);
    g_source_remove(term);
    if (login->is_interrupted)
        return spoc_ctl_fail("stopped; nothing was stored");
    if (!login->is_stored)
        return spoc_ctl_fail("%s", login->error->message);
    return SPOC_CTL_GOOD;
}

/* What the stored login is for, where something else counts before it */
static void
warn_of_others(const SpocConfig *config, const SpocOAuthSettings *settings)
{
    SpocTokenSource source = spoc_oauth_settings_source(settings);
    if (source != SPOC_TOKEN_SOURCE_NONE && source != SPOC_TOKEN_SOURCE_SECRET)
        spoc_ctl_warn("%s is set and counts before this login: leave it empty",
                      spoc_login_token_source(config));
    if (spoc_login_method(config, TRUE) != SPOC_AUTHENTICATION_OAUTH2)
        spoc_ctl_warn(
            "mailAuthentication is not oauth2, so this login is not used: leave it empty, "
            "or set it to oauth2");
}

/* A spocd that runs takes it up at once; one that does not, when it starts. */
static void
tell_daemon(SpocSpool *spool)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(SpocControlClient) client = spoc_control_client_new(spool, NULL);
    g_autoptr(GPtrArray) lines =
        client != NULL ? spoc_control_client_ask(client, SPOC_REQUEST_LOGIN_CHANGED, NULL, &error)
                       : NULL;
    if (client != NULL && lines == NULL)
        spoc_ctl_warn("spocd could not be told: %s; restart it", error->message);
}

static int
log_in(const SpocPlaces *places)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(SpocSpool) spool = spoc_ctl_open_spool(places, &error);
    if (spool == NULL)
        return spoc_ctl_fail("%s", error->message);
    g_autoptr(SpocConfig) config = spoc_config_load(places);
    const SpocConfigProblem *blocker = spoc_config_blocker(config);
    if (blocker != NULL)
        return spoc_ctl_fail("%s", blocker->message);
    g_autoptr(SpocTls) tls = spoc_tls_new(config, NULL, &error);
    if (tls == NULL)
        return spoc_ctl_fail("%s", error->message);
    g_autoptr(SpocOAuthSettings) settings = spoc_oauth_settings_new(config);
    warn_of_others(config, settings);
    Login login = {
        .loop = g_main_loop_new(NULL, FALSE),
        .settings = settings,
        .state_fd = spoc_spool_folder_fd(spool, "state"),
    };
    int status = wait_for_login(&login, settings, tls);
    g_main_loop_unref(login.loop);
    g_clear_error(&login.error);
    if (status != SPOC_CTL_GOOD)
        return status;
    tell_daemon(spool);
    (void)spoc_ctl_put(
        "Logged in. The refresh token is in the spool's state/, for spocd alone. Try "
        "it: spocctl test ADDRESS\n");
    return SPOC_CTL_GOOD;
}

static int
forget(const SpocPlaces *places)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(SpocSpool) spool = spoc_ctl_open_spool(places, &error);
    if (spool == NULL)
        return spoc_ctl_fail("%s", error->message);
    if (!spoc_stored_login_remove(spoc_spool_folder_fd(spool, "state"), &error)) {
        if (g_error_matches(error, SPOC_ERROR, SPOC_ERROR_NOT_FOUND))
            return spoc_ctl_fail("there is no stored login");
        return spoc_ctl_fail("%s", error->message);
    }
    tell_daemon(spool);
    (void)spoc_ctl_put(
        "The stored login is forgotten here. At the provider it still counts: end it "
        "there too if somebody may have seen it\n");
    return SPOC_CTL_GOOD;
}

/* --- status ----------------------------------------------------------------------------- */

static void
put_time(const char *what, gint64 unix_s)
{
    g_autofree char *when = spoc_ctl_time(unix_s);
    (void)spoc_ctl_put("%-22s %s\n", what, when);
}

static void
print_text(const SpocTokenOverview *overview)
{
    if (g_str_equal(overview->source, "none"))
        (void)spoc_ctl_put("No login with a token is set up, or nothing says where tokens come "
                           "from\n");
    else
        (void)spoc_ctl_put("%-22s %s\n", "Tokens come from", overview->source);
    if (overview->token_expires_unix_s > 0)
        put_time("Token expires", overview->token_expires_unix_s);
    else
        (void)spoc_ctl_put("%-22s %s\n", "Token",
                           overview->is_running ? "none yet; spocd asks for one when mail waits"
                                                : "none: spocd does not run");
    if (overview->certificate_expires_unix_s > 0)
        put_time("Certificate expires", overview->certificate_expires_unix_s);
    if (overview->login_expires_unix_s > 0)
        put_time("Stored login expires", overview->login_expires_unix_s);
    if (overview->last_error != NULL) {
        g_autofree char *shown = spoc_ctl_shown(overview->last_error);
        (void)spoc_ctl_put("%-22s %s\n", "Last error", shown);
    }
}

static void
set_time(JsonObject *object, const char *name, gint64 unix_s)
{
    if (unix_s > 0)
        json_object_set_int_member(object, name, unix_s);
    else
        json_object_set_null_member(object, name);
}

static void
print_json(const SpocTokenOverview *overview)
{
    JsonObject *object = json_object_new();
    json_object_set_string_member(object, "source", overview->source);
    set_time(object, "token_expires_unix_s", overview->token_expires_unix_s);
    set_time(object, "certificate_expires_unix_s", overview->certificate_expires_unix_s);
    spoc_json_set_text(object, "last_error", overview->last_error);
    g_autofree char *text = spoc_json_text(spoc_json_object_node(object));
    (void)spoc_ctl_put("%s", text);
}

static int
show_status(const SpocPlaces *places, gboolean json)
{
    g_autoptr(GError) error = NULL;
    if (!spoc_privilege_drop(places, &error))
        return spoc_ctl_fail("%s", error->message);
    g_autoptr(SpocConfig) config = spoc_config_load(places);
    g_auto(SpocTokenOverview) overview = {0};
    if (!spoc_token_overview_read(places, config, &overview, &error))
        return spoc_ctl_fail("%s", error->message);
    if (json)
        print_json(&overview);
    else
        print_text(&overview);
    return overview.last_error == NULL ? SPOC_CTL_GOOD : SPOC_CTL_PROBLEM;
}

/* --- the command ------------------------------------------------------------------------ */

static int
run_oauth(int argc, char **argv, const SpocPlaces *places)
{
    gboolean json = FALSE;
    const GOptionEntry entries[] = {
        {"json", 0, 0, G_OPTION_ARG_NONE, &json, "With status: write JSON", NULL},
        {NULL},
    };
    if (!spoc_ctl_parse(
            entries, "login|status|forget",
            "login: a person logs in, at another device: shows an address and a code, waits, and\n"
            "stores a refresh token for spocd. status: where tokens come from, when the token and\n"
            "what else is known end, and the last error. forget: removes the stored login.",
            &argc, &argv))
        return SPOC_CTL_USAGE;
    const char *action = argc == 2 ? argv[1] : "";
    gboolean is_status = g_str_equal(action, "status");
    if (json && !is_status)
        return spoc_ctl_usage("--json goes with 'status' alone");
    if (is_status)
        return show_status(places, json);
    if (g_str_equal(action, "login"))
        return log_in(places);
    if (g_str_equal(action, "forget"))
        return forget(places);
    return spoc_ctl_usage("'oauth' is followed by login, status or forget");
}

const SpocCommand spoc_command_oauth = {
    .name = "oauth",
    .run = run_oauth,
    .help = "log in at the mail server's provider, for tokens",
};
