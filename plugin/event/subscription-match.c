/* SPDX-License-Identifier: Apache-2.0 */
#include "event/subscription-match.h"

#include "event/severity.h"

#include <string.h>

/* Several jobs are spelled notify-job-id: the spelling tells nothing. */
#define SEVERAL_JOBS (-1)

void
spoc_subscription_clear(SpocSubscription *subscription)
{
    g_free(subscription->printer_uri);
    g_free(subscription->subscriber);
    *subscription = (SpocSubscription){0};
}

char *
spoc_subscription_line(const SpocSubscription *subscription, gint id)
{
    if (subscription->status == SPOC_SUBSCRIPTION_NOT_FOUND)
        return g_strdup_printf("subscription\t%d\tnot-found", id);
    if (subscription->status != SPOC_SUBSCRIPTION_KNOWN)
        return NULL;
    const char *uri = subscription->printer_uri != NULL ? subscription->printer_uri : "";
    const char *subscriber = subscription->subscriber != NULL ? subscription->subscriber : "";
    g_autofree char *escaped = g_strescape(uri, NULL);
    g_autofree char *escaped_subscriber = g_strescape(subscriber, NULL);
    return g_strdup_printf("subscription\t%d\tknown\t%d\t%s\t%s", id, subscription->job_id, escaped,
                           escaped_subscriber);
}

gboolean
spoc_subscription_parse(SpocSubscription *subscription, const char *line, gint *ret_id)
{
    g_auto(GStrv) fields = g_strsplit(line, "\t", 7);
    guint count = g_strv_length(fields);
    guint64 id = 0, job_id = 0;
    if (count < 3 || strcmp(fields[0], "subscription") != 0 ||
        !g_ascii_string_to_unsigned(fields[1], 10, 1, G_MAXINT, &id, NULL))
        return FALSE;
    gboolean is_known = count == 6 && strcmp(fields[2], "known") == 0;
    if (!is_known && (count != 3 || strcmp(fields[2], "not-found") != 0))
        return FALSE;
    if (is_known && !g_ascii_string_to_unsigned(fields[3], 10, 0, G_MAXINT, &job_id, NULL))
        return FALSE;
    g_autofree char *uri = is_known ? g_strcompress(fields[4]) : g_strdup("");
    g_autofree char *subscriber = is_known ? g_strcompress(fields[5]) : g_strdup("");
    if (!g_utf8_validate(uri, -1, NULL) || !g_utf8_validate(subscriber, -1, NULL))
        return FALSE;
    g_free(subscription->subscriber);
    subscription->subscriber = *subscriber != '\0' ? g_steal_pointer(&subscriber) : NULL;
    g_free(subscription->printer_uri);
    subscription->printer_uri = *uri != '\0' ? g_steal_pointer(&uri) : NULL;
    subscription->status = is_known ? SPOC_SUBSCRIPTION_KNOWN : SPOC_SUBSCRIPTION_NOT_FOUND;
    subscription->job_id = (gint)job_id;
    *ret_id = (gint)id;
    return TRUE;
}

gboolean
spoc_subscription_is_printers(const SpocSubscription *subscription)
{
    return subscription->status == SPOC_SUBSCRIPTION_KNOWN && subscription->job_id == 0;
}

gboolean
spoc_subscription_is_owners(const SpocSubscription *subscription, const SpocEvent *event,
                            const char *owner)
{
    return subscription->status == SPOC_SUBSCRIPTION_KNOWN && event->job_id > 0 &&
           subscription->job_id == event->job_id && subscription->subscriber != NULL &&
           g_strcmp0(subscription->subscriber, owner) == 0;
}

void
spoc_subscription_match_learn(SpocSubscription *subscription, const SpocEvent *event)
{
    subscription->last_job_id = 0;
    if (event->job_id <= 0)
        return;
    if (!event->job_id_is_subscriptions) {
        /* A cupsd that spells a job so does it for every subscription but a job's. */
        subscription->saw_plain_job_id = TRUE;
        return;
    }
    subscription->saw_notify_job_id = TRUE;
    if (subscription->spelled_job_id == 0)
        subscription->spelled_job_id = event->job_id;
    else if (subscription->spelled_job_id != event->job_id)
        subscription->spelled_job_id = SEVERAL_JOBS;
    if (event->kind == SPOC_EVENT_JOB_COMPLETED)
        subscription->last_job_id = event->job_id;
}

/* cupsd compares queue names without regard to the case of ASCII letters. The host part says
 * only how somebody reached the server, and differs. */
static gboolean
is_same_printer(const char *subscribed_uri, const SpocEvent *event)
{
    g_autofree char *subscribed = spoc_event_printer_of_uri(subscribed_uri);
    g_autofree char *from_uri = spoc_event_printer_of_uri(event->printer_uri);
    if (subscribed == NULL)
        return g_strcmp0(subscribed_uri, event->printer_uri) == 0;
    const char *name = from_uri != NULL ? from_uri : event->printer_name;
    return name != NULL && g_ascii_strcasecmp(subscribed, name) == 0;
}

static SpocSubscriptionMatch
whose_job(gint job_id, const SpocEvent *event)
{
    return event->job_id == job_id ? SPOC_SUBSCRIPTION_MATCH_THEIRS
                                   : SPOC_SUBSCRIPTION_MATCH_OTHERS;
}

SpocSubscriptionMatch
spoc_subscription_match_decide(const SpocSubscription *subscription, const SpocEvent *event)
{
    if (subscription->status == SPOC_SUBSCRIPTION_KNOWN) {
        if (subscription->job_id > 0)
            return whose_job(subscription->job_id, event);
        if (subscription->printer_uri == NULL)
            return SPOC_SUBSCRIPTION_MATCH_THEIRS;
        return is_same_printer(subscription->printer_uri, event) ? SPOC_SUBSCRIPTION_MATCH_THEIRS
                                                                 : SPOC_SUBSCRIPTION_MATCH_OTHERS;
    }
    if (subscription->saw_plain_job_id && subscription->spelled_job_id > 0)
        return whose_job(subscription->spelled_job_id, event);
    /* Only a subscription that is gone has seen its own job end. A stream that ended because
     * cupsd was stopped or reloaded may end in anybody's job-completed. */
    if (subscription->status != SPOC_SUBSCRIPTION_NOT_FOUND || !subscription->complete)
        return SPOC_SUBSCRIPTION_MATCH_UNDECIDED;
    if (subscription->last_job_id > 0)
        return whose_job(subscription->last_job_id, event);
    return SPOC_SUBSCRIPTION_MATCH_UNKNOWN;
}
