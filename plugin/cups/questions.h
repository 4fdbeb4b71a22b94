/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  Asks cupsd what an event does not say: whose job it is, what a subscription is
 *          for, and what a printer and a job say of themselves.
 *
 * libcups blocks, and cupsd may be busy or gone; so one worker thread does the asking and
 * the answers come back on the main context. Owners are remembered, because with
 * PreserveJobHistory No a finished job cannot be asked about any more; the memory is
 * bounded.
 */
#pragma once

#include "base/log.h"
#include "cups/attributes.h"
#include "spool/spool.h"

typedef struct _SpocCups SpocCups;

/* Answers come on the thread-default context of the caller of this. @server_bin: (nullable):
 * where to look for the cause when cupsd does not answer (cups/cupsd.h) */
SpocCups *spoc_cups_new(const char *server_bin);
/* spoc_cups_new() with another patience; for its tests */
SpocCups *spoc_cups_new_with_timeout(gint timeout_ms);
/* Answers that are under way are dropped: their callbacks are not called. Does not wait
 * for the thread longer than its time-outs on the network (5 s). */
void spoc_cups_free(SpocCups *cups);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SpocCups, spoc_cups_free)

/* @answer: its status is KNOWN, NOT_FOUND or UNREACHABLE */
typedef void (*SpocCupsSubscriptionFunc)(const SpocSubscriptionAnswer *answer, gpointer user_data);
void spoc_cups_ask_subscription(SpocCups *cups, gint subscription_id,
                                SpocCupsSubscriptionFunc callback, gpointer user_data);

/**
 * SpocCupsJobFunc:
 * @attributes: (nullable): NULL when CUPS does not know the job or cannot be asked
 * @why: (nullable): then, and when the owner is hidden, the reason, one line
 * @may_pass: CUPS could not be asked, or gave no answer that is one; it is to be asked again
 */
typedef void (*SpocCupsJobFunc)(const SpocJobAttributes *attributes, const char *why,
                                gboolean may_pass, gpointer user_data);

/* (nullable): from memory at once, without asking */
const SpocJobAttributes *spoc_cups_job_remembered(SpocCups *cups, gint job_id);

/* (transfer full) (nullable): what is remembered of one job as a line for spoc_cups_import(),
 * without its end */
char *spoc_cups_export_job(SpocCups *cups, gint job_id);

/* Asks unless it is remembered; then the callback still comes from the main loop. Equal
 * questions under way are asked once. */
void spoc_cups_ask_job(SpocCups *cups, gint job_id, SpocCupsJobFunc callback, gpointer user_data);

/* A new job may have an old job's number after CUPS lost its state: job-created says so. */
void spoc_cups_forget_job(SpocCups *cups, gint job_id);

#define SPOC_STATE_REMEMBERED_MS 2000
#define SPOC_DEVICE_REMEMBERED_MS 30000

/* @attributes: (nullable): NULL when CUPS could not be asked; all of it unknown when CUPS knows
 * neither the printer nor the job */
typedef void (*SpocCupsStateFunc)(const SpocStateAttributes *attributes, gpointer user_data);

/**
 * spoc_cups_ask_state:
 * @job_id: 0 for none
 * @printer_name: (nullable): of a printer or a class
 *
 * What CUPS said of a printer is remembered for SPOC_STATE_REMEMBERED_MS, so that a burst asks
 * once; equal questions under way are asked once. The callback always comes from the main loop.
 */
void spoc_cups_ask_state(SpocCups *cups, gint job_id, const char *printer_name,
                         SpocCupsStateFunc callback, gpointer user_data);

/* The same for an event that says the printer's state: what is remembered counts only when it
 * says that state too, for else CUPS has gone on since. @printer_state: 0 for any */
void spoc_cups_ask_state_at(SpocCups *cups, gint job_id, const char *printer_name,
                            gint printer_state, SpocCupsStateFunc callback, gpointer user_data);

/* From memory, without asking: what the last answer to spoc_cups_ask_state() said of a queue, for
 * SPOC_DEVICE_REMEMBERED_MS; else UNKNOWN */
SpocDevice spoc_cups_device_remembered(SpocCups *cups, const char *printer_name);

/* What a journal's notes say of a job. What was learned later stays. */
void spoc_cups_import(SpocCups *cups, const char *text);

/* Takes what a spocd before this one kept of jobs in the spool's state/, and from then on keeps
 * what it learns: with PreserveJobHistory No a finished job cannot be asked about any more. Both
 * are borrowed; spoc_cups_free() writes what is not written yet. */
void spoc_cups_keep_jobs(SpocCups *cups, SpocSpool *spool, SpocLog *log);
