/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  What one person is to be told becomes a message: the envelope for the queue manager, and
 * the bytes.
 */
#pragma once

#include "notify/group.h"
#include "runtime/runtime.h"
#include "spool/message.h"

/**
 * spoc_compose:
 * @group: with at least one notice
 * @ret_body: (out) (transfer full)
 *
 * Idempotent: the same group gives the same identifier and bytes.
 *
 * Returns: (transfer full): the envelope, or NULL with @error set
 */
SpocEnvelope *spoc_compose(const SpocRuntime *setup, const SpocGroup *group, GBytes **ret_body,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;
