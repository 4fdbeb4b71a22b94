/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE    What cupsd says now of printers and jobs: asked once for all who ask at the same
 *            time, a printer's answer remembered for a moment. The part of cups.c that does
 *            spoc_cups_ask_state(), whose contract is in cups.h.
 */
#pragma once

#include "cups/worker.h"

typedef struct _SpocStates SpocStates;

SpocStates *spoc_states_new(SpocWorker *worker);
/* Nobody is called any more; the worker is closed before. */
void spoc_states_free(SpocStates *states);
/* spoc_cups_device_remembered() */
SpocDevice spoc_states_device(SpocStates *states, const char *printer_name);
void spoc_states_ask(SpocStates *states, gint job_id, const char *printer_name, gint printer_state,
                     SpocCupsStateFunc callback, gpointer user_data);
