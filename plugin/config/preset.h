/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  What mailProvider fills in: a layer just above the built-in defaults.
 */
#pragma once

#include "config/layer.h"
#include "config/option.h"

/* Fills in what no layer has set. The provider itself may come from any layer. */
void spoc_preset_apply(SpocConfig *config);

/* (nullable): what the provider that is set would fill in for the option */
const char *spoc_preset_text(const SpocConfig *config, SpocOptionId option);
