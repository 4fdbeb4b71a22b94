/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  What is wrong with mail under way: messages that are held or failed, servers that did
 *          not take any when they were asked last.
 */
#pragma once

#include "config/config.h"
#include "ctl/findings.h"
#include "spool/spool.h"

/* @list: (element-type SpocQueueListItem): all that is in the spool */
void spoc_find_messages(GPtrArray *findings, const GPtrArray *list);

/* Nobody serves the spool, and there is something in @list that only spocd can send. */
void spoc_find_asleep(GPtrArray *findings, const SpocPlaces *places, const SpocConfig *config,
                      const GPtrArray *list);

void spoc_find_servers(GPtrArray *findings, const SpocSpool *spool, const SpocConfig *config);
