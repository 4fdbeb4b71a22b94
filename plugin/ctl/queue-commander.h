/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   Carries out queue commands (retry, hold, …): the running spocd does it;
 *           where none runs, we do it ourselves, holding the spool's lock so that none starts
 *           meanwhile.
 * OWNERSHIP Borrows the spool. The lock is held until the spool is freed.
 */
#pragma once

#include "control/client.h"
#include "queue/command.h"

typedef struct _SpocQueueCommander SpocQueueCommander;

/* SPOC_ERROR_UNAVAILABLE when a spocd has the lock but does not listen for a while */
SpocQueueCommander *spoc_queue_commander_new(SpocSpool *spool,
                                             GError **error) G_GNUC_WARN_UNUSED_RESULT;
void spoc_queue_commander_free(SpocQueueCommander *commander);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SpocQueueCommander, spoc_queue_commander_free)

/* (nullable): the connection to spocd; NULL when none runs */
SpocControlClient *spoc_queue_commander_client(const SpocQueueCommander *commander);

/**
 * spoc_queue_commander_run:
 * @ids: (element-type utf8): any number, distinct
 *
 * Returns: (transfer full) (element-type GError): for each of @ids what is wrong, or NULL when the
 *   command was carried out. What spocd does not answer any more is an error of all that are left.
 */
GPtrArray *spoc_queue_commander_run(SpocQueueCommander *commander, SpocQueueCommand command,
                                    const GPtrArray *ids, gint64 now_unix_s);
