/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  What waits and is no message of the queue: documents in scans/, half-copied ones, ones
 *          that spocd has not taken, damaged and foreign files; and what was set aside.
 * SECURITY Facts and names may have been planted by whoever runs as lp: text for a line, no more.
 */
#pragma once

#include "queue/list-item.h"

/* What was set aside in corrupt/, and is no document's */
#define SPOC_QUEUE_LIST_KIND_ASIDE "set-aside"

/* Documents that are no message yet: of the queue commands only delete works on them. */
gboolean spoc_gather_is_entry(const SpocQueueListItem *listed);

/**
 * spoc_gather_scans:
 * @list: (element-type SpocQueueListItem): gets what lies in scans/, documents of messages included
 * @reasons: (nullable) (element-type utf8): "NAME REASON", what spocd says of those it knows; NULL
 *   when none runs
 */
gboolean spoc_gather_scans(SpocSpool *spool, const GPtrArray *reasons, GPtrArray *list,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The same with corrupt/ */
gboolean spoc_gather_aside(SpocSpool *spool, GPtrArray *list,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;
