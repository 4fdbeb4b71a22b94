/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  The table of options: one row a key with its type, unit, range, default,
 *          help, secrecy, and who may set it. The reader, the sample file, the man
 *          page, `spocctl config` and the fuzz seeds all come from it.
 */
#pragma once

#include "config/option-type.h"

const SpocOption *spoc_option_get(SpocOptionId id);

/* Whether "[EMPTY]" gives the built-in default instead of nothing. */
gboolean spoc_option_is_never_empty(const SpocOption *option);

/* (nullable): by its exact name; keys are case-sensitive as in the original product */
const SpocOption *spoc_option_find(const char *name);

/* (nullable): the known key nearest to a mistyped one, for "did you mean" */
const SpocOption *spoc_option_suggest(const char *name);
