/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  What journals and the aggregator share in one spocd, and how they wait for a CUPS that
 *          cannot be asked.
 */
#pragma once

#include "cups/questions.h"
#include "notify/duplicates.h"
#include "notify/notification-log.h"
#include "queue/manager.h"

/* The daemon replaces @runtime with the configuration. */
typedef struct {
    SpocSpool *spool;
    SpocLog *log;
    SpocQueueManager *queue;
    SpocCups *cups;
    SpocNotificationLog *notification_log;
    SpocDuplicates *duplicates;
    const SpocRuntime *runtime;
    GHashTable *said; /* of spoc_said_new(): what is said once for all journals */
    gboolean once;    /* ask CUPS once, don't wait for it to come back */
    /* An answer came, or a mail is done: something can go on. */
    void (*changed)(gpointer user_data);
    gpointer user_data;
} SpocNotifyContext;

/* A question that CUPS could not be asked, and is asked again: that decides nothing, so its answer
 * is waited for. One run alone leaves that to the next. All zero at first. */
typedef struct {
    guint tries;
    guint timer; /* running until it is asked again */
    char *why;   /* (nullable): why there is no answer; NULL: none is missing */
} SpocCupsRetry;

/* @again: a GSourceFunc that clears the timer */
void spoc_cups_retry_later(SpocCupsRetry *retry, const SpocNotifyContext *context, const char *why,
                           GSourceFunc again, gpointer user_data);
/* It was answered. */
void spoc_cups_retry_end(SpocCupsRetry *retry);
