/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Servers, addresses and limits are what the providers' documentation says: Exchange Online takes
 * 3 connections, 30 messages a minute and 10,000 recipients a day from a mailbox, and offers LOGIN
 * and XOAUTH2 alone. Google Workspace takes 2,000 messages a day from a user, and names no other
 * limit. The scope of a token depends on how the token is got: the room oauth has it.
 */
#include "config/preset.h"

#include "config/config.h"
#include "config/snapshot.h"

typedef struct {
    SpocOptionId option;
    const char *text;
} Preset;

static const Preset office365[] = {
    {SPOC_OPTION_MAILSERVER, "smtp.office365.com"},
    {SPOC_OPTION_MAIL_SMTP_PORT, "587"},
    {SPOC_OPTION_MAIL_SMTP_ENCRYPTION, "STARTTLS_REQUIRED"},
    {SPOC_OPTION_PROTOCOLS, "TLSv1.3,TLSv1.2"},
    {SPOC_OPTION_MAIL_MAX_CONNECTIONS, "3"},
    {SPOC_OPTION_MAIL_MAX_MESSAGES_PER_MINUTE, "30"},
    {SPOC_OPTION_MAIL_MAX_MESSAGES_PER_DAY, "10000"},
    {SPOC_OPTION_MAIL_AUTH_MECHANISMS, "XOAUTH2,LOGIN"},
    {SPOC_OPTION_MAIL_OAUTH_TOKEN_URL,
     "https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token"},
    {SPOC_OPTION_MAIL_OAUTH_DEVICE_URL,
     "https://login.microsoftonline.com/{tenant}/oauth2/v2.0/devicecode"},
};

/* Google gives no token for mail by device code. */
static const Preset gmail[] = {
    {SPOC_OPTION_MAILSERVER, "smtp.gmail.com"},
    {SPOC_OPTION_MAIL_SMTP_PORT, "587"},
    {SPOC_OPTION_MAIL_SMTP_ENCRYPTION, "STARTTLS_REQUIRED"},
    {SPOC_OPTION_PROTOCOLS, "TLSv1.3,TLSv1.2"},
    {SPOC_OPTION_MAIL_MAX_MESSAGES_PER_DAY, "2000"},
    {SPOC_OPTION_MAIL_OAUTH_TOKEN_URL, "https://oauth2.googleapis.com/token"},
};

static const struct {
    const Preset *presets;
    gsize count;
} providers[] = {
    [SPOC_PROVIDER_CUSTOM] = {NULL, 0},
    [SPOC_PROVIDER_OFFICE365] = {office365, G_N_ELEMENTS(office365)},
    [SPOC_PROVIDER_GMAIL] = {gmail, G_N_ELEMENTS(gmail)},
};

/* A preset that its own option refuses is our mistake, and the tests find it. */
static void
fill_in(SpocConfig *config, const Preset *preset, const SpocConfigOrigin *origin)
{
    const SpocOption *option = spoc_option_get(preset->option);
    g_autoptr(GError) error = NULL;
    SpocValue value = {0};
    if (!spoc_value_parse(option, preset->text, &value, &error))
        g_error("%s: %s", option->name, error->message);
    spoc_snapshot_set(config, preset->option, &value, SPOC_LAYER_PRESET, origin->file,
                      origin->line);
}

void
spoc_preset_apply(SpocConfig *config)
{
    int provider = spoc_config_choice(config, SPOC_OPTION_MAIL_PROVIDER);
    SpocConfigOrigin origin = spoc_config_origin(config, SPOC_OPTION_MAIL_PROVIDER);
    for (gsize i = 0; i < providers[provider].count; i++) {
        const Preset *preset = &providers[provider].presets[i];
        /* [EMPTY] in a layer asks for the built-in default. */
        if (config->slots[preset->option].layer == SPOC_LAYER_BUILTIN)
            fill_in(config, preset, &origin);
    }
}

const char *
spoc_preset_text(const SpocConfig *config, SpocOptionId option)
{
    int provider = spoc_config_choice(config, SPOC_OPTION_MAIL_PROVIDER);
    for (gsize i = 0; i < providers[provider].count; i++)
        if (providers[provider].presets[i].option == option)
            return providers[provider].presets[i].text;
    return NULL;
}
