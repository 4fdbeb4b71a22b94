/* SPDX-License-Identifier: Apache-2.0 */
#include "queue/bounces.h"

#include "base/error.h"
#include "message/bounce.h"
#include "queue/message.h"

#include <string.h>

/* What is kept of undeliverable mail, and after how many more that is looked at */
#define FAILED_MAX 1000
#define FAILED_MAX_BYTES ((guint64)1024 * 1024 * 1024)
#define FAILED_CHECK 100
/* A report that could not be written is tried again after so long. */
#define AGAIN_S 60

struct _SpocBounces {
    SpocSpool *spool;
    SpocLog *log;
    SpocBounceMadeFunc made;
    gpointer user_data;
    const SpocRuntime *runtime;
    GHashTable *pending; /* set of ids in failed/ */
    gint64 due_unix_s;   /* of the first of them */
    guint timer;
    guint failed; /* since failed/ was last looked at */
};

SpocBounces *
spoc_bounces_new(SpocSpool *spool, SpocLog *log, SpocBounceMadeFunc made, gpointer user_data)
{
    SpocBounces *bounces = g_new0(SpocBounces, 1);
    bounces->spool = spool;
    bounces->log = log;
    bounces->made = made;
    bounces->user_data = user_data;
    bounces->pending = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    return bounces;
}

void
spoc_bounces_free(SpocBounces *bounces)
{
    if (bounces == NULL)
        return;
    g_clear_handle_id(&bounces->timer, g_source_remove);
    g_hash_table_unref(bounces->pending);
    g_free(bounces);
}

void
spoc_bounces_use(SpocBounces *bounces, const SpocRuntime *runtime)
{
    bounces->runtime = runtime;
}

static const char *
report_to(const SpocBounces *bounces)
{
    if (bounces->runtime == NULL)
        return NULL;
    return spoc_config_string(bounces->runtime->config, SPOC_OPTION_MAIL_REPORT_TO);
}

gint64
spoc_bounces_due_unix_s(const SpocBounces *bounces, const SpocEnvelope *envelope, gint64 now_unix_s)
{
    if (report_to(bounces) == NULL || strcmp(envelope->kind, SPOC_BOUNCE_KIND) == 0)
        return 0;
    return now_unix_s + SPOC_BOUNCE_COLLECT_S;
}

static gboolean
on_due(gpointer user_data)
{
    SpocBounces *bounces = user_data;
    bounces->timer = 0;
    spoc_bounces_flush(bounces);
    return G_SOURCE_REMOVE;
}

static void
wait_until(SpocBounces *bounces, gint64 due_unix_s)
{
    gint64 now = g_get_real_time() / G_USEC_PER_SEC;
    gint64 wait_s = CLAMP(due_unix_s - now, 0, SPOC_BOUNCE_COLLECT_S);
    g_clear_handle_id(&bounces->timer, g_source_remove);
    bounces->due_unix_s = due_unix_s;
    bounces->timer = g_timeout_add_seconds((guint)wait_s, on_due, bounces);
}

static void
add_pending(SpocBounces *bounces, const char *id, gint64 due_unix_s)
{
    gboolean full = g_hash_table_size(bounces->pending) + 1 >= SPOC_BOUNCE_PENDING_MAX;
    g_hash_table_add(bounces->pending, g_strdup(id));
    if (full)
        wait_until(bounces, 0);
    else if (bounces->timer == 0 || due_unix_s < bounces->due_unix_s)
        wait_until(bounces, due_unix_s);
}

/* Anybody who can print can cause mail that is refused. */
static void
bound_failed(SpocBounces *bounces)
{
    guint removed = 0;
    g_autoptr(GError) error = NULL;
    bounces->failed = 0;
    if (!spoc_message_bound(bounces->spool, SPOC_STATE_FAILED, FAILED_MAX, FAILED_MAX_BYTES,
                            &removed, &error))
        spoc_log(bounces->log, SPOC_LOG_ERROR, "%s", error->message);
    if (removed > 0)
        spoc_log(bounces->log, SPOC_LOG_WARNING,
                 "%u undeliverable messages were removed, the oldest first: no more than %d of 1 "
                 "GiB are kept",
                 removed, FAILED_MAX);
}

void
spoc_bounces_note(SpocBounces *bounces, const SpocEnvelope *envelope)
{
    if (++bounces->failed >= FAILED_CHECK)
        bound_failed(bounces);
    if (envelope->next_attempt_unix_s != 0)
        add_pending(bounces, envelope->id, envelope->next_attempt_unix_s);
}

static void
learn_failed(const char *id, gint64 next_attempt_unix_s, gint64 changed_unix_s, gpointer bounces)
{
    /* More than fit now are learnt behind the next report. */
    if (next_attempt_unix_s != 0 &&
        g_hash_table_size(((SpocBounces *)bounces)->pending) < SPOC_BOUNCE_PENDING_MAX)
        add_pending(bounces, id, next_attempt_unix_s);
}

gboolean
spoc_bounces_load(SpocBounces *bounces, GError **error)
{
    return spoc_message_each(bounces->spool, SPOC_STATE_FAILED, learn_failed, bounces, error);
}

gboolean
spoc_bounces_is_pending(const SpocBounces *bounces)
{
    return g_hash_table_size(bounces->pending) > 0;
}

/* --- the report ------------------------------------------------------------------------- */

/* Adds each recipient who did not get the message. */
static void
add_returned(GArray *returned, const SpocEnvelope *envelope)
{
    for (guint i = 0; i < envelope->recipients->len; i++) {
        const SpocEnvelopeRecipient *recipient = g_ptr_array_index(envelope->recipients, i);
        const SpocReturned entry = {
            .id = envelope->id,
            .recipient = recipient->address,
            .subject = envelope->subject,
            .reason = envelope->reason != NULL ? envelope->reason : recipient->reply,
            .job_id = envelope->job_id,
            .created_unix_s = envelope->created_unix_s,
        };
        if (recipient->state == SPOC_STATE_FAILED)
            g_array_append_val(returned, entry);
    }
}

/* The envelopes of what is pending; those that were retried or deleted meanwhile are gone. */
static GPtrArray *
load_pending(const SpocBounces *bounces)
{
    GPtrArray *envelopes = g_ptr_array_new_with_free_func((GDestroyNotify)spoc_envelope_free);
    GHashTableIter place;
    gpointer id = NULL;
    g_hash_table_iter_init(&place, bounces->pending);
    while (g_hash_table_iter_next(&place, &id, NULL)) {
        g_autoptr(GError) error = NULL;
        SpocEnvelope *envelope = spoc_message_load(bounces->spool, SPOC_STATE_FAILED, id, &error);
        if (envelope != NULL)
            g_ptr_array_add(envelopes, envelope);
        else if (!g_error_matches(error, SPOC_ERROR, SPOC_ERROR_NOT_FOUND))
            spoc_log(bounces->log, SPOC_LOG_ERROR,
                     "%s: left out of the report about failed messages: %s", (const char *)id,
                     error->message);
    }
    return envelopes;
}

/* FALSE when it is to be tried again. */
static gboolean
make_report(SpocBounces *bounces, const GPtrArray *envelopes, const char *to)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GArray) returned = g_array_new(FALSE, FALSE, sizeof(SpocReturned));
    for (guint i = 0; i < envelopes->len; i++)
        add_returned(returned, g_ptr_array_index(envelopes, i));
    if (returned->len == 0)
        return TRUE;
    gint64 now = g_get_real_time() / G_USEC_PER_SEC;
    const SpocBounce content = {
        .returned = (const SpocReturned *)(gpointer)returned->data,
        .count = returned->len,
        .sender = bounces->runtime->sender,
        .sender_name = bounces->runtime->sender_name,
        .recipient = to,
        .host_name = bounces->runtime->host_name,
        .language = bounces->runtime->language,
        .now_unix_s = now,
    };
    g_autoptr(SpocComposedMail) mail = spoc_bounce_compose(&content, &error);
    if (mail == NULL) {
        spoc_log(bounces->log, SPOC_LOG_ERROR, "cannot report undeliverable mail to '%s': %s", to,
                 error->message);
        return TRUE;
    }
    /* RFC 5321 4.5.5: nobody answers a report. */
    g_autoptr(SpocMessage) message = spoc_message_from_mail(mail, SPOC_BOUNCE_KIND, "");
    spoc_envelope_add_recipient(message->envelope, to);
    message->envelope->next_attempt_unix_s = now;
    if (!spoc_message_add(bounces->spool, message, SPOC_STATE_WAITING, &error)) {
        spoc_log(bounces->log, SPOC_LOG_ERROR,
                 "the report of undeliverable mail cannot be written, trying again: %s",
                 error->message);
        return FALSE;
    }
    bounces->made(mail->id, bounces->user_data);
    return TRUE;
}

/* A power loss before these times are on the disk makes the same report once more, with the
 * same Message-ID. */
static void
forget_pending(SpocBounces *bounces)
{
    GHashTableIter place;
    gpointer id = NULL;
    g_hash_table_iter_init(&place, bounces->pending);
    while (g_hash_table_iter_next(&place, &id, NULL)) {
        g_autoptr(GError) error = NULL;
        if (!spoc_message_set_time(bounces->spool, SPOC_STATE_FAILED, id, 0, &error) &&
            !g_error_matches(error, SPOC_ERROR, SPOC_ERROR_NOT_FOUND))
            spoc_log(bounces->log, SPOC_LOG_ERROR, "%s", error->message);
    }
    g_hash_table_remove_all(bounces->pending);
}

void
spoc_bounces_flush(SpocBounces *bounces)
{
    g_clear_handle_id(&bounces->timer, g_source_remove);
    if (!spoc_bounces_is_pending(bounces))
        return;
    gboolean full = g_hash_table_size(bounces->pending) >= SPOC_BOUNCE_PENDING_MAX;
    const char *to = report_to(bounces);
    g_autoptr(GPtrArray) envelopes = to != NULL ? load_pending(bounces) : NULL;
    if (envelopes == NULL || make_report(bounces, envelopes, to))
        forget_pending(bounces);
    else
        wait_until(bounces, g_get_real_time() / G_USEC_PER_SEC + AGAIN_S);
    g_autoptr(GError) error = NULL;
    if (full && !spoc_bounces_is_pending(bounces) && !spoc_bounces_load(bounces, &error))
        spoc_log(bounces->log, SPOC_LOG_ERROR, "%s", error->message);
}

/* --- keeping ---------------------------------------------------------------------------- */

typedef struct {
    SpocBounces *bounces;
    gint64 before_unix_s;
    guint removed;
} Sweep;

static void
sweep_one(const char *id, gint64 next_attempt_unix_s, gint64 changed_unix_s, gpointer user_data)
{
    Sweep *sweep = user_data;
    g_autoptr(GError) error = NULL;
    if (changed_unix_s >= sweep->before_unix_s || next_attempt_unix_s != 0)
        return;
    if (spoc_message_delete(sweep->bounces->spool, SPOC_STATE_FAILED, id, &error))
        sweep->removed++;
    else
        spoc_log(sweep->bounces->log, SPOC_LOG_ERROR, "%s: %s", id, error->message);
}

void
spoc_bounces_sweep(SpocBounces *bounces, gint64 now_unix_s)
{
    gint64 keep_s =
        spoc_config_duration_ms(bounces->runtime->config, SPOC_OPTION_MAIL_KEEP_FAILED) / 1000;
    Sweep sweep = {.bounces = bounces, .before_unix_s = now_unix_s - keep_s};
    g_autoptr(GError) error = NULL;
    if (!spoc_message_each(bounces->spool, SPOC_STATE_FAILED, sweep_one, &sweep, &error))
        spoc_log(bounces->log, SPOC_LOG_ERROR, "%s", error->message);
    if (sweep.removed > 0)
        spoc_log(bounces->log, SPOC_LOG_INFO,
                 "%u undeliverable messages were removed: they were kept for mailKeepFailed",
                 sweep.removed);
    bound_failed(bounces);
}
