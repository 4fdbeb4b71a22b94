/* SPDX-License-Identifier: Apache-2.0 */
#include "config/config.h"

#include "config/snapshot.h"

#include <string.h>

static const char *const layer_names[] = {"built-in", "vendor",  "management", "mailto.conf",
                                          "local",    "drop-in", "credential"};

const char *
spoc_config_layer_name(SpocConfigLayer layer)
{
    return layer_names[layer];
}

/* A default that its own option refuses is our mistake, and the tests find it. */
static void
set_default(SpocSlot *slot, const SpocOption *option)
{
    g_autoptr(GError) error = NULL;
    if (*option->default_value == '\0')
        spoc_value_set_empty(option, &slot->value);
    else if (!spoc_value_parse(option, option->default_value, &slot->value, &error))
        g_error("%s: %s", option->name, error->message);
    slot->is_default = TRUE;
}

SpocConfig *
spoc_snapshot_new(const char *directory)
{
    SpocConfig *config = g_new0(SpocConfig, 1);
    g_atomic_ref_count_init(&config->references);
    config->strings = g_string_chunk_new(1024);
    config->directory = g_strdup(directory);
    config->problems = g_ptr_array_new_with_free_func((GDestroyNotify)spoc_problem_free);
    config->files = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < SPOC_OPTION_COUNT; i++)
        set_default(&config->slots[i], spoc_option_get((SpocOptionId)i));
    return config;
}

static void
name_origin(SpocConfig *config, SpocSlot *slot, SpocConfigLayer layer, const char *file, guint line)
{
    slot->layer = layer;
    slot->file = file != NULL ? g_string_chunk_insert_const(config->strings, file) : NULL;
    slot->line = line;
}

void
spoc_snapshot_set(SpocConfig *config, SpocOptionId option, const SpocValue *value,
                  SpocConfigLayer layer, const char *file, guint line)
{
    SpocSlot *slot = &config->slots[option];
    spoc_value_clear(&slot->value);
    slot->value = *value;
    slot->is_default = FALSE;
    name_origin(config, slot, layer, file, line);
}

void
spoc_snapshot_reset(SpocConfig *config, SpocOptionId option, SpocConfigLayer layer,
                    const char *file, guint line)
{
    SpocSlot *slot = &config->slots[option];
    spoc_value_clear(&slot->value);
    set_default(slot, spoc_option_get(option));
    name_origin(config, slot, layer, file, line);
}

static SpocConfigProblem *
make_problem(SpocSeverity severity, gboolean blocks_delivery, const char *key, const char *file,
             guint line, const char *text)
{
    GString *message = g_string_new(NULL);
    if (file != NULL && line > 0)
        g_string_append_printf(message, "%s:%u: ", file, line);
    else if (file != NULL)
        g_string_append_printf(message, "%s: ", file);
    if (key != NULL)
        g_string_append_printf(message, "%s: ", key);
    g_string_append(message, text);

    SpocConfigProblem *problem = g_new0(SpocConfigProblem, 1);
    problem->severity = severity;
    problem->blocks_delivery = blocks_delivery;
    problem->key = g_strdup(key);
    problem->file = g_strdup(file);
    problem->line = line;
    problem->message = g_string_free(message, FALSE);
    return problem;
}

SpocConfigProblem *
spoc_problem_new(SpocSeverity severity, gboolean blocks_delivery, const char *key, const char *file,
                 guint line, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    return make_problem(severity, blocks_delivery, key, file, line, text);
}

void
spoc_problem_free(SpocConfigProblem *problem)
{
    g_free((char *)problem->key);
    g_free((char *)problem->file);
    g_free(problem->message);
    g_free(problem);
}

void
spoc_snapshot_add_problem(SpocConfig *config, SpocSeverity severity, gboolean blocks_delivery,
                          const char *key, const char *file, guint line, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    g_ptr_array_add(config->problems,
                    make_problem(severity, blocks_delivery, key, file, line, text));
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
    const char *text = slot_of_type(config, option, SPOC_TYPE_SERVER)->value.text;
    char *host = NULL;
    guint port = 0;
    if (*text == '\0' || !spoc_server_parse(text, &host, &port, NULL))
        return FALSE;
    if (port == 0)
        port = (guint)spoc_config_integer(config, SPOC_OPTION_MAIL_SMTP_PORT);
    if (ret_host != NULL)
        *ret_host = host;
    else
        g_free(host);
    if (ret_port != NULL)
        *ret_port = port;
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
