/* SPDX-License-Identifier: Apache-2.0 */
#include "notify/context.h"

#include "people/refusal.h"

/* After so long, then twice as long, and so on */
#define RETRY_MS 2000u
#define RETRY_MAX_MS 30000u
#define DOUBLINGS_MAX 4u

void
spoc_cups_retry_later(SpocCupsRetry *retry, const SpocNotifyContext *context, const char *why,
                      GSourceFunc again, gpointer user_data)
{
    g_free(retry->why);
    retry->why = g_strdup(why);
    if (spoc_said_first(context->said, why))
        spoc_log(context->log, SPOC_LOG_WARNING,
                 "events that need CUPS's answer wait: %s. `spocctl queue list` shows them", why);
    if (!context->once)
        retry->timer = g_timeout_add(MIN(RETRY_MS << retry->tries, RETRY_MAX_MS), again, user_data);
    retry->tries = MIN(retry->tries + 1, DOUBLINGS_MAX);
    context->changed(context->user_data);
}

void
spoc_cups_retry_end(SpocCupsRetry *retry)
{
    retry->tries = 0;
    g_clear_pointer(&retry->why, g_free);
}
