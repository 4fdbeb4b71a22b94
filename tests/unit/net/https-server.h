/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  A web server over TLS on loopback, in a thread, that gives what a test tells it to give.
 */
#pragma once

#include "mint.h"
#include "trust/tls.h"

typedef struct _HttpsServer HttpsServer;

/* Its certificate is for localhost and of an authority of its own. */
HttpsServer *https_server_new(void);
void https_server_free(HttpsServer *server);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HttpsServer, https_server_free)

/* (transfer full): a policy that trusts it, and nobody else */
SpocTls *https_server_tls(const HttpsServer *server);

/* (transfer full): https://localhost:PORT/PATH */
char *https_server_url(const HttpsServer *server, const char *path);

/* What the next connection without an answer gets, whole with its status line; "": it is closed
 * without one; NULL: it gets none and stays open */
void https_server_will_say(HttpsServer *server, const char *bytes);
/* The same with status line, type and length, for JSON */
void https_server_will_give(HttpsServer *server, int status, const char *json);

/* How many requests came */
guint https_server_count(HttpsServer *server);
/* (transfer full): the request of that number, head and content */
char *https_server_request(HttpsServer *server, guint index);
