/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  The one directive of cupsd.conf that decides whether a subscription is taken.
 */
#pragma once

#include "base/places.h"

#define SPOC_CUPSD_MAX_SUBSCRIPTIONS_DEFAULT 100

/**
 * spoc_cupsd_conf_max_subscriptions:
 * @text: the content of cupsd.conf
 *
 * Returns: MaxSubscriptions as cupsd reads it; 0 means no limit
 */
gint64 spoc_cupsd_conf_max_subscriptions(const char *text);

/* The same from the file; @ret_known is FALSE when it cannot be read, and then CUPS's default
 * is returned. */
gint64 spoc_cupsd_conf_read_max_subscriptions(const SpocPlaces *places, gboolean *ret_known);
