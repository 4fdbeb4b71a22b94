/* SPDX-License-Identifier: Apache-2.0 */
#include "message/values.h"

#include "base/text.h"
#include "event/severity.h"
#include "message/reason-words.h"

#include <string.h>

#define SUBJECT_MAX_BYTES 200
#define HOST_MAX_BYTES 130
/* In a sentence and the subject; the line "Title:" has it whole. */
#define TITLE_SHOWN_MAX_BYTES 100
#define TITLE_MAX_BYTES 400
#define PRINTER_MAX_BYTES 130 /* cupsd takes 127 */
#define NAME_MAX_BYTES 130
#define TEXT_MAX_BYTES 300
#define URL_MAX_BYTES 900

/* Labels are padded so that the values stand below each other. */
#define LABEL_COLUMNS_MAX 24

typedef struct {
    const SpocNotification *notification;
    const SpocCatalogue *catalogue;
    const char *host; /* one line */
    gint64 when_unix_s;
} ValuesContext;

void
spoc_values_clear(SpocValues *mail_values)
{
    g_clear_pointer(&mail_values->scope.slots, g_free);
    g_clear_pointer(&mail_values->scopes, g_ptr_array_unref);
    g_clear_pointer(&mail_values->arrays, g_ptr_array_unref);
    g_clear_pointer(&mail_values->strings, g_string_chunk_free);
}

const char *
spoc_values_get(const SpocValues *mail_values, SpocSlotName name)
{
    const char *text = mail_values->scope.slots[name].text;
    return text != NULL ? text : "";
}

static void
scope_free(gpointer data)
{
    SpocTemplateScope *scope = data;
    g_free(scope->slots);
    g_free(scope);
}

static const char *
keep_text(SpocValues *mail_values, const char *text)
{
    return text != NULL ? g_string_chunk_insert(mail_values->strings, text) : "";
}

static void
set_value(SpocValues *mail_values, SpocSlotName name, const char *text)
{
    mail_values->scope.slots[name].text = keep_text(mail_values, text);
}

/* How many events there are, however many of them are listed */
static gulong
count_events(const SpocNotification *notification)
{
    gulong count = notification->left_out;
    for (guint i = 0; i < notification->notice_count; i++)
        count += MAX(notification->notices[i].times, 1);
    return count;
}

/* --- lists ------------------------------------------------------------------------------ */

/* (transfer none): the slots of a new element, which @elements then has */
static SpocTemplateSlot *
add_element(SpocValues *mail_values, GPtrArray *elements)
{
    SpocTemplateScope *scope = g_new0(SpocTemplateScope, 1);
    scope->slots = g_new0(SpocTemplateSlot, SPOC_SLOT_COUNT);
    /* An element has no lists, rather than those of the mail. */
    static const SpocTemplateScope *const none[1];
    scope->slots[SPOC_SLOT_EVENTS].elements = none;
    scope->slots[SPOC_SLOT_FACTS].elements = none;
    g_ptr_array_add(mail_values->scopes, scope);
    g_ptr_array_add(elements, scope);
    return scope->slots;
}

/* @elements: (transfer full) */
static void
set_list(SpocValues *mail_values, SpocTemplateSlot *slots, SpocSlotName name, GPtrArray *elements)
{
    slots[name].elements = (const SpocTemplateScope *const *)elements->pdata;
    slots[name].count = elements->len;
    g_ptr_array_add(mail_values->arrays, elements);
}

/* --- one notice --------------------------------------------------------------------------- */

typedef struct {
    SpocValues *mail_values;
    const ValuesContext *context;
    const SpocNotice *notice;
    SpocTemplateSlot *slots;
    SpocNoticeKind kind;
    char **printer_reasons;
    char *const *job_reasons;
    char *title;   /* for sentences */
    char *printer; /* as it is called */
} Work;

static void
set_slot(const Work *work, SpocSlotName name, const char *text)
{
    work->slots[name].text = keep_text(work->mail_values, text);
}

static void
set_flag(const Work *work, SpocSlotName name, gboolean is_set)
{
    work->slots[name].text = is_set ? "1" : "";
}

/* (transfer full) (nullable): @text as one line, NULL when nothing can be read in it */
static char *
readable_line(const char *text, gsize max_bytes)
{
    g_autofree char *line = spoc_text_line(text, -1, max_bytes);
    return *line != '\0' ? g_steal_pointer(&line) : NULL;
}

/* --- what CUPS said ----------------------------------------------------------------------- */

/* CUPS was asked after the event: it may have gone on since then. */
static gboolean
attributes_fit_printer(const SpocNotice *notice)
{
    return notice->attributes != NULL && notice->event->printer_state != 0 &&
           notice->attributes->printer_state == notice->event->printer_state;
}

static gboolean
attributes_fit_job(const SpocNotice *notice)
{
    return notice->attributes != NULL && notice->event->job_state != 0 &&
           notice->attributes->job_state == notice->event->job_state;
}

/* (transfer full) */
static char **
printer_reasons_of(const SpocNotice *notice, const char *const *wanted)
{
    char *const *reasons = attributes_fit_printer(notice)
                               ? notice->attributes->printer_state_reasons
                               : notice->event->printer_state_reasons;
    g_autoptr(GStrvBuilder) kept = g_strv_builder_new();
    for (gsize i = 0; reasons != NULL && reasons[i] != NULL; i++)
        if (wanted == NULL || spoc_reason_is_wanted(wanted, reasons[i]))
            g_strv_builder_add(kept, reasons[i]);
    return g_strv_builder_end(kept);
}

/* cupsd leaves reasons of the way there with a job that is over. */
static gboolean
is_left_over(gint job_state, char *const *reasons)
{
    static const char *const under_way[] = {"processing-to-stop-point", "job-printing",
                                            "job-transforming", "job-outgoing", NULL};
    for (gsize i = 0; job_state >= SPOC_JOB_CANCELED && reasons[i] != NULL; i++)
        if (g_strv_contains(under_way, reasons[i]))
            return TRUE;
    return FALSE;
}

static char *const *
job_reasons_of(const SpocNotice *notice)
{
    char *const *reasons =
        attributes_fit_job(notice) ? notice->attributes->job_state_reasons : NULL;
    if (reasons == NULL || reasons[0] == NULL ||
        is_left_over(notice->attributes->job_state, reasons))
        reasons = notice->event->job_state_reasons;
    return reasons;
}

static gint
pages_of(const SpocNotice *notice)
{
    if (notice->event->job_impressions_completed > 0 || !attributes_fit_job(notice))
        return notice->event->job_impressions_completed;
    return MAX(notice->attributes->job_impressions_completed,
               notice->attributes->job_sheets_completed);
}

/* --- titles ------------------------------------------------------------------------------- */

/* (transfer full) (nullable): what is said of the job's title, if it may be known */
static char *
raw_title(const SpocNotice *notice)
{
    char *title = readable_line(notice->event->job_name, TITLE_MAX_BYTES);
    return title != NULL ? title : readable_line(notice->job_title, TITLE_MAX_BYTES);
}

static gboolean
contains_title(const char *text, const char *raw)
{
    g_autofree char *title = readable_line(raw, TITLE_MAX_BYTES);
    return title != NULL && strstr(text, title) != NULL;
}

/* Whether @text, one line, must not be shown because it has a title in it that is to be hidden */
static gboolean
gives_away(const SpocNotification *notification, const char *text)
{
    for (guint i = 0; i < notification->notice_count; i++) {
        const SpocNotice *notice = &notification->notices[i];
        if (notice->hides_title &&
            (contains_title(text, notice->event->job_name) ||
             contains_title(text, notice->job_title) || contains_title(text, notice->owner)))
            return TRUE;
    }
    return FALSE;
}

static void
set_line(const Work *work, SpocSlotName name, const char *text)
{
    g_autofree char *line = spoc_text_line(text, -1, TEXT_MAX_BYTES);
    set_slot(work, name, line);
}

/* What CUPS or the printer says of a job */
static void
set_message(const Work *work, SpocSlotName name, const char *text)
{
    g_autofree char *whole = spoc_text_line(text, -1, SPOC_EVENT_MAX_BYTES);
    set_line(work, name, gives_away(work->context->notification, whole) ? NULL : whole);
}

static void
set_title(Work *work)
{
    const SpocCatalogue *catalogue = work->context->catalogue;
    g_autofree char *number = g_strdup_printf("%d", work->notice->event->job_id);
    if (work->notice->hides_title) {
        work->title = g_strdup(spoc_word(catalogue, SPOC_WORD_HIDDEN_TITLE));
        set_slot(work, SPOC_SLOT_TITLE, NULL);
    } else {
        g_autofree char *whole = raw_title(work->notice);
        work->title = readable_line(whole, TITLE_SHOWN_MAX_BYTES);
        if (work->title == NULL)
            work->title = g_strdup(spoc_word(catalogue, SPOC_WORD_UNTITLED));
        set_slot(work, SPOC_SLOT_TITLE, whole != NULL ? whole : work->title);
    }
    if (work->notice->event->job_id > 0)
        set_slot(work, SPOC_SLOT_JOB_ID, number);
    else
        set_slot(work, SPOC_SLOT_TITLE, NULL);
}

/* --- printers ----------------------------------------------------------------------------- */

static gboolean
is_class(const SpocNotice *notice)
{
    return (notice->attributes != NULL && notice->attributes->is_class) ||
           (notice->event->printer_uri != NULL &&
            strstr(notice->event->printer_uri, "/classes/") != NULL);
}

static void
set_printer_url(const Work *work, const char *name)
{
    const char *base = work->context->notification->web_interface;
    gboolean is_there = work->notice->event->kind != SPOC_EVENT_PRINTER_DELETED;
    if (base == NULL || *base == '\0' || name == NULL || !is_there)
        return;
    g_autofree char *escaped = g_uri_escape_string(name, NULL, FALSE);
    g_autofree char *url =
        g_strdup_printf("%s%s%s/%s", base, g_str_has_suffix(base, "/") ? "" : "/",
                        is_class(work->notice) ? "classes" : "printers", escaped);
    if (strlen(url) <= URL_MAX_BYTES)
        set_slot(work, SPOC_SLOT_PRINTER_URL, url);
}

static void
set_printer(Work *work)
{
    const SpocNotice *notice = work->notice;
    const SpocStateAttributes *attributes = notice->attributes;
    const SpocCatalogue *catalogue = work->context->catalogue;
    g_autofree char *raw = spoc_event_printer(notice->event);
    work->printer = readable_line(raw, PRINTER_MAX_BYTES);
    set_slot(work, SPOC_SLOT_PRINTER, work->printer);
    if (work->printer == NULL)
        work->printer = g_strdup(spoc_word(catalogue, SPOC_WORD_SOME_PRINTER));
    set_printer_url(work, raw);
    if (attributes != NULL && raw != NULL) {
        set_line(work, SPOC_SLOT_PRINTER_INFO, attributes->printer_info);
        set_line(work, SPOC_SLOT_PRINTER_LOCATION, attributes->printer_location);
    }
    if (attributes_fit_printer(notice))
        set_message(work, SPOC_SLOT_PRINTER_MESSAGE, attributes->printer_message);
    set_slot(work, SPOC_SLOT_PRINTER_STATE,
             spoc_words_printer_state(catalogue, notice->event->printer_state));
    if (notice->old_printer_state != notice->event->printer_state)
        set_slot(work, SPOC_SLOT_OLD_PRINTER_STATE,
                 spoc_words_printer_state(catalogue, notice->old_printer_state));
    g_autofree char *reasons = spoc_words_reasons(catalogue, work->printer_reasons);
    set_slot(work, SPOC_SLOT_PRINTER_REASONS, reasons);
}

/* --- jobs --------------------------------------------------------------------------------- */

static void
set_job(Work *work)
{
    const SpocNotice *notice = work->notice;
    set_title(work);
    if (notice->event->job_id <= 0)
        return;
    g_autofree char *owner = spoc_text_line(notice->owner, -1, NAME_MAX_BYTES);
    set_slot(work, SPOC_SLOT_OWNER, notice->hides_title ? NULL : owner);
    /* A job that is made first and gets its document then is held for a moment. */
    if (notice->event->kind != SPOC_EVENT_JOB_CREATED) {
        g_autofree char *reasons = spoc_words_reasons(work->context->catalogue, work->job_reasons);
        set_slot(work, SPOC_SLOT_JOB_STATE,
                 spoc_words_job_state(work->context->catalogue, notice->event->job_state));
        set_slot(work, SPOC_SLOT_JOB_REASONS, reasons);
    }
    if (pages_of(notice) > 0) {
        g_autofree char *pages = g_strdup_printf("%d", pages_of(notice));
        set_slot(work, SPOC_SLOT_PAGES, pages);
    }
}

/* --- what happened ------------------------------------------------------------------------ */

static void
set_severity(const Work *work, SpocEventSeverity severity)
{
    static const struct {
        SpocSlotName flag;
        SpocWord badge;
    } severities[] = {
        [SPOC_EVENT_SEVERITY_GOOD] = {SPOC_SLOT_IS_GOOD, SPOC_WORD_BADGE_GOOD},
        [SPOC_EVENT_SEVERITY_INFO] = {SPOC_SLOT_IS_INFO, SPOC_WORD_BADGE_INFO},
        [SPOC_EVENT_SEVERITY_ATTENTION] = {SPOC_SLOT_IS_ATTENTION, SPOC_WORD_BADGE_ATTENTION},
        [SPOC_EVENT_SEVERITY_FAULT] = {SPOC_SLOT_IS_FAULT, SPOC_WORD_BADGE_FAULT},
    };
    set_flag(work, severities[severity].flag, TRUE);
    set_flag(work, SPOC_SLOT_IS_RESOLVED, work->notice->is_resolved);
    set_slot(work, SPOC_SLOT_BADGE,
             spoc_word(work->context->catalogue, work->notice->is_resolved
                                                     ? SPOC_WORD_BADGE_RESOLVED
                                                     : severities[severity].badge));
}

/* What is wrong with the job, else with its printer, as long as it is wrong */
static void
set_advice(const Work *work, SpocEventSeverity severity)
{
    gboolean is_over = work->notice->is_resolved || severity == SPOC_EVENT_SEVERITY_GOOD ||
                       work->kind == SPOC_NOTICE_JOB_CANCELED;
    if (is_over)
        return;
    const SpocCatalogue *catalogue = work->context->catalogue;
    g_autofree char *advice = NULL;
    if (work->notice->event->job_id > 0)
        advice = spoc_words_advice(catalogue, work->job_reasons);
    if (advice == NULL)
        advice = spoc_words_advice(catalogue, work->printer_reasons);
    set_slot(work, SPOC_SLOT_ADVICE, advice);
}

static void
set_sentences(const Work *work)
{
    const SpocNotice *notice = work->notice;
    const char *reasons = work->slots[SPOC_SLOT_PRINTER_REASONS].text;
    g_autofree char *reasons_behind =
        *reasons != '\0' ? g_strconcat(": ", reasons, NULL) : g_strdup("");
    g_autofree char *pages = g_strdup_printf("%d", MAX(pages_of(notice), 0));
    const SpocWordValue values[] = {
        {"title", work->title},
        {"printer", work->printer},
        {"owner", work->slots[SPOC_SLOT_OWNER].text},
        {"reasons", reasons_behind},
        {"host", work->context->host},
        {"event", work->slots[SPOC_SLOT_EVENT].text},
        {"pages", pages},
    };
    SpocKindWords words;
    spoc_words_kind(work->context->catalogue, work->kind, &words);
    gboolean is_yours = work->context->notification->person->is_owner && words.yours != NULL;
    const char *words_to_reader = is_yours ? words.yours : words.theirs;
    if (notice->hides_title && words.untitled != NULL)
        words_to_reader = words.untitled;
    g_autofree char *sentence = spoc_words_expand(words_to_reader, values, G_N_ELEMENTS(values));
    g_autofree char *subject = spoc_words_expand(words.subject, values, G_N_ELEMENTS(values));
    set_flag(work, SPOC_SLOT_IS_YOURS, is_yours);
    set_slot(work, SPOC_SLOT_SENTENCE, sentence);
    set_slot(work, SPOC_SLOT_SUBJECT, subject);
}

static void
set_times(const Work *work)
{
    if (work->notice->times < 2)
        return;
    g_autofree char *text =
        spoc_words_count(work->context->catalogue, SPOC_COUNT_TIMES, work->notice->times);
    set_slot(work, SPOC_SLOT_TIMES, text);
}

/* Everything that is said of a notice, "" where there is nothing to say; the subject as well */
static void
add_notice(SpocValues *mail_values, const ValuesContext *context, const SpocNotice *notice,
           SpocTemplateSlot *slots)
{
    Work work = {.mail_values = mail_values,
                 .context = context,
                 .notice = notice,
                 .slots = slots,
                 .printer_reasons = printer_reasons_of(notice, context->notification->reasons),
                 .job_reasons = job_reasons_of(notice)};
    /* What is not said is nothing, and not what the mail says elsewhere. */
    for (guint name = SPOC_SLOT_EVENT; name < SPOC_SLOT_COUNT; name++)
        slots[name].text = "";
    work.kind = spoc_notice_kind(notice, work.printer_reasons);
    SpocEventSeverity severity =
        spoc_notice_severity(notice, work.printer_reasons, work.job_reasons);
    gboolean is_job = spoc_event_is_job(notice->event);
    set_line(&work, SPOC_SLOT_EVENT, notice->event->name);
    /* CUPS's words of a job may name whoever canceled it. */
    set_message(&work, SPOC_SLOT_CUPS_SAYS, notice->hides_title ? NULL : notice->event->text);
    set_job(&work);
    set_printer(&work);
    set_flag(&work, SPOC_SLOT_IS_JOB, is_job);
    set_flag(&work, SPOC_SLOT_IS_PRINTER, !is_job && *slots[SPOC_SLOT_PRINTER].text != '\0');
    set_flag(&work, SPOC_SLOT_IS_SERVER, !is_job && *slots[SPOC_SLOT_PRINTER].text == '\0');
    set_severity(&work, severity);
    set_advice(&work, severity);
    set_sentences(&work);
    set_times(&work);
    g_autofree char *when = spoc_words_when(context->catalogue, notice->event->when_unix_s > 0
                                                                    ? notice->event->when_unix_s
                                                                    : context->when_unix_s);
    set_slot(&work, SPOC_SLOT_WHEN, when);
    g_free(work.title);
    g_free(work.printer);
    g_strfreev(work.printer_reasons);
}

/* --- the list "facts"
 * -------------------------------------------------------------------------------- */

typedef struct {
    SpocValues *mail_values;
    const SpocCatalogue *catalogue;
    GPtrArray *elements;
} Rows;

/* Of a text without markup: letters of East Asia are two columns wide. */
static guint
count_columns(const char *text)
{
    guint columns = 0;
    for (const char *p = text; *p != '\0'; p = g_utf8_next_char(p))
        columns += g_unichar_iswide(g_utf8_get_char(p)) ? 2 : 1;
    return columns;
}

static void
add_row(const Rows *rows, SpocWord label, const char *value)
{
    if (value == NULL || *value == '\0')
        return;
    SpocTemplateSlot *slots = add_element(rows->mail_values, rows->elements);
    slots[SPOC_SLOT_LABEL].text = spoc_word(rows->catalogue, label);
    slots[SPOC_SLOT_VALUE].text = value;
}

static void
pad_labels(const Rows *rows)
{
    static const char blanks[] = "                        ";
    G_STATIC_ASSERT(sizeof blanks - 1 == LABEL_COLUMNS_MAX);
    guint widest = 0;
    for (guint i = 0; i < rows->elements->len; i++) {
        const SpocTemplateScope *scope = g_ptr_array_index(rows->elements, i);
        widest = MAX(widest, count_columns(scope->slots[SPOC_SLOT_LABEL].text));
    }
    widest = MIN(widest, LABEL_COLUMNS_MAX);
    for (guint i = 0; i < rows->elements->len; i++) {
        const SpocTemplateScope *scope = g_ptr_array_index(rows->elements, i);
        guint used = MIN(count_columns(scope->slots[SPOC_SLOT_LABEL].text), widest);
        scope->slots[SPOC_SLOT_PADDING].text = blanks + LABEL_COLUMNS_MAX - (widest - used);
    }
}

static void
add_state_row(const Rows *rows, SpocWord label, const char *state, const char *reasons,
              const char *more)
{
    g_autoptr(GPtrArray) parts = g_ptr_array_new();
    const char *const all[] = {state, reasons, more};
    for (guint i = 0; i < G_N_ELEMENTS(all); i++) {
        if (all[i] != NULL && *all[i] != '\0')
            g_ptr_array_add(parts, (gpointer)all[i]);
    }
    g_ptr_array_add(parts, NULL);
    g_autofree char *value = g_strjoinv(", ", (char **)parts->pdata);
    add_row(rows, label, g_string_chunk_insert(rows->mail_values->strings, value));
}

static void
add_printer_state_row(const Rows *rows, const SpocNotice *notice, const SpocTemplateSlot *slots)
{
    const char *state = slots[SPOC_SLOT_PRINTER_STATE].text;
    const char *old = slots[SPOC_SLOT_OLD_PRINTER_STATE].text;
    const SpocWordValue values[] = {{"state", state}, {"old", old}};
    /* How the printer is while it prints something else is no news of this job. */
    gboolean is_new =
        !spoc_event_is_job(notice->event) || notice->event->printer_state == SPOC_PRINTER_STOPPED;
    if (!is_new)
        state = old = "";
    g_autofree char *both =
        *state != '\0' && *old != '\0'
            ? spoc_words_expand(spoc_word(rows->catalogue, SPOC_WORD_STATE_BEFORE), values,
                                G_N_ELEMENTS(values))
            : g_strdup(state);
    add_state_row(rows, SPOC_WORD_PRINTER_STATE, both, slots[SPOC_SLOT_PRINTER_REASONS].text,
                  notice->event->printer_is_accepting_jobs == 0
                      ? spoc_word(rows->catalogue, SPOC_WORD_NOT_ACCEPTING)
                      : NULL);
}

/* CUPS's own text is terse and English: it is worth a line where ours do not say the same. */
static gboolean
is_worth_saying(const SpocEvent *event)
{
    return event->kind == SPOC_EVENT_OTHER || event->kind == SPOC_EVENT_SERVER_AUDIT;
}

/* The list "facts": what add_notice() has set, with its labels */
static void
add_rows(SpocValues *mail_values, const ValuesContext *context, const SpocNotice *notice,
         SpocTemplateSlot *slots)
{
    const Rows rows = {mail_values, context->catalogue, g_ptr_array_sized_new(12)};
    add_row(&rows, SPOC_WORD_JOB, slots[SPOC_SLOT_JOB_ID].text);
    add_row(&rows, SPOC_WORD_TITLE, slots[SPOC_SLOT_TITLE].text);
    add_row(&rows, SPOC_WORD_OWNER, slots[SPOC_SLOT_OWNER].text);
    add_state_row(&rows, SPOC_WORD_JOB_STATE, slots[SPOC_SLOT_JOB_STATE].text,
                  slots[SPOC_SLOT_JOB_REASONS].text, NULL);
    add_row(&rows, SPOC_WORD_PAGES, slots[SPOC_SLOT_PAGES].text);
    add_row(&rows, SPOC_WORD_PRINTER, slots[SPOC_SLOT_PRINTER].text);
    if (strcmp(slots[SPOC_SLOT_PRINTER_INFO].text, slots[SPOC_SLOT_PRINTER].text) != 0)
        add_row(&rows, SPOC_WORD_DESCRIPTION, slots[SPOC_SLOT_PRINTER_INFO].text);
    add_row(&rows, SPOC_WORD_LOCATION, slots[SPOC_SLOT_PRINTER_LOCATION].text);
    if (*slots[SPOC_SLOT_PRINTER].text != '\0')
        add_printer_state_row(&rows, notice, slots);
    add_row(&rows, SPOC_WORD_PRINTER_SAYS, slots[SPOC_SLOT_PRINTER_MESSAGE].text);
    add_row(&rows, SPOC_WORD_WHEN, slots[SPOC_SLOT_WHEN].text);
    add_row(&rows, SPOC_WORD_HOW_OFTEN, slots[SPOC_SLOT_TIMES].text);
    if (is_worth_saying(notice->event))
        add_row(&rows, SPOC_WORD_CUPS_SAYS, slots[SPOC_SLOT_CUPS_SAYS].text);
    pad_labels(&rows);
    set_list(mail_values, slots, SPOC_SLOT_FACTS, rows.elements);
}

static void
set_left_out(SpocValues *mail_values, const SpocCatalogue *catalogue, gulong count)
{
    if (count == 0)
        return;
    g_autofree char *text = spoc_words_count(catalogue, SPOC_COUNT_LEFT_OUT, count);
    set_value(mail_values, SPOC_SLOT_LEFT_OUT, text);
}

/* The first @count notices, or the latest ones of them where they are too many */
static void
add_events(SpocValues *mail_values, const ValuesContext *context, guint count)
{
    const SpocNotification *notification = context->notification;
    gulong left_out = notification->left_out;
    guint first = count > SPOC_NOTICES_LISTED_MAX ? count - SPOC_NOTICES_LISTED_MAX : 0;
    for (guint i = 0; i < first; i++)
        left_out += MAX(notification->notices[i].times, 1);
    GPtrArray *elements = g_ptr_array_sized_new(count - first);
    for (guint i = first; i < count; i++)
        add_notice(mail_values, context, &notification->notices[i],
                   add_element(mail_values, elements));
    set_list(mail_values, mail_values->scope.slots, SPOC_SLOT_EVENTS, elements);
    set_left_out(mail_values, context->catalogue, left_out);
    if (count > 0 || left_out > 0)
        set_value(mail_values, SPOC_SLOT_EVENTS_LABEL,
                  spoc_word(context->catalogue, SPOC_WORD_WHAT_ELSE));
}

/* --- the mail --------------------------------------------------------------------------- */

static void
fill_notice(SpocValues *mail_values, const ValuesContext *context)
{
    const SpocNotification *notification = context->notification;
    SpocTemplateSlot *slots = mail_values->scope.slots;
    guint last = notification->notice_count - 1;
    add_notice(mail_values, context, &notification->notices[last], slots);
    add_rows(mail_values, context, &notification->notices[last], slots);
    add_events(mail_values, context, last);
    set_value(mail_values, SPOC_SLOT_PREHEADER,
              *slots[SPOC_SLOT_ADVICE].text != '\0' ? slots[SPOC_SLOT_ADVICE].text
                                                    : slots[SPOC_SLOT_SENTENCE].text);
}

static void
fill_list(SpocValues *mail_values, const ValuesContext *context)
{
    const SpocNotification *notification = context->notification;
    const SpocCatalogue *catalogue = context->catalogue;
    gboolean is_digest = notification->kind == SPOC_MAIL_DIGEST;
    g_autofree char *events =
        spoc_words_count(catalogue, SPOC_COUNT_EVENTS, count_events(notification));
    const SpocWordValue values[] = {{"host", context->host}, {"events", events}};
    g_autofree char *intro = spoc_words_expand(
        spoc_word(catalogue, is_digest ? SPOC_WORD_DIGEST_INTRO : SPOC_WORD_COLLECTED_INTRO),
        values, G_N_ELEMENTS(values));
    g_autofree char *subject = spoc_words_expand(
        spoc_word(catalogue, is_digest ? SPOC_WORD_DIGEST_SUBJECT : SPOC_WORD_COLLECTED_SUBJECT),
        values, G_N_ELEMENTS(values));
    set_value(mail_values, SPOC_SLOT_INTRO, intro);
    set_value(mail_values, SPOC_SLOT_PREHEADER, intro);
    set_value(mail_values, SPOC_SLOT_SUBJECT, subject);
    set_value(mail_values, is_digest ? SPOC_SLOT_IS_DIGEST : SPOC_SLOT_IS_COLLECTED, "1");
    add_events(mail_values, context, notification->notice_count);
}

/* The recipient's own wish, if it may be shown, else what has happened */
static void
set_subject(SpocValues *mail_values, const SpocNotification *notification)
{
    g_autofree char *wish = spoc_text_line(notification->subject, -1, SUBJECT_MAX_BYTES);
    if (*wish == '\0' || gives_away(notification, wish)) {
        g_autofree char *line =
            spoc_text_line(spoc_values_get(mail_values, SPOC_SLOT_SUBJECT), -1, SUBJECT_MAX_BYTES);
        set_value(mail_values, SPOC_SLOT_SUBJECT, line);
    } else {
        set_value(mail_values, SPOC_SLOT_SUBJECT, wish);
        mail_values->is_subject_wished = TRUE;
    }
}

void
spoc_values_make(const SpocNotification *notification, const SpocCatalogue *catalogue,
                 gint64 when_unix_s, SpocValues *ret_values)
{
    *ret_values = (SpocValues){
        .scope = {g_new0(SpocTemplateSlot, SPOC_SLOT_COUNT)},
        .strings = g_string_chunk_new(4096),
        .scopes = g_ptr_array_new_with_free_func(scope_free),
        .arrays = g_ptr_array_new_with_free_func((GDestroyNotify)g_ptr_array_unref),
    };
    g_autofree char *host = spoc_text_line(notification->host_name, -1, HOST_MAX_BYTES);
    const ValuesContext context = {.notification = notification,
                                   .catalogue = catalogue,
                                   .host = host,
                                   .when_unix_s = when_unix_s};
    const SpocWordValue values[] = {{"host", host}};
    g_autofree char *footer = spoc_words_expand(spoc_word(catalogue, notification->person->is_owner
                                                                         ? SPOC_WORD_SENT_TO_OWNER
                                                                         : SPOC_WORD_SENT_BY),
                                                values, G_N_ELEMENTS(values));
    set_value(ret_values, SPOC_SLOT_LANG, spoc_catalogue_language(catalogue));
    set_value(ret_values, SPOC_SLOT_HOST, host);
    set_value(ret_values, SPOC_SLOT_FOOTER, footer);
    set_value(ret_values, SPOC_SLOT_ADVICE_LABEL, spoc_word(catalogue, SPOC_WORD_WHAT_TO_DO));
    set_value(ret_values, SPOC_SLOT_PRINTER_LINK, spoc_word(catalogue, SPOC_WORD_LINK));
    if (notification->kind == SPOC_MAIL_NOTICE)
        fill_notice(ret_values, &context);
    else
        fill_list(ret_values, &context);
    set_subject(ret_values, notification);
}
