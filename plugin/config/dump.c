/* SPDX-License-Identifier: Apache-2.0 */
#include "config/dump.h"

#include "config/snapshot.h"

SpocConfigRow
spoc_config_row(const SpocConfig *config, SpocOptionId id)
{
    const SpocOption *option = spoc_option_get(id);
    const SpocSlot *slot = &config->slots[id];
    gboolean is_secret =
        (option->flags & SPOC_OPTION_FLAG_SECRET) != 0 && *slot->value.text != '\0';
    return (SpocConfigRow){
        .option = id,
        .name = option->name,
        .value = is_secret ? SPOC_DUMP_MASK : slot->value.text,
        .layer = spoc_config_layer_name(slot->layer),
        .file = slot->file,
        .line = slot->line,
        .is_changed = slot->layer != SPOC_LAYER_BUILTIN,
        .is_secret = is_secret,
    };
}
