/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  Which events somebody hears of, by how bad they are: only= of the recipient URI, else of
 *          the alias file, else notifyOnly. Pure.
 */
#pragma once

#include "notify/group.h"

/* How bad an event is at least that its person hears of */
SpocEventSeverity spoc_selection_wanted(const SpocRules *rules, const SpocEntry *entry);

/**
 * spoc_selection_leaves_out:
 * @group: (nullable): that the event would be put to
 *
 * Returns: whether the event is nothing for the person. One that tells how a printer is may be the
 *   end of a fault that is told, so it is left out only of a digest that has none of that printer.
 */
gboolean spoc_selection_leaves_out(const SpocGroup *group, const SpocEvent *event,
                                   SpocMailKind kind, SpocEventSeverity wanted);
