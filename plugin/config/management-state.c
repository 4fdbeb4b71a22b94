/* SPDX-License-Identifier: Apache-2.0 */
#include "config/management-state.h"

#include "base/durable.h"
#include "base/error.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define GROUP "management"
#define KEY_ADDRESS "address"
#define KEY_URL "url-sha256"
#define KEY_ATTEMPT "attempt-unix-s"
#define KEY_SUCCESS "success-unix-s"
#define KEY_FAILURES "failures"
#define KEY_ERROR "error"
#define KEY_VALUES "values-sha256"
#define KEY_ETAG "etag"
#define KEY_LAST_MODIFIED "last-modified"

#define LINE_MAX_BYTES 900
#define SHOWN_URL_MAX_BYTES 300
#define SHA256_HEX_LENGTH 64
#define TIME_MAX_UNIX_S G_GINT64_CONSTANT(253402300799) /* the end of year 9999 */

#define MINUTE_S 60
#define HOUR_S (60 * MINUTE_S)
#define DAY_S (24 * HOUR_S)

void
spoc_management_state_clear(SpocManagementState *state)
{
    g_free(state->address);
    g_free(state->url_sha256);
    g_free(state->error);
    g_free(state->values_sha256);
    g_free(state->etag);
    g_free(state->last_modified);
    *state = (SpocManagementState){0};
}

/* RFC 9110 8.8.3: an opaque string in quotes; of its letters only those of ASCII are taken. */
gboolean
spoc_management_state_is_etag(const char *text)
{
    gsize length = strlen(text);
    if (length > SPOC_MANAGEMENT_VALIDATOR_MAX_BYTES)
        return FALSE;
    if (g_str_has_prefix(text, "W/")) {
        text += 2;
        length -= 2;
    }
    if (length < 2 || text[0] != '"' || text[length - 1] != '"')
        return FALSE;
    for (gsize i = 1; i + 1 < length; i++)
        if (!g_ascii_isgraph(text[i]) || text[i] == '"')
            return FALSE;
    return TRUE;
}

/* RFC 9110 5.6.7, as far as it matters: nothing in it can end the line that it is sent in. */
gboolean
spoc_management_state_is_date(const char *text)
{
    gsize length = strlen(text);
    if (length == 0 || length > SPOC_MANAGEMENT_VALIDATOR_MAX_BYTES)
        return FALSE;
    for (gsize i = 0; i < length; i++)
        if (!g_ascii_isalnum(text[i]) && strchr(" ,:+-", text[i]) == NULL)
            return FALSE;
    return TRUE;
}

static gboolean
is_digest(const char *text)
{
    return strlen(text) == SHA256_HEX_LENGTH &&
           strspn(text, "0123456789abcdef") == SHA256_HEX_LENGTH;
}

/* (transfer full) (nullable): only what @is_good */
static char *
get_checked(GKeyFile *file, const char *key, gboolean (*is_good)(const char *))
{
    g_autofree char *text = g_key_file_get_string(file, GROUP, key, NULL);
    return text != NULL && is_good(text) ? g_steal_pointer(&text) : NULL;
}

/* (transfer full) (nullable) */
static char *
get_line(GKeyFile *file, const char *key)
{
    g_autofree char *text = g_key_file_get_string(file, GROUP, key, NULL);
    return text != NULL && *text != '\0' ? spoc_text_line(text, -1, LINE_MAX_BYTES) : NULL;
}

/* 0 for what is no number of this size */
static gint64
get_number(GKeyFile *file, const char *key, gint64 maximum)
{
    gint64 number = g_key_file_get_int64(file, GROUP, key, NULL);
    return number >= 0 && number <= maximum ? number : 0;
}

void
spoc_management_state_parse(const char *bytes, gsize length, SpocManagementState *state)
{
    g_autoptr(GKeyFile) file = g_key_file_new();
    *state = (SpocManagementState){0};
    if (!g_key_file_load_from_data(file, bytes, length, G_KEY_FILE_NONE, NULL))
        return;
    state->address = get_line(file, KEY_ADDRESS);
    state->url_sha256 = get_checked(file, KEY_URL, is_digest);
    state->attempt_unix_s = get_number(file, KEY_ATTEMPT, TIME_MAX_UNIX_S);
    state->success_unix_s = get_number(file, KEY_SUCCESS, TIME_MAX_UNIX_S);
    state->failures = (guint)get_number(file, KEY_FAILURES, G_MAXINT);
    state->error = get_line(file, KEY_ERROR);
    state->values_sha256 = get_checked(file, KEY_VALUES, is_digest);
    state->etag = get_checked(file, KEY_ETAG, spoc_management_state_is_etag);
    state->last_modified = get_checked(file, KEY_LAST_MODIFIED, spoc_management_state_is_date);
}

gboolean
spoc_management_state_read(const SpocPlaces *places, SpocManagementState *state, GError **error)
{
    *state = (SpocManagementState){0};
    int directory = open(places->cache_dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (directory < 0)
        return spoc_error_set_errno(error, errno, "cannot open '%s'", places->cache_dir);
    g_autoptr(GBytes) content = spoc_durable_read(directory, SPOC_MANAGEMENT_STATE_FILE,
                                                  SPOC_MANAGEMENT_STATE_MAX_BYTES, error);
    close(directory);
    if (content == NULL)
        return FALSE;
    gsize size = 0;
    const char *data = g_bytes_get_data(content, &size);
    spoc_management_state_parse(data != NULL ? data : "", size, state);
    if (state->url_sha256 != NULL)
        return TRUE;
    spoc_management_state_clear(state);
    return spoc_error_set(error, SPOC_ERROR_CORRUPT, "'%s/%s' is damaged", places->cache_dir,
                          SPOC_MANAGEMENT_STATE_FILE);
}

static void
set_text(GKeyFile *file, const char *key, const char *text)
{
    if (text != NULL)
        g_key_file_set_string(file, GROUP, key, text);
}

gboolean
spoc_management_state_write(int cache_directory_fd, const SpocManagementState *state,
                            GError **error)
{
    g_autoptr(GKeyFile) file = g_key_file_new();
    set_text(file, KEY_ADDRESS, state->address);
    set_text(file, KEY_URL, state->url_sha256);
    g_key_file_set_int64(file, GROUP, KEY_ATTEMPT, state->attempt_unix_s);
    g_key_file_set_int64(file, GROUP, KEY_SUCCESS, state->success_unix_s);
    g_key_file_set_int64(file, GROUP, KEY_FAILURES, state->failures);
    set_text(file, KEY_ERROR, state->error);
    set_text(file, KEY_VALUES, state->values_sha256);
    set_text(file, KEY_ETAG, state->etag);
    set_text(file, KEY_LAST_MODIFIED, state->last_modified);
    gsize size = 0;
    g_autofree char *data = g_key_file_to_data(file, &size, NULL);
    return spoc_durable_replace(cache_directory_fd, SPOC_MANAGEMENT_STATE_FILE, data, size, 0600,
                                NULL, error);
}

/* "5 minutes"; a clock that was set back gives no negative ages. */
static char *
age_text(gint64 age_s)
{
    static const struct {
        gint64 unit_s;
        const char *one, *many;
    } units[] = {{DAY_S, "day", "days"},
                 {HOUR_S, "hour", "hours"},
                 {MINUTE_S, "minute", "minutes"},
                 {1, "second", "seconds"}};
    age_s = MAX(age_s, 0);
    gsize i = 0;
    /* Two of a unit at least, so that little is lost in rounding down. */
    while (i + 1 < G_N_ELEMENTS(units) && age_s < 2 * units[i].unit_s)
        i++;
    gint64 count = age_s / units[i].unit_s;
    return g_strdup_printf("%" G_GINT64_FORMAT " %s", count,
                           count == 1 ? units[i].one : units[i].many);
}

char *
spoc_management_state_text(const SpocManagementState *state, gint64 now_unix_s)
{
    const char *address = state->address != NULL ? state->address : "managementUrl";
    if (state->attempt_unix_s == 0)
        return g_strdup("not fetched yet: spocd has not run since managementUrl was set");
    GString *text = g_string_new(NULL);
    if (state->success_unix_s == 0)
        g_string_append_printf(text, "never fetched from %s", address);
    else {
        g_autofree char *age = age_text(now_unix_s - state->success_unix_s);
        g_string_append_printf(text, "fetched %s ago from %s", age, address);
    }
    if (state->failures > 0) {
        g_autofree char *age = age_text(now_unix_s - state->attempt_unix_s);
        g_string_append_printf(text, "; the last attempt, %s ago, failed (%u in a row): %s", age,
                               state->failures, state->error != NULL ? state->error : "?");
    }
    return g_string_free(text, FALSE);
}

char *
spoc_management_shown_url(const char *url)
{
    g_autoptr(GUri) uri = g_uri_parse(url, G_URI_FLAGS_ENCODED, NULL);
    if (uri == NULL || g_strcmp0(g_uri_get_scheme(uri), "https") != 0 ||
        g_uri_get_host(uri) == NULL || *g_uri_get_host(uri) == '\0')
        return NULL;
    g_autofree char *shown =
        g_uri_to_string_partial(uri, G_URI_HIDE_USERINFO | G_URI_HIDE_QUERY | G_URI_HIDE_FRAGMENT);
    return spoc_text_line(shown, -1, SHOWN_URL_MAX_BYTES);
}
