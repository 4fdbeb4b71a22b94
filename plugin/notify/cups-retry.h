/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  A question that CUPS could not be asked, and is asked again. CUPS that cannot be asked
 *          decides nothing: its answer is waited for. One run alone leaves that to the next.
 */
#pragma once

#include "notify/context.h"

/* All zero at first.
 * @timer: running until it is asked again
 * @why: (nullable): why there is no answer; NULL: none is missing */
typedef struct {
    guint tries;
    guint timer;
    char *why;
} SpocCupsRetry;

/* @again: a GSourceFunc that clears the timer */
void spoc_cups_retry_later(SpocCupsRetry *retry, const SpocNotifyContext *context, const char *why,
                           GSourceFunc again, gpointer user_data);
/* It was answered. */
void spoc_cups_retry_end(SpocCupsRetry *retry);
