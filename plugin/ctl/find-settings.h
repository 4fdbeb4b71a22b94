/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  What is wrong with settings and with the files that they name, as the user that spocd
 *          runs as sees them.
 */
#pragma once

#include "config/config.h"
#include "ctl/findings.h"

/**
 * spoc_find_settings:
 * @config: loaded from @places
 * @is_confined: spoc_apparmor_is_in_force()
 */
void spoc_find_settings(GPtrArray *findings, const SpocPlaces *places, const SpocConfig *config,
                        gboolean is_confined);
