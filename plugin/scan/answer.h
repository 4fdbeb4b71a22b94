/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  What a client is told about its document.
 */
#pragma once

#include "control/server.h"
#include "control/submit.h"
#include "runtime/runtime.h"
#include "spool/envelope.h"

/* The last line. @text: (nullable): foreign words in it */
void spoc_scan_answer(SpocControlPeer *client, SpocSubmitResult end, const char *text);

/* Whether @name was dealt with before this client came; then it is told so. */
gboolean spoc_scan_answer_recorded(SpocControlPeer *client, SpocSpool *spool, SpocLog *log,
                                   const char *name);

/* What the configuration wants to become of a document that is never delivered */
SpocSubmitResult spoc_scan_answer_refused(const SpocRuntime *runtime);
/* And of one that no server takes now */
SpocSubmitResult spoc_scan_answer_unreachable(const SpocRuntime *runtime);

/* How large a document may be, and what becomes of a larger one */
void spoc_scan_answer_limit(SpocControlPeer *client, const SpocRuntime *runtime);

/* @server: (nullable) */
void spoc_scan_answer_progress(SpocControlPeer *client, guint percent, const char *server);

/* Whether anybody has the document already. */
gboolean spoc_scan_has_delivered(const SpocEnvelope *envelope);
