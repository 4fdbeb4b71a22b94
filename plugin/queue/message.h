/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  A mail that was composed becomes a message of the queue.
 */
#pragma once

#include "message/mail.h"
#include "spool/message.h"

/* (transfer full): made now, without recipients and without a next attempt */
SpocMessage *spoc_message_from_mail(const SpocComposedMail *mail, const char *kind,
                                    const char *sender);
