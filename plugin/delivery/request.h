/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   A delivery request: one message on its way to a mail server. The caller makes it, the
 *           delivery notes in it which servers were asked and what they said, and the caller gets
 *           it back with the result of each recipient. Knows nothing of connections.
 * OWNERSHIP It owns its strings and recipients; all that it is given is copied.
 */
#pragma once

#include "base/state.h"
#include "delivery/content.h"
#include "delivery/transaction.h"
#include "delivery/verdict.h"

/* RFC 5321 4.5.3.1.8: at least so many recipients every server takes. */
#define SPOC_DELIVERY_REQUEST_MAIL_RECIPIENTS_MAX 100

/**
 * SpocRequestRecipient:
 * @state: WAITING until a server has said something else: then DONE, FAILED, or HELD, which means
 *   that an administrator has to do something, and that it is tried all the same
 * @reply: (nullable): the server's words about it, or ours, one line; set when it is finished
 * @is_open: no server has said the last word
 */
typedef struct {
    char *address;
    SpocState state;
    char *reply;
    gboolean is_open;
    gboolean returned_unless_backup;
} SpocRequestRecipient;

typedef struct _SpocDeliveryRequest SpocDeliveryRequest;

/* @request: (transfer full): finished */
typedef void (*SpocRequestFinishedFunc)(SpocDeliveryRequest *request, gpointer user_data);

/* One line of what happens on the way, for spocctl test and for DEBUG. @good FALSE: the
 * stage failed, and @text is the reason with its remedy. */
typedef void (*SpocTraceFunc)(SpocStage stage, gboolean good, const char *server, const char *text,
                              gpointer user_data);

/**
 * SpocDeliveryRequest:
 * @id: the message's, for traces
 * @sender: envelope sender; "" is the null reverse-path
 * @recipients: (element-type SpocRequestRecipient): distinct
 * @content: RFC 5322 with CR LF, not dot-stuffed
 * @trace: (nullable): set by the caller when it wants one
 * @finished: (nullable): called exactly once, unless the delivery is freed before
 * @drops: how often the connection was lost behind the final dot, of all attempts
 * @dropped_by: (nullable): "host:port" of the server that did so
 *
 * The result, when it is finished:
 * @reason: (nullable): the sentence for log and history when not all is delivered: server,
 *   stage, words, remedy; one line
 * @stage: SpocStage of the last failure; -1: there was none
 * @server: (nullable): "host:port" that gave the last word
 * @queue_reply: (nullable): the words behind the final dot, with the server's queue id
 * @possible_duplicate: the connection was lost behind the final dot, now or before it was
 *   delivered now: it may arrive twice
 * @attempted: FALSE when no server was asked because all are known to be down
 * @earliest_unix_s: no server is to be asked before; 0: no such limit
 *
 * For the delivery, while it is in progress:
 * @sentences: about each failure
 * @tried: bit N: server N was asked
 * @fresh: how often an idle connection was gone
 * @slower: how often it waited for fewer connections
 * @stay: no other server now: this one may have it already
 * @dropped_now: the connection was lost behind the final dot in this attempt
 */
struct _SpocDeliveryRequest {
    char *id;
    char *sender;
    GPtrArray *recipients;
    SpocContent *content;
    SpocTraceFunc trace;
    SpocRequestFinishedFunc finished;
    gpointer user_data;
    guint drops;
    char *dropped_by;

    char *reason;
    int stage;
    char *server;
    char *queue_reply;
    gboolean possible_duplicate;
    gboolean attempted;
    gint64 earliest_unix_s;

    GString *sentences;
    guint tried;
    guint fresh;
    guint slower;
    gboolean stay;
    gboolean dropped_now;
};

/* For the caller */

SpocDeliveryRequest *spoc_delivery_request_new(const char *id, const char *sender,
                                               SpocContent *content,
                                               SpocRequestFinishedFunc finished,
                                               gpointer user_data);
void spoc_delivery_request_free(SpocDeliveryRequest *request);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SpocDeliveryRequest, spoc_delivery_request_free)

void spoc_delivery_request_add_recipient(SpocDeliveryRequest *request, const char *address);
/* What attempts before this one have found. @dropped_by: (nullable) */
void spoc_delivery_request_set_drops(SpocDeliveryRequest *request, guint drops,
                                     const char *dropped_by);

/* For the delivery */

gboolean spoc_delivery_request_is_open(const SpocDeliveryRequest *request);

/* (transfer full): a mail to those who wait, at most SPOC_DELIVERY_REQUEST_MAIL_RECIPIENTS_MAX */
SpocMail *spoc_delivery_request_make_mail(SpocDeliveryRequest *request);

/* One recipient's verdict; DELIVERED and RETURN close it. */
void spoc_delivery_request_note(SpocRequestRecipient *recipient, SpocVerdict verdict,
                                const char *words);
/* The verdict for all who wait */
void spoc_delivery_request_note_all(SpocDeliveryRequest *request, SpocVerdict verdict,
                                    const char *words);
/* The connection to @server was lost behind the final dot. */
void spoc_delivery_request_note_drop(SpocDeliveryRequest *request, const char *server);
/* Adds a sentence about a failure at @stage to the reason. */
void spoc_delivery_request_explain(SpocDeliveryRequest *request, SpocStage stage,
                                   const char *sentence);

/**
 * spoc_delivery_request_finish:
 * @request: (transfer full)
 * @untried: a configured server could not be asked
 * @earliest_unix_s: when one may be asked; 0
 *
 * Fills in the result and gives the request back to the caller.
 */
void spoc_delivery_request_finish(SpocDeliveryRequest *request, gboolean untried,
                                  gint64 earliest_unix_s);

void spoc_delivery_request_trace(const SpocDeliveryRequest *request, SpocStage stage, gboolean good,
                                 const char *server, const char *text);
