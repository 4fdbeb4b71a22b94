/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   Takes messages to the mail server: connections, the mail transaction, failover
 *           to the other server, limits. Knows nothing of spool or events.
 * OWNERSHIP One SpocDelivery a process; everything happens on the main context that was
 *           the thread's default when it was made. Callbacks come from the main loop, never
 *           from within a call. @finished may submit, configure and free; @trace may not.
 * ERRORS    Come as outcomes with words for people: server, stage, the server's own words,
 *           the setting or command that mends it. Never a password.
 */
#pragma once

#include "config/config.h"
#include "delivery/content.h"
#include "delivery/verdict.h"
#include "trust/tls.h"

typedef enum {
    SPOC_RESULT_DELIVERED,
    SPOC_RESULT_LATER,  /* try again by the schedule */
    SPOC_RESULT_HOLD,   /* somebody must mend something; also by the schedule */
    SPOC_RESULT_RETURN, /* final */
} SpocResult;

/**
 * SpocRecipientOutcome:
 * @result: for this recipient
 * @reply: the server's words about it, or ours, one line
 */
typedef struct {
    const char *address;
    SpocResult result;
    char *reply;
} SpocRecipientOutcome;

/**
 * SpocOutcome:
 * @recipients: (array length=recipient_count): one for each of the parcel's
 * @reason: (nullable): the sentence for log and history when not all is delivered: server,
 *   stage, words, cure; one line
 * @stage: SpocStage of the last failure; -1: there was none
 * @server: (nullable): "host:port" that gave the last word
 * @queue_reply: (nullable): the words behind the final dot, with the server's queue id
 * @possible_duplicate: the connection was lost behind the final dot, now or before it was
 *   delivered now: it may arrive twice
 * @drops: how often that was so, of all attempts
 * @dropped_by: (nullable): by which server
 * @attempted: FALSE when no server was asked because all are known to be down
 * @earliest_unix_s: no server is to be asked before; 0: no such limit
 */
typedef struct {
    SpocRecipientOutcome *recipients;
    guint recipient_count;
    char *reason;
    int stage;
    char *server;
    char *queue_reply;
    gboolean possible_duplicate;
    guint drops;
    char *dropped_by;
    gboolean attempted;
    gint64 earliest_unix_s;
} SpocOutcome;

typedef void (*SpocOutcomeFunc)(const SpocOutcome *outcome, gpointer user_data);

/* One line of what happens on the way, for spocctl test and for DEBUG. @good FALSE: the
 * stage failed, and @text is the reason with its cure. */
typedef void (*SpocTraceFunc)(SpocStage stage, gboolean good, const char *server, const char *text,
                              gpointer user_data);

/**
 * SpocParcel:
 * @id: the message's, for traces
 * @sender: envelope sender; "" is the null reverse-path
 * @recipients: (array zero-terminated=1): addresses still to be served, distinct
 * @content: RFC 5322 with CR LF, not dot-stuffed
 * @stream: (nullable): instead of @content, for what is larger than memory
 * @drops: the last outcome's; 0 at first
 * @dropped_by: (nullable): the last outcome's
 * @trace: (nullable)
 * @finished: called exactly once, unless the delivery is freed before
 *
 * All strings are copied.
 */
typedef struct {
    const char *id;
    const char *sender;
    const char *const *recipients;
    GBytes *content;
    SpocContent *stream;
    guint drops;
    const char *dropped_by;
    SpocTraceFunc trace;
    SpocOutcomeFunc finished;
    gpointer user_data;
} SpocParcel;

typedef enum {
    SPOC_SERVER_ANY, /* primary, then backup */
    SPOC_SERVER_PRIMARY,
    SPOC_SERVER_BACKUP,
} SpocServerChoice;

typedef struct _SpocDelivery SpocDelivery;

/**
 * SpocDeliveryWarnFunc:
 *
 * A warning that is not one message's: "mail.example.com:25 does not offer STARTTLS; mail
 * goes unencrypted". Said once a server and configuration.
 */
typedef void (*SpocDeliveryWarnFunc)(const char *text, gpointer user_data);

/**
 * spoc_delivery_new:
 * @config: servers, encryption, login, time-outs, limits
 * @tls: (nullable): NULL only with encryption NONE for all
 * @choice: which servers may be asked
 */
SpocDelivery *spoc_delivery_new(SpocConfig *config, SpocTls *tls, SpocServerChoice choice,
                                SpocDeliveryWarnFunc warn, gpointer user_data,
                                GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Closes at once; parcels under way are dropped without a call of finished. */
void spoc_delivery_free(SpocDelivery *delivery);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SpocDelivery, spoc_delivery_free)

/* A new configuration: memory of failures is forgotten, idle connections are closed, what is
 * under way ends on the connection that it has. */
void spoc_delivery_configure(SpocDelivery *delivery, SpocConfig *config, SpocTls *tls);

/* Takes a parcel. More than there is room for is queued inside. */
void spoc_delivery_submit(SpocDelivery *delivery, const SpocParcel *parcel);

/* Somebody waits for what is submitted next: servers that are down are asked all the same, by one
 * connection each. */
void spoc_delivery_try_now(SpocDelivery *delivery);

/* How many parcels it likes to have at once, to keep every connection busy */
guint spoc_delivery_wanted(const SpocDelivery *delivery);
/* How many it has that are not finished */
guint spoc_delivery_pending(const SpocDelivery *delivery);

/**
 * SpocServerReport:
 * @name: host:port
 * @works: it did what it was asked last
 * @words: (nullable): the sentence, with its remedy, about its failure while it fails. Neither: it
 *   has not been asked yet
 */
typedef struct {
    const char *name;
    gboolean works;
    const char *words;
} SpocServerReport;

/* @index: 0 the primary, 1 the backup. FALSE when it is not set. Valid until the main loop runs. */
gboolean spoc_delivery_report(const SpocDelivery *delivery, guint index,
                              SpocServerReport *ret_report);

/* Says QUIT on idle connections and closes them: nothing is left to do. */
void spoc_delivery_rest(SpocDelivery *delivery);
