/* SPDX-License-Identifier: Apache-2.0 */
#include "management/fetch.h"

#include "base/error.h"
#include "base/text.h"
#include "build-config.h"
#include "config/management-state.h"
#include "delivery/curl-multi.h"

#include <string.h>

#define STATUS_OK 200L
#define STATUS_NOT_MODIFIED 304L
#define WORDS_MAX_BYTES 300

struct _SpocManagementFetch {
    SpocCurlMulti *loop;
    CURL *easy;
    struct curl_slist *headers;
    gboolean added;
    gboolean is_conditional;
    SpocTls *tls;
    GError *tls_error;
    GByteArray *content;
    gsize max_bytes;
    gboolean too_large;
    char words[CURL_ERROR_SIZE];

    CURLcode result;
    GSource *idle; /* (nullable): the end, on its way to func */
    SpocManagementReplyFunc func;
    gpointer user_data;
};

/* --- what libcurl calls ----------------------------------------------------------------- */

static CURLcode
on_ssl_context(CURL *easy, void *context, void *user_data)
{
    SpocManagementFetch *fetch = user_data;
    g_clear_error(&fetch->tls_error);
    return spoc_tls_apply(fetch->tls, context, &fetch->tls_error) ? CURLE_OK
                                                                  : CURLE_SSL_CERTPROBLEM;
}

/* Ends the transfer where the content is of no use: of an error page, or beyond the limit. */
static size_t
on_content(char *data, size_t size, size_t count, void *user_data)
{
    SpocManagementFetch *fetch = user_data;
    long status = 0;
    curl_easy_getinfo(fetch->easy, CURLINFO_RESPONSE_CODE, &status);
    if (status != STATUS_OK)
        return 0;
    fetch->too_large = size * count > fetch->max_bytes - fetch->content->len;
    if (fetch->too_large)
        return 0;
    g_byte_array_append(fetch->content, (const guint8 *)data, (guint)(size * count));
    return size * count;
}

/* --- the end ---------------------------------------------------------------------------- */

static void
set_status_error(long status, GError **error)
{
    const char *cure = "check managementUrl";
    if (status == 401 || status == 403)
        cure = "let the server hand the file to this host without a login";
    else if (status == 404 || status == 410)
        cure = "check the path in managementUrl";
    else if (status == 429 || status >= 500)
        cure = "see the server's own log";
    g_set_error(error, SPOC_ERROR, status >= 500 ? SPOC_ERROR_UNAVAILABLE : SPOC_ERROR_INVALID,
                "the server answered with status %ld; %s", status, cure);
}

static void
set_curl_error(const SpocManagementFetch *fetch, GError **error)
{
    SpocErrorCode code = SPOC_ERROR_UNAVAILABLE;
    const char *said = fetch->words[0] != '\0' ? fetch->words : curl_easy_strerror(fetch->result);
    g_autofree char *words = spoc_text_line(said, -1, WORDS_MAX_BYTES);
    const char *what = "", *cure = "";
    switch (fetch->result) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
        cure = "; check managementUrl and this host's name service";
        break;
    case CURLE_OPERATION_TIMEDOUT:
    case CURLE_COULDNT_CONNECT:
        cure = "; check that the server runs and that no firewall stands between";
        break;
    case CURLE_PEER_FAILED_VERIFICATION:
        code = SPOC_ERROR_DENIED;
        what = "the server's certificate is refused: ";
        cure = "; mend it there, or import the root that signed it with 'spocctl truststore "
               "import'";
        break;
    case CURLE_SSL_CONNECT_ERROR:
        what = "the TLS handshake failed: ";
        cure = "; compare what the server speaks with "
               "cryptographicProtocolsForOutboundCommunication and "
               "customCipherSuitesForOutboundCommunication";
        break;
    case CURLE_UNSUPPORTED_PROTOCOL:
        code = SPOC_ERROR_DENIED;
        what = "the server redirects to an address that is not https: ";
        cure = "; redirect to https, or name that address in managementUrl";
        break;
    case CURLE_TOO_MANY_REDIRECTS:
        code = SPOC_ERROR_INVALID;
        cure = "; name the last of the addresses in managementUrl";
        break;
    default:
        break;
    }
    g_set_error(error, SPOC_ERROR, code, "%s%s%s", what, words, cure);
}

static gboolean
has_failed(const SpocManagementFetch *fetch, long status, GError **error)
{
    /* A 304 to a question without conditions makes no sense. */
    gboolean is_good =
        status == STATUS_OK || (status == STATUS_NOT_MODIFIED && fetch->is_conditional);
    gboolean has_status = fetch->result == CURLE_OK || fetch->result == CURLE_WRITE_ERROR;
    if (fetch->tls_error != NULL)
        g_propagate_error(error, g_error_copy(fetch->tls_error));
    else if (fetch->too_large)
        g_set_error(error, SPOC_ERROR, SPOC_ERROR_LIMIT,
                    "the answer is larger than %" G_GSIZE_FORMAT " bytes; check managementUrl",
                    fetch->max_bytes);
    else if (has_status && !is_good)
        set_status_error(status, error);
    else if (fetch->result != CURLE_OK)
        set_curl_error(fetch, error);
    else
        return FALSE;
    return TRUE;
}

/* (nullable): a header of the last answer, when it is well-formed and stands there once */
static const char *
find_validator(CURL *easy, const char *name, gboolean (*is_good)(const char *))
{
    struct curl_header *header = NULL;
    if (curl_easy_header(easy, name, 0, CURLH_HEADER, -1, &header) != CURLHE_OK ||
        header->amount != 1 || !is_good(header->value))
        return NULL;
    return header->value;
}

static gboolean
deliver(gpointer user_data)
{
    SpocManagementFetch *fetch = user_data;
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) content = NULL;
    SpocManagementReply reply = {0};
    long status = 0;
    g_clear_pointer(&fetch->idle, g_source_unref);
    curl_easy_getinfo(fetch->easy, CURLINFO_RESPONSE_CODE, &status);
    if (has_failed(fetch, status, &error))
        reply.error = error;
    else {
        if (status == STATUS_OK)
            content = g_byte_array_free_to_bytes(g_steal_pointer(&fetch->content));
        reply.content = content;
        reply.etag = find_validator(fetch->easy, "ETag", spoc_management_state_is_etag);
        reply.last_modified =
            find_validator(fetch->easy, "Last-Modified", spoc_management_state_is_date);
    }
    fetch->func(&reply, fetch->user_data);
    return G_SOURCE_REMOVE;
}

/* From within libcurl: whoever is called next may free us, so that it has to wait. */
static void
on_done(CURL *easy, CURLcode result, gpointer user_data)
{
    SpocManagementFetch *fetch = user_data;
    fetch->result = result;
    fetch->idle = g_idle_source_new();
    g_source_set_priority(fetch->idle, G_PRIORITY_DEFAULT);
    g_source_set_callback(fetch->idle, deliver, fetch, NULL);
    g_autoptr(GMainContext) context = g_main_context_ref_thread_default();
    g_source_attach(fetch->idle, context);
}

/* --- the beginning ---------------------------------------------------------------------- */

static void
add_condition(SpocManagementFetch *fetch, const char *name, const char *validator)
{
    if (validator == NULL)
        return;
    g_autofree char *line = g_strdup_printf("%s: %s", name, validator);
    fetch->headers = curl_slist_append(fetch->headers, line);
    fetch->is_conditional = TRUE;
}

/* What everything rests on: an old libcurl that does not know one of these does nothing. */
static gboolean
set_safety(SpocManagementFetch *fetch, CURL *easy)
{
    return curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "https") == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, "https") == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L) == CURLE_OK &&
           /* Ours is the only store, so that nobody else's roots can count. */
           curl_easy_setopt(easy, CURLOPT_CAINFO, NULL) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_CAPATH, NULL) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, on_ssl_context) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, fetch) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_content) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_WRITEDATA, fetch) == CURLE_OK;
}

static gboolean
set_up(SpocManagementFetch *fetch, const char *url)
{
    CURL *easy = fetch->easy;
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 1L);
    curl_easy_setopt(easy, CURLOPT_MAXREDIRS, (long)SPOC_MANAGEMENT_MAX_REDIRECTIONS);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)SPOC_MANAGEMENT_CONNECT_TIMEOUT_MS);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)SPOC_MANAGEMENT_TIMEOUT_MS);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "cups-spoc/" SPOC_VERSION);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, fetch->headers);
    curl_easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_SESSIONID_CACHE, 0L);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    /* Else giving up waits for the thread that resolves the name. */
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, fetch->words);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, fetch);
    return set_safety(fetch, easy) && curl_easy_setopt(easy, CURLOPT_URL, url) == CURLE_OK;
}

SpocManagementFetch *
spoc_management_fetch_new(const char *url, const char *etag, const char *last_modified,
                          gsize max_bytes, SpocTls *tls, SpocManagementReplyFunc func,
                          gpointer user_data, GError **error)
{
    g_autofree char *shown = spoc_management_shown_url(url);
    if (shown == NULL) {
        g_set_error(error, SPOC_ERROR, SPOC_ERROR_INVALID,
                    "managementUrl is no address that begins https://");
        return NULL;
    }
    g_autoptr(SpocManagementFetch) fetch = g_new0(SpocManagementFetch, 1);
    g_autoptr(GMainContext) context = g_main_context_ref_thread_default();
    fetch->tls = spoc_tls_ref(tls);
    fetch->content = g_byte_array_new();
    fetch->max_bytes = max_bytes;
    fetch->func = func;
    fetch->user_data = user_data;
    fetch->loop = spoc_curl_multi_new(context, on_done);
    fetch->easy = curl_easy_init();
    add_condition(fetch, "If-None-Match", etag);
    add_condition(fetch, "If-Modified-Since", last_modified);
    if (fetch->loop != NULL && fetch->easy != NULL && set_up(fetch, url))
        fetch->added = spoc_curl_multi_add(fetch->loop, fetch->easy);
    if (!fetch->added) {
        g_set_error(error, SPOC_ERROR, SPOC_ERROR_FAILED,
                    "libcurl cannot be used for https; is it too old?");
        return NULL;
    }
    return g_steal_pointer(&fetch);
}

void
spoc_management_fetch_free(SpocManagementFetch *fetch)
{
    if (fetch == NULL)
        return;
    if (fetch->idle != NULL) {
        g_source_destroy(fetch->idle);
        g_source_unref(fetch->idle);
    }
    if (fetch->added)
        spoc_curl_multi_remove(fetch->loop, fetch->easy);
    curl_easy_cleanup(fetch->easy);
    curl_slist_free_all(fetch->headers);
    spoc_curl_multi_free(fetch->loop);
    spoc_tls_unref(fetch->tls);
    g_clear_error(&fetch->tls_error);
    g_clear_pointer(&fetch->content, g_byte_array_unref);
    g_free(fetch);
}
