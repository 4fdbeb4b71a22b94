/* SPDX-License-Identifier: Apache-2.0 */
#include "trust/settings.h"

#include <string.h>

/* A configuration of the original product may spell the default out. */
static gboolean
is_default(const SpocConfig *config, SpocOptionId option)
{
    if (spoc_config_origin(config, option).layer == SPOC_LAYER_BUILTIN)
        return TRUE;
    g_auto(GStrv) defaults = g_strsplit(spoc_option_get(option)->default_value, ",", -1);
    const char *const *values = spoc_config_list(config, option);
    if (g_strv_length(defaults) != g_strv_length((char **)values))
        return FALSE;
    for (guint i = 0; values[i] != NULL; i++)
        if (!g_strv_contains((const char *const *)defaults, values[i]))
            return FALSE;
    return TRUE;
}

void
spoc_tls_settings_from_config(const SpocConfig *config, SpocTlsSettings *settings)
{
    *settings = (SpocTlsSettings){
        .versions = spoc_config_list(config, SPOC_OPTION_PROTOCOLS),
        .suites = spoc_config_boolean(config, SPOC_OPTION_ALLOW_SUITES)
                      ? spoc_config_list(config, SPOC_OPTION_SUITES)
                      : NULL,
        .suites_untouched = is_default(config, SPOC_OPTION_SUITES),
        .trust_store = spoc_config_string(config, SPOC_OPTION_TRUST_STORE),
        .trust_store_optional =
            spoc_config_origin(config, SPOC_OPTION_TRUST_STORE).layer == SPOC_LAYER_BUILTIN,
        .trust_store_password = spoc_config_string(config, SPOC_OPTION_TRUST_STORE_PASSWORD),
        .trust_system = spoc_config_boolean(config, SPOC_OPTION_TRUST_SYSTEM_CERTIFICATES),
        .revocation_list = spoc_config_string(config, SPOC_OPTION_TRUST_REVOCATION_LIST),
        .pins = spoc_config_list(config, SPOC_OPTION_MAIL_TLS_PINNED_PUBLIC_KEY),
        .client_certificate = spoc_config_string(config, SPOC_OPTION_MAIL_CLIENT_CERTIFICATE),
        .client_key = spoc_config_string(config, SPOC_OPTION_MAIL_CLIENT_KEY),
    };
}
