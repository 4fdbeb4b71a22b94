/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   Keeps the last good copy of what managementUrl gives in the cache directory
 *           ("management-values", where config/layers.c finds it; how it went is in
 *           config/management-state.h).
 *
 * The copy is replaced only by what spoc_management_check_content() accepts, and stays in use
 * while the server is away, sends something else, or cannot be trusted. It is asked for with
 * the copy's validators, every managementInterval, sooner after a failure. A copy from another
 * address stays in use until this one gives something.
 *
 * OWNERSHIP Everything happens on the thread's default main context; the callback comes from
 *           the main loop, never from within a call.
 * ERRORS    Are logged: one WARNING when fetching begins to fail and one when it works again.
 * SECURITY  Trust for the fetch is that of mail. Where the whole configuration gives none
 *           (perhaps because of the very values that were fetched), the local files alone
 *           decide, so that an office can take back its own mistake; a trust setting that is
 *           bad there stops the fetch.
 */
#pragma once

#include "base/log.h"
#include "base/places.h"
#include "trust/tls.h"

/**
 * SpocManagementFunc:
 * @values_changed: new values are in place: load the configuration again
 *
 * A fetch has ended, either way. spoc_management_use() may be called from here.
 */
typedef void (*SpocManagementFunc)(gboolean values_changed, gpointer user_data);

typedef struct _SpocManagement SpocManagement;

/* Borrows @places and @log. It does nothing before spoc_management_use(). */
SpocManagement *spoc_management_new(const SpocPlaces *places, SpocLog *log,
                                    SpocManagementFunc ended, gpointer user_data);
/* Gives up what is under way, at once. Not from within the callback. */
void spoc_management_free(SpocManagement *management);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SpocManagement, spoc_management_free)

/**
 * spoc_management_use:
 * @tls: (nullable): the policy made from @config; NULL while there is none
 *
 * The configuration in force, at the start and whenever it was loaded again. Starts fetching
 * when it is due: always without a copy from this address, and, when fetching fails, whenever
 * the configuration is another.
 */
void spoc_management_use(SpocManagement *management, const SpocConfig *config, SpocTls *tls);

/* Whether the management values are as good as they will get before composing: no address is
 * set, a copy from it is there, or the first fetch has ended. */
gboolean spoc_management_is_ready(const SpocManagement *management);

/* Whether a fetch is under way or due now: `--once` waits for its end. */
gboolean spoc_management_is_fetching(const SpocManagement *management);

/* Fetches now, whatever the interval says; nothing without an address. */
void spoc_management_fetch_now(SpocManagement *management);

/* --- what counts as management values, and when they are fetched again: pure, for tests --- */

#define SPOC_MANAGEMENT_MAX_BYTES (256 * 1024)

/* The first wait after a failure; it doubles up to managementInterval. */
#define SPOC_MANAGEMENT_RETRY_MS (30 * 1000)

/**
 * spoc_management_check_content:
 *
 * What a server sends is hostile: an error page, half a file or rubbish must never take the place
 * of the last good copy. Accepts UTF-8 in the format of spoc.conf without damage, which has at
 * least one key that we know, or none at all but a comment: that is how an office says that it
 * manages nothing. A file with no line in it is refused: it is what a web server gives while, or
 * because, its disk is full. No line may begin with '<', as web pages do.
 *
 * Returns: FALSE with SPOC_ERROR_LIMIT or SPOC_ERROR_INVALID, the reason a clause about "the
 *   answer", without any value
 */
gboolean spoc_management_check_content(const char *bytes, gsize length,
                                       GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * spoc_management_delay_ms:
 * @interval_ms: managementInterval
 * @failures: attempts in a row that failed; 0 after a good one
 * @jitter: 0.0 to 1.0: many print servers must not ask at the same moment
 *
 * Returns: how long after the last attempt the next one is due, spread by a tenth to both
 *   sides
 */
gint64 spoc_management_delay_ms(gint64 interval_ms, guint failures, double jitter);
