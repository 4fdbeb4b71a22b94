/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   What mends a refusal of a token endpoint, by the provider's error, and where in the
 *           provider's portal. One table.
 */
#pragma once

#include "oauth/settings.h"

/**
 * spoc_oauth_remedy:
 * @error_code: (nullable): as RFC 6749 5.2 has it: "invalid_grant"
 * @words: (nullable): "error_description"; Microsoft's begins with its own code, AADSTS and digits
 * @source: with what the token was asked for
 *
 * Returns: (transfer none): one sentence without its full stop; never NULL
 */
const char *spoc_oauth_remedy(const char *error_code, const char *words, SpocTokenSource source);
