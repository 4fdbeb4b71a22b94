/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   Carries out an administrator's orders about messages: the running spocd does it;
 *           where none runs, we do it ourselves, holding the spool's lock so that none starts
 *           meanwhile.
 * OWNERSHIP Borrows the spool. The lock is held until the spool is freed.
 */
#pragma once

#include "control/client.h"
#include "queue/command.h"

typedef struct _SpocSteerer SpocSteerer;

/* SPOC_ERROR_UNAVAILABLE when a spocd has the lock but does not listen for a while */
SpocSteerer *spoc_steerer_new(SpocSpool *spool, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void spoc_steerer_free(SpocSteerer *steerer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SpocSteerer, spoc_steerer_free)

/* (nullable): the connection to spocd; NULL when none runs */
SpocClient *spoc_steerer_client(const SpocSteerer *steerer);

/**
 * spoc_steerer_order:
 * @ids: (element-type utf8): any number, distinct
 *
 * Returns: (transfer full) (element-type GError): for each of @ids what is wrong, or NULL when the
 *   order was carried out. What spocd does not answer any more is an error of all that are left.
 */
GPtrArray *spoc_steerer_order(SpocSteerer *steerer, SpocOrder order, const GPtrArray *ids,
                              gint64 now_unix_s);
