/* SPDX-License-Identifier: Apache-2.0 */
/* PURPOSE  What spocctl check says about the login, and about what mailProvider fills in. */
#pragma once

#include "config/config.h"

/* Adds to @problems (element-type SpocConfigProblem). */
void spoc_check_login(const SpocConfig *config, GPtrArray *problems);
