/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   The log in the spool of a spocd that was started on demand: its stderr. Kept below
 *           SPOC_OWN_LOG_MAX_BYTES, with one old copy, and made anew when somebody removed it.
 * SECURITY  A link that was planted under its name is not followed.
 */
#pragma once

#define SPOC_OWN_LOG_NAME "spocd.log"
#define SPOC_OWN_LOG_OLD_NAME "spocd.log.1"
#define SPOC_OWN_LOG_MAX_BYTES (1024 * 1024)

/* Keeps it so: before each line, and now and then. Only where stderr is that log.
 * @folder: the spool's file descriptor */
void spoc_own_log_tend(int folder);
