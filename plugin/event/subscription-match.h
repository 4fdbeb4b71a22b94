/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   Tells whether an event is the subscriber's. cupsd sends a job subscription
 *           other people's jobs on the same printer, and a printer subscription other
 *           printers' events; what isn't theirs must not be mailed.
 *
 * The rule. A subscription that CUPS knows says its job or its printer; everything else is
 * dropped. One that CUPS no longer knows is most often a job's whose job is already done:
 * hold its events until the stream ends. The last event of a job's subscription is its own
 * job-completed (cupsd adds it and closes the pipe in one call), so its job id names the
 * job, and the rest is dropped. Where the spelling notify-job-id occurs beside job-id
 * (newer cupsd), the former names the job at once. What even that does not decide is
 * dropped or sent as notifyUnverified says.
 *
 * CUPS that could not be asked decides nothing: it is asked again.
 */
#pragma once

#include "event/event.h"

typedef enum {
    SPOC_SUBSCRIPTION_ASKED, /* no answer yet */
    SPOC_SUBSCRIPTION_KNOWN,
    SPOC_SUBSCRIPTION_NOT_FOUND,
    SPOC_SUBSCRIPTION_UNREACHABLE, /* CUPS could not be asked: this is no answer */
} SpocSubscriptionStatus;

/* What is known about one subscription (that is: one journal). */
typedef struct {
    SpocSubscriptionStatus status;
    gint job_id;       /* KNOWN: its job, 0 for a printer's or the server's */
    char *printer_uri; /* (nullable) KNOWN: its printer, NULL for a job's or the server's */
    char *subscriber;  /* (nullable) KNOWN: the user who made it */

    /* from the stream, by spoc_subscription_match_learn() */
    gboolean complete;   /* the stream has ended */
    gint last_job_id;    /* job of the last event when that is a job-completed, else 0 */
    gint spelled_job_id; /* job of events spelled notify-job-id while others say job-id */
    gboolean saw_plain_job_id;
    gboolean saw_notify_job_id;
} SpocSubscription;

void spoc_subscription_clear(SpocSubscription *subscription);

/**
 * spoc_subscription_line:
 *
 * Returns: (transfer full) (nullable): what CUPS answered, as a line without its end; NULL where it
 *   has not
 */
char *spoc_subscription_line(const SpocSubscription *subscription, gint id);
/* FALSE, and nothing is changed, for any other line. @ret_id: of the subscription */
gboolean spoc_subscription_parse(SpocSubscription *subscription, const char *line, gint *ret_id);

/* CUPS says that it is a printer's or the server's. */
gboolean spoc_subscription_is_printers(const SpocSubscription *subscription);

/* It came with the event's job, from @owner (nullable), who owns that. */
gboolean spoc_subscription_is_owners(const SpocSubscription *subscription, const SpocEvent *event,
                                     const char *owner);

/* Takes note of one event, in stream order. */
void spoc_subscription_match_learn(SpocSubscription *subscription, const SpocEvent *event);

typedef enum {
    SPOC_SUBSCRIPTION_MATCH_THEIRS,
    SPOC_SUBSCRIPTION_MATCH_OTHERS,    /* drop it */
    SPOC_SUBSCRIPTION_MATCH_UNDECIDED, /* not yet: hold it */
    SPOC_SUBSCRIPTION_MATCH_UNKNOWN,   /* never to be known: as notifyUnverified says */
} SpocSubscriptionMatch;

/* Pure. */
SpocSubscriptionMatch spoc_subscription_match_decide(const SpocSubscription *subscription,
                                                     const SpocEvent *event);
