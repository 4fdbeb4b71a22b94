/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   What an administrator does to messages that wait: try them now, hold them back,
 *           let them go, drop them. The running spocd does it for spocctl; where none runs,
 *           spocctl does it itself, holding the spool's lock.
 * ERRORS    SPOC_ERROR_NOT_FOUND: no such message; SPOC_ERROR_UNAVAILABLE: it is being sent
 *           at this moment; SPOC_ERROR_INVALID: its state does not allow that; else what the
 *           queue says. The message is then as it was, or, when the spool failed in the middle of
 *           many, as it was to be.
 *
 * Only the holder of the spool's lock may call these, and only for messages that it is not
 * sending.
 */
#pragma once

#include "spool/message.h"

/**
 * SpocQueueCommand:
 * @SPOC_QUEUE_COMMAND_RETRY: due now, whatever its state. One that had failed is sent again to
 * those who were refused, and has mailMaxAge anew.
 * @SPOC_QUEUE_COMMAND_HOLD: held until somebody releases it; no schedule and no new configuration
 * does
 * @SPOC_QUEUE_COMMAND_RELEASE: a held message goes, due now
 * @SPOC_QUEUE_COMMAND_DELETE: dropped for good; one whose envelope is damaged, too
 */
typedef enum {
    SPOC_QUEUE_COMMAND_RETRY,
    SPOC_QUEUE_COMMAND_HOLD,
    SPOC_QUEUE_COMMAND_RELEASE,
    SPOC_QUEUE_COMMAND_DELETE,
} SpocQueueCommand;

#define SPOC_QUEUE_COMMAND_COUNT 4

/* (transfer full): an empty list of errors, which may be NULL */
GPtrArray *spoc_queue_command_errors_new(void);

/* So many share their syncs; more are for the caller to divide, so that it can do something else
 * in between. */
#define SPOC_QUEUE_COMMAND_BATCH_MAX 128

/**
 * spoc_queue_command:
 * @ids: (array length=count): at most SPOC_QUEUE_COMMAND_BATCH_MAX
 *
 * Returns: (transfer full) (element-type GError): for each of @ids what is wrong, or NULL when the
 *   command was carried out, durably
 */
GPtrArray *spoc_queue_command(SpocSpool *spool, SpocQueueCommand command, const char *const *ids,
                              gsize count, gint64 now_unix_s);
