/* SPDX-License-Identifier: Apache-2.0 */
#include "notify/group.h"

#include <string.h>

typedef struct {
    char *journal; /* a GRefString */
    guint64 offset;
    guint part;
    SpocGroupSafeFunc safe;
    gpointer user_data;
    GDestroyNotify destroy;
} Ref;

static void
ref_clear(gpointer data)
{
    Ref *ref = data;
    g_ref_string_release(ref->journal);
    if (ref->destroy != NULL)
        ref->destroy(ref->user_data);
}

static void
item_free(gpointer data)
{
    SpocGroupItem *item = data;
    spoc_event_free(item->event);
    g_ref_string_release(item->journal);
    g_free(item->owner);
    g_free(item->title);
    g_free(item);
}

static SpocPerson *
copy_person(const SpocPerson *person)
{
    SpocPerson *copy = g_memdup2(person, sizeof *person);
    copy->address = g_strdup(person->address);
    copy->name = g_strdup(person->name);
    copy->language = g_strdup(person->language);
    return copy;
}

SpocGroup *
spoc_group_new(SpocMailKind kind, const char *key, const SpocEntry *first)
{
    SpocGroup *group = g_new0(SpocGroup, 1);
    group->kind = kind;
    group->key = g_strdup(key);
    group->person = copy_person(first->person);
    group->subject = kind == SPOC_MAIL_NOTICE ? g_strdup(first->uri->subject) : NULL;
    group->language = g_strdup(first->uri->language);
    group->format = first->uri->format;
    group->items = g_ptr_array_new_with_free_func(item_free);
    group->cause = SPOC_CAUSE_SOMEONES_JOB;
    group->created_unix_s = spoc_journal_created_unix_s(first->journal);
    group->refs = g_array_new(FALSE, FALSE, sizeof(Ref));
    g_array_set_clear_func(group->refs, ref_clear);
    group->members = g_checksum_new(G_CHECKSUM_SHA256);
    return group;
}

void
spoc_group_free(SpocGroup *group)
{
    if (group == NULL)
        return;
    g_free(group->key);
    spoc_person_free(group->person);
    g_free(group->subject);
    g_free(group->language);
    g_free(group->thread);
    g_ptr_array_unref(group->items);
    g_array_unref(group->refs);
    g_checksum_free(group->members);
    g_free(group);
}

/* --- items ------------------------------------------------------------------------------ */

static gboolean
is_same_text(const char *a, const char *b)
{
    return g_strcmp0(a, b) == 0;
}

/* Whether the later one makes the earlier one old: the same news of the same thing. */
static gboolean
is_same_news(const SpocEvent *a, const SpocEvent *b)
{
    if (a->job_id != b->job_id || !is_same_text(a->printer_name, b->printer_name))
        return FALSE;
    if (spoc_event_severity(a) != spoc_event_severity(b))
        return FALSE;
    if (spoc_event_severity(a) == SPOC_CONDITION_NONE)
        return is_same_text(a->name, b->name) && a->job_state == b->job_state;
    g_autofree char *one = spoc_event_state_signature(a);
    g_autofree char *other = spoc_event_state_signature(b);
    return strcmp(one, other) == 0;
}

static guint
items_max(const SpocGroup *group)
{
    return group->kind == SPOC_MAIL_NOTICE ? SPOC_GROUP_NEWS_MAX : SPOC_GROUP_DIGEST_MAX;
}

/* (transfer full): takes the place of an earlier one that says the same */
static void
put_item(SpocGroup *group, SpocGroupItem *item)
{
    for (guint i = 0; i < group->items->len; i++) {
        const SpocGroupItem *other = g_ptr_array_index(group->items, i);
        if (!is_same_news(other->event, item->event))
            continue;
        item->times += other->times;
        g_ptr_array_remove_index(group->items, i);
        break;
    }
    if (group->items->len >= items_max(group)) {
        const SpocGroupItem *oldest = g_ptr_array_index(group->items, 0);
        group->left_out += oldest->times;
        g_ptr_array_remove_index(group->items, 0);
    }
    g_ptr_array_add(group->items, item);
}

void
spoc_group_add(SpocGroup *group, const SpocEntry *entry)
{
    const SpocJobAttributes *facts = entry->facts;
    SpocGroupItem *item = g_new0(SpocGroupItem, 1);
    item->event = spoc_event_copy(entry->event);
    item->journal = g_ref_string_new_intern(spoc_journal_name(entry->journal));
    item->owner = facts != NULL ? g_strdup(facts->owner) : NULL;
    item->title = facts != NULL ? g_strdup(facts->title) : NULL;
    item->old_printer_state = entry->old_printer_state;
    item->hides_title = entry->event->job_id > 0 && !entry->shows_title;
    item->times = 1;

    g_autofree char *member =
        g_strdup_printf("%s %" G_GUINT64_FORMAT "\n", item->journal, entry->event->offset);
    g_checksum_update(group->members, (const guchar *)member, -1);
    group->had_fault |= spoc_condition_is_fault(spoc_event_severity(entry->event));
    group->may_exist |= entry->may_exist;
    group->cause = MIN(group->cause, entry->person->is_owner ? SPOC_CAUSE_OWN_JOB : entry->cause);
    group->person->is_owner &= entry->person->is_owner;
    const Ref ref = {.journal = g_ref_string_acquire(item->journal),
                     .offset = entry->event->offset,
                     .part = entry->part,
                     .safe = entry->safe,
                     .user_data = entry->user_data,
                     .destroy = entry->destroy};
    g_array_append_val(group->refs, ref);
    put_item(group, item);
}

void
spoc_group_absorb(SpocGroup *group, SpocGroup *other)
{
    const char *digest = g_checksum_get_string(other->members);
    g_checksum_update(group->members, (const guchar *)digest, -1);
    g_array_append_vals(group->refs, other->refs->data, other->refs->len);
    g_array_set_clear_func(other->refs, NULL); /* they are here now */
    while (other->items->len > 0)
        put_item(group, g_ptr_array_steal_index(other->items, 0));
    group->left_out += other->left_out;
    group->may_exist |= other->may_exist;
    group->cause = MIN(group->cause, other->cause);
    group->had_fault |= other->had_fault;
    group->person->is_owner &= other->person->is_owner;
    spoc_group_free(other);
}

SpocGroupItem *
spoc_group_last_state(const SpocGroup *group)
{
    for (guint i = group->items->len; i > 0; i--) {
        SpocGroupItem *item = g_ptr_array_index(group->items, i - 1);
        if (spoc_event_severity(item->event) != SPOC_CONDITION_NONE)
            return item;
    }
    return NULL;
}

void
spoc_group_drop_states(SpocGroup *group)
{
    for (guint i = group->items->len; i > 0; i--) {
        const SpocGroupItem *item = g_ptr_array_index(group->items, i - 1);
        if (spoc_event_severity(item->event) != SPOC_CONDITION_NONE)
            g_ptr_array_remove_index(group->items, i - 1);
    }
}

guint
spoc_group_events(const SpocGroup *group)
{
    return group->refs->len;
}

char *
spoc_group_members(const SpocGroup *group)
{
    if (group->refs->len == 1 && group->kind == SPOC_MAIL_NOTICE)
        return NULL;
    g_autoptr(GChecksum) members = g_checksum_copy(group->members);
    return g_strdup(g_checksum_get_string(members));
}

char *
spoc_group_marks(const SpocGroup *group)
{
    GString *marks = g_string_new(NULL);
    for (guint i = 0; i < group->refs->len; i++) {
        const Ref *ref = &g_array_index(group->refs, Ref, i);
        g_string_append_printf(marks, "%s %" G_GUINT64_FORMAT " %u\n", ref->journal, ref->offset,
                               ref->part);
    }
    return g_string_free(marks, FALSE);
}

void
spoc_group_each(const SpocGroup *group, GFunc each, gpointer user_data)
{
    for (guint i = 0; i < group->refs->len; i++)
        each(g_array_index(group->refs, Ref, i).user_data, user_data);
}

void
spoc_group_settle(SpocGroup *group)
{
    for (guint i = 0; i < group->refs->len; i++) {
        const Ref *ref = &g_array_index(group->refs, Ref, i);
        ref->safe(ref->user_data);
    }
}
