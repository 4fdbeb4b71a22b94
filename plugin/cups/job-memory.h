/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   What cupsd said about jobs, remembered: with PreserveJobHistory No it forgets a job as
 *           soon as it is done, and its last event still has to find its owner. Bounded; can be
 *           written as text and read again by the next spocd.
 * SECURITY  The text lies in the spool and may be anybody's by then: a line that is not what
 *           spoc_job_memory_export() writes is passed over.
 */
#pragma once

#include "cups/attributes.h"

typedef struct _SpocJobMemory SpocJobMemory;

/* @jobs_max: beyond it the job that was used longest ago goes */
SpocJobMemory *spoc_job_memory_new(guint jobs_max);
void spoc_job_memory_free(SpocJobMemory *memory);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SpocJobMemory, spoc_job_memory_free)

/* Copies @attributes, whose owner is known; one learned too long ago (SPOC_JOB_MEMORY_MAX_AGE_S
 * before @now_unix_s) is not kept, for CUPS may have lost its state and counts jobs anew. */
#define SPOC_JOB_MEMORY_MAX_AGE_S (7 * 24 * 3600)
void spoc_job_memory_put(SpocJobMemory *memory, gint job_id, const SpocJobAttributes *attributes,
                         gint64 now_unix_s);
/* (nullable) (transfer none): counts as a use */
const SpocJobAttributes *spoc_job_memory_get(SpocJobMemory *memory, gint job_id);
void spoc_job_memory_forget(SpocJobMemory *memory, gint job_id);

/**
 * spoc_job_memory_export:
 * @jobs_max: how many of the latest
 *
 * Returns: (transfer full): a line a job: number, Unix time, owner, UUID and title, separated by
 * tabs, escaped as g_strescape() does
 */
char *spoc_job_memory_export(const SpocJobMemory *memory, guint jobs_max);
/* (transfer full) (nullable): the line of one job, without its end */
char *spoc_job_memory_export_job(const SpocJobMemory *memory, gint job_id);
/* What is known already and was learned later stays. */
void spoc_job_memory_import(SpocJobMemory *memory, const char *text, gint64 now_unix_s);
