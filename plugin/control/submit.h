/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   A client submits its scan entry to spocd and waits for the result: it finds or
 *           starts spocd, passes progress on, comes back when spocd has gone, and leaves the
 *           entry for later where no spocd can be had.
 *
 * A client that hangs up without a word was killed; cupsd takes such a job for done (SIGKILL) or
 * runs it again, so spocd goes on alone.
 */
#pragma once

#include "control/protocol.h"
#include "spool/scans.h"

/**
 * SpocSubmission:
 * @stop_fd: readable when the client shall stop; -1 for none
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
 * SpocSubmitLimit:
 * @max_bytes: of a document (scanMaxSize); 0: none, or spocd could not be asked
 * @too_large: what becomes of a larger one
 */
typedef struct {
    guint64 max_bytes;
    SpocSubmitResult too_large;
} SpocSubmitLimit;

/* Asks for it, for a short time: where there is no spocd to be had the document is copied, and
 * refused when there is one. */
SpocSubmitLimit spoc_submit_ask_limit(const SpocSubmission *submission);

/**
 * spoc_submit:
 * @ret_text: (out) (transfer full): for people, one line, foreign words in it
 *
 * Unless the end is DELIVERED or QUEUED the entry is still there, for the caller to withdraw.
 */
SpocSubmitResult spoc_submit(const SpocSubmission *submission, char **ret_text);
