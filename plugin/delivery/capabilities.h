/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  What a server says it can do: the lines of its reply to EHLO (RFC 5321 4.1.1.1).
 */
#pragma once

#include "delivery/reply.h"

/**
 * SpocCapabilities:
 * @size: SIZE is offered (RFC 1870)
 * @max_size_bytes: 0: no limit is announced
 * @auth: the mechanisms, separated by blanks; "" when AUTH is not offered
 */
typedef struct {
    gboolean pipelining;     /* RFC 2920 */
    gboolean eight_bit_mime; /* RFC 6152 */
    gboolean smtputf8;       /* RFC 6531 */
    gboolean starttls;       /* RFC 3207 */
    gboolean size;
    guint64 max_size_bytes;
    char auth[256];
} SpocCapabilities;

/* Any reply that is not one to EHLO gives a server that can do nothing. */
void spoc_capabilities_read(SpocCapabilities *capabilities, const SpocReply *reply);
