/* SPDX-License-Identifier: Apache-2.0 */
#include "queue/schedule.h"

#include <string.h>

struct _SpocSchedule {
    guint items_max;
    GSequence *by_time;
    GHashTable *by_id; /* the item's id → its GSequenceIter */
    guint64 next_order;
    guint left_out;        /* none of them is due before horizon */
    gint64 horizon_unix_s; /* while some are left out */
};

static int
compare_times(gconstpointer a, gconstpointer b, gpointer user_data)
{
    const SpocScheduleItem *first = a, *second = b;
    if (first->due_unix_s != second->due_unix_s)
        return first->due_unix_s < second->due_unix_s ? -1 : 1;
    return first->order < second->order ? -1 : first->order > second->order;
}

SpocSchedule *
spoc_schedule_new(guint items_max)
{
    SpocSchedule *schedule = g_new0(SpocSchedule, 1);
    schedule->items_max = items_max;
    schedule->by_time = g_sequence_new(g_free);
    schedule->by_id = g_hash_table_new(g_str_hash, g_str_equal);
    return schedule;
}

void
spoc_schedule_free(SpocSchedule *schedule)
{
    if (schedule == NULL)
        return;
    g_hash_table_unref(schedule->by_id);
    g_sequence_free(schedule->by_time);
    g_free(schedule);
}

static void
remove_place(SpocSchedule *schedule, GSequenceIter *place)
{
    const SpocScheduleItem *item = g_sequence_get(place);
    g_hash_table_remove(schedule->by_id, item->id);
    g_sequence_remove(place);
}

void
spoc_schedule_remove(SpocSchedule *schedule, const char *id)
{
    GSequenceIter *place = g_hash_table_lookup(schedule->by_id, id);
    if (place != NULL)
        remove_place(schedule, place);
    else if (schedule->left_out > 0)
        schedule->left_out--; /* perhaps; the next reading of the folders counts anew */
}

/* The latest makes room. */
static void
leave_latest_out(SpocSchedule *schedule)
{
    GSequenceIter *last = g_sequence_iter_prev(g_sequence_get_end_iter(schedule->by_time));
    schedule->horizon_unix_s = ((const SpocScheduleItem *)g_sequence_get(last))->due_unix_s;
    schedule->left_out++;
    remove_place(schedule, last);
}

void
spoc_schedule_put(SpocSchedule *schedule, const char *id, SpocState state, gint64 due_unix_s)
{
    GSequenceIter *before = g_hash_table_lookup(schedule->by_id, id);
    if (before != NULL)
        remove_place(schedule, before);
    if (schedule->left_out > 0 && due_unix_s >= schedule->horizon_unix_s) {
        schedule->left_out++;
        return;
    }
    gsize length = strlen(id) + 1;
    SpocScheduleItem *item = g_malloc(sizeof *item + length);
    item->due_unix_s = due_unix_s;
    item->order = schedule->next_order++;
    item->state = state;
    memcpy(item->id, id, length);
    GSequenceIter *place = g_sequence_insert_sorted(schedule->by_time, item, compare_times, NULL);
    g_hash_table_insert(schedule->by_id, item->id, place);
    if (g_hash_table_size(schedule->by_id) > schedule->items_max)
        leave_latest_out(schedule);
}

const SpocScheduleItem *
spoc_schedule_first(const SpocSchedule *schedule)
{
    GSequenceIter *first = g_sequence_get_begin_iter(schedule->by_time);
    return g_sequence_iter_is_end(first) ? NULL : g_sequence_get(first);
}

guint
spoc_schedule_count(const SpocSchedule *schedule)
{
    return g_hash_table_size(schedule->by_id) + schedule->left_out;
}

void
spoc_schedule_all_due(SpocSchedule *schedule, gint64 now_unix_s)
{
    for (GSequenceIter *place = g_sequence_get_begin_iter(schedule->by_time);
         !g_sequence_iter_is_end(place); place = g_sequence_iter_next(place)) {
        SpocScheduleItem *item = g_sequence_get(place);
        item->due_unix_s = MIN(item->due_unix_s, now_unix_s);
    }
    schedule->horizon_unix_s = MIN(schedule->horizon_unix_s, now_unix_s);
    g_sequence_sort(schedule->by_time, compare_times, NULL);
}

gboolean
spoc_schedule_is_short(const SpocSchedule *schedule)
{
    return g_hash_table_size(schedule->by_id) == 0 && schedule->left_out > 0;
}

void
spoc_schedule_clear(SpocSchedule *schedule)
{
    g_hash_table_remove_all(schedule->by_id);
    g_sequence_remove_range(g_sequence_get_begin_iter(schedule->by_time),
                            g_sequence_get_end_iter(schedule->by_time));
    schedule->left_out = 0;
}

typedef struct {
    SpocSchedule *schedule;
    SpocState state;
    gint64 all_due_unix_s;
} Filling;

static void
put_found(const char *id, gint64 next_attempt_unix_s, gint64 changed_unix_s, gpointer user_data)
{
    const Filling *filling = user_data;
    /* Held without a time: by an administrator, who will release it. */
    if (filling->state == SPOC_STATE_HELD && next_attempt_unix_s == 0)
        return;
    gint64 due = next_attempt_unix_s;
    if (changed_unix_s < filling->all_due_unix_s)
        due = MIN(due, filling->all_due_unix_s);
    spoc_schedule_put(filling->schedule, id, filling->state, due);
}

gboolean
spoc_schedule_fill(SpocSchedule *schedule, SpocSpool *spool, gint64 all_due_unix_s, GError **error)
{
    static const SpocState states[] = {SPOC_STATE_NEW, SPOC_STATE_WAITING, SPOC_STATE_HELD};
    spoc_schedule_clear(schedule);
    for (guint i = 0; i < G_N_ELEMENTS(states); i++) {
        Filling filling = {
            .schedule = schedule, .state = states[i], .all_due_unix_s = all_due_unix_s};
        if (!spoc_message_each(spool, states[i], put_found, &filling, error))
            return FALSE;
    }
    return TRUE;
}
