/* SPDX-License-Identifier: Apache-2.0 */
#include "notify/journal-set.h"

#include "base/durable.h"
#include "base/error.h"
#include "queue/list-item.h"
#include "spool/pending-marks.h"

#include <string.h>
#include <unistd.h>

/* Open at once; the others wait for one of these to be done. */
#define CONSUMERS_MAX 1000

struct _SpocJournalSet {
    const SpocNotifyContext *context;
    SpocAggregator *aggregator;
    GPtrArray *consumers; /* of SpocJournalConsumer */
    GHashTable *by_name;  /* journal name → SpocJournalConsumer, the array's */
    guint turn;           /* which is the first in the next round */
    SpocEventBudget budget;
};

SpocJournalSet *
spoc_journal_set_new(const SpocNotifyContext *context, SpocAggregator *aggregator)
{
    SpocJournalSet *journals = g_new0(SpocJournalSet, 1);
    g_autoptr(GError) error = NULL;
    if (!spoc_pending_marks_finish(context->spool, &error))
        spoc_log(context->log, SPOC_LOG_ERROR, "%s", error->message);
    journals->context = context;
    journals->aggregator = aggregator;
    journals->consumers =
        g_ptr_array_new_with_free_func((GDestroyNotify)spoc_journal_consumer_free);
    journals->by_name = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    return journals;
}

void
spoc_journal_set_free(SpocJournalSet *journals)
{
    if (journals == NULL)
        return;
    g_ptr_array_unref(journals->consumers);
    g_hash_table_unref(journals->by_name);
    g_free(journals);
}

guint
spoc_journal_set_count(const SpocJournalSet *journals)
{
    return journals->consumers->len;
}

static void
log_failure(const SpocJournalSet *journals, const char *what, const GError *error)
{
    spoc_log(journals->context->log, SPOC_LOG_ERROR, "%s: %s", what, error->message);
}

/* FALSE: a passing fault */
static gboolean
open_consumer(SpocJournalSet *journals, const char *name)
{
    const SpocNotifyContext *context = journals->context;
    g_autoptr(GError) error = NULL;
    SpocJournalConsumer *consumer =
        spoc_journal_consumer_open(context, journals->aggregator, &journals->budget, name, &error);
    if (consumer != NULL) {
        g_ptr_array_add(journals->consumers, consumer);
        g_hash_table_insert(journals->by_name, g_strdup(name), consumer);
        if (spoc_journal_consumer_refresh(consumer, &error))
            return TRUE;
        log_failure(journals, name, error);
        return FALSE; /* it stays open: CUPS may have been asked already */
    }
    log_failure(journals, name, error);
    if (!g_error_matches(error, SPOC_ERROR, SPOC_ERROR_CORRUPT))
        return FALSE;
    g_clear_error(&error);
    if (!spoc_spool_set_aside(context->spool, "events", name, &error))
        log_failure(journals, name, error);
    else
        spoc_log(context->log, SPOC_LOG_ERROR, "%s: set aside in %s/corrupt", name,
                 spoc_spool_path(context->spool));
    return TRUE;
}

gboolean
spoc_journal_set_rescan(SpocJournalSet *journals)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) names = spoc_journal_list(journals->context->spool, &error);
    if (names == NULL) {
        log_failure(journals, "cannot list the journals", error);
        return FALSE;
    }
    gboolean good = TRUE;
    for (guint i = 0; i < names->len; i++) {
        const char *name = g_ptr_array_index(names, i);
        SpocJournalConsumer *consumer = g_hash_table_lookup(journals->by_name, name);
        g_autoptr(GError) failure = NULL;
        if (consumer == NULL && journals->consumers->len < CONSUMERS_MAX) {
            good &= open_consumer(journals, name);
        } else if (consumer == NULL) {
            /* What waits for company must not keep others out. */
            (void)spoc_aggregator_close(journals->aggregator, TRUE);
        } else if (!spoc_journal_consumer_refresh(consumer, &failure)) {
            log_failure(journals, name, failure);
            good = FALSE;
        }
    }
    return good;
}

/* Each gets its turn to be the first. */
gboolean
spoc_journal_set_step(SpocJournalSet *journals)
{
    gboolean more = FALSE;
    guint count = journals->consumers->len;
    guint first = count > 0 ? journals->turn++ % count : 0;
    for (guint i = 0; i < count; i++)
        more |=
            spoc_journal_consumer_step(g_ptr_array_index(journals->consumers, (first + i) % count));
    return more;
}

void
spoc_journal_set_note_ends(SpocJournalSet *journals)
{
    for (guint i = 0; i < journals->consumers->len; i++)
        spoc_journal_consumer_note_end(g_ptr_array_index(journals->consumers, i));
}

gboolean
spoc_journal_set_are_past_ends(const SpocJournalSet *journals)
{
    for (guint i = 0; i < journals->consumers->len; i++)
        if (!spoc_journal_consumer_is_past_end(g_ptr_array_index(journals->consumers, i)))
            return FALSE;
    return TRUE;
}

gboolean
spoc_journal_set_remove_done(SpocJournalSet *journals)
{
    gboolean room = FALSE;
    for (guint i = journals->consumers->len; i > 0; i--) {
        SpocJournalConsumer *consumer = g_ptr_array_index(journals->consumers, i - 1);
        g_autoptr(GError) error = NULL;
        if (spoc_journal_consumer_status(consumer) != SPOC_JOURNAL_CONSUMER_DONE)
            continue;
        SpocJournal *journal = spoc_journal_consumer_journal(consumer);
        if (!spoc_journal_delete(journal, &error)) {
            log_failure(journals, "cannot remove a finished journal", error);
            continue;
        }
        (void)g_hash_table_remove(journals->by_name, spoc_journal_name(journal));
        g_ptr_array_remove_index_fast(journals->consumers, i - 1);
        room |= journals->consumers->len == CONSUMERS_MAX - 1;
    }
    return room;
}

gboolean
spoc_journal_set_any(const SpocJournalSet *journals, SpocJournalConsumerStatus status)
{
    for (guint i = 0; i < journals->consumers->len; i++)
        if (spoc_journal_consumer_status(g_ptr_array_index(journals->consumers, i)) == status)
            return TRUE;
    return FALSE;
}

void
spoc_journal_set_sync(SpocJournalSet *journals)
{
    for (guint i = 0; i < journals->consumers->len; i++) {
        g_autoptr(GError) error = NULL;
        SpocJournal *journal =
            spoc_journal_consumer_journal(g_ptr_array_index(journals->consumers, i));
        if (!spoc_journal_sync_marks(journal, &error) || !spoc_journal_sync_notes(journal, &error))
            log_failure(journals, "cannot sync what is done", error);
    }
}

/* --- what keeps the events --------------------------------------------------------------- */

char *
spoc_journal_set_waits(SpocJournalSet *journals)
{
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < journals->consumers->len; i++)
        spoc_journal_consumer_forget_wait(g_ptr_array_index(journals->consumers, i));
    spoc_aggregator_each_wait(journals->aggregator, spoc_journal_consumer_take_wait);
    for (guint i = 0; i < journals->consumers->len; i++) {
        const SpocJournalConsumer *consumer = g_ptr_array_index(journals->consumers, i);
        gint64 until_unix_s = 0;
        g_autofree char *reason = spoc_journal_consumer_reason(consumer, &until_unix_s);
        if (reason == NULL)
            continue;
        const char *name = spoc_journal_name(spoc_journal_consumer_journal(consumer));
        g_autofree char *line = spoc_wait_line(name, until_unix_s, reason);
        g_string_append_printf(text, "%s\n", line);
    }
    return g_string_free(text, FALSE);
}

void
spoc_journal_set_forget_waits(SpocJournalSet *journals)
{
    (void)unlinkat(spoc_spool_folder_fd(journals->context->spool, "state"), SPOC_WAITS_FILE, 0);
}

void
spoc_journal_set_keep_waits(SpocJournalSet *journals)
{
    const SpocNotifyContext *context = journals->context;
    g_autoptr(GError) error = NULL;
    g_autofree char *text = spoc_journal_set_waits(journals);
    if (*text == '\0')
        spoc_journal_set_forget_waits(journals);
    else if (!spoc_durable_replace(spoc_spool_folder_fd(context->spool, "state"), SPOC_WAITS_FILE,
                                   text, strlen(text), 0600, NULL, &error))
        spoc_log(
            context->log, SPOC_LOG_WARNING,
            "cannot write what the events wait for, so 'spocctl queue list' does not show it: %s",
            error->message);
}
