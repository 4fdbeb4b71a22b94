/* SPDX-License-Identifier: Apache-2.0 */
#include "management/management.h"

#include "base/durable.h"
#include "base/error.h"
#include "base/text.h"
#include "config/layers.h"
#include "config/load.h"
#include "config/management-state.h"
#include "config/option.h"
#include "config/properties.h"
#include "management/fetch.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ERROR_MAX_BYTES 600
/* Where no file can be: a cache directory without fetched values. */
#define NO_CACHE "/nonexistent"

struct _SpocManagement {
    const SpocPlaces *places;
    SpocLog *log;
    SpocManagementFunc ended;
    gpointer user_data;

    char *url; /* (nullable): nothing is to be fetched */
    gint64 interval_ms;
    SpocTls *tls; /* (nullable) */
    char *stamp;  /* of the configuration that these are from */

    SpocManagementState state;
    gboolean has_copy;  /* there is one, and it is from this address */
    gboolean has_ended; /* a fetch from this address, since we run */
    SpocManagementFetch *fetch;
    GSource *timer;
    gboolean is_due;
};

/* --- what counts as management values, and when they are fetched again: pure ------------------ */

/* Doubling ends here: 2^20 times half a minute is longer than any interval. */
#define MAX_DOUBLINGS 20
#define JITTER_PART 0.2

/* The lines as bytes, before properties give them a meaning. */
static gboolean
check_lines(const char *bytes, gsize length, GError **error)
{
    gboolean begins = TRUE, is_blank = TRUE;
    guint line = 1;
    for (gsize i = 0; i < length; i++) {
        if (begins && bytes[i] == '<')
            return spoc_error_set(error, SPOC_ERROR_INVALID,
                                  "the answer looks like a web page: its line %u begins with '<'",
                                  line);
        if (bytes[i] == '\n')
            line++;
        if (!g_ascii_isspace(bytes[i]))
            begins = is_blank = FALSE;
        else if (bytes[i] == '\n' || bytes[i] == '\r')
            begins = TRUE;
    }
    if (is_blank)
        return spoc_error_set(error, SPOC_ERROR_INVALID,
                              "the answer is empty; a file that is meant to set nothing has a "
                              "comment in it");
    return TRUE;
}

static gboolean
check_entries(const SpocProperties *properties, GError **error)
{
    gboolean knows_one = FALSE;
    for (guint i = 0; i < properties->entries->len; i++) {
        const SpocProperty *property = g_ptr_array_index(properties->entries, i);
        if (property->damage != NULL) {
            g_autofree char *key = spoc_text_line(property->key, -1, 80);
            return spoc_error_set(error, SPOC_ERROR_INVALID, "line %u of the answer, %s, %s",
                                  property->line, key, property->damage);
        }
        knows_one |= spoc_option_find(property->key) != NULL;
    }
    if (properties->entries->len > 0 && !knows_one)
        return spoc_error_set(error, SPOC_ERROR_INVALID,
                              "the answer holds no key that is known here");
    return TRUE;
}

gboolean
spoc_management_check_content(const char *bytes, gsize length, GError **error)
{
    if (length > SPOC_MANAGEMENT_MAX_BYTES)
        return spoc_error_set(error, SPOC_ERROR_LIMIT, "the answer is larger than %d bytes",
                              SPOC_MANAGEMENT_MAX_BYTES);
    const char *bom = "\xef\xbb\xbf";
    gsize skipped = length >= strlen(bom) && memcmp(bytes, bom, strlen(bom)) == 0 ? strlen(bom) : 0;
    /* NUL is refused here as well. */
    if (!g_utf8_validate_len(bytes, length, NULL))
        return spoc_error_set(error, SPOC_ERROR_INVALID, "the answer is not a text in UTF-8");
    if (!check_lines(bytes + skipped, length - skipped, error))
        return FALSE;
    g_autoptr(SpocProperties) properties = spoc_properties_parse(bytes, length, error);
    if (properties == NULL) {
        g_prefix_error(error, "the answer ");
        return FALSE;
    }
    return check_entries(properties, error);
}

gint64
spoc_management_delay_ms(gint64 interval_ms, guint failures, double jitter)
{
    gint64 delay_ms = interval_ms;
    if (failures > 0) {
        guint doublings = MIN(failures - 1, MAX_DOUBLINGS);
        delay_ms = MIN(interval_ms, (gint64)SPOC_MANAGEMENT_RETRY_MS << doublings);
    }
    return delay_ms + (gint64)((double)delay_ms * JITTER_PART * (jitter - 0.5));
}

static gint64
now_unix_s(void)
{
    return g_get_real_time() / G_USEC_PER_SEC;
}

/* --- the cache -------------------------------------------------------------------------- */

/* -1 with @error set */
static int
open_cache(const SpocManagement *management, GError **error)
{
    const char *path = management->places->cache_dir;
    (void)mkdir(path, 0700); /* perhaps it was emptied beneath us */
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        spoc_error_set_errno(error, errno, "cannot open the cache folder '%s'", path);
    return fd;
}

/* (nullable) (transfer full): the digest of the copy that is there */
static char *
digest_of_copy(const SpocManagement *management)
{
    int cache =
        open(management->places->cache_dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (cache < 0)
        return NULL;
    g_autoptr(GBytes) copy =
        spoc_durable_read(cache, SPOC_LAYERS_FETCHED_FILE, SPOC_MANAGEMENT_MAX_BYTES, NULL);
    close(cache);
    return copy != NULL ? g_compute_checksum_for_bytes(G_CHECKSUM_SHA256, copy) : NULL;
}

/* What is known of this address. A state that cannot be read is as good as none: all that it
 * spares is a transfer. */
static void
load_state(SpocManagement *management)
{
    g_autofree char *url_sha256 =
        g_compute_checksum_for_string(G_CHECKSUM_SHA256, management->url, -1);
    SpocManagementState *state = &management->state;
    spoc_management_state_clear(state);
    if (!spoc_management_state_read(management->places, state, NULL) ||
        g_strcmp0(state->url_sha256, url_sha256) != 0) {
        spoc_management_state_clear(state);
        state->url_sha256 = g_steal_pointer(&url_sha256);
        state->address = spoc_management_shown_url(management->url);
    }
}

/* Looks whether the copy is still the one that the state knows: the cache may be emptied, and
 * power may have been lost between writing the two. */
static void
check_copy(SpocManagement *management)
{
    g_autofree char *digest = digest_of_copy(management);
    management->has_copy =
        digest != NULL && g_strcmp0(digest, management->state.values_sha256) == 0;
}

/* Puts new content in its place; @ret_changed tells whether it is another than that was there. */
static gboolean
store_values(SpocManagement *management, int cache, const SpocManagementReply *reply,
             gboolean *ret_changed, GError **error)
{
    gsize size = 0;
    const char *data = g_bytes_get_data(reply->content, &size);
    if (!spoc_management_check_content(data != NULL ? data : "", size, error))
        return FALSE;
    SpocManagementState *state = &management->state;
    g_autofree char *digest = g_compute_checksum_for_bytes(G_CHECKSUM_SHA256, reply->content);
    g_autofree char *old_digest = digest_of_copy(management);
    /* A password may stand in it: for nobody else to read. */
    if (g_strcmp0(digest, old_digest) != 0) {
        if (!spoc_durable_replace(cache, SPOC_LAYERS_FETCHED_FILE, data, size, 0600, NULL, error))
            return FALSE;
        *ret_changed = TRUE;
    }
    g_free(state->values_sha256);
    state->values_sha256 = g_steal_pointer(&digest);
    g_free(state->etag);
    state->etag = g_strdup(reply->etag);
    g_free(state->last_modified);
    state->last_modified = g_strdup(reply->last_modified);
    return TRUE;
}

/* --- the end of a fetch ----------------------------------------------------------------- */

static void
log_failure(const SpocManagement *management, gboolean is_news)
{
    const SpocManagementState *state = &management->state;
    g_autofree char *since = NULL;
    if (management->has_copy) {
        g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(state->success_unix_s);
        since = time != NULL ? g_date_time_format_iso8601(time) : NULL;
    }
    spoc_log(management->log, is_news ? SPOC_LOG_WARNING : SPOC_LOG_DEBUG,
             "cannot fetch the management values from %s: %s; %s%s", state->address, state->error,
             management->has_copy ? "meanwhile those hold that came last, at "
                                  : "until then there are none",
             since != NULL ? since : "");
}

static void schedule(SpocManagement *management);

/* @error: (nullable): of the fetch, or of keeping what came */
static void
conclude(SpocManagement *management, gboolean changed, const GError *failure)
{
    SpocManagementState *state = &management->state;
    g_autoptr(GError) error = NULL;
    gboolean was_failing = state->failures > 0;
    g_clear_pointer(&management->fetch, spoc_management_fetch_free);
    g_clear_pointer(&state->error, g_free);
    state->attempt_unix_s = now_unix_s();
    if (failure != NULL) {
        state->failures = MIN(state->failures, G_MAXINT - 1) + 1;
        state->error = spoc_text_line(failure->message, -1, ERROR_MAX_BYTES);
    } else {
        state->failures = 0;
        state->success_unix_s = state->attempt_unix_s;
    }
    check_copy(management);
    if (failure != NULL)
        log_failure(management, !was_failing);
    else if (was_failing)
        spoc_log(management->log, SPOC_LOG_WARNING,
                 "the management values are fetched again from %s", state->address);
    if (changed)
        spoc_log(management->log, SPOC_LOG_INFO, "there are new management values from %s",
                 state->address);

    int cache = open_cache(management, &error);
    gboolean is_written = cache >= 0 && spoc_management_state_write(cache, state, &error);
    if (cache >= 0)
        close(cache);
    /* Nothing is lost but a transfer that could have been spared. */
    if (!is_written)
        spoc_log(management->log, SPOC_LOG_WARNING,
                 "cannot write when the management values were fetched: %s", error->message);
    management->has_ended = TRUE;
    schedule(management);
    management->ended(changed, management->user_data);
}

static void
on_reply(const SpocManagementReply *reply, gpointer user_data)
{
    SpocManagement *management = user_data;
    g_autoptr(GError) error = NULL;
    gboolean changed = FALSE;
    if (reply->error != NULL || reply->content == NULL) {
        conclude(management, FALSE, reply->error);
        return;
    }
    int cache = open_cache(management, &error);
    if (cache >= 0) {
        if (!store_values(management, cache, reply, &changed, &error))
            g_prefix_error(&error, "what the server sends is not used: ");
        close(cache);
    }
    conclude(management, changed, error);
}

/* --- fetching --------------------------------------------------------------------------- */

/* Whether a problem leaves open whom to trust, or how. */
static gboolean
concerns_trust(const SpocConfigProblem *problem)
{
    if (!problem->blocks_delivery)
        return FALSE;
    const SpocOption *option = problem->key != NULL ? spoc_option_find(problem->key) : NULL;
    /* Without a key: a file that cannot be read, so that nobody knows what it says. */
    return option == NULL ||
           (option->id >= SPOC_OPTION_PROTOCOLS && option->id <= SPOC_OPTION_MAIL_CLIENT_KEY);
}

/* (nullable) (transfer full): the policy that the local files alone make */
static SpocTls *
local_policy(const SpocManagement *management, GError **error)
{
    char no_cache[] = NO_CACHE;
    SpocPlaces places = *management->places;
    places.cache_dir = no_cache;
    g_autoptr(SpocConfig) config = spoc_config_load(&places);
    const GPtrArray *problems = spoc_config_problems(config);
    for (guint i = 0; i < problems->len; i++) {
        const SpocConfigProblem *problem = g_ptr_array_index(problems, i);
        if (concerns_trust(problem)) {
            g_set_error_literal(error, SPOC_ERROR, SPOC_ERROR_INVALID, problem->message);
            return NULL;
        }
    }
    return spoc_tls_new(config, NULL, error);
}

static gboolean
on_due(gpointer user_data)
{
    SpocManagement *management = user_data;
    g_autoptr(GError) error = NULL;
    g_clear_pointer(&management->timer, g_source_unref);
    management->is_due = FALSE;
    check_copy(management);
    const SpocManagementState *state = &management->state;
    g_autoptr(SpocTls) tls =
        management->tls != NULL ? spoc_tls_ref(management->tls) : local_policy(management, &error);
    if (tls != NULL)
        management->fetch =
            spoc_management_fetch_new(management->url, management->has_copy ? state->etag : NULL,
                                      management->has_copy ? state->last_modified : NULL,
                                      SPOC_MANAGEMENT_MAX_BYTES, tls, on_reply, management, &error);
    if (management->fetch == NULL)
        conclude(management, FALSE, error);
    return G_SOURCE_REMOVE;
}

static void
stop_timer(SpocManagement *management)
{
    management->is_due = FALSE;
    if (management->timer == NULL)
        return;
    g_source_destroy(management->timer);
    g_clear_pointer(&management->timer, g_source_unref);
}

static void
start_timer(SpocManagement *management, gint64 delay_ms)
{
    stop_timer(management);
    management->is_due = delay_ms <= 0;
    management->timer = g_timeout_source_new((guint)CLAMP(delay_ms, 0, G_MAXINT));
    g_source_set_callback(management->timer, on_due, management, NULL);
    g_autoptr(GMainContext) context = g_main_context_ref_thread_default();
    g_source_attach(management->timer, context);
}

static void
schedule(SpocManagement *management)
{
    const SpocManagementState *state = &management->state;
    gint64 delay_ms =
        spoc_management_delay_ms(management->interval_ms, state->failures, g_random_double());
    gint64 elapsed_ms = (now_unix_s() - state->attempt_unix_s) * 1000;
    /* A last attempt in the future: the clock was set back. */
    if (elapsed_ms < 0)
        elapsed_ms = delay_ms;
    /* Without a copy there is nothing to wait for, unless asking is what fails. */
    gboolean is_wanted = !management->has_copy && (!management->has_ended || state->failures == 0);
    start_timer(management, is_wanted ? 0 : MAX(delay_ms - elapsed_ms, 0));
}

/* --- for others ------------------------------------------------------------------------- */

SpocManagement *
spoc_management_new(const SpocPlaces *places, SpocLog *log, SpocManagementFunc ended,
                    gpointer user_data)
{
    SpocManagement *management = g_new0(SpocManagement, 1);
    management->places = places;
    management->log = log;
    management->ended = ended;
    management->user_data = user_data;
    return management;
}

static void
forget_address(SpocManagement *management)
{
    stop_timer(management);
    g_clear_pointer(&management->fetch, spoc_management_fetch_free);
    g_clear_pointer(&management->url, g_free);
    spoc_management_state_clear(&management->state);
    management->has_copy = management->has_ended = FALSE;
}

void
spoc_management_free(SpocManagement *management)
{
    if (management == NULL)
        return;
    forget_address(management);
    g_clear_pointer(&management->tls, spoc_tls_unref);
    g_free(management->stamp);
    g_free(management);
}

void
spoc_management_use(SpocManagement *management, const SpocConfig *config, SpocTls *tls)
{
    const char *url = spoc_config_string(config, SPOC_OPTION_MANAGEMENT_URL);
    gboolean is_same = g_strcmp0(url, management->url) == 0;
    g_autofree char *old_stamp = management->stamp;
    management->stamp = g_strdup(spoc_config_loaded_stamp(config));
    SpocTls *new_tls = tls != NULL ? spoc_tls_ref(tls) : NULL;
    g_clear_pointer(&management->tls, spoc_tls_unref);
    management->tls = new_tls;
    management->interval_ms = spoc_config_duration_ms(config, SPOC_OPTION_MANAGEMENT_INTERVAL);
    if (!is_same) {
        forget_address(management);
        management->url = g_strdup(url);
        if (url != NULL)
            load_state(management);
    }
    if (url == NULL || management->fetch != NULL)
        return;
    check_copy(management);
    /* Perhaps the failure was what somebody has just mended. */
    if (is_same && management->state.failures > 0 && !g_str_equal(management->stamp, old_stamp))
        start_timer(management, 0);
    else
        schedule(management);
}

gboolean
spoc_management_is_ready(const SpocManagement *management)
{
    return management->url == NULL || management->has_copy || management->has_ended;
}

gboolean
spoc_management_is_fetching(const SpocManagement *management)
{
    return management->fetch != NULL || management->is_due;
}

void
spoc_management_fetch_now(SpocManagement *management)
{
    if (management->url != NULL && management->fetch == NULL)
        start_timer(management, 0);
}
