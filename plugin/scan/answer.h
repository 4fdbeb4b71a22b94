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
void spoc_scan_answer(SpocControlPeer *door, SpocSubmitResult end, const char *text);

/* Whether @name was settled before this door came; then it is told so. */
gboolean spoc_scan_answer_settled(SpocControlPeer *door, SpocSpool *spool, SpocLog *log,
                                  const char *name);

/* What the configuration wants to become of a document that is never delivered */
SpocSubmitResult spoc_scan_answer_refused(const SpocRuntime *setup);
/* And of one that no server takes now */
SpocSubmitResult spoc_scan_answer_unreachable(const SpocRuntime *setup);

/* How large a document may be, and what becomes of a larger one */
void spoc_scan_answer_limit(SpocControlPeer *door, const SpocRuntime *setup);

/* It is being found out who gets the document. */
void spoc_scan_answer_looking(SpocControlPeer *door);
/* @server: (nullable) */
void spoc_scan_answer_progress(SpocControlPeer *door, guint percent, const char *server);

/* Whether anybody has the document already. */
gboolean spoc_scan_has_delivered(const SpocEnvelope *envelope);
