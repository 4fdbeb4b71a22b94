/* SPDX-License-Identifier: Apache-2.0 */
#include "oauth/mask.h"

#include "base/secret.h"

#include <string.h>

#define MASK "***"
/* Less is no secret, and would take words out of every sentence. */
#define SECRET_MIN_BYTES 4

static char *
replace_all(char *text, const char *secret)
{
    if (strlen(secret) < SECRET_MIN_BYTES || strstr(text, secret) == NULL)
        return text;
    g_auto(GStrv) pieces = g_strsplit(text, secret, -1);
    spoc_secret_free(text);
    return g_strjoinv(MASK, pieces);
}

char *
spoc_oauth_mask(char *text, const char *secret)
{
    if (secret == NULL || *secret == '\0')
        return text;
    g_autoptr(SpocSecret) escaped = g_uri_escape_string(secret, NULL, FALSE);
    g_autoptr(SpocSecret) base64 = g_base64_encode((const guchar *)secret, strlen(secret));
    text = replace_all(text, secret);
    text = replace_all(text, escaped);
    return replace_all(text, base64);
}
