/* SPDX-License-Identifier: Apache-2.0 */
#include "notify/event-reader.h"

/* Bytes read at a time; one event is about 520. */
#define CHUNK_BYTES 16384

/* Memory for each byte of an event once it is parsed: cupsd's take 2 to 3, and what is made of
 * many short values up to 7 */
#define MEMORY_FACTOR 4

struct _SpocEventReader {
    SpocJournal *journal;
    SpocEventBudget *budget;
    const SpocEventReaderFuncs *funcs;
    gpointer user_data;
    guint64 learned;        /* learn() was called for all before this */
    guint64 parsed;         /* all before this was handled, or is kept */
    GQueue kept;            /* of SpocEvent: without a gap before @parsed */
    guint64 exhausted_size; /* of the journal when nothing whole was left to be handled */
};

SpocEventReader *
spoc_event_reader_new(SpocJournal *journal, SpocEventBudget *budget,
                      const SpocEventReaderFuncs *funcs, gpointer user_data)
{
    SpocEventReader *reader = g_new0(SpocEventReader, 1);
    *reader = (SpocEventReader){.journal = journal,
                                .budget = budget,
                                .funcs = funcs,
                                .user_data = user_data,
                                .parsed = spoc_journal_marked_before(journal),
                                .exhausted_size = G_MAXUINT64};
    g_queue_init(&reader->kept);
    return reader;
}

/* --- what is kept ------------------------------------------------------------------------- */

static gboolean
keep_event(SpocEventReader *reader, const SpocEvent *event)
{
    gsize cost = event->length_bytes * MEMORY_FACTOR;
    if (reader->budget->events >= SPOC_EVENT_BUDGET_EVENTS ||
        reader->budget->bytes + cost > SPOC_EVENT_BUDGET_BYTES)
        return FALSE;
    reader->budget->events++;
    reader->budget->bytes += cost;
    g_queue_push_tail(&reader->kept, spoc_event_ref(event));
    return TRUE;
}

static void
drop_kept_event(SpocEventReader *reader)
{
    g_autoptr(SpocEvent) event = g_queue_pop_head(&reader->kept);
    reader->budget->events--;
    reader->budget->bytes -= event->length_bytes * MEMORY_FACTOR;
}

void
spoc_event_reader_free(SpocEventReader *reader)
{
    if (reader == NULL)
        return;
    while (!g_queue_is_empty(&reader->kept))
        drop_kept_event(reader);
    g_free(reader);
}

/* --- reading ------------------------------------------------------------------------------ */

/* Where a pass over the journal is */
typedef struct {
    guint64 place;
    gboolean is_ahead; /* it learns; else it handles */
    guint events_left; /* to be handled */
    gboolean is_stopped;
} Pass;

/* FALSE: the pass stops before this event. */
static gboolean
pass_event(SpocEventReader *reader, Pass *pass, const SpocEvent *event)
{
    if (pass->is_ahead) {
        reader->funcs->learn(event, reader->user_data);
        if (pass->place == reader->parsed && keep_event(reader, event))
            reader->parsed += event->length_bytes;
        return TRUE;
    }
    gboolean is_handled = pass->events_left > 0 && reader->funcs->handle(event, reader->user_data);
    if (is_handled)
        pass->events_left--;
    if (is_handled || keep_event(reader, event))
        reader->parsed += event->length_bytes;
    pass->is_stopped = !is_handled;
    return is_handled;
}

/* @complete: no byte comes behind these. Returns how many of them were dealt with. */
static gsize
pass_chunk(SpocEventReader *reader, Pass *pass, const guint8 *chunk, gsize size, gboolean complete)
{
    gsize used = 0;
    while (used < size) {
        gsize consumed = 0;
        g_autoptr(SpocEvent) event = NULL;
        SpocScanResult result =
            spoc_event_scan(chunk + used, size - used, pass->place, complete, &consumed, &event);
        if (result == SPOC_SCAN_MORE || result == SPOC_SCAN_END)
            break;
        if (result == SPOC_SCAN_DAMAGED && pass->place == reader->parsed) {
            reader->funcs->damaged(pass->place, consumed, reader->user_data);
            reader->parsed += consumed;
        }
        if (result == SPOC_SCAN_EVENT && !pass_event(reader, pass, event))
            break;
        used += consumed;
        pass->place += consumed;
    }
    return used;
}

static gboolean
pass_journal(SpocEventReader *reader, Pass *pass, gboolean ended, GError **error)
{
    guint64 journal_size = spoc_journal_size(reader->journal);
    if (pass->place >= journal_size)
        return TRUE;
    g_autofree guint8 *chunk = g_malloc(SPOC_EVENT_MAX_BYTES + 1);
    gsize chunk_size = CHUNK_BYTES;
    while (pass->place < journal_size && !pass->is_stopped) {
        guint64 start = pass->place;
        gssize count = spoc_journal_read(reader->journal, start, chunk, chunk_size, error);
        if (count < 0)
            return FALSE;
        gboolean at_end = start + (guint64)count >= journal_size;
        gsize used = pass_chunk(reader, pass, chunk, (gsize)count, ended && at_end);
        if (used == 0 && (at_end || chunk_size > CHUNK_BYTES))
            break; /* what is left is not whole yet */
        chunk_size = used > 0 ? CHUNK_BYTES : SPOC_EVENT_MAX_BYTES + 1;
    }
    return TRUE;
}

gboolean
spoc_event_reader_look_ahead(SpocEventReader *reader, gboolean ended, GError **error)
{
    Pass pass = {.place = reader->learned, .is_ahead = TRUE};
    gboolean is_good = pass_journal(reader, &pass, ended, error);
    reader->learned = pass.place;
    return is_good;
}

gboolean
spoc_event_reader_run(SpocEventReader *reader, gboolean ended, guint events_max, gboolean *ret_more,
                      GError **error)
{
    Pass pass = {.events_left = events_max};
    *ret_more = FALSE;
    for (const SpocEvent *event = NULL; (event = g_queue_peek_head(&reader->kept)) != NULL;
         pass.events_left--) {
        *ret_more = pass.events_left == 0 || !reader->funcs->handle(event, reader->user_data);
        if (*ret_more)
            return TRUE;
        drop_kept_event(reader);
    }
    guint64 size = spoc_journal_size(reader->journal);
    pass.place = reader->parsed;
    if (!pass_journal(reader, &pass, ended, error))
        return FALSE;
    *ret_more = pass.is_stopped;
    if (!pass.is_stopped)
        reader->exhausted_size = size;
    return TRUE;
}

guint64
spoc_event_reader_position(const SpocEventReader *reader)
{
    const SpocEvent *next = g_queue_peek_head((GQueue *)&reader->kept);
    return next != NULL ? next->offset : reader->parsed;
}

gboolean
spoc_event_reader_is_behind(const SpocEventReader *reader)
{
    guint64 size = spoc_journal_size(reader->journal);
    return spoc_event_reader_position(reader) < size && reader->exhausted_size != size;
}
