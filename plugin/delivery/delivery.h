/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   Takes messages to the mail server: connections, the mail transaction, failover
 *           to the other server, limits. Knows nothing of spool or events.
 * OWNERSHIP One SpocDelivery a process; everything happens on the main context that was
 *           the thread's default when it was made. Callbacks come from the main loop, never
 *           from within a call. A request's @finished may submit, configure and free; @trace
 *           may not.
 * ERRORS    Come in the finished request, with words for people: server, stage, the server's own
 * words, the setting or command that mends it. Never a password.
 */
#pragma once

#include "config/config.h"
#include "delivery/request.h"
#include "delivery/tokens.h"
#include "trust/tls.h"

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
 * @tokens: (nullable): borrowed: where tokens come from, while there is a source of them
 * @choice: which servers may be asked
 */
SpocDelivery *spoc_delivery_new(SpocConfig *config, SpocTls *tls, const SpocTokens *tokens,
                                SpocServerChoice choice, SpocDeliveryWarnFunc warn,
                                gpointer user_data, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * SpocDeliveryCounts:
 *
 * Where it is kept how much went to a server today, for mailMaxMessagesPerDay.
 *
 * @load: (transfer full) (nullable): what was saved for the server "host:port"
 * @save: one line, to be durable before this returns
 */
typedef struct {
    char *(*load)(const char *server, gpointer user_data);
    void (*save)(const char *server, const char *text, gpointer user_data);
    gpointer user_data;
} SpocDeliveryCounts;

/* @counts: borrowed. Without it the count begins anew with the process. */
void spoc_delivery_set_counts(SpocDelivery *delivery, const SpocDeliveryCounts *counts);

/* Closes at once; requests in progress are dropped without a call of finished. */
void spoc_delivery_free(SpocDelivery *delivery);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SpocDelivery, spoc_delivery_free)

/* A new configuration: memory of failures is forgotten, idle connections are closed, what is
 * under way ends on the connection that it has. */
void spoc_delivery_configure(SpocDelivery *delivery, SpocConfig *config, SpocTls *tls,
                             const SpocTokens *tokens);

/* @request: (transfer full). More than there is room for is queued inside. */
void spoc_delivery_submit(SpocDelivery *delivery, SpocDeliveryRequest *request);

/* Somebody waits for what is submitted next: servers that are down are asked all the same, by one
 * connection each. */
void spoc_delivery_try_now(SpocDelivery *delivery);

/* How many requests it likes to have at once, to keep every connection busy */
guint spoc_delivery_wanted(const SpocDelivery *delivery);

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
void spoc_delivery_quit_idle(SpocDelivery *delivery);
