/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  One event and one person become a message: the envelope for the outbox, and the bytes.
 */
#pragma once

#include "daemon/setup.h"
#include "people/cups.h"
#include "spool/journal.h"
#include "spool/queue.h"

/* @facts: (nullable): what CUPS said about the event's job */
typedef struct {
    const SpocSetup *setup;
    const SpocJournal *journal;
    const SpocRecipientUri *uri;
    const SpocEvent *event;
    const SpocJobFacts *facts;
    const SpocPerson *person;
} SpocComposition;

/**
 * spoc_compose:
 * @ret_body: (out) (transfer full)
 *
 * Idempotent: the same event and person give the same identifier and bytes.
 *
 * Returns: (transfer full): the envelope, or NULL with @error set
 */
SpocEnvelope *spoc_compose(const SpocComposition *composition, GBytes **ret_body,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;
