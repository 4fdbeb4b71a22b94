/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   Knows which event was handed on for which person, so that the same event which
 *           another subscription brings becomes no second mail. Kept in the spool's state/: the
 *           second may come minutes later, and spocd may have been killed meanwhile.
 * OWNERSHIP Borrows spool and log.
 * SECURITY  Anybody who can print can make subscriptions, so the number of entries is bounded: the
 *           oldest goes. The file may be anybody's by the time it is read: a line that is not what
 *           is written here is passed over.
 *
 * cupsd tells subscriptions of an event one after the other, each with the time of its turn, and
 * nothing names the event. So two are the same when they say the same, come from different
 * journals, and their times differ by no more than SPOC_DUPLICATES_WINDOW_S. Within one journal
 * nothing is said twice: what comes there for the second time has happened for the second time,
 * and is the same as the second one elsewhere.
 */
#pragma once

#include "base/log.h"
#include "event/event.h"
#include "message/notification.h"
#include "spool/spool.h"

#define SPOC_DUPLICATES_WINDOW_S 30
#define SPOC_DUPLICATES_MAX 8192

typedef struct _SpocDuplicates SpocDuplicates;

SpocDuplicates *spoc_duplicates_new(SpocSpool *spool, SpocLog *log);
void spoc_duplicates_free(SpocDuplicates *duplicates);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SpocDuplicates, spoc_duplicates_free)

/**
 * spoc_duplicates_is_one:
 * @address: canonical
 * @kind: SPOC_MAIL_DIGEST or SPOC_MAIL_NOTICE: who wants both gets both
 * @journal: the name of the journal that the event stands in
 *
 * Takes note of the event. The answer about the same place in the same journal never changes, and
 * it is on its way to the disk before this returns: a killed spocd remembers it.
 *
 * Returns: whether another journal has brought it for @address already
 */
gboolean spoc_duplicates_is_one(SpocDuplicates *duplicates, const char *address, SpocMailKind kind,
                                const SpocEvent *event, const char *journal);
