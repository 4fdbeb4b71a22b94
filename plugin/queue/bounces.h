/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   What is in failed/: reported once to mailReportTo, and removed after mailKeepFailed.
 * OWNERSHIP Borrows spool, log and runtime.
 *
 * All that is returned within SPOC_BOUNCE_COLLECT_S goes into one report. That a failed message
 * waits for its report is said by the time of its envelope, so a spocd that is killed leaves
 * that to the next one. The report becomes an ordinary message; the null reverse-path (RFC
 * 5321 4.5.5) and its kind keep it from ever making a report itself.
 */
#pragma once

#include "base/log.h"
#include "runtime/runtime.h"
#include "spool/message.h"

#define SPOC_BOUNCE_KIND "report"
#define SPOC_BOUNCE_COLLECT_S 60
/* So many are reported at once, however little time has passed. */
#define SPOC_BOUNCE_PENDING_MAX 1000

typedef struct _SpocBounces SpocBounces;

/* A report with this id waits in the spool, due now. */
typedef void (*SpocBounceMadeFunc)(const char *id, gpointer user_data);

SpocBounces *spoc_bounces_new(SpocSpool *spool, SpocLog *log, SpocBounceMadeFunc made,
                              gpointer user_data);
void spoc_bounces_free(SpocBounces *bounces);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SpocBounces, spoc_bounces_free)

/* @runtime: borrowed until the next call */
void spoc_bounces_use(SpocBounces *bounces, const SpocRuntime *runtime);

/* Learns what a spocd before this one has not reported. */
gboolean spoc_bounces_load(SpocBounces *bounces, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* When the report about a message that has just failed is due: the next attempt of its
 * envelope in failed/; 0: there is none */
gint64 spoc_bounces_due_unix_s(const SpocBounces *bounces, const SpocEnvelope *envelope,
                               gint64 now_unix_s);

/* The envelope is in failed/ now. */
void spoc_bounces_note(SpocBounces *bounces, const SpocEnvelope *envelope);

/* Whether failed messages wait for their report */
gboolean spoc_bounces_is_pending(const SpocBounces *bounces);

/* Makes the report now. */
void spoc_bounces_flush(SpocBounces *bounces);

/* Removes what is in failed/ for longer than mailKeepFailed. */
void spoc_bounces_sweep(SpocBounces *bounces, gint64 now_unix_s);
