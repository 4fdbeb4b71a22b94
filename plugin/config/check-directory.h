/* SPDX-License-Identifier: Apache-2.0 */
/* PURPOSE  The settings of the directory of people, and what they must not be together. */
#pragma once

#include "config/config.h"

/* Adds a problem that blocks delivery for each. */
void spoc_check_directory(SpocConfig *config);
