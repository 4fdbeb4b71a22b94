/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  The questions to cupsd about the state of a printer and a job.
 */
#pragma once

#include "cups/ask.h"

/* (transfer full) (nullable): the printer's part, or the job's part, of the facts; all unknown
 * when cupsd does not say it; NULL: cupsd could not be asked */
SpocStateAttributes *spoc_ask_printer_state(SpocAsker *asker, const char *name);
SpocStateAttributes *spoc_ask_job_state(SpocAsker *asker, gint job_id);
