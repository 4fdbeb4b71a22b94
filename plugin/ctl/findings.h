/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  What is found wrong, once, for `spocctl check`, `status` and `test` alike: a list of
 *          findings, each with its severity, what is wrong, where, and what mends it. Who looks
 * adds to the list; only the commands print.
 */
#pragma once

#include "base/log.h"

#include <json-glib/json-glib.h>

/**
 * SpocFinding:
 * @severity: ERROR: mail does not go out, is lost, or was not delivered. WARNING: it may come to
 *   that, or is unsafe. INFO: good to know
 * @stops_mail: no mail at all goes out until it is mended
 * @what: one sentence
 * @where: (nullable): a file, a folder, an option, a server
 * @remedy: (nullable): a command or what to do; NULL where @what says it already
 */
typedef struct {
    SpocLogLevel severity;
    gboolean stops_mail;
    char *what;
    char *where;
    char *remedy;
} SpocFinding;

/* (transfer full) (element-type SpocFinding) */
GPtrArray *spoc_findings_new(void);

/**
 * spoc_findings_add:
 * @where: (nullable)
 * @format: what is wrong
 *
 * Returns: (transfer none): for spoc_finding_set_remedy()
 */
SpocFinding *spoc_findings_add(GPtrArray *findings, SpocLogLevel severity, const char *where,
                               const char *format, ...) G_GNUC_PRINTF(4, 5);
void spoc_finding_set_remedy(SpocFinding *finding, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* (transfer full): "WHERE: WHAT: REMEDY" without what is said already; not yet fit for a terminal
 */
char *spoc_finding_text(const SpocFinding *finding);

guint spoc_findings_count(const GPtrArray *findings, SpocLogLevel severity);

/* (nullable): the first that stops all mail */
const SpocFinding *spoc_findings_blocker(const GPtrArray *findings);

/* Writes a line for each to stdout, the severest first, down to @least. */
void spoc_findings_print(const GPtrArray *findings, SpocLogLevel least);

/* (transfer full): those down to @least, as [{severity, what, where, remedy}] */
JsonArray *spoc_findings_json(const GPtrArray *findings, SpocLogLevel least);
