/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  What a preview tells of: a made-up printer, a job, and what happened to them.
 */
#pragma once

#include "message/notification.h"

#define SPOC_SAMPLE_NOTICES_MAX 6

typedef struct {
    SpocEvent events[SPOC_SAMPLE_NOTICES_MAX];
    SpocNotice notices[SPOC_SAMPLE_NOTICES_MAX];
    SpocStateAttributes attributes;
    SpocPerson person;
    SpocNotification notification;
} SpocSample;

/**
 * spoc_sample_init:
 * @what: an event's name, or "digest", "collected" or "resolved"
 * @ret_sample: stays where it is: it points into itself
 *
 * Returns: FALSE where there is no such event
 */
gboolean spoc_sample_init(const char *what, gint64 now_unix_s, SpocSample *ret_sample);

/* (transfer full): all that @what may be, separated by commas */
char *spoc_sample_names(void);
