/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  Which subscriptions are ours, and what threatens them: limits that are reached, leases
 *          that end. Pure, but for the two that look.
 */
#pragma once

#include "config/cupsd-conf.h"
#include "ctl/findings.h"
#include "cups/subscription.h"

/* "spoc:", and "mailto:" where our notifier takes mailto's place */
gboolean spoc_subscription_limits_is_ours(const SpocCupsSubscription *subscription,
                                          gboolean serves_mailto);

/* Whether the notifier "mailto" is a link to ours. */
gboolean spoc_subscription_limits_serves_mailto(const SpocPlaces *places);

/* How many tasks systemd allows cups.service; 0: no limit, or none that can be seen */
gint64 spoc_subscription_limits_tasks_max(void);

/* (transfer full): "server", "printer P", "job 12" */
char *spoc_subscription_limits_object(const SpocCupsSubscription *subscription);

/**
 * spoc_subscription_limits_find:
 * @tasks_max: 0 for no limit
 * @list: (element-type SpocCupsSubscription): all of them
 */
void spoc_subscription_limits_find(GPtrArray *findings, const SpocCupsdLimits *limits,
                                   gint64 tasks_max, const GPtrArray *list, gboolean serves_mailto);
