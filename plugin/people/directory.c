/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The worker thread and the main loop share Shared, which whoever lets go of it last frees;
 * questions go over a queue, answers come back as idle sources. Who waits is known on the main
 * loop's side alone: each has a source of its own, which is made ready when the last of its
 * questions is answered. So an identifier stays good after the directory is gone.
 */
#include "people/directory.h"

#include "base/error.h"
#include "base/text.h"
#include "people/directory-link.h"

#include <signal.h>
#include <string.h>

#define USERS_MAX 10000
#define ABSENCE_BELIEVED_US (60 * G_USEC_PER_SEC)

/* An answer lives at least so long: whoever asked for several must find them all. */
#define ANSWER_MIN_US (15 * G_USEC_PER_SEC)

/* How long freeing a directory waits for its thread at most */
#define END_WITHIN_US (300 * 1000)

/* While no server can be asked, the next try comes after this. */
#define AWAY_BELIEVED_US (3 * G_USEC_PER_SEC)

/* A connection that is not used is given up after this. */
#define REST_AFTER_US (20 * G_USEC_PER_SEC)

#define SHOWN_USER_MAX_BYTES 100

typedef struct {
    char *user; /* (nullable): NULL tells the thread to end */
    SpocDirectoryAnswer answer;
} Question;

typedef struct {
    GAsyncQueue *questions;
    GMainContext *context;
    GCancellable *cancellable;
    GMutex mutex; /* of the two below */
    GCond ended;
    gboolean has_ended; /* the thread has hung up, and does nothing more */
    SpocDirectorySettings *settings;
    SpocDirectory *directory; /* (nullable): touched on the main context alone; NULL once freed */
} Shared;

/* One who waits: counted, held by each question that it waits for */
typedef struct {
    GSource *source;
    guint missing;
} Ask;

/* A question under way */
typedef struct {
    GPtrArray *asks;
    gboolean is_sent; /* not while all are away */
} Pending;

struct _SpocDirectory {
    GThread *thread;
    Shared *shared;
    SpocDirectoryCache *cache;
    GHashTable *pending; /* user → Pending */
    gint64 found_us, absent_us;
    char *away_words;   /* (nullable): no server can be asked, and why */
    gint64 next_try_us; /* then */
    GSource *retry;     /* (nullable) */
    SpocDirectoryChangedFunc changed;
    gpointer changed_data;
};

static void
question_free(Question *question)
{
    spoc_directory_answer_clear(&question->answer);
    g_free(question->user);
    g_free(question);
}

static void
shared_clear(gpointer data)
{
    Shared *shared = data;
    g_async_queue_unref(shared->questions);
    g_main_context_unref(shared->context);
    g_object_unref(shared->cancellable);
    g_mutex_clear(&shared->mutex);
    g_cond_clear(&shared->ended);
    spoc_directory_settings_free(shared->settings);
}

static void
shared_release(Shared *shared)
{
    g_atomic_rc_box_release_full(shared, shared_clear);
}

/* --- the worker thread ------------------------------------------------------------------ */

typedef struct {
    Shared *shared;
    Question *question;
} Reply;

static void
reply_free(gpointer data)
{
    Reply *reply = data;
    question_free(reply->question);
    shared_release(reply->shared);
    g_free(reply);
}

static gboolean on_reply(gpointer data);

static void
send_back(Shared *shared, Question *question)
{
    Reply *reply = g_new0(Reply, 1);
    reply->shared = g_atomic_rc_box_acquire(shared);
    reply->question = question;
    GSource *source = g_idle_source_new();
    g_source_set_priority(source, G_PRIORITY_DEFAULT);
    g_source_set_callback(source, on_reply, reply, reply_free);
    g_source_attach(source, shared->context);
    g_source_unref(source);
}

/* Signals are the main loop's, and OpenSSL writes without MSG_NOSIGNAL. */
static void
block_signals(void)
{
    sigset_t all;
    sigfillset(&all);
    (void)pthread_sigmask(SIG_BLOCK, &all, NULL);
}

static gpointer
run_worker(gpointer data)
{
    Shared *shared = data;
    block_signals();
    SpocDirectoryLink *link = spoc_directory_link_new(shared->settings, shared->cancellable);
    g_autofree char *away_words = NULL;
    gint64 away_until_us = 0;
    for (;;) {
        Question *question = link != NULL && spoc_directory_link_is_connected(link)
                                 ? g_async_queue_timeout_pop(shared->questions, REST_AFTER_US)
                                 : g_async_queue_pop(shared->questions);
        if (question == NULL) {
            spoc_directory_link_rest(link);
            continue;
        }
        if (question->user == NULL) {
            question_free(question);
            break;
        }
        /* Those behind one that found all away need not wait for the time-out again. */
        if (away_words != NULL && g_get_monotonic_time() < away_until_us) {
            question->answer.outcome = SPOC_DIRECTORY_AWAY;
            question->answer.words = g_strdup(away_words);
        } else {
            spoc_directory_link_ask(link, question->user, &question->answer);
            g_free(away_words);
            away_words = question->answer.outcome == SPOC_DIRECTORY_AWAY
                             ? g_strdup(question->answer.words)
                             : NULL;
            away_until_us = g_get_monotonic_time() + AWAY_BELIEVED_US / 2;
        }
        send_back(shared, question);
    }
    spoc_directory_link_free(link);
    g_mutex_lock(&shared->mutex);
    shared->has_ended = TRUE;
    g_cond_signal(&shared->ended);
    g_mutex_unlock(&shared->mutex);
    shared_release(shared);
    return NULL;
}

/* --- who waits -------------------------------------------------------------------------- */

typedef struct {
    GSource source;
    SpocAnsweredFunc answered;
    gpointer user_data;
} AskSource;

static gboolean
ask_dispatch(GSource *source, GSourceFunc unused, gpointer data)
{
    const AskSource *ask = (const AskSource *)source;
    ask->answered(ask->user_data);
    return G_SOURCE_REMOVE;
}

static void
ask_clear(gpointer data)
{
    Ask *ask = data;
    g_source_unref(ask->source);
}

static void
ask_release(gpointer ask)
{
    g_rc_box_release_full(ask, ask_clear);
}

static void
ask_answered(Ask *ask)
{
    ask->missing--;
    if (ask->missing == 0)
        g_source_set_ready_time(ask->source, 0);
}

static Ask *
ask_new(GMainContext *context, SpocAnsweredFunc answered, gpointer user_data, guint *ret_id)
{
    static const GSourceFuncs functions = {.dispatch = ask_dispatch};
    Ask *ask = g_rc_box_new0(Ask);
    ask->source = g_source_new((GSourceFuncs *)&functions, sizeof(AskSource));
    ((AskSource *)ask->source)->answered = answered;
    ((AskSource *)ask->source)->user_data = user_data;
    ask->missing = 1; /* the asking itself */
    *ret_id = g_source_attach(ask->source, context);
    return ask;
}

static void
pending_free(gpointer data)
{
    Pending *pending = data;
    for (guint i = 0; i < pending->asks->len; i++)
        ask_answered(g_ptr_array_index(pending->asks, i));
    g_ptr_array_unref(pending->asks);
    g_free(pending);
}

/* --- questions -------------------------------------------------------------------------- */

static gboolean
is_away(const SpocDirectory *directory)
{
    return directory->away_words != NULL && g_get_monotonic_time() < directory->next_try_us;
}

static void
send_question(SpocDirectory *directory, const char *user, Pending *pending)
{
    pending->is_sent = TRUE;
    Question *question = g_new0(Question, 1);
    question->user = g_strdup(user);
    g_async_queue_push(directory->shared->questions, question);
}

static void
send_questions(SpocDirectory *directory)
{
    GHashTableIter place;
    gpointer user = NULL, value = NULL;
    g_hash_table_iter_init(&place, directory->pending);
    while (g_hash_table_iter_next(&place, &user, &value)) {
        Pending *pending = value;
        if (!pending->is_sent)
            send_question(directory, user, pending);
    }
}

static void
stop_retry(SpocDirectory *directory)
{
    if (directory->retry == NULL)
        return;
    g_source_destroy(directory->retry);
    g_clear_pointer(&directory->retry, g_source_unref);
}

static gboolean
on_retry(gpointer user_data)
{
    SpocDirectory *directory = user_data;
    stop_retry(directory);
    send_questions(directory);
    return G_SOURCE_REMOVE;
}

static void
arm_retry(SpocDirectory *directory)
{
    if (directory->retry != NULL)
        return;
    gint64 left_us = MAX(0, directory->next_try_us - g_get_monotonic_time());
    directory->retry = g_timeout_source_new((guint)(left_us / 1000) + 1);
    g_source_set_callback(directory->retry, on_retry, directory, NULL);
    g_source_attach(directory->retry, directory->shared->context);
}

static void
put_question(SpocDirectory *directory, const char *user, Ask *ask)
{
    Pending *pending = g_hash_table_lookup(directory->pending, user);
    if (pending == NULL) {
        pending = g_new0(Pending, 1);
        pending->asks = g_ptr_array_new_with_free_func(ask_release);
        g_hash_table_insert(directory->pending, g_strdup(user), pending);
        if (is_away(directory))
            arm_retry(directory);
        else
            send_question(directory, user, pending);
    }
    ask->missing++;
    g_ptr_array_add(pending->asks, g_rc_box_acquire(ask));
}

guint
spoc_directory_ask(SpocDirectory *directory, const char *const *users, SpocAnsweredFunc answered,
                   gpointer user_data)
{
    guint id = 0;
    g_autoptr(GMainContext) context = g_main_context_ref_thread_default();
    Ask *ask = ask_new(context, answered, user_data, &id);
    for (gsize i = 0; directory != NULL && users[i] != NULL; i++) {
        if (spoc_directory_cache_get(directory->cache, users[i], g_get_monotonic_time()) == NULL)
            put_question(directory, users[i], ask);
    }
    ask_answered(ask);
    ask_release(ask);
    return id;
}

void
spoc_directory_ask_cancel(guint id)
{
    g_autoptr(GMainContext) context = g_main_context_ref_thread_default();
    GSource *source = g_main_context_find_source_by_id(context, id);
    if (source != NULL)
        g_source_destroy(source);
}

/* --- answers ---------------------------------------------------------------------------- */

static void
go_away(SpocDirectory *directory, const char *words)
{
    gboolean is_new = directory->away_words == NULL;
    if (is_new || !is_away(directory))
        directory->next_try_us = g_get_monotonic_time() + AWAY_BELIEVED_US;
    g_free(directory->away_words);
    directory->away_words = g_strdup(words);
    if (is_new && directory->changed != NULL)
        directory->changed(words, directory->changed_data);
}

static void
come_back(SpocDirectory *directory)
{
    if (directory->away_words == NULL)
        return;
    g_clear_pointer(&directory->away_words, g_free);
    stop_retry(directory);
    send_questions(directory);
    if (directory->changed != NULL)
        directory->changed(NULL, directory->changed_data);
}

/* On the main context */
static gboolean
on_reply(gpointer data)
{
    Reply *reply = data;
    Question *question = reply->question;
    SpocDirectory *directory = reply->shared->directory;
    if (directory == NULL)
        return G_SOURCE_REMOVE;
    if (question->answer.outcome == SPOC_DIRECTORY_AWAY) {
        go_away(directory, question->answer.words);
    } else {
        come_back(directory);
        gint64 life_us = question->answer.outcome == SPOC_DIRECTORY_FOUND ? directory->found_us
                                                                          : directory->absent_us;
        spoc_directory_cache_put(directory->cache, question->user, &question->answer,
                                 g_get_monotonic_time() + life_us);
    }
    (void)g_hash_table_remove(directory->pending, question->user);
    return G_SOURCE_REMOVE;
}

/* Whoever is called for the user's name shows where was looked for it. */
static void
set_refusal(const SpocDirectory *directory, const char *user, SpocErrorCode code, const char *what,
            const char *about, GError **error)
{
    const SpocDirectorySettings *settings = directory->shared->settings;
    g_autofree char *shown = spoc_text_line(user, -1, SHOWN_USER_MAX_BYTES);
    g_set_error(error, SPOC_ERROR, code,
                "the directory has %s for the user '%s'%s (below '%s', filter %s)", what, shown,
                about, settings->base != NULL ? settings->base : "", settings->filter);
}

static gboolean
take_answer(const SpocDirectory *directory, const char *user, const SpocDirectoryAnswer *answer,
            SpocDirectoryEntry *ret_entry, GError **error)
{
    switch (answer->outcome) {
    case SPOC_DIRECTORY_FOUND:
        *ret_entry = (SpocDirectoryEntry){answer->address, answer->name, answer->language};
        return TRUE;
    case SPOC_DIRECTORY_SEVERAL:
        set_refusal(directory, user, SPOC_ERROR_INVALID, "more than one entry", "", error);
        return FALSE;
    case SPOC_DIRECTORY_NO_ADDRESS: {
        g_autofree char *about =
            g_strdup_printf(": the attribute %s of %s holds none",
                            directory->shared->settings->address_attribute, answer->words);
        set_refusal(directory, user, SPOC_ERROR_INVALID, "no address that can be mailed", about,
                    error);
        return FALSE;
    }
    default:
        set_refusal(directory, user, SPOC_ERROR_NOT_FOUND, "no entry", "", error);
        return FALSE;
    }
}

gboolean
spoc_directory_find(SpocDirectory *directory, const char *user, SpocDirectoryEntry *ret_entry,
                    GError **error)
{
    const SpocDirectoryAnswer *answer =
        spoc_directory_cache_get(directory->cache, user, g_get_monotonic_time());
    if (answer != NULL)
        return take_answer(directory, user, answer, ret_entry, error);
    if (is_away(directory))
        g_set_error(error, SPOC_ERROR, SPOC_ERROR_UNAVAILABLE,
                    "the directory of recipientLdapUri cannot be asked: %s", directory->away_words);
    else
        g_set_error(error, SPOC_ERROR, SPOC_ERROR_PENDING, "looking up '%s' in the directory",
                    user);
    return FALSE;
}

/* --- beginning and end ------------------------------------------------------------------ */

SpocDirectory *
spoc_directory_new(const SpocConfig *config, SpocTls *tls)
{
    if (spoc_config_list(config, SPOC_OPTION_RECIPIENT_LDAP_URI)[0] == NULL)
        return NULL;
    Shared *shared = g_atomic_rc_box_new0(Shared);
    shared->questions = g_async_queue_new_full((GDestroyNotify)question_free);
    shared->context = g_main_context_ref_thread_default();
    shared->cancellable = g_cancellable_new();
    g_mutex_init(&shared->mutex);
    g_cond_init(&shared->ended);
    shared->settings = spoc_directory_settings_new(config, tls);

    SpocDirectory *directory = g_new0(SpocDirectory, 1);
    gint64 life_us = spoc_config_duration_ms(config, SPOC_OPTION_RECIPIENT_LDAP_CACHE_TIME) * 1000;
    directory->found_us = MAX(life_us, ANSWER_MIN_US);
    directory->absent_us = CLAMP(life_us, ANSWER_MIN_US, ABSENCE_BELIEVED_US);
    directory->shared = shared;
    directory->cache = spoc_directory_cache_new(USERS_MAX);
    directory->pending = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, pending_free);
    shared->directory = directory;
    directory->thread = g_thread_new("spoc-directory", run_worker, g_atomic_rc_box_acquire(shared));
    return directory;
}

void
spoc_directory_set_changed(SpocDirectory *directory, SpocDirectoryChangedFunc changed,
                           gpointer user_data)
{
    directory->changed = changed;
    directory->changed_data = user_data;
}

/* A thread that hangs up while the process ends would find OpenSSL taken down. It is told to leave
 * off, which it does at once but in a name lookup or Kerberos: that is not waited for. */
static void
end_thread(SpocDirectory *directory)
{
    Shared *shared = directory->shared;
    gint64 until_us = g_get_monotonic_time() + END_WITHIN_US;
    g_mutex_lock(&shared->mutex);
    while (!shared->has_ended && g_cond_wait_until(&shared->ended, &shared->mutex, until_us))
        ;
    gboolean has_ended = shared->has_ended;
    g_mutex_unlock(&shared->mutex);
    if (has_ended)
        g_thread_join(directory->thread);
    else
        g_thread_unref(directory->thread);
}

void
spoc_directory_free(SpocDirectory *directory)
{
    if (directory == NULL)
        return;
    for (Question *left; (left = g_async_queue_try_pop(directory->shared->questions)) != NULL;)
        question_free(left);
    g_async_queue_push(directory->shared->questions, g_new0(Question, 1));
    g_cancellable_cancel(directory->shared->cancellable);
    directory->shared->directory = NULL;
    end_thread(directory);
    shared_release(directory->shared);
    stop_retry(directory);
    g_hash_table_unref(directory->pending);
    spoc_directory_cache_free(directory->cache);
    g_free(directory->away_words);
    g_free(directory);
}

char *
spoc_directory_problem(const SpocConfig *config)
{
    const char *filter = spoc_config_string(config, SPOC_OPTION_RECIPIENT_LDAP_FILTER);
    if (spoc_config_list(config, SPOC_OPTION_RECIPIENT_LDAP_URI)[0] == NULL)
        return NULL;
    if (!spoc_directory_is_supported())
        return g_strdup("recipientLdapUri is set, but this build of cups-spoc has no LDAP; use "
                        "one that has (meson -Dldap=enabled), or take the line out");
    if (filter != NULL && spoc_directory_filter_is_valid(filter))
        return NULL;
    g_autofree char *shown = spoc_text_line(filter, -1, 200);
    return g_strdup_printf("recipientLdapFilter: '%s' is no filter; accepted: one as of RFC 4515, "
                           "such as (uid=%%u)",
                           shown);
}
