/* SPDX-License-Identifier: Apache-2.0 */
#include "net/https.h"

#include "base/error.h"
#include "base/secret.h"
#include "base/text.h"
#include "build-config.h"
#include "net/curl-multi.h"

#include <string.h>

#define STATUS_OK 200L
#define WORDS_MAX_BYTES 300
#define SCHEME "https://"
#define RETRY_AFTER_MAX_S (24 * 60 * 60)

struct _SpocHttps {
    SpocCurlMulti *loop;
    CURL *easy;
    struct curl_slist *headers;
    gboolean added;
    char *setting;
    SpocSecret *form; /* (nullable) */
    SpocTls *tls;
    GError *tls_error;
    GByteArray *content;
    gsize max_bytes;
    gsize header_bytes;
    gboolean wants_error_content;
    gboolean too_large;
    char words[CURL_ERROR_SIZE];

    CURLcode result;
    GSource *idle; /* (nullable): the end, on its way to func */
    SpocHttpsReplyFunc func;
    gpointer user_data;
};

/* --- what libcurl calls ----------------------------------------------------------------- */

static CURLcode
on_ssl_context(CURL *easy, void *context, void *user_data)
{
    SpocHttps *https = user_data;
    g_clear_error(&https->tls_error);
    return spoc_tls_apply(https->tls, context, &https->tls_error) ? CURLE_OK
                                                                  : CURLE_SSL_CERTPROBLEM;
}

static long
status_of(const SpocHttps *https)
{
    long status = 0;
    curl_easy_getinfo(https->easy, CURLINFO_RESPONSE_CODE, &status);
    return status;
}

/* Ends the transfer where the content is of no use: of an error page, or beyond the limit. */
static size_t
on_content(char *data, size_t size, size_t count, void *user_data)
{
    SpocHttps *https = user_data;
    if (!https->wants_error_content && status_of(https) != STATUS_OK)
        return 0;
    https->too_large = size * count > https->max_bytes - https->content->len;
    if (https->too_large)
        return 0;
    g_byte_array_append(https->content, (const guint8 *)data, (guint)(size * count));
    return size * count;
}

static size_t
on_header(char *data, size_t size, size_t count, void *user_data)
{
    SpocHttps *https = user_data;
    https->header_bytes += size * count;
    https->too_large = https->header_bytes > SPOC_HTTPS_HEADERS_MAX_BYTES;
    return https->too_large ? 0 : size * count;
}

/* --- the end ---------------------------------------------------------------------------- */

static void
set_curl_error(const SpocHttps *https, GError **error)
{
    SpocErrorCode code = SPOC_ERROR_UNAVAILABLE;
    const char *said = https->words[0] != '\0' ? https->words : curl_easy_strerror(https->result);
    g_autofree char *words = spoc_text_line(said, -1, WORDS_MAX_BYTES);
    const char *what = "";
    g_autofree char *remedy = NULL;
    switch (https->result) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
        remedy = g_strdup_printf("; check %s and this host's name service", https->setting);
        break;
    case CURLE_OPERATION_TIMEDOUT:
    case CURLE_COULDNT_CONNECT:
        remedy = g_strdup("; check that the server runs and that no firewall stands between");
        break;
    case CURLE_PEER_FAILED_VERIFICATION:
        code = SPOC_ERROR_DENIED;
        what = "the server's certificate is refused: ";
        remedy = g_strdup("; mend it there, or import the root that signed it with 'spocctl "
                          "truststore import'");
        break;
    case CURLE_SSL_CONNECT_ERROR:
        what = "the TLS handshake failed: ";
        remedy = g_strdup("; compare what the server speaks with "
                          "cryptographicProtocolsForOutboundCommunication and "
                          "customCipherSuitesForOutboundCommunication");
        break;
    case CURLE_UNSUPPORTED_PROTOCOL:
        if (status_of(https) == 0) { /* it has not even answered in HTTP */
            what = "the answer is not HTTP: ";
            remedy = g_strdup_printf("; check %s", https->setting);
            break;
        }
        code = SPOC_ERROR_DENIED;
        what = "the server redirects to an address that is not https: ";
        remedy = g_strdup_printf("; redirect to https, or name that address in %s", https->setting);
        break;
    case CURLE_TOO_MANY_REDIRECTS:
        code = SPOC_ERROR_INVALID;
        remedy = g_strdup_printf("; name the last of the addresses in %s", https->setting);
        break;
    default:
        break;
    }
    g_set_error(error, SPOC_ERROR, code, "%s%s%s", what, words, remedy != NULL ? remedy : "");
}

/* Whether the transfer ended because the content was not to be read. */
static gboolean
was_cut_by_us(const SpocHttps *https)
{
    return https->result == CURLE_WRITE_ERROR && !https->wants_error_content &&
           status_of(https) != STATUS_OK;
}

static gboolean
has_failed(const SpocHttps *https, GError **error)
{
    if (https->tls_error != NULL)
        g_propagate_error(error, g_error_copy(https->tls_error));
    else if (https->too_large)
        g_set_error(error, SPOC_ERROR, SPOC_ERROR_LIMIT,
                    "the answer is larger than %" G_GSIZE_FORMAT " bytes; check %s",
                    https->header_bytes > SPOC_HTTPS_HEADERS_MAX_BYTES
                        ? (gsize)SPOC_HTTPS_HEADERS_MAX_BYTES
                        : https->max_bytes,
                    https->setting);
    else if (https->result != CURLE_OK && !was_cut_by_us(https))
        set_curl_error(https, error);
    else
        return FALSE;
    return TRUE;
}

static gboolean
deliver(gpointer user_data)
{
    SpocHttps *https = user_data;
    g_autoptr(GError) error = NULL;
    g_autoptr(SpocSecretBytes) content = NULL;
    SpocHttpsReply reply = {0};
    g_clear_pointer(&https->idle, g_source_unref);
    if (has_failed(https, &error))
        reply.error = error;
    else {
        curl_off_t retry_after_s = 0;
        curl_easy_getinfo(https->easy, CURLINFO_RETRY_AFTER, &retry_after_s);
        reply.status = status_of(https);
        reply.retry_after_s = CLAMP(retry_after_s, 0, RETRY_AFTER_MAX_S);
        if (https->result == CURLE_OK && (https->wants_error_content || reply.status == STATUS_OK))
            content = g_byte_array_free_to_bytes(g_steal_pointer(&https->content));
        reply.content = content;
    }
    https->func(https, &reply, https->user_data);
    return G_SOURCE_REMOVE;
}

/* From within libcurl: whoever is called next may free us, so that it has to wait. */
static void
on_done(CURL *easy, CURLcode result, gpointer user_data)
{
    SpocHttps *https = user_data;
    https->result = result;
    https->idle = g_idle_source_new();
    g_source_set_priority(https->idle, G_PRIORITY_DEFAULT);
    g_source_set_callback(https->idle, deliver, https, NULL);
    g_autoptr(GMainContext) context = g_main_context_ref_thread_default();
    g_source_attach(https->idle, context);
}

const char *
spoc_https_header(const SpocHttps *https, const char *name)
{
    struct curl_header *header = NULL;
    if (curl_easy_header(https->easy, name, 0, CURLH_HEADER, -1, &header) != CURLHE_OK ||
        header->amount != 1)
        return NULL;
    return header->value;
}

/* --- the beginning ---------------------------------------------------------------------- */

/* What everything rests on: an old libcurl that does not know one of these does nothing. */
static gboolean
set_safety(SpocHttps *https, CURL *easy)
{
    return curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "https") == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, "https") == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L) == CURLE_OK &&
           /* Ours is the only store, so that nobody else's roots can count. */
           curl_easy_setopt(easy, CURLOPT_CAINFO, NULL) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_CAPATH, NULL) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, on_ssl_context) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, https) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_HEADERDATA, https) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_content) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_WRITEDATA, https) == CURLE_OK;
}

static gboolean
set_method(SpocHttps *https, CURL *easy)
{
    if (https->form == NULL)
        return curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 1L) == CURLE_OK &&
               curl_easy_setopt(easy, CURLOPT_MAXREDIRS, (long)SPOC_HTTPS_MAX_REDIRECTIONS) ==
                   CURLE_OK;
    return curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, (long)strlen(https->form)) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_POSTFIELDS, https->form) == CURLE_OK;
}

static gboolean
set_up(SpocHttps *https, const SpocHttpsRequest *request)
{
    CURL *easy = https->easy;
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)request->connection_timeout_ms);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)request->timeout_ms);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "cups-spoc/" SPOC_VERSION);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, https->headers);
    curl_easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_SESSIONID_CACHE, 0L);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    /* Else giving up waits for the thread that resolves the name. */
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, https->words);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, https);
    if (request->proxy != NULL && curl_easy_setopt(easy, CURLOPT_PROXY, request->proxy) != CURLE_OK)
        return FALSE;
    return set_safety(https, easy) && set_method(https, easy) &&
           curl_easy_setopt(easy, CURLOPT_URL, request->url) == CURLE_OK;
}

SpocHttps *
spoc_https_new(const SpocHttpsRequest *request, SpocTls *tls, SpocHttpsReplyFunc func,
               gpointer user_data, GError **error)
{
    if (g_ascii_strncasecmp(request->url, SCHEME, strlen(SCHEME)) != 0) {
        g_set_error(error, SPOC_ERROR, SPOC_ERROR_INVALID, "%s is no address that begins https://",
                    request->setting);
        return NULL;
    }
    g_autoptr(SpocHttps) https = g_new0(SpocHttps, 1);
    g_autoptr(GMainContext) context = g_main_context_ref_thread_default();
    https->tls = spoc_tls_ref(tls);
    https->setting = g_strdup(request->setting);
    https->form = g_strdup(request->form);
    /* Of one piece where it can be, so that no copy of a secret is left behind. */
    https->content = g_byte_array_sized_new((guint)MIN(request->max_bytes, 64 * 1024));
    https->max_bytes = request->max_bytes;
    https->wants_error_content = request->wants_error_content;
    https->func = func;
    https->user_data = user_data;
    https->loop = spoc_curl_multi_new(context, on_done);
    https->easy = curl_easy_init();
    for (guint i = 0; request->headers != NULL && request->headers[i] != NULL; i++)
        https->headers = curl_slist_append(https->headers, request->headers[i]);
    if (https->loop != NULL && https->easy != NULL && set_up(https, request))
        https->added = spoc_curl_multi_add(https->loop, https->easy);
    if (!https->added) {
        g_set_error(error, SPOC_ERROR, SPOC_ERROR_FAILED,
                    "libcurl cannot be used for https; is it too old?");
        return NULL;
    }
    return g_steal_pointer(&https);
}

void
spoc_https_free(SpocHttps *https)
{
    if (https == NULL)
        return;
    if (https->idle != NULL) {
        g_source_destroy(https->idle);
        g_source_unref(https->idle);
    }
    if (https->added)
        spoc_curl_multi_remove(https->loop, https->easy);
    curl_easy_cleanup(https->easy);
    curl_slist_free_all(https->headers);
    spoc_curl_multi_free(https->loop);
    spoc_tls_unref(https->tls);
    g_clear_error(&https->tls_error);
    if (https->content != NULL) {
        explicit_bzero(https->content->data, https->content->len);
        g_byte_array_unref(https->content);
    }
    spoc_secret_free(https->form);
    g_free(https->setting);
    g_free(https);
}
