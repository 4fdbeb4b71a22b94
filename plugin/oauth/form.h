/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   What is asked of a token endpoint, for each source: the fields of a form (RFC 6749,
 *           7523, 8628), with its signed assertion where it has one.
 * SECURITY  A form holds secrets. It is made to be sent to the settings' token URL and nowhere
 * else.
 */
#pragma once

#include "oauth/settings.h"
#include "oauth/stored-login.h"

/**
 * SpocTokenForm:
 * @url: where it goes
 * @fields: encoded
 * @assertion: (nullable): that stands in it, so that it can be masked
 */
typedef struct {
    char *url;
    SpocSecret *fields;
    SpocSecret *assertion;
} SpocTokenForm;

void spoc_token_form_clear(SpocTokenForm *form);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(SpocTokenForm, spoc_token_form_clear)

/**
 * spoc_token_form_make:
 * @source: not COMMAND and not NONE
 * @login: (nullable): with REFRESH
 * @form: (out caller-allocates): to be cleared whatever is returned
 *
 * Returns: FALSE with SPOC_ERROR_INVALID and the like: the option, and what is wrong with it
 */
gboolean spoc_token_form_make(const SpocOAuthSettings *settings, SpocTokenSource source,
                              const SpocStoredLogin *login, gint64 now_unix_s, SpocTokenForm *form,
                              GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The two of RFC 8628: where a device login begins, and what asks whether it has ended. */
gboolean spoc_token_form_make_device(const SpocOAuthSettings *settings, SpocTokenForm *form,
                                     GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean spoc_token_form_make_poll(const SpocOAuthSettings *settings, const char *device_code,
                                   SpocTokenForm *form, GError **error) G_GNUC_WARN_UNUSED_RESULT;
