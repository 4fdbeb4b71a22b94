/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   What keeps the events of each journal, in words for `spocctl queue list`: told to who
 *           asks, and kept in the spool's state/ for the time when no spocd runs.
 */
#pragma once

#include "notify/journal-set.h"

/* (transfer full): a line a journal, spoc_wait_line()s; "" when nothing waits */
char *spoc_waits_text(SpocJournalSet *journals);

/* Keeps them for when we are gone. */
void spoc_waits_keep(SpocJournalSet *journals, SpocSpool *spool, SpocLog *log);
/* What a spocd before us kept holds no longer. */
void spoc_waits_forget(SpocSpool *spool);
