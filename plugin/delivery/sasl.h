/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  Which SASL mechanism logs in, and what a server's words about one mean. Pure.
 *
 * Of those that fit the wanted method, are allowed, and that libcurl was built with, the first
 * that the server offers. Over TLS a password goes by PLAIN before CRAM-MD5: the line is
 * encrypted and the server verified, and CRAM-MD5 only works where the server keeps passwords
 * readable, but is offered elsewhere too, and fails there like a wrong password. Without TLS
 * CRAM-MD5 is first, since it does not show the password. A mechanism that signs (SCRAM) is
 * always before both.
 */
#pragma once

#include "config/option.h"

/* In the order of mailAuthMechanisms' choices. */
typedef enum {
    SPOC_SASL_EXTERNAL,
    SPOC_SASL_GSSAPI,
    SPOC_SASL_OAUTHBEARER,
    SPOC_SASL_XOAUTH2,
    SPOC_SASL_SCRAM_SHA_256,
    SPOC_SASL_SCRAM_SHA_1,
    SPOC_SASL_CRAM_MD5,
    SPOC_SASL_PLAIN,
    SPOC_SASL_LOGIN,
    SPOC_SASL_COUNT,
    SPOC_SASL_NONE = SPOC_SASL_COUNT, /* no login */
} SpocSaslMechanism;

const char *spoc_sasl_name(SpocSaslMechanism mechanism);

/* Bit N: mechanism N can be done by a libcurl with these features (curl_version_info()). */
guint spoc_sasl_able(int curl_features);

/* Whether it sends a token */
gboolean spoc_sasl_is_bearer(SpocSaslMechanism mechanism);

/**
 * SpocSaslWish:
 * @method: not SPOC_AUTHENTICATION_AUTO
 * @names: (nullable): mailAuthMechanisms, in the order of preference; empty: all
 * @encrypted: the line will be
 * @able: bit N: mechanism N can be done
 */
typedef struct {
    SpocAuthentication method;
    const char *const *names;
    gboolean encrypted;
    guint able;
} SpocSaslWish;

/**
 * spoc_sasl_choose:
 * @offered: (nullable): what the server offers, separated by blanks; NULL: not known yet
 * @refused: bit N: the server has said that it does not take mechanism N
 *
 * Returns: the first that is left, or SPOC_SASL_NONE
 */
SpocSaslMechanism spoc_sasl_choose(const SpocSaslWish *wish, const char *offered, guint refused);

/* (transfer full): the names of all that could be chosen, "PLAIN, LOGIN"; "" for none */
char *spoc_sasl_candidates(const SpocSaslWish *wish);

/**
 * spoc_sasl_refuses_mechanism:
 *
 * Returns: whether the answer is about the mechanism, so that another one may be tried. A wrong
 *   password never is: trying it again by another way locks accounts.
 */
gboolean spoc_sasl_refuses_mechanism(int code, const char *enhanced_status, const char *words);

/**
 * spoc_sasl_bearer_error:
 * @challenge: what stands behind 334
 *
 * Returns: (transfer full) (nullable): what a server says about a token that it refuses
 *   (RFC 7628 3.2.2), "status 401, scope https://…"; NULL when it is no such thing
 */
char *spoc_sasl_bearer_error(const char *challenge);

/* (transfer full): @name as a saslname (RFC 5801 4), for the header that OAUTHBEARER begins with;
 * libcurl puts the name there as it is */
char *spoc_sasl_escape_name(const char *name);

/* (transfer full): @text without @token, and without whatever is long enough to be a part of
 * one, in base64 or not */
char *spoc_sasl_mask(const char *text, const char *token);
