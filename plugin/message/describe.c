/* SPDX-License-Identifier: Apache-2.0 */
#include "message/describe.h"

#include "base/text.h"
#include "message/words.h"

#include <string.h>

/* In a sentence and the subject; the line "Title:" has it whole. */
#define TITLE_SHOWN_MAX_BYTES 100
#define TITLE_MAX_BYTES 400
#define PRINTER_MAX_BYTES 130 /* cupsd takes 127 */
#define NAME_MAX_BYTES 130
#define CUPS_TEXT_MAX_BYTES 300
#define SUBJECT_MAX_BYTES 200

/* job-state and printer-state, RFC 8011 5.3.7, 5.4.11 */
enum {
    JOB_PENDING = 3,
    JOB_HELD,
    JOB_PROCESSING,
    JOB_STOPPED,
    JOB_CANCELED,
    JOB_ABORTED,
    JOB_COMPLETED,
};
enum {
    PRINTER_IDLE = 3,
    PRINTER_PROCESSING,
    PRINTER_STOPPED,
};

void
spoc_description_clear(SpocDescription *description)
{
    g_clear_pointer(&description->subject, g_free);
    g_clear_pointer(&description->text, g_free);
}

/* --- what happened ---------------------------------------------------------------------- */

static SpocNews
job_state_news(gint state, SpocNews otherwise)
{
    switch (state) {
    case JOB_PENDING:
        return SPOC_NEWS_JOB_WAITING;
    case JOB_HELD:
        return SPOC_NEWS_JOB_HELD;
    case JOB_PROCESSING:
        return SPOC_NEWS_JOB_PRINTING;
    case JOB_STOPPED:
        return SPOC_NEWS_JOB_STOPPED;
    case JOB_CANCELED:
        return SPOC_NEWS_JOB_CANCELED;
    case JOB_ABORTED:
        return SPOC_NEWS_JOB_ABORTED;
    case JOB_COMPLETED:
        return SPOC_NEWS_JOB_PRINTED;
    default:
        return otherwise;
    }
}

/* A reason that is a warning or an error, while the printer goes on */
static gboolean
has_trouble(char *const *reasons)
{
    for (gsize i = 0; reasons[i] != NULL; i++) {
        if (g_str_has_suffix(reasons[i], "-warning") || g_str_has_suffix(reasons[i], "-error"))
            return TRUE;
    }
    return FALSE;
}

static SpocNews
printer_state_news(const SpocEvent *event)
{
    if (event->printer_state == PRINTER_STOPPED)
        return SPOC_NEWS_PRINTER_STOPPED;
    if (has_trouble(event->printer_state_reasons))
        return SPOC_NEWS_PRINTER_TROUBLE;
    if (event->printer_state == PRINTER_IDLE)
        return SPOC_NEWS_PRINTER_IDLE;
    return event->printer_state == PRINTER_PROCESSING ? SPOC_NEWS_PRINTER_PRINTING
                                                      : SPOC_NEWS_PRINTER_STATE;
}

static SpocNews
job_news(const SpocEvent *event)
{
    switch (event->kind) {
    case SPOC_EVENT_JOB_CREATED:
        /* Whatever its state says: lp makes a job first, held, and brings the document then. */
        return SPOC_NEWS_JOB_QUEUED;
    case SPOC_EVENT_JOB_COMPLETED:
        /* The job of a lost printer can be said to have ended while it is in any state. */
        return event->job_state >= JOB_CANCELED
                   ? job_state_news(event->job_state, SPOC_NEWS_JOB_ENDED)
                   : SPOC_NEWS_JOB_ENDED;
    case SPOC_EVENT_JOB_STOPPED:
        return event->job_state >= JOB_CANCELED
                   ? job_state_news(event->job_state, SPOC_NEWS_JOB_STOPPED)
                   : SPOC_NEWS_JOB_STOPPED;
    case SPOC_EVENT_JOB_PROGRESS:
        return event->job_impressions_completed > 0 ? SPOC_NEWS_JOB_PROGRESS
                                                    : SPOC_NEWS_JOB_PRINTING;
    case SPOC_EVENT_JOB_CONFIG_CHANGED:
        return SPOC_NEWS_JOB_CHANGED;
    default:
        return job_state_news(event->job_state, SPOC_NEWS_JOB_CHANGED);
    }
}

static SpocNews
news_of(const SpocEvent *event)
{
    if (spoc_event_is_job(event))
        return job_news(event);
    switch (event->kind) {
    case SPOC_EVENT_PRINTER_ADDED:
        return SPOC_NEWS_PRINTER_ADDED;
    case SPOC_EVENT_PRINTER_DELETED:
        return SPOC_NEWS_PRINTER_DELETED;
    case SPOC_EVENT_PRINTER_CONFIG_CHANGED:
        return SPOC_NEWS_PRINTER_CHANGED;
    case SPOC_EVENT_PRINTER_STATE_CHANGED:
        return printer_state_news(event);
    case SPOC_EVENT_PRINTER_STOPPED:
        return SPOC_NEWS_PRINTER_STOPPED;
    case SPOC_EVENT_PRINTER_MEDIA_CHANGED:
        return SPOC_NEWS_PRINTER_MEDIA;
    case SPOC_EVENT_PRINTER_FINISHINGS_CHANGED:
        return SPOC_NEWS_PRINTER_FINISHINGS;
    case SPOC_EVENT_PRINTER_QUEUE_ORDER_CHANGED:
        return SPOC_NEWS_PRINTER_ORDER;
    case SPOC_EVENT_PRINTER_RESTARTED:
        return SPOC_NEWS_PRINTER_RESTARTED;
    case SPOC_EVENT_PRINTER_SHUTDOWN:
        return SPOC_NEWS_PRINTER_SHUTDOWN;
    case SPOC_EVENT_SERVER_STARTED:
        return SPOC_NEWS_SERVER_STARTED;
    case SPOC_EVENT_SERVER_STOPPED:
        return SPOC_NEWS_SERVER_STOPPED;
    case SPOC_EVENT_SERVER_RESTARTED:
        return SPOC_NEWS_SERVER_RESTARTED;
    case SPOC_EVENT_SERVER_AUDIT:
        return SPOC_NEWS_SERVER_AUDIT;
    default:
        return SPOC_NEWS_OTHER;
    }
}

/* --- the pieces ------------------------------------------------------------------------- */

typedef struct {
    const SpocCatalogue *catalogue;
    SpocNews news;
    char *title;       /* for the sentence */
    char *whole_title; /* (nullable): for its own line; NULL without a job or a title */
    char *printer;
    char *owner;           /* "" when unknown */
    char *job_reasons;     /* (nullable) */
    char *printer_reasons; /* (nullable) */
    char *event_name;
    char *host;
    char *pages;
} Pieces;

static void
pieces_clear(Pieces *pieces)
{
    g_free(pieces->title);
    g_free(pieces->whole_title);
    g_free(pieces->printer);
    g_free(pieces->owner);
    g_free(pieces->job_reasons);
    g_free(pieces->printer_reasons);
    g_free(pieces->event_name);
    g_free(pieces->host);
    g_free(pieces->pages);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Pieces, pieces_clear)

/* (transfer full) (nullable): @text as one line, NULL when nothing can be read in it */
static char *
readable(const char *text, gsize max_bytes)
{
    g_autofree char *line = spoc_text_line(text, -1, max_bytes);
    return *line != '\0' ? g_steal_pointer(&line) : NULL;
}

static char *
printer_of(const SpocEvent *event, const SpocCatalogue *catalogue)
{
    char *name = readable(event->printer_name, PRINTER_MAX_BYTES);
    if (name == NULL && event->printer_uri != NULL) {
        const char *slash = strrchr(event->printer_uri, '/');
        name = readable(slash != NULL ? slash + 1 : NULL, PRINTER_MAX_BYTES);
    }
    return name != NULL ? name : g_strdup(spoc_word(catalogue, SPOC_WORD_SOME_PRINTER));
}

static void
collect(const SpocNotification *notification, Pieces *pieces)
{
    const SpocEvent *event = notification->event;
    const char *raw_title = event->job_name != NULL ? event->job_name : notification->job_title;
    const SpocCatalogue *catalogue = spoc_catalogue_find(notification->language);
    pieces->catalogue = catalogue;
    pieces->news = news_of(event);
    pieces->whole_title = readable(raw_title, TITLE_MAX_BYTES);
    if (pieces->whole_title == NULL && notification->job_title != NULL)
        pieces->whole_title = readable(notification->job_title, TITLE_MAX_BYTES);
    pieces->title = readable(pieces->whole_title, TITLE_SHOWN_MAX_BYTES);
    if (pieces->title == NULL)
        pieces->title = g_strdup(spoc_word(catalogue, SPOC_WORD_UNTITLED));
    pieces->printer = printer_of(event, catalogue);
    pieces->owner = spoc_text_line(notification->owner, -1, NAME_MAX_BYTES);
    pieces->job_reasons = spoc_words_reasons(catalogue, event->job_state_reasons);
    pieces->printer_reasons = spoc_words_reasons(catalogue, event->printer_state_reasons);
    if (pieces->news == SPOC_NEWS_PRINTER_STOPPED && pieces->printer_reasons != NULL)
        pieces->news = SPOC_NEWS_PRINTER_STOPPED_WHY;
    pieces->event_name = spoc_text_line(event->name, -1, NAME_MAX_BYTES);
    pieces->host = spoc_text_line(notification->host_name, -1, NAME_MAX_BYTES);
    pieces->pages = spoc_words_pages(catalogue, (gulong)MAX(event->job_impressions_completed, 0));
}

static char *
expand(const Pieces *pieces, const char *sentence)
{
    const SpocWordValue values[] = {
        {"title", pieces->title}, {"printer", pieces->printer},
        {"owner", pieces->owner}, {"reasons", pieces->printer_reasons},
        {"host", pieces->host},   {"event", pieces->event_name},
        {"pages", pieces->pages},
    };
    return spoc_words_expand(sentence, values, G_N_ELEMENTS(values));
}

/* --- the mail --------------------------------------------------------------------------- */

/* Labels are padded so that the values stand below each other; the unit is a character. */
#define LABEL_WIDTH 15

static void
add_line(GString *text, const Pieces *pieces, SpocWord word, const char *value)
{
    if (value == NULL || *value == '\0')
        return;
    g_autofree char *label = spoc_words_label(pieces->catalogue, word);
    g_string_append(text, label);
    for (glong width = g_utf8_strlen(label, -1); width < LABEL_WIDTH; width++)
        g_string_append_c(text, ' ');
    g_string_append_printf(text, "%s\n", value);
}

static void
add_number(GString *text, const Pieces *pieces, SpocWord word, gint number)
{
    g_autofree char *digits = g_strdup_printf("%d", number);
    add_line(text, pieces, word, digits);
}

static void
add_state_line(GString *text, const Pieces *pieces, SpocWord word, const char *state,
               const char *reasons, const char *more)
{
    g_autofree char *why = spoc_words_join(pieces->catalogue, SPOC_JOIN_STATE, state, reasons);
    g_autofree char *value = spoc_words_join(pieces->catalogue, SPOC_JOIN_STATE, why, more);
    add_line(text, pieces, word, value);
}

static char *
make_text(const SpocNotification *notification, const Pieces *pieces, gint64 when_unix_s)
{
    const SpocEvent *event = notification->event;
    const SpocCatalogue *catalogue = pieces->catalogue;
    SpocNewsWords words;
    spoc_words_news(catalogue, pieces->news, &words);
    gboolean yours = notification->person->is_owner && words.yours != NULL;
    g_autofree char *first = expand(pieces, yours ? words.yours : words.theirs);
    g_autofree char *sent_by = expand(pieces, spoc_word(catalogue, SPOC_WORD_SENT_BY));
    g_autofree char *when = spoc_words_when(catalogue, when_unix_s);
    g_autofree char *said = readable(event->text, CUPS_TEXT_MAX_BYTES);

    GString *text = g_string_sized_new(1024);
    g_string_append_printf(text, "%s\n\n", first);
    if (event->job_id > 0) {
        add_number(text, pieces, SPOC_WORD_JOB, event->job_id);
        add_line(text, pieces, SPOC_WORD_TITLE,
                 pieces->whole_title != NULL ? pieces->whole_title : pieces->title);
        add_line(text, pieces, SPOC_WORD_OWNER, pieces->owner);
        if (event->kind != SPOC_EVENT_JOB_CREATED)
            add_state_line(text, pieces, SPOC_WORD_JOB_STATE,
                           spoc_words_job_state(catalogue, event->job_state), pieces->job_reasons,
                           NULL);
        if (event->job_impressions_completed > 0)
            add_number(text, pieces, SPOC_WORD_PAGES, event->job_impressions_completed);
    }
    if (event->printer_name != NULL || event->printer_uri != NULL) {
        add_line(text, pieces, SPOC_WORD_PRINTER, pieces->printer);
        add_state_line(
            text, pieces, SPOC_WORD_PRINTER_STATE,
            spoc_words_printer_state(catalogue, event->printer_state), pieces->printer_reasons,
            event->printer_is_accepting_jobs == 0 ? spoc_word(catalogue, SPOC_WORD_NOT_ACCEPTING)
                                                  : NULL);
    }
    add_line(text, pieces, SPOC_WORD_WHEN, when);
    add_line(text, pieces, SPOC_WORD_CUPS_SAYS, said);
    /* RFC 3676 4.3: what follows is no part of the message. */
    g_string_append_printf(text, "\n-- \n%s\n", sent_by);
    return g_string_free(text, FALSE);
}

void
spoc_describe(const SpocNotification *notification, gint64 when_unix_s,
              SpocDescription *ret_description)
{
    g_auto(Pieces) pieces = {0};
    collect(notification, &pieces);
    char *subject = readable(notification->subject, SUBJECT_MAX_BYTES);
    if (subject == NULL) {
        SpocNewsWords words;
        spoc_words_news(pieces.catalogue, pieces.news, &words);
        g_autofree char *expanded = expand(&pieces, words.subject);
        subject = spoc_text_line(expanded, -1, SUBJECT_MAX_BYTES);
    }
    ret_description->subject = subject;
    ret_description->text = make_text(notification, &pieces, when_unix_s);
}
