/* SPDX-License-Identifier: Apache-2.0 */
#include "config/snapshot.h"

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

SpocConfigProblem *
spoc_problem_new(SpocSeverity severity, gboolean blocks_delivery, const char *key, const char *file,
                 guint line, const char *format, ...)
{
    GString *message = g_string_new(NULL);
    if (file != NULL && line > 0)
        g_string_append_printf(message, "%s:%u: ", file, line);
    else if (file != NULL)
        g_string_append_printf(message, "%s: ", file);
    if (key != NULL)
        g_string_append_printf(message, "%s: ", key);
    va_list args;
    va_start(args, format);
    g_string_append_vprintf(message, format, args);
    va_end(args);

    SpocConfigProblem *problem = g_new0(SpocConfigProblem, 1);
    problem->severity = severity;
    problem->blocks_delivery = blocks_delivery;
    problem->key = g_strdup(key);
    problem->file = g_strdup(file);
    problem->line = line;
    problem->message = g_string_free(message, FALSE);
    return problem;
}

void
spoc_problem_free(SpocConfigProblem *problem)
{
    g_free((char *)problem->key);
    g_free((char *)problem->file);
    g_free(problem->message);
    g_free(problem);
}

gboolean
spoc_snapshot_is_blocked_by(const SpocConfig *config, SpocOptionId option)
{
    const char *key = spoc_option_get(option)->name;
    for (guint i = 0; i < config->problems->len; i++) {
        const SpocConfigProblem *problem = g_ptr_array_index(config->problems, i);
        if (problem->blocks_delivery && g_strcmp0(problem->key, key) == 0)
            return TRUE;
    }
    return FALSE;
}
