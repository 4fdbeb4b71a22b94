/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   Takes one message that waits out of the spool, to be sent: it moves to sending/, and is
 *           read. What cannot be understood is set aside in corrupt/, with an ERROR.
 * SECURITY  The files may be anybody's by now; the spool layer checks them.
 */
#pragma once

#include "base/log.h"
#include "delivery/content.h"
#include "runtime/runtime.h"
#include "spool/message.h"

/**
 * SpocQueueDocuments: what the queue cannot do itself for a message that carries a document
 * @open: (transfer full): what is sent instead of @body; SPOC_ERROR_NOT_FOUND or
 *   SPOC_ERROR_CORRUPT when the document is not what it was
 * @failed: writes a message to the owner of a document that was queued and then failed;
 *   (transfer full) (nullable): its id
 */
typedef struct {
    SpocContent *(*open)(SpocSpool *spool, const char *id, GBytes *body, GError **error);
    char *(*failed)(SpocSpool *spool, SpocLog *log, const SpocRuntime *runtime,
                    const SpocEnvelope *envelope);
} SpocQueueDocuments;

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

/* @documents: (nullable): without it a message that carries a document stays where it is
 * @ret_active: (out) (transfer full): its parts, when taken */
SpocActivateResult spoc_activate(SpocSpool *spool, SpocLog *log,
                                 const SpocQueueDocuments *documents, const char *id,
                                 SpocState state, SpocActive *ret_active);
