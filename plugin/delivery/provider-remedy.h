/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  What mends the refusals that are peculiar to the large providers: a table from status
 *          codes and words to what their documentation says, in our words. Pure.
 */
#pragma once

#include "config/option.h"
#include "delivery/verdict.h"

/**
 * spoc_provider_remedy:
 * @words: the server's
 * @method: how we log in
 *
 * Returns: (nullable): what to do about it, without a full stop at its end; NULL: nothing that only
 *   providers say
 */
const char *spoc_provider_remedy(const SpocFailure *failure, const char *words,
                                 SpocAuthentication method);
