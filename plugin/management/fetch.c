/* SPDX-License-Identifier: Apache-2.0 */
#include "management/fetch.h"

#include "base/error.h"
#include "config/management-state.h"
#include "net/https.h"

#define STATUS_OK 200
#define STATUS_NOT_MODIFIED 304
#define SETTING "managementUrl"

struct _SpocManagementFetch {
    SpocHttps *https;
    gboolean is_conditional;
    SpocManagementReplyFunc func;
    gpointer user_data;
};

static void
set_status_error(long status, GError **error)
{
    const char *cure = "check " SETTING;
    if (status == 401 || status == 403)
        cure = "let the server hand the file to this host without a login";
    else if (status == 404 || status == 410)
        cure = "check the path in " SETTING;
    else if (status == 429 || status >= 500)
        cure = "see the server's own log";
    g_set_error(error, SPOC_ERROR, status >= 500 ? SPOC_ERROR_UNAVAILABLE : SPOC_ERROR_INVALID,
                "the server answered with status %ld; %s", status, cure);
}

/* (nullable): a header of the last answer, when it is well-formed */
static const char *
find_validator(SpocHttps *https, const char *name, gboolean (*is_good)(const char *))
{
    const char *value = spoc_https_header(https, name);
    return value != NULL && is_good(value) ? value : NULL;
}

static void
on_answer(SpocHttps *https, const SpocHttpsReply *answer, gpointer user_data)
{
    SpocManagementFetch *fetch = user_data;
    g_autoptr(GError) error = NULL;
    SpocManagementReply reply = {0};
    /* A 304 to a question without conditions makes no sense. */
    if (answer->error != NULL)
        reply.error = answer->error;
    else if (answer->status == STATUS_OK ||
             (answer->status == STATUS_NOT_MODIFIED && fetch->is_conditional)) {
        reply.content = answer->content;
        reply.etag = find_validator(https, "ETag", spoc_management_state_is_etag);
        reply.last_modified = find_validator(https, "Last-Modified", spoc_management_state_is_date);
    } else {
        set_status_error(answer->status, &error);
        reply.error = error;
    }
    fetch->func(&reply, fetch->user_data);
}

static char *
condition(const char *name, const char *validator)
{
    return g_strdup_printf("%s: %s", name, validator);
}

SpocManagementFetch *
spoc_management_fetch_new(const char *url, const char *etag, const char *last_modified,
                          gsize max_bytes, SpocTls *tls, SpocManagementReplyFunc func,
                          gpointer user_data, GError **error)
{
    g_autofree char *shown = spoc_management_shown_url(url);
    if (shown == NULL) {
        g_set_error(error, SPOC_ERROR, SPOC_ERROR_INVALID,
                    SETTING " is no address that begins https://");
        return NULL;
    }
    g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
    g_autofree char *match = etag != NULL ? condition("If-None-Match", etag) : NULL;
    g_autofree char *since =
        last_modified != NULL ? condition("If-Modified-Since", last_modified) : NULL;
    if (match != NULL)
        g_strv_builder_add(builder, match);
    if (since != NULL)
        g_strv_builder_add(builder, since);
    g_auto(GStrv) headers = g_strv_builder_end(builder);
    SpocHttpsRequest request = {
        .url = url,
        .setting = SETTING,
        .headers = (const char *const *)headers,
        .max_bytes = max_bytes,
        .connection_timeout_ms = SPOC_MANAGEMENT_CONNECT_TIMEOUT_MS,
        .timeout_ms = SPOC_MANAGEMENT_TIMEOUT_MS,
    };
    g_autoptr(SpocManagementFetch) fetch = g_new0(SpocManagementFetch, 1);
    fetch->is_conditional = headers[0] != NULL;
    fetch->func = func;
    fetch->user_data = user_data;
    fetch->https = spoc_https_new(&request, tls, on_answer, fetch, error);
    return fetch->https != NULL ? g_steal_pointer(&fetch) : NULL;
}

void
spoc_management_fetch_free(SpocManagementFetch *fetch)
{
    if (fetch == NULL)
        return;
    spoc_https_free(fetch->https);
    g_free(fetch);
}
