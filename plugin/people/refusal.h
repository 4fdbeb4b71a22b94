/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  Why somebody gets no mail, in words, and said once.
 */
#pragma once

#include "base/log.h"
#include "people/recipient.h"

/* (transfer full): a set of sentences that were said, for spoc_said_first(); a GHashTable */
GHashTable *spoc_said_new(void);
/* Whether @sentence was not said before. Beyond a bound it counts as said. */
gboolean spoc_said_first(GHashTable *said, const char *sentence);

/**
 * spoc_refusal_count:
 * @most: notifyMaxRecipients
 *
 * How many of the recipients that a subscription names get mail, from the first on. That others
 * do not is said once.
 */
guint spoc_refusal_count(const SpocRecipientUri *uri, guint most, GHashTable *said, SpocLog *log,
                         const char *journal);

/**
 * spoc_refusal_sentence:
 * @why: of spoc_people_resolve()
 * @no_owner: (nullable): why the owner of the job is not known
 */
char *spoc_refusal_sentence(const SpocRecipient *recipient, gint job_id, const char *why,
                            const char *no_owner);

/* Whether knowing the owner of job @job_id could turn a refusal of spoc_people_resolve() into a
 * mail: the only one, @refusal (nullable), or one of @refusals. A name that nobody knows stays
 * unknown. */
gboolean spoc_refusal_owner_could_help(const SpocRecipient *recipient, gint job_id,
                                       const GError *refusal, const GPtrArray *refusals);

/* Logs what is wrong with the recipient @text of the journal @name: of @uri, or (nullable) all of
 * it for @error. */
void spoc_refusal_say_uri(SpocLog *log, const char *name, const char *text,
                          const SpocRecipientUri *uri, const GError *error);
