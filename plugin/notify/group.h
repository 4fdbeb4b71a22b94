/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   The events for one person that become one mail, each with what must be called once it
 *           is safe. What comes again is one notice, however often. When a
 *           group that is a digest is due, and the message that a group becomes.
 * OWNERSHIP A group refers to its events. Freeing it calls no safe(): the events are still in
 *           their journals.
 */
#pragma once

#include "cups/questions.h"
#include "event/severity.h"
#include "message/notice.h"
#include "runtime/runtime.h"
#include "spool/journal.h"
#include "spool/message.h"

/* Notices that a mail tells one by one; of the others it gives the number. */
#define SPOC_GROUP_NOTICES_MAX 20
#define SPOC_GROUP_DIGEST_MAX 200

/* The event's part in the mail is safe: it may be forgotten. */
typedef void (*SpocGroupSafeFunc)(gpointer user_data);

/* Why somebody gets a mail, from what cannot be held up by strangers to what anybody can
 * make: */
typedef enum {
    SPOC_CAUSE_OWN_JOB,
    SPOC_CAUSE_PRINTERS,     /* somebody else's job or none, by a printer's or the server's
                              * subscription */
    SPOC_CAUSE_SOMEONES_JOB, /* by a subscription that came with that job */
} SpocCause;

/**
 * SpocEntry: one event for one person
 * @job: (nullable): what CUPS says of its job
 * @old_printer_state: 0: not known
 * @shows_title: @person may know the title and the owner of its job
 * @is_quiet: a state that is less than @person wants to hear of: it tells at most that a fault is
 *   over
 * @cause: with @person.is_owner it is SPOC_CAUSE_OWN_JOB in any case
 * @part: names @person in the event's marks
 * @may_exist: its mail may be in the spool already
 * @safe: called once, unless the group is freed before
 * @user_data: (transfer full)
 */
typedef struct {
    const SpocEvent *event;
    const SpocJournal *journal;
    const SpocRecipientUri *uri;
    const SpocJobAttributes *job;
    const SpocPerson *person;
    gint old_printer_state;
    gboolean shows_title;
    gboolean is_quiet;
    SpocCause cause;
    guint part;
    gboolean may_exist;
    SpocGroupSafeFunc safe;
    gpointer user_data;
    GDestroyNotify destroy;
} SpocEntry;

typedef struct {
    SpocMailKind kind;
    char *key;
    SpocPerson *person;
    char *subject;  /* (nullable) */
    char *language; /* (nullable): what the recipient asks for */
    SpocFormat format;
    GArray *notices; /* of SpocNotice, the latest last; what they point to is the group's */
    guint left_out;
    gint64 created_unix_s; /* of the first event's journal */
    gint64 due_unix_s;
    SpocCause cause; /* the best of its events' */
    gboolean may_exist;
    gboolean had_fault;
    SpocEventSeverity wanted; /* what the person wants to hear of */
    gboolean is_admitted;     /* it is decided that it goes */
    char *thread;             /* (nullable) */
    /* private */
    GArray *refs;
    GChecksum *members;
} SpocGroup;

SpocGroup *spoc_group_new(SpocMailKind kind, const char *key, const SpocEntry *first);
void spoc_group_free(SpocGroup *group);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SpocGroup, spoc_group_free)

void spoc_group_add(SpocGroup *group, const SpocEntry *entry);

/* Takes all that is in @other, and frees it. */
void spoc_group_absorb(SpocGroup *group, SpocGroup *other);

/* As long as none is added or dropped */
SpocNotice *spoc_group_notice(const SpocGroup *group, guint index);
SpocNotice *spoc_group_last(const SpocGroup *group);

/* Whether a state of the printer of @event that is at least so bad is the last one in it */
gboolean spoc_group_has_fault_of(const SpocGroup *group, const SpocEvent *event,
                                 SpocEventSeverity at_least);

/* Both are to the same person and tell how the same printer is. */
gboolean spoc_group_is_about_same(const SpocGroup *group, const SpocGroup *other);

/* (nullable): the last notice that tells a printer's state */
SpocNotice *spoc_group_last_state(const SpocGroup *group);
/* Those notices are not mailed; they count as members still. */
void spoc_group_drop_states(SpocGroup *group);

/* Events in it, those that are one notice or are left out included */
guint spoc_group_events(const SpocGroup *group);
/* (nullable) (transfer full): names all its events where there are several */
char *spoc_group_members(const SpocGroup *group);
/* (transfer full): the marks of all its events, for spool/pending-marks.h */
char *spoc_group_marks(const SpocGroup *group);

/* Calls @each with the user_data of every entry in it. */
void spoc_group_each(const SpocGroup *group, GFunc each, gpointer user_data);

/* All of it is safe: says so to each. */
void spoc_group_commit(SpocGroup *group);

/* An event older than this does not make its digest due: the clock was wrong, or spocd was away so
 * long that a day more does not matter. */
#define SPOC_GROUP_BACKLOG_MAX_S (7 * 24 * 3600)

/**
 * spoc_group_daily_due_unix_s:
 * @minute: of the day, in the time zone of the environment
 * @event_unix_s: when the first event happened; 0: not known
 *
 * Returns: the first such minute behind the event, which is in the past when spocd was not there
 *   at the time
 */
gint64 spoc_group_daily_due_unix_s(gint minute, gint64 event_unix_s, gint64 now_unix_s);

/**
 * spoc_group_compose:
 * @group: with at least one notice
 *
 * Idempotent: the same group gives the same identifier and bytes.
 *
 * Returns: (transfer full): NULL with @error set
 */
SpocMessage *spoc_group_compose(const SpocRuntime *runtime, const SpocGroup *group,
                                GError **error) G_GNUC_WARN_UNUSED_RESULT;
