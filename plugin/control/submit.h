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
 * and at the end "ok END TEXT", END as in spoc_submit_result_name(), or "error TEXT". A door
 * that is told to stop says "withdraw NAME". One that hangs up without a word was killed; cupsd
 * takes such a job for done (SIGKILL) or runs it again, so spocd goes on alone.
 */
#pragma once

#include "spool/scans.h"

/**
 * SpocSubmitResult:
 * @SPOC_SUBMIT_DELIVERED: a server took it for at least one recipient
 * @SPOC_SUBMIT_QUEUED: it is spocd's, and safe
 * @SPOC_SUBMIT_HOLD: it is still the door's: whoever gave it shall keep it, held
 * @SPOC_SUBMIT_RETRY: likewise, to be tried again later
 * @SPOC_SUBMIT_REFUSED: it will never be delivered
 * @SPOC_SUBMIT_REFUSED_HOLD: likewise, and the job is to be held
 * @SPOC_SUBMIT_WITHDRAWN: the door was told to stop
 */
typedef enum {
    SPOC_SUBMIT_DELIVERED,
    SPOC_SUBMIT_QUEUED,
    SPOC_SUBMIT_HOLD,
    SPOC_SUBMIT_RETRY,
    SPOC_SUBMIT_REFUSED,
    SPOC_SUBMIT_REFUSED_HOLD,
    SPOC_SUBMIT_WITHDRAWN,
} SpocSubmitResult;

/* One word on the line: "delivered", "queued", "hold", "retry", "refused", "refused-hold" */
const char *spoc_submit_result_name(SpocSubmitResult end);

/**
 * SpocSubmission:
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
} SpocSubmission;

#define SPOC_SUBMIT_PATIENCE_MS 15000

/**
 * SpocHandoverLimit:
 * @max_bytes: of a document (scanMaxSize); 0: none, or spocd could not be asked
 * @too_large: what becomes of a larger one
 */
typedef struct {
    guint64 max_bytes;
    SpocSubmitResult too_large;
} SpocHandoverLimit;

/* Asks for it, for a short time: where there is no spocd to be had the document is copied, and
 * refused when there is one. */
SpocHandoverLimit spoc_submit_ask_limit(const SpocSubmission *handover);

/**
 * spoc_submit:
 * @ret_text: (out) (transfer full): for people, one line, foreign words in it
 *
 * Unless the end is DELIVERED or QUEUED the entry is still there, for the caller to withdraw.
 */
SpocSubmitResult spoc_submit(const SpocSubmission *handover, char **ret_text);
