/* SPDX-License-Identifier: Apache-2.0 */
/* PURPOSE  What cupsd says of a job in arguments and environment becomes metadata. */
#pragma once

#include "spool/scans.h"

/* @argv: of a backend, six entries at least */
SpocScanMetadata *spoc_job_metadata(char **argv);

/* (transfer full): the value of an option, read as cupsParseOptions() reads them; "" when there is
 * none. Not for a list that is one collection in braces. */
char *spoc_job_option(const char *options, const char *name);
