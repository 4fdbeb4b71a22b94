/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   One configuration in force: the snapshot and what is built from it. It is
 *           replaced as a whole when a file changes.
 * OWNERSHIP Everything in it is its own and lives as long as it does.
 */
#pragma once

#include "base/log.h"
#include "base/places.h"
#include "delivery/retry.h"
#include "delivery/tokens.h"
#include "event/event.h"
#include "message/templates.h"
#include "people/recipient.h"
#include "spool/spool.h"
#include "trust/tls.h"

/* What notifications wait for, and which there are */
typedef struct {
    guint64 kinds;                /* bit SpocEventKind: such events are mailed */
    SpocOnly only;                /* notifyOnly; never unset */
    const char *const *reasons;   /* notifyReasons; the configuration's */
    gint64 wait_s;                /* notifyGroupWait, of printers and the server */
    gint64 job_wait_s;            /* of jobs: 0 unless notifyGroupWait is set */
    gint64 repeat_s;              /* notifyRepeatInterval */
    guint max_per_hour;           /* to one person; 0: no limit */
    guint max_to_others_per_hour; /* to all who do not own the job; 0: no limit */
    guint max_recipients;         /* of one subscription */
    gint digest_minute;           /* of the day */
} SpocRules;

gboolean spoc_rules_want(const SpocRules *rules, SpocEventKind kind);

/* Whom a mail is from; @name: (nullable) */
typedef struct {
    const char *address;
    const char *name;
} SpocSender;

typedef struct {
    SpocConfig *config;
    SpocTls *tls;             /* (nullable): only while delivery is blocked */
    const SpocTokens *tokens; /* (nullable): borrowed: while there is a source of tokens. Whoever
                                 has one sets it before the queue manager uses the runtime */
    SpocDirectory *directory; /* (nullable): of recipientLdapUri */
    SpocPeople *people;
    SpocPeople *scan_people;    /* by scanAllowedRecipients */
    SpocPeople *command_people; /* everybody, for spocctl send */
    SpocPeople *owner_people;   /* the owner of a job alone */
    SpocRetrySchedule schedule;
    const char *sender;
    const char *sender_name; /* (nullable): of mailfrom */
    GHashTable *senders;     /* of mailFromFor: a queue's name in lower case → SpocSender */
    char *host_name;
    /* Of notifications */
    const char *language;       /* of mails to those who have none of their own */
    const char *subject_prefix; /* (nullable) */
    const char *web_interface;  /* (nullable) */
    SpocTemplates *templates;
    SpocUnverified unverified;
    SpocRules rules;
    char *blocker; /* (nullable): why no mail may go out, and the remedy */
} SpocRuntime;

/**
 * spoc_runtime_load:
 *
 * Reads the configuration and writes every problem to @log, which must outlive the runtime: a
 * directory that goes away, or comes back, is written there as well. Never fails: what is wrong
 * stands in blocker.
 */
SpocRuntime *spoc_runtime_load(const SpocPlaces *places, SpocLog *log);
void spoc_runtime_free(SpocRuntime *runtime);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SpocRuntime, spoc_runtime_free)

/* Whom mail that comes from a queue is from: what mailFromFor says, else mailfrom. @queue:
 * (nullable): none, or several */
SpocSender spoc_runtime_sender(const SpocRuntime *runtime, const char *queue);

/* Who may read a job's title depends on who owns it, and CUPS may be asked for that. */
gboolean spoc_runtime_wants_owners(const SpocRuntime *runtime);

/* Whether a file of the configuration is another now. */
gboolean spoc_runtime_is_stale(const SpocRuntime *runtime, const SpocPlaces *places);

/**
 * spoc_runtime_take_note:
 *
 * Remembers in the spool's state/ that this configuration is in force.
 *
 * Returns: whether the last one was another, so that what it kept back may be tried anew; FALSE
 *   where there was none
 */
gboolean spoc_runtime_take_note(const SpocRuntime *runtime, SpocSpool *spool);
