/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Four blocks of memory, however many items there are: the items; a binary heap of their numbers
 * by time; a hash table of their numbers by identifier (open addressing, linear probing); and
 * the identifiers, each behind the byte of its state. Trees and tables of GLib would take three
 * times as much.
 */
#include "daemon/agenda.h"

#include <string.h>

#define SLOTS_MIN 64
#define NAMES_MIN_BYTES 4096
#define NOT_FOUND G_MAXUINT32

typedef struct {
    gint64 due_unix_s;
    guint32 name;  /* where its identifier is in names */
    guint32 place; /* where it is in heap */
    guint32 order; /* of being put */
} Item;

struct _SpocAgenda {
    GArray *items;    /* of Item */
    GArray *heap;     /* of guint32: numbers of items */
    guint32 *slots;   /* number of an item + 1; 0: empty */
    guint slot_count; /* a power of 2, more than 4/3 of the items */
    GString *names;
    gsize dead_bytes; /* in names, of items that are gone */
    guint32 next_order;
};

static Item *
item_at(const SpocAgenda *agenda, guint32 number)
{
    return &g_array_index(agenda->items, Item, number);
}

static const char *
id_of(const SpocAgenda *agenda, guint32 number)
{
    return agenda->names->str + item_at(agenda, number)->name + 1;
}

SpocAgenda *
spoc_agenda_new(void)
{
    SpocAgenda *agenda = g_new0(SpocAgenda, 1);
    agenda->items = g_array_new(FALSE, FALSE, sizeof(Item));
    agenda->heap = g_array_new(FALSE, FALSE, sizeof(guint32));
    agenda->slot_count = SLOTS_MIN;
    agenda->slots = g_new0(guint32, agenda->slot_count);
    agenda->names = g_string_new(NULL);
    return agenda;
}

void
spoc_agenda_free(SpocAgenda *agenda)
{
    if (agenda == NULL)
        return;
    g_array_unref(agenda->items);
    g_array_unref(agenda->heap);
    g_free(agenda->slots);
    g_string_free(agenda->names, TRUE);
    g_free(agenda);
}

/* --- the heap --------------------------------------------------------------------------- */

static gboolean
is_before(const SpocAgenda *agenda, guint32 a, guint32 b)
{
    const Item *first = item_at(agenda, a), *second = item_at(agenda, b);
    if (first->due_unix_s != second->due_unix_s)
        return first->due_unix_s < second->due_unix_s;
    return (gint32)(first->order - second->order) < 0;
}

static void
set_place(SpocAgenda *agenda, guint place, guint32 number)
{
    g_array_index(agenda->heap, guint32, place) = number;
    item_at(agenda, number)->place = place;
}

static void
rise(SpocAgenda *agenda, guint place)
{
    guint32 number = g_array_index(agenda->heap, guint32, place);
    while (place > 0) {
        guint32 parent = g_array_index(agenda->heap, guint32, (place - 1) / 2);
        if (!is_before(agenda, number, parent))
            break;
        set_place(agenda, place, parent);
        place = (place - 1) / 2;
    }
    set_place(agenda, place, number);
}

static void
sink(SpocAgenda *agenda, guint place)
{
    guint32 number = g_array_index(agenda->heap, guint32, place);
    for (;;) {
        guint child = 2 * place + 1;
        if (child >= agenda->heap->len)
            break;
        if (child + 1 < agenda->heap->len &&
            is_before(agenda, g_array_index(agenda->heap, guint32, child + 1),
                      g_array_index(agenda->heap, guint32, child)))
            child++;
        guint32 lower = g_array_index(agenda->heap, guint32, child);
        if (!is_before(agenda, lower, number))
            break;
        set_place(agenda, place, lower);
        place = child;
    }
    set_place(agenda, place, number);
}

static void
leave_heap(SpocAgenda *agenda, guint place)
{
    guint32 last = g_array_index(agenda->heap, guint32, agenda->heap->len - 1);
    g_array_set_size(agenda->heap, agenda->heap->len - 1);
    if (place == agenda->heap->len)
        return;
    set_place(agenda, place, last);
    sink(agenda, place);
    rise(agenda, item_at(agenda, last)->place);
}

/* --- the table -------------------------------------------------------------------------- */

static guint
home_of(const SpocAgenda *agenda, const char *id)
{
    return (g_str_hash(id) * 2654435769U) & (agenda->slot_count - 1);
}

static guint
next_slot(const SpocAgenda *agenda, guint slot)
{
    return (slot + 1) & (agenda->slot_count - 1);
}

/* The slot where @id is, or the empty one where it would be put */
static guint
find_slot(const SpocAgenda *agenda, const char *id)
{
    guint slot = home_of(agenda, id);
    while (agenda->slots[slot] != 0 && strcmp(id_of(agenda, agenda->slots[slot] - 1), id) != 0)
        slot = next_slot(agenda, slot);
    return slot;
}

static void
empty_slot(SpocAgenda *agenda, guint hole)
{
    agenda->slots[hole] = 0;
    /* What was pushed on past the hole moves up, or it would not be found any more. */
    for (guint slot = next_slot(agenda, hole); agenda->slots[slot] != 0;
         slot = next_slot(agenda, slot)) {
        guint home = home_of(agenda, id_of(agenda, agenda->slots[slot] - 1));
        guint mask = agenda->slot_count - 1;
        if (((slot - home) & mask) < ((slot - hole) & mask))
            continue;
        agenda->slots[hole] = agenda->slots[slot];
        agenda->slots[slot] = 0;
        hole = slot;
    }
}

static void
resize_slots(SpocAgenda *agenda, guint slot_count)
{
    g_free(agenda->slots);
    agenda->slot_count = slot_count;
    agenda->slots = g_new0(guint32, slot_count);
    for (guint32 i = 0; i < agenda->items->len; i++)
        agenda->slots[find_slot(agenda, id_of(agenda, i))] = i + 1;
}

/* --- the identifiers -------------------------------------------------------------------- */

static guint32
add_name(SpocAgenda *agenda, const char *id, SpocMessageState state)
{
    gsize place = agenda->names->len;
    g_string_append_c(agenda->names, (char)state);
    g_string_append_len(agenda->names, id, (gssize)strlen(id) + 1);
    return (guint32)place;
}

static gsize
name_bytes(const char *id)
{
    return strlen(id) + 2;
}

/* Drops the identifiers of items that are gone, when they are the most. */
static void
compact_names(SpocAgenda *agenda)
{
    if (agenda->dead_bytes < NAMES_MIN_BYTES || agenda->dead_bytes < agenda->names->len / 2)
        return;
    GString *old = agenda->names;
    agenda->names = g_string_sized_new(old->len - agenda->dead_bytes + NAMES_MIN_BYTES);
    for (guint32 i = 0; i < agenda->items->len; i++) {
        Item *item = item_at(agenda, i);
        const char *name = old->str + item->name;
        item->name = add_name(agenda, name + 1, (SpocMessageState)name[0]);
    }
    agenda->dead_bytes = 0;
    g_string_free(old, TRUE);
}

/* --- from outside ----------------------------------------------------------------------- */

void
spoc_agenda_remove(SpocAgenda *agenda, const char *id)
{
    guint slot = find_slot(agenda, id);
    if (agenda->slots[slot] == 0)
        return;
    guint32 number = agenda->slots[slot] - 1, last = agenda->items->len - 1;
    agenda->dead_bytes += name_bytes(id);
    empty_slot(agenda, slot);
    leave_heap(agenda, item_at(agenda, number)->place);
    if (number != last) {
        /* The last item takes its number, so that there are no holes. */
        agenda->slots[find_slot(agenda, id_of(agenda, last))] = number + 1;
        *item_at(agenda, number) = *item_at(agenda, last);
        g_array_index(agenda->heap, guint32, item_at(agenda, number)->place) = number;
    }
    g_array_set_size(agenda->items, last);
    compact_names(agenda);
}

void
spoc_agenda_put(SpocAgenda *agenda, const char *id, SpocMessageState state, gint64 due_unix_s)
{
    spoc_agenda_remove(agenda, id);
    if ((agenda->items->len + 1) * 4 > agenda->slot_count * 3)
        resize_slots(agenda, agenda->slot_count * 2);
    guint32 number = agenda->items->len;
    const Item item = {.due_unix_s = due_unix_s,
                       .name = add_name(agenda, id, state),
                       .order = agenda->next_order++};
    guint slot = find_slot(agenda, id);
    g_array_append_val(agenda->items, item);
    agenda->slots[slot] = number + 1;
    g_array_append_val(agenda->heap, number);
    rise(agenda, agenda->heap->len - 1);
}

gboolean
spoc_agenda_first(const SpocAgenda *agenda, SpocAgendaItem *ret_item)
{
    if (agenda->heap->len == 0)
        return FALSE;
    const Item *item = item_at(agenda, g_array_index(agenda->heap, guint32, 0));
    const char *name = agenda->names->str + item->name;
    ret_item->due_unix_s = item->due_unix_s;
    ret_item->state = (SpocMessageState)name[0];
    ret_item->id = name + 1;
    return TRUE;
}

guint
spoc_agenda_count(const SpocAgenda *agenda)
{
    return agenda->items->len;
}

void
spoc_agenda_all_due(SpocAgenda *agenda, gint64 now_unix_s)
{
    for (guint32 i = 0; i < agenda->items->len; i++)
        item_at(agenda, i)->due_unix_s = MIN(item_at(agenda, i)->due_unix_s, now_unix_s);
    for (guint place = agenda->heap->len / 2; place > 0; place--)
        sink(agenda, place - 1);
}
