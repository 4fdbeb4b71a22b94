/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a provider answers, what a token command prints, the key file of a service account, the
 * stored login, and a token that is looked into.
 */
#include "base/mask.h"
#include "base/text.h"
#include "oauth/device.h"
#include "oauth/jwt.h"
#include "oauth/remedy.h"
#include "oauth/reply.h"
#include "oauth/service-account.h"
#include "oauth/stored-login.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* (nullable) */
static void
assert_line(const char *text)
{
    for (const char *p = text; p != NULL && *p != '\0'; p = g_utf8_next_char(p))
        g_assert_false(spoc_text_is_control(g_utf8_get_char(p)));
}

static void
check_reply(gboolean good, const SpocTokenReply *reply, const GError *error)
{
    g_assert_true(good == (error == NULL));
    if (!good)
        return;
    g_assert_true((reply->access_token != NULL) != (reply->error_code != NULL));
    g_assert_true(reply->access_token == NULL || spoc_token_is_valid(reply->access_token));
    g_assert_true(reply->refresh_token == NULL || spoc_token_is_valid(reply->refresh_token));
    g_assert_cmpint(reply->lifetime_s, >=, 0);
    g_assert_cmpint(reply->lifetime_s, <=, SPOC_TOKEN_LIFETIME_MAX_S);
    assert_line(reply->error_code);
    assert_line(reply->error_words);
    assert_line(reply->scope);
    if (reply->error_code != NULL)
        g_assert_nonnull(
            spoc_oauth_remedy(reply->error_code, reply->error_words, SPOC_TOKEN_SOURCE_REFRESH));
}

static void
read_replies(const char *bytes, size_t size)
{
    g_autoptr(GError) error = NULL, other_error = NULL, device_error = NULL;
    g_auto(SpocTokenReply) reply = {0}, output = {0};
    gboolean good = spoc_token_reply_parse(bytes, size, &reply, &error);
    check_reply(good, &reply, error);
    good = spoc_token_reply_parse_output(bytes, size, &output, &other_error);
    check_reply(good, &output, other_error);
    g_auto(SpocDeviceReply) device = {0};
    good = spoc_device_reply_parse(bytes, size, &device, &device_error);
    g_assert_true(good == (device_error == NULL));
    if (good) {
        assert_line(device.code);
        assert_line(device.url);
        assert_line(device.complete_url);
        g_assert_cmpuint(device.interval_s, >, 0);
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *bytes = size > 0 ? (const char *)data : "";
    read_replies(bytes, size);

    g_autoptr(GError) error = NULL, login_error = NULL;
    g_auto(SpocServiceAccount) account = {0};
    gboolean good = spoc_service_account_parse(bytes, size, &account, &error);
    g_assert_true(good == (error == NULL) && good == (account.key != NULL));
    assert_line(account.email);
    g_auto(SpocStoredLogin) login = {0};
    good = spoc_stored_login_parse(bytes, size, &login, &login_error);
    g_assert_true(good == (login_error == NULL) && good == (login.refresh_token != NULL));

    g_autofree char *token = g_strndup(bytes, size);
    g_auto(SpocJwtPeek) peek = {0};
    if (spoc_jwt_peek(token, &peek)) {
        assert_line(peek.audience);
        assert_line(peek.scope);
        g_assert_cmpint(peek.expires_unix_s, >=, 0);
    }
    /* The claims alone, as nobody's base64 holds them by chance */
    g_autofree char *claims = spoc_jwt_base64url(bytes, size);
    g_autofree char *wrapped = g_strdup_printf("h.%s.s", claims);
    g_auto(SpocJwtPeek) inner = {0};
    (void)spoc_jwt_peek(wrapped, &inner);
    assert_line(inner.audience);
    assert_line(inner.scope);

    g_autofree char *masked = spoc_mask(g_strdup(token), "secret");
    g_assert_null(strstr(masked, "secret"));
    return 0;
}
