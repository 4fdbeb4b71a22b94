/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/agenda.h"

#include <string.h>

struct _SpocAgenda {
    GSequence *by_time;
    GHashTable *by_id; /* the item's id → its GSequenceIter */
};

static int
compare_times(gconstpointer a, gconstpointer b, gpointer user_data)
{
    const SpocAgendaItem *first = a, *second = b;
    if (first->due_unix_s != second->due_unix_s)
        return first->due_unix_s < second->due_unix_s ? -1 : 1;
    return strcmp(first->id, second->id);
}

SpocAgenda *
spoc_agenda_new(void)
{
    SpocAgenda *agenda = g_new0(SpocAgenda, 1);
    agenda->by_time = g_sequence_new(g_free);
    agenda->by_id = g_hash_table_new(g_str_hash, g_str_equal);
    return agenda;
}

void
spoc_agenda_free(SpocAgenda *agenda)
{
    if (agenda == NULL)
        return;
    g_hash_table_unref(agenda->by_id);
    g_sequence_free(agenda->by_time);
    g_free(agenda);
}

void
spoc_agenda_remove(SpocAgenda *agenda, const char *id)
{
    GSequenceIter *place = g_hash_table_lookup(agenda->by_id, id);
    if (place == NULL)
        return;
    g_hash_table_remove(agenda->by_id, id);
    g_sequence_remove(place);
}

void
spoc_agenda_put(SpocAgenda *agenda, const char *id, SpocMessageState state, gint64 due_unix_s)
{
    gsize length = strlen(id) + 1;
    SpocAgendaItem *item = g_malloc(sizeof *item + length);
    item->due_unix_s = due_unix_s;
    item->state = state;
    memcpy(item->id, id, length);

    spoc_agenda_remove(agenda, id);
    GSequenceIter *place = g_sequence_insert_sorted(agenda->by_time, item, compare_times, NULL);
    g_hash_table_insert(agenda->by_id, item->id, place);
}

const SpocAgendaItem *
spoc_agenda_first(const SpocAgenda *agenda)
{
    GSequenceIter *first = g_sequence_get_begin_iter(agenda->by_time);
    return g_sequence_iter_is_end(first) ? NULL : g_sequence_get(first);
}

guint
spoc_agenda_count(const SpocAgenda *agenda)
{
    return g_hash_table_size(agenda->by_id);
}

void
spoc_agenda_all_due(SpocAgenda *agenda, gint64 now_unix_s)
{
    for (GSequenceIter *place = g_sequence_get_begin_iter(agenda->by_time);
         !g_sequence_iter_is_end(place); place = g_sequence_iter_next(place)) {
        SpocAgendaItem *item = g_sequence_get(place);
        item->due_unix_s = MIN(item->due_unix_s, now_unix_s);
    }
    g_sequence_sort(agenda->by_time, compare_times, NULL);
}
