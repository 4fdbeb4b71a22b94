/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   A parcel under way: who still waits for it, which servers were asked, and what
 *           they said. Knows nothing of connections.
 */
#pragma once

#include "delivery/delivery.h"
#include "delivery/transaction.h"

/* RFC 5321 4.5.3.1.8: at least so many recipients every server takes. */
#define SPOC_DELIVERY_REQUEST_MAIL_RECIPIENTS_MAX 100

typedef struct {
    char *address;
    gboolean open; /* no server has said the last word */
    SpocResult result;
    gboolean returned_unless_backup;
    char *words; /* (nullable) */
} SpocRequestRecipient;

typedef struct {
    char *id;
    char *sender;
    GPtrArray *recipients; /* (element-type SpocRequestRecipient) */
    SpocContent *content;
    SpocTraceFunc trace;
    SpocOutcomeFunc finished;
    gpointer user_data;

    guint tried;   /* bit N: server N was asked */
    guint fresh;   /* how often a connection was gone */
    guint slower;  /* how often it waited for fewer connections */
    gboolean stay; /* no other server now: this one may have it already */
    gboolean dropped_now;
    guint drops;      /* how often the connection was lost behind the final dot, of all attempts */
    char *dropped_by; /* (nullable): "host:port" that did so */
    GString *reason;
    int stage;    /* SpocStage of the last failure; -1: none */
    char *server; /* (nullable) */
    char *queue_reply;
} SpocDeliveryRequest;

SpocDeliveryRequest *spoc_delivery_request_new(const SpocParcel *parcel);
void spoc_delivery_request_free(SpocDeliveryRequest *job);

gboolean spoc_delivery_request_is_open(const SpocDeliveryRequest *job);

/* (transfer full): a mail to those who wait, at most SPOC_DELIVERY_REQUEST_MAIL_RECIPIENTS_MAX */
SpocMail *spoc_delivery_request_make_mail(SpocDeliveryRequest *job);

/* One recipient's verdict; DELIVERED and RETURN close it. */
void spoc_delivery_request_note(SpocRequestRecipient *recipient, SpocVerdict verdict,
                                const char *words);
/* The verdict for all who wait */
void spoc_delivery_request_note_all(SpocDeliveryRequest *job, SpocVerdict verdict,
                                    const char *words);
/* The connection to @server was lost behind the final dot. */
void spoc_job_note_drop(SpocDeliveryRequest *job, const char *server);
/* Adds a sentence about a failure at @stage to the reason. */
void spoc_delivery_request_explain(SpocDeliveryRequest *job, SpocStage stage, const char *sentence);

/**
 * spoc_delivery_request_finish:
 * @untried: a configured server could not be asked
 * @earliest_unix_s: when one may be asked; 0
 *
 * Calls the parcel's function. Frees nothing.
 */
void spoc_delivery_request_finish(SpocDeliveryRequest *job, gboolean untried,
                                  gint64 earliest_unix_s);

void spoc_delivery_request_trace(const SpocDeliveryRequest *job, SpocStage stage, gboolean good,
                                 const char *server, const char *text);
