/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   Takes one message that waits out of the spool, to be sent: it moves to sending/, and is
 *           read. What cannot be understood is set aside in corrupt/, with an ERROR.
 * SECURITY  The files may be anybody's by now; the spool layer checks them.
 */
#pragma once

#include "base/log.h"
#include "delivery/content.h"
#include "spool/message.h"

typedef enum {
    SPOC_CLAIM_TAKEN,
    SPOC_CLAIM_LATER, /* a passing fault: it keeps its place */
    SPOC_CLAIM_NONE,  /* it is gone, or was set aside */
} SpocClaimResult;

/* @content: (nullable): what is sent instead of the body, for a document */
typedef struct {
    SpocEnvelope *envelope;
    GBytes *body;
    SpocContent *content;
} SpocClaim;

/* @ret_claim: (out) (transfer full): its parts, when taken */
SpocClaimResult spoc_claim(SpocSpool *spool, SpocLog *log, const char *id, SpocMessageState state,
                           SpocClaim *ret_claim);
