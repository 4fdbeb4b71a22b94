/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  What `spocctl check` finds without a network, besides the problems of loading:
 *          permissions, readability, settings that contradict each other.
 */
#pragma once

#include "config/config.h"

/**
 * spoc_config_check:
 * @config: loaded from @places
 *
 * As root it looks at files with the eyes of the spool's owner, in a child process, because
 * only the kernel knows all rules. The caller must have no other threads.
 *
 * Returns: (transfer full) (element-type SpocConfigProblem): perhaps empty; none of those
 *   that spoc_config_problems() has
 */
GPtrArray *spoc_config_check(const SpocPlaces *places, const SpocConfig *config);

/* Part of loading: adds a problem that blocks delivery for each setting of the directory of people
 * that cannot work, by itself or with the others. */
void spoc_config_check_directory(SpocConfig *config);
