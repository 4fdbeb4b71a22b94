/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  What a mail about events is to tell: notices, whom they are for, and how; what an
 *          event means to a reader.
 */
#pragma once

#include "cups/questions.h"
#include "event/event.h"
#include "event/reason.h"
#include "message/templates.h"
#include "message/words.h"
#include "people/recipient.h"

/* Of more, the rest is counted. */
#define SPOC_NOTICES_LISTED_MAX 200

/**
 * SpocNotice:
 * @journal: the name of the journal that the event stands in
 * @owner: (nullable): the job's
 * @job_title: (nullable): when CUPS says more than the event does
 * @attributes: (nullable): what CUPS said just now. It may have gone on meanwhile: its reasons and
 *   messages count only where its state is the event's.
 * @old_printer_state: 0: not known
 * @hides_title: the reader may know neither the job's title nor its owner
 * @is_resolved: a fault that was mailed has cleared
 * @times: how often just this happened, at least 1
 *
 * One thing to tell
 */
typedef struct {
    const SpocEvent *event;
    const char *journal;
    const char *owner;
    const char *job_title;
    const SpocStateAttributes *attributes;
    gint old_printer_state;
    gboolean is_resolved;
    gboolean hides_title;
    guint times;
} SpocNotice;

/* @printer_reasons, @job_reasons: those that are to be believed; never NULL */
SpocNoticeKind spoc_notice_kind(const SpocNotice *notice, char *const *printer_reasons);
SpocEventSeverity spoc_notice_severity(const SpocNotice *notice, char *const *printer_reasons,
                                       char *const *job_reasons);

typedef enum {
    SPOC_MAIL_NOTICE,    /* about one job, one printer or the server */
    SPOC_MAIL_DIGEST,    /* what happened in a day */
    SPOC_MAIL_COLLECTED, /* what came beyond notifyMaxPerHour */
} SpocMailKind;

/**
 * SpocNotification:
 * @notices: (array length=notice_count): at least one, in the order of time; the last one says
 *   how it is now
 * @left_out: how much more happened, and is only counted
 * @members: (nullable): names all the events where there are several; part of the identifier
 * @thread: (nullable): the thread's identifier without its domain, "printer-q1-1732450000";
 *   NULL: "job-N" for a job's event, else there is none
 * @person: whom it is for
 * @sender: the From address
 * @host_name: this print server's name, for people and for Message-ID's domain
 * @subject: (nullable): replaces the subject (mailto's subject parameter)
 * @subject_prefix: (nullable): stands before every subject
 * @cc: (nullable) (array zero-terminated=1): canonical addresses for the Cc line
 * @language: (nullable): "pt-BR"; NULL: English
 * @web_interface: (nullable): where CUPS's pages are, "https://host:631"
 * @templates: (nullable): NULL: the stock ones alone
 * @reasons: (nullable): which reasons of printers are told: spoc_reason_is_wanted(); NULL: all
 * @fallback_unix_s: the time where the last event says none: the journal's
 * @date_unix_s: for Date, what tells of many events at a time of its own; 0: the last event's time
 */
typedef struct {
    SpocMailKind kind;
    const SpocNotice *notices;
    guint notice_count;
    guint left_out;
    const char *members;
    const char *thread;
    const SpocPerson *person;
    const char *sender;
    const char *sender_name; /* (nullable): mailfrom's, instead of one of ours */
    const char *host_name;
    const char *subject;
    const char *subject_prefix;
    const char *const *cc;
    const char *language;
    SpocFormat format;
    const char *web_interface;
    const SpocTemplates *templates;
    const char *const *reasons;
    gint64 fallback_unix_s;
    gint64 date_unix_s;
} SpocNotification;
