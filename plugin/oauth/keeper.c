/* SPDX-License-Identifier: Apache-2.0 */
#include "oauth/keeper.h"

#include "base/error.h"
#include "base/text.h"
#include "oauth/fetch.h"
#include "oauth/jwt.h"
#include "oauth/token-note.h"

#include <string.h>

#define MAX_DOUBLINGS 10
/* A token is replaced when this part of its life is left, at most the time below; how much sooner
 * is left to chance, because many print servers must not ask at the same moment. */
#define REFRESH_PART 0.2
#define REFRESH_MAX_MS ((gint64)5 * 60 * 1000)
/* It is not given out any more when this is left: the way to the server takes time. */
#define GOOD_PART 0.1
#define GOOD_MAX_MS ((gint64)20 * 1000)

struct _SpocTokenKeeper {
    GMainContext *context;
    int state_fd; /* -1: no spool */
    SpocTokens tokens;

    SpocOAuthSettings *settings; /* (nullable): no login with a token */
    SpocTls *tls;                /* (nullable) */

    SpocSecret *token;      /* (nullable) */
    gint64 refresh_us;      /* monotonic: it is time for another one */
    gint64 good_until_us;   /* monotonic: it is given out */
    gint64 expires_unix_s;  /* for people */
    SpocTokenSource source; /* it is from */
    char *scope;            /* (nullable): as the provider said it */

    GQueue waiting; /* of Request */
    GSource *idle;  /* (nullable): requests are about to be looked at */
    SpocTokenFetch *fetch;
    gboolean is_outdated;      /* its token is for other settings; its refresh token is kept */
    SpocSecret *tried_refresh; /* (nullable): the one that was refused last */

    /* A rotated refresh token that could not be written, and the token that came with it */
    SpocStoredLogin unsaved;
    SpocTokenReply unsaved_reply;

    GError *error; /* (nullable): of the last fetch */
    guint failures;
    gint64 closed_until_us; /* monotonic: nobody is asked before */

    SpocTokenKeeperChangedFunc changed; /* (nullable) */
    gpointer user_data;
};

typedef struct {
    SpocTokenFunc func;
    gpointer user_data;
} Request;

/* --- pure ------------------------------------------------------------------------------- */

gint64
spoc_token_refresh_ms(gint64 lifetime_s, double jitter)
{
    gint64 lifetime_ms = lifetime_s * 1000;
    gint64 ahead_ms = MIN((gint64)((double)lifetime_ms * REFRESH_PART), REFRESH_MAX_MS);
    return lifetime_ms - ahead_ms - (gint64)((double)ahead_ms * jitter / 2);
}

gint64
spoc_token_good_ms(gint64 lifetime_s)
{
    gint64 lifetime_ms = lifetime_s * 1000;
    return lifetime_ms - MIN((gint64)((double)lifetime_ms * GOOD_PART), GOOD_MAX_MS);
}

gint64
spoc_token_delay_ms(guint failures, gint64 retry_after_s, double jitter)
{
    gint64 delay_ms = 0;
    if (failures > 0)
        delay_ms = MIN((gint64)SPOC_TOKEN_RETRY_MS << MIN(failures - 1, MAX_DOUBLINGS),
                       SPOC_TOKEN_RETRY_MAX_MS);
    delay_ms -= (gint64)((double)delay_ms * jitter / 4);
    return MAX(delay_ms, MIN(retry_after_s, SPOC_TOKEN_RETRY_AFTER_MAX_S) * 1000);
}

/* --- the token -------------------------------------------------------------------------- */

static void
drop_token(SpocTokenKeeper *keeper)
{
    g_clear_pointer(&keeper->token, spoc_secret_free);
    g_clear_pointer(&keeper->scope, g_free);
    keeper->refresh_us = keeper->good_until_us = 0;
    keeper->expires_unix_s = 0;
}

static void
take_token(SpocTokenKeeper *keeper, SpocTokenSource source, SpocTokenReply *reply)
{
    gint64 now_us = g_get_monotonic_time();
    drop_token(keeper);
    keeper->token = g_steal_pointer(&reply->access_token);
    keeper->scope = g_steal_pointer(&reply->scope);
    keeper->source = source;
    keeper->refresh_us =
        now_us + spoc_token_refresh_ms(reply->lifetime_s, g_random_double()) * 1000;
    keeper->good_until_us = now_us + spoc_token_good_ms(reply->lifetime_s) * 1000;
    keeper->expires_unix_s = g_get_real_time() / G_USEC_PER_SEC + reply->lifetime_s;
    g_clear_error(&keeper->error);
    keeper->failures = 0;
    keeper->closed_until_us = 0;
    spoc_token_note_write(keeper->state_fd, NULL, g_get_real_time() / G_USEC_PER_SEC);
}

static void
note_failure(SpocTokenKeeper *keeper, const GError *error, gint64 retry_after_s)
{
    g_clear_error(&keeper->error);
    keeper->error = g_error_copy(error);
    keeper->failures = MIN(keeper->failures, G_MAXINT - 1) + 1;
    spoc_token_note_write(keeper->state_fd, error->message, g_get_real_time() / G_USEC_PER_SEC);
    keeper->closed_until_us =
        g_get_monotonic_time() +
        spoc_token_delay_ms(keeper->failures, retry_after_s, g_random_double()) * 1000;
}

/* --- answering -------------------------------------------------------------------------- */

/* Those that wait now; who asks from within an answer is looked at later. */
static void
answer_all(SpocTokenKeeper *keeper, const char *token, const GError *error)
{
    g_autoptr(SpocSecret) kept = g_strdup(token);
    g_autoptr(GError) why = error != NULL ? g_error_copy(error) : NULL;
    for (guint count = g_queue_get_length(&keeper->waiting); count > 0; count--) {
        g_autofree Request *request = g_queue_pop_head(&keeper->waiting);
        if (request == NULL)
            break; /* cancelled from within another's answer */
        request->func(kept, why, request->user_data);
    }
}

static void on_fetched(const SpocTokenResult *result, gpointer user_data);

static void
start_fetch(SpocTokenKeeper *keeper)
{
    keeper->fetch =
        spoc_token_fetch_new(keeper->settings, keeper->state_fd, keeper->tls, on_fetched, keeper);
}

/* A rotated refresh token is written first; without it the next start of spocd could not log in.
 * Where another process has put one there meanwhile, that one stays. */
static gboolean
keep_login(SpocTokenKeeper *keeper, const SpocStoredLogin *used, const SpocTokenReply *reply,
           SpocStoredLogin *ret_unsaved, GError **error)
{
    g_auto(SpocStoredLogin) now = {0};
    g_autoptr(GError) problem = NULL;
    if (!spoc_stored_login_read(keeper->state_fd, &now, &problem)) {
        if (g_error_matches(problem, SPOC_ERROR, SPOC_ERROR_NOT_FOUND))
            return TRUE; /* forgotten meanwhile */
    } else if (g_strcmp0(now.refresh_token, used->refresh_token) != 0)
        return TRUE;
    gint64 now_unix_s = g_get_real_time() / G_USEC_PER_SEC;
    g_auto(SpocStoredLogin) next = {
        .token_url = g_strdup(used->token_url),
        .client_id = g_strdup(used->client_id),
        .refresh_token = g_strdup(reply->refresh_token),
        .obtained_unix_s = now_unix_s,
        .expires_unix_s =
            reply->refresh_lifetime_s > 0 ? now_unix_s + reply->refresh_lifetime_s : 0,
    };
    if (spoc_stored_login_write(keeper->state_fd, &next, error))
        return TRUE;
    *ret_unsaved = next;
    next = (SpocStoredLogin){0};
    return FALSE;
}

static GError *
explain_unsaved(const GError *why)
{
    return g_error_new(
        SPOC_ERROR, SPOC_ERROR_UNAVAILABLE,
        "a token came, but %s; it is used once that is possible: see to the room and "
        "the permissions of the spool",
        why->message);
}

/* The rotated refresh token that waits to be written. Returns whether it is, or there is none. */
static gboolean
save_unsaved(SpocTokenKeeper *keeper)
{
    g_autoptr(GError) why = NULL;
    if (keeper->unsaved.refresh_token == NULL)
        return TRUE;
    if (!spoc_stored_login_write(keeper->state_fd, &keeper->unsaved, &why)) {
        g_autoptr(GError) error = explain_unsaved(why);
        note_failure(keeper, error, 0);
        return FALSE;
    }
    spoc_stored_login_clear(&keeper->unsaved);
    if (keeper->unsaved_reply.access_token != NULL)
        take_token(keeper, SPOC_TOKEN_SOURCE_REFRESH, &keeper->unsaved_reply);
    spoc_token_reply_clear(&keeper->unsaved_reply);
    return TRUE;
}

/* Whether there is nothing to be kept, or it is. */
static gboolean
keep_rotated(SpocTokenKeeper *keeper, const SpocTokenResult *result, GError **error)
{
    const char *refresh_token = result->reply->refresh_token;
    return result->login == NULL || refresh_token == NULL ||
           g_strcmp0(refresh_token, result->login->refresh_token) == 0 ||
           keep_login(keeper, result->login, result->reply, &keeper->unsaved, error);
}

static void
take_result(SpocTokenKeeper *keeper, const SpocTokenResult *result)
{
    g_autoptr(GError) why = NULL;
    if (!keep_rotated(keeper, result, &why)) {
        g_autoptr(GError) error = explain_unsaved(why);
        keeper->unsaved_reply = *result->reply;
        *result->reply = (SpocTokenReply){0};
        note_failure(keeper, error, 0);
        return;
    }
    g_clear_pointer(&keeper->tried_refresh, spoc_secret_free);
    take_token(keeper, result->source, result->reply);
}

/* Another process (spocctl) may have had the stored refresh token replaced while we asked. */
static gboolean
was_overtaken(SpocTokenKeeper *keeper, const SpocTokenResult *result)
{
    g_auto(SpocStoredLogin) now = {0};
    if (result->login == NULL ||
        g_strcmp0(keeper->tried_refresh, result->login->refresh_token) == 0 ||
        !spoc_stored_login_read(keeper->state_fd, &now, NULL))
        return FALSE;
    spoc_secret_free(keeper->tried_refresh);
    keeper->tried_refresh = g_strdup(result->login->refresh_token);
    return strcmp(now.refresh_token, result->login->refresh_token) != 0;
}

static void look_soon(SpocTokenKeeper *keeper);

/* The settings are others now: what this was for is over, but for the refresh token. */
static void
end_outdated(SpocTokenKeeper *keeper, const SpocTokenResult *result)
{
    g_autoptr(GError) why = NULL;
    keeper->is_outdated = FALSE;
    if (result->error == NULL && !keep_rotated(keeper, result, &why))
        g_debug("%s", why->message); /* it is tried again before the next question */
    look_soon(keeper);
    if (keeper->changed != NULL)
        keeper->changed(keeper->user_data);
}

static gboolean
is_good(const SpocTokenKeeper *keeper)
{
    return keeper->token != NULL && g_get_monotonic_time() < keeper->good_until_us;
}

static void
on_fetched(const SpocTokenResult *result, gpointer user_data)
{
    SpocTokenKeeper *keeper = user_data;
    g_autoptr(SpocTokenFetch) done G_GNUC_UNUSED = g_steal_pointer(&keeper->fetch);
    if (keeper->is_outdated) {
        end_outdated(keeper, result);
        return;
    }
    if (result->error == NULL)
        take_result(keeper, result);
    else if (was_overtaken(keeper, result)) {
        start_fetch(keeper);
        return;
    } else
        note_failure(keeper, result->error, result->retry_after_s);
    /* One that came now is given out however short it lives. */
    if (keeper->error == NULL || is_good(keeper))
        answer_all(keeper, keeper->token, NULL);
    else
        answer_all(keeper, NULL, keeper->error);
    if (keeper->changed != NULL)
        keeper->changed(keeper->user_data);
}

static gboolean
look_at_requests(gpointer user_data)
{
    SpocTokenKeeper *keeper = user_data;
    g_clear_pointer(&keeper->idle, g_source_unref);
    gint64 now_us = g_get_monotonic_time();
    gboolean is_closed = now_us < keeper->closed_until_us;
    if (keeper->settings == NULL) {
        g_autoptr(GError) error = g_error_new(
            SPOC_ERROR, SPOC_ERROR_DENIED,
            "there is no login with a token; set mailAuthentication and the mailOAuth settings");
        answer_all(keeper, NULL, error);
        return G_SOURCE_REMOVE;
    }
    if (!is_closed && keeper->fetch == NULL && !save_unsaved(keeper))
        is_closed = TRUE;
    gboolean is_wanted = !is_good(keeper) || now_us >= keeper->refresh_us;
    if (is_wanted && !is_closed && keeper->fetch == NULL)
        start_fetch(keeper);
    if (is_good(keeper))
        answer_all(keeper, keeper->token, NULL);
    else if (keeper->fetch == NULL)
        answer_all(keeper, NULL, keeper->error);
    return G_SOURCE_REMOVE;
}

static void
look_soon(SpocTokenKeeper *keeper)
{
    if (keeper->idle != NULL)
        return;
    keeper->idle = g_idle_source_new();
    g_source_set_priority(keeper->idle, G_PRIORITY_DEFAULT);
    g_source_set_callback(keeper->idle, look_at_requests, keeper, NULL);
    g_source_attach(keeper->idle, keeper->context);
}

static gpointer
ask_keeper(gpointer source, const char *refused, SpocTokenFunc func, gpointer user_data)
{
    SpocTokenKeeper *keeper = source;
    Request *request = g_new(Request, 1);
    *request = (Request){func, user_data};
    g_queue_push_tail(&keeper->waiting, request);
    if (refused != NULL && g_strcmp0(refused, keeper->token) == 0)
        drop_token(keeper);
    look_soon(keeper);
    return request;
}

static void
cancel_request(gpointer source, gpointer request)
{
    SpocTokenKeeper *keeper = source;
    if (g_queue_remove(&keeper->waiting, request))
        g_free(request);
}

/* --- for people ------------------------------------------------------------------------- */

static char *
describe_token(gpointer source)
{
    const SpocTokenKeeper *keeper = source;
    if (keeper->token == NULL)
        return NULL;
    g_auto(SpocJwtPeek) peek = {0};
    (void)spoc_jwt_peek(keeper->token, &peek);
    g_autoptr(GDateTime) expires = g_date_time_new_from_unix_local(keeper->expires_unix_s);
    g_autofree char *until = g_date_time_format(expires, "%Y-%m-%d %H:%M:%S");
    const char *scope = peek.scope != NULL      ? peek.scope
                        : keeper->scope != NULL ? keeper->scope
                                                : NULL;
    g_autoptr(GString) line = g_string_new(NULL);
    g_string_printf(line, "from %s", spoc_token_source_name(keeper->source));
    if (keeper->source != SPOC_TOKEN_SOURCE_COMMAND && keeper->settings->token_url != NULL) {
        g_autofree char *host = spoc_token_fetch_host(keeper->settings->token_url);
        g_string_append_printf(line, " by %s", host);
    }
    g_string_append_printf(line, ", expires %s, audience %s, scope %s", until,
                           peek.audience != NULL ? peek.audience : "not said",
                           scope != NULL ? scope : "not said");
    return spoc_text_line(line->str, (gssize)line->len, 900);
}

void
spoc_token_keeper_status(const SpocTokenKeeper *keeper, SpocTokenStatus *status)
{
    *status = (SpocTokenStatus){0};
    if (keeper->settings == NULL)
        return;
    SpocTokenSource source = SPOC_TOKEN_SOURCE_NONE;
    g_auto(SpocStoredLogin) login = {0};
    if (!spoc_token_fetch_find_source(keeper->settings, keeper->state_fd, &source, &login, NULL))
        source = SPOC_TOKEN_SOURCE_NONE;
    status->source = spoc_token_source_name(source);
    status->expires_unix_s = keeper->token != NULL ? keeper->expires_unix_s : 0;
    status->last_error = keeper->error != NULL ? keeper->error->message : NULL;
}

/* --- life ------------------------------------------------------------------------------- */

SpocTokenKeeper *
spoc_token_keeper_new(const SpocSpool *spool)
{
    SpocTokenKeeper *keeper = g_new0(SpocTokenKeeper, 1);
    keeper->context = g_main_context_ref_thread_default();
    keeper->state_fd = spool != NULL ? spoc_spool_folder_fd(spool, "state") : -1;
    keeper->tokens = (SpocTokens){
        .ask = ask_keeper,
        .cancel = cancel_request,
        .describe = describe_token,
        .source = keeper,
    };
    g_queue_init(&keeper->waiting);
    return keeper;
}

void
spoc_token_keeper_set_changed(SpocTokenKeeper *keeper, SpocTokenKeeperChangedFunc changed,
                              gpointer user_data)
{
    keeper->changed = changed;
    keeper->user_data = user_data;
}

gboolean
spoc_token_keeper_is_busy(const SpocTokenKeeper *keeper)
{
    return keeper->fetch != NULL;
}

void
spoc_token_keeper_retry(SpocTokenKeeper *keeper)
{
    keeper->failures = 0;
    keeper->closed_until_us = 0;
}

/* Neither the token nor a failure counts any more. */
static void
begin_anew(SpocTokenKeeper *keeper)
{
    if (keeper->fetch != NULL && spoc_token_fetch_may_rotate(keeper->fetch))
        keeper->is_outdated = TRUE;
    else
        g_clear_pointer(&keeper->fetch, spoc_token_fetch_free);
    g_clear_pointer(&keeper->tried_refresh, spoc_secret_free);
    spoc_token_reply_clear(&keeper->unsaved_reply);
    drop_token(keeper);
    g_clear_error(&keeper->error);
    spoc_token_keeper_retry(keeper);
    if (!g_queue_is_empty(&keeper->waiting))
        look_soon(keeper);
}

void
spoc_token_keeper_forget(SpocTokenKeeper *keeper)
{
    spoc_stored_login_clear(&keeper->unsaved);
    begin_anew(keeper);
}

const SpocTokens *
spoc_token_keeper_use(SpocTokenKeeper *keeper, const SpocConfig *config, SpocTls *tls)
{
    gboolean is_used =
        spoc_oauth_settings_are_used(config, spoc_stored_login_exists(keeper->state_fd));
    g_autoptr(SpocOAuthSettings) settings = is_used ? spoc_oauth_settings_new(config) : NULL;
    const SpocOAuthSettings *old = keeper->settings;
    gboolean is_same =
        old != NULL && settings != NULL && strcmp(old->fingerprint, settings->fingerprint) == 0;
    SpocTls *new_tls = tls != NULL ? spoc_tls_ref(tls) : NULL;
    g_clear_pointer(&keeper->tls, spoc_tls_unref);
    keeper->tls = new_tls;
    spoc_oauth_settings_unref(keeper->settings);
    keeper->settings = g_steal_pointer(&settings);
    if (!is_same)
        begin_anew(keeper);
    spoc_token_keeper_retry(keeper);
    return keeper->settings != NULL ? &keeper->tokens : NULL;
}

void
spoc_token_keeper_free(SpocTokenKeeper *keeper)
{
    if (keeper == NULL)
        return;
    g_queue_clear_full(&keeper->waiting, g_free);
    g_clear_pointer(&keeper->fetch, spoc_token_fetch_free);
    (void)save_unsaved(keeper); /* the last chance: nobody else knows it */
    spoc_token_keeper_forget(keeper);
    if (keeper->idle != NULL) {
        g_source_destroy(keeper->idle);
        g_source_unref(keeper->idle);
    }
    spoc_oauth_settings_unref(keeper->settings);
    g_clear_pointer(&keeper->tls, spoc_tls_unref);
    g_main_context_unref(keeper->context);
    g_free(keeper);
}
