/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   Which mail servers failed when spocd asked them last, in the spool's state/servers, so
 *           that it is known while no spocd runs. A line for each: since when, its name, the
 *           sentence with the cause and the remedy, separated by tabs.
 * ERRORS    A file that cannot be read or understood is like none: it is only what was seen last.
 */
#pragma once

#include "delivery/delivery.h"
#include "spool/spool.h"

typedef struct _SpocServerHealth SpocServerHealth;

SpocServerHealth *spoc_server_health_new(SpocSpool *spool);
void spoc_server_health_free(SpocServerHealth *health);

/* Writes the file when something has changed. @delivery: (nullable). A server that was not asked
 * yet keeps what was known of it. */
void spoc_server_health_update(SpocServerHealth *health, const SpocDelivery *delivery,
                               gint64 now_unix_s);

/* --- the file ---------------------------------------------------------------------------- */

#define SPOC_SERVER_NOTES_MAX 8

typedef struct {
    char *name; /* host:port */
    gint64 since_unix_s;
    char *words;
} SpocServerNote;

/* (transfer full) */
SpocServerNote *spoc_server_note_new(const char *name, gint64 since_unix_s, const char *words);

/* (transfer full) (element-type SpocServerNote): perhaps none */
GPtrArray *spoc_server_notes_new(void);
GPtrArray *spoc_server_notes_load(const SpocSpool *spool);

/* (nullable) */
const SpocServerNote *spoc_server_notes_find(const GPtrArray *notes, const char *name);

gboolean spoc_server_notes_save(const SpocSpool *spool, const GPtrArray *notes,
                                GError **error) G_GNUC_WARN_UNUSED_RESULT;
