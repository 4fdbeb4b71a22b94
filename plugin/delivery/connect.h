/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   The way to one server, made by libcurl (CURLOPT_CONNECT_ONLY): name, TCP, TLS,
 *           greeting, EHLO, STARTTLS, login. Afterwards bytes go through it in both directions.
 * ERRORS    What went wrong is known from the stage and the server's reply, from OpenSSL's
 *           alerts and verification, and from curl's result code only where these are silent.
 * SECURITY  Certificates and host names are always verified. curl's "try" mode of STARTTLS is
 *           never used: it sends the password in clear when STARTTLS was stripped.
 */
#pragma once

#include "delivery/capabilities.h"
#include "delivery/settings.h"
#include "delivery/verdict.h"
#include "net/curl-multi.h"

/* All that a server says until the login is done. */
#define SPOC_CONNECT_MAX_OPENING_BYTES (64 * 1024)

/**
 * SpocConnectKind:
 * @SPOC_CONNECT_CONFIGURED: encryption and login as the settings say; STARTTLS is required
 * @SPOC_CONNECT_UNENCRYPTED: for SPOC_ENCRYPTION_STARTTLS, after the server did not offer it or
 *   refused it: no encryption
 */
typedef enum {
    SPOC_CONNECT_CONFIGURED,
    SPOC_CONNECT_UNENCRYPTED,
} SpocConnectKind;

/**
 * SpocConnectLogin:
 * @mechanism: the only one that is tried; SPOC_SASL_NONE: no login
 * @user: (nullable)
 * @token: (nullable): for OAUTHBEARER and XOAUTH2; for GSSAPI the cache that has the ticket
 */
typedef struct {
    SpocSaslMechanism mechanism;
    const char *user;
    const char *token;
} SpocConnectLogin;

typedef struct _SpocConnect SpocConnect;

/**
 * SpocConnectEvents:
 * @progress: one line about what was reached
 * @opened: the link can be used
 * @failed: it cannot, and is to be freed; @words for people, unmasked
 *
 * All come from the main loop and never from within a call.
 */
typedef struct {
    void (*progress)(SpocStage stage, const char *text, gpointer user_data);
    void (*opened)(const SpocCapabilities *capabilities, gpointer user_data);
    void (*failed)(const SpocFailure *failure, const char *words, gpointer user_data);
} SpocConnectEvents;

/**
 * spoc_connect_new:
 *
 * The time-outs are the settings': connection_timeout_ms for name lookup and connecting, and once
 * more for the TLS handshake; silence_timeout_ms for each answer, the greeting included.
 *
 * @login: copied
 *
 * Returns: (nullable): NULL when curl has no memory
 */
SpocConnect *spoc_connect_new(SpocCurlMulti *curl_multi, SpocDeliverySettings *settings,
                              guint server, SpocConnectKind kind, const SpocConnectLogin *login,
                              const SpocConnectEvents *events, gpointer user_data);

/* Shuts the socket down first, so that nothing waits for the server. */
void spoc_connect_free(SpocConnect *connect);

/* For the loop's done function. */
void spoc_connect_done(SpocConnect *connect, CURLcode result);

gboolean spoc_connect_is_encrypted(const SpocConnect *connect);

/* What the server's last answer to EHLO offers, also after a failure. */
const SpocCapabilities *spoc_connect_capabilities(const SpocConnect *connect);

/* -1 before it is opened */
int spoc_connect_fd(const SpocConnect *connect);

typedef enum {
    SPOC_CONNECT_MOVED,
    SPOC_CONNECT_AGAIN,
    SPOC_CONNECT_GONE,
} SpocConnectResult;

SpocConnectResult spoc_connect_send(SpocConnect *connect, const void *bytes, gsize size,
                                    gsize *ret_size);
/* MOVED with 0 bytes never comes: the other side's end is GONE. */
SpocConnectResult spoc_connect_receive(SpocConnect *connect, void *buffer, gsize size,
                                       gsize *ret_size);

/**
 * spoc_connect_loss:
 *
 * After GONE: what is known about it.
 *
 * Returns: (transfer full): words for people
 */
char *spoc_connect_loss(const SpocConnect *connect, SpocFailureKind *ret_kind);
