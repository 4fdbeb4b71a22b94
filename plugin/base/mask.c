/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mask.h"

#include "base/secret.h"

#include <string.h>

#define MASK "***"
/* Less is no secret, and would take words out of every sentence. */
#define SECRET_MIN_BYTES 4
/* So much of a secret in a row is a part of it, not chance. */
#define PIECE_MIN_BYTES 12
/* No word that people use is so long, but tokens are. */
#define WORD_MAX_BYTES 40
#define TOKEN_CHARACTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.~+=-"

/* How much of @text, from its beginning, stands in @form as well */
static gsize
common_length(const char *text, const char *form, gsize piece)
{
    if (strnlen(text, piece) < piece)
        return 0;
    const char *at = memmem(form, strlen(form), text, piece);
    gsize length = 0;
    while (at != NULL && at[length] != '\0' && at[length] == text[length])
        length++;
    return length;
}

/* @text: (transfer full) */
static char *
mask_form(char *text, const char *form)
{
    gsize piece = MIN(strlen(form), PIECE_MIN_BYTES);
    if (piece < SECRET_MIN_BYTES)
        return text;
    GString *masked = g_string_sized_new(strlen(text));
    for (const char *p = text; *p != '\0';) {
        gsize length = common_length(p, form, piece);
        if (length == 0)
            g_string_append_c(masked, *p++);
        else
            g_string_append(masked, MASK);
        p += length;
    }
    spoc_secret_free(text);
    return g_string_free(masked, FALSE);
}

/* base64 of it, wherever in what is encoded it begins; what its neighbours change is left out */
static char *
mask_base64(char *text, const char *secret)
{
    for (guint before = 0; before < 3; before++) {
        g_autoptr(SpocSecret) shifted = g_strconcat(&"xx"[2 - before], secret, NULL);
        g_autoptr(SpocSecret) encoded = g_base64_encode((const guchar *)shifted, strlen(shifted));
        gsize length = strlen(encoded);
        gsize skipped = before == 0 ? 0 : 4;
        gsize cut = strlen(shifted) % 3 == 0 ? 0 : 4;
        if (length < skipped + cut + PIECE_MIN_BYTES)
            continue;
        encoded[length - cut] = '\0';
        text = mask_form(text, encoded + skipped);
    }
    return text;
}

char *
spoc_mask(char *text, const char *secret)
{
    if (secret == NULL || *secret == '\0')
        return text;
    g_autoptr(SpocSecret) escaped = g_uri_escape_string(secret, NULL, FALSE);
    g_autoptr(SpocSecret) base64 = g_base64_encode((const guchar *)secret, strlen(secret));
    text = mask_form(text, secret);
    text = mask_form(text, escaped);
    text = mask_form(text, base64);
    return mask_base64(text, secret);
}

char *
spoc_mask_words(char *text)
{
    GString *masked = g_string_sized_new(strlen(text));
    for (const char *p = text; *p != '\0';) {
        gsize length = strspn(p, TOKEN_CHARACTERS);
        if (length > WORD_MAX_BYTES)
            g_string_append(masked, MASK);
        else
            g_string_append_len(masked, p, (gssize)MAX(length, 1));
        p += MAX(length, 1);
    }
    spoc_secret_free(text);
    return g_string_free(masked, FALSE);
}
