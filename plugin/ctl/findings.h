/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  What `spocctl check` finds, and the checks of files and folders: spool, cache,
 *          installed programs, cupsd.conf.
 */
#pragma once

#include "base/log.h"
#include "base/places.h"

typedef struct {
    SpocLogLevel level; /* ERROR, WARNING or INFO */
    char *message;      /* what is wrong and the cure */
} SpocFinding;

/* (transfer full) (element-type SpocFinding) */
GPtrArray *spoc_findings_new(void);
void spoc_findings_add(GPtrArray *findings, SpocLogLevel level, const char *format, ...)
    G_GNUC_PRINTF(3, 4);

/* Owner, mode, room and whether the process as it runs may write there. */
void spoc_findings_check_spool(GPtrArray *findings, const SpocPlaces *places);
void spoc_findings_check_cache(GPtrArray *findings, const SpocPlaces *places);

/* The notifier and the daemon, as cupsd wants them. */
void spoc_findings_check_programs(GPtrArray *findings, const SpocPlaces *places);

/**
 * spoc_findings_check_cupsd:
 * @list: (nullable) (element-type SpocCupsSubscription): what CUPS has; NULL: it was not asked
 *
 * What cupsd.conf means for subscriptions, and whether those that there are will last.
 */
void spoc_findings_check_cupsd(GPtrArray *findings, const SpocPlaces *places,
                               const GPtrArray *list);
