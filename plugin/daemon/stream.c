/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/stream.h"

#include "base/error.h"
#include "base/text.h"
#include "message/notification.h"

#include <string.h>

/* Different refusals that are said of one stream */
#define REFUSALS_SAID_MAX 100

/* After a start, so many mails may be in the spool already without a mark: more than were ever
 * under way at once. */
#define RECHECKED_MAILS 1024

/* Events handled in one go before the main loop has its turn */
#define STEP_EVENTS_MAX 64

/* Bytes read at a time; one event is about 520. */
#define CHUNK_BYTES 16384

/* CUPS that cannot be reached is asked again so often, at this distance. */
#define CUPS_TRIES_MAX 5
#define CUPS_RETRY_MS 2000

/* How far one event has come. */
typedef struct {
    SpocStream *stream;
    guint64 offset;
    guint open_parts; /* mails that are not safe yet */
    gboolean all_launched;
} Progress;

struct _SpocStream {
    const SpocSurroundings *around;
    SpocJournal *journal;
    gboolean ended;
    guint recheck_count; /* mails that a spocd before this one may have put into the spool */

    SpocRecipientUri *uri; /* (nullable): NULL when it is refused */
    SpocSubscription subscription;
    gint subscription_id;
    gboolean asked;
    guint cups_tries;
    guint retry_timer;

    guint64 learned;   /* the subscription has learnt from all before this */
    guint64 position;  /* the next event to be handled */
    gboolean awaiting; /* an answer about the event at position */
    gboolean undecided;
    gint answered_job_id; /* the job that the answer was about, and it stays unknown */
    char *answer;         /* (nullable): then why */
    GQueue progress;      /* of Progress, in the stream's order */

    guint64 exhausted_size; /* of the journal when nothing whole was left behind position */
    guint asks;             /* questions to CUPS whose answers have not come */

    gboolean said_unknown; /* each is said once a stream */
    guint damaged_said;
    GHashTable *refusals_said; /* set of sentences */
};

static void
read_head(SpocStream *stream)
{
    g_autoptr(GError) error = NULL;
    const char *text = spoc_journal_recipient_uri(stream->journal);
    stream->uri = spoc_recipient_uri_parse(text, &error);
    if (stream->uri == NULL)
        spoc_log(stream->around->log, SPOC_LOG_ERROR,
                 "%s: no mail for the subscription with the recipient '%s': %s",
                 spoc_journal_name(stream->journal), text, error->message);
}

SpocStream *
spoc_stream_open(const SpocSurroundings *surroundings, const char *journal_name, GError **error)
{
    g_autoptr(SpocJournal) journal = spoc_journal_open(surroundings->spool, journal_name, error);
    if (journal == NULL)
        return NULL;
    gboolean ended = FALSE;
    if (!spoc_journal_refresh(journal, &ended, error))
        return NULL;

    SpocStream *stream = g_new0(SpocStream, 1);
    stream->around = surroundings;
    stream->journal = g_steal_pointer(&journal);
    stream->ended = ended;
    stream->recheck_count = RECHECKED_MAILS;
    stream->position = spoc_journal_marked_before(stream->journal);
    stream->exhausted_size = G_MAXUINT64;
    stream->refusals_said = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_queue_init(&stream->progress);
    read_head(stream);
    return stream;
}

void
spoc_stream_free(SpocStream *stream)
{
    if (stream == NULL)
        return;
    if (stream->retry_timer != 0)
        g_source_remove(stream->retry_timer);
    g_queue_clear_full(&stream->progress, g_free);
    g_hash_table_unref(stream->refusals_said);
    spoc_subscription_clear(&stream->subscription);
    g_clear_pointer(&stream->uri, spoc_recipient_uri_free);
    spoc_journal_free(stream->journal);
    g_free(stream->answer);
    g_free(stream);
}

static void
log_error(SpocStream *stream, const char *what, GError *error)
{
    spoc_log(stream->around->log, SPOC_LOG_ERROR, "%s: %s: %s", spoc_journal_name(stream->journal),
             what, error->message);
}

/* --- finishing -------------------------------------------------------------------------- */

/* Forgets the finished events at the head of the line. */
static void
advance(SpocStream *stream)
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
    SpocStream *stream = progress->stream;
    g_autoptr(GError) error = NULL;
    if (!spoc_journal_mark(stream->journal, progress->offset, part->part, &error))
        log_error(stream, "cannot mark what is done", error);
    progress->open_parts--;
    advance(stream);
}

/* --- asking CUPS ------------------------------------------------------------------------ */

static gboolean
ask_again(gpointer user_data)
{
    SpocStream *stream = user_data;
    stream->retry_timer = 0;
    stream->asked = FALSE;
    stream->awaiting = FALSE;
    stream->around->changed(stream->around->user_data);
    return G_SOURCE_REMOVE;
}

/* TRUE when it is tried again after a while. */
static gboolean
try_later(SpocStream *stream)
{
    if (stream->around->once || ++stream->cups_tries >= CUPS_TRIES_MAX)
        return FALSE;
    stream->retry_timer = g_timeout_add(CUPS_RETRY_MS, ask_again, stream);
    return TRUE;
}

static void
on_subscription(SpocSubscriptionStatus status, gint job_id, const char *printer_uri,
                gpointer user_data)
{
    SpocStream *stream = user_data;
    stream->asks--;
    if (status == SPOC_SUBSCRIPTION_UNREACHABLE && try_later(stream))
        return;
    stream->cups_tries = 0;
    stream->subscription.status = status;
    stream->subscription.job_id = job_id;
    g_free(stream->subscription.printer_uri);
    stream->subscription.printer_uri = g_strdup(printer_uri);
    stream->around->changed(stream->around->user_data);
}

static void
ask_subscription(SpocStream *stream, const SpocEvent *event)
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
on_job(const SpocJobFacts *facts, const char *why, gboolean may_pass, gpointer user_data)
{
    SpocStream *stream = user_data;
    stream->asks--;
    if (facts == NULL && may_pass && try_later(stream))
        return;
    stream->cups_tries = 0;
    stream->awaiting = FALSE;
    g_free(stream->answer);
    stream->answer = g_strdup(why);
    stream->around->changed(stream->around->user_data);
}

/* The owner of the event's job: from memory, or NULL after asking was begun (awaiting) or in
 * vain (answer). */
static const SpocJobFacts *
find_job(SpocStream *stream, const SpocEvent *event)
{
    const SpocJobFacts *facts = spoc_cups_job_remembered(stream->around->cups, event->job_id);
    if (facts != NULL)
        return facts;
    if (stream->answered_job_id == event->job_id && stream->answer != NULL)
        return NULL;
    g_clear_pointer(&stream->answer, g_free);
    stream->answered_job_id = event->job_id;
    stream->awaiting = TRUE;
    stream->asks++;
    spoc_cups_ask_job(stream->around->cups, event->job_id, on_job, stream);
    return NULL;
}

/* --- one event -------------------------------------------------------------------------- */

static gboolean
has_person(const GPtrArray *people, const char *address)
{
    for (guint i = 0; i < people->len; i++) {
        const SpocPerson *person = g_ptr_array_index(people, i);
        if (g_strcmp0(person->address, address) == 0)
            return TRUE;
    }
    return FALSE;
}

/* Adds those of @found that are not in @people yet: nobody gets the same mail twice. */
static void
add_people(GPtrArray *people, GPtrArray *found)
{
    while (found->len > 0) {
        SpocPerson *person = g_ptr_array_steal_index(found, 0);
        if (has_person(people, person->address))
            spoc_person_free(person);
        else
            g_ptr_array_add(people, person);
    }
}

/* A refusal is an ERROR once a stream, however many events it concerns. */
static void
say_refusal(SpocStream *stream, const SpocRecipient *recipient, const SpocEvent *event,
            const GError *refusal)
{
    g_autofree char *about = recipient->who == SPOC_WHO_OWNER
                                 ? g_strdup_printf("no mail to the owner of job %d", event->job_id)
                                 : g_strdup_printf("no mail to '%s'", recipient->text);
    g_autofree char *sentence =
        g_strdup_printf("%s: %s%s%s", about, refusal->message, stream->answer != NULL ? ": " : "",
                        stream->answer != NULL ? stream->answer : "");
    if (g_hash_table_contains(stream->refusals_said, sentence) ||
        g_hash_table_size(stream->refusals_said) >= REFUSALS_SAID_MAX)
        return;
    spoc_log(stream->around->log, SPOC_LOG_ERROR, "%s: %s", spoc_journal_name(stream->journal),
             sentence);
    g_hash_table_add(stream->refusals_said, g_steal_pointer(&sentence));
}

/* Whether knowing the owner could turn the refusal of @recipient into a mail. */
static gboolean
owner_could_help(const SpocEvent *event, const GError *refusal)
{
    return event->job_id > 0 && !g_error_matches(refusal, SPOC_ERROR, SPOC_ERROR_INVALID);
}

/* NULL while CUPS is asked; else the people who get the event, perhaps none. */
static GPtrArray *
find_people(SpocStream *stream, const SpocEvent *event, const SpocJobFacts **ret_facts)
{
    const SpocSurroundings *around = stream->around;
    const SpocPeople *rules = around->setup->people;
    g_autoptr(GPtrArray) people = g_ptr_array_new_with_free_func((GDestroyNotify)spoc_person_free);
    const SpocJobFacts *facts = NULL;
    if (event->job_id > 0)
        facts = spoc_cups_job_remembered(around->cups, event->job_id);

    for (guint i = 0; i < stream->uri->recipients->len; i++) {
        const SpocRecipient *recipient = g_ptr_array_index(stream->uri->recipients, i);
        g_autoptr(GError) refusal = NULL;
        const char *owner = facts != NULL ? facts->owner : NULL;
        g_autoptr(GPtrArray) found = spoc_people_resolve(rules, recipient, owner, &refusal);
        if (found == NULL && facts == NULL && owner_could_help(event, refusal)) {
            facts = find_job(stream, event);
            if (stream->awaiting)
                return NULL;
            if (facts != NULL) {
                g_clear_error(&refusal);
                found = spoc_people_resolve(rules, recipient, facts->owner, &refusal);
            }
        }
        if (found == NULL)
            say_refusal(stream, recipient, event, refusal);
        else
            add_people(people, found);
    }
    *ret_facts = facts;
    return g_steal_pointer(&people);
}

static SpocEnvelope *
make_envelope(const SpocStream *stream, const SpocEvent *event, const SpocPerson *person,
              const SpocComposedMail *mail)
{
    SpocEnvelope *envelope = spoc_envelope_new();
    envelope->id = g_strdup(mail->id);
    envelope->kind = g_strdup("notification");
    envelope->sender = g_strdup(stream->around->setup->sender);
    spoc_envelope_add_recipient(envelope, person->address);
    envelope->job_id = event->job_id;
    envelope->subject = g_strdup(mail->subject);
    envelope->message_id = g_strdup(mail->message_id);
    envelope->size_bytes = g_bytes_get_size(mail->bytes);
    envelope->created_unix_s = g_get_real_time() / G_USEC_PER_SEC;
    return envelope;
}

/* Composes the mail for one person and lets it fly. */
static void
launch(SpocStream *stream, const SpocEvent *event, const SpocJobFacts *facts,
       const SpocPerson *person, Progress *progress, guint number)
{
    const SpocSurroundings *around = stream->around;
    g_autoptr(GError) error = NULL;
    const SpocNotification notification = {
        .event = event,
        .journal = spoc_journal_name(stream->journal),
        .person = person,
        .sender = around->setup->sender,
        .host_name = around->setup->host_name,
        .owner = facts != NULL ? facts->owner : NULL,
        .job_title = facts != NULL ? facts->title : NULL,
        .job_uuid = facts != NULL ? facts->uuid : NULL,
        .subject = stream->uri->subject,
        .language = person->language != NULL ? person->language : stream->uri->language,
        .format = stream->uri->format,
        .fallback_unix_s = spoc_journal_created_unix_s(stream->journal),
    };
    g_autoptr(SpocComposedMail) mail = spoc_notification_compose(&notification, &error);
    if (mail == NULL) {
        log_error(stream, "cannot compose a mail", error);
        return;
    }
    /* A crash between writing the message and marking its event: it is in the spool. */
    SpocMessageState state = SPOC_STATE_NEW;
    gboolean may_exist = stream->recheck_count > 0;
    if (may_exist)
        stream->recheck_count--;
    if (spoc_outbox_is_flying(around->outbox, mail->id) ||
        (may_exist && spoc_queue_find(around->spool, mail->id, &state, NULL))) {
        if (!spoc_journal_mark(stream->journal, event->offset, number, &error))
            log_error(stream, "cannot mark what is done", error);
        return;
    }
    Part *part = g_new0(Part, 1);
    part->progress = progress;
    part->part = number;
    progress->open_parts++;
    spoc_outbox_send(around->outbox, make_envelope(stream, event, person, mail), mail->bytes,
                     on_mail_safe, part, g_free);
}

/* What is not mailed, and why, once a stream. */
static void
say_unknown(SpocStream *stream)
{
    if (stream->said_unknown)
        return;
    stream->said_unknown = TRUE;
    spoc_log(stream->around->log, SPOC_LOG_ERROR,
             "%s: events for %s are not mailed: CUPS does not know their subscription %d, and they "
             "do not tell whose they are. notifyUnverified = send would mail them",
             spoc_journal_name(stream->journal), spoc_journal_recipient_uri(stream->journal),
             stream->subscription_id);
}

typedef enum {
    HANDLED_DONE, /* go on behind it */
    HANDLED_STOP, /* it is not its turn yet */
} Handled;

static gboolean
is_theirs(SpocStream *stream, const SpocEvent *event, gboolean *ret_theirs)
{
    const SpocSurroundings *around = stream->around;
    SpocWhose whose = spoc_whose_decide(&stream->subscription, event);
    if (whose == SPOC_WHOSE_UNDECIDED && around->setup->unverified == SPOC_UNVERIFIED_DROP)
        return FALSE;
    *ret_theirs =
        whose == SPOC_WHOSE_THEIRS || whose == SPOC_WHOSE_UNDECIDED ||
        (whose == SPOC_WHOSE_UNKNOWN && around->setup->unverified == SPOC_UNVERIFIED_SEND);
    if (whose == SPOC_WHOSE_UNKNOWN && !*ret_theirs)
        say_unknown(stream);
    return TRUE;
}

static Handled
handle_event(SpocStream *stream, const SpocEvent *event)
{
    ask_subscription(stream, event);
    gboolean theirs = FALSE;
    stream->undecided = !is_theirs(stream, event, &theirs);
    if (stream->undecided)
        return HANDLED_STOP;

    const SpocJobFacts *facts = NULL;
    g_autoptr(GPtrArray) people = NULL;
    if (theirs && stream->uri != NULL &&
        !spoc_journal_is_marked(stream->journal, event->offset, SPOC_JOURNAL_WHOLE)) {
        people = find_people(stream, event, &facts);
        if (people == NULL)
            return HANDLED_STOP;
    }
    Progress *progress = g_new0(Progress, 1);
    progress->stream = stream;
    progress->offset = event->offset;
    g_queue_push_tail(&stream->progress, progress);
    for (guint i = 0; people != NULL && i < people->len; i++) {
        if (!spoc_journal_is_marked(stream->journal, event->offset, i))
            launch(stream, event, facts, g_ptr_array_index(people, i), progress, i);
    }
    progress->all_launched = TRUE;
    return HANDLED_DONE;
}

/* --- reading ---------------------------------------------------------------------------- */

static void
say_damaged(SpocStream *stream, guint64 offset, gsize size)
{
    if (stream->damaged_said++ < 3)
        spoc_log(stream->around->log, SPOC_LOG_WARNING,
                 "%s: %" G_GSIZE_FORMAT " bytes at %" G_GUINT64_FORMAT
                 " belong to no whole event: cupsd cut it short because its pipe was full, or "
                 "the disk lost it",
                 spoc_journal_name(stream->journal), size, offset);
}

typedef Handled (*EventFunc)(SpocStream *stream, const SpocEvent *event);

/* Scans from *@position on, which moves behind what was dealt with, and gives each event to
 * @handle. Returns whether it stopped only because of @events_max or @handle. */
static gboolean
scan(SpocStream *stream, guint64 *position, EventFunc handle, guint events_max, GError **error)
{
    gsize chunk_size = CHUNK_BYTES;
    g_autofree guint8 *chunk = g_malloc(SPOC_EVENT_MAX_BYTES + 1);
    guint events = 0;
    while (*position < spoc_journal_size(stream->journal)) {
        guint64 start = *position;
        gssize count = spoc_journal_read(stream->journal, start, chunk, chunk_size, error);
        if (count < 0)
            return FALSE;
        gboolean complete =
            stream->ended && start + (guint64)count >= spoc_journal_size(stream->journal);
        gsize used = 0;
        SpocScanResult result = SPOC_SCAN_EVENT;
        while (used < (gsize)count) {
            gsize consumed = 0;
            g_autoptr(SpocEvent) event = NULL;
            result = spoc_event_scan(chunk + used, (gsize)count - used, start + used, complete,
                                     &consumed, &event);
            if (result == SPOC_SCAN_MORE || result == SPOC_SCAN_END)
                break;
            if (result == SPOC_SCAN_DAMAGED && handle == handle_event)
                say_damaged(stream, start + used, consumed);
            if (result == SPOC_SCAN_EVENT) {
                if (events++ >= events_max || handle(stream, event) == HANDLED_STOP)
                    return TRUE;
            }
            used += consumed;
            *position = start + used;
        }
        if (used > 0) {
            chunk_size = CHUNK_BYTES;
            continue;
        }
        if (result == SPOC_SCAN_END || start + (guint64)count >= spoc_journal_size(stream->journal))
            break; /* what is left is not whole yet */
        chunk_size = SPOC_EVENT_MAX_BYTES + 1;
    }
    return FALSE;
}

/* Looks ahead: what the subscription can learn, and owners to be remembered before CUPS
 * forgets the job. */
static Handled
learn_event(SpocStream *stream, const SpocEvent *event)
{
    ask_subscription(stream, event);
    spoc_whose_learn(&stream->subscription, event);
    return HANDLED_DONE;
}

gboolean
spoc_stream_refresh(SpocStream *stream, GError **error)
{
    guint64 before = spoc_journal_size(stream->journal);
    gboolean was_ended = stream->ended;
    if (!stream->ended && !spoc_journal_refresh(stream->journal, &stream->ended, error))
        return FALSE;
    stream->subscription.complete = stream->ended;
    if (spoc_journal_size(stream->journal) == before && stream->ended == was_ended &&
        stream->learned > 0)
        return TRUE;
    GError *failure = NULL;
    (void)scan(stream, &stream->learned, learn_event, G_MAXUINT, &failure);
    if (failure != NULL)
        g_propagate_error(error, failure);
    return failure == NULL;
}

gboolean
spoc_stream_step(SpocStream *stream)
{
    if (stream->awaiting || stream->retry_timer != 0 || stream->around->setup->blocker != NULL)
        return FALSE;
    guint room = spoc_outbox_room(stream->around->outbox);
    if (room == 0)
        return FALSE;
    GError *error = NULL;
    guint64 size = spoc_journal_size(stream->journal);
    gboolean more =
        scan(stream, &stream->position, handle_event, MIN(room, STEP_EVENTS_MAX), &error);
    if (error != NULL) {
        log_error(stream, "cannot read the journal", error);
        g_clear_error(&error);
    } else if (!more) {
        stream->exhausted_size = size;
    }
    advance(stream);
    return more && !stream->undecided && !stream->awaiting;
}

SpocStreamStatus
spoc_stream_status(const SpocStream *stream)
{
    guint64 size = spoc_journal_size(stream->journal);
    gboolean behind = stream->position < size && stream->exhausted_size != size;
    if (!g_queue_is_empty((GQueue *)&stream->progress) || stream->asks > 0 ||
        stream->retry_timer != 0)
        return SPOC_STREAM_BUSY;
    if (behind && stream->undecided)
        return SPOC_STREAM_UNDECIDED;
    if (behind)
        return stream->around->setup->blocker != NULL ? SPOC_STREAM_BLOCKED : SPOC_STREAM_BUSY;
    return stream->ended ? SPOC_STREAM_DONE : SPOC_STREAM_IDLE;
}

gboolean
spoc_stream_remove(SpocStream *stream, GError **error)
{
    return spoc_journal_delete(stream->journal, error);
}

gboolean
spoc_stream_sync(SpocStream *stream, GError **error)
{
    return spoc_journal_sync_marks(stream->journal, error);
}
