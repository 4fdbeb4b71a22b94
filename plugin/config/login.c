/* SPDX-License-Identifier: Apache-2.0 */
#include "config/login.h"

/* In the order in which they count */
static const SpocOptionId token_sources[] = {
    SPOC_OPTION_MAIL_OAUTH_TOKEN_COMMAND,
    SPOC_OPTION_MAIL_OAUTH_SERVICE_ACCOUNT,
    SPOC_OPTION_MAIL_OAUTH_CLIENT_CERTIFICATE,
    SPOC_OPTION_MAIL_OAUTH_CLIENT_SECRET,
};

const char *
spoc_login_token_source(const SpocConfig *config)
{
    for (guint i = 0; i < G_N_ELEMENTS(token_sources); i++)
        if (spoc_config_string(config, token_sources[i]) != NULL)
            return spoc_option_get(token_sources[i])->name;
    /* One that cannot be read is wanted all the same. */
    return spoc_config_string(config, SPOC_OPTION_MAIL_OAUTH_CLIENT_SECRET_FILE) != NULL
               ? spoc_option_get(SPOC_OPTION_MAIL_OAUTH_CLIENT_SECRET_FILE)->name
               : NULL;
}

SpocAuthentication
spoc_login_method(const SpocConfig *config, gboolean has_stored_token)
{
    SpocAuthentication method =
        (SpocAuthentication)spoc_config_choice(config, SPOC_OPTION_MAIL_AUTHENTICATION);
    if (method != SPOC_AUTHENTICATION_AUTO)
        return method;
    /* An application without a secret and a password waits for 'spocctl oauth login'. */
    gboolean is_by_device = spoc_config_string(config, SPOC_OPTION_MAIL_OAUTH_CLIENT_ID) != NULL &&
                            spoc_config_string(config, SPOC_OPTION_MAILPASS) == NULL;
    if (has_stored_token || is_by_device || spoc_login_token_source(config) != NULL)
        return SPOC_AUTHENTICATION_OAUTH2;
    return spoc_config_string(config, SPOC_OPTION_MAILUSER) != NULL ? SPOC_AUTHENTICATION_PASSWORD
                                                                    : SPOC_AUTHENTICATION_NONE;
}

gboolean
spoc_login_is_required(const SpocConfig *config, SpocAuthentication method)
{
    return method != SPOC_AUTHENTICATION_NONE &&
           (method != SPOC_AUTHENTICATION_PASSWORD ||
            spoc_config_choice(config, SPOC_OPTION_MAIL_AUTHENTICATION) !=
                SPOC_AUTHENTICATION_AUTO);
}
