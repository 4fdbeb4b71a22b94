/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE    What cupsd says now of printers and jobs: asked once for all who ask at the same
 *            time, a printer's answer remembered for a moment. The part of cups.c that does
 *            spoc_cups_ask_state(), whose contract is in cups.h.
 */
#pragma once

#include "cups/worker.h"

/* @facts: (nullable): NULL when CUPS could not be asked; all of it unknown when CUPS knows
 * neither the printer nor the job */
typedef void (*SpocCupsStateFunc)(const SpocStateAttributes *facts, gpointer user_data);

#define SPOC_STATE_REMEMBERED_MS 2000
#define SPOC_DEVICE_REMEMBERED_MS 30000

typedef struct _SpocStates SpocStates;

SpocStates *spoc_states_new(SpocWorker *worker);
/* Nobody is called any more; the worker is closed before. */
void spoc_states_free(SpocStates *states);
/* spoc_cups_device_remembered() */
SpocDevice spoc_states_device(SpocStates *states, const char *printer_name);
void spoc_states_ask(SpocStates *states, gint job_id, const char *printer_name, gint printer_state,
                     SpocCupsStateFunc callback, gpointer user_data);
