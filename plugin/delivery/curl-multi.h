/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   One curl multi handle driven by a GMainContext.
 * OWNERSHIP The loop must outlive every handle that was added.
 */
#pragma once

#include <curl/curl.h>
#include <glib.h>

typedef struct _SpocLoop SpocLoop;

/* Called from the main context when a handle's work is done; the handle stays added. */
typedef void (*SpocLoopDoneFunc)(CURL *easy, CURLcode result, gpointer user_data);

/* (nullable): NULL when curl has no memory. @done gets the handle's CURLOPT_PRIVATE. */
SpocLoop *spoc_loop_new(GMainContext *context, SpocLoopDoneFunc done);
void spoc_loop_free(SpocLoop *loop);

/* (transfer none): where the loop runs */
GMainContext *spoc_loop_context(const SpocLoop *loop);

gboolean spoc_loop_add(SpocLoop *loop, CURL *easy);
/* Also ends a connection that CURLOPT_CONNECT_ONLY made. */
void spoc_loop_remove(SpocLoop *loop, CURL *easy);
