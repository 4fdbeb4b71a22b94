/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  Who may be mailed: the patterns of notifyAllowedRecipients; and who gets a copy:
 *          notifyCc. Pure.
 */
#pragma once

#include "config/config.h"

typedef struct _SpocAllowed SpocAllowed;

/* @patterns: NULL-terminated: "@owner", "@domain", an address, "*"; another entry allows
 * nothing */
SpocAllowed *spoc_allowed_new(const char *const *patterns);
void spoc_allowed_free(SpocAllowed *allowed);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SpocAllowed, spoc_allowed_free)

/* By an address, a domain or "*" */
gboolean spoc_allowed_has(const SpocAllowed *allowed, const char *address);
/* By that very address */
gboolean spoc_allowed_lists(const SpocAllowed *allowed, const char *address);
/* "@owner" or "*" is in the list. */
gboolean spoc_allowed_has_owner(const SpocAllowed *allowed);
/* "*" is in the list. */
gboolean spoc_allowed_has_everybody(const SpocAllowed *allowed);

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
