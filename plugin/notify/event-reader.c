/* SPDX-License-Identifier: Apache-2.0 */
#include "notify/event-reader.h"

#include "base/address.h"

/* Bytes read at a time; one event is about 520. */
#define CHUNK_BYTES 16384

typedef struct {
    guint events_left;
    SpocEventReaderEventFunc event;
    SpocEventReaderDamagedFunc damaged;
    gpointer user_data;
} Reader;

/**
 * scan_chunk:
 * @complete: no byte comes behind these
 * @ret_used: (out): bytes of it that are dealt with
 *
 * Returns: whether the reading is to stop
 */
static gboolean
scan_chunk(Reader *reader, const guint8 *chunk, gsize size, guint64 start, gboolean complete,
           gsize *ret_used)
{
    gsize used = 0;
    *ret_used = 0;
    while (used < size) {
        gsize consumed = 0;
        g_autoptr(SpocEvent) event = NULL;
        SpocScanResult result =
            spoc_event_scan(chunk + used, size - used, start + used, complete, &consumed, &event);
        if (result == SPOC_SCAN_MORE || result == SPOC_SCAN_END)
            return FALSE;
        if (result == SPOC_SCAN_DAMAGED && reader->damaged != NULL)
            reader->damaged(start + used, consumed, reader->user_data);
        if (result == SPOC_SCAN_EVENT) {
            if (reader->events_left == 0 || !reader->event(event, reader->user_data))
                return TRUE;
            reader->events_left--;
        }
        used += consumed;
        *ret_used = used;
    }
    return FALSE;
}

gboolean
spoc_event_reader_run(SpocJournal *journal, gboolean ended, guint events_max,
                      SpocEventReaderEventFunc event, SpocEventReaderDamagedFunc damaged,
                      gpointer user_data, guint64 *position, gboolean *ret_stopped, GError **error)
{
    Reader reader = {
        .events_left = events_max, .event = event, .damaged = damaged, .user_data = user_data};
    g_autofree guint8 *chunk = g_malloc(SPOC_EVENT_MAX_BYTES + 1);
    gsize chunk_size = CHUNK_BYTES;
    *ret_stopped = FALSE;
    while (*position < spoc_journal_size(journal)) {
        guint64 start = *position;
        gssize count = spoc_journal_read(journal, start, chunk, chunk_size, error);
        if (count < 0)
            return FALSE;
        gboolean at_end = start + (guint64)count >= spoc_journal_size(journal);
        gsize used = 0;
        *ret_stopped = scan_chunk(&reader, chunk, (gsize)count, start, ended && at_end, &used);
        *position = start + used;
        if (*ret_stopped)
            break;
        if (used == 0 && (at_end || chunk_size > CHUNK_BYTES))
            break; /* what is left is not whole yet */
        chunk_size = used > 0 ? CHUNK_BYTES : SPOC_EVENT_MAX_BYTES + 1;
    }
    return TRUE;
}

guint
spoc_event_reader_part(const SpocPerson *person)
{
    g_autofree char *key = spoc_address_key(person->address);
    return spoc_journal_part(key);
}

gboolean
spoc_event_reader_is_too_old(const SpocJournal *journal, const SpocEvent *event, gint64 max_age_ms)
{
    gint64 now = g_get_real_time() / G_USEC_PER_SEC;
    gint64 born = spoc_journal_created_unix_s(journal);
    if (event->when_unix_s <= now)
        born = MAX(born, event->when_unix_s);
    return now - born > max_age_ms / 1000;
}
