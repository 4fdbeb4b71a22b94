/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   What getting tokens needs to know, taken from a configuration snapshot once.
 * OWNERSHIP Immutable and reference counted: a request keeps the settings with which it began.
 * SECURITY  Holds the client's secret. spoc_oauth_settings_mask() must see every text of a
 *           provider before anyone else does.
 */
#pragma once

#include "base/secret.h"
#include "config/config.h"

/**
 * SpocTokenSource:
 * @SPOC_TOKEN_SOURCE_NONE: nothing is set
 * @SPOC_TOKEN_SOURCE_REFRESH: a refresh token that 'spocctl oauth login' stored
 *
 * Where tokens come from. The first of them that is set counts.
 */
typedef enum {
    SPOC_TOKEN_SOURCE_COMMAND,
    SPOC_TOKEN_SOURCE_SERVICE_ACCOUNT,
    SPOC_TOKEN_SOURCE_CERTIFICATE,
    SPOC_TOKEN_SOURCE_REFRESH,
    SPOC_TOKEN_SOURCE_SECRET,
    SPOC_TOKEN_SOURCE_NONE,
} SpocTokenSource;

/* "command", "service-account", "certificate", "refresh-token", "secret", "none" */
const char *spoc_token_source_name(SpocTokenSource source);

/**
 * SpocOAuthSettings:
 * @token_url: (nullable): with the tenant in it
 * @device_url: (nullable): the same
 * @fingerprint: of all that decides which token one gets, secrets too: another one, another token
 * @token_problem: (nullable): why @token_url is not set, though mailOAuthTokenUrl is
 * @device_problem: (nullable): the same of @device_url
 *
 * Everything else is (nullable) as well.
 */
typedef struct {
    gatomicrefcount references;
    SpocProvider provider;
    char *token_url;
    char *device_url;
    char *client_id;
    char *scope;
    SpocSecret *client_secret;
    char *certificate_file;
    char *key_file;
    char *service_account_file;
    char *command;
    char *user;
    char *proxy;
    guint connection_timeout_ms;
    guint timeout_ms;
    char *fingerprint;
    char *token_problem;
    char *device_problem;
} SpocOAuthSettings;

SpocOAuthSettings *spoc_oauth_settings_new(const SpocConfig *config);
SpocOAuthSettings *spoc_oauth_settings_ref(SpocOAuthSettings *settings);
void spoc_oauth_settings_unref(SpocOAuthSettings *settings);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SpocOAuthSettings, spoc_oauth_settings_unref)

/* Whether the login is one with a token. An application without a secret and a password is there
 * for nothing else than 'spocctl oauth login': mail waits for that. */
gboolean spoc_oauth_settings_are_used(const SpocConfig *config, gboolean has_stored_login);

/* The source that the configuration names by itself; SECRET or NONE may give way to a stored
 * refresh token. */
SpocTokenSource spoc_oauth_settings_source(const SpocOAuthSettings *settings);

/* (nullable): what @source is to ask for: mailOAuthScope, else what fits the provider */
const char *spoc_oauth_settings_scope(const SpocOAuthSettings *settings, SpocTokenSource source);

/* Whether it is Microsoft's endpoint, whatever mailProvider says */
gboolean spoc_oauth_settings_are_microsoft(const SpocOAuthSettings *settings);

/* (transfer full): @text (transfer full) without the client's secret */
char *spoc_oauth_settings_mask(const SpocOAuthSettings *settings, char *text);
