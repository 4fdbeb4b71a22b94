/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A group is in one place at a time: in @open by its key, where events join it; in @due, in the
 * order in which they became due; or in @asking, while CUPS answers. A key has at most one group
 * that is not open any more, so that what is mailed of a printer is decided in order.
 */
#include "notify/aggregator.h"

#include "base/text.h"
#include "notify/selection.h"
#include "spool/pending-marks.h"

#include <string.h>

/* What waits at once, in groups, items of about 1 KiB, and events of about 100 bytes: beyond that
 * the group that is due first goes early. */
#define GROUPS_MAX 1000
#define ITEMS_MAX 3000
#define EVENTS_MAX 50000
/* Events of a group beyond which it goes early */
#define GROUP_EVENTS_MAX 10000
/* People for whom mail is collected because of others' subscriptions */
#define OTHERS_MAX 200
/* A warning about a flood is repeated after this. */
#define WARN_AGAIN_S 3600
/* What could not be written is tried again after this. */
#define STORE_RETRY_S 5
/* spocd --once that is run every hour may come a little early: what was collected goes then. */
#define ONCE_EARLY_S 120

struct _SpocAggregator {
    const SpocNotifyContext *context;
    GHashTable *open;          /* key → SpocGroup */
    GQueue due;                /* of SpocGroup */
    GHashTable *asking;        /* set of Question */
    gint64 stuck_until_unix_s; /* the spool could not be written */
    gint64 warned_unix_s;      /* when others' subscriptions exceeded their bound */
    gint64 dropped_unix_s;     /* and when even too many people were named */
};

/* A group for which CUPS is asked */
typedef struct {
    SpocAggregator *aggregator;
    SpocGroup *group; /* whose key is the table's */
} Question;

static gint64
now_unix_s(void)
{
    return g_get_real_time() / G_USEC_PER_SEC;
}

static void
question_free(gpointer data)
{
    Question *question = data;
    spoc_group_free(question->group);
    g_free(question);
}

SpocAggregator *
spoc_aggregator_new(const SpocNotifyContext *context)
{
    SpocAggregator *aggregator = g_new0(SpocAggregator, 1);
    aggregator->context = context;
    aggregator->open =
        g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify)spoc_group_free);
    aggregator->asking = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, question_free);
    g_queue_init(&aggregator->due);
    return aggregator;
}

void
spoc_aggregator_free(SpocAggregator *aggregator)
{
    if (aggregator == NULL)
        return;
    g_hash_table_unref(aggregator->open);
    g_hash_table_unref(aggregator->asking);
    g_queue_clear_full(&aggregator->due, (GDestroyNotify)spoc_group_free);
    g_free(aggregator);
}

guint
spoc_aggregator_room(const SpocAggregator *aggregator)
{
    guint room = spoc_queue_manager_room(aggregator->context->queue);
    guint under_way = g_hash_table_size(aggregator->asking) + aggregator->due.length;
    return room > under_way ? room - under_way : 0;
}

gboolean
spoc_aggregator_wants(const SpocAggregator *aggregator, const SpocEvent *event)
{
    return spoc_rules_want(&aggregator->context->runtime->rules, event->kind);
}

/* --- events come in --------------------------------------------------------------------- */

static SpocMailKind
kind_of(const SpocEntry *entry)
{
    return entry->uri->digest == SPOC_DIGEST_DAILY ? SPOC_MAIL_DIGEST : SPOC_MAIL_NOTICE;
}

/* (transfer full): equal for what becomes one mail. How the recipient wants it is part of it,
 * because two subscriptions may differ there. */
static char *
key_of(const SpocEntry *entry)
{
    const SpocRecipientUri *uri = entry->uri;
    g_autofree char *topic = kind_of(entry) == SPOC_MAIL_NOTICE
                                 ? spoc_event_topic_name(entry->event)
                                 : g_strdup("digest");
    g_autofree char *who = spoc_address_key(entry->person->address);
    return g_strdup_printf("%s\n%s\n%s\n%d\n%s", who, topic,
                           uri->language != NULL ? uri->language : "", uri->format,
                           uri->subject != NULL ? uri->subject : "");
}

static gint64
wait_s(SpocAggregator *aggregator, const SpocEntry *entry, gint64 now)
{
    const SpocRules *rules = &aggregator->context->runtime->rules;
    const SpocEvent *event = entry->event;
    if (spoc_event_topic(event) == SPOC_TOPIC_JOB)
        return spoc_event_is_final(event) ? 0 : rules->job_wait_s;
    if (!spoc_event_tells_state(event))
        return rules->wait_s;
    g_autofree char *printer = spoc_event_printer(event);
    const SpocLastNotification *previous =
        printer != NULL ? spoc_notification_log_find(aggregator->context->notification_log,
                                                     entry->person->address, printer)
                        : NULL;
    return spoc_suppression_wait_s(previous, rules->wait_s, rules->repeat_s, now);
}

/* It waits no longer. */
static void
make_due(SpocAggregator *aggregator, SpocGroup *group)
{
    (void)g_hash_table_steal(aggregator->open, group->key);
    g_queue_push_tail(&aggregator->due, group);
}

/* It tells all that is there at its time. */
static gboolean
is_whole(const SpocGroup *group)
{
    return group->kind != SPOC_MAIL_NOTICE;
}

/* (nullable): @and_whole: also of those that tell all that is there */
static SpocGroup *
find_earliest(const SpocAggregator *aggregator, gboolean and_whole)
{
    SpocGroup *earliest = NULL;
    GHashTableIter iter;
    gpointer value = NULL;
    g_hash_table_iter_init(&iter, aggregator->open);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        SpocGroup *group = value;
        if (is_whole(group) && !and_whole)
            continue;
        if (earliest == NULL || group->due_unix_s < earliest->due_unix_s)
            earliest = group;
    }
    return earliest;
}

static gboolean
is_full(const SpocAggregator *aggregator)
{
    guint items = 0, events = 0;
    GHashTableIter iter;
    gpointer value = NULL;
    g_hash_table_iter_init(&iter, aggregator->open);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        const SpocGroup *group = value;
        items += group->notices->len;
        events += spoc_group_events(group);
    }
    return g_hash_table_size(aggregator->open) >= GROUPS_MAX || items >= ITEMS_MAX ||
           events >= EVENTS_MAX;
}

static SpocGroup *
open_group(SpocAggregator *aggregator, SpocMailKind kind, const char *key, const SpocEntry *entry,
           SpocEventSeverity wanted)
{
    SpocGroup *group = spoc_group_new(kind, key, entry);
    group->wanted = wanted;
    g_hash_table_insert(aggregator->open, group->key, group);
    return group;
}

static void
pass_over(const SpocAggregator *aggregator, const SpocEntry *entry, const char *why)
{
    spoc_log(aggregator->context->log, SPOC_LOG_DEBUG, "%s: %s of job %d %s",
             entry->person->address, entry->event->name, entry->event->job_id, why);
    entry->safe(entry->user_data);
    if (entry->destroy != NULL)
        entry->destroy(entry->user_data);
}

static void
put_wanted(SpocAggregator *aggregator, const SpocEntry *entry, SpocMailKind kind, const char *key,
           SpocEventSeverity wanted)
{
    gint64 now = now_unix_s();
    gint64 wait = kind == SPOC_MAIL_NOTICE ? wait_s(aggregator, entry, now) : 0;
    if (is_full(aggregator)) {
        SpocGroup *earliest = find_earliest(aggregator, TRUE);
        earliest->is_admitted |= earliest->kind == SPOC_MAIL_COLLECTED;
        make_due(aggregator, earliest);
    }
    SpocGroup *group = g_hash_table_lookup(aggregator->open, key);
    gboolean is_new = group == NULL;
    if (is_new) {
        group = open_group(aggregator, kind, key, entry, wanted);
        group->due_unix_s = wait > 0 ? now + wait : 0;
    }
    if (kind == SPOC_MAIL_DIGEST) {
        gint64 due = spoc_group_daily_due_unix_s(aggregator->context->runtime->rules.digest_minute,
                                                 entry->event->when_unix_s, now);
        group->due_unix_s = is_new ? due : MIN(group->due_unix_s, due);
    }
    group->wanted = MIN(group->wanted, wanted);
    spoc_group_add(group, entry);
    if ((kind == SPOC_MAIL_NOTICE && wait == 0) || spoc_group_events(group) >= GROUP_EVENTS_MAX)
        make_due(aggregator, group);
}

/* Whoever asks for less must not stand in the way of another subscription of the same person that
 * asks for more: what is not wanted is left out before duplicates are looked for, and what may only
 * tell the end of a fault is no duplicate of anything. */
void
spoc_aggregator_put(SpocAggregator *aggregator, const SpocEntry *given)
{
    SpocEntry entry = *given;
    SpocMailKind kind = kind_of(&entry);
    SpocEventSeverity wanted = spoc_selection_wanted(&aggregator->context->runtime->rules, &entry);
    g_autofree char *key = key_of(&entry);
    if (spoc_selection_leaves_out(g_hash_table_lookup(aggregator->open, key), entry.event, kind,
                                  wanted)) {
        pass_over(aggregator, &entry, "is less than they want to hear of (only=, notifyOnly)");
        return;
    }
    entry.is_quiet = kind == SPOC_MAIL_NOTICE && spoc_event_severity(entry.event) < wanted;
    /* Another subscription's mail tells it. Its journal has the event until then. */
    if (!entry.is_quiet &&
        spoc_duplicates_is_one(aggregator->context->duplicates, entry.person->address, kind,
                               entry.event, spoc_journal_name(entry.journal)))
        pass_over(aggregator, &entry,
                  "has already come by another subscription, and is not mailed again");
    else
        put_wanted(aggregator, &entry, kind, key, wanted);
}

/* --- what is not mailed --------------------------------------------------------------------- */

static char *
make_thread(const char *printer, gint64 unix_s)
{
    g_autofree char *name =
        g_strcanon(g_strndup(printer, 100), G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "._-", '-');
    return g_strdup_printf("printer-%s-%" G_GINT64_FORMAT, name, unix_s);
}

/* A printer's state that need not be mailed goes; what has cleared is said to have. */
static void
decide_suppression(SpocAggregator *aggregator, SpocGroup *group)
{
    SpocNotice *last = spoc_group_last_state(group);
    if (group->kind != SPOC_MAIL_NOTICE || group->is_admitted || last == NULL)
        return;
    g_autofree char *printer = spoc_event_printer(last->event);
    if (printer == NULL)
        return;
    const SpocLastNotification *previous = spoc_notification_log_find(
        aggregator->context->notification_log, group->person->address, printer);
    SpocSuppression verdict =
        spoc_suppression_decide(previous, last->event, group->had_fault, group->wanted,
                                aggregator->context->runtime->rules.repeat_s, now_unix_s());
    if (verdict == SPOC_SUPPRESSION_DROP) {
        spoc_log(aggregator->context->log, SPOC_LOG_DEBUG,
                 "%s: %u events of %s tell nothing new and are not mailed", group->person->address,
                 spoc_group_events(group), printer);
        spoc_group_drop_states(group);
        return;
    }
    gboolean is_fault = spoc_event_severity(last->event) >= SPOC_EVENT_SEVERITY_ATTENTION;
    gboolean was_fault = previous != NULL && previous->severity >= SPOC_EVENT_SEVERITY_ATTENTION;
    last->is_resolved = verdict == SPOC_SUPPRESSION_NOTIFY_RESOLVED;
    if (last->is_resolved || (is_fault && was_fault))
        group->thread = make_thread(printer, previous->fault_unix_s);
    else if (is_fault)
        group->thread = make_thread(printer, last->event->when_unix_s);
}

static void
record_notification(SpocAggregator *aggregator, const SpocGroup *group)
{
    if (group->kind == SPOC_MAIL_DIGEST)
        return;
    for (guint i = 0; i < group->notices->len; i++) {
        const SpocNotice *item = spoc_group_notice(group, i);
        g_autofree char *printer = spoc_event_printer(item->event);
        /* Of those of one mail the last counts. */
        if (printer == NULL || !spoc_event_tells_state(item->event) ||
            (group->kind == SPOC_MAIL_NOTICE && item != spoc_group_last_state(group)))
            continue;
        spoc_notification_log_record(aggregator->context->notification_log, group->person->address,
                                     printer, item->event,
                                     aggregator->context->runtime->rules.repeat_s, now_unix_s());
    }
}

/* --- the rate --------------------------------------------------------------------------- */

/* (transfer full): it goes later, together with what came for the same mail meanwhile */
static void
put_back(SpocAggregator *aggregator, SpocGroup *group, gint64 due_unix_s)
{
    SpocGroup *newer = g_hash_table_lookup(aggregator->open, group->key);
    if (newer != NULL) {
        (void)g_hash_table_steal(aggregator->open, group->key);
        spoc_group_absorb(group, newer);
    }
    group->due_unix_s = due_unix_s;
    g_hash_table_insert(aggregator->open, group->key, group);
}

/* (transfer full): the name of what is counted for @group's person */
static char *
person_key(const SpocGroup *group, const char *what)
{
    gboolean is_own = group->cause == SPOC_CAUSE_OWN_JOB;
    g_autofree char *who = spoc_address_key(group->person->address);
    return g_strconcat(who, is_own ? "" : "\nothers", what, NULL);
}

/* (nullable): of what is counted for all people together */
static const char *
others_key(const SpocAggregator *aggregator, const SpocGroup *group)
{
    if (group->cause == SPOC_CAUSE_OWN_JOB ||
        aggregator->context->runtime->rules.max_to_others_per_hour == 0)
        return NULL;
    return group->cause == SPOC_CAUSE_PRINTERS ? "others by printers" : "others by jobs";
}

/* When the rates let it go: @now_unix_s when that is now. @ret_by_others: that what goes to all
 * people together is too much */
static gint64
allowed_unix_s(const SpocAggregator *aggregator, const SpocGroup *group, gint64 now_unix_s,
               gboolean *ret_by_others)
{
    const SpocRules *rules = &aggregator->context->runtime->rules;
    const char *others = others_key(aggregator, group);
    g_autofree char *person = person_key(group, "");
    gint64 next = now_unix_s, others_next = now_unix_s;
    if (rules->max_per_hour > 0)
        next = spoc_notification_log_next_unix_s(aggregator->context->notification_log, person,
                                                 rules->max_per_hour, now_unix_s);
    if (others != NULL)
        others_next =
            spoc_notification_log_next_unix_s(aggregator->context->notification_log, others,
                                              rules->max_to_others_per_hour, now_unix_s);
    *ret_by_others = others_next > now_unix_s && others_next >= next;
    return MAX(next, others_next);
}

static void
count_mail(const SpocAggregator *aggregator, const SpocGroup *group, gint64 now_unix_s)
{
    const char *others = others_key(aggregator, group);
    g_autofree char *person = person_key(group, "");
    if (aggregator->context->runtime->rules.max_per_hour > 0)
        spoc_notification_log_count(aggregator->context->notification_log, person, now_unix_s);
    if (others != NULL)
        spoc_notification_log_count(aggregator->context->notification_log, others, now_unix_s);
}

/* Once an hour */
static gboolean
may_warn(gint64 *last_unix_s, gint64 now_unix_s)
{
    if (*last_unix_s > now_unix_s - WARN_AGAIN_S && *last_unix_s <= now_unix_s)
        return FALSE;
    *last_unix_s = now_unix_s;
    return TRUE;
}

static void
log_collected(SpocAggregator *aggregator, const SpocGroup *group, gboolean by_others,
              gint64 now_unix_s)
{
    const SpocRules *rules = &aggregator->context->runtime->rules;
    const SpocNotice *item = spoc_group_notice(group, 0);
    if (!by_others) {
        spoc_log(aggregator->context->log, SPOC_LOG_INFO,
                 "%s: %u notifications in an hour (notifyMaxPerHour): the rest is collected into "
                 "one mail",
                 group->person->address, rules->max_per_hour);
    } else if (may_warn(&aggregator->warned_unix_s, now_unix_s)) {
        g_autofree char *topic = spoc_event_topic_name(item->event);
        g_autofree char *shown = spoc_text_line(topic, -1, 150);
        spoc_log(aggregator->context->log, SPOC_LOG_ERROR,
                 "%u notifications in an hour to people who do not own the jobs "
                 "(notifyMaxToOthersPerHour): the rest is collected, one mail for each. The last "
                 "one was for %s about %s, from the subscription of %s. Somebody may be misusing "
                 "subscriptions: 'spocctl subscriptions' lists them, and spocctl(1) says how "
                 "cupsd.conf forbids them",
                 rules->max_to_others_per_hour, group->person->address, shown, item->journal);
    }
}

/* (nullable): NULL after dropping @group, because too many people are named already */
static SpocGroup *
begin_rest(SpocAggregator *aggregator, SpocGroup *group, char *key, gint64 now_unix_s)
{
    guint count = 0;
    GHashTableIter iter;
    gpointer value = NULL;
    g_hash_table_iter_init(&iter, aggregator->open);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        const SpocGroup *other = value;
        count += other->kind == SPOC_MAIL_COLLECTED && other->cause != SPOC_CAUSE_OWN_JOB;
    }
    if (group->cause != SPOC_CAUSE_OWN_JOB && count >= OTHERS_MAX) {
        if (may_warn(&aggregator->dropped_unix_s, now_unix_s))
            spoc_log(aggregator->context->log, SPOC_LOG_ERROR,
                     "mail is collected for %u people who do not own the jobs "
                     "(notifyMaxToOthersPerHour): notifications to further people are not "
                     "mailed; the first of them is %s",
                     count, group->person->address);
        spoc_group_commit(group);
        spoc_group_free(group);
        g_free(key);
        return NULL;
    }
    group->kind = SPOC_MAIL_COLLECTED;
    g_free(group->key);
    group->key = key;
    g_hash_table_insert(aggregator->open, group->key, group);
    return group;
}

/* FALSE: the group was put to what is collected for later. */
static gboolean
may_go(SpocAggregator *aggregator, SpocGroup *group)
{
    const char *others = others_key(aggregator, group);
    g_autofree char *person = person_key(group, "");
    SpocNotificationLog *notifications = aggregator->context->notification_log;
    if (group->is_admitted && group->kind == SPOC_MAIL_COLLECTED)
        spoc_notification_log_set_rest(notifications, person, FALSE);
    if (group->is_admitted ||
        (aggregator->context->runtime->rules.max_per_hour == 0 && others == NULL))
        return TRUE;
    gboolean by_others = FALSE;
    gint64 now = now_unix_s();
    gint64 next = allowed_unix_s(aggregator, group, now, &by_others);
    g_autofree char *key = person_key(group, "\nrest");
    SpocGroup *rest = g_hash_table_lookup(aggregator->open, key);
    gint64 due = aggregator->context->once ? next - ONCE_EARLY_S : next;
    gboolean is_notice = group->kind == SPOC_MAIL_NOTICE;
    gboolean is_collecting = is_notice && spoc_notification_log_has_rest(notifications, person);
    if ((is_notice ? next : due) <= now && rest == NULL && !is_collecting) {
        count_mail(aggregator, group, now);
        if (group->kind == SPOC_MAIL_COLLECTED)
            spoc_notification_log_set_rest(notifications, person, FALSE);
        return TRUE;
    }
    if (!is_notice) { /* a digest, or the rest itself: it stays what it is */
        put_back(aggregator, group, MAX(due, now + 1));
        return FALSE;
    }
    if (rest == NULL) {
        log_collected(aggregator, group, by_others, now);
        rest = begin_rest(aggregator, group, g_steal_pointer(&key), now);
        if (rest != NULL)
            spoc_notification_log_set_rest(notifications, person, TRUE);
    } else {
        spoc_group_absorb(rest, group);
    }
    if (rest != NULL && spoc_group_events(rest) >= GROUP_EVENTS_MAX) {
        rest->is_admitted = TRUE; /* a mail for so many is no flood */
        make_due(aggregator, rest);
    } else if (rest != NULL) {
        rest->due_unix_s = due;
    }
    return FALSE;
}

/* --- mails go out ----------------------------------------------------------------------- */

static void
on_safe(gpointer user_data)
{
    spoc_group_commit(user_data);
}

static void
free_group(gpointer data)
{
    spoc_group_free(data);
}

/* Only a single job's event goes at once, and it is the same mail after a crash. What waited may be
 * put together otherwise then, so it is a message first. */
static gboolean
is_sent_from_memory(const SpocGroup *group)
{
    const SpocNotice *first = spoc_group_notice(group, 0);
    return group->kind == SPOC_MAIL_NOTICE && group->due_unix_s == 0 &&
           spoc_group_events(group) == 1 && spoc_event_topic(first->event) == SPOC_TOPIC_JOB;
}

/* FALSE: it could not be written; the group waits. */
static gboolean
store_message(SpocAggregator *aggregator, SpocGroup *group, const SpocMessage *message)
{
    SpocEnvelope *envelope = message->envelope;
    const SpocNotifyContext *context = aggregator->context;
    g_autoptr(GError) error = NULL;
    envelope->next_attempt_unix_s = now_unix_s();
    g_autofree char *marks = spoc_group_marks(group);
    if (!spoc_pending_marks_write(context->spool, envelope->id, marks, &error) ||
        !spoc_message_add(context->spool, message, SPOC_STATE_WAITING, &error) ||
        !spoc_queue_manager_relearn(context->queue, envelope->id, &error)) {
        spoc_log(context->log, SPOC_LOG_ERROR,
                 "%s: cannot write the mail, trying again every %d s: %s. Free space in %s or mend "
                 "its permissions",
                 envelope->id, STORE_RETRY_S, error->message, spoc_spool_path(context->spool));
        aggregator->stuck_until_unix_s = now_unix_s() + STORE_RETRY_S;
        g_queue_push_head(&aggregator->due, group);
        return FALSE;
    }
    record_notification(aggregator, group);
    spoc_group_commit(group);
    spoc_group_free(group);
    spoc_pending_marks_forget(context->spool);
    context->changed(context->user_data);
    return TRUE;
}

/* (transfer full) */
static void
send_group(SpocAggregator *aggregator, SpocGroup *group, const SpocStateAttributes *attributes)
{
    const SpocNotifyContext *context = aggregator->context;
    g_autoptr(GError) error = NULL;
    spoc_group_last(group)->attributes = attributes;
    g_autoptr(SpocMessage) message = spoc_group_compose(context->runtime, group, &error);
    spoc_group_last(group)->attributes = NULL; /* it lives no longer than this call */
    if (message == NULL) {
        spoc_log(context->log, SPOC_LOG_ERROR, "cannot compose a mail to %s: %s",
                 group->person->address, error->message);
        spoc_group_commit(group);
        spoc_group_free(group);
        return;
    }
    /* A crash between writing the message and marking its events: it is in the spool. */
    SpocState state = SPOC_STATE_NEW;
    if (spoc_queue_manager_is_active(context->queue, message->envelope->id) ||
        (group->may_exist &&
         spoc_message_find(context->spool, message->envelope->id, &state, NULL))) {
        spoc_group_commit(group);
        spoc_group_free(group);
    } else if (is_sent_from_memory(group)) {
        spoc_queue_manager_send(context->queue, g_steal_pointer(&message), on_safe, group,
                                free_group);
    } else {
        (void)store_message(aggregator, group, message);
    }
}

/* --- asking CUPS ------------------------------------------------------------------------ */

/* Where nothing is to wait for CUPS it is not asked. */
static gboolean
wants_attributes(const SpocAggregator *aggregator, const SpocGroup *group)
{
    const SpocEvent *event = spoc_group_last(group)->event;
    return group->kind == SPOC_MAIL_NOTICE &&
           aggregator->context->runtime->unverified == SPOC_UNVERIFIED_DROP &&
           (event->printer_name != NULL || event->printer_uri != NULL);
}

static void
on_attributes(const SpocStateAttributes *attributes, gpointer user_data)
{
    Question *question = user_data;
    SpocAggregator *aggregator = question->aggregator;
    SpocGroup *group = g_steal_pointer(&question->group);
    g_hash_table_remove(aggregator->asking, group->key);
    /* The configuration may have changed since: then no mail can be sent now. */
    if (aggregator->context->runtime->blocker != NULL)
        g_queue_push_head(&aggregator->due, group);
    else
        send_group(aggregator, group, attributes);
    aggregator->context->changed(aggregator->context->user_data);
}

/* (transfer full): what CUPS says of a printer and a job now; the mail goes when it has, or cannot
 * be asked. */
static void
ask_state(SpocAggregator *aggregator, SpocGroup *group)
{
    const SpocEvent *event = spoc_group_last(group)->event;
    g_autofree char *printer = spoc_event_printer(event);
    Question *question = g_new0(Question, 1);
    question->aggregator = aggregator;
    question->group = group;
    g_hash_table_insert(aggregator->asking, group->key, question);
    gint state = spoc_event_tells_state(event) ? event->printer_state : 0;
    spoc_cups_ask_state_at(aggregator->context->cups, event->job_id, printer, state, on_attributes,
                           question);
}

/* (transfer full) */
static void
launch_group(SpocAggregator *aggregator, SpocGroup *group)
{
    decide_suppression(aggregator, group);
    if (group->notices->len == 0) {
        spoc_group_commit(group);
        spoc_group_free(group);
        return;
    }
    if (!may_go(aggregator, group))
        return;
    group->is_admitted = TRUE;
    if (wants_attributes(aggregator, group))
        ask_state(aggregator, group);
    else
        send_group(aggregator, group, NULL);
}

gboolean
spoc_aggregator_whole_is_due(const SpocAggregator *aggregator)
{
    gint64 now = now_unix_s();
    GHashTableIter iter;
    gpointer value = NULL;
    g_hash_table_iter_init(&iter, aggregator->open);
    while (g_hash_table_iter_next(&iter, NULL, &value))
        if (is_whole(value) && ((SpocGroup *)value)->due_unix_s <= now)
            return TRUE;
    return FALSE;
}

static void
make_all_due(SpocAggregator *aggregator, gboolean and_whole, gint64 now_unix_s)
{
    SpocGroup *group = NULL;
    while ((group = find_earliest(aggregator, and_whole)) != NULL &&
           group->due_unix_s <= now_unix_s)
        make_due(aggregator, group);
}

/* What was told is known only when CUPS has answered: until then no other group of the same person
 * about the same printer is decided. */
static gboolean
is_asked_about(const SpocAggregator *aggregator, const SpocGroup *group)
{
    GHashTableIter iter;
    gpointer value = NULL;
    g_hash_table_iter_init(&iter, aggregator->asking);
    while (group->kind == SPOC_MAIL_NOTICE && g_hash_table_iter_next(&iter, NULL, &value))
        if (spoc_group_is_about_same(group, ((const Question *)value)->group))
            return TRUE;
    return g_hash_table_contains(aggregator->asking, group->key);
}

static void
launch_due(SpocAggregator *aggregator, gint64 now_unix_s)
{
    for (guint left = aggregator->due.length; left > 0; left--) {
        if (now_unix_s < aggregator->stuck_until_unix_s ||
            spoc_queue_manager_room(aggregator->context->queue) == 0)
            break;
        SpocGroup *group = g_queue_pop_head(&aggregator->due);
        if (is_asked_about(aggregator, group))
            g_queue_push_tail(&aggregator->due, group);
        else
            launch_group(aggregator, group);
    }
}

void
spoc_aggregator_step(SpocAggregator *aggregator, gboolean all_read)
{
    gint64 now = now_unix_s();
    if (aggregator->context->runtime->blocker != NULL)
        return;
    make_all_due(aggregator, FALSE, now);
    launch_due(aggregator, now);
    /* What was due by itself may have become part of what tells all that is there. */
    if (all_read && aggregator->due.length == 0) {
        make_all_due(aggregator, TRUE, now);
        launch_due(aggregator, now);
    }
}

gboolean
spoc_aggregator_close(SpocAggregator *aggregator, gboolean and_digests)
{
    g_autoptr(GList) groups = g_hash_table_get_values(aggregator->open);
    gboolean any = FALSE;
    for (GList *link = groups; link != NULL; link = link->next) {
        SpocGroup *group = link->data;
        if (group->kind != SPOC_MAIL_NOTICE && !(and_digests && group->kind == SPOC_MAIL_DIGEST))
            continue;
        make_due(aggregator, group);
        any = TRUE;
    }
    return any;
}

gboolean
spoc_aggregator_is_busy(const SpocAggregator *aggregator)
{
    return g_hash_table_size(aggregator->asking) > 0 ||
           (aggregator->due.length > 0 && aggregator->context->runtime->blocker == NULL &&
            now_unix_s() >= aggregator->stuck_until_unix_s);
}

guint
spoc_aggregator_waiting(const SpocAggregator *aggregator)
{
    return g_hash_table_size(aggregator->open) + aggregator->due.length;
}

gint64
spoc_aggregator_next_due_unix_s(const SpocAggregator *aggregator)
{
    if (aggregator->due.length > 0 && aggregator->stuck_until_unix_s > now_unix_s())
        return aggregator->stuck_until_unix_s;
    const SpocGroup *earliest = find_earliest(aggregator, TRUE);
    return earliest != NULL ? earliest->due_unix_s : 0;
}

/* --- what waits ------------------------------------------------------------------------- */

typedef struct {
    SpocAggregatorWaitFunc each;
    SpocAggregatorWait wait;
} WaitReporter;

static void
report_entry_wait(gpointer entry, gpointer user_data)
{
    const WaitReporter *reporter = user_data;
    reporter->each(entry, &reporter->wait);
}

static void
report_group_wait(const SpocGroup *group, SpocAggregatorWaitFunc each, const char *reason,
                  gint64 until_unix_s)
{
    WaitReporter reporter = {each, {reason, until_unix_s}};
    spoc_group_each(group, report_entry_wait, &reporter);
}

void
spoc_aggregator_each_wait(const SpocAggregator *aggregator, SpocAggregatorWaitFunc each)
{
    static const char *const reasons[] = {
        [SPOC_MAIL_NOTICE] = ("to be mailed together with what comes until then (notifyGroupWait, "
                              "notifyRepeatInterval)"),
        [SPOC_MAIL_DIGEST] = "for the daily digest (notifyDigestTime)",
        [SPOC_MAIL_COLLECTED] = "beyond notifyMaxPerHour: collected into one mail",
    };
    gboolean is_stuck = now_unix_s() < aggregator->stuck_until_unix_s;
    GHashTableIter iter;
    gpointer value = NULL;
    g_hash_table_iter_init(&iter, aggregator->open);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        const SpocGroup *group = value;
        report_group_wait(group, each, reasons[group->kind], group->due_unix_s);
    }
    g_hash_table_iter_init(&iter, aggregator->asking);
    while (g_hash_table_iter_next(&iter, NULL, &value))
        report_group_wait(((const Question *)value)->group, each,
                          "CUPS is asked how things are now", 0);
    for (const GList *link = aggregator->due.head; link != NULL; link = link->next)
        report_group_wait(link->data, each,
                          is_stuck ? "the spool cannot be written; the log of spocd says why"
                                   : "its turn: other mails are under way",
                          is_stuck ? aggregator->stuck_until_unix_s : 0);
}
