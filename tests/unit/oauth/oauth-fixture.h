/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  A configuration, a spool and a provider for tests of the login with a token.
 */
#pragma once

#include "config/load.h"
#include "https-server.h"
#include "oauth/stored-login.h"
#include "spool/spool.h"

typedef struct {
    char *root;
    SpocPlaces *places;
    SpocSpool *spool;
    int state_fd;
    HttpsServer *server;
    SpocTls *tls;
    char *token_url;
    char *device_url;
    GMainLoop *loop;
} OAuthFixture;

void oauth_fixture_set_up(OAuthFixture *fixture, gconstpointer data);
void oauth_fixture_tear_down(OAuthFixture *fixture, gconstpointer data);

/* (transfer full): spoc.conf with the provider's URLs, client id "client", mailuser
 * "me@example.com", and @more */
SpocConfig *oauth_fixture_config(const OAuthFixture *fixture, const char *more);

/* (transfer full): the path of a file with that content in the root */
char *oauth_fixture_file(const OAuthFixture *fixture, const char *name, const char *content);
/* (transfer full): the path of a key in PEM */
char *oauth_fixture_key(const OAuthFixture *fixture, const char *name, EVP_PKEY *key);
/* (transfer full): a service account's key file. @token_url: (nullable) */
char *oauth_fixture_service_account(const OAuthFixture *fixture, EVP_PKEY *key,
                                    const char *token_url);

/* A stored login for the provider and client of oauth_fixture_config() */
void oauth_fixture_log_in(const OAuthFixture *fixture, const char *refresh_token);
/* (transfer full) (nullable): the refresh token that is stored */
char *oauth_fixture_stored(const OAuthFixture *fixture);

/* (transfer full) (nullable): a field of the form in a request */
char *oauth_fixture_field(const OAuthFixture *fixture, guint request, const char *name);
/* (transfer full) (nullable): the same of a form */
char *oauth_field(const char *form, const char *name);
