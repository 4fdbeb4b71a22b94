/* SPDX-License-Identifier: Apache-2.0 */
#include "oauth/jwt.h"

#include "base/error.h"
#include "base/secret.h"
#include "base/text.h"
#include "oauth/json.h"
#include "trust/openssl.h"

#include <openssl/ecdsa.h>
#include <openssl/rsa.h>
#include <string.h>

#define RSA_MIN_BITS 2048
#define P256_BITS 256
#define P256_NUMBER_BYTES 32
#define SHOWN_MAX_BYTES 300
#define TIME_MAX_UNIX_S G_GINT64_CONSTANT(253402300799) /* of the year 9999 */

const char *
spoc_jwt_algorithm(EVP_PKEY *key, gboolean prefers_pss)
{
    if (EVP_PKEY_is_a(key, "RSA"))
        return EVP_PKEY_get_bits(key) < RSA_MIN_BITS ? NULL : prefers_pss ? "PS256" : "RS256";
    char group[32] = "";
    if (EVP_PKEY_is_a(key, "EC") && EVP_PKEY_get_bits(key) == P256_BITS &&
        EVP_PKEY_get_group_name(key, group, sizeof group, NULL) == 1 &&
        g_str_equal(group, "prime256v1"))
        return "ES256";
    return NULL;
}

char *
spoc_jwt_base64url(const void *bytes, gsize size)
{
    char *text = g_base64_encode(bytes, size);
    char *end = text;
    for (char *p = text; *p != '\0' && *p != '='; p++, end++)
        *p = (char)(*p == '+' ? '-' : *p == '/' ? '_' : *p);
    *end = '\0';
    return text;
}

static char *
encode_object(JsonObject *object)
{
    g_autoptr(JsonNode) node = json_node_new(JSON_NODE_OBJECT);
    json_node_set_object(node, object);
    g_autofree char *text = json_to_string(node, FALSE);
    return spoc_jwt_base64url(text, strlen(text));
}

/* OpenSSL's form of two numbers (DER) becomes RFC 7518's: both, 32 bytes each. */
static gboolean
flatten_ecdsa(guint8 *signature, size_t *size)
{
    const guint8 *p = signature;
    ECDSA_SIG *numbers = d2i_ECDSA_SIG(NULL, &p, (long)*size);
    guint8 flat[2 * P256_NUMBER_BYTES];
    gboolean good =
        numbers != NULL &&
        BN_bn2binpad(ECDSA_SIG_get0_r(numbers), flat, P256_NUMBER_BYTES) == P256_NUMBER_BYTES &&
        BN_bn2binpad(ECDSA_SIG_get0_s(numbers), flat + P256_NUMBER_BYTES, P256_NUMBER_BYTES) ==
            P256_NUMBER_BYTES;
    ECDSA_SIG_free(numbers);
    if (good) {
        memcpy(signature, flat, sizeof flat);
        *size = sizeof flat;
    }
    return good;
}

/* (transfer full) (nullable): base64url */
static char *
sign_text(const char *text, EVP_PKEY *key, const char *algorithm)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    EVP_PKEY_CTX *parameters = NULL;
    guint8 signature[1024]; /* of an RSA key of 8192 bits */
    size_t size = sizeof signature;
    gboolean good =
        EVP_DigestSignInit(context, &parameters, EVP_sha256(), NULL, key) == 1 &&
        (!g_str_equal(algorithm, "PS256") ||
         (EVP_PKEY_CTX_set_rsa_padding(parameters, RSA_PKCS1_PSS_PADDING) == 1 &&
          EVP_PKEY_CTX_set_rsa_pss_saltlen(parameters, RSA_PSS_SALTLEN_DIGEST) == 1)) &&
        EVP_DigestSign(context, signature, &size, (const guint8 *)text, strlen(text)) == 1 &&
        (!g_str_equal(algorithm, "ES256") || flatten_ecdsa(signature, &size));
    EVP_MD_CTX_free(context);
    return good ? spoc_jwt_base64url(signature, size) : NULL;
}

char *
spoc_jwt_sign(JsonObject *header, JsonObject *claims, EVP_PKEY *key, const char *algorithm,
              GError **error)
{
    json_object_set_string_member(header, "alg", algorithm);
    json_object_set_string_member(header, "typ", "JWT");
    g_autofree char *head = encode_object(header);
    g_autofree char *body = encode_object(claims);
    g_autofree char *text = g_strconcat(head, ".", body, NULL);
    g_autofree char *signature = sign_text(text, key, algorithm);
    g_autofree char *reason = spoc_openssl_reason();
    if (signature == NULL) {
        g_set_error(error, SPOC_ERROR, SPOC_ERROR_FAILED, "OpenSSL cannot sign with the key: %s",
                    reason);
        return NULL;
    }
    return g_strconcat(text, ".", signature, NULL);
}

/* --- looking into one ------------------------------------------------------------------- */

void
spoc_jwt_peek_clear(SpocJwtPeek *peek)
{
    g_clear_pointer(&peek->audience, g_free);
    g_clear_pointer(&peek->scope, g_free);
    peek->expires_unix_s = 0;
}

/* (transfer full) (nullable): a text, or the texts of an array with blanks between */
static char *
line_of(JsonObject *claims, const char *name)
{
    JsonNode *node = json_object_get_member(claims, name);
    const char *text = spoc_oauth_json_text(claims, name);
    if (text != NULL)
        return spoc_text_line(text, -1, SHOWN_MAX_BYTES);
    if (node == NULL || !JSON_NODE_HOLDS_ARRAY(node))
        return NULL;
    JsonArray *array = json_node_get_array(node);
    g_autoptr(GString) all = g_string_new(NULL);
    for (guint i = 0; i < json_array_get_length(array) && all->len < SHOWN_MAX_BYTES; i++) {
        JsonNode *element = json_array_get_element(array, i);
        if (JSON_NODE_HOLDS_VALUE(element) && json_node_get_value_type(element) == G_TYPE_STRING)
            g_string_append_printf(all, "%s%s", all->len > 0 ? " " : "",
                                   json_node_get_string(element));
    }
    return all->len > 0 ? spoc_text_line(all->str, -1, SHOWN_MAX_BYTES) : NULL;
}

static JsonObject *
decode_claims(const char *token)
{
    const char *first = strchr(token, '.');
    const char *second = first != NULL ? strchr(first + 1, '.') : NULL;
    if (second == NULL || (gsize)(second - first) > SPOC_OAUTH_JSON_MAX_BYTES)
        return NULL;
    g_autoptr(GString) text = g_string_new_len(first + 1, second - first - 1);
    for (gsize i = 0; i < text->len; i++)
        text->str[i] = (char)(text->str[i] == '-' ? '+' : text->str[i] == '_' ? '/' : text->str[i]);
    while (text->len % 4 != 0)
        g_string_append_c(text, '=');
    gsize size = 0;
    g_autofree guchar *bytes = g_base64_decode(text->str, &size);
    return spoc_oauth_json_parse((const char *)bytes, size, NULL);
}

gboolean
spoc_jwt_peek(const char *token, SpocJwtPeek *peek)
{
    *peek = (SpocJwtPeek){0};
    g_autoptr(JsonObject) claims = decode_claims(token);
    if (claims == NULL)
        return FALSE;
    static const char *const scopes[] = {"scp", "scope", "roles"};
    peek->audience = line_of(claims, "aud");
    for (guint i = 0; i < G_N_ELEMENTS(scopes) && peek->scope == NULL; i++)
        peek->scope = line_of(claims, scopes[i]);
    peek->expires_unix_s = MAX(spoc_oauth_json_number(claims, "exp", TIME_MAX_UNIX_S), 0);
    return TRUE;
}
