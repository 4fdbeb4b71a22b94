/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  Who gets a copy of a notification to somebody: notifyCc. Pure.
 */
#pragma once

#include "config/config.h"

/* More are left out: an envelope has a limit, and this is no mailing list. */
#define SPOC_COPIES_MAX 50

/**
 * spoc_copies_for:
 * @address: canonical: whom the mail is for
 *
 * Returns: (transfer full) (nullable): the canonical addresses for the Cc line and, behind
 *   @address, for the envelope: each once, without @address itself; NULL when there are none
 */
char **spoc_copies_for(const SpocConfig *config, const char *address);
