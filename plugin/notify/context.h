/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  What journals and the aggregator share in one spocd.
 */
#pragma once

#include "cups/questions.h"
#include "notify/duplicates.h"
#include "notify/notification-log.h"
#include "queue/manager.h"

/* The daemon replaces @setup with the configuration. */
typedef struct {
    SpocSpool *spool;
    SpocLog *log;
    SpocQueueManager *outbox;
    SpocCups *cups;
    SpocNotificationLog *told;
    SpocDuplicates *duplicates;
    const SpocRuntime *setup;
    GHashTable *said; /* of spoc_said_new(): what is said once for all journals */
    gboolean once;    /* ask CUPS once, don't wait for it to come back */
    /* An answer came, or a mail is done: something can go on. */
    void (*changed)(gpointer user_data);
    gpointer user_data;
} SpocNotifyContext;
