/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  What one person is to be told becomes a message.
 */
#pragma once

#include "notify/group.h"
#include "runtime/runtime.h"
#include "spool/message.h"

/**
 * spoc_compose:
 * @group: with at least one notice
 *
 * Idempotent: the same group gives the same identifier and bytes.
 *
 * Returns: (transfer full): NULL with @error set
 */
SpocMessage *spoc_compose(const SpocRuntime *runtime, const SpocGroup *group,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;
