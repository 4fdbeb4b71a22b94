/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   What an administrator does to one message that waits: try it now, hold it back,
 *           let it go, drop it. The running spocd does it for spocctl; where none runs,
 *           spocctl does it itself, holding the spool's lock.
 * ERRORS    SPOC_ERROR_NOT_FOUND: no such message; SPOC_ERROR_UNAVAILABLE: it is being sent
 *           at this moment; SPOC_ERROR_INVALID: its state does not allow that; else what the
 *           queue says. The message is then as it was.
 *
 * Only the holder of the spool's lock may call these, and only for messages that it is not
 * sending.
 */
#pragma once

#include "spool/queue.h"

/**
 * spoc_steer_retry:
 *
 * Makes a message due at @now_unix_s, whatever its state. One that had failed is sent again
 * to those who were refused, and has mailMaxAge anew.
 */
gboolean spoc_steer_retry(SpocSpool *spool, const char *id, gint64 now_unix_s,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Holds a message until somebody releases it; no schedule and no new configuration does. */
gboolean spoc_steer_hold(SpocSpool *spool, const char *id, gint64 now_unix_s,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Lets a held message go, due at @now_unix_s. */
gboolean spoc_steer_release(SpocSpool *spool, const char *id, gint64 now_unix_s,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Drops a message for good; one whose envelope is damaged, too. */
gboolean spoc_steer_delete(SpocSpool *spool, const char *id, gint64 now_unix_s,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;
