/* SPDX-License-Identifier: Apache-2.0 */
#include "notify/journal-consumer.h"

#include "base/address.h"
#include "base/error.h"
#include "people/refusal.h"

#include <string.h>

/* After a start, so many mails may be in the spool already without a mark: more than were ever
 * under way at once. */
#define RECHECKED_MAILS 1024

/* Events handled in one go before the main loop has its turn */
#define STEP_EVENTS_MAX 64

/* cupsd that gave no answer gives none to the next event either. */
#define SILENCE_BELIEVED_US G_USEC_PER_SEC

/* Damaged places that are said of one journal */
#define DAMAGED_SAID_MAX 3

/* Begins a line about a job in the notes of a journal. */
#define NOTE_JOB "job\t"

/* How far one event has come. */
typedef struct {
    SpocJournalConsumer *consumer;
    guint64 offset;
    guint open_parts; /* mails that are not safe yet */
    gboolean all_launched;
} Progress;

struct _SpocJournalConsumer {
    const SpocNotifyContext *context;
    SpocAggregator *aggregator;
    SpocJournal *journal;
    gboolean ended;
    guint recheck_count; /* mails that a spocd before this one may have put into the spool */

    SpocRecipientUri *uri; /* (nullable): NULL when it is refused */
    SpocSubscription subscription;
    gint subscription_id;
    gboolean asked;
    SpocCupsRetry subscription_retry, job_retry;

    SpocEventReader *reader;
    gboolean awaiting; /* an answer about the next event */
    gboolean undecided;
    gboolean is_last_ask;   /* about the owner of its job: it has waited long enough */
    gint answered_job_id;   /* the job that the answer was about, and it stays unknown */
    char *answer;           /* (nullable): then why */
    SpocDevice device;      /* of the queue of the next event, when it was answered */
    gint64 silent_until_us; /* where nothing waits for cupsd it is not asked for devices so long */
    GQueue progress;        /* of Progress, in the journal's order */

    guint people_ask;        /* the directory is asked */
    gboolean is_away;        /* and cannot be asked now */
    char *away_why;          /* (nullable) */
    guint64 noted_end;       /* of the journal when a digest was due */
    SpocAggregatorWait wait; /* of the entry in the aggregator that goes first; reason NULL: none */
    guint asks;              /* questions to CUPS whose answers have not come */

    gboolean said_unknown; /* each is said once a journal */
    guint damaged_said;
    GHashTable *refusals_said; /* set of sentences */
    GHashTable *lessons;       /* set of Lesson: owners that are asked for ahead */
};

static void
log_error(SpocJournalConsumer *consumer, const char *what, GError *error)
{
    spoc_log(consumer->context->log, SPOC_LOG_ERROR, "%s: %s: %s",
             spoc_journal_name(consumer->journal), what, error->message);
}

/* What the next event waited for has come. */
static void
go_on(SpocJournalConsumer *consumer)
{
    consumer->awaiting = FALSE;
    consumer->context->changed(consumer->context->user_data);
}

/* Forgets the finished events at the head of the line. */
static void
mark_finished(SpocJournalConsumer *consumer)
{
    gboolean moved = FALSE;
    Progress *head = NULL;
    while ((head = g_queue_peek_head(&consumer->progress)) != NULL && head->all_launched &&
           head->open_parts == 0) {
        g_free(g_queue_pop_head(&consumer->progress));
        moved = TRUE;
    }
    if (!moved)
        return;
    g_autoptr(GError) error = NULL;
    guint64 before = head != NULL ? head->offset : spoc_event_reader_position(consumer->reader);
    if (!spoc_journal_mark_before(consumer->journal, before, &error))
        log_error(consumer, "cannot mark what is done", error);
}

typedef struct {
    Progress *progress;
    guint part;
} Part;

static void
on_mail_safe(gpointer user_data)
{
    const Part *part = user_data;
    Progress *progress = part->progress;
    SpocJournalConsumer *consumer = progress->consumer;
    g_autoptr(GError) error = NULL;
    if (!spoc_journal_mark(consumer->journal, progress->offset, part->part, &error))
        log_error(consumer, "cannot mark what is done", error);
    progress->open_parts--;
    mark_finished(consumer);
}

/* --- asking CUPS ------------------------------------------------------------------------ */

/* What cannot be learnt again is kept beside the journal: a subscription is gone when its job is
 * done, and so may be the job. */
static void
keep_note(SpocJournalConsumer *consumer, const char *line)
{
    g_autoptr(GError) error = NULL;
    if (line != NULL && !spoc_journal_note(consumer->journal, line, &error) &&
        !g_error_matches(error, SPOC_ERROR, SPOC_ERROR_LIMIT))
        log_error(consumer, "cannot keep what CUPS answered", error);
}

static void
keep_job(SpocJournalConsumer *consumer, gint job_id)
{
    g_autofree char *job = spoc_cups_export_job(consumer->context->cups, job_id);
    g_autofree char *line = job != NULL ? g_strconcat(NOTE_JOB, job, NULL) : NULL;
    keep_note(consumer, line);
}

/* What CUPS answered to a spocd before this one */
static void
read_notes(SpocJournalConsumer *consumer)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *text = spoc_journal_notes(consumer->journal, &error);
    if (text == NULL)
        log_error(consumer, "cannot read what CUPS answered; it is asked again", error);
    for (char *rest = text, *line = NULL; (line = strsep(&rest, "\n")) != NULL;) {
        if (g_str_has_prefix(line, NOTE_JOB))
            spoc_cups_import(consumer->context->cups, line + strlen(NOTE_JOB));
        else if (spoc_subscription_parse(&consumer->subscription, line, &consumer->subscription_id))
            consumer->asked = TRUE;
    }
}

static gboolean
ask_subscription_again(gpointer user_data)
{
    SpocJournalConsumer *consumer = user_data;
    consumer->subscription_retry.timer = 0;
    consumer->asked = FALSE;
    consumer->context->changed(consumer->context->user_data);
    return G_SOURCE_REMOVE;
}

static gboolean
ask_job_again(gpointer user_data)
{
    SpocJournalConsumer *consumer = user_data;
    consumer->job_retry.timer = 0;
    go_on(consumer);
    return G_SOURCE_REMOVE;
}

static void
on_subscription(const SpocSubscriptionAnswer *answer, gpointer user_data)
{
    SpocJournalConsumer *consumer = user_data;
    consumer->asks--;
    consumer->subscription.status = answer->status;
    if (answer->status == SPOC_SUBSCRIPTION_UNREACHABLE) {
        spoc_cups_retry_later(&consumer->subscription_retry, consumer->context, answer->why,
                              ask_subscription_again, consumer);
        return;
    }
    spoc_cups_retry_end(&consumer->subscription_retry);
    consumer->subscription.job_id = answer->job_id;
    g_free(consumer->subscription.printer_uri);
    consumer->subscription.printer_uri = g_strdup(answer->printer_uri);
    g_free(consumer->subscription.subscriber);
    consumer->subscription.subscriber = g_strdup(answer->subscriber);
    g_autoptr(GError) error = NULL;
    g_autofree char *line =
        spoc_subscription_line(&consumer->subscription, consumer->subscription_id);
    keep_note(consumer, line);
    if (!spoc_journal_sync_notes(consumer->journal, &error))
        log_error(consumer, "cannot keep what CUPS answered", error);
    consumer->context->changed(consumer->context->user_data);
}

static void
ask_subscription(SpocJournalConsumer *consumer, const SpocEvent *event)
{
    if (consumer->asked)
        return;
    consumer->asked = TRUE;
    consumer->subscription_id = event->subscription_id;
    if (event->subscription_id <= 0)
        consumer->subscription.status = SPOC_SUBSCRIPTION_NOT_FOUND;
    else {
        consumer->asks++;
        spoc_cups_ask_subscription(consumer->context->cups, event->subscription_id, on_subscription,
                                   consumer);
    }
}

static void
on_job(const SpocJobAttributes *attributes, const char *why, gboolean may_pass, gpointer user_data)
{
    SpocJournalConsumer *consumer = user_data;
    consumer->asks--;
    if (attributes == NULL && may_pass && !consumer->is_last_ask) {
        spoc_cups_retry_later(&consumer->job_retry, consumer->context, why, ask_job_again,
                              consumer);
        return;
    }
    spoc_cups_retry_end(&consumer->job_retry);
    keep_job(consumer, consumer->answered_job_id);
    g_free(consumer->answer);
    consumer->answer = g_strdup(why);
    go_on(consumer);
}

/* Whether the event has waited for so long as a mail is tried. Its journal is as old as its first
 * event. */
static gboolean
is_too_old(const SpocJournalConsumer *consumer, const SpocEvent *event)
{
    gint64 now = g_get_real_time() / G_USEC_PER_SEC;
    gint64 born = spoc_journal_created_unix_s(consumer->journal);
    if (event->when_unix_s <= now)
        born = MAX(born, event->when_unix_s);
    return now - born > consumer->context->runtime->schedule.max_age_ms / 1000;
}

/* (nullable) */
static const char *
owner_of(const SpocJobAttributes *attributes)
{
    return attributes != NULL ? attributes->owner : NULL;
}

/* The owner of the event's job: from memory, or NULL after asking was begun (awaiting) or in
 * vain (answer). */
static const SpocJobAttributes *
find_job(SpocJournalConsumer *consumer, const SpocEvent *event)
{
    const SpocJobAttributes *attributes =
        spoc_cups_job_remembered(consumer->context->cups, event->job_id);
    if (attributes != NULL)
        return attributes;
    if (consumer->answered_job_id == event->job_id && consumer->answer != NULL)
        return NULL;
    g_clear_pointer(&consumer->answer, g_free);
    consumer->answered_job_id = event->job_id;
    consumer->is_last_ask = is_too_old(consumer, event);
    consumer->awaiting = TRUE;
    consumer->asks++;
    spoc_cups_ask_job(consumer->context->cups, event->job_id, on_job, consumer);
    return NULL;
}

static void
on_device(const SpocStateAttributes *attributes, gpointer user_data)
{
    SpocJournalConsumer *consumer = user_data;
    consumer->asks--;
    consumer->device = attributes != NULL ? attributes->device : SPOC_DEVICE_UNKNOWN;
    if (consumer->is_last_ask && consumer->device == SPOC_DEVICE_UNKNOWN) {
        consumer->device = SPOC_DEVICE_OTHER;
        consumer->silent_until_us = g_get_monotonic_time() + SILENCE_BELIEVED_US;
    }
    if (consumer->device == SPOC_DEVICE_UNKNOWN) {
        spoc_cups_retry_later(&consumer->job_retry, consumer->context,
                              "cupsd does not say whether their queue is one for scans",
                              ask_job_again, consumer);
        return;
    }
    spoc_cups_retry_end(&consumer->job_retry);
    go_on(consumer);
}

/* Whether the event is about a job of a queue of our own: the mail with the document says what
 * became of that, or a notice does, and CUPS would call it printed. FALSE: CUPS is being asked. */
static gboolean
is_scan(SpocJournalConsumer *consumer, const SpocEvent *event, gboolean *ret_scan)
{
    SpocCups *cups = consumer->context->cups;
    *ret_scan = FALSE;
    if (event->job_id <= 0 || event->printer_name == NULL)
        return TRUE;
    if (consumer->device == SPOC_DEVICE_UNKNOWN)
        consumer->device = spoc_cups_device_remembered(cups, event->printer_name);
    *ret_scan = consumer->device == SPOC_DEVICE_OURS;
    if (consumer->device != SPOC_DEVICE_UNKNOWN)
        return TRUE;
    consumer->is_last_ask = is_too_old(consumer, event) ||
                            consumer->context->runtime->unverified == SPOC_UNVERIFIED_SEND;
    if (consumer->is_last_ask && g_get_monotonic_time() < consumer->silent_until_us)
        return TRUE;
    consumer->awaiting = TRUE;
    consumer->asks++;
    spoc_cups_ask_state(cups, 0, event->printer_name, on_device, consumer);
    return FALSE;
}

/* --- one event -------------------------------------------------------------------------- */

/* A refusal is an ERROR once a journal, however many events it concerns. */
static void
log_refusal(SpocJournalConsumer *consumer, const SpocRecipient *recipient, const SpocEvent *event,
            const GError *refusal)
{
    g_autofree char *sentence =
        spoc_refusal_sentence(recipient, event->job_id, refusal->message, consumer->answer);
    if (spoc_said_first(consumer->refusals_said, sentence))
        spoc_log(consumer->context->log, SPOC_LOG_ERROR, "%s: %s",
                 spoc_journal_name(consumer->journal), sentence);
}

static void
on_people(gpointer user_data)
{
    SpocJournalConsumer *consumer = user_data;
    consumer->people_ask = 0;
    go_on(consumer);
}

/* Whether the answer of the directory has to be waited for. One run alone does not wait for a
 * directory that is away. */
static gboolean
await_directory(SpocJournalConsumer *consumer, const SpocRecipient *recipient, const char *owner,
                const GError *refusal)
{
    consumer->is_away = g_error_matches(refusal, SPOC_ERROR, SPOC_ERROR_UNAVAILABLE);
    g_free(consumer->away_why);
    consumer->away_why = g_strdup(consumer->is_away ? refusal->message : NULL);
    if (!consumer->is_away && !g_error_matches(refusal, SPOC_ERROR, SPOC_ERROR_PENDING))
        return FALSE;
    if (consumer->is_away && consumer->context->once)
        return TRUE;
    consumer->awaiting = TRUE;
    consumer->people_ask =
        spoc_people_ask(consumer->context->runtime->people, recipient, owner, on_people, consumer);
    return TRUE;
}

/* NULL while CUPS or the directory is asked; else the people who get the event, perhaps none. */
static GPtrArray *
find_people(SpocJournalConsumer *consumer, const SpocEvent *event,
            const SpocJobAttributes **ret_attributes)
{
    const SpocNotifyContext *context = consumer->context;
    const SpocPeople *rules = context->runtime->people;
    g_autoptr(GPtrArray) people = g_ptr_array_new_with_free_func((GDestroyNotify)spoc_person_free);
    const SpocJobAttributes *attributes =
        event->job_id > 0 ? spoc_cups_job_remembered(context->cups, event->job_id) : NULL;
    if (event->job_id > 0 && attributes == NULL &&
        spoc_runtime_wants_owners(consumer->context->runtime)) {
        attributes = find_job(consumer, event);
        if (consumer->awaiting)
            return NULL;
    }

    guint count = spoc_refusal_count(consumer->uri, context->runtime->rules.max_recipients,
                                     consumer->refusals_said, context->log,
                                     spoc_journal_name(consumer->journal));
    for (guint i = 0; i < count; i++) {
        const SpocRecipient *recipient = g_ptr_array_index(consumer->uri->recipients, i);
        g_autoptr(GError) refusal = NULL;
        g_autoptr(GPtrArray) refusals = spoc_refusals_new();
        g_autoptr(GPtrArray) found =
            spoc_people_resolve(rules, recipient, owner_of(attributes), refusals, &refusal);
        if (attributes == NULL &&
            spoc_refusal_owner_could_help(recipient, event->job_id, refusal, refusals)) {
            attributes = find_job(consumer, event);
            if (consumer->awaiting)
                return NULL;
            if (attributes != NULL) {
                g_clear_error(&refusal);
                g_clear_pointer(&found, g_ptr_array_unref);
                g_ptr_array_set_size(refusals, 0);
                found =
                    spoc_people_resolve(rules, recipient, attributes->owner, refusals, &refusal);
            }
        }
        if (found == NULL && await_directory(consumer, recipient, owner_of(attributes), refusal))
            return NULL;
        if (found == NULL)
            log_refusal(consumer, recipient, event, refusal);
        else
            spoc_persons_add(people, found);
        for (guint n = 0; n < refusals->len; n++)
            log_refusal(consumer, recipient, event, g_ptr_array_index(refusals, n));
    }
    *ret_attributes = attributes;
    return g_steal_pointer(&people);
}

/* Names the recipient in the marks of an event. */
static guint
mark_part(const SpocPerson *person)
{
    g_autofree char *key = spoc_address_key(person->address);
    return spoc_journal_part(key);
}

/* Puts the event in the aggregator for one person. */
static void
hand_over(SpocJournalConsumer *consumer, const SpocEvent *event,
          const SpocJobAttributes *attributes, const SpocPerson *person, Progress *progress,
          gint old_printer_state)
{
    Part *part = g_new0(Part, 1);
    part->progress = progress;
    part->part = mark_part(person);
    progress->open_parts++;
    const SpocEntry entry = {
        .event = event,
        .journal = consumer->journal,
        .uri = consumer->uri,
        .job = attributes,
        .person = person,
        .old_printer_state = old_printer_state,
        .shows_title = spoc_people_shows_title(
            consumer->context->runtime->people, person,
            spoc_subscription_is_owners(&consumer->subscription, event, owner_of(attributes))),
        .cause = spoc_subscription_is_printers(&consumer->subscription) ? SPOC_CAUSE_PRINTERS
                                                                        : SPOC_CAUSE_SOMEONES_JOB,
        .part = part->part,
        .may_exist = consumer->recheck_count > 0,
        .safe = on_mail_safe,
        .user_data = part,
        .destroy = g_free,
    };
    if (consumer->recheck_count > 0)
        consumer->recheck_count--;
    spoc_aggregator_put(consumer->aggregator, &entry);
}

/* What is not mailed, and why, once a journal. */
static void
log_unknown(SpocJournalConsumer *consumer)
{
    gboolean is_away = consumer->subscription.status == SPOC_SUBSCRIPTION_UNREACHABLE;
    if (consumer->said_unknown)
        return;
    consumer->said_unknown = TRUE;
    spoc_log(consumer->context->log, SPOC_LOG_ERROR,
             "%s: events for %s are not mailed: %s %d%s, and they do not tell whose they are. "
             "notifyUnverified = send would mail them",
             spoc_journal_name(consumer->journal), spoc_journal_recipient_uri(consumer->journal),
             is_away ? "CUPS could not be asked about their subscription"
                     : "CUPS does not know their subscription",
             consumer->subscription_id, is_away ? " before mailMaxAge was over" : "");
}

static gboolean
is_theirs(SpocJournalConsumer *consumer, const SpocEvent *event, gboolean *ret_theirs)
{
    const SpocNotifyContext *context = consumer->context;
    SpocSubscriptionMatch whose = spoc_subscription_match_decide(&consumer->subscription, event);
    if (whose == SPOC_SUBSCRIPTION_MATCH_UNDECIDED &&
        consumer->subscription.status == SPOC_SUBSCRIPTION_UNREACHABLE &&
        is_too_old(consumer, event))
        whose = SPOC_SUBSCRIPTION_MATCH_UNKNOWN;
    if (whose == SPOC_SUBSCRIPTION_MATCH_UNDECIDED &&
        context->runtime->unverified == SPOC_UNVERIFIED_DROP)
        return FALSE;
    *ret_theirs = whose == SPOC_SUBSCRIPTION_MATCH_THEIRS ||
                  whose == SPOC_SUBSCRIPTION_MATCH_UNDECIDED ||
                  (whose == SPOC_SUBSCRIPTION_MATCH_UNKNOWN &&
                   context->runtime->unverified == SPOC_UNVERIFIED_SEND);
    if (whose == SPOC_SUBSCRIPTION_MATCH_UNKNOWN && !*ret_theirs)
        log_unknown(consumer);
    return TRUE;
}

/* FALSE: it is not its turn yet. */
static gboolean
handle_event(const SpocEvent *given, gpointer user_data)
{
    SpocJournalConsumer *consumer = user_data;
    g_autoptr(SpocEvent) event =
        spoc_event_with_reasons(given, consumer->context->runtime->rules.reasons);
    ask_subscription(consumer, event);
    gboolean theirs = FALSE;
    consumer->undecided = !is_theirs(consumer, event, &theirs);
    if (consumer->undecided)
        return FALSE;

    const SpocJobAttributes *attributes = NULL;
    g_autoptr(GPtrArray) people = NULL;
    if (theirs && consumer->uri != NULL && spoc_aggregator_wants(consumer->aggregator, event) &&
        !spoc_journal_is_marked(consumer->journal, event->offset, SPOC_JOURNAL_WHOLE)) {
        gboolean is_ours = FALSE;
        if (!is_scan(consumer, event, &is_ours))
            return FALSE;
        people = is_ours ? g_ptr_array_new() : find_people(consumer, event, &attributes);
        if (people == NULL)
            return FALSE;
        spoc_cups_retry_end(&consumer->job_retry);
    }
    consumer->device = SPOC_DEVICE_UNKNOWN; /* of the next event's queue */
    Progress *progress = g_new0(Progress, 1);
    progress->consumer = consumer;
    progress->offset = event->offset;
    g_queue_push_tail(&consumer->progress, progress);
    gint old_state =
        people != NULL
            ? spoc_notification_log_note_state(consumer->context->notification_log, event)
            : 0;
    for (guint i = 0; people != NULL && i < people->len; i++) {
        const SpocPerson *person = g_ptr_array_index(people, i);
        if (!spoc_journal_is_marked(consumer->journal, event->offset, mark_part(person)))
            hand_over(consumer, event, attributes, person, progress, old_state);
    }
    progress->all_launched = TRUE;
    return TRUE;
}

static void
log_damaged(guint64 offset, gsize size, gpointer user_data)
{
    SpocJournalConsumer *consumer = user_data;
    if (consumer->damaged_said++ < DAMAGED_SAID_MAX)
        spoc_log(consumer->context->log, SPOC_LOG_WARNING,
                 "%s: %" G_GSIZE_FORMAT " bytes at %" G_GUINT64_FORMAT
                 " belong to no whole event: cupsd cut it short because its pipe was full, or "
                 "the disk lost it",
                 spoc_journal_name(consumer->journal), size, offset);
}

typedef struct {
    SpocJournalConsumer *consumer;
    gint job_id;
} Lesson;

/* When it is not remembered now it is asked about again when its turn comes. */
static void
on_learned(const SpocJobAttributes *attributes, const char *why, gboolean may_pass,
           gpointer user_data)
{
    const Lesson *lesson = user_data;
    SpocJournalConsumer *consumer = lesson->consumer;
    consumer->asks--;
    keep_job(consumer, lesson->job_id);
    g_hash_table_remove(consumer->lessons, lesson);
    consumer->context->changed(consumer->context->user_data);
}

/* A job that was known before this one was created is another: CUPS lost its state and counts
 * anew. */
static void
learn_owner(SpocJournalConsumer *consumer, const SpocEvent *event)
{
    SpocCups *cups = consumer->context->cups;
    const SpocJobAttributes *attributes = spoc_cups_job_remembered(cups, event->job_id);
    if (attributes != NULL && attributes->learned_unix_s < event->when_unix_s) {
        spoc_cups_forget_job(cups, event->job_id);
        attributes = NULL;
    }
    if (attributes != NULL)
        return;
    Lesson *lesson = g_new0(Lesson, 1);
    *lesson = (Lesson){consumer, event->job_id};
    g_hash_table_add(consumer->lessons, lesson);
    consumer->asks++;
    spoc_cups_ask_job(cups, event->job_id, on_learned, lesson);
}

/* Looks ahead: what the subscription can learn, and owners to be remembered before CUPS
 * forgets the job. */
static void
learn_event(const SpocEvent *event, gpointer user_data)
{
    SpocJournalConsumer *consumer = user_data;
    ask_subscription(consumer, event);
    spoc_subscription_match_learn(&consumer->subscription, event);
    if (event->kind == SPOC_EVENT_JOB_CREATED && event->job_id > 0 &&
        (spoc_recipient_uri_has_owner(consumer->uri) ||
         spoc_runtime_wants_owners(consumer->context->runtime)))
        learn_owner(consumer, event);
}

/* --- the journal ------------------------------------------------------------------------ */

static const SpocEventReaderFuncs reader_funcs = {learn_event, handle_event, log_damaged};

SpocJournalConsumer *
spoc_journal_consumer_open(const SpocNotifyContext *context, SpocAggregator *aggregator,
                           SpocEventBudget *budget, const char *journal_name, GError **error)
{
    g_autoptr(SpocJournal) journal = spoc_journal_open(context->spool, journal_name, error);
    if (journal == NULL)
        return NULL;
    gboolean ended = FALSE;
    if (!spoc_journal_refresh(journal, &ended, error))
        return NULL;

    SpocJournalConsumer *consumer = g_new0(SpocJournalConsumer, 1);
    consumer->context = context;
    consumer->aggregator = aggregator;
    consumer->journal = g_steal_pointer(&journal);
    consumer->ended = ended;
    consumer->recheck_count = RECHECKED_MAILS;
    consumer->reader = spoc_event_reader_new(consumer->journal, budget, &reader_funcs, consumer);
    consumer->refusals_said = spoc_said_new();
    consumer->lessons = g_hash_table_new_full(NULL, NULL, g_free, NULL);
    g_queue_init(&consumer->progress);
    const char *text = spoc_journal_recipient_uri(consumer->journal);
    g_autoptr(GError) refusal = NULL;
    consumer->uri = spoc_recipient_uri_parse(text, &refusal);
    spoc_refusal_say_uri(context->log, journal_name, text, consumer->uri, refusal);
    read_notes(consumer);
    return consumer;
}

void
spoc_journal_consumer_free(SpocJournalConsumer *consumer)
{
    if (consumer == NULL)
        return;
    g_clear_handle_id(&consumer->subscription_retry.timer, g_source_remove);
    g_clear_handle_id(&consumer->job_retry.timer, g_source_remove);
    spoc_cups_retry_end(&consumer->subscription_retry);
    spoc_cups_retry_end(&consumer->job_retry);
    g_queue_clear_full(&consumer->progress, g_free);
    g_hash_table_unref(consumer->refusals_said);
    g_hash_table_unref(consumer->lessons);
    spoc_subscription_clear(&consumer->subscription);
    if (consumer->people_ask != 0)
        spoc_people_ask_cancel(consumer->context->runtime->people, consumer->people_ask);
    g_clear_pointer(&consumer->uri, spoc_recipient_uri_free);
    spoc_event_reader_free(consumer->reader);
    spoc_journal_free(consumer->journal);
    g_free(consumer->answer);
    g_free(consumer->away_why);
    g_free(consumer);
}

/* Whether anything depends on what comes later in the journal. */
static gboolean
must_look_ahead(const SpocJournalConsumer *consumer)
{
    return spoc_recipient_uri_has_owner(consumer->uri) ||
           spoc_runtime_wants_owners(consumer->context->runtime) ||
           (consumer->subscription.status != SPOC_SUBSCRIPTION_KNOWN &&
            consumer->context->runtime->unverified == SPOC_UNVERIFIED_DROP);
}

gboolean
spoc_journal_consumer_refresh(SpocJournalConsumer *consumer, GError **error)
{
    if (!consumer->ended && !spoc_journal_refresh(consumer->journal, &consumer->ended, error))
        return FALSE;
    consumer->subscription.complete = consumer->ended;
    return !must_look_ahead(consumer) ||
           spoc_event_reader_look_ahead(consumer->reader, consumer->ended, error);
}

gboolean
spoc_journal_consumer_step(SpocJournalConsumer *consumer)
{
    if (consumer->awaiting || consumer->context->runtime->blocker != NULL)
        return FALSE;
    guint room = spoc_aggregator_room(consumer->aggregator);
    if (room == 0)
        return FALSE;
    g_autoptr(GError) error = NULL;
    gboolean more = FALSE;
    consumer->is_away = FALSE;
    if (!spoc_event_reader_run(consumer->reader, consumer->ended, MIN(room, STEP_EVENTS_MAX), &more,
                               &error))
        log_error(consumer, "cannot read the journal", error);
    mark_finished(consumer);
    return more && !consumer->undecided && !consumer->awaiting && !consumer->is_away;
}

/* (nullable): why CUPS does not say what must be known first */
static const char *
cups_away(const SpocJournalConsumer *consumer)
{
    return consumer->undecided ? consumer->subscription_retry.why : consumer->job_retry.why;
}

SpocJournalConsumerStatus
spoc_journal_consumer_status(const SpocJournalConsumer *consumer)
{
    gboolean behind = spoc_event_reader_is_behind(consumer->reader);
    gboolean looks_up = consumer->people_ask != 0 && !consumer->is_away;
    if (behind && cups_away(consumer) != NULL)
        return SPOC_JOURNAL_CONSUMER_BLOCKED;
    if (looks_up || consumer->asks > 0)
        return SPOC_JOURNAL_CONSUMER_BUSY;
    if (behind && consumer->undecided)
        return SPOC_JOURNAL_CONSUMER_UNDECIDED;
    if (behind)
        return consumer->context->runtime->blocker != NULL || consumer->is_away
                   ? SPOC_JOURNAL_CONSUMER_BLOCKED
                   : SPOC_JOURNAL_CONSUMER_BUSY;
    if (!g_queue_is_empty((GQueue *)&consumer->progress))
        return SPOC_JOURNAL_CONSUMER_PARKED;
    return consumer->ended ? SPOC_JOURNAL_CONSUMER_DONE : SPOC_JOURNAL_CONSUMER_IDLE;
}

void
spoc_journal_consumer_forget_wait(SpocJournalConsumer *consumer)
{
    consumer->wait = (SpocAggregatorWait){0};
}

void
spoc_journal_consumer_take_wait(gpointer entry, const SpocAggregatorWait *wait)
{
    SpocJournalConsumer *consumer = ((const Part *)entry)->progress->consumer;
    if (consumer->wait.reason == NULL || wait->until_unix_s < consumer->wait.until_unix_s)
        consumer->wait = *wait;
}

/* (nullable): why the next event is not read */
static const char *
reading_reason(const SpocJournalConsumer *consumer)
{
    if (cups_away(consumer) != NULL)
        return cups_away(consumer);
    if (consumer->is_away)
        return consumer->away_why;
    if (consumer->people_ask != 0)
        return "the directory of people is being asked";
    if (consumer->asks > 0)
        return "CUPS is being asked";
    if (consumer->undecided)
        return "CUPS no longer knows their subscription: whose they are is known when it has ended";
    return "to be read in their turn";
}

char *
spoc_journal_consumer_reason(const SpocJournalConsumer *consumer, gint64 *ret_until_unix_s)
{
    gboolean is_parked = !g_queue_is_empty((GQueue *)&consumer->progress);
    gboolean is_behind = spoc_event_reader_is_behind(consumer->reader);
    *ret_until_unix_s = 0;
    if (!is_behind && !is_parked)
        return NULL;
    if (consumer->context->runtime->blocker != NULL)
        return g_strconcat("the configuration: ", consumer->context->runtime->blocker, NULL);
    const char *parked = consumer->wait.reason != NULL ? consumer->wait.reason : "being sent";
    if (is_behind && is_parked)
        return g_strconcat(reading_reason(consumer), "; some before: ", parked, NULL);
    if (is_behind)
        return g_strdup(reading_reason(consumer));
    *ret_until_unix_s = consumer->wait.until_unix_s;
    return g_strdup(parked);
}

void
spoc_journal_consumer_note_end(SpocJournalConsumer *consumer)
{
    consumer->noted_end = spoc_journal_size(consumer->journal);
}

gboolean
spoc_journal_consumer_is_past_end(const SpocJournalConsumer *consumer)
{
    return spoc_event_reader_position(consumer->reader) >= consumer->noted_end ||
           spoc_journal_consumer_status(consumer) != SPOC_JOURNAL_CONSUMER_BUSY;
}

SpocJournal *
spoc_journal_consumer_journal(const SpocJournalConsumer *consumer)
{
    return consumer->journal;
}
