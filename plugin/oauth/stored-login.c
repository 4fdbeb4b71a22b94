/* SPDX-License-Identifier: Apache-2.0 */
#include "oauth/stored-login.h"

#include "base/durable.h"
#include "base/error.h"
#include "oauth/reply.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define GROUP "login"
#define KEY_URL "token-url"
#define KEY_CLIENT "client-id"
#define KEY_TOKEN "refresh-token"
#define KEY_OBTAINED "obtained-unix-s"
#define KEY_EXPIRES "expires-unix-s"

void
spoc_stored_login_clear(SpocStoredLogin *login)
{
    g_free(login->token_url);
    g_free(login->client_id);
    spoc_secret_free(login->refresh_token);
    *login = (SpocStoredLogin){0};
}

gboolean
spoc_stored_login_parse(const char *bytes, gsize length, SpocStoredLogin *login, GError **error)
{
    *login = (SpocStoredLogin){0};
    g_autoptr(GKeyFile) file = g_key_file_new();
    if (length <= SPOC_STORED_LOGIN_MAX_BYTES &&
        g_key_file_load_from_data(file, bytes, length, G_KEY_FILE_NONE, NULL)) {
        login->token_url = g_key_file_get_string(file, GROUP, KEY_URL, NULL);
        login->client_id = g_key_file_get_string(file, GROUP, KEY_CLIENT, NULL);
        login->refresh_token = g_key_file_get_string(file, GROUP, KEY_TOKEN, NULL);
        login->obtained_unix_s = MAX(g_key_file_get_int64(file, GROUP, KEY_OBTAINED, NULL), 0);
        login->expires_unix_s = MAX(g_key_file_get_int64(file, GROUP, KEY_EXPIRES, NULL), 0);
    }
    if (login->token_url != NULL && login->client_id != NULL && login->refresh_token != NULL &&
        spoc_token_is_valid(login->refresh_token))
        return TRUE;
    spoc_stored_login_clear(login);
    g_set_error_literal(error, SPOC_ERROR, SPOC_ERROR_CORRUPT,
                        "the stored login (state/" SPOC_STORED_LOGIN_FILE
                        " in the spool) is damaged; run 'spocctl oauth login' again");
    return FALSE;
}

gboolean
spoc_stored_login_read(int state_fd, SpocStoredLogin *login, GError **error)
{
    *login = (SpocStoredLogin){0};
    if (state_fd < 0) {
        g_set_error_literal(error, SPOC_ERROR, SPOC_ERROR_NOT_FOUND, "there is no spool");
        return FALSE;
    }
    g_autoptr(SpocSecretBytes) content =
        spoc_durable_read(state_fd, SPOC_STORED_LOGIN_FILE, SPOC_STORED_LOGIN_MAX_BYTES, error);
    if (content == NULL) {
        g_prefix_error(error, "the stored login: ");
        return FALSE;
    }
    gsize size = 0;
    const char *bytes = g_bytes_get_data(content, &size);
    return spoc_stored_login_parse(bytes != NULL ? bytes : "", size, login, error);
}

gboolean
spoc_stored_login_exists(int state_fd)
{
    g_auto(SpocStoredLogin) login = {0};
    g_autoptr(GError) error = NULL;
    return spoc_stored_login_read(state_fd, &login, &error) ||
           !g_error_matches(error, SPOC_ERROR, SPOC_ERROR_NOT_FOUND);
}

gboolean
spoc_stored_login_write(int state_fd, const SpocStoredLogin *login, GError **error)
{
    g_autoptr(GKeyFile) file = g_key_file_new();
    g_key_file_set_string(file, GROUP, KEY_URL, login->token_url);
    g_key_file_set_string(file, GROUP, KEY_CLIENT, login->client_id);
    g_key_file_set_string(file, GROUP, KEY_TOKEN, login->refresh_token);
    g_key_file_set_int64(file, GROUP, KEY_OBTAINED, login->obtained_unix_s);
    g_key_file_set_int64(file, GROUP, KEY_EXPIRES, login->expires_unix_s);
    gsize size = 0;
    g_autoptr(SpocSecret) data = g_key_file_to_data(file, &size, NULL);
    if (spoc_durable_replace(state_fd, SPOC_STORED_LOGIN_FILE, data, size, 0600, NULL, error))
        return TRUE;
    g_prefix_error(error, "the new refresh token cannot be kept in the spool's state/: ");
    return FALSE;
}

gboolean
spoc_stored_login_remove(int state_fd, GError **error)
{
    if (unlinkat(state_fd, SPOC_STORED_LOGIN_FILE, 0) != 0) {
        spoc_error_set_errno(error, errno, "cannot remove the stored login");
        return FALSE;
    }
    return spoc_durable_sync_directory(state_fd, error);
}
