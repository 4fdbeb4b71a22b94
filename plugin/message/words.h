/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  All that a mail says, in one table: the place where languages come in. Sentences
 *          have named placeholders, whole sentences are entries: nothing is glued together.
 */
#pragma once

#include "event/event.h"
#include "message/catalogue.h"

/* What happened to a job, or to a printer or the server */
typedef enum {
    SPOC_NEWS_JOB_QUEUED,
    SPOC_NEWS_JOB_WAITING,
    SPOC_NEWS_JOB_HELD,
    SPOC_NEWS_JOB_PRINTING,
    SPOC_NEWS_JOB_STOPPED,
    SPOC_NEWS_JOB_CANCELED,
    SPOC_NEWS_JOB_ABORTED,
    SPOC_NEWS_JOB_PRINTED,
    SPOC_NEWS_JOB_ENDED,
    SPOC_NEWS_JOB_CHANGED,
    SPOC_NEWS_JOB_PROGRESS,
    SPOC_NEWS_PRINTER_ADDED,
    SPOC_NEWS_PRINTER_DELETED,
    SPOC_NEWS_PRINTER_CHANGED,
    SPOC_NEWS_PRINTER_IDLE,
    SPOC_NEWS_PRINTER_PRINTING,
    SPOC_NEWS_PRINTER_STOPPED,
    SPOC_NEWS_PRINTER_STOPPED_WHY, /* the same with {reasons} */
    SPOC_NEWS_PRINTER_TROUBLE,     /* it goes on, but says with {reasons} that something is amiss */
    SPOC_NEWS_PRINTER_RESOLVED,    /* a fault that was told has cleared */
    SPOC_NEWS_PRINTER_STATE,       /* in an unknown state */
    SPOC_NEWS_PRINTER_MEDIA,
    SPOC_NEWS_PRINTER_FINISHINGS,
    SPOC_NEWS_PRINTER_ORDER,
    SPOC_NEWS_PRINTER_RESTARTED,
    SPOC_NEWS_PRINTER_SHUTDOWN,
    SPOC_NEWS_SERVER_STARTED,
    SPOC_NEWS_SERVER_STOPPED,
    SPOC_NEWS_SERVER_RESTARTED,
    SPOC_NEWS_SERVER_AUDIT,
    SPOC_NEWS_OTHER,
    SPOC_NEWS_COUNT,
} SpocNews;

/* Placeholders: {title} {printer} {reasons} {event} {host} {pages}: spoc_words_pages() */
typedef struct {
    const char *subject;
    const char *yours;  /* (nullable): to the owner of the job */
    const char *theirs; /* to anybody else */
    const char *advice; /* (nullable): what to do, where the reasons have no advice of their own */
} SpocNewsWords;

void spoc_words_news(const SpocCatalogue *catalogue, SpocNews news, SpocNewsWords *ret_words);

typedef enum {
    SPOC_WORD_UNTITLED,
    SPOC_WORD_JOB_BY_NUMBER, /* {id}: where titles are hidden */
    SPOC_WORD_SOME_PRINTER,
    SPOC_WORD_DESCRIBED, /* {name} {description}: a printer */
    SPOC_WORD_NOT_ACCEPTING,
    SPOC_WORD_SENDER,  /* {host} */
    SPOC_WORD_SENT_BY, /* {host}: the foot of a mail: why it came */
    SPOC_WORD_DIGEST_SENT_BY,
    SPOC_WORD_STOP_MAILS,      /* the foot, too: how it is stopped */
    SPOC_WORD_DIGEST_INTRO,    /* {host} */
    SPOC_WORD_COLLECTED_INTRO, /* {host} */
    SPOC_WORD_ITEM,            /* {when} {what}: of a list of events */
    SPOC_WORD_ITEM_TIMES,      /* {when} {what} {times}: spoc_words_count(SPOC_COUNT_TIMES) */
    SPOC_WORD_OPEN_PRINTER,    /* a link's words */
    SPOC_WORD_OPEN_JOBS,

    /* Before a colon: spoc_words_label() */
    SPOC_WORD_JOB,
    SPOC_WORD_TITLE,
    SPOC_WORD_OWNER,
    SPOC_WORD_PRINTER,
    SPOC_WORD_CLASS, /* of printers */
    SPOC_WORD_LOCATION,
    SPOC_WORD_LINK,
    SPOC_WORD_JOB_STATE,
    SPOC_WORD_PRINTER_STATE,
    SPOC_WORD_STATE_BEFORE,
    SPOC_WORD_STATE_NOW,
    SPOC_WORD_REASONS,
    SPOC_WORD_PAGES,
    SPOC_WORD_SHEETS,
    SPOC_WORD_WHEN,
    SPOC_WORD_WHAT_HAPPENED,
    SPOC_WORD_WHAT_TO_DO,
    SPOC_WORD_CUPS_SAYS,
    SPOC_WORD_PRINTER_SAYS,
    SPOC_WORD_REPORT_REASON,
    SPOC_WORD_REPORT_ID,

    SPOC_WORD_TEST_SUBJECT,   /* {host} */
    SPOC_WORD_TEST_TEXT,      /* {host} {recipient} */
    SPOC_WORD_REPORT_SUBJECT, /* {host} {count} */
    SPOC_WORD_REPORT_CURE,
    SPOC_WORD_SCAN_FAILED_SUBJECT, /* {title} */
    SPOC_WORD_SCAN_FAILED_TEXT,    /* {title} {size} {mail_size} {printer} {when} */
    SPOC_WORD_SCAN_FAILED_CURE,    /* {host} {id} */
    SPOC_WORD_COUNT,
} SpocWord;

const char *spoc_word(const SpocCatalogue *catalogue, SpocWord word);

/* (transfer full): with the colon that the language puts behind it: "Printer:", "Imprimante :" */
char *spoc_words_label(const SpocCatalogue *catalogue, SpocWord word);

/* (nullable): "completed", "stopped"; NULL for a state that is not said or unknown */
const char *spoc_words_job_state(const SpocCatalogue *catalogue, gint state);
const char *spoc_words_printer_state(const SpocCatalogue *catalogue, gint state);

typedef struct {
    const char *name;
    const char *value; /* (nullable) */
} SpocWordValue;

/* (transfer full): @sentence with each {name} replaced; values are put in as they are */
char *spoc_words_expand(const char *sentence, const SpocWordValue *values, gsize count);

/* How two pieces stand behind each other; a list is made of it from the left */
typedef enum {
    SPOC_JOIN_REASONS,   /* "a; b" */
    SPOC_JOIN_STATE,     /* "stopped, paper is out" */
    SPOC_JOIN_SENTENCES, /* "A. B." */
    SPOC_JOIN_COUNT,
} SpocJoin;

/* (transfer full) (nullable): of @first and @more, either may be NULL or empty; both: NULL */
char *spoc_words_join(const SpocCatalogue *catalogue, SpocJoin how, const char *first,
                      const char *more);

/* --- numbers: counts.c ------------------------------------------------------------------ */

typedef enum {
    SPOC_COUNT_PAGES,  /* "3 pages" */
    SPOC_COUNT_SHEETS, /* "3 sheets" */
    SPOC_COUNT_EVENTS, /* "3 events" */
    SPOC_COUNT_TIMES,  /* "3 times" */
    SPOC_COUNT_MORE_EVENTS,
    SPOC_COUNT_MORE_RECIPIENTS,
    SPOC_COUNT_REPORT_TEXT,    /* {host} */
    SPOC_COUNT_DIGEST_SUBJECT, /* {host} */
    SPOC_COUNT_COUNT,
} SpocCount;

/* The sentence with the plural that @n takes; {count} is still in it */
const char *spoc_words_count_pattern(const SpocCatalogue *catalogue, SpocCount what, gulong n);

/* (transfer full): with {count}; @host: (nullable): for {host} */
char *spoc_words_count(const SpocCatalogue *catalogue, SpocCount what, gulong n, const char *host);
char *spoc_words_pages(const SpocCatalogue *catalogue, gulong n);
char *spoc_words_events(const SpocCatalogue *catalogue, gulong n);

/* (transfer full): "3 of 7 pages" */
char *spoc_words_pages_of(const SpocCatalogue *catalogue, gulong done, gulong total);

/* --- times: dates.c --------------------------------------------------------------------- */

/* (transfer full): "Tuesday, 24 November 2026, 13:05 CET", in the time zone of the environment,
 * whatever the locale */
char *spoc_words_when(const SpocCatalogue *catalogue, gint64 unix_s);

/* (transfer full): "Tuesday, 13:05": in a list of what happened in a day */
char *spoc_words_when_short(const SpocCatalogue *catalogue, gint64 unix_s);

/* --- state reasons: reasons.c ----------------------------------------------------------- */

/* (transfer full) (nullable): the keywords of RFC 8011, PWG 5100.9 and CUPS in words,
 * "paper is jammed; toner is low (warning)"; NULL when they say nothing */
char *spoc_words_reasons(const SpocCatalogue *catalogue, char *const *keywords);

/* (transfer full) (nullable): what a person can do about them, in sentences, each once */
char *spoc_words_advice(const SpocCatalogue *catalogue, char *const *keywords);
