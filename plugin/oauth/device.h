/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   A login by a person at another device (RFC 8628): a code to enter at a page of the
 *           provider's, and a refresh token when that is done.
 * OWNERSHIP Everything happens on the context that was the thread's default when it was made.
 * SECURITY  What the provider says is foreign, code and address too: one line each, bounded; the
 *           address begins with https://.
 */
#pragma once

#include "oauth/reply.h"
#include "oauth/settings.h"
#include "trust/tls.h"

typedef struct _SpocDeviceLogin SpocDeviceLogin;

/**
 * SpocDevicePrompt:
 * @complete_url: (nullable): with the code in it
 */
typedef struct {
    const char *code;
    const char *url;
    const char *complete_url;
    gint64 lifetime_s;
} SpocDevicePrompt;

/**
 * SpocDeviceEvents:
 * @prompt: what the person is to do; once
 * @ended: @reply has an access token and a refresh token; or NULL with @error: one line, where, the
 *   provider's words and what to do. Once; the login may be freed from here.
 */
typedef struct {
    void (*prompt)(const SpocDevicePrompt *prompt, gpointer user_data);
    void (*ended)(SpocTokenReply *reply, const GError *error, gpointer user_data);
} SpocDeviceEvents;

/* @events: static. SPOC_ERROR_INVALID: a setting is missing. */
SpocDeviceLogin *spoc_device_login_new(SpocOAuthSettings *settings, SpocTls *tls,
                                       const SpocDeviceEvents *events, gpointer user_data,
                                       GError **error) G_GNUC_WARN_UNUSED_RESULT;
void spoc_device_login_free(SpocDeviceLogin *login);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SpocDeviceLogin, spoc_device_login_free)

/**
 * SpocDeviceReply: what the device endpoint answers
 */
typedef struct {
    SpocSecret *device_code;
    char *code;
    char *url;
    char *complete_url;
    gint64 lifetime_s;
    guint interval_s;
} SpocDeviceReply;

void spoc_device_reply_clear(SpocDeviceReply *reply);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(SpocDeviceReply, spoc_device_reply_clear)

/* FALSE when it is none, with a clause about the answer. */
gboolean spoc_device_reply_parse(const char *bytes, gsize length, SpocDeviceReply *reply,
                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;
