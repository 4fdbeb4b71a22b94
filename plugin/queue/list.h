/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  Everything that waits, as one list: the messages in the spool, those that spocd
 *          has only in memory, journals with events and documents that are no messages yet, and
 *          what was set aside.
 * SECURITY Metadata and names of documents may have been planted by whoever runs as lp: text for a
 *          line, no more.
 */
#pragma once

#include "control/client.h"
#include "queue/list-item.h"

/**
 * SpocQueueListWarnFunc:
 *
 * One entry that could not be read; the rest of the list is good.
 */
typedef void (*SpocQueueListWarnFunc)(const char *text, gpointer user_data);

/**
 * spoc_queue_list:
 * @client: (nullable): the running spocd
 *
 * Returns: (transfer full) (element-type SpocQueueListItem): oldest first
 */
GPtrArray *spoc_queue_list(SpocSpool *spool, SpocControlClient *client, SpocQueueListWarnFunc warn,
                           gpointer user_data, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * spoc_queue_list_merge:
 * @list: (element-type SpocQueueListItem): from the spool; gets what @other has besides
 * @other: (transfer full) (element-type SpocQueueListItem): an id that @list has is dropped:
 *   what is on disk is the newer truth
 *
 * Pure; leaves @list sorted, oldest first, then by id.
 */
void spoc_queue_list_merge(GPtrArray *list, GPtrArray *other);

/**
 * SpocQueueFilter:
 * @recipient: (nullable): an address, or "@domain"
 * @job_id: 0: any
 * @states: bits 1 << SpocState; 0: any
 * @older_than_s: at least so old; 0: any
 */
typedef struct {
    const char *recipient;
    gint64 job_id;
    guint states;
    gint64 older_than_s;
} SpocQueueFilter;

/* Pure. */
gboolean spoc_queue_filter_matches(const SpocQueueFilter *filter, const SpocQueueListItem *listed,
                                   gint64 now_unix_s);

/* "90", "90s", "15m", "2h", "3d" as seconds. FALSE with SPOC_ERROR_INVALID. */
gboolean spoc_queue_filter_parse_age(const char *text, gint64 *ret_s,
                                     GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* "new", "waiting", … as a bit. FALSE with SPOC_ERROR_INVALID. */
gboolean spoc_queue_filter_parse_state(const char *text, guint *ret_bit,
                                       GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* What was set aside in corrupt/, and is no document's */
#define SPOC_QUEUE_LIST_KIND_ASIDE "set-aside"

/* Documents that are no message yet: of the queue commands only delete works on them. */
gboolean spoc_queue_list_item_is_document(const SpocQueueListItem *listed);

/**
 * spoc_queue_list_documents:
 * @list: (element-type SpocQueueListItem): gets what lies in scans/, documents of messages included
 * @reasons: (nullable) (element-type utf8): "NAME REASON", what spocd says of those it knows; NULL
 *   when none runs
 */
gboolean spoc_queue_list_documents(SpocSpool *spool, const GPtrArray *reasons, GPtrArray *list,
                                   GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The same with corrupt/ */
gboolean spoc_queue_list_set_aside(SpocSpool *spool, GPtrArray *list,
                                   GError **error) G_GNUC_WARN_UNUSED_RESULT;
