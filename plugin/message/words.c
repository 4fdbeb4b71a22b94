/* SPDX-License-Identifier: Apache-2.0 */
#include "message/words.h"

#include <string.h>
#include <time.h>

/* For the extraction of what is to be translated */
#define N_(text) text
#define NP_(one, many) one, many

/* --- times: without a locale; the names and the order come from the catalogue ----------- */

/* TRANSLATORS: months as they stand in a date, in the genitive where the language wants it. */
static const char *const MONTHS[] = {
    N_("January"), N_("February"), N_("March"),     N_("April"),   N_("May"),      N_("June"),
    N_("July"),    N_("August"),   N_("September"), N_("October"), N_("November"), N_("December"),
};
static const char *const WEEKDAYS[] = {
    N_("Sunday"),   N_("Monday"), N_("Tuesday"),  N_("Wednesday"),
    N_("Thursday"), N_("Friday"), N_("Saturday"),
};
/* TRANSLATORS: a moment: "Tuesday, 24 November 2026, 13:05 CET". {month} is one of the names above,
 * {month-number} a number from 1 to 12, {time} is 13:05, {zone} the time zone. */
static const char MOMENT[] = N_("{weekday}, {day} {month} {year}, {time} {zone}");

char *
spoc_words_when(const SpocCatalogue *catalogue, gint64 unix_s)
{
    time_t when = (time_t)unix_s;
    struct tm local;
    if (localtime_r(&when, &local) == NULL || local.tm_year > 9999 - 1900 || local.tm_year < 0) {
        when = 0;
        (void)gmtime_r(&when, &local);
    }
    g_autofree char *day = g_strdup_printf("%d", local.tm_mday);
    g_autofree char *month = g_strdup_printf("%d", local.tm_mon + 1);
    g_autofree char *year = g_strdup_printf("%d", local.tm_year + 1900);
    g_autofree char *time = g_strdup_printf("%02d:%02d", local.tm_hour, local.tm_min);
    const SpocWordValue values[] = {
        {"weekday", spoc_catalogue_get(catalogue, WEEKDAYS[local.tm_wday])},
        {"month", spoc_catalogue_get(catalogue, MONTHS[local.tm_mon])},
        {"day", day},
        {"month-number", month},
        {"year", year},
        {"time", time},
        {"zone", local.tm_zone},
    };
    return spoc_words_expand(spoc_catalogue_get(catalogue, MOMENT), values, G_N_ELEMENTS(values));
}

/* --- sentences --------------------------------------------------------------------------- */

static const SpocKindWords KINDS[SPOC_NOTICE_COUNT] = {
    [SPOC_NOTICE_JOB_QUEUED] = {N_("Queued: {title}"),
                                N_("Your document \"{title}\" has been queued for {printer}."),
                                N_("The document \"{title}\" has been queued for {printer}."),
                                N_("A document has been queued for {printer}.")},
    [SPOC_NOTICE_JOB_WAITING] =
        {N_("Waiting: {title}"),
         N_("Your document \"{title}\" is waiting to be printed on {printer}."),
         N_("The document \"{title}\" is waiting to be printed on {printer}."),
         N_("A document is waiting to be printed on {printer}.")},
    [SPOC_NOTICE_JOB_HELD] =
        {N_("Held: {title}"),
         N_("Your document \"{title}\" for {printer} is held: it is printed once it is released."),
         N_("The document \"{title}\" for {printer} is held: it is printed once it is released."),
         N_("A document for {printer} is held: it is printed once it is released.")},
    [SPOC_NOTICE_JOB_PRINTING] = {N_("Printing: {title}"),
                                  N_("Your document \"{title}\" is being printed on {printer}."),
                                  N_("The document \"{title}\" is being printed on {printer}."),
                                  N_("A document is being printed on {printer}.")},
    [SPOC_NOTICE_JOB_STOPPED] =
        {N_("Stopped: {title}"),
         N_("The printing of your document \"{title}\" on {printer} has stopped."),
         N_("The printing of the document \"{title}\" on {printer} has stopped."),
         N_("The printing of a document on {printer} has stopped.")},
    [SPOC_NOTICE_JOB_CANCELED] = {N_("Canceled: {title}"),
                                  N_("Your document \"{title}\" on {printer} was canceled."),
                                  N_("The document \"{title}\" on {printer} was canceled."),
                                  N_("A document on {printer} was canceled.")},
    [SPOC_NOTICE_JOB_ABORTED] = {N_("Not printed: {title}"),
                                 N_("Your document \"{title}\" could not be printed on {printer}."),
                                 N_("The document \"{title}\" could not be printed on {printer}."),
                                 N_("A document could not be printed on {printer}.")},
    [SPOC_NOTICE_JOB_PRINTED] = {N_("Printed: {title}"),
                                 N_("Your document \"{title}\" has been printed on {printer}."),
                                 N_("The document \"{title}\" has been printed on {printer}."),
                                 N_("A document has been printed on {printer}.")},
    [SPOC_NOTICE_JOB_ENDED] = {N_("Finished: {title}"),
                               N_("Your document \"{title}\" on {printer} is finished."),
                               N_("The document \"{title}\" on {printer} is finished."),
                               N_("A document on {printer} is finished.")},
    [SPOC_NOTICE_JOB_CHANGED] = {N_("Changed: {title}"),
                                 N_("Your document \"{title}\" for {printer} was changed."),
                                 N_("The document \"{title}\" for {printer} was changed."),
                                 N_("A document for {printer} was changed.")},
    [SPOC_NOTICE_JOB_PROGRESS] =
        {N_("Printing: {title}"),
         N_("Your document \"{title}\" is being printed on {printer}: pages so far {pages}."),
         N_("The document \"{title}\" is being printed on {printer}: pages so far {pages}."),
         N_("A document is being printed on {printer}: pages so far {pages}.")},
    [SPOC_NOTICE_PRINTER_ADDED] = {N_("{printer} was added"), NULL,
                                   N_("The printer {printer} was added.")},
    [SPOC_NOTICE_PRINTER_DELETED] = {N_("{printer} was removed"), NULL,
                                     N_("The printer {printer} was removed.")},
    [SPOC_NOTICE_PRINTER_CHANGED] = {N_("{printer} was changed"), NULL,
                                     N_("The settings of the printer {printer} were changed.")},
    [SPOC_NOTICE_PRINTER_IDLE] = {N_("{printer} is ready"), NULL,
                                  N_("The printer {printer} is ready.")},
    [SPOC_NOTICE_PRINTER_PRINTING] = {N_("{printer} is printing"), NULL,
                                      N_("The printer {printer} is printing.")},
    [SPOC_NOTICE_PRINTER_STOPPED] = {N_("{printer} has stopped{reasons}"), NULL,
                                     N_("The printer {printer} has stopped{reasons}.")},
    [SPOC_NOTICE_PRINTER_TROUBLE] = {N_("{printer} needs attention{reasons}"), NULL,
                                     N_("The printer {printer} needs attention{reasons}.")},
    [SPOC_NOTICE_PRINTER_STATE] = {N_("{printer} has changed its state"), NULL,
                                   N_("The printer {printer} has changed its state.")},
    [SPOC_NOTICE_PRINTER_MEDIA] = {N_("{printer}: paper was changed"), NULL,
                                   N_("The paper in the printer {printer} was changed.")},
    [SPOC_NOTICE_PRINTER_FINISHINGS] =
        {N_("{printer}: finishing was changed"), NULL,
         N_("What the printer {printer} can do to finish a document was changed.")},
    [SPOC_NOTICE_PRINTER_ORDER] =
        {N_("{printer}: the order of jobs was changed"), NULL,
         N_("The order of the jobs for the printer {printer} was changed.")},
    [SPOC_NOTICE_PRINTER_RESTARTED] = {N_("{printer} was restarted"), NULL,
                                       N_("The printer {printer} was restarted.")},
    [SPOC_NOTICE_PRINTER_SHUTDOWN] = {N_("{printer} was switched off"), NULL,
                                      N_("The printer {printer} was switched off.")},
    [SPOC_NOTICE_PRINTER_RESOLVED] = {N_("Resolved: {printer} is ready again"), NULL,
                                      N_("The printer {printer} is ready again.")},
    [SPOC_NOTICE_SERVER_STARTED] = {N_("The print server {host} has started"), NULL,
                                    N_("The print server {host} has started.")},
    [SPOC_NOTICE_SERVER_STOPPED] = {N_("The print server {host} has stopped"), NULL,
                                    N_("The print server {host} has stopped.")},
    [SPOC_NOTICE_SERVER_RESTARTED] = {N_("The print server {host} was restarted"), NULL,
                                      N_("The print server {host} was restarted.")},
    [SPOC_NOTICE_SERVER_AUDIT] = {N_("The print server {host} reports a matter of security"), NULL,
                                  N_("The print server {host} reports a matter of security.")},
    [SPOC_NOTICE_OTHER] = {N_("The print server {host} reports: {event}"), NULL,
                           N_("The print server {host} reports: {event}.")},
};

static const char *const WORDS[SPOC_WORD_COUNT] = {
    [SPOC_WORD_UNTITLED] = N_("untitled"),
    [SPOC_WORD_SOME_PRINTER] = N_("an unknown printer"),
    [SPOC_WORD_SENDER] = N_("Print server {host}"),
    [SPOC_WORD_JOB] = N_("Job"),
    [SPOC_WORD_TITLE] = N_("Title"),
    [SPOC_WORD_OWNER] = N_("Owner"),
    [SPOC_WORD_PRINTER] = N_("Printer"),
    [SPOC_WORD_JOB_STATE] = N_("Job state"),
    [SPOC_WORD_PRINTER_STATE] = N_("Printer state"),
    [SPOC_WORD_PAGES] = N_("Pages"),
    [SPOC_WORD_WHEN] = N_("When"),
    [SPOC_WORD_LOCATION] = N_("Location"),
    [SPOC_WORD_DESCRIPTION] = N_("Description"),
    [SPOC_WORD_PRINTER_SAYS] = N_("The printer says"),
    [SPOC_WORD_WHAT_TO_DO] = N_("What to do"),
    [SPOC_WORD_HOW_OFTEN] = N_("How often"),
    [SPOC_WORD_LINK] = N_("Open the printer's page"),
    [SPOC_WORD_WHAT_ELSE] = N_("What else happened"),
    [SPOC_WORD_STATE_BEFORE] = N_("{state} (before: {old})"),
    /* TRANSLATORS: instead of a document's title where the reader may not know it: "Printed: a
     * document" */
    [SPOC_WORD_HIDDEN_TITLE] = N_("a document"),
    /* TRANSLATORS: this and the next four stand in a badge at the top of a mail. */
    [SPOC_WORD_BADGE_GOOD] = N_("Done"),
    [SPOC_WORD_BADGE_INFO] = N_("Information"),
    [SPOC_WORD_BADGE_ATTENTION] = N_("Attention"),
    [SPOC_WORD_BADGE_FAULT] = N_("Fault"),
    [SPOC_WORD_BADGE_RESOLVED] = N_("Resolved"),
    /* TRANSLATORS: {events} is "12 events". */
    [SPOC_WORD_DIGEST_SUBJECT] = N_("Printing on {host}: {events}"),
    [SPOC_WORD_DIGEST_INTRO] = N_("What happened on the print server {host}: {events}."),
    [SPOC_WORD_COLLECTED_SUBJECT] = N_("More from the print server {host}: {events}"),
    [SPOC_WORD_COLLECTED_INTRO] =
        N_("These notifications of the print server {host} came faster than they are sent one by "
           "one, so they are collected here: {events}."),
    [SPOC_WORD_CUPS_SAYS] = N_("CUPS says"),
    [SPOC_WORD_NOT_ACCEPTING] = N_("takes no new jobs"),
    [SPOC_WORD_SENT_BY] = N_("Sent by the print server {host} because a subscription for printing "
                             "events names this address."),
    /* TRANSLATORS: instead of the one above, to the owner of what was printed */
    [SPOC_WORD_SENT_TO_OWNER] =
        N_("Sent by the print server {host} because it is about your own print jobs."),
    [SPOC_WORD_TEST_SUBJECT] = N_("Test mail from the print server {host}"),
    [SPOC_WORD_TEST_TEXT] =
        N_("This is a test. It came the way that printing notifications from {host} take, so they "
           "can reach {recipient}.\n\n"
           "An administrator asked for it with the command: spocctl test {recipient}\n"
           "There is nothing to do."),
    [SPOC_WORD_BOUNCE_SUBJECT] = N_("Undeliverable mail of the print server {host}: {count}"),
    [SPOC_WORD_BOUNCE_TEXT] =
        N_("The print server {host} could not deliver mail to {count} recipients:"),
    [SPOC_WORD_BOUNCE_REASON] = N_("Reason"),
    [SPOC_WORD_BOUNCE_ID] = N_("Message"),
    [SPOC_WORD_BOUNCE_MORE] = N_("And {count} more."),
    [SPOC_WORD_BOUNCE_REMEDY] = N_(
        "These messages are kept for a while. On the print server\n"
        "  spocctl queue list --state failed   lists them,\n"
        "  spocctl queue show MESSAGE          tells all that is known of one,\n"
        "  spocctl queue retry MESSAGE         sends a document again once the cause is mended,\n"
        "  spocctl queue delete MESSAGE        drops it."),
    [SPOC_WORD_SCAN_FAILED_SUBJECT] = N_("Not delivered: {title}"),
    [SPOC_WORD_SCAN_FAILED_TEXT] =
        N_("Your document could not be delivered to everybody that it was for.\n\n"
           "  Title: {title}\n"
           "  Size: {size} bytes, {mail_size} as a mail\n"
           "  Sent through: {printer}\n"
           "  When: {when}\n"),
    [SPOC_WORD_SCAN_FAILED_REMEDY] =
        N_("The document is still on the print server {host}, as {id}. Its administrator can send "
           "it again once the cause is mended; or send it anew."),
};

/* Two forms each; other languages have as many as they need. */
static const struct {
    const char *one, *many;
} COUNTS[SPOC_COUNT_COUNT] = {
    [SPOC_COUNT_EVENTS] = {NP_("{count} event", "{count} events")},
    [SPOC_COUNT_TIMES] = {NP_("{count} time", "{count} times")},
    [SPOC_COUNT_LEFT_OUT] = {NP_("And {count} more event that is not listed.",
                                 "And {count} more events that are not listed.")},
};

/* RFC 8011 5.3.7 and 5.4.11, by number from 3 on */
static const char *const JOB_STATES[] = {
    N_("waiting"),  N_("held"),    N_("printing"),  N_("stopped"),
    N_("canceled"), N_("aborted"), N_("completed"),
};
static const char *const PRINTER_STATES[] = {N_("ready"), N_("printing"), N_("stopped")};

#define FIRST_STATE 3

void
spoc_words_kind(const SpocCatalogue *catalogue, SpocNoticeKind kind, SpocKindWords *ret_words)
{
    const SpocKindWords *words = &KINDS[kind];
    ret_words->subject = spoc_catalogue_get(catalogue, words->subject);
    ret_words->yours = words->yours != NULL ? spoc_catalogue_get(catalogue, words->yours) : NULL;
    ret_words->theirs = spoc_catalogue_get(catalogue, words->theirs);
    ret_words->untitled =
        words->untitled != NULL ? spoc_catalogue_get(catalogue, words->untitled) : NULL;
}

const char *
spoc_word(const SpocCatalogue *catalogue, SpocWord word)
{
    return spoc_catalogue_get(catalogue, WORDS[word]);
}

char *
spoc_words_count(const SpocCatalogue *catalogue, SpocCount what, gulong n)
{
    g_autofree char *number = g_strdup_printf("%lu", n);
    const SpocWordValue values[] = {{"count", number}};
    const char *sentence =
        spoc_catalogue_get_plural(catalogue, COUNTS[what].one, COUNTS[what].many, n);
    return spoc_words_expand(sentence, values, G_N_ELEMENTS(values));
}

const char *
spoc_words_job_state(const SpocCatalogue *catalogue, gint state)
{
    if (state < FIRST_STATE || state >= FIRST_STATE + (gint)G_N_ELEMENTS(JOB_STATES))
        return NULL;
    return spoc_catalogue_get(catalogue, JOB_STATES[state - FIRST_STATE]);
}

const char *
spoc_words_printer_state(const SpocCatalogue *catalogue, gint state)
{
    if (state < FIRST_STATE || state >= FIRST_STATE + (gint)G_N_ELEMENTS(PRINTER_STATES))
        return NULL;
    return spoc_catalogue_get(catalogue, PRINTER_STATES[state - FIRST_STATE]);
}

static const char *
find_value(const char *name, gsize length, const SpocWordValue *values, gsize count)
{
    for (gsize i = 0; i < count; i++) {
        if (strlen(values[i].name) == length && strncmp(values[i].name, name, length) == 0)
            return values[i].value != NULL ? values[i].value : "";
    }
    return NULL;
}

char *
spoc_words_expand(const char *sentence, const SpocWordValue *values, gsize count)
{
    GString *text = g_string_sized_new(256);
    for (const char *p = sentence; *p != '\0';) {
        gsize plain = strcspn(p, "{");
        g_string_append_len(text, p, (gssize)plain);
        p += plain;
        if (*p == '\0')
            break;
        gsize length = strcspn(p + 1, "}");
        const char *value = find_value(p + 1, length, values, count);
        if (value == NULL || p[1 + length] == '\0') {
            g_string_append_c(text, *p++);
            continue;
        }
        g_string_append(text, value);
        p += length + 2;
    }
    return g_string_free(text, FALSE);
}
