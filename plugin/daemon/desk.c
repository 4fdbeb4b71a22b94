/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A group is in one place at a time: in @open by its key, where events join it; in @due, in the
 * order in which they became due; or in @asking, while CUPS answers. A key has at most one group
 * that is not open any more, so that what is told of a printer is decided in order.
 */
#include "daemon/desk.h"

#include "daemon/compose.h"
#include "daemon/due.h"

#include <string.h>

/* What waits at once, in groups, items of about 1 KiB, and events of about 100 bytes: beyond that
 * the group that is due first goes early. */
#define GROUPS_MAX 1000
#define ITEMS_MAX 3000
#define EVENTS_MAX 50000
/* Events of a group beyond which it goes early */
#define GROUP_EVENTS_MAX 10000
/* What could not be written is tried again after this. */
#define STORE_RETRY_S 5
/* spocd --once that is run every hour may come a little early: what was collected goes then. */
#define ONCE_EARLY_S 120

struct _SpocDesk {
    const SpocSurroundings *around;
    GHashTable *open;          /* key → SpocGroup */
    GQueue due;                /* of SpocGroup */
    GHashTable *asking;        /* set of Question */
    gint64 stuck_until_unix_s; /* the spool could not be written */
};

/* A group for which CUPS is asked */
typedef struct {
    SpocDesk *desk;
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

SpocDesk *
spoc_desk_new(const SpocSurroundings *surroundings)
{
    SpocDesk *desk = g_new0(SpocDesk, 1);
    desk->around = surroundings;
    desk->open =
        g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify)spoc_group_free);
    desk->asking = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, question_free);
    g_queue_init(&desk->due);
    return desk;
}

void
spoc_desk_free(SpocDesk *desk)
{
    if (desk == NULL)
        return;
    g_hash_table_unref(desk->open);
    g_hash_table_unref(desk->asking);
    g_queue_clear_full(&desk->due, (GDestroyNotify)spoc_group_free);
    g_free(desk);
}

guint
spoc_desk_room(const SpocDesk *desk)
{
    guint room = spoc_outbox_room(desk->around->outbox);
    guint under_way = g_hash_table_size(desk->asking) + desk->due.length;
    return room > under_way ? room - under_way : 0;
}

gboolean
spoc_desk_wants(const SpocDesk *desk, const SpocEvent *event)
{
    return spoc_rules_want(&desk->around->setup->rules, event->kind);
}

/* --- events come in --------------------------------------------------------------------- */

static SpocMailKind
kind_of(const SpocEntry *entry)
{
    return entry->uri->digest == SPOC_DIGEST_DAILY ? SPOC_MAIL_DIGEST : SPOC_MAIL_NEWS;
}

/* (transfer full): equal for what becomes one mail. How the recipient wants it is part of it,
 * because two subscriptions may differ there. */
static char *
key_of(const SpocEntry *entry)
{
    const SpocRecipientUri *uri = entry->uri;
    g_autofree char *topic =
        kind_of(entry) == SPOC_MAIL_NEWS ? spoc_event_topic_name(entry->event) : g_strdup("digest");
    g_autofree char *who = spoc_address_key(entry->person->address);
    return g_strdup_printf("%s\n%s\n%s\n%d\n%s", who, topic,
                           uri->language != NULL ? uri->language : "", uri->format,
                           uri->subject != NULL ? uri->subject : "");
}

static gint64
wait_s(SpocDesk *desk, const SpocEntry *entry, gint64 now)
{
    const SpocRules *rules = &desk->around->setup->rules;
    const SpocEvent *event = entry->event;
    if (spoc_event_topic(event) == SPOC_TOPIC_JOB)
        return spoc_event_is_final(event) ? 0 : rules->job_wait_s;
    if (spoc_event_condition(event) == SPOC_CONDITION_NONE)
        return rules->wait_s;
    g_autofree char *printer = spoc_event_printer(event);
    const SpocTold *told =
        printer != NULL ? spoc_told_store_find(desk->around->told, entry->person->address, printer)
                        : NULL;
    return spoc_quiet_wait_s(told, rules->wait_s, rules->repeat_s, now);
}

/* It waits no longer. */
static void
make_due(SpocDesk *desk, SpocGroup *group)
{
    (void)g_hash_table_steal(desk->open, group->key);
    g_queue_push_tail(&desk->due, group);
}

/* It tells all that is there at its time. */
static gboolean
is_whole(const SpocGroup *group)
{
    return group->kind != SPOC_MAIL_NEWS;
}

/* (nullable): @and_whole: also of those that tell all that is there */
static SpocGroup *
find_earliest(const SpocDesk *desk, gboolean and_whole)
{
    SpocGroup *earliest = NULL;
    GHashTableIter iter;
    gpointer value = NULL;
    g_hash_table_iter_init(&iter, desk->open);
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
is_full(const SpocDesk *desk)
{
    guint items = 0, events = 0;
    GHashTableIter iter;
    gpointer value = NULL;
    g_hash_table_iter_init(&iter, desk->open);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        const SpocGroup *group = value;
        items += group->items->len;
        events += spoc_group_events(group);
    }
    return g_hash_table_size(desk->open) >= GROUPS_MAX || items >= ITEMS_MAX ||
           events >= EVENTS_MAX;
}

static SpocGroup *
open_group(SpocDesk *desk, SpocMailKind kind, const char *key, const SpocEntry *entry)
{
    SpocGroup *group = spoc_group_new(kind, key, entry);
    g_hash_table_insert(desk->open, group->key, group);
    return group;
}

void
spoc_desk_put(SpocDesk *desk, const SpocEntry *entry)
{
    gint64 now = now_unix_s();
    g_autofree char *key = key_of(entry);
    SpocMailKind kind = kind_of(entry);
    gint64 wait = kind == SPOC_MAIL_NEWS ? wait_s(desk, entry, now) : 0;
    if (is_full(desk))
        make_due(desk, find_earliest(desk, TRUE));
    SpocGroup *group = g_hash_table_lookup(desk->open, key);
    gboolean is_new = group == NULL;
    if (is_new) {
        group = open_group(desk, kind, key, entry);
        group->due_unix_s = wait > 0 ? now + wait : 0;
    }
    if (kind == SPOC_MAIL_DIGEST) {
        gint64 due = spoc_due_daily_unix_s(desk->around->setup->rules.digest_minute,
                                           entry->event->when_unix_s, now);
        group->due_unix_s = is_new ? due : MIN(group->due_unix_s, due);
    }
    spoc_group_add(group, entry);
    if ((kind == SPOC_MAIL_NEWS && wait == 0) || spoc_group_events(group) >= GROUP_EVENTS_MAX)
        make_due(desk, group);
}

/* --- what is not told ------------------------------------------------------------------- */

static char *
make_thread(const char *printer, gint64 unix_s)
{
    g_autofree char *name =
        g_strcanon(g_strndup(printer, 100), G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "._-", '-');
    return g_strdup_printf("printer-%s-%" G_GINT64_FORMAT, name, unix_s);
}

/* A printer's state that need not be told goes; what has cleared is said to have. */
static void
decide(SpocDesk *desk, SpocGroup *group)
{
    SpocGroupItem *last = spoc_group_last_state(group);
    if (group->kind != SPOC_MAIL_NEWS || group->is_admitted || last == NULL)
        return;
    g_autofree char *printer = spoc_event_printer(last->event);
    if (printer == NULL)
        return;
    const SpocTold *told =
        spoc_told_store_find(desk->around->told, group->person->address, printer);
    SpocQuietVerdict verdict = spoc_quiet_decide(told, last->event, group->had_fault,
                                                 desk->around->setup->rules.repeat_s, now_unix_s());
    if (verdict == SPOC_QUIET_DROP) {
        spoc_log(desk->around->log, SPOC_LOG_DEBUG,
                 "%s: %u events of %s tell nothing new and are not mailed", group->person->address,
                 spoc_group_events(group), printer);
        spoc_group_drop_states(group);
        return;
    }
    gboolean is_fault = spoc_condition_is_fault(spoc_event_condition(last->event));
    last->is_resolved = verdict == SPOC_QUIET_TELL_RESOLVED;
    if (last->is_resolved || (is_fault && told != NULL && told->is_fault))
        group->thread = make_thread(printer, told->fault_unix_s);
    else if (is_fault)
        group->thread = make_thread(printer, last->event->when_unix_s);
}

static void
tell(SpocDesk *desk, const SpocGroup *group)
{
    if (group->kind == SPOC_MAIL_DIGEST)
        return;
    for (guint i = 0; i < group->items->len; i++) {
        const SpocGroupItem *item = g_ptr_array_index(group->items, i);
        g_autofree char *printer = spoc_event_printer(item->event);
        /* Of those of one mail the last counts. */
        if (printer == NULL || spoc_event_condition(item->event) == SPOC_CONDITION_NONE ||
            (group->kind == SPOC_MAIL_NEWS && item != spoc_group_last_state(group)))
            continue;
        spoc_told_store_tell(desk->around->told, group->person->address, printer, item->event,
                             desk->around->setup->rules.repeat_s, now_unix_s());
    }
}

/* --- the rate --------------------------------------------------------------------------- */

/* (transfer full): it goes later, together with what came for the same mail meanwhile */
static void
put_back(SpocDesk *desk, SpocGroup *group, gint64 due_unix_s)
{
    SpocGroup *newer = g_hash_table_lookup(desk->open, group->key);
    if (newer != NULL) {
        (void)g_hash_table_steal(desk->open, group->key);
        spoc_group_absorb(group, newer);
    }
    group->due_unix_s = due_unix_s;
    g_hash_table_insert(desk->open, group->key, group);
}

/* FALSE: the group was put to what is collected for later. */
static gboolean
may_go(SpocDesk *desk, SpocGroup *group)
{
    guint most = desk->around->setup->rules.max_per_hour;
    const char *address = group->person->address;
    if (most == 0 || group->is_admitted)
        return TRUE;
    g_autofree char *who = spoc_address_key(address);
    g_autofree char *key = g_strdup_printf("%s\nrest", who);
    gint64 now = now_unix_s();
    gint64 next = spoc_told_store_next_unix_s(desk->around->told, address, most, now);
    SpocGroup *rest = g_hash_table_lookup(desk->open, key);
    gint64 due = desk->around->once ? next - ONCE_EARLY_S : next;
    gboolean is_news = group->kind == SPOC_MAIL_NEWS;
    gboolean is_collecting = is_news && spoc_told_store_has_rest(desk->around->told, address);
    if ((is_news ? next : due) <= now && rest == NULL && !is_collecting) {
        spoc_told_store_count(desk->around->told, address, now);
        if (group->kind == SPOC_MAIL_COLLECTED)
            spoc_told_store_set_rest(desk->around->told, address, FALSE);
        return TRUE;
    }
    if (!is_news) { /* a digest, or the rest itself: it stays what it is */
        put_back(desk, group, MAX(due, now + 1));
        return FALSE;
    }
    if (rest == NULL) {
        spoc_log(desk->around->log, SPOC_LOG_INFO,
                 "%s: %u notifications in an hour (notifyMaxPerHour): the rest is collected into "
                 "one mail",
                 address, most);
        rest = group;
        rest->kind = SPOC_MAIL_COLLECTED;
        g_free(rest->key);
        rest->key = g_steal_pointer(&key);
        g_hash_table_insert(desk->open, rest->key, rest);
        spoc_told_store_set_rest(desk->around->told, address, TRUE);
    } else {
        spoc_group_absorb(rest, group);
    }
    rest->due_unix_s = due;
    return FALSE;
}

/* --- mails go out ----------------------------------------------------------------------- */

static void
on_safe(gpointer user_data)
{
    spoc_group_settle(user_data);
}

static void
free_group(gpointer data)
{
    spoc_group_free(data);
}

/* Only a single job's news goes at once, and it is the same mail after a crash. What waited may be
 * put together otherwise then, so it is a message first. */
static gboolean
flies_from_memory(const SpocGroup *group)
{
    const SpocGroupItem *first = g_ptr_array_index(group->items, 0);
    return group->kind == SPOC_MAIL_NEWS && group->due_unix_s == 0 &&
           spoc_group_events(group) == 1 && spoc_event_topic(first->event) == SPOC_TOPIC_JOB;
}

/* FALSE: it could not be written; the group waits. */
static gboolean
store(SpocDesk *desk, SpocGroup *group, SpocEnvelope *envelope, GBytes *body)
{
    const SpocSurroundings *around = desk->around;
    g_autoptr(GError) error = NULL;
    envelope->next_attempt_unix_s = now_unix_s();
    if (!spoc_queue_add(around->spool, envelope, body, SPOC_STATE_WAITING, &error) ||
        !spoc_outbox_relearn(around->outbox, envelope->id, &error)) {
        spoc_log(around->log, SPOC_LOG_ERROR,
                 "%s: cannot write the mail, trying again every %d s: %s. Free space in %s or mend "
                 "its permissions",
                 envelope->id, STORE_RETRY_S, error->message, spoc_spool_path(around->spool));
        desk->stuck_until_unix_s = now_unix_s() + STORE_RETRY_S;
        g_queue_push_head(&desk->due, group);
        return FALSE;
    }
    tell(desk, group);
    spoc_group_settle(group);
    spoc_group_free(group);
    around->changed(around->user_data);
    return TRUE;
}

/* (transfer full) */
static void
send_group(SpocDesk *desk, SpocGroup *group, const SpocStateFacts *facts)
{
    const SpocSurroundings *around = desk->around;
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) body = NULL;
    g_autoptr(SpocEnvelope) envelope = spoc_compose(around->setup, group, facts, &body, &error);
    if (envelope == NULL) {
        spoc_log(around->log, SPOC_LOG_ERROR, "cannot compose a mail to %s: %s",
                 group->person->address, error->message);
        spoc_group_settle(group);
        spoc_group_free(group);
        return;
    }
    /* A crash between writing the message and marking its events: it is in the spool. */
    SpocMessageState state = SPOC_STATE_NEW;
    if (spoc_outbox_is_flying(around->outbox, envelope->id) ||
        (group->may_exist && spoc_queue_find(around->spool, envelope->id, &state, NULL))) {
        spoc_group_settle(group);
        spoc_group_free(group);
    } else if (flies_from_memory(group)) {
        spoc_outbox_send(around->outbox, g_steal_pointer(&envelope), body, on_safe, group,
                         free_group);
    } else {
        (void)store(desk, group, envelope, body);
    }
}

/* --- asking CUPS ------------------------------------------------------------------------ */

static const SpocGroupItem *
last_item(const SpocGroup *group)
{
    return g_ptr_array_index(group->items, group->items->len - 1);
}

/* Where nothing is to wait for CUPS it is not asked. */
static gboolean
wants_facts(const SpocDesk *desk, const SpocGroup *group)
{
    const SpocEvent *event = last_item(group)->event;
    return group->kind == SPOC_MAIL_NEWS &&
           desk->around->setup->unverified == SPOC_UNVERIFIED_DROP &&
           (event->printer_name != NULL || event->printer_uri != NULL);
}

static void
on_facts(const SpocStateFacts *facts, gpointer user_data)
{
    Question *question = user_data;
    SpocDesk *desk = question->desk;
    SpocGroup *group = g_steal_pointer(&question->group);
    g_hash_table_remove(desk->asking, group->key);
    /* The configuration may have changed since: then no mail can be sent now. */
    if (desk->around->setup->blocker != NULL)
        g_queue_push_head(&desk->due, group);
    else
        send_group(desk, group, facts);
    desk->around->changed(desk->around->user_data);
}

/* (transfer full): what CUPS says of a printer and a job now; the mail goes when it has, or cannot
 * be asked. */
static void
ask(SpocDesk *desk, SpocGroup *group)
{
    const SpocEvent *event = last_item(group)->event;
    g_autofree char *printer = spoc_event_printer(event);
    Question *question = g_new0(Question, 1);
    question->desk = desk;
    question->group = group;
    g_hash_table_insert(desk->asking, group->key, question);
    gint state = spoc_event_condition(event) != SPOC_CONDITION_NONE ? event->printer_state : 0;
    spoc_cups_ask_state_at(desk->around->cups, event->job_id, printer, state, on_facts, question);
}

/* (transfer full) */
static void
launch(SpocDesk *desk, SpocGroup *group)
{
    decide(desk, group);
    if (group->items->len == 0) {
        spoc_group_settle(group);
        spoc_group_free(group);
        return;
    }
    if (!may_go(desk, group))
        return;
    group->is_admitted = TRUE;
    if (wants_facts(desk, group))
        ask(desk, group);
    else
        send_group(desk, group, NULL);
}

gboolean
spoc_desk_whole_is_due(const SpocDesk *desk)
{
    gint64 now = now_unix_s();
    GHashTableIter iter;
    gpointer value = NULL;
    g_hash_table_iter_init(&iter, desk->open);
    while (g_hash_table_iter_next(&iter, NULL, &value))
        if (is_whole(value) && ((SpocGroup *)value)->due_unix_s <= now)
            return TRUE;
    return FALSE;
}

void
spoc_desk_step(SpocDesk *desk, gboolean all_read)
{
    gint64 now = now_unix_s();
    if (desk->around->setup->blocker != NULL)
        return;
    for (SpocGroup *group = NULL; (group = find_earliest(desk, all_read)) != NULL;) {
        if (group->due_unix_s > now)
            break;
        make_due(desk, group);
    }
    for (guint left = desk->due.length; left > 0; left--) {
        if (now < desk->stuck_until_unix_s || spoc_outbox_room(desk->around->outbox) == 0)
            break;
        SpocGroup *group = g_queue_pop_head(&desk->due);
        if (g_hash_table_contains(desk->asking, group->key))
            g_queue_push_tail(&desk->due, group);
        else
            launch(desk, group);
    }
}

gboolean
spoc_desk_close(SpocDesk *desk, gboolean and_digests)
{
    g_autoptr(GList) groups = g_hash_table_get_values(desk->open);
    gboolean any = FALSE;
    for (GList *link = groups; link != NULL; link = link->next) {
        SpocGroup *group = link->data;
        if (group->kind != SPOC_MAIL_NEWS && !(and_digests && group->kind == SPOC_MAIL_DIGEST))
            continue;
        make_due(desk, group);
        any = TRUE;
    }
    return any;
}

gboolean
spoc_desk_is_busy(const SpocDesk *desk)
{
    return g_hash_table_size(desk->asking) > 0 ||
           (desk->due.length > 0 && desk->around->setup->blocker == NULL &&
            now_unix_s() >= desk->stuck_until_unix_s);
}

guint
spoc_desk_waiting(const SpocDesk *desk)
{
    return g_hash_table_size(desk->open) + desk->due.length;
}

gint64
spoc_desk_next_due_unix_s(const SpocDesk *desk)
{
    if (desk->due.length > 0 && desk->stuck_until_unix_s > now_unix_s())
        return desk->stuck_until_unix_s;
    const SpocGroup *earliest = find_earliest(desk, TRUE);
    return earliest != NULL ? earliest->due_unix_s : 0;
}

/* --- what waits ------------------------------------------------------------------------- */

typedef struct {
    SpocDeskWaitFunc each;
    SpocDeskWait wait;
} Teller;

static void
tell_entry(gpointer entry, gpointer user_data)
{
    const Teller *teller = user_data;
    teller->each(entry, &teller->wait);
}

static void
tell_group(const SpocGroup *group, SpocDeskWaitFunc each, const char *reason, gint64 until_unix_s)
{
    Teller teller = {each, {reason, until_unix_s}};
    spoc_group_each(group, tell_entry, &teller);
}

void
spoc_desk_each_wait(const SpocDesk *desk, SpocDeskWaitFunc each)
{
    static const char *const reasons[] = {
        [SPOC_MAIL_NEWS] = "to be told together with what comes until then (notifyGroupWait, "
                           "notifyRepeatInterval)",
        [SPOC_MAIL_DIGEST] = "for the daily digest (notifyDigestTime)",
        [SPOC_MAIL_COLLECTED] = "beyond notifyMaxPerHour: collected into one mail",
    };
    gboolean is_stuck = now_unix_s() < desk->stuck_until_unix_s;
    GHashTableIter iter;
    gpointer value = NULL;
    g_hash_table_iter_init(&iter, desk->open);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        const SpocGroup *group = value;
        tell_group(group, each, reasons[group->kind], group->due_unix_s);
    }
    g_hash_table_iter_init(&iter, desk->asking);
    while (g_hash_table_iter_next(&iter, NULL, &value))
        tell_group(((const Question *)value)->group, each, "CUPS is asked how things are now", 0);
    for (const GList *link = desk->due.head; link != NULL; link = link->next)
        tell_group(link->data, each,
                   is_stuck ? "the spool cannot be written; the log of spocd says why"
                            : "its turn: other mails are under way",
                   is_stuck ? desk->stuck_until_unix_s : 0);
}
