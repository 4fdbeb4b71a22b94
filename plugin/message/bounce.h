/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   One mail to the administrator about all that was returned lately: which messages,
 *           to whom, why in the server's words, and what can be done.
 * SECURITY  Subjects, addresses and servers' words are foreign: each is made one line.
 *
 * Composing is idempotent: the same returned messages give the same identifier.
 */
#pragma once

#include "message/mail.h"

/* A bounce lists so many messages; of the others it says the number. */
#define SPOC_BOUNCE_LISTED_MAX 200

/* One message in failed/ to one recipient */
typedef struct {
    const char *id;
    const char *recipient;
    const char *subject;
    const char *reason; /* (nullable): stage, server and its words */
    gint64 job_id;      /* 0 for none */
    gint64 created_unix_s;
} SpocReturned;

/**
 * SpocBounce:
 * @returned: (array length=count): at least one
 * @sender: the From address
 * @recipient: mailReportTo
 * @host_name: this print server's name
 * @language: (nullable): English
 */
typedef struct {
    const SpocReturned *returned;
    gsize count;
    const char *sender;
    const char *sender_name; /* (nullable): mailfrom's, instead of one of ours */
    const char *recipient;
    const char *host_name;
    const char *language;
    gint64 now_unix_s;
} SpocBounce;

SpocComposedMail *spoc_bounce_compose(const SpocBounce *bounce,
                                      GError **error) G_GNUC_WARN_UNUSED_RESULT;
