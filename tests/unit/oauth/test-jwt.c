/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "mint.h"
#include "oauth/jwt.h"

#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/rsa.h>
#include <string.h>

static guchar *
decode(const char *text, gsize *size)
{
    g_autoptr(GString) plain = g_string_new(text);
    for (gsize i = 0; i < plain->len; i++)
        plain->str[i] = (char)(plain->str[i] == '-'   ? '+'
                               : plain->str[i] == '_' ? '/'
                                                      : plain->str[i]);
    while (plain->len % 4 != 0)
        g_string_append_c(plain, '=');
    return g_base64_decode(plain->str, size);
}

/* As a provider does it. */
static gboolean
verify(const char *token, EVP_PKEY *key, const char *algorithm)
{
    const char *end = strrchr(token, '.');
    gsize size = 0;
    g_autofree guchar *signature = decode(end + 1, &size);
    g_autofree guint8 *der = NULL;
    int der_size = (int)size;
    if (g_str_equal(algorithm, "ES256")) {
        g_assert_cmpuint(size, ==, 64);
        ECDSA_SIG *numbers = ECDSA_SIG_new();
        ECDSA_SIG_set0(numbers, BN_bin2bn(signature, 32, NULL),
                       BN_bin2bn(signature + 32, 32, NULL));
        der_size = i2d_ECDSA_SIG(numbers, NULL);
        der = g_malloc((gsize)der_size);
        guint8 *p = der;
        i2d_ECDSA_SIG(numbers, &p);
        ECDSA_SIG_free(numbers);
    }
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    EVP_PKEY_CTX *parameters = NULL;
    g_assert_cmpint(EVP_DigestVerifyInit(context, &parameters, EVP_sha256(), NULL, key), ==, 1);
    if (g_str_equal(algorithm, "PS256"))
        g_assert_cmpint(EVP_PKEY_CTX_set_rsa_padding(parameters, RSA_PKCS1_PSS_PADDING), ==, 1);
    int good = EVP_DigestVerify(context, der != NULL ? der : signature, (size_t)der_size,
                                (const guint8 *)token, (size_t)(end - token));
    EVP_MD_CTX_free(context);
    return good == 1;
}

static void
test_sign(void)
{
    static const struct {
        gboolean rsa;
        gboolean prefers_pss;
        const char *algorithm;
    } cases[] = {{TRUE, FALSE, "RS256"}, {TRUE, TRUE, "PS256"}, {FALSE, FALSE, "ES256"}};
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(Minted) minted = mint(&(MintSpec){.name = "us", .rsa = cases[i].rsa});
        const char *algorithm = spoc_jwt_algorithm(minted->key, cases[i].prefers_pss);
        g_assert_cmpstr(algorithm, ==, cases[i].algorithm);
        g_autoptr(JsonObject) header = json_object_new();
        g_autoptr(JsonObject) claims = json_object_new();
        json_object_set_string_member(claims, "aud", "them");
        json_object_set_int_member(claims, "exp", 1800000000);
        g_autofree char *token = spoc_jwt_sign(header, claims, minted->key, algorithm, &error);
        g_assert_no_error(error);
        g_assert_null(strpbrk(token, "+/="));
        g_assert_true(verify(token, minted->key, algorithm));
        gsize size = 0;
        g_auto(GStrv) parts = g_strsplit(token, ".", -1);
        g_assert_cmpuint(g_strv_length(parts), ==, 3);
        g_autofree guchar *head = decode(parts[0], &size);
        g_autofree char *text = g_strndup((char *)head, size);
        g_autofree char *wanted =
            g_strdup_printf("{\"alg\":\"%s\",\"typ\":\"JWT\"}", cases[i].algorithm);
        g_assert_cmpstr(text, ==, wanted);

        g_auto(SpocJwtPeek) peek = {0};
        g_assert_true(spoc_jwt_peek(token, &peek));
        g_assert_cmpstr(peek.audience, ==, "them");
        g_assert_cmpint(peek.expires_unix_s, ==, 1800000000);
    }
}

static void
test_no_algorithm(void)
{
    EVP_PKEY *weak = EVP_RSA_gen(1024);
    g_assert_null(spoc_jwt_algorithm(weak, FALSE));
    EVP_PKEY_free(weak);
    EVP_PKEY *other = EVP_EC_gen("P-384");
    g_assert_null(spoc_jwt_algorithm(other, FALSE));
    EVP_PKEY_free(other);
    EVP_PKEY *edwards = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    g_assert_null(spoc_jwt_algorithm(edwards, FALSE));
    EVP_PKEY_free(edwards);
}

static void
test_peek(void)
{
    static const struct {
        const char *claims; /* (nullable): NULL: @token as it is */
        const char *token;
        gboolean good;
        const char *audience;
        const char *scope;
        gint64 expires_unix_s;
    } cases[] = {
        {"{\"aud\":\"a\",\"scp\":\"s1 s2\",\"exp\":5}", NULL, TRUE, "a", "s1 s2", 5},
        {"{\"aud\":[\"a\",\"b\",7],\"roles\":[\"r1\",\"r2\"]}", NULL, TRUE, "a b", "r1 r2", 0},
        {"{\"aud\":\"a\\u001b[2Jb\\n\",\"scope\":\"s\"}", NULL, TRUE, "a [2Jb", "s", 0},
        {"{\"exp\":\"soon\",\"aud\":{}}", NULL, TRUE, NULL, NULL, 0},
        {"{\"exp\":1e400}", NULL, FALSE, NULL, NULL, 0},
        {"[]", NULL, FALSE, NULL, NULL, 0},
        {"", NULL, FALSE, NULL, NULL, 0},
        {NULL, "opaque", FALSE, NULL, NULL, 0},
        {NULL, "a.b", FALSE, NULL, NULL, 0},
        {NULL, "..", FALSE, NULL, NULL, 0},
        {NULL, "a.!!!!.c", FALSE, NULL, NULL, 0},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(SpocJwtPeek) peek = {0};
        g_autofree char *claims = cases[i].claims != NULL
                                      ? spoc_jwt_base64url(cases[i].claims, strlen(cases[i].claims))
                                      : NULL;
        g_autofree char *token =
            claims != NULL ? g_strdup_printf("h.%s.s", claims) : g_strdup(cases[i].token);
        gboolean good = spoc_jwt_peek(token, &peek);
        if (!cases[i].good)
            continue; /* whatever comes of it: nothing may break */
        g_assert_true(good);
        g_assert_cmpstr(peek.audience, ==, cases[i].audience);
        g_assert_cmpstr(peek.scope, ==, cases[i].scope);
        g_assert_cmpint(peek.expires_unix_s, ==, cases[i].expires_unix_s);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/oauth-jwt/sign", test_sign);
    g_test_add_func("/oauth-jwt/no-algorithm", test_no_algorithm);
    g_test_add_func("/oauth-jwt/peek", test_peek);
    return g_test_run();
}
