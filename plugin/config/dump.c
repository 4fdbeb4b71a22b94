/* SPDX-License-Identifier: Apache-2.0 */
#include "config/dump.h"

#include "config/management-state.h"
#include "config/snapshot.h"

#include <string.h>

/* What stands behind the question mark may be a token: it is masked. */
static const char *
shown_url(const SpocConfig *config, const char *url)
{
    g_autofree char *shown = strchr(url, '?') != NULL ? spoc_management_shown_url(url) : NULL;
    if (shown == NULL)
        return url;
    g_autofree char *masked = g_strconcat(shown, "?" SPOC_DUMP_MASK, NULL);
    return g_string_chunk_insert_const(config->strings, masked);
}

SpocConfigRow
spoc_config_row(const SpocConfig *config, SpocOptionId id)
{
    const SpocOption *option = spoc_option_get(id);
    const SpocSlot *slot = &config->slots[id];
    gboolean is_secret =
        (option->flags & SPOC_OPTION_FLAG_SECRET) != 0 && *slot->value.text != '\0';
    const char *value = is_secret                       ? SPOC_DUMP_MASK
                        : option->type == SPOC_TYPE_URL ? shown_url(config, slot->value.text)
                                                        : slot->value.text;
    return (SpocConfigRow){
        .option = id,
        .name = option->name,
        .value = value,
        .layer = spoc_config_layer_name(slot->layer),
        .file = slot->file,
        .line = slot->line,
        .is_changed = slot->layer != SPOC_LAYER_BUILTIN,
        .is_secret = is_secret,
    };
}
