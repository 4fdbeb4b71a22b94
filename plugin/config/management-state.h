/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   How fetching from managementUrl goes: the file "management-state" beside the last
 *           good copy ("management-values") in the cache directory. This file owns its format.
 *
 * A key file (GKeyFile) of mode 0600, replaced as a whole, at each attempt:
 *
 *     [management]
 *     address = https://office.example.com/print.conf   without query; for people
 *     url-sha256 = HEX            of the whole managementUrl
 *     attempt-unix-s = N          the last attempt; 0 never
 *     success-unix-s = N          the last one that the server answered well
 *     failures = N                attempts since then, all failed
 *     error = TEXT                one line; why the last one failed
 *     values-sha256 = HEX         of the copy that the next two belong to
 *     etag = "…"                  validators of RFC 9110 8.8, as the server wrote them
 *     last-modified = DATE
 *
 * The copy is replaced before the state, and values-sha256 tells when power was lost between
 * the two: then the validators are not that copy's and must not be used.
 *
 * SECURITY  A query may hold a secret: only the digest of the whole URL is kept. What is read
 *           is checked as if a stranger had written it.
 */
#pragma once

#include "base/places.h"

#define SPOC_MANAGEMENT_STATE_FILE "management-state"
#define SPOC_MANAGEMENT_STATE_MAX_BYTES (16 * 1024)
#define SPOC_MANAGEMENT_VALIDATOR_MAX_BYTES 256

/**
 * SpocManagementState:
 *
 * Strings are NULL when not known. A zeroed one says that nothing was ever tried.
 */
typedef struct {
    char *address;
    char *url_sha256;
    gint64 attempt_unix_s;
    gint64 success_unix_s;
    guint failures;
    char *error;
    char *values_sha256;
    char *etag;
    char *last_modified;
} SpocManagementState;

void spoc_management_state_clear(SpocManagementState *state);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(SpocManagementState, spoc_management_state_clear)

/**
 * spoc_management_state_read:
 * @state: (out caller-allocates): to be cleared whatever is returned
 *
 * Returns: FALSE with SPOC_ERROR_NOT_FOUND before the first attempt, SPOC_ERROR_CORRUPT,
 *   SPOC_ERROR_LIMIT, SPOC_ERROR_DENIED or SPOC_ERROR_IO; @state is then zeroed
 */
gboolean spoc_management_state_read(const SpocPlaces *places, SpocManagementState *state,
                                    GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The same from memory. Never fails: what cannot be used is left out. */
void spoc_management_state_parse(const char *bytes, gsize length, SpocManagementState *state);

gboolean spoc_management_state_write(int cache_directory_fd, const SpocManagementState *state,
                                     GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * spoc_management_state_text:
 *
 * Returns: (transfer full): one line for people: "fetched 5 minutes ago from https://…", and
 *   since when it fails and why
 */
char *spoc_management_state_text(const SpocManagementState *state, gint64 now_unix_s);

/* (transfer full) (nullable): an https URL without user, query and fragment, where secrets may
 * stand, for people; NULL when it is no https URL */
char *spoc_management_shown_url(const char *url);

/* Whether a server's ETag or Last-Modified is well-formed, and so may be sent back to it. */
gboolean spoc_management_state_is_etag(const char *text);
gboolean spoc_management_state_is_date(const char *text);
