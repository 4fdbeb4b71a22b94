/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  What mailAuthentication comes to: "auto" is decided here and nowhere else.
 */
#pragma once

#include "config/config.h"

/* (nullable): the key that says where tokens come from, the first that counts; NULL when none is
 * set (a stored refresh token is none of the configuration) */
const char *spoc_login_token_source(const SpocConfig *config);

/**
 * spoc_login_method:
 * @has_stored_token: 'spocctl oauth login' has stored a refresh token
 *
 * Returns: how spocd logs in; never SPOC_AUTHENTICATION_AUTO
 */
SpocAuthentication spoc_login_method(const SpocConfig *config, gboolean has_stored_token);

/* Whether mail never goes without that login: it was asked for. mailuser alone is how the original
 * product was told: with STARTTLS mail goes without the password where the server does not offer
 * encryption. */
gboolean spoc_login_is_required(const SpocConfig *config, SpocAuthentication method);
