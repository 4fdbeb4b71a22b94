/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   One request over https, GET or POST. Knows nothing of what it fetches.
 * OWNERSHIP Everything happens on the context that was the thread's default when it was made.
 * ERRORS    Come with the reply, where there is no answer of the server: what happened, libcurl's
 *           words, and the remedy; one line, without the URL's query. SPOC_ERROR_UNAVAILABLE may
 *           pass by itself, SPOC_ERROR_DENIED is a matter of trust, SPOC_ERROR_LIMIT,
 *           SPOC_ERROR_INVALID.
 * SECURITY  Never anything but https, redirections included; a POST is never redirected, so what
 *           it says goes to the host of its URL alone. Certificate and name are verified against
 *           the SpocTls alone. Size, headers and time are bounded. Without a proxy of its own, one
 *           of the environment (https_proxy) is used as libcurl does.
 */
#pragma once

#include "trust/tls.h"

#define SPOC_HTTPS_MAX_REDIRECTIONS 3
#define SPOC_HTTPS_HEADERS_MAX_BYTES (64 * 1024)

/**
 * SpocHttpsRequest:
 * @url: begins https://
 * @setting: the option that names it, for remedies
 * @headers: (nullable): lines "Name: value", NULL-terminated
 * @form: (nullable): fields of a form, encoded: then it is a POST
 * @proxy: (nullable): http://host:port
 * @max_bytes: of the content
 * @connection_timeout_ms: to the end of the TLS handshake
 * @timeout_ms: for all of it
 * @wants_error_content: content is read whatever the status is; else of a 200 alone
 *
 * Borrowed only while the request is begun.
 */
typedef struct {
    const char *url;
    const char *setting;
    const char *const *headers;
    const char *form;
    const char *proxy;
    gsize max_bytes;
    guint connection_timeout_ms;
    guint timeout_ms;
    gboolean wants_error_content;
} SpocHttpsRequest;

typedef struct _SpocHttps SpocHttps;

/**
 * SpocHttpsReply:
 * @error: (nullable): then nothing else is set
 * @status: of HTTP
 * @content: (nullable): what came; NULL where it was not to be read
 * @retry_after_s: what the server asks for; 0: nothing
 */
typedef struct {
    const GError *error;
    long status;
    GBytes *content;
    gint64 retry_after_s;
} SpocHttpsReply;

/* Called once, from the main loop; @https may be freed from here. */
typedef void (*SpocHttpsReplyFunc)(SpocHttps *https, const SpocHttpsReply *reply,
                                   gpointer user_data);

/* Begins. SPOC_ERROR_INVALID when the URL is no https URL. */
SpocHttps *spoc_https_new(const SpocHttpsRequest *request, SpocTls *tls, SpocHttpsReplyFunc func,
                          gpointer user_data, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Gives it up; it calls nobody any more. Does not wait, not even for a name to be resolved. */
void spoc_https_free(SpocHttps *https);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SpocHttps, spoc_https_free)

/* (nullable): a header of the answer that stands there once; valid until @https is freed */
const char *spoc_https_header(const SpocHttps *https, const char *name);
