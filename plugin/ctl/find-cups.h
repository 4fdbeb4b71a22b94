/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  What is wrong with CUPS: whether it answers, its limits, and the subscriptions that it
 *          has.
 */
#pragma once

#include "ctl/findings.h"
#include "cups/subscription.h"

/**
 * spoc_find_cups:
 * @aside: (nullable): the question that was put for its subscriptions
 * @why_not: (nullable): without @aside
 *
 * Returns: (transfer full) (nullable) (element-type SpocCupsSubscription): NULL: not known
 */
GPtrArray *spoc_find_cups(GPtrArray *findings, const SpocPlaces *places, SpocCupsAside *aside,
                          const GError *why_not);
