/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   One curl multi handle driven by a GMainContext.
 * OWNERSHIP The curl_multi must outlive every handle that was added.
 */
#pragma once

#include <curl/curl.h>
#include <glib.h>

typedef struct _SpocCurlMulti SpocCurlMulti;

/* Called from the main context when a handle's work is done; the handle stays added. */
typedef void (*SpocCurlMultiDoneFunc)(CURL *easy, CURLcode result, gpointer user_data);

/* (nullable): NULL when curl has no memory. @done gets the handle's CURLOPT_PRIVATE. */
SpocCurlMulti *spoc_curl_multi_new(GMainContext *context, SpocCurlMultiDoneFunc done);
void spoc_curl_multi_free(SpocCurlMulti *curl_multi);

/* (transfer none): where the curl_multi runs */
GMainContext *spoc_curl_multi_context(const SpocCurlMulti *curl_multi);

gboolean spoc_curl_multi_add(SpocCurlMulti *curl_multi, CURL *easy);
/* Also ends a connection that CURLOPT_CONNECT_ONLY made. */
void spoc_curl_multi_remove(SpocCurlMulti *curl_multi, CURL *easy);
