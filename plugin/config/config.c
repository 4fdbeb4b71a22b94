/* SPDX-License-Identifier: Apache-2.0 */
#include "config/config.h"

#include "config/management-state.h"
#include "config/snapshot.h"

#include <string.h>

static const char *const layer_names[] = {"built-in",    "preset", "vendor",  "management",
                                          "mailto.conf", "local",  "drop-in", "credential"};

const char *
spoc_config_layer_name(SpocConfigLayer layer)
{
    return layer_names[layer];
}

SpocConfig *
spoc_config_ref(SpocConfig *config)
{
    g_atomic_ref_count_inc(&config->references);
    return config;
}

void
spoc_config_unref(SpocConfig *config)
{
    if (config == NULL || !g_atomic_ref_count_dec(&config->references))
        return;
    for (guint i = 0; i < SPOC_OPTION_COUNT; i++)
        spoc_value_clear(&config->slots[i].value);
    g_ptr_array_unref(config->problems);
    g_ptr_array_unref(config->files);
    g_string_chunk_free(config->strings);
    g_free(config->directory);
    g_free(config->host);
    g_free(config->stamp);
    g_free(config);
}

const char *
spoc_config_loaded_stamp(const SpocConfig *config)
{
    return config->stamp;
}

/* A wrong type is a programmer's mistake. */
static const SpocSlot *
slot_of_type(const SpocConfig *config, SpocOptionId option, SpocOptionType type)
{
    g_assert(spoc_option_get(option)->type == type);
    return &config->slots[option];
}

const char *
spoc_config_string(const SpocConfig *config, SpocOptionId option)
{
    SpocOptionType type = spoc_option_get(option)->type;
    g_assert(type == SPOC_TYPE_STRING || type == SPOC_TYPE_ADDRESS || type == SPOC_TYPE_SERVER ||
             type == SPOC_TYPE_PATH || type == SPOC_TYPE_DOMAIN || type == SPOC_TYPE_URL ||
             type == SPOC_TYPE_MAILBOX);
    const SpocValue *value = &config->slots[option].value;
    if (type == SPOC_TYPE_MAILBOX)
        return value->address;
    return *value->text != '\0' ? value->text : NULL;
}

const char *
spoc_config_mailbox_name(const SpocConfig *config, SpocOptionId option)
{
    return slot_of_type(config, option, SPOC_TYPE_MAILBOX)->value.name;
}

gint64
spoc_config_integer(const SpocConfig *config, SpocOptionId option)
{
    const SpocOption *row = spoc_option_get(option);
    g_assert(row->type == SPOC_TYPE_INTEGER || row->type == SPOC_TYPE_SIZE ||
             row->type == SPOC_TYPE_TIME ||
             (row->type == SPOC_TYPE_DURATION && strcmp(row->unit, "ms") == 0));
    return config->slots[option].value.integer;
}

gboolean
spoc_config_boolean(const SpocConfig *config, SpocOptionId option)
{
    return slot_of_type(config, option, SPOC_TYPE_BOOLEAN)->value.integer != 0;
}

int
spoc_config_choice(const SpocConfig *config, SpocOptionId option)
{
    return (int)slot_of_type(config, option, SPOC_TYPE_CHOICE)->value.integer;
}

const char *const *
spoc_config_list(const SpocConfig *config, SpocOptionId option)
{
    return (const char *const *)slot_of_type(config, option, SPOC_TYPE_LIST)->value.list;
}

gint64
spoc_config_duration_ms(const SpocConfig *config, SpocOptionId option)
{
    return slot_of_type(config, option, SPOC_TYPE_DURATION)->value.integer;
}

const gint64 *
spoc_config_durations_ms(const SpocConfig *config, SpocOptionId option, gsize *ret_count)
{
    const SpocSlot *slot = slot_of_type(config, option, SPOC_TYPE_DURATIONS);
    *ret_count = slot->value.duration_count;
    return slot->value.durations_ms;
}

gboolean
spoc_config_server(const SpocConfig *config, SpocOptionId option, char **ret_host, guint *ret_port)
{
    const SpocValue *value = &slot_of_type(config, option, SPOC_TYPE_SERVER)->value;
    if (value->address == NULL)
        return FALSE;
    gint64 default_port = config->slots[SPOC_OPTION_MAIL_SMTP_PORT].value.integer;
    if (ret_host != NULL)
        *ret_host = g_strdup(value->address);
    if (ret_port != NULL)
        *ret_port = (guint)(value->integer != 0 ? value->integer : default_port);
    return TRUE;
}

const char *
spoc_config_mailto_file(const SpocConfig *config)
{
    for (guint i = 0; i < config->files->len; i++) {
        const SpocConfigFile *file = g_ptr_array_index(config->files, i);
        if (file->layer == SPOC_LAYER_MAILTO)
            return file->path;
    }
    return NULL;
}

SpocConfigOrigin
spoc_config_origin(const SpocConfig *config, SpocOptionId option)
{
    const SpocSlot *slot = &config->slots[option];
    return (SpocConfigOrigin){.layer = slot->layer, .file = slot->file, .line = slot->line};
}

const GPtrArray *
spoc_config_problems(const SpocConfig *config)
{
    return config->problems;
}

const SpocConfigProblem *
spoc_config_blocker(const SpocConfig *config)
{
    for (guint i = 0; i < config->problems->len; i++) {
        const SpocConfigProblem *problem = g_ptr_array_index(config->problems, i);
        if (problem->blocks_delivery)
            return problem;
    }
    return NULL;
}

/* What stands behind the question mark may be a token: it is masked. */
static const char *
shown_url(const SpocConfig *config, const char *url)
{
    g_autofree char *shown = strchr(url, '?') != NULL ? spoc_management_shown_url(url) : NULL;
    if (shown == NULL)
        return url;
    g_autofree char *masked = g_strconcat(shown, "?" SPOC_CONFIG_MASK, NULL);
    return g_string_chunk_insert_const(config->strings, masked);
}

SpocConfigRow
spoc_config_row(const SpocConfig *config, SpocOptionId id)
{
    const SpocOption *option = spoc_option_get(id);
    const SpocSlot *slot = &config->slots[id];
    gboolean is_secret =
        (option->flags & SPOC_OPTION_FLAG_SECRET) != 0 && *slot->value.text != '\0';
    const char *value = is_secret                       ? SPOC_CONFIG_MASK
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
