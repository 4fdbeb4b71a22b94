/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   What the delivery needs to know, taken from a configuration snapshot once.
 * OWNERSHIP Immutable and reference counted: a connection keeps the settings with which it
 *           was made.
 * SECURITY  Holds the password. spoc_settings_mask() must see every text of a server before
 *           anyone else does.
 */
#pragma once

#include "config/config.h"
#include "delivery/route.h"
#include "delivery/sasl.h"
#include "delivery/tokens.h"
#include "trust/tls.h"

typedef struct {
    char *host; /* (nullable): there is no such server; no brackets */
    guint16 port;
    char *name; /* "host:port", IPv6 in brackets: for people and for the URL */
} SpocServerAddress;

typedef struct {
    gatomicrefcount references;
    SpocServerAddress servers[SPOC_ROUTE_SERVERS];
    SpocEncryption encryption;
    SpocAuthentication method; /* never AUTO */
    gboolean login_required;   /* somebody asked for it, so that mail never goes without */
    gboolean backup_left_out;  /* it is set, but must not have the token */
    char **mechanisms;         /* (nullable): mailAuthMechanisms */
    guint able;                /* spoc_sasl_able() */
    char *user;                /* (nullable) */
    char *password;
    char *keytab;             /* (nullable) */
    const SpocTokens *tokens; /* (nullable): borrowed: it outlives every delivery */
    gboolean allow_cleartext_password;
    guint connection_timeout_ms;
    guint silence_timeout_ms;
    guint final_timeout_ms;
    guint max_connections;
    guint max_messages_per_minute; /* 0: no limit */
    guint max_messages_per_day;    /* 0: no limit */
    char *hello_name;
    char *config_file; /* for remedies */
    SpocTls *tls;      /* (nullable) */
} SpocDeliverySettings;

/**
 * spoc_settings_new:
 * @tls: (nullable): NULL only with SPOC_ENCRYPTION_NONE
 * @tokens: (nullable): where tokens come from, when there is a source of them
 *
 * Returns: (transfer full): or NULL with SPOC_ERROR_INVALID when there is no server, or TLS
 *   is wanted and there is no policy for it
 */
SpocDeliverySettings *spoc_settings_new(SpocConfig *config, SpocTls *tls, const SpocTokens *tokens,
                                        GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Empty, to be filled field by field; for tests. */
SpocDeliverySettings *spoc_settings_alloc(void);
/* @host: (nullable) */
void spoc_settings_set_server(SpocDeliverySettings *settings, guint index, const char *host,
                              guint16 port);
SpocDeliverySettings *spoc_settings_ref(SpocDeliverySettings *settings);
void spoc_settings_unref(SpocDeliverySettings *settings);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SpocDeliverySettings, spoc_settings_unref)

/* The mechanisms for a line that is encrypted or not */
SpocSaslWish spoc_settings_sasl_wish(const SpocDeliverySettings *settings, gboolean encrypted);

/* (transfer full): @text with every trace of the password, also as base64, as "***" */
char *spoc_settings_mask(const SpocDeliverySettings *settings, const char *text);

/**
 * spoc_settings_hello_name:
 * @host_name: the machine's
 * @sender: (nullable): mailfrom
 *
 * Returns: (transfer full): what EHLO says: the host's name, with mailfrom's domain when it
 *   has none of its own; "localhost" when nothing is fit
 */
char *spoc_settings_hello_name(const char *host_name, const char *sender);
