/* SPDX-License-Identifier: Apache-2.0 */
#include "people/directory-settings.h"

#include "base/secret.h"

#include <string.h>

static char *
text_of(const SpocConfig *config, SpocOptionId option)
{
    return g_strdup(spoc_config_string(config, option));
}

SpocDirectorySettings *
spoc_directory_settings_new(const SpocConfig *config, SpocTls *tls)
{
    SpocDirectorySettings *settings = g_new0(SpocDirectorySettings, 1);
    settings->uris = g_strdupv((char **)spoc_config_list(config, SPOC_OPTION_RECIPIENT_LDAP_URI));
    settings->start_tls = spoc_config_choice(config, SPOC_OPTION_RECIPIENT_LDAP_ENCRYPTION) !=
                          SPOC_LDAP_ENCRYPTION_NONE;
    settings->tls = tls != NULL ? spoc_tls_ref(tls) : NULL;
    settings->base = text_of(config, SPOC_OPTION_RECIPIENT_LDAP_BASE);
    settings->filter = text_of(config, SPOC_OPTION_RECIPIENT_LDAP_FILTER);
    settings->address_attribute = text_of(config, SPOC_OPTION_RECIPIENT_LDAP_ADDRESS_ATTRIBUTE);
    settings->name_attribute = text_of(config, SPOC_OPTION_RECIPIENT_LDAP_NAME_ATTRIBUTE);
    settings->language_attribute = text_of(config, SPOC_OPTION_RECIPIENT_LDAP_LANGUAGE_ATTRIBUTE);
    settings->bind_dn = text_of(config, SPOC_OPTION_RECIPIENT_LDAP_BIND_DN);
    settings->password = text_of(config, SPOC_OPTION_RECIPIENT_LDAP_PASSWORD);
    settings->mechanism = text_of(config, SPOC_OPTION_RECIPIENT_LDAP_SASL_MECHANISM);
    settings->timeout_ms =
        (guint)spoc_config_duration_ms(config, SPOC_OPTION_RECIPIENT_LDAP_TIMEOUT);
    return settings;
}

void
spoc_directory_settings_free(SpocDirectorySettings *settings)
{
    if (settings == NULL)
        return;
    g_clear_pointer(&settings->tls, spoc_tls_unref);
    g_strfreev(settings->uris);
    g_free(settings->base);
    g_free(settings->filter);
    g_free(settings->address_attribute);
    g_free(settings->name_attribute);
    g_free(settings->language_attribute);
    g_free(settings->bind_dn);
    spoc_secret_free(settings->password);
    g_free(settings->mechanism);
    g_free(settings);
}

void
spoc_directory_answer_clear(SpocDirectoryAnswer *answer)
{
    g_clear_pointer(&answer->address, g_free);
    g_clear_pointer(&answer->name, g_free);
    g_clear_pointer(&answer->language, g_free);
    g_clear_pointer(&answer->words, g_free);
}
