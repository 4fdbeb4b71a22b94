/* SPDX-License-Identifier: Apache-2.0 */
#include "message/words.h"

#include <string.h>

/* TRANSLATORS comments go into po/cups-spoc.pot. */
static const SpocNewsWords NEWS[SPOC_NEWS_COUNT] = {
    [SPOC_NEWS_JOB_QUEUED] =
        {/* TRANSLATORS: Subjects of mails about a document. {title}: its title */
         N_("Queued: {title}"), N_("Your document \"{title}\" has been queued for {printer}."),
         N_("The document \"{title}\" has been queued for {printer}.")},
    [SPOC_NEWS_JOB_WAITING] =
        {N_("Waiting: {title}"),
         N_("Your document \"{title}\" is waiting to be printed on {printer}."),
         N_("The document \"{title}\" is waiting to be printed on {printer}.")},
    [SPOC_NEWS_JOB_HELD] =
        {N_("Held: {title}"),
         N_("Your document \"{title}\" for {printer} is held: it is printed once it is released."),
         N_("The document \"{title}\" for {printer} is held: it is printed once it is released."),
         N_("To print it now, release the job in your list of print jobs.")},
    [SPOC_NEWS_JOB_PRINTING] = {N_("Printing: {title}"),
                                N_("Your document \"{title}\" is being printed on {printer}."),
                                N_("The document \"{title}\" is being printed on {printer}.")},
    [SPOC_NEWS_JOB_STOPPED] =
        {N_("Stopped: {title}"),
         N_("The printing of your document \"{title}\" on {printer} has stopped."),
         N_("The printing of the document \"{title}\" on {printer} has stopped."),
         N_("It is printed once the printer works again; there is no need to send it anew.")},
    [SPOC_NEWS_JOB_CANCELED] = {N_("Canceled: {title}"),
                                N_("Your document \"{title}\" on {printer} was canceled."),
                                N_("The document \"{title}\" on {printer} was canceled.")},
    [SPOC_NEWS_JOB_ABORTED] = {N_("Not printed: {title}"),
                               N_("Your document \"{title}\" could not be printed on {printer}."),
                               N_("The document \"{title}\" could not be printed on {printer}."),
                               N_("Print the document again. If it fails again, ask the "
                                  "administrator of the print server.")},
    [SPOC_NEWS_JOB_PRINTED] = {N_("Printed: {title}"),
                               N_("Your document \"{title}\" has been printed on {printer}."),
                               N_("The document \"{title}\" has been printed on {printer}.")},
    [SPOC_NEWS_JOB_ENDED] = {N_("Finished: {title}"),
                             N_("Your document \"{title}\" on {printer} is finished."),
                             N_("The document \"{title}\" on {printer} is finished.")},
    [SPOC_NEWS_JOB_CHANGED] = {N_("Changed: {title}"),
                               N_("Your document \"{title}\" for {printer} was changed."),
                               N_("The document \"{title}\" for {printer} was changed.")},
    [SPOC_NEWS_JOB_PROGRESS] =
        {N_("Printing: {title}"),
         /* TRANSLATORS: {pages}: "1 page", "3 pages" */
         N_("Your document \"{title}\" is being printed on {printer}: {pages} so far."),
         N_("The document \"{title}\" is being printed on {printer}: {pages} so far.")},
    [SPOC_NEWS_PRINTER_ADDED] = {N_("{printer} was added"), NULL,
                                 N_("The printer {printer} was added.")},
    [SPOC_NEWS_PRINTER_DELETED] = {N_("{printer} was removed"), NULL,
                                   N_("The printer {printer} was removed.")},
    [SPOC_NEWS_PRINTER_CHANGED] = {N_("{printer} was changed"), NULL,
                                   N_("The settings of the printer {printer} were changed.")},
    [SPOC_NEWS_PRINTER_IDLE] = {N_("{printer} is ready"), NULL,
                                N_("The printer {printer} is ready.")},
    [SPOC_NEWS_PRINTER_PRINTING] = {N_("{printer} is printing"), NULL,
                                    N_("The printer {printer} is printing.")},
    [SPOC_NEWS_PRINTER_STOPPED] = {N_("{printer} has stopped"), NULL,
                                   N_("The printer {printer} has stopped."),
                                   N_("See what the printer's display says.")},
    [SPOC_NEWS_PRINTER_STOPPED_WHY] =
        {/* TRANSLATORS: {reasons}: "paper is out", or several such with ";" between */
         N_("{printer} has stopped: {reasons}"), NULL,
         N_("The printer {printer} has stopped: {reasons}."),
         N_("See what the printer's display says.")},
    [SPOC_NEWS_PRINTER_TROUBLE] = {N_("{printer} needs attention: {reasons}"), NULL,
                                   N_("The printer {printer} needs attention: {reasons}."),
                                   N_("See what the printer's display says.")},
    [SPOC_NEWS_PRINTER_RESOLVED] =
        {/* TRANSLATORS: After a mail that told of a fault, which has cleared */
         N_("Resolved: {printer} is ready again"), NULL,
         N_("The printer {printer} is ready again.")},
    [SPOC_NEWS_PRINTER_STATE] = {N_("{printer} has changed its state"), NULL,
                                 N_("The printer {printer} has changed its state.")},
    [SPOC_NEWS_PRINTER_MEDIA] = {N_("{printer}: paper was changed"), NULL,
                                 N_("The paper in the printer {printer} was changed.")},
    [SPOC_NEWS_PRINTER_FINISHINGS] =
        {N_("{printer}: finishing was changed"), NULL,
         N_("What the printer {printer} can do to finish a document was changed.")},
    [SPOC_NEWS_PRINTER_ORDER] =
        {N_("{printer}: the order of jobs was changed"), NULL,
         N_("The order of the jobs for the printer {printer} was changed.")},
    [SPOC_NEWS_PRINTER_RESTARTED] = {N_("{printer} was restarted"), NULL,
                                     N_("The printer {printer} was restarted.")},
    [SPOC_NEWS_PRINTER_SHUTDOWN] = {N_("{printer} was switched off"), NULL,
                                    N_("The printer {printer} was switched off.")},
    [SPOC_NEWS_SERVER_STARTED] = {N_("The print server {host} has started"), NULL,
                                  N_("The print server {host} has started.")},
    [SPOC_NEWS_SERVER_STOPPED] = {N_("The print server {host} has stopped"), NULL,
                                  N_("The print server {host} has stopped.")},
    [SPOC_NEWS_SERVER_RESTARTED] = {N_("The print server {host} was restarted"), NULL,
                                    N_("The print server {host} was restarted.")},
    [SPOC_NEWS_SERVER_AUDIT] = {N_("The print server {host} reports a matter of security"), NULL,
                                N_("The print server {host} reports a matter of security."),
                                N_("Look into the logs of CUPS on the print server.")},
    [SPOC_NEWS_OTHER] =
        {/* TRANSLATORS: {event}: an event's name in English, "job-fetched" */
         N_("The print server {host} reports: {event}"), NULL,
         N_("The print server {host} reports: {event}.")},
};

static const char *const WORDS[SPOC_WORD_COUNT] = {
    /* TRANSLATORS: In the place of a title, between its quotation marks */
    [SPOC_WORD_UNTITLED] = N_("untitled"),
    /* TRANSLATORS: In the place of a title that is not shown, between its quotation marks */
    [SPOC_WORD_JOB_BY_NUMBER] = N_("job {id}"),
    /* TRANSLATORS: In the place of a printer's name */
    [SPOC_WORD_SOME_PRINTER] = N_("an unknown printer"),
    /* TRANSLATORS: A printer: "q1 (Colour printer in the hall)" */
    [SPOC_WORD_DESCRIBED] = N_("{name} ({description})"),
    /* TRANSLATORS: Of a printer: in a list behind its state, "ready, takes no new jobs" */
    [SPOC_WORD_NOT_ACCEPTING] = N_("takes no new jobs"),
    /* TRANSLATORS: The name beside the sender's address */
    [SPOC_WORD_SENDER] = N_("Print server {host}"),
    [SPOC_WORD_SENT_BY] = N_("Sent by the print server {host} because a subscription for printing "
                             "events names this address."),
    [SPOC_WORD_DIGEST_SENT_BY] =
        N_("Sent once a day by the print server {host} because a subscription for printing events "
           "names this address and asks for one mail a day."),
    [SPOC_WORD_STOP_MAILS] = N_("To get no more of these mails, ask the administrator of the print "
                                "server to end that subscription."),
    [SPOC_WORD_DIGEST_INTRO] = N_("What happened on the print server {host} in the last day:"),
    [SPOC_WORD_COLLECTED_INTRO] =
        N_("More happened on the print server {host} than you are sent mails about in an hour. "
           "This mail has the rest:"),
    /* TRANSLATORS: A line in a list: "Tuesday, 13:05: The printer q1 is ready." */
    [SPOC_WORD_ITEM] = N_("{when}: {what}"),
    /* TRANSLATORS: {times}: "3 times" */
    [SPOC_WORD_ITEM_TIMES] = N_("{when}: {what} ({times})"),
    /* TRANSLATORS: The words of a link */
    [SPOC_WORD_OPEN_PRINTER] = N_("Open the printer's page"),
    /* TRANSLATORS: The words of a link */
    [SPOC_WORD_OPEN_JOBS] = N_("Open the list of jobs"),

    [SPOC_WORD_JOB] = NC_("label", "Job"),
    [SPOC_WORD_TITLE] = NC_("label", "Title"),
    [SPOC_WORD_OWNER] = NC_("label", "Owner"),
    [SPOC_WORD_PRINTER] = NC_("label", "Printer"),
    /* TRANSLATORS: A class of printers in CUPS */
    [SPOC_WORD_CLASS] = NC_("label", "Class"),
    [SPOC_WORD_LOCATION] = NC_("label", "Location"),
    /* TRANSLATORS: Before the address of the printer's page */
    [SPOC_WORD_LINK] = NC_("label", "Printer's page"),
    [SPOC_WORD_JOB_STATE] = NC_("label", "Job state"),
    [SPOC_WORD_PRINTER_STATE] = NC_("label", "Printer state"),
    [SPOC_WORD_STATE_BEFORE] = NC_("label", "State before"),
    [SPOC_WORD_STATE_NOW] = NC_("label", "State now"),
    [SPOC_WORD_REASONS] = NC_("label", "Reasons"),
    [SPOC_WORD_PAGES] = NC_("label", "Pages"),
    /* TRANSLATORS: Of paper */
    [SPOC_WORD_SHEETS] = NC_("label", "Sheets"),
    [SPOC_WORD_WHEN] = NC_("label", "When"),
    [SPOC_WORD_WHAT_HAPPENED] = NC_("label", "What happened"),
    [SPOC_WORD_WHAT_TO_DO] = NC_("label", "What to do"),
    [SPOC_WORD_CUPS_SAYS] = NC_("label", "CUPS says"),
    [SPOC_WORD_PRINTER_SAYS] = NC_("label", "Message from the printer"),
    /* TRANSLATORS: Why a mail could not be delivered */
    [SPOC_WORD_REPORT_REASON] = NC_("label", "Reason"),
    /* TRANSLATORS: The identifier of a mail */
    [SPOC_WORD_REPORT_ID] = NC_("label", "Message"),

    [SPOC_WORD_TEST_SUBJECT] = N_("Test mail from the print server {host}"),
    /* TRANSLATORS: {recipient}: an address. Do not translate spocctl test. */
    [SPOC_WORD_TEST_TEXT] =
        N_("This is a test. It came the way that printing notifications from {host} take, so they "
           "can reach {recipient}.\n\n"
           "An administrator asked for it with the command: spocctl test {recipient}\n"
           "There is nothing to do."),
    /* TRANSLATORS: {count}: of recipients */
    [SPOC_WORD_REPORT_SUBJECT] = N_("Undeliverable mail of the print server {host}: {count}"),
    /* TRANSLATORS: Do not translate the commands, only MESSAGE in them. */
    [SPOC_WORD_REPORT_CURE] =
        N_("These messages are kept for a while. On the print server\n"
           "  spocctl queue list --state failed   lists them,\n"
           "  spocctl queue show MESSAGE          tells all that is known of one,\n"
           "  spocctl queue retry MESSAGE         sends it again once the cause is mended,\n"
           "  spocctl queue delete MESSAGE        drops it."),
    /* TRANSLATORS: About a scan or another document that was to be sent as a mail */
    [SPOC_WORD_SCAN_FAILED_SUBJECT] = N_("Not delivered: {title}"),
    /* TRANSLATORS: {printer}: the queue that it was printed to; {size}, {mail_size}: numbers */
    [SPOC_WORD_SCAN_FAILED_TEXT] =
        N_("Your document could not be delivered to everybody that it was for.\n\n"
           "  Title: {title}\n"
           "  Size: {size} bytes, {mail_size} as a mail\n"
           "  Sent through: {printer}\n"
           "  When: {when}\n"),
    /* TRANSLATORS: {id}: an identifier */
    [SPOC_WORD_SCAN_FAILED_CURE] =
        N_("The document is still on the print server {host}, as {id}. Its administrator can send "
           "it again once the cause is mended; or send it anew."),
};

/* TRANSLATORS: A label before its value, with your language's colon */
static const char LABEL[] = N_("{label}:");

/* RFC 8011 5.3.7 and 5.4.11, by number from 3 on */
static const char *const JOB_STATES[] = {
    /* TRANSLATORS: States of a job, behind "Job state:" */
    NC_("job state", "waiting"),   NC_("job state", "held"),     NC_("job state", "printing"),
    NC_("job state", "stopped"),   NC_("job state", "canceled"), NC_("job state", "aborted"),
    NC_("job state", "completed"),
};
static const char *const PRINTER_STATES[] = {
    /* TRANSLATORS: States of a printer, behind "Printer state:" */
    NC_("printer state", "ready"),
    NC_("printer state", "printing"),
    NC_("printer state", "stopped"),
};

#define FIRST_STATE 3

static const char *const JOINS[SPOC_JOIN_COUNT] = {
    /* TRANSLATORS: A list of reasons is made of it: "paper is out; toner is low" */
    [SPOC_JOIN_REASONS] = NC_("reasons", "{first}; {more}"),
    /* TRANSLATORS: A state and its reasons: "stopped, paper is out" */
    [SPOC_JOIN_STATE] = NC_("state", "{first}, {more}"),
    /* TRANSLATORS: Two sentences that stand behind each other */
    [SPOC_JOIN_SENTENCES] = NC_("sentences", "{first} {more}"),
};

static const char *
translated(const SpocCatalogue *catalogue, const char *msgid)
{
    return msgid != NULL ? spoc_catalogue_get(catalogue, msgid) : NULL;
}

void
spoc_words_news(const SpocCatalogue *catalogue, SpocNews news, SpocNewsWords *ret_words)
{
    const SpocNewsWords *words = &NEWS[news];
    *ret_words = (SpocNewsWords){.subject = translated(catalogue, words->subject),
                                 .yours = translated(catalogue, words->yours),
                                 .theirs = translated(catalogue, words->theirs),
                                 .advice = translated(catalogue, words->advice)};
}

const char *
spoc_word(const SpocCatalogue *catalogue, SpocWord word)
{
    return spoc_catalogue_get(catalogue, WORDS[word]);
}

char *
spoc_words_label(const SpocCatalogue *catalogue, SpocWord word)
{
    const SpocWordValue values[] = {{"label", spoc_word(catalogue, word)}};
    return spoc_words_expand(spoc_catalogue_get(catalogue, LABEL), values, G_N_ELEMENTS(values));
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

char *
spoc_words_join(const SpocCatalogue *catalogue, SpocJoin how, const char *first, const char *more)
{
    gboolean has_first = first != NULL && *first != '\0';
    gboolean has_more = more != NULL && *more != '\0';
    if (!has_first || !has_more)
        return has_first ? g_strdup(first) : has_more ? g_strdup(more) : NULL;
    const SpocWordValue values[] = {{"first", first}, {"more", more}};
    return spoc_words_expand(spoc_catalogue_get(catalogue, JOINS[how]), values,
                             G_N_ELEMENTS(values));
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
