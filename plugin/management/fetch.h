/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   One conditional GET over https. Knows nothing of what it fetches but how large it
 *           may be.
 * OWNERSHIP, ERRORS, SECURITY  As net/https.h; a status that is neither 200 nor a 304 that was
 *           asked for is an error as well.
 */
#pragma once

#include "trust/tls.h"

#define SPOC_MANAGEMENT_CONNECT_TIMEOUT_MS (10 * 1000)
#define SPOC_MANAGEMENT_TIMEOUT_MS (30 * 1000) /* for all of it */

/**
 * SpocManagementReply:
 * @error: (nullable): then nothing else is set
 * @content: (nullable): of a 200; NULL when the server said 304: what is here is current
 * @etag: (nullable): of the answer, well-formed
 * @last_modified: (nullable): the same
 */
typedef struct {
    const GError *error;
    GBytes *content;
    const char *etag;
    const char *last_modified;
} SpocManagementReply;

/* Called once, from the main loop; the fetch may be freed from here. */
typedef void (*SpocManagementReplyFunc)(const SpocManagementReply *reply, gpointer user_data);

typedef struct _SpocManagementFetch SpocManagementFetch;

/**
 * spoc_management_fetch_new:
 * @etag: (nullable): of the copy that is here
 * @last_modified: (nullable): the same
 * @max_bytes: of the content
 *
 * Begins. SPOC_ERROR_INVALID when @url is no https URL.
 */
SpocManagementFetch *spoc_management_fetch_new(const char *url, const char *etag,
                                               const char *last_modified, gsize max_bytes,
                                               SpocTls *tls, SpocManagementReplyFunc func,
                                               gpointer user_data,
                                               GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Gives it up; it calls nobody any more. Does not wait, not even for a name to be resolved. */
void spoc_management_fetch_free(SpocManagementFetch *fetch);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SpocManagementFetch, spoc_management_fetch_free)
