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
    SPOC_ACTIVATE_TAKEN,
    SPOC_ACTIVATE_LATER, /* a passing fault: it keeps its place */
    SPOC_ACTIVATE_NONE,  /* it is gone, or was set aside */
} SpocActivateResult;

/* @content: (nullable): what is sent instead of the body, for a document */
typedef struct {
    SpocEnvelope *envelope;
    GBytes *body;
    SpocContent *content;
} SpocActive;

/* @ret_claim: (out) (transfer full): its parts, when taken */
SpocActivateResult spoc_activate(SpocSpool *spool, SpocLog *log, const char *id,
                                 SpocMessageState state, SpocActive *ret_claim);
