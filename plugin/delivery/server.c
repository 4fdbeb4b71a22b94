/* SPDX-License-Identifier: Apache-2.0 */
#include "delivery/server.h"

#include "base/mask.h"
#include "delivery/kerberos.h"
#include "delivery/remedy.h"

#include <string.h>

/* After the server wanted fewer connections, one more is tried each so often. */
#define GROW_AFTER_US (60 * (gint64)G_USEC_PER_SEC)

/* How often one request starts again without that being a failure. */
#define FRESH_MAX 3
#define SLOWER_MAX 3

struct _SpocServer {
    GMainContext *context;
    SpocCurlMulti *curl_multi;
    SpocDeliverySettings *settings;
    guint index;
    SpocPace *pace;
    SpocDayCount *day;
    const SpocServerEvents *events;
    gpointer user_data;

    SpocLoginMemory login;
    SpocKerberos *kerberos; /* (nullable): only with GSSAPI */
    GPtrArray *connections; /* of SpocConnection */
    GQueue waiting;         /* of SpocDeliveryRequest */
    guint in_progress;      /* requests that a connection has */
    gboolean retired;
    gboolean warned;

    gboolean has_worked;
    gboolean failing;
    guint failures; /* in a row */
    gint64 down_until_us;
    SpocVerdict last_verdict;
    SpocStage last_stage;
    char *last_words;    /* the server's */
    char *last_sentence; /* with stage and remedy */
    char *reported;      /* (nullable): the sentence that was reported since it began to fail */
    char *refused;       /* (nullable): id of the last message whose MAIL was refused for now;
                            until one is taken */

    guint limit; /* of connections, at most max_connections */
    gint64 grow_at_us;
};

static void
ask_to_be_scheduled(SpocServer *server)
{
    server->events->schedule_soon(server->user_data);
}

static const char *
name_of(const SpocServer *server)
{
    return server->settings->servers[server->index].name;
}

/* Memory of failure. */

static void
note_health(SpocServer *server)
{
    if (server->failing)
        server->limit = server->settings->max_connections;
    server->has_worked = TRUE;
    server->failing = FALSE;
    server->failures = 0;
    g_clear_pointer(&server->reported, g_free);
    g_clear_pointer(&server->refused, g_free);
}

/* It may be mended meanwhile. */
static void
forget_login(SpocServer *server)
{
    server->login = (SpocLoginMemory){0};
    if (server->kerberos != NULL)
        spoc_kerberos_forget(server->kerberos);
}

static void
note_failure(SpocServer *server, SpocVerdict verdict, SpocStage stage, const char *words,
             const char *sentence)
{
    if (stage == SPOC_STAGE_LOGIN)
        forget_login(server);
    server->last_stage = stage;
    server->failing = TRUE;
    server->failures++;
    server->down_until_us = g_get_monotonic_time() + spoc_route_pause_us(server->failures);
    server->last_verdict = verdict == SPOC_VERDICT_HOLD ? verdict : SPOC_VERDICT_LATER;
    g_free(server->last_words);
    g_free(server->last_sentence);
    server->last_words = g_strdup(words);
    server->last_sentence = g_strdup(sentence);
}

static void
pass_on(SpocServer *server, SpocDeliveryRequest *request)
{
    request->tried |= 1u << server->index;
    server->events->next_server(server, request, server->user_data);
}

/* What waited for a server that has just failed moves on together. */
static void
move_waiting_on(SpocServer *server)
{
    SpocDeliveryRequest *request;
    while ((request = g_queue_pop_head(&server->waiting)) != NULL) {
        spoc_delivery_request_note_all(request, server->last_verdict, server->last_words);
        spoc_delivery_request_explain(request, server->last_stage, server->last_sentence);
        pass_on(server, request);
    }
}

static void
allow_fewer(SpocServer *server)
{
    guint open = server->connections->len;
    server->limit = MAX(MIN(server->limit, open > 0 ? open - 1 : 1), 1);
    server->grow_at_us = g_get_monotonic_time() + GROW_AFTER_US;
}

static void
allow_more(SpocServer *server)
{
    gint64 now_us = g_get_monotonic_time();
    if (server->limit < server->settings->max_connections && now_us >= server->grow_at_us) {
        server->limit++;
        server->grow_at_us = now_us + GROW_AFTER_US;
    }
}

/* Connections that serve, without @except */
static gboolean
others_work(const SpocServer *server, const SpocConnection *except)
{
    for (guint i = 0; i < server->connections->len; i++) {
        const SpocConnection *other = g_ptr_array_index(server->connections, i);
        if (other != except && !spoc_connection_is_opening(other))
            return TRUE;
    }
    return FALSE;
}

/* Those that are on their way included: they will show whether there is room for them. */
static gboolean
has_others(const SpocServer *server, const SpocConnection *except)
{
    for (guint i = 0; i < server->connections->len; i++)
        if (g_ptr_array_index(server->connections, i) != except)
            return TRUE;
    return FALSE;
}

/* Outcomes of mails. */

static void
requeue_request(SpocServer *server, SpocDeliveryRequest *request)
{
    g_queue_push_head(&server->waiting, request);
    ask_to_be_scheduled(server);
}

static gboolean
says_too_many(const SpocFailure *failure)
{
    return failure->kind == SPOC_FAILURE_REPLY &&
           (failure->reply_code == 452 ||
            (failure->reply_code == 552 && g_strcmp0(failure->enhanced_status, "5.5.3") == 0));
}

/* (transfer full): without what logged in, which a server may say back at any time. @connection:
 * (nullable) */
static char *
mask_words(const SpocServer *server, const SpocConnection *connection, const char *text)
{
    char *masked = spoc_settings_mask(server->settings, text);
    return connection != NULL ? spoc_mask(masked, spoc_connection_token(connection)) : masked;
}

/* Returns whether some are left only because there were too many at once. */
static gboolean
note_recipients(SpocServer *server, const SpocConnection *connection, SpocDeliveryRequest *request,
                const SpocMail *mail)
{
    gboolean too_many = FALSE;
    for (guint i = 0; i < mail->recipients->len; i++) {
        const SpocMailRecipient *recipient = g_ptr_array_index(mail->recipients, i);
        if (recipient->refused) {
            SpocConsequence consequence = spoc_verdict(&recipient->failure);
            g_autofree char *words = mask_words(server, connection, recipient->words);
            g_autofree char *whom = g_strdup_printf("<%s>: %s", recipient->address, words);
            g_autofree char *sentence =
                spoc_remedy_sentence(&recipient->failure, whom, server->settings, server->index);
            gboolean again = mail->delivered && says_too_many(&recipient->failure);
            too_many = too_many || again;
            spoc_delivery_request_note(recipient->tag, consequence.verdict, words);
            if (!again) {
                spoc_delivery_request_explain(request, SPOC_STAGE_RECIPIENT, sentence);
                spoc_delivery_request_trace(request, SPOC_STAGE_RECIPIENT, FALSE, name_of(server),
                                            sentence);
            }
        } else if (mail->delivered && recipient->accepted) {
            g_autofree char *words = mask_words(server, connection, mail->words);
            spoc_delivery_request_note(recipient->tag, SPOC_VERDICT_DELIVERED, words);
        }
    }
    return too_many;
}

/* Notes the failure for those whom it concerns: not for the refused ones. */
static void
note_mail_failure(const SpocMail *mail, SpocVerdict verdict, const char *words)
{
    for (guint i = 0; i < mail->recipients->len; i++) {
        const SpocMailRecipient *recipient = g_ptr_array_index(mail->recipients, i);
        if (!recipient->refused)
            spoc_delivery_request_note(recipient->tag, verdict, words);
    }
}

/* Whether the same request simply starts again here. */
static gboolean
starts_again(SpocServer *server, SpocDeliveryRequest *request, const SpocMail *mail,
             SpocConsequence consequence, gboolean others)
{
    request->stay = FALSE;
    switch (consequence.verdict) {
    case SPOC_VERDICT_FRESH:
        return request->fresh++ < FRESH_MAX;
    case SPOC_VERDICT_SAME_SERVER:
        /* A lost answer may have meant yes. Silence was long enough already. */
        spoc_delivery_request_note_drop(request, name_of(server));
        return mail->failure.kind != SPOC_FAILURE_TIMEOUT && request->stay;
    case SPOC_VERDICT_SLOWER:
        allow_fewer(server);
        return others && request->slower++ < SLOWER_MAX;
    default:
        return FALSE;
    }
}

/* What the verdict has to know beside what was said */
static void
complete_failure(SpocServer *server, const SpocDeliveryRequest *request, const SpocMail *mail,
                 SpocFailure *failure)
{
    failure->sized = mail->sized;
    failure->small = spoc_content_size_bytes(mail->content) <= SPOC_SMALL_MAIL_BYTES;
    failure->met_by_another = server->refused != NULL && strcmp(server->refused, request->id) != 0;
    if (failure->stage == SPOC_STAGE_SENDER && failure->kind == SPOC_FAILURE_REPLY &&
        failure->reply_code < 500) {
        g_free(server->refused);
        server->refused = g_strdup(request->id);
    }
}

/* (transfer full): with several senders (mailFromFor) the one that is meant must be said */
static char *
name_refused_sender(const SpocFailure *failure, SpocConsequence consequence,
                    const SpocDeliveryRequest *request, const char *words)
{
    gboolean meant = failure->kind == SPOC_FAILURE_REPLY && failure->reply_code != 530 &&
                     failure->stage >= SPOC_STAGE_SENDER &&
                     consequence.verdict == SPOC_VERDICT_HOLD && *request->sender != '\0';
    return meant ? g_strdup_printf("%s (the sender is <%s>)", words, request->sender)
                 : g_strdup(words);
}

static void
take_failure(SpocServer *server, SpocConnection *connection, SpocDeliveryRequest *request,
             SpocMail *mail)
{
    gboolean others = has_others(server, connection);
    mail->failure.others_work = others;
    complete_failure(server, request, mail, &mail->failure);
    SpocConsequence consequence = spoc_verdict(&mail->failure);
    gboolean again = starts_again(server, request, mail, consequence, others) && !server->retired;
    if (consequence.verdict == SPOC_VERDICT_SLOWER)
        spoc_connection_retire(connection);
    if (again && consequence.verdict == SPOC_VERDICT_FRESH) {
        requeue_request(server, request);
        return;
    }
    g_autofree char *words = mask_words(server, connection, mail->words);
    g_autofree char *about = name_refused_sender(&mail->failure, consequence, request, words);
    g_autofree char *sentence =
        spoc_remedy_sentence(&mail->failure, about, server->settings, server->index);
    spoc_delivery_request_trace(request, mail->failure.stage, FALSE, name_of(server), sentence);
    spoc_delivery_request_explain(request, mail->failure.stage, sentence);
    if (again) {
        requeue_request(server, request);
        return;
    }
    note_mail_failure(mail, consequence.verdict, words);
    /* Alone and still too many: a pause is what it wants. */
    gboolean pause = consequence.verdict == SPOC_VERDICT_SLOWER && !others;
    if (consequence.server_is_down || pause) {
        note_failure(server, consequence.verdict, mail->failure.stage, words, sentence);
        pass_on(server, request);
        move_waiting_on(server);
        return;
    }
    pass_on(server, request);
}

static void
on_finished(SpocConnection *connection, SpocMail *mail_in, gpointer user_data)
{
    SpocServer *server = user_data;
    g_autoptr(SpocMail) mail = mail_in;
    SpocDeliveryRequest *request = mail->tag;
    server->in_progress--;
    ask_to_be_scheduled(server);
    g_free(request->server);
    request->server = g_strdup(name_of(server));
    if (mail->mail_taken)
        note_health(server);
    gboolean too_many = note_recipients(server, connection, request, mail);
    if (mail->failed) {
        take_failure(server, connection, request, mail);
        return;
    }
    if (mail->delivered) {
        g_free(request->queue_reply);
        request->queue_reply = mask_words(server, connection, mail->words);
    }
    /* More than fit into one transaction: the rest now, by this server. */
    gboolean more =
        mail->delivered && (too_many || request->recipients->len > mail->recipients->len);
    if (more && !server->retired && spoc_delivery_request_is_open(request) && too_many)
        requeue_request(server, request);
    else
        pass_on(server, request);
}

/* Whether the pace allows no mail now; then the server is scheduled when it does. */
static gboolean
must_wait(SpocServer *server, gint64 now_us)
{
    gint64 next_us = spoc_pace_next_us(server->pace, now_us);
    if (next_us != 0)
        server->events->schedule_at(next_us, server->user_data);
    return next_us != 0;
}

/* (transfer full) (nullable): why no mail may go today any more, and when one may */
static char *
find_day_limit(const SpocServer *server, gint64 *ret_until_us)
{
    gint64 now_us = g_get_real_time(), now_unix_s = now_us / G_USEC_PER_SEC;
    gint64 next_unix_s = spoc_day_count_next_unix_s(server->day, now_unix_s);
    if (next_unix_s == 0)
        return NULL;
    *ret_until_us = g_get_monotonic_time() + next_unix_s * G_USEC_PER_SEC - now_us;
    g_autoptr(GDateTime) next = g_date_time_new_from_unix_local(next_unix_s);
    g_autofree char *when = g_date_time_format(next, "%Y-%m-%d %H:%M");
    return g_strdup_printf("%u messages went there in 24 hours, as many as mailMaxMessagesPerDay "
                           "allows; the next ones go at %s",
                           server->day->limit, when);
}

/* Whether the day's limit is reached; then what waits moves on, and the server is left alone. */
static gboolean
stop_for_today(SpocServer *server)
{
    gint64 until_us = 0;
    g_autofree char *words = find_day_limit(server, &until_us);
    if (words == NULL)
        return FALSE;
    g_autofree char *sentence = g_strdup_printf("%s: %s", name_of(server), words);
    note_failure(server, SPOC_VERDICT_LATER, SPOC_STAGE_SENDER, words, sentence);
    server->down_until_us = until_us;
    move_waiting_on(server);
    return TRUE;
}

static void
count_mail(SpocServer *server, const SpocMail *mail)
{
    if (!spoc_day_count_take(server->day, g_get_real_time() / G_USEC_PER_SEC,
                             mail->recipients->len))
        return;
    g_autofree char *text = spoc_day_count_text(server->day, TRUE);
    server->events->keep_count(server, text, server->user_data);
}

static SpocMail *
on_next(SpocConnection *connection, gpointer user_data)
{
    SpocServer *server = user_data;
    gint64 now_us = g_get_monotonic_time();
    if (g_queue_is_empty(&server->waiting) || must_wait(server, now_us) || stop_for_today(server))
        return NULL;
    SpocDeliveryRequest *request = g_queue_pop_head(&server->waiting);
    spoc_pace_take(server->pace, now_us);
    server->in_progress++;
    SpocMail *mail = spoc_delivery_request_make_mail(request);
    count_mail(server, mail);
    return mail;
}

static void
on_answered(SpocConnection *connection, SpocMail *mail, SpocStage stage, const SpocReply *reply,
            gpointer user_data)
{
    SpocServer *server = user_data;
    const SpocDeliveryRequest *request = mail->tag;
    if (request->trace == NULL || reply->code >= 400)
        return;
    g_autofree char *raw = spoc_reply_text(reply);
    g_autofree char *words = mask_words(server, connection, raw);
    spoc_delivery_request_trace(request, stage, TRUE, name_of(server), words);
}

/* Opening connections. */

static const SpocDeliveryRequest *
sponsor(const SpocServer *server)
{
    return g_queue_peek_head((GQueue *)&server->waiting);
}

static void
on_progress(SpocConnection *connection, SpocStage stage, const char *text, gpointer user_data)
{
    SpocServer *server = user_data;
    const SpocDeliveryRequest *request = sponsor(server);
    if (request == NULL || request->trace == NULL)
        return;
    g_autofree char *words = mask_words(server, connection, text);
    spoc_delivery_request_trace(request, stage, TRUE, name_of(server), words);
}

static void
on_warning(SpocConnection *connection, const char *text, gpointer user_data)
{
    SpocServer *server = user_data;
    const SpocDeliveryRequest *request = sponsor(server);
    g_autofree char *words = mask_words(server, connection, text);
    if (request != NULL)
        spoc_delivery_request_trace(request, SPOC_STAGE_STARTTLS, FALSE, name_of(server), words);
    if (!server->warned)
        server->events->warning(words, server->user_data);
    server->warned = TRUE;
}

static void
on_opened(SpocConnection *connection, gpointer user_data)
{
}

/* Perhaps said only because there are others: those that are still on their way will show. */
static gboolean
may_be_too_many(const SpocServer *server, const SpocFailure *failure)
{
    return failure->kind == SPOC_FAILURE_REPLY && server->connections->len > 1 &&
           (failure->reply_code == 421 || failure->reply_code == 432 || failure->reply_code == 454);
}

/* The other connections on their way would only find the same. */
static void
stop_opening(SpocServer *server, const SpocConnection *except)
{
    for (guint i = server->connections->len; i > 0; i--) {
        SpocConnection *other = g_ptr_array_index(server->connections, i - 1);
        if (other != except && spoc_connection_is_opening(other))
            spoc_connection_quit(other);
    }
}

static void
fail_opening(SpocServer *server, const SpocConnection *connection, SpocFailure failure,
             const char *raw_words)
{
    failure.others_work = others_work(server, connection) || may_be_too_many(server, &failure);
    SpocConsequence consequence = spoc_verdict(&failure);
    g_autofree char *words = mask_words(server, connection, raw_words);
    g_autofree char *sentence =
        spoc_remedy_sentence(&failure, words, server->settings, server->index);
    const SpocDeliveryRequest *request = sponsor(server);
    if (request != NULL)
        spoc_delivery_request_trace(request, failure.stage, FALSE, name_of(server), sentence);
    if (failure.others_work) {
        allow_fewer(server);
        return;
    }
    note_failure(server, consequence.verdict, failure.stage, words, sentence);
    stop_opening(server, connection);
    move_waiting_on(server);
}

static void
on_failed(SpocConnection *connection, const SpocFailure *failure, const char *words,
          gpointer user_data)
{
    fail_opening(user_data, connection, *failure, words);
}

static void
on_closed(SpocConnection *connection, gpointer user_data)
{
    SpocServer *server = user_data;
    g_ptr_array_remove_fast(server->connections, connection);
    spoc_connection_free(connection);
    ask_to_be_scheduled(server);
}

static const SpocConnectionEvents connection_events = {
    on_progress, on_warning, on_opened, on_failed, on_next, on_answered, on_finished, on_closed,
};

/* (nullable): what has to be there before a connection is made */
static const SpocTokens *
find_tokens(const SpocServer *server)
{
    if (server->kerberos != NULL)
        return spoc_kerberos_tokens(server->kerberos);
    return server->settings->method == SPOC_AUTHENTICATION_OAUTH2 ? server->settings->tokens : NULL;
}

static void
open_one(SpocServer *server)
{
    SpocConnection *connection =
        spoc_connection_new(server->context, server->curl_multi, server->settings, server->index,
                            &server->login, find_tokens(server), &connection_events, server);
    if (connection != NULL) {
        g_ptr_array_add(server->connections, connection);
        return;
    }
    SpocFailure failure = {.stage = SPOC_STAGE_CONNECT, .kind = SPOC_FAILURE_LOCAL};
    fail_opening(server, NULL, failure, "no memory or no descriptors for a connection");
}

static guint
count_opening(const SpocServer *server)
{
    guint count = 0;
    for (guint i = 0; i < server->connections->len; i++)
        count += spoc_connection_is_opening(g_ptr_array_index(server->connections, i)) ? 1 : 0;
    return count;
}

static gboolean
may_open(const SpocServer *server)
{
    if (server->failing)
        return server->connections->len == 0 && server->down_until_us <= g_get_monotonic_time();
    return server->connections->len < server->limit;
}

void
spoc_server_schedule(SpocServer *server)
{
    if (server->retired)
        return;
    /* From the end: one that closes when it is woken leaves the array. */
    for (guint i = server->connections->len; i > 0 && !g_queue_is_empty(&server->waiting); i--) {
        if (i <= server->connections->len)
            spoc_connection_wake(g_ptr_array_index(server->connections, i - 1));
    }
    allow_more(server);
    if (!g_queue_is_empty(&server->waiting) && stop_for_today(server))
        return;
    gboolean paced =
        !g_queue_is_empty(&server->waiting) && must_wait(server, g_get_monotonic_time());
    while (!paced && may_open(server) &&
           count_opening(server) < g_queue_get_length(&server->waiting))
        open_one(server);
    /* It failed, it is not due, and no connection is left that could tell more. */
    if (server->failing && server->connections->len == 0 && !(paced && may_open(server)))
        move_waiting_on(server);
}

/* From outside. */

SpocServer *
spoc_server_new(GMainContext *context, SpocCurlMulti *curl_multi, SpocDeliverySettings *settings,
                guint index, SpocPace *pace, SpocDayCount *day, const SpocServerEvents *events,
                gpointer user_data)
{
    SpocServer *server = g_new0(SpocServer, 1);
    server->context = g_main_context_ref(context);
    server->curl_multi = curl_multi;
    server->settings = spoc_settings_ref(settings);
    server->index = index;
    server->pace = pace;
    spoc_pace_set_limit(pace, settings->max_messages_per_minute);
    if (settings->method == SPOC_AUTHENTICATION_GSSAPI && settings->servers[index].host != NULL)
        server->kerberos =
            spoc_kerberos_new(settings->keytab, settings->user, settings->servers[index].host,
                              settings->silence_timeout_ms);
    server->day = day;
    day->limit = settings->max_messages_per_day;
    server->events = events;
    server->user_data = user_data;
    server->connections = g_ptr_array_new();
    server->limit = settings->max_connections;
    return server;
}

void
spoc_server_free(SpocServer *server)
{
    if (server == NULL)
        return;
    for (guint i = 0; i < server->connections->len; i++)
        spoc_connection_free(g_ptr_array_index(server->connections, i));
    g_ptr_array_unref(server->connections);
    spoc_kerberos_free(server->kerberos);
    g_queue_clear(&server->waiting);
    g_free(server->last_words);
    g_free(server->last_sentence);
    g_free(server->reported);
    g_free(server->refused);
    spoc_settings_unref(server->settings);
    g_main_context_unref(server->context);
    g_free(server);
}

void
spoc_server_submit(SpocServer *server, SpocDeliveryRequest *request)
{
    g_queue_push_tail(&server->waiting, request);
    ask_to_be_scheduled(server);
}

void
spoc_server_try_now(SpocServer *server)
{
    if (server->failing)
        server->down_until_us = MIN(server->down_until_us, g_get_monotonic_time());
}

SpocServerState
spoc_server_state(const SpocServer *server)
{
    return (SpocServerState){
        .usable = server->settings->servers[server->index].host != NULL,
        .failing = server->failing,
        .down_until_us = server->down_until_us,
        .probing = server->failing &&
                   server->in_progress + g_queue_get_length((GQueue *)&server->waiting) > 0,
    };
}

const char *
spoc_server_last_words(const SpocServer *server)
{
    return server->failing ? server->last_sentence : NULL;
}

gboolean
spoc_server_has_worked(const SpocServer *server)
{
    return server->has_worked;
}

const char *
spoc_server_take_unreported(SpocServer *server)
{
    if (!server->failing || g_strcmp0(server->reported, server->last_sentence) == 0)
        return NULL;
    g_free(server->reported);
    server->reported = g_strdup(server->last_sentence);
    return server->reported;
}

SpocStage
spoc_server_last_stage(const SpocServer *server)
{
    return server->last_stage;
}

gboolean
spoc_server_wants_mending(const SpocServer *server)
{
    return server->failing && server->last_verdict == SPOC_VERDICT_HOLD;
}

void
spoc_server_keep_count(SpocServer *server)
{
    if (!spoc_day_count_is_ahead(server->day))
        return;
    g_autofree char *text = spoc_day_count_text(server->day, FALSE);
    server->events->keep_count(server, text, server->user_data);
}

void
spoc_server_quit_idle(SpocServer *server)
{
    spoc_server_keep_count(server);
    for (guint i = server->connections->len; i > 0; i--) {
        SpocConnection *connection = g_ptr_array_index(server->connections, i - 1);
        if (spoc_connection_is_idle(connection))
            spoc_connection_quit(connection);
    }
}

GQueue *
spoc_server_retire(SpocServer *server)
{
    server->retired = TRUE;
    GQueue *requests = g_queue_new();
    SpocDeliveryRequest *request;
    while ((request = g_queue_pop_head(&server->waiting)) != NULL)
        g_queue_push_tail(requests, request);
    stop_opening(server, NULL);
    spoc_server_quit_idle(server);
    return requests;
}

gboolean
spoc_server_is_empty(const SpocServer *server)
{
    return server->in_progress == 0;
}
