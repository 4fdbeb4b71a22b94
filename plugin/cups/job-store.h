/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  Keeps what CUPS said about jobs in the spool's state/, for the spocd that comes after
 * this one: with PreserveJobHistory No a finished job cannot be asked about any more.
 */
#pragma once

#include "base/log.h"
#include "cups/questions.h"
#include "spool/spool.h"

typedef struct _SpocJobStore SpocJobStore;

/* Gives @cups what is kept, and from then on writes what it learns. All are borrowed. */
SpocJobStore *spoc_job_store_new(SpocSpool *spool, SpocLog *log, SpocCups *cups);
/* Writes what is not written yet; before @cups is freed. */
void spoc_job_store_free(SpocJobStore *store);
