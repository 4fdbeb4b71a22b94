/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  The directives of cupsd.conf that decide whether a subscription is taken, and for how
 *          long.
 */
#pragma once

#include "base/places.h"

#define SPOC_CUPSD_MAX_SUBSCRIPTIONS_DEFAULT 100

/* 0 means no limit. */
typedef struct {
    gboolean is_known;  /* FALSE: cupsd.conf cannot be read, and these are CUPS's defaults */
    gint64 total;       /* MaxSubscriptions */
    gint64 per_job;     /* MaxSubscriptionsPerJob */
    gint64 per_printer; /* MaxSubscriptionsPerPrinter */
    gint64 per_user;    /* MaxSubscriptionsPerUser */
    gint64 max_lease_s; /* MaxLeaseDuration */
} SpocCupsdLimits;

/* @text: the content of cupsd.conf, read as cupsd reads it */
SpocCupsdLimits spoc_cupsd_conf_parse(const char *text);

/* The same from the file */
SpocCupsdLimits spoc_cupsd_conf_read(const SpocPlaces *places);
