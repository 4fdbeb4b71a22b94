/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  The part of spoc_values_make() that is about one notice. Called by describe.c alone.
 */
#pragma once

#include "message/values.h"

typedef struct {
    const SpocNotification *notification;
    const SpocCatalogue *catalogue;
    const char *host; /* one line */
    gint64 when_unix_s;
} SpocValuesContext;

/* (transfer none): the slots of a new element, which @elements then has */
SpocTemplateSlot *spoc_values_add_element(SpocValues *description, GPtrArray *elements);
/* @elements: (transfer full) */
void spoc_values_set_list(SpocValues *description, SpocTemplateSlot *slots, SpocSlotName name,
                          GPtrArray *elements);

/* Everything that is said of a notice, "" where there is nothing to say; the subject as well */
void spoc_values_add_notice(SpocValues *description, const SpocValuesContext *context,
                            const SpocNotice *notice, SpocTemplateSlot *slots);

/* Whether @text, one line, must not be shown because it has a title in it that is to be hidden */
gboolean spoc_values_gives_away(const SpocNotification *notification, const char *text);

/* The list "facts": what spoc_values_add_notice() has set, with its labels */
void spoc_values_add_attributes(SpocValues *description, const SpocValuesContext *context,
                                const SpocNotice *notice, SpocTemplateSlot *slots);
