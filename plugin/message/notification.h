/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   Events and a person become a mail: RFC 5322 bytes with CRLF; text, HTML or both as
 *           alternatives, made with templates and encoded by GMime; no line beyond 998 bytes.
 * SECURITY  Foreign text (title, printer, server's words) is made one line before it
 *           stands in a header or the body, and can add neither.
 *
 * Composing is idempotent: the same input gives the same identifier and bytes.
 */
#pragma once

#include "cups/questions.h"
#include "event/event.h"
#include "message/templates.h"
#include "people/recipient.h"

/* Of more, the rest is counted. */
#define SPOC_NOTICES_LISTED_MAX 200

/**
 * SpocNotice:
 * @owner: (nullable): the job's
 * @job_title: (nullable): when CUPS told more than the event does
 * @facts: (nullable): what CUPS said just now. It may have gone on meanwhile: its reasons and
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
    const char *owner;
    const char *job_title;
    const SpocStateAttributes *facts;
    gint old_printer_state;
    gboolean is_resolved;
    gboolean hides_title;
    guint times;
} SpocNotice;

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
 * @journal: name of the journal that the first notice's event stands in
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
 * @fallback_unix_s: the time where the last event says none: the journal's
 * @date_unix_s: for Date, what tells of many events at a time of its own; 0: the last event's time
 */
typedef struct {
    SpocMailKind kind;
    const SpocNotice *notices;
    guint notice_count;
    guint left_out;
    const char *journal;
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
    gint64 fallback_unix_s;
    gint64 date_unix_s;
} SpocNotification;

/* What templates have made of a notification; a part that the format does not want is NULL */
typedef struct {
    char *subject; /* one line */
    char *text;
    char *html;
} SpocMailContent;

void spoc_mail_content_clear(SpocMailContent *content);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(SpocMailContent, spoc_mail_content_clear)

typedef struct {
    char *id;         /* a valid spool name, from journal, offset and address */
    char *message_id; /* without brackets */
    char *subject;    /* readable, one line */
    GBytes *bytes;
} SpocComposedMail;

void spoc_composed_mail_free(SpocComposedMail *mail);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SpocComposedMail, spoc_composed_mail_free)

/**
 * spoc_notification_render:
 * @ret_warning: (out) (optional) (nullable) (transfer full): a template that cannot be used, with
 *   file, line and what is wrong; the stock one was used
 *
 * What the mail will say.
 */
void spoc_notification_render(const SpocNotification *notification, char **ret_warning,
                              SpocMailContent *ret_content);

/**
 * spoc_notification_compose:
 * @ret_warning: (out) (optional) (nullable) (transfer full): as spoc_notification_render() gives it
 */
SpocComposedMail *spoc_notification_compose(const SpocNotification *notification,
                                            char **ret_warning,
                                            GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* A mail of our own for spocctl test: says who sent it and why. */
SpocComposedMail *spoc_test_mail_compose(const char *sender, const char *sender_name,
                                         const char *recipient, const char *host_name,
                                         const char *language, gint64 now_unix_s,
                                         GError **error) G_GNUC_WARN_UNUSED_RESULT;
