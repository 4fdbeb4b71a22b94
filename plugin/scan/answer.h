/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  What a door is told about its document.
 */
#pragma once

#include "control/server.h"
#include "control/submit.h"
#include "runtime/runtime.h"
#include "spool/envelope.h"

/* The last line. @text: (nullable): foreign words in it */
void spoc_scan_answer(SpocControlClient *door, SpocHandoverEnd end, const char *text);

/* Whether @name was settled before this door came; then it is told so. */
gboolean spoc_scan_answer_settled(SpocControlClient *door, SpocSpool *spool, SpocLog *log,
                                  const char *name);

/* What the configuration wants to become of a document that is never delivered */
SpocHandoverEnd spoc_scan_answer_refused(const SpocSetup *setup);
/* And of one that no server takes now */
SpocHandoverEnd spoc_scan_answer_unreachable(const SpocSetup *setup);

/* How large a document may be, and what becomes of a larger one */
void spoc_scan_answer_limit(SpocControlClient *door, const SpocSetup *setup);

/* It is being found out who gets the document. */
void spoc_scan_answer_looking(SpocControlClient *door);
/* @server: (nullable) */
void spoc_scan_answer_progress(SpocControlClient *door, guint percent, const char *server);

/* Whether anybody has the document already. */
gboolean spoc_scan_has_delivered(const SpocEnvelope *envelope);
