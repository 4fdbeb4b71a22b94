/* SPDX-License-Identifier: Apache-2.0 */
#include "notify/group.h"

#include "message/catalogue.h"
#include "message/notification.h"
#include "people/allow.h"
#include "queue/message.h"

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
notice_clear(gpointer data)
{
    SpocNotice *notice = data;
    spoc_event_unref((SpocEvent *)notice->event);
    g_ref_string_release((char *)notice->journal);
    g_free((char *)notice->owner);
    g_free((char *)notice->job_title);
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
    group->notices = g_array_new(FALSE, FALSE, sizeof(SpocNotice));
    g_array_set_clear_func(group->notices, notice_clear);
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
    g_array_unref(group->notices);
    g_array_unref(group->refs);
    g_checksum_free(group->members);
    g_free(group);
}

/* --- notices ---------------------------------------------------------------------------- */

SpocNotice *
spoc_group_notice(const SpocGroup *group, guint index)
{
    return &g_array_index(group->notices, SpocNotice, index);
}

SpocNotice *
spoc_group_last(const SpocGroup *group)
{
    return spoc_group_notice(group, group->notices->len - 1);
}

static gboolean
is_same_text(const char *a, const char *b)
{
    return g_strcmp0(a, b) == 0;
}

/* Whether the later one makes the earlier one old: it says the same of the same thing. */
static gboolean
is_same(const SpocEvent *a, const SpocEvent *b)
{
    if (a->job_id != b->job_id || !is_same_text(a->printer_name, b->printer_name))
        return FALSE;
    if (spoc_event_tells_state(a) != spoc_event_tells_state(b))
        return FALSE;
    if (!spoc_event_tells_state(a))
        return is_same_text(a->name, b->name) && a->job_state == b->job_state;
    g_autofree char *one = spoc_event_state_signature(a);
    g_autofree char *other = spoc_event_state_signature(b);
    return strcmp(one, other) == 0;
}

static guint
notices_max(const SpocGroup *group)
{
    return group->kind == SPOC_MAIL_NOTICE ? SPOC_GROUP_NOTICES_MAX : SPOC_GROUP_DIGEST_MAX;
}

/* (transfer full): takes the place of an earlier one that says the same */
static void
put_notice(SpocGroup *group, SpocNotice notice)
{
    for (guint i = 0; i < group->notices->len; i++) {
        const SpocNotice *other = spoc_group_notice(group, i);
        if (!is_same(other->event, notice.event))
            continue;
        notice.times += other->times;
        g_array_remove_index(group->notices, i);
        break;
    }
    if (group->notices->len >= notices_max(group)) {
        group->left_out += spoc_group_notice(group, 0)->times;
        g_array_remove_index(group->notices, 0);
    }
    g_array_append_val(group->notices, notice);
}

void
spoc_group_add(SpocGroup *group, const SpocEntry *entry)
{
    const SpocJobAttributes *job = entry->job;
    char *journal = g_ref_string_new_intern(spoc_journal_name(entry->journal));
    const SpocNotice notice = {.event = spoc_event_ref(entry->event),
                               .journal = journal,
                               .owner = job != NULL ? g_strdup(job->owner) : NULL,
                               .job_title = job != NULL ? g_strdup(job->title) : NULL,
                               .old_printer_state = entry->old_printer_state,
                               .hides_title = entry->event->job_id > 0 && !entry->shows_title,
                               .times = entry->is_quiet ? 0 : 1};
    g_autofree char *member =
        g_strdup_printf("%s %" G_GUINT64_FORMAT "\n", journal, entry->event->offset);
    g_checksum_update(group->members, (const guchar *)member, -1);
    group->had_fault |= spoc_event_tells_state(entry->event) &&
                        spoc_event_severity(entry->event) >= SPOC_EVENT_SEVERITY_ATTENTION;
    group->may_exist |= entry->may_exist;
    group->cause = MIN(group->cause, entry->person->is_owner ? SPOC_CAUSE_OWN_JOB : entry->cause);
    group->person->is_owner &= entry->person->is_owner;
    const Ref ref = {.journal = g_ref_string_acquire(journal),
                     .offset = entry->event->offset,
                     .part = entry->part,
                     .safe = entry->safe,
                     .user_data = entry->user_data,
                     .destroy = entry->destroy};
    g_array_append_val(group->refs, ref);
    put_notice(group, notice);
}

void
spoc_group_absorb(SpocGroup *group, SpocGroup *other)
{
    const char *digest = g_checksum_get_string(other->members);
    g_checksum_update(group->members, (const guchar *)digest, -1);
    g_array_append_vals(group->refs, other->refs->data, other->refs->len);
    g_array_set_clear_func(other->refs, NULL); /* they are here now */
    g_array_set_clear_func(other->notices, NULL);
    for (guint i = 0; i < other->notices->len; i++)
        put_notice(group, *spoc_group_notice(other, i));
    group->left_out += other->left_out;
    group->may_exist |= other->may_exist;
    group->cause = MIN(group->cause, other->cause);
    group->had_fault |= other->had_fault;
    group->person->is_owner &= other->person->is_owner;
    spoc_group_free(other);
}

SpocNotice *
spoc_group_last_state(const SpocGroup *group)
{
    for (guint i = group->notices->len; i > 0; i--) {
        SpocNotice *notice = spoc_group_notice(group, i - 1);
        if (spoc_event_tells_state(notice->event))
            return notice;
    }
    return NULL;
}

gboolean
spoc_group_has_fault_of(const SpocGroup *group, const SpocEvent *event, SpocEventSeverity at_least)
{
    g_autofree char *printer = spoc_event_printer(event);
    for (guint i = group->notices->len; i > 0; i--) {
        const SpocEvent *other = spoc_group_notice(group, i - 1)->event;
        g_autofree char *other_printer = spoc_event_printer(other);
        if (spoc_event_tells_state(other) && is_same_text(printer, other_printer))
            return spoc_event_severity(other) >= at_least;
    }
    return FALSE;
}

gboolean
spoc_group_is_about_same(const SpocGroup *group, const SpocGroup *other)
{
    const SpocNotice *state = spoc_group_last_state(group);
    const SpocNotice *other_state = spoc_group_last_state(other);
    if (state == NULL || other_state == NULL ||
        !spoc_address_equal(group->person->address, other->person->address))
        return FALSE;
    g_autofree char *printer = spoc_event_printer(state->event);
    g_autofree char *other_printer = spoc_event_printer(other_state->event);
    return is_same_text(printer, other_printer);
}

void
spoc_group_drop_states(SpocGroup *group)
{
    for (guint i = group->notices->len; i > 0; i--) {
        if (spoc_event_tells_state(spoc_group_notice(group, i - 1)->event))
            g_array_remove_index(group->notices, i - 1);
    }
}

guint
spoc_group_events(const SpocGroup *group)
{
    return group->refs->len;
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
spoc_group_commit(SpocGroup *group)
{
    for (guint i = 0; i < group->refs->len; i++) {
        const Ref *ref = &g_array_index(group->refs, Ref, i);
        ref->safe(ref->user_data);
    }
}

/* --- when a digest is due ---------------------------------------------------------------- */

gint64
spoc_group_daily_due_unix_s(gint minute, gint64 event_unix_s, gint64 now_unix_s)
{
    gint64 base_unix_s = event_unix_s;
    if (base_unix_s > now_unix_s || base_unix_s < now_unix_s - SPOC_GROUP_BACKLOG_MAX_S)
        base_unix_s = now_unix_s;
    g_autoptr(GDateTime) base = g_date_time_new_from_unix_local(base_unix_s);
    if (base == NULL)
        return now_unix_s;
    /* Today's, else tomorrow's; where the clock is changed the day has 23 or 25 hours. */
    for (gint day = 0; day <= 1; day++) {
        g_autoptr(GDateTime) date = g_date_time_add_days(base, day);
        g_autoptr(GDateTime) due =
            date != NULL
                ? g_date_time_new_local(g_date_time_get_year(date), g_date_time_get_month(date),
                                        g_date_time_get_day_of_month(date), minute / 60,
                                        minute % 60, 0)
                : NULL;
        if (due != NULL && g_date_time_to_unix(due) > base_unix_s)
            return g_date_time_to_unix(due);
    }
    return base_unix_s + 24 * 3600;
}

/* --- the message that it becomes --------------------------------------------------------- */

char *
spoc_group_members(const SpocGroup *group)
{
    if (group->refs->len == 1 && group->kind == SPOC_MAIL_NOTICE)
        return NULL;
    g_autoptr(GChecksum) members = g_checksum_copy(group->members);
    return g_strdup(g_checksum_get_string(members));
}

/* What the recipient asks for, else what is known of the person, else the site's */
static const char *
language_of(const SpocRuntime *runtime, const SpocGroup *group)
{
    if (group->language != NULL && spoc_catalogue_exists(group->language))
        return group->language;
    if (group->person->language != NULL && spoc_catalogue_exists(group->person->language))
        return group->person->language;
    return runtime->language;
}

/* (transfer full) (nullable): the only printer or class that the mail is about */
static char *
find_queue(const SpocGroup *group)
{
    g_autofree char *queue = NULL;
    for (guint i = 0; i < group->notices->len; i++) {
        g_autofree char *printer = spoc_event_printer(spoc_group_notice(group, i)->event);
        if (printer == NULL || (queue != NULL && g_ascii_strcasecmp(queue, printer) != 0))
            return NULL;
        if (queue == NULL)
            queue = g_steal_pointer(&printer);
    }
    return g_steal_pointer(&queue);
}

SpocMessage *
spoc_group_compose(const SpocRuntime *runtime, const SpocGroup *group, GError **error)
{
    g_autofree char *members = spoc_group_members(group);
    g_auto(GStrv) copies = spoc_copies_for(runtime->config, group->person->address);
    g_autofree char *queue = find_queue(group);
    SpocSender sender = spoc_runtime_sender(runtime, queue);
    const SpocNotification notification = {
        .kind = group->kind,
        .notices = spoc_group_notice(group, 0),
        .notice_count = group->notices->len,
        .left_out = group->left_out,
        .members = members,
        .thread = group->kind == SPOC_MAIL_NOTICE ? group->thread : NULL,
        .person = group->person,
        .sender = sender.address,
        .sender_name = sender.name,
        .host_name = runtime->host_name,
        .subject = group->subject,
        .subject_prefix = runtime->subject_prefix,
        .cc = (const char *const *)copies,
        .language = language_of(runtime, group),
        .format = group->format,
        .web_interface = runtime->web_interface,
        .templates = runtime->templates,
        .reasons = runtime->rules.reasons,
        .fallback_unix_s = group->created_unix_s,
        .date_unix_s = group->kind != SPOC_MAIL_NOTICE ? g_get_real_time() / G_USEC_PER_SEC : 0,
    };
    g_autoptr(SpocComposedMail) mail = spoc_notification_compose(&notification, NULL, error);
    if (mail == NULL)
        return NULL;
    SpocMessage *message =
        spoc_message_from_mail(mail, SPOC_QUEUE_NOTIFICATION_KIND, sender.address);
    spoc_envelope_add_recipient(message->envelope, group->person->address);
    for (guint i = 0; copies != NULL && copies[i] != NULL; i++)
        spoc_envelope_add_recipient(message->envelope, copies[i]);
    if (group->kind == SPOC_MAIL_NOTICE)
        message->envelope->job_id = spoc_group_last(group)->event->job_id;
    return message;
}
