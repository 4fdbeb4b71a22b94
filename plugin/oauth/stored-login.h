/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   The refresh token that 'spocctl oauth login' got, and each that has taken its place
 *           since, in the spool's state/oauth. This file owns its format: a key file of mode 0600,
 *           replaced as a whole and durably:
 *
 *     [login]
 *     token-url = https://…      for which it is good, and
 *     client-id = ID             for whom: nobody else is ever sent it
 *     refresh-token = TOKEN
 *     obtained-unix-s = N        when it came
 *     expires-unix-s = N         0: not said
 *
 * SECURITY  A refresh token is as good as a password. What is read is checked as if a stranger had
 *           written it.
 */
#pragma once

#include "base/secret.h"

#define SPOC_STORED_LOGIN_FILE "oauth"
#define SPOC_STORED_LOGIN_MAX_BYTES (64 * 1024)

typedef struct {
    char *token_url;
    char *client_id;
    SpocSecret *refresh_token;
    gint64 obtained_unix_s;
    gint64 expires_unix_s;
} SpocStoredLogin;

void spoc_stored_login_clear(SpocStoredLogin *login);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(SpocStoredLogin, spoc_stored_login_clear)

/**
 * spoc_stored_login_read:
 * @state_fd: the spool's state/; -1: there is none
 * @login: (out caller-allocates): to be cleared whatever is returned
 *
 * Returns: FALSE with SPOC_ERROR_NOT_FOUND when nobody has logged in, SPOC_ERROR_CORRUPT,
 *   SPOC_ERROR_LIMIT, SPOC_ERROR_DENIED or SPOC_ERROR_IO
 */
gboolean spoc_stored_login_read(int state_fd, SpocStoredLogin *login,
                                GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The same from memory. */
gboolean spoc_stored_login_parse(const char *bytes, gsize length, SpocStoredLogin *login,
                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Whether somebody has logged in, even where the file cannot be read: a login is wanted then. */
gboolean spoc_stored_login_exists(int state_fd);

gboolean spoc_stored_login_write(int state_fd, const SpocStoredLogin *login,
                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Removes it durably. SPOC_ERROR_NOT_FOUND when there is none. */
gboolean spoc_stored_login_remove(int state_fd, GError **error) G_GNUC_WARN_UNUSED_RESULT;
