/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  The part of spoc_config_check() that looks at files. Called by check.c alone.
 */
#pragma once

#include "config/config.h"

/* Adds to @problems (element-type SpocConfigProblem). */
void spoc_check_files(const SpocPlaces *places, const SpocConfig *config, GPtrArray *problems);
