/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   What a mail about events has to say: a value for each name of the vocabulary, in the
 *           reader's language, for a template to place. It knows nothing of MIME or HTML.
 * SECURITY  Every text is one bounded line. A title that is to be hidden is in none of them.
 */
#pragma once

#include "message/notice.h"
#include "message/vocabulary.h"
#include "message/words.h"

typedef struct {
    SpocTemplateScope scope;
    gboolean is_subject_wished; /* by the recipient: no template replaces it */
    GStringChunk *strings;
    GPtrArray *scopes; /* of the lists' elements */
    GPtrArray *arrays; /* of pointers to them */
} SpocValues;

/* @when_unix_s: of the mail, where an event does not say it */
void spoc_values_make(const SpocNotification *notification, const SpocCatalogue *catalogue,
                      gint64 when_unix_s, SpocValues *ret_values);
void spoc_values_clear(SpocValues *values);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(SpocValues, spoc_values_clear)

/* (transfer none): "" where nothing is said */
const char *spoc_values_get(const SpocValues *values, SpocSlotName name);
