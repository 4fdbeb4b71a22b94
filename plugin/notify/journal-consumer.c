/* SPDX-License-Identifier: Apache-2.0 */
#include "notify/journal-consumer.h"

#include "base/error.h"
#include "notify/cups-retry.h"
#include "notify/event-reader.h"
#include "people/refusal.h"

#include <string.h>

/* After a start, so many mails may be in the spool already without a mark: more than were ever
 * under way at once. */
#define RECHECKED_MAILS 1024

/* Events handled in one go before the main loop has its turn */
#define STEP_EVENTS_MAX 64

/* Damaged places that are said of one stream */
#define DAMAGED_SAID_MAX 3

/* Begins a line about a job in the notes of a journal. */
#define NOTE_JOB "job\t"

/* How far one event has come. */
typedef struct {
    SpocJournalConsumer *stream;
    guint64 offset;
    guint open_parts; /* mails that are not safe yet */
    gboolean all_launched;
} Progress;

struct _SpocJournalConsumer {
    const SpocNotifyContext *around;
    SpocAggregator *desk;
    SpocJournal *journal;
    gboolean ended;
    guint recheck_count; /* mails that a spocd before this one may have put into the spool */

    SpocRecipientUri *uri; /* (nullable): NULL when it is refused */
    SpocSubscription subscription;
    gint subscription_id;
    gboolean asked;
    SpocCupsRetry subscription_retry, job_retry;

    guint64 learned; /* the subscription has learnt from all before this */
    gboolean learning_failed;
    guint64 position;  /* the next event to be handled */
    gboolean awaiting; /* an answer about the event at position */
    gboolean undecided;
    gboolean is_last_ask; /* about the owner of its job: it has waited long enough */
    gint answered_job_id; /* the job that the answer was about, and it stays unknown */
    char *answer;         /* (nullable): then why */
    SpocDevice device;    /* of the queue of the event at position, when it was answered */
    SpocEvent *held;      /* (nullable): the event at position, whose turn has not come */
    GQueue progress;      /* of Progress, in the stream's order */

    guint people_ask;        /* the directory is asked */
    gboolean is_away;        /* and cannot be asked now */
    char *away_why;          /* (nullable) */
    guint64 noted_end;       /* of the journal when a digest was due */
    guint64 exhausted_size;  /* of the journal when nothing whole was left behind position */
    SpocAggregatorWait wait; /* of the entry on the desk that goes first; reason NULL: none */
    guint asks;              /* questions to CUPS whose answers have not come */

    gboolean said_unknown; /* each is said once a stream */
    guint damaged_said;
    GHashTable *refusals_said; /* set of sentences */
    GHashTable *lessons;       /* set of Lesson: owners that are asked for ahead */
};

static void
read_head(SpocJournalConsumer *stream)
{
    g_autoptr(GError) error = NULL;
    const char *text = spoc_journal_recipient_uri(stream->journal);
    stream->uri = spoc_recipient_uri_parse(text, &error);
    spoc_refusal_say_uri(stream->around->log, spoc_journal_name(stream->journal), text, stream->uri,
                         error);
}

static void
log_error(SpocJournalConsumer *stream, const char *what, GError *error)
{
    spoc_log(stream->around->log, SPOC_LOG_ERROR, "%s: %s: %s", spoc_journal_name(stream->journal),
             what, error->message);
}

/* --- finishing -------------------------------------------------------------------------- */

/* Forgets the finished events at the head of the line. */
static void
advance(SpocJournalConsumer *stream)
{
    gboolean moved = FALSE;
    Progress *head = NULL;
    while ((head = g_queue_peek_head(&stream->progress)) != NULL && head->all_launched &&
           head->open_parts == 0) {
        g_free(g_queue_pop_head(&stream->progress));
        moved = TRUE;
    }
    if (!moved)
        return;
    g_autoptr(GError) error = NULL;
    guint64 before = head != NULL ? head->offset : stream->position;
    if (!spoc_journal_mark_before(stream->journal, before, &error))
        log_error(stream, "cannot mark what is done", error);
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
    SpocJournalConsumer *stream = progress->stream;
    g_autoptr(GError) error = NULL;
    if (!spoc_journal_mark(stream->journal, progress->offset, part->part, &error))
        log_error(stream, "cannot mark what is done", error);
    progress->open_parts--;
    advance(stream);
}

/* --- asking CUPS ------------------------------------------------------------------------ */

/* What cannot be learnt again is kept beside the journal: a subscription is gone when its job is
 * done, and so may be the job. */
static void
keep(SpocJournalConsumer *stream, const char *line)
{
    g_autoptr(GError) error = NULL;
    if (line != NULL && !spoc_journal_note(stream->journal, line, &error) &&
        !g_error_matches(error, SPOC_ERROR, SPOC_ERROR_LIMIT))
        log_error(stream, "cannot keep what CUPS answered", error);
}

static void
keep_subscription(SpocJournalConsumer *stream)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *line = spoc_subscription_line(&stream->subscription, stream->subscription_id);
    keep(stream, line);
    if (!spoc_journal_sync_notes(stream->journal, &error))
        log_error(stream, "cannot keep what CUPS answered", error);
}

static void
keep_job(SpocJournalConsumer *stream, gint job_id)
{
    g_autofree char *job = spoc_cups_export_job(stream->around->cups, job_id);
    g_autofree char *line = job != NULL ? g_strconcat(NOTE_JOB, job, NULL) : NULL;
    keep(stream, line);
}

/* What a spocd before this one was told */
static void
read_notes(SpocJournalConsumer *stream)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *text = spoc_journal_notes(stream->journal, &error);
    if (text == NULL)
        log_error(stream, "cannot read what CUPS answered; it is asked again", error);
    for (char *line = text; line != NULL && *line != '\0';) {
        char *end = strchr(line, '\n');
        *end = '\0'; /* every line has an end */
        if (g_str_has_prefix(line, NOTE_JOB))
            spoc_cups_import(stream->around->cups, line + strlen(NOTE_JOB));
        else if (spoc_subscription_parse(&stream->subscription, line, &stream->subscription_id))
            stream->asked = TRUE;
        line = end + 1;
    }
}

static gboolean
ask_subscription_again(gpointer user_data)
{
    SpocJournalConsumer *stream = user_data;
    stream->subscription_retry.timer = 0;
    stream->asked = FALSE;
    stream->around->changed(stream->around->user_data);
    return G_SOURCE_REMOVE;
}

static gboolean
ask_job_again(gpointer user_data)
{
    SpocJournalConsumer *stream = user_data;
    stream->job_retry.timer = 0;
    stream->awaiting = FALSE;
    stream->around->changed(stream->around->user_data);
    return G_SOURCE_REMOVE;
}

static void
on_subscription(SpocSubscriptionStatus status, gint job_id, const char *printer_uri,
                const char *subscriber, const char *why, gpointer user_data)
{
    SpocJournalConsumer *stream = user_data;
    stream->asks--;
    stream->subscription.status = status;
    if (status == SPOC_SUBSCRIPTION_UNREACHABLE) {
        spoc_cups_retry_later(&stream->subscription_retry, stream->around, why,
                              ask_subscription_again, stream);
        return;
    }
    spoc_cups_retry_end(&stream->subscription_retry);
    stream->subscription.job_id = job_id;
    g_free(stream->subscription.printer_uri);
    stream->subscription.printer_uri = g_strdup(printer_uri);
    g_free(stream->subscription.subscriber);
    stream->subscription.subscriber = g_strdup(subscriber);
    keep_subscription(stream);
    stream->around->changed(stream->around->user_data);
}

static void
ask_subscription(SpocJournalConsumer *stream, const SpocEvent *event)
{
    if (stream->asked)
        return;
    stream->asked = TRUE;
    stream->subscription_id = event->subscription_id;
    if (event->subscription_id <= 0)
        stream->subscription.status = SPOC_SUBSCRIPTION_NOT_FOUND;
    else {
        stream->asks++;
        spoc_cups_ask_subscription(stream->around->cups, event->subscription_id, on_subscription,
                                   stream);
    }
}

static void
on_job(const SpocJobAttributes *facts, const char *why, gboolean may_pass, gpointer user_data)
{
    SpocJournalConsumer *stream = user_data;
    stream->asks--;
    if (facts == NULL && may_pass && !stream->is_last_ask) {
        spoc_cups_retry_later(&stream->job_retry, stream->around, why, ask_job_again, stream);
        return;
    }
    spoc_cups_retry_end(&stream->job_retry);
    keep_job(stream, stream->answered_job_id);
    stream->awaiting = FALSE;
    g_free(stream->answer);
    stream->answer = g_strdup(why);
    stream->around->changed(stream->around->user_data);
}

/* The owner of the event's job: from memory, or NULL after asking was begun (awaiting) or in
 * vain (answer). */
static const SpocJobAttributes *
find_job(SpocJournalConsumer *stream, const SpocEvent *event)
{
    const SpocJobAttributes *facts = spoc_cups_job_remembered(stream->around->cups, event->job_id);
    if (facts != NULL)
        return facts;
    if (stream->answered_job_id == event->job_id && stream->answer != NULL)
        return NULL;
    g_clear_pointer(&stream->answer, g_free);
    stream->answered_job_id = event->job_id;
    stream->is_last_ask = spoc_event_reader_is_too_old(stream->journal, event,
                                                       stream->around->setup->schedule.max_age_ms);
    stream->awaiting = TRUE;
    stream->asks++;
    spoc_cups_ask_job(stream->around->cups, event->job_id, on_job, stream);
    return NULL;
}

static void
on_device(const SpocStateAttributes *facts, gpointer user_data)
{
    SpocJournalConsumer *stream = user_data;
    stream->asks--;
    stream->device = facts != NULL ? facts->device : SPOC_DEVICE_UNKNOWN;
    if (stream->is_last_ask && stream->device == SPOC_DEVICE_UNKNOWN)
        stream->device = SPOC_DEVICE_OTHER;
    if (stream->device == SPOC_DEVICE_UNKNOWN) {
        spoc_cups_retry_later(&stream->job_retry, stream->around,
                              "cupsd does not say whether their queue is one for scans",
                              ask_job_again, stream);
        return;
    }
    spoc_cups_retry_end(&stream->job_retry);
    stream->awaiting = FALSE;
    stream->around->changed(stream->around->user_data);
}

/* Whether the event is about a job of a queue of our own: what became of that is told by the mail
 * that it is, or a notice, and CUPS would call it printed. FALSE: CUPS is being asked. */
static gboolean
is_scan(SpocJournalConsumer *stream, const SpocEvent *event, gboolean *ret_scan)
{
    SpocCups *cups = stream->around->cups;
    *ret_scan = FALSE;
    if (event->job_id <= 0 || event->printer_name == NULL)
        return TRUE;
    if (stream->device == SPOC_DEVICE_UNKNOWN)
        stream->device = spoc_cups_device_remembered(cups, event->printer_name);
    *ret_scan = stream->device == SPOC_DEVICE_OURS;
    if (stream->device != SPOC_DEVICE_UNKNOWN)
        return TRUE;
    stream->is_last_ask = spoc_event_reader_is_too_old(
                              stream->journal, event, stream->around->setup->schedule.max_age_ms) ||
                          stream->around->setup->unverified == SPOC_UNVERIFIED_SEND;
    stream->awaiting = TRUE;
    stream->asks++;
    spoc_cups_ask_state(cups, 0, event->printer_name, on_device, stream);
    return FALSE;
}

/* --- life ------------------------------------------------------------------------------- */

SpocJournalConsumer *
spoc_journal_consumer_open(const SpocNotifyContext *surroundings, SpocAggregator *desk,
                           const char *journal_name, GError **error)
{
    g_autoptr(SpocJournal) journal = spoc_journal_open(surroundings->spool, journal_name, error);
    if (journal == NULL)
        return NULL;
    gboolean ended = FALSE;
    if (!spoc_journal_refresh(journal, &ended, error))
        return NULL;

    SpocJournalConsumer *stream = g_new0(SpocJournalConsumer, 1);
    stream->around = surroundings;
    stream->desk = desk;
    stream->journal = g_steal_pointer(&journal);
    stream->ended = ended;
    stream->recheck_count = RECHECKED_MAILS;
    stream->position = spoc_journal_marked_before(stream->journal);
    stream->exhausted_size = G_MAXUINT64;
    stream->refusals_said = spoc_said_new();
    stream->lessons = g_hash_table_new_full(NULL, NULL, g_free, NULL);
    g_queue_init(&stream->progress);
    read_head(stream);
    read_notes(stream);
    return stream;
}

void
spoc_journal_consumer_free(SpocJournalConsumer *stream)
{
    if (stream == NULL)
        return;
    g_clear_handle_id(&stream->subscription_retry.timer, g_source_remove);
    g_clear_handle_id(&stream->job_retry.timer, g_source_remove);
    spoc_cups_retry_end(&stream->subscription_retry);
    spoc_cups_retry_end(&stream->job_retry);
    g_queue_clear_full(&stream->progress, g_free);
    g_hash_table_unref(stream->refusals_said);
    g_hash_table_unref(stream->lessons);
    spoc_subscription_clear(&stream->subscription);
    if (stream->people_ask != 0)
        spoc_people_ask_cancel(stream->around->setup->people, stream->people_ask);
    g_clear_pointer(&stream->uri, spoc_recipient_uri_free);
    g_clear_pointer(&stream->held, spoc_event_unref);
    spoc_journal_free(stream->journal);
    g_free(stream->answer);
    g_free(stream->away_why);
    g_free(stream);
}

/* --- one event -------------------------------------------------------------------------- */

/* A refusal is an ERROR once a stream, however many events it concerns. */
static void
say_refusal(SpocJournalConsumer *stream, const SpocRecipient *recipient, const SpocEvent *event,
            const GError *refusal)
{
    g_autofree char *sentence =
        spoc_refusal_sentence(recipient, event->job_id, refusal->message, stream->answer);
    if (spoc_said_first(stream->refusals_said, sentence))
        spoc_log(stream->around->log, SPOC_LOG_ERROR, "%s: %s", spoc_journal_name(stream->journal),
                 sentence);
}

static void
on_people(gpointer user_data)
{
    SpocJournalConsumer *stream = user_data;
    stream->people_ask = 0;
    stream->awaiting = FALSE;
    stream->around->changed(stream->around->user_data);
}

/* Whether the answer of the directory has to be waited for. One run alone does not wait for a
 * directory that is away. */
static gboolean
await_directory(SpocJournalConsumer *stream, const SpocRecipient *recipient, const char *owner,
                const GError *refusal)
{
    stream->is_away = g_error_matches(refusal, SPOC_ERROR, SPOC_ERROR_UNAVAILABLE);
    g_free(stream->away_why);
    stream->away_why = g_strdup(stream->is_away ? refusal->message : NULL);
    if (!stream->is_away && !g_error_matches(refusal, SPOC_ERROR, SPOC_ERROR_PENDING))
        return FALSE;
    if (stream->is_away && stream->around->once)
        return TRUE;
    stream->awaiting = TRUE;
    stream->people_ask =
        spoc_people_ask(stream->around->setup->people, recipient, owner, on_people, stream);
    return TRUE;
}

/* NULL while CUPS or the directory is asked; else the people who get the event, perhaps none. */
static GPtrArray *
find_people(SpocJournalConsumer *stream, const SpocEvent *event,
            const SpocJobAttributes **ret_facts)
{
    const SpocNotifyContext *around = stream->around;
    const SpocPeople *rules = around->setup->people;
    g_autoptr(GPtrArray) people = g_ptr_array_new_with_free_func((GDestroyNotify)spoc_person_free);
    const SpocJobAttributes *facts =
        event->job_id > 0 ? spoc_cups_job_remembered(around->cups, event->job_id) : NULL;
    if (event->job_id > 0 && facts == NULL && spoc_runtime_wants_owners(stream->around->setup)) {
        facts = find_job(stream, event);
        if (stream->awaiting)
            return NULL;
    }

    guint count =
        spoc_refusal_count(stream->uri, around->setup->rules.max_recipients, stream->refusals_said,
                           around->log, spoc_journal_name(stream->journal));
    for (guint i = 0; i < count; i++) {
        const SpocRecipient *recipient = g_ptr_array_index(stream->uri->recipients, i);
        g_autoptr(GError) refusal = NULL;
        g_autoptr(GPtrArray) refusals = spoc_refusals_new();
        const char *owner = facts != NULL ? facts->owner : NULL;
        g_autoptr(GPtrArray) found =
            spoc_people_resolve(rules, recipient, owner, refusals, &refusal);
        if (facts == NULL &&
            spoc_refusal_owner_could_help(recipient, event->job_id, refusal, refusals)) {
            facts = find_job(stream, event);
            if (stream->awaiting)
                return NULL;
            if (facts != NULL) {
                g_clear_error(&refusal);
                g_clear_pointer(&found, g_ptr_array_unref);
                g_ptr_array_set_size(refusals, 0);
                found = spoc_people_resolve(rules, recipient, facts->owner, refusals, &refusal);
            }
        }
        if (found == NULL &&
            await_directory(stream, recipient, facts != NULL ? facts->owner : NULL, refusal))
            return NULL;
        if (found == NULL)
            say_refusal(stream, recipient, event, refusal);
        else
            spoc_persons_add(people, found);
        for (guint n = 0; n < refusals->len; n++)
            say_refusal(stream, recipient, event, g_ptr_array_index(refusals, n));
    }
    *ret_facts = facts;
    return g_steal_pointer(&people);
}

/* Puts the event on the desk for one person. */
static void
hand_over(SpocJournalConsumer *stream, const SpocEvent *event, const SpocJobAttributes *facts,
          const SpocPerson *person, Progress *progress, gint old_printer_state)
{
    Part *part = g_new0(Part, 1);
    part->progress = progress;
    part->part = spoc_event_reader_part(person);
    progress->open_parts++;
    const SpocEntry entry = {
        .event = event,
        .journal = stream->journal,
        .uri = stream->uri,
        .job = facts,
        .person = person,
        .old_printer_state = old_printer_state,
        .shows_title = spoc_people_shows_title(
            stream->around->setup->people, person,
            spoc_subscription_is_owners(&stream->subscription, event,
                                        facts != NULL ? facts->owner : NULL)),
        .cause = spoc_subscription_is_printers(&stream->subscription) ? SPOC_CAUSE_PRINTERS
                                                                      : SPOC_CAUSE_SOMEONES_JOB,
        .part = part->part,
        .may_exist = stream->recheck_count > 0,
        .safe = on_mail_safe,
        .user_data = part,
        .destroy = g_free,
    };
    if (stream->recheck_count > 0)
        stream->recheck_count--;
    spoc_aggregator_put(stream->desk, &entry);
}

/* What is not mailed, and why, once a stream. */
static void
say_unknown(SpocJournalConsumer *stream)
{
    gboolean is_away = stream->subscription.status == SPOC_SUBSCRIPTION_UNREACHABLE;
    if (stream->said_unknown)
        return;
    stream->said_unknown = TRUE;
    spoc_log(stream->around->log, SPOC_LOG_ERROR,
             "%s: events for %s are not mailed: %s %d%s, and they do not tell whose they are. "
             "notifyUnverified = send would mail them",
             spoc_journal_name(stream->journal), spoc_journal_recipient_uri(stream->journal),
             is_away ? "CUPS could not be asked about their subscription"
                     : "CUPS does not know their subscription",
             stream->subscription_id, is_away ? " before mailMaxAge was over" : "");
}

static gboolean
is_theirs(SpocJournalConsumer *stream, const SpocEvent *event, gboolean *ret_theirs)
{
    const SpocNotifyContext *around = stream->around;
    SpocSubscriptionMatch whose = spoc_subscription_match_decide(&stream->subscription, event);
    if (whose == SPOC_SUBSCRIPTION_MATCH_UNDECIDED &&
        stream->subscription.status == SPOC_SUBSCRIPTION_UNREACHABLE &&
        spoc_event_reader_is_too_old(stream->journal, event,
                                     stream->around->setup->schedule.max_age_ms))
        whose = SPOC_SUBSCRIPTION_MATCH_UNKNOWN;
    if (whose == SPOC_SUBSCRIPTION_MATCH_UNDECIDED &&
        around->setup->unverified == SPOC_UNVERIFIED_DROP)
        return FALSE;
    *ret_theirs = whose == SPOC_SUBSCRIPTION_MATCH_THEIRS ||
                  whose == SPOC_SUBSCRIPTION_MATCH_UNDECIDED ||
                  (whose == SPOC_SUBSCRIPTION_MATCH_UNKNOWN &&
                   around->setup->unverified == SPOC_UNVERIFIED_SEND);
    if (whose == SPOC_SUBSCRIPTION_MATCH_UNKNOWN && !*ret_theirs)
        say_unknown(stream);
    return TRUE;
}

/* FALSE: it is not its turn yet. */
static gboolean
handle_event(SpocJournalConsumer *stream, const SpocEvent *event)
{
    ask_subscription(stream, event);
    gboolean theirs = FALSE;
    stream->undecided = !is_theirs(stream, event, &theirs);
    if (stream->undecided)
        return FALSE;

    const SpocJobAttributes *facts = NULL;
    g_autoptr(GPtrArray) people = NULL;
    if (theirs && stream->uri != NULL && spoc_aggregator_wants(stream->desk, event) &&
        !spoc_journal_is_marked(stream->journal, event->offset, SPOC_JOURNAL_WHOLE)) {
        gboolean is_ours = FALSE;
        if (!is_scan(stream, event, &is_ours))
            return FALSE;
        people = is_ours ? g_ptr_array_new() : find_people(stream, event, &facts);
        if (people == NULL)
            return FALSE;
        spoc_cups_retry_end(&stream->job_retry);
    }
    stream->device = SPOC_DEVICE_UNKNOWN; /* of the next event's queue */
    Progress *progress = g_new0(Progress, 1);
    progress->stream = stream;
    progress->offset = event->offset;
    g_queue_push_tail(&stream->progress, progress);
    gint old_state = people != NULL ? spoc_notification_log_see(stream->around->told, event) : 0;
    for (guint i = 0; people != NULL && i < people->len; i++) {
        const SpocPerson *person = g_ptr_array_index(people, i);
        if (!spoc_journal_is_marked(stream->journal, event->offset, spoc_event_reader_part(person)))
            hand_over(stream, event, facts, person, progress, old_state);
    }
    progress->all_launched = TRUE;
    return TRUE;
}

static gboolean
on_event(const SpocEvent *event, gpointer user_data)
{
    SpocJournalConsumer *stream = user_data;
    if (handle_event(stream, event))
        return TRUE;
    stream->held = spoc_event_ref(event);
    return FALSE;
}

/* FALSE: it is still not its turn. */
static gboolean
handle_held(SpocJournalConsumer *stream)
{
    if (stream->held == NULL)
        return TRUE;
    if (!handle_event(stream, stream->held))
        return FALSE;
    stream->position = stream->held->offset + stream->held->length_bytes;
    g_clear_pointer(&stream->held, spoc_event_unref);
    return TRUE;
}

/* --- reading ---------------------------------------------------------------------------- */

static void
say_damaged(guint64 offset, gsize size, gpointer user_data)
{
    SpocJournalConsumer *stream = user_data;
    if (stream->damaged_said++ < DAMAGED_SAID_MAX)
        spoc_log(stream->around->log, SPOC_LOG_WARNING,
                 "%s: %" G_GSIZE_FORMAT " bytes at %" G_GUINT64_FORMAT
                 " belong to no whole event: cupsd cut it short because its pipe was full, or "
                 "the disk lost it",
                 spoc_journal_name(stream->journal), size, offset);
}

typedef struct {
    SpocJournalConsumer *stream;
    gint job_id;
} Lesson;

/* When it is not remembered now it is asked about again when its turn comes. */
static void
on_learned(const SpocJobAttributes *facts, const char *why, gboolean may_pass, gpointer user_data)
{
    const Lesson *lesson = user_data;
    SpocJournalConsumer *stream = lesson->stream;
    stream->asks--;
    keep_job(stream, lesson->job_id);
    g_hash_table_remove(stream->lessons, lesson);
    stream->around->changed(stream->around->user_data);
}

/* A job that was known before this one was created is another: CUPS lost its state and counts
 * anew. */
static void
learn_owner(SpocJournalConsumer *stream, const SpocEvent *event)
{
    SpocCups *cups = stream->around->cups;
    const SpocJobAttributes *facts = spoc_cups_job_remembered(cups, event->job_id);
    if (facts != NULL && facts->learned_unix_s < event->when_unix_s) {
        spoc_cups_forget_job(cups, event->job_id);
        facts = NULL;
    }
    if (facts != NULL)
        return;
    Lesson *lesson = g_new0(Lesson, 1);
    *lesson = (Lesson){stream, event->job_id};
    g_hash_table_add(stream->lessons, lesson);
    stream->asks++;
    spoc_cups_ask_job(cups, event->job_id, on_learned, lesson);
}

/* Looks ahead: what the subscription can learn, and owners to be remembered before CUPS
 * forgets the job. */
static gboolean
learn_event(const SpocEvent *event, gpointer user_data)
{
    SpocJournalConsumer *stream = user_data;
    ask_subscription(stream, event);
    spoc_subscription_match_learn(&stream->subscription, event);
    if (event->kind == SPOC_EVENT_JOB_CREATED && event->job_id > 0 &&
        (spoc_recipient_uri_has_owner(stream->uri) ||
         spoc_runtime_wants_owners(stream->around->setup)))
        learn_owner(stream, event);
    return TRUE;
}

/* Whether anything depends on what comes later in the stream. */
static gboolean
must_look_ahead(const SpocJournalConsumer *stream)
{
    return spoc_recipient_uri_has_owner(stream->uri) ||
           spoc_runtime_wants_owners(stream->around->setup) ||
           (stream->subscription.status != SPOC_SUBSCRIPTION_KNOWN &&
            stream->around->setup->unverified == SPOC_UNVERIFIED_DROP);
}

gboolean
spoc_journal_consumer_refresh(SpocJournalConsumer *stream, GError **error)
{
    guint64 before = spoc_journal_size(stream->journal);
    gboolean was_ended = stream->ended;
    if (!stream->ended && !spoc_journal_refresh(stream->journal, &stream->ended, error))
        return FALSE;
    stream->subscription.complete = stream->ended;
    if (spoc_journal_size(stream->journal) == before && stream->ended == was_ended &&
        stream->learned > 0 && !stream->learning_failed)
        return TRUE;
    if (!must_look_ahead(stream))
        return TRUE;
    gboolean stopped = FALSE;
    stream->learning_failed =
        !spoc_event_reader_run(stream->journal, stream->ended, G_MAXUINT, learn_event, NULL, stream,
                               &stream->learned, &stopped, error);
    return !stream->learning_failed;
}

gboolean
spoc_journal_consumer_step(SpocJournalConsumer *stream)
{
    if (stream->awaiting || stream->around->setup->blocker != NULL)
        return FALSE;
    if (spoc_aggregator_room(stream->desk) == 0)
        return FALSE;
    g_autoptr(GError) error = NULL;
    guint64 size = spoc_journal_size(stream->journal);
    gboolean more = FALSE;
    stream->is_away = FALSE;
    if (!handle_held(stream))
        return FALSE;
    guint room = spoc_aggregator_room(stream->desk);
    if (!spoc_event_reader_run(stream->journal, stream->ended, MIN(room, STEP_EVENTS_MAX), on_event,
                               say_damaged, stream, &stream->position, &more, &error))
        log_error(stream, "cannot read the journal", error);
    else if (!more)
        stream->exhausted_size = size;
    advance(stream);
    return more && !stream->undecided && !stream->awaiting && !stream->is_away;
}

/* (nullable): why CUPS does not say what must be known first */
static const char *
cups_away(const SpocJournalConsumer *stream)
{
    return stream->undecided ? stream->subscription_retry.why : stream->job_retry.why;
}

/* Whole events are left. */
static gboolean
is_behind_end(const SpocJournalConsumer *stream)
{
    guint64 size = spoc_journal_size(stream->journal);
    return stream->position < size && stream->exhausted_size != size;
}

SpocJournalConsumerStatus
spoc_journal_consumer_status(const SpocJournalConsumer *stream)
{
    gboolean behind = is_behind_end(stream);
    gboolean looks_up = stream->people_ask != 0 && !stream->is_away;
    if (behind && cups_away(stream) != NULL)
        return SPOC_JOURNAL_CONSUMER_BLOCKED;
    if (looks_up || stream->asks > 0)
        return SPOC_JOURNAL_CONSUMER_BUSY;
    if (behind && stream->undecided)
        return SPOC_JOURNAL_CONSUMER_UNDECIDED;
    if (behind)
        return stream->around->setup->blocker != NULL || stream->is_away
                   ? SPOC_JOURNAL_CONSUMER_BLOCKED
                   : SPOC_JOURNAL_CONSUMER_BUSY;
    if (!g_queue_is_empty((GQueue *)&stream->progress))
        return SPOC_JOURNAL_CONSUMER_PARKED;
    return stream->ended ? SPOC_JOURNAL_CONSUMER_DONE : SPOC_JOURNAL_CONSUMER_IDLE;
}

void
spoc_journal_consumer_forget_wait(SpocJournalConsumer *stream)
{
    stream->wait = (SpocAggregatorWait){0};
}

void
spoc_journal_consumer_take_wait(gpointer entry, const SpocAggregatorWait *wait)
{
    SpocJournalConsumer *stream = ((const Part *)entry)->progress->stream;
    if (stream->wait.reason == NULL || wait->until_unix_s < stream->wait.until_unix_s)
        stream->wait = *wait;
}

/* (nullable): why the next event is not read */
static const char *
reading_reason(const SpocJournalConsumer *stream)
{
    if (cups_away(stream) != NULL)
        return cups_away(stream);
    if (stream->is_away)
        return stream->away_why;
    if (stream->people_ask != 0)
        return "the directory of people is being asked";
    if (stream->asks > 0)
        return "CUPS is being asked";
    if (stream->undecided)
        return "CUPS no longer knows their subscription: whose they are is known when it has ended";
    return "to be read in their turn";
}

char *
spoc_journal_consumer_reason(const SpocJournalConsumer *stream, gint64 *ret_until_unix_s)
{
    gboolean is_parked = !g_queue_is_empty((GQueue *)&stream->progress);
    gboolean is_behind = is_behind_end(stream);
    *ret_until_unix_s = 0;
    if (!is_behind && !is_parked)
        return NULL;
    if (stream->around->setup->blocker != NULL)
        return g_strconcat("the configuration: ", stream->around->setup->blocker, NULL);
    const char *parked = stream->wait.reason != NULL ? stream->wait.reason : "being sent";
    if (is_behind && is_parked)
        return g_strconcat(reading_reason(stream), "; some before: ", parked, NULL);
    if (is_behind)
        return g_strdup(reading_reason(stream));
    *ret_until_unix_s = stream->wait.until_unix_s;
    return g_strdup(parked);
}

void
spoc_journal_consumer_note_end(SpocJournalConsumer *stream)
{
    stream->noted_end = spoc_journal_size(stream->journal);
}

gboolean
spoc_journal_consumer_is_past_end(const SpocJournalConsumer *stream)
{
    return stream->position >= stream->noted_end ||
           spoc_journal_consumer_status(stream) != SPOC_JOURNAL_CONSUMER_BUSY;
}

gboolean
spoc_journal_consumer_remove(SpocJournalConsumer *stream, GError **error)
{
    return spoc_journal_delete(stream->journal, error);
}

gboolean
spoc_journal_consumer_sync(SpocJournalConsumer *stream, GError **error)
{
    return spoc_journal_sync_marks(stream->journal, error) &&
           spoc_journal_sync_notes(stream->journal, error);
}

const char *
spoc_journal_consumer_journal(const SpocJournalConsumer *stream)
{
    return spoc_journal_name(stream->journal);
}
