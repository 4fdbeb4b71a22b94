/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  The directives of cupsd.conf that decide whether a subscription is taken, and for how
 *          long; and whether others than this host reach CUPS's web pages.
 */
#pragma once

#include "base/places.h"
#include "config/config.h"

#define SPOC_CUPSD_MAX_SUBSCRIPTIONS_DEFAULT 100

/* 0 means no limit. */
typedef struct {
    gboolean is_known;     /* FALSE: cupsd.conf cannot be read, and these are CUPS's defaults */
    gint64 total;          /* MaxSubscriptions */
    gint64 per_job;        /* MaxSubscriptionsPerJob */
    gint64 per_printer;    /* MaxSubscriptionsPerPrinter */
    gint64 per_user;       /* MaxSubscriptionsPerUser */
    gint64 max_lease_s;    /* MaxLeaseDuration */
    gboolean is_reachable; /* a Listen or Port that is not for this host alone, and WebInterface */
} SpocCupsdLimits;

/* @text: the content of cupsd.conf, read as cupsd reads it */
SpocCupsdLimits spoc_cupsd_conf_parse(const char *text);

/* The same from the file */
SpocCupsdLimits spoc_cupsd_conf_read(const SpocPlaces *places);

/* (nullable): where mails link to, by notifyLinks, notifyWebInterface and cupsd.conf */
const char *spoc_cupsd_conf_web_interface(const SpocConfig *config, const SpocPlaces *places);
