/* SPDX-License-Identifier: Apache-2.0 */
/* PURPOSE  What cupsd says of a job in arguments and environment becomes facts. */
#pragma once

#include "spool/scans.h"

/* @argv: of a backend, six entries at least */
SpocScanFacts *spoc_job_facts(char **argv);

/* (transfer full): the value of a word NAME=VALUE among a job's options, "" when there is none;
 * for names and values that need no quotes */
char *spoc_job_option(const char *options, const char *name);
