/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   What a mail about an event says: the one-line subject and the text, as readable
 *           UTF-8 that knows nothing of MIME.
 */
#pragma once

#include "message/notification.h"

typedef struct {
    char *subject; /* one line */
    char *text;    /* lines ended by \n */
} SpocDescription;

/* @when_unix_s: the time that it tells */
void spoc_describe(const SpocNotification *notification, gint64 when_unix_s,
                   SpocDescription *ret_description);
void spoc_description_clear(SpocDescription *description);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(SpocDescription, spoc_description_clear)
