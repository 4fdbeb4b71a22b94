/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  All that a mail says, in tables: the place where languages come in. Sentences
 *          have named placeholders, whole sentences are entries: nothing is glued together.
 */
#pragma once

#include "event/event.h"
#include "message/catalogue.h"

/* What happened to a job, or to a printer or the server */
typedef enum {
    SPOC_NOTICE_JOB_QUEUED,
    SPOC_NOTICE_JOB_WAITING,
    SPOC_NOTICE_JOB_HELD,
    SPOC_NOTICE_JOB_PRINTING,
    SPOC_NOTICE_JOB_STOPPED,
    SPOC_NOTICE_JOB_CANCELED,
    SPOC_NOTICE_JOB_ABORTED,
    SPOC_NOTICE_JOB_PRINTED,
    SPOC_NOTICE_JOB_ENDED,
    SPOC_NOTICE_JOB_CHANGED,
    SPOC_NOTICE_JOB_PROGRESS,
    SPOC_NOTICE_PRINTER_ADDED,
    SPOC_NOTICE_PRINTER_DELETED,
    SPOC_NOTICE_PRINTER_CHANGED,
    SPOC_NOTICE_PRINTER_IDLE,
    SPOC_NOTICE_PRINTER_PRINTING,
    SPOC_NOTICE_PRINTER_STOPPED,
    SPOC_NOTICE_PRINTER_TROUBLE, /* it goes on, but says that something is amiss */
    SPOC_NOTICE_PRINTER_STATE,   /* in an unknown state */
    SPOC_NOTICE_PRINTER_MEDIA,
    SPOC_NOTICE_PRINTER_FINISHINGS,
    SPOC_NOTICE_PRINTER_ORDER,
    SPOC_NOTICE_PRINTER_RESTARTED,
    SPOC_NOTICE_PRINTER_SHUTDOWN,
    SPOC_NOTICE_PRINTER_RESOLVED, /* a fault that was mailed has cleared */
    SPOC_NOTICE_SERVER_STARTED,
    SPOC_NOTICE_SERVER_STOPPED,
    SPOC_NOTICE_SERVER_RESTARTED,
    SPOC_NOTICE_SERVER_AUDIT,
    SPOC_NOTICE_OTHER,
    SPOC_NOTICE_COUNT,
} SpocNoticeKind;

/* Placeholders: {title} {printer} {owner} {reasons} {event} {host} {pages} */
typedef struct {
    const char *subject;
    const char *yours;    /* to the owner of the job */
    const char *theirs;   /* to anybody else */
    const char *untitled; /* to whom the title is not shown; NULL: it has none */
} SpocKindWords;

void spoc_words_kind(const SpocCatalogue *catalogue, SpocNoticeKind kind, SpocKindWords *ret_words);

typedef enum {
    SPOC_WORD_UNTITLED,
    SPOC_WORD_SOME_PRINTER,
    SPOC_WORD_SENDER,
    SPOC_WORD_JOB,
    SPOC_WORD_TITLE,
    SPOC_WORD_OWNER,
    SPOC_WORD_PRINTER,
    SPOC_WORD_JOB_STATE,
    SPOC_WORD_PRINTER_STATE,
    SPOC_WORD_PAGES,
    SPOC_WORD_WHEN,
    SPOC_WORD_LOCATION,
    SPOC_WORD_DESCRIPTION,
    SPOC_WORD_PRINTER_SAYS,
    SPOC_WORD_WHAT_TO_DO,
    SPOC_WORD_HOW_OFTEN,
    SPOC_WORD_LINK,
    SPOC_WORD_WHAT_ELSE,
    SPOC_WORD_STATE_BEFORE, /* {state} {old} */
    SPOC_WORD_HIDDEN_TITLE,
    SPOC_WORD_BADGE_GOOD,
    SPOC_WORD_BADGE_INFO,
    SPOC_WORD_BADGE_ATTENTION,
    SPOC_WORD_BADGE_FAULT,
    SPOC_WORD_BADGE_RESOLVED,
    SPOC_WORD_DIGEST_SUBJECT,    /* {host} {events} */
    SPOC_WORD_DIGEST_INTRO,      /* the same */
    SPOC_WORD_COLLECTED_SUBJECT, /* the same */
    SPOC_WORD_COLLECTED_INTRO,   /* the same */
    SPOC_WORD_CUPS_SAYS,
    SPOC_WORD_NOT_ACCEPTING,
    SPOC_WORD_SENT_BY,
    SPOC_WORD_SENT_TO_OWNER,
    SPOC_WORD_TEST_SUBJECT,
    SPOC_WORD_TEST_TEXT,
    SPOC_WORD_BOUNCE_SUBJECT,
    SPOC_WORD_BOUNCE_TEXT,
    SPOC_WORD_BOUNCE_REASON,
    SPOC_WORD_BOUNCE_ID,
    SPOC_WORD_BOUNCE_MORE,
    SPOC_WORD_BOUNCE_REMEDY,
    SPOC_WORD_SCAN_FAILED_SUBJECT,
    SPOC_WORD_SCAN_FAILED_TEXT,
    SPOC_WORD_SCAN_FAILED_REMEDY,
    SPOC_WORD_COUNT,
} SpocWord;

const char *spoc_word(const SpocCatalogue *catalogue, SpocWord word);

/* What depends on a number */
typedef enum {
    SPOC_COUNT_EVENTS,   /* "12 events" */
    SPOC_COUNT_TIMES,    /* "3 times" */
    SPOC_COUNT_LEFT_OUT, /* "And 3 more events that are not listed." */
    SPOC_COUNT_COUNT,
} SpocCount;

/* (transfer full) */
char *spoc_words_count(const SpocCatalogue *catalogue, SpocCount what, gulong n);

/* (nullable): "completed", "stopped"; NULL for a state that is not said or unknown */
const char *spoc_words_job_state(const SpocCatalogue *catalogue, gint state);
const char *spoc_words_printer_state(const SpocCatalogue *catalogue, gint state);

typedef struct {
    const char *name;
    const char *value; /* (nullable) */
} SpocWordValue;

/* (transfer full): @sentence with each {name} replaced; values are put in as they are */
char *spoc_words_expand(const char *sentence, const SpocWordValue *values, gsize count);

/* (transfer full): "Tuesday, 24 November 2026, 13:05 CET", in the time zone of the environment */
char *spoc_words_when(const SpocCatalogue *catalogue, gint64 unix_s);
