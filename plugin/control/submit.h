/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   A door hands its scan entry to spocd and waits for what becomes of it: finds or
 *           starts spocd, passes progress on, comes back when spocd has gone, and leaves the
 *           entry for later where there is no spocd to be had.
 *
 * Before it copies a document a door asks "scan-limit", and is told "ok BYTES END": what is larger
 * is not copied, and comes to that end. BYTES is 0 for no limit.
 *
 * Over the control socket a door says "scan NAME". spocd answers any number of
 *
 *   looking                    it asks the directory who gets the document
 *   progress PERCENT SERVER
 *   keep                       it has to wait: make the document safe from power loss, say
 *                              "kept NAME"
 *
 * and at the end "ok END TEXT", END as in spoc_handover_end_name(), or "error TEXT". A door
 * that is told to stop says "withdraw NAME". One that hangs up without a word was killed; cupsd
 * takes such a job for done (SIGKILL) or runs it again, so spocd goes on alone.
 */
#pragma once

#include "spool/scans.h"

/**
 * SpocHandoverEnd:
 * @SPOC_HANDOVER_DELIVERED: a server took it for at least one recipient
 * @SPOC_HANDOVER_QUEUED: it is spocd's, and safe
 * @SPOC_HANDOVER_HOLD: it is still the door's: whoever gave it shall keep it, held
 * @SPOC_HANDOVER_RETRY: likewise, to be tried again later
 * @SPOC_HANDOVER_REFUSED: it will never be delivered
 * @SPOC_HANDOVER_REFUSED_HOLD: likewise, and the job is to be held
 * @SPOC_HANDOVER_WITHDRAWN: the door was told to stop
 */
typedef enum {
    SPOC_HANDOVER_DELIVERED,
    SPOC_HANDOVER_QUEUED,
    SPOC_HANDOVER_HOLD,
    SPOC_HANDOVER_RETRY,
    SPOC_HANDOVER_REFUSED,
    SPOC_HANDOVER_REFUSED_HOLD,
    SPOC_HANDOVER_WITHDRAWN,
} SpocHandoverEnd;

/* One word on the line: "delivered", "queued", "hold", "retry", "refused", "refused-hold" */
const char *spoc_handover_end_name(SpocHandoverEnd end);

/**
 * SpocHandover:
 * @stop_fd: readable when the door shall stop; -1 for none
 * @patience_ms: how long a spocd is looked for
 * @looking: (nullable): it is being looked up who gets the document
 * @progress: @server is foreign text
 */
typedef struct {
    SpocSpool *spool;
    const SpocPlaces *places;
    const char *name;
    int stop_fd;
    guint patience_ms;
    void (*looking)(gpointer user_data);
    void (*progress)(guint percent, const char *server, gpointer user_data);
    gpointer user_data;
} SpocHandover;

#define SPOC_HANDOVER_PATIENCE_MS 15000

/**
 * SpocHandoverLimit:
 * @max_bytes: of a document (scanMaxSize); 0: none, or spocd could not be asked
 * @too_large: what becomes of a larger one
 */
typedef struct {
    guint64 max_bytes;
    SpocHandoverEnd too_large;
} SpocHandoverLimit;

/* Asks for it, for a short time: where there is no spocd to be had the document is copied, and
 * refused when there is one. */
SpocHandoverLimit spoc_handover_ask_limit(const SpocHandover *handover);

/**
 * spoc_handover_run:
 * @ret_text: (out) (transfer full): for people, one line, foreign words in it
 *
 * Unless the end is DELIVERED or QUEUED the entry is still there, for the caller to withdraw.
 */
SpocHandoverEnd spoc_handover_run(const SpocHandover *handover, char **ret_text);
