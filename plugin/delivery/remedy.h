/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  From a failure to a sentence for people: server, stage, the server's own words,
 *          and the setting or command that mends it.
 */
#pragma once

#include "delivery/settings.h"
#include "delivery/verdict.h"

/**
 * spoc_remedy:
 * @words: the server's, or ours
 *
 * Returns: (transfer full) (nullable): what to do about it, as full sentences
 */
char *spoc_remedy(const SpocFailure *failure, const char *words,
                  const SpocDeliverySettings *settings, guint server);

/**
 * spoc_remedy_sentence:
 * @words: the server's, or ours
 *
 * Returns: (transfer full): "mail.example.com:25, login: 535 5.7.8 … Check mailuser …", one
 *   line without the password
 */
char *spoc_remedy_sentence(const SpocFailure *failure, const char *words,
                           const SpocDeliverySettings *settings, guint server);
