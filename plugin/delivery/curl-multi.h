/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   One curl multi handle driven by a GMainContext.
 * OWNERSHIP The loop must outlive every handle that was added.
 */
#pragma once

#include <curl/curl.h>
#include <glib.h>

typedef struct _SpocCurlMulti SpocCurlMulti;

/* Called from the main context when a handle's work is done; the handle stays added. */
typedef void (*SpocCurlMultiDoneFunc)(CURL *easy, CURLcode result, gpointer user_data);

/* (nullable): NULL when curl has no memory. @done gets the handle's CURLOPT_PRIVATE. */
SpocCurlMulti *spoc_curl_multi_new(GMainContext *context, SpocCurlMultiDoneFunc done);
void spoc_curl_multi_free(SpocCurlMulti *loop);

/* (transfer none): where the loop runs */
GMainContext *spoc_curl_multi_context(const SpocCurlMulti *loop);

gboolean spoc_curl_multi_add(SpocCurlMulti *loop, CURL *easy);
/* Also ends a connection that CURLOPT_CONNECT_ONLY made. */
void spoc_curl_multi_remove(SpocCurlMulti *loop, CURL *easy);
