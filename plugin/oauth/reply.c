/* SPDX-License-Identifier: Apache-2.0 */
#include "oauth/reply.h"

#include "base/error.h"
#include "base/text.h"
#include "oauth/json.h"

#include <string.h>

#define CODE_MAX_BYTES 80
#define WORDS_MAX_BYTES 500
#define SCOPE_MAX_BYTES 500
#define REFRESH_LIFETIME_MAX_S ((gint64)10 * 365 * 24 * 60 * 60)

void
spoc_token_reply_clear(SpocTokenReply *reply)
{
    g_clear_pointer(&reply->access_token, spoc_secret_free);
    g_clear_pointer(&reply->refresh_token, spoc_secret_free);
    g_clear_pointer(&reply->scope, g_free);
    g_clear_pointer(&reply->error_code, g_free);
    g_clear_pointer(&reply->error_words, g_free);
    *reply = (SpocTokenReply){0};
}

gboolean
spoc_token_is_valid(const char *token)
{
    gsize length = 0;
    while (length <= SPOC_TOKEN_MAX_BYTES && g_ascii_isgraph(token[length]))
        length++;
    return length > 0 && length <= SPOC_TOKEN_MAX_BYTES && token[length] == '\0';
}

static char *
line_of(JsonObject *object, const char *name, gsize max_bytes)
{
    const char *text = spoc_oauth_json_text(object, name);
    return text != NULL ? spoc_text_line(text, -1, max_bytes) : NULL;
}

static gboolean G_GNUC_PRINTF(2, 3) refuse_reply(GError **error, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *reason = g_strdup_vprintf(format, args);
    va_end(args);
    g_set_error_literal(error, SPOC_ERROR, SPOC_ERROR_CORRUPT, reason);
    return FALSE;
}

static gboolean
take_tokens(JsonObject *object, SpocTokenReply *reply, GError **error)
{
    const char *access = spoc_oauth_json_text(object, "access_token");
    const char *refresh = spoc_oauth_json_text(object, "refresh_token");
    const char *type = spoc_oauth_json_text(object, "token_type");
    if (access == NULL)
        return refuse_reply(error, "has neither an access_token nor an error in it");
    if (!spoc_token_is_valid(access) || (refresh != NULL && !spoc_token_is_valid(refresh)))
        return refuse_reply(error, "has a token in it that is too long, or has characters in it "
                                   "that no token has");
    if (type != NULL && g_ascii_strcasecmp(type, "Bearer") != 0)
        return refuse_reply(error, "has a token in it whose token_type is not Bearer");
    gint64 lifetime_s = spoc_oauth_json_number(object, "expires_in", SPOC_TOKEN_LIFETIME_MAX_S);
    gint64 refresh_s =
        spoc_oauth_json_number(object, "refresh_token_expires_in", REFRESH_LIFETIME_MAX_S);
    reply->access_token = g_strdup(access);
    reply->refresh_token = g_strdup(refresh);
    reply->lifetime_s = lifetime_s >= 0 ? lifetime_s : SPOC_TOKEN_LIFETIME_UNKNOWN_S;
    reply->refresh_lifetime_s = MAX(refresh_s, 0);
    reply->scope = line_of(object, "scope", SCOPE_MAX_BYTES);
    return TRUE;
}

gboolean
spoc_token_reply_parse(const char *bytes, gsize length, SpocTokenReply *reply, GError **error)
{
    *reply = (SpocTokenReply){0};
    g_autoptr(JsonObject) object = spoc_oauth_json_parse(bytes, length, error);
    if (object == NULL)
        return FALSE;
    reply->error_code = line_of(object, "error", CODE_MAX_BYTES);
    reply->error_words = line_of(object, "error_description", WORDS_MAX_BYTES);
    return reply->error_code != NULL || take_tokens(object, reply, error);
}

gboolean
spoc_token_reply_parse_output(const char *bytes, gsize length, SpocTokenReply *reply,
                              GError **error)
{
    *reply = (SpocTokenReply){0};
    while (length > 0 && g_ascii_isspace(bytes[length - 1]))
        length--;
    while (length > 0 && g_ascii_isspace(*bytes)) {
        bytes++;
        length--;
    }
    if (length == 0)
        return refuse_reply(error, "is empty");
    if (*bytes == '{')
        return spoc_token_reply_parse(bytes, length, reply, error);
    g_autoptr(SpocSecret) token = g_strndup(bytes, length);
    if (strlen(token) != length || !spoc_token_is_valid(token))
        return refuse_reply(error, "is neither one token nor JSON with access_token");
    reply->access_token = g_steal_pointer(&token);
    reply->lifetime_s = SPOC_TOKEN_LIFETIME_UNKNOWN_S;
    return TRUE;
}
