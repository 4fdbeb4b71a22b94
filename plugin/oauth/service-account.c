/* SPDX-License-Identifier: Apache-2.0 */
#include "oauth/service-account.h"

#include "base/error.h"
#include "base/secret.h"
#include "base/text.h"
#include "oauth/json.h"
#include "trust/credential.h"
#include "trust/store.h"

#include <string.h>

#define FIELD_MAX_BYTES 500

void
spoc_service_account_clear(SpocServiceAccount *account)
{
    g_free(account->email);
    g_free(account->key_id);
    g_free(account->token_url);
    g_free(account->client_id);
    EVP_PKEY_free(account->key);
    *account = (SpocServiceAccount){0};
}

static char *
line_of(JsonObject *object, const char *name)
{
    const char *text = spoc_oauth_json_text(object, name);
    return text != NULL ? spoc_text_line(text, -1, FIELD_MAX_BYTES) : NULL;
}

gboolean
spoc_service_account_parse(const char *bytes, gsize length, SpocServiceAccount *account,
                           GError **error)
{
    *account = (SpocServiceAccount){0};
    g_autoptr(JsonObject) object = spoc_oauth_json_parse(bytes, length, error);
    if (object == NULL)
        return FALSE;
    const char *type = spoc_oauth_json_text(object, "type");
    const char *pem = spoc_oauth_json_text(object, "private_key");
    account->email = line_of(object, "client_email");
    account->key_id = line_of(object, "private_key_id");
    account->token_url = line_of(object, "token_uri");
    account->client_id = line_of(object, "client_id");
    if (g_strcmp0(type, "service_account") != 0 || account->email == NULL || pem == NULL) {
        g_set_error(error, SPOC_ERROR, SPOC_ERROR_INVALID,
                    "is not the key of a service account: make one in Google's Cloud console, IAM "
                    "& Admin, Service accounts, Keys, Add key, JSON");
        return FALSE;
    }
    if (account->token_url != NULL && !g_str_has_prefix(account->token_url, "https://")) {
        g_set_error(error, SPOC_ERROR, SPOC_ERROR_INVALID,
                    "has a token_uri in it that does not begin with https://");
        return FALSE;
    }
    account->key = spoc_credential_parse_key(pem, strlen(pem));
    if (account->key == NULL) {
        g_set_error(error, SPOC_ERROR, SPOC_ERROR_CORRUPT,
                    "has no private_key in it that can be read; download a new key");
        return FALSE;
    }
    return TRUE;
}

gboolean
spoc_service_account_read(const char *path, SpocServiceAccount *account, GError **error)
{
    *account = (SpocServiceAccount){0};
    g_autoptr(SpocSecretBytes) content = spoc_store_read_file(path, error);
    if (content == NULL) {
        g_prefix_error(error, "mailOAuthServiceAccount: ");
        return FALSE;
    }
    gsize size = 0;
    const char *bytes = g_bytes_get_data(content, &size);
    if (spoc_service_account_parse(bytes != NULL ? bytes : "", size, account, error))
        return TRUE;
    g_prefix_error(error, "mailOAuthServiceAccount: '%s' ", path);
    return FALSE;
}
