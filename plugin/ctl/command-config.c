/* SPDX-License-Identifier: Apache-2.0 */
/* spocctl config: effective values and where each comes from */
#include "base/error.h"
#include "base/privilege.h"
#include "config/config.h"
#include "config/load.h"
#include "config/management-state.h"
#include "ctl/commands.h"
#include "ctl/ctl.h"
#include "ctl/json.h"

#include <stdio.h>

/* "spoc.conf line 12", "built-in default" */
static char *
origin_text(const SpocConfigRow *row)
{
    if (row->file == NULL)
        return g_strdup(row->layer);
    if (row->line == 0)
        return g_strdup_printf("%s, %s", row->layer, row->file);
    return g_strdup_printf("%s, %s:%u", row->layer, row->file, row->line);
}

/* (nullable): how old the fetched values are, where values are fetched */
static char *
management_note(const SpocConfig *config, const SpocPlaces *places)
{
    if (spoc_config_string(config, SPOC_OPTION_MANAGEMENT_URL) == NULL)
        return NULL;
    g_autoptr(GError) error = NULL;
    g_auto(SpocManagementState) state = {0};
    if (!spoc_management_state_read(places, &state, &error))
        return g_error_matches(error, SPOC_ERROR, SPOC_ERROR_NOT_FOUND)
                   ? g_strdup("not fetched yet")
                   : g_strdup(error->message);
    return spoc_management_state_text(&state, g_get_real_time() / G_USEC_PER_SEC);
}

static void
print_row(const SpocConfigRow *row, const char *note)
{
    g_autofree char *value = spoc_ctl_shown(row->value);
    g_autofree char *raw_origin = origin_text(row);
    g_autofree char *origin = spoc_ctl_shown(raw_origin);
    (void)spoc_ctl_put("%s =%s%s\n    # %s\n", row->name, *value != '\0' ? " " : "", value, origin);
    if (note != NULL) {
        g_autofree char *shown = spoc_ctl_shown(note);
        (void)spoc_ctl_put("    # %s\n", shown);
    }
}

static JsonNode *
row_node(const SpocConfigRow *row, const char *note)
{
    JsonObject *object = json_object_new();
    json_object_set_string_member(object, "key", row->name);
    json_object_set_string_member(object, "value", row->value);
    json_object_set_string_member(object, "layer", row->layer);
    spoc_json_set_text(object, "file", row->file);
    json_object_set_int_member(object, "line", row->line);
    json_object_set_boolean_member(object, "changed", row->is_changed);
    json_object_set_boolean_member(object, "secret", row->is_secret);
    if (note != NULL)
        json_object_set_string_member(object, "note", note);
    return spoc_json_object_node(object);
}

/* Options are shown when they are meant; problems are counted, the rest is for check. */
static void
show_options(const SpocConfig *config, const SpocPlaces *places, const SpocOption *only,
             gboolean changed, gboolean json)
{
    JsonArray *array = json_array_new();
    for (guint option = 0; option < SPOC_OPTION_COUNT; option++) {
        if (only != NULL && only->id != (SpocOptionId)option)
            continue;
        SpocConfigRow row = spoc_config_row(config, (SpocOptionId)option);
        if (changed && !row.is_changed)
            continue;
        g_autofree char *note =
            option == SPOC_OPTION_MANAGEMENT_URL ? management_note(config, places) : NULL;
        if (json)
            json_array_add_element(array, row_node(&row, note));
        else
            print_row(&row, note);
    }
    g_autofree char *text = spoc_json_text(spoc_json_array_node(array));
    if (json)
        (void)spoc_ctl_put("%s", text);
}

static int
run_config(int argc, char **argv, const SpocPlaces *places)
{
    gboolean changed = FALSE, json = FALSE;
    const GOptionEntry entries[] = {
        {"changed", 'c', 0, G_OPTION_ARG_NONE, &changed, "Only what is not a built-in default",
         NULL},
        {"json", 0, 0, G_OPTION_ARG_NONE, &json, "Write JSON", NULL},
        {NULL},
    };
    if (!spoc_ctl_parse(entries, "[KEY]",
                        "Shows the effective settings and where each comes from. Secrets are\n"
                        "masked.",
                        &argc, &argv))
        return SPOC_CTL_USAGE;
    if (argc > 2)
        return spoc_ctl_usage("give one KEY, or none for all");
    const SpocOption *only = NULL;
    if (argc == 2 && (only = spoc_option_find(argv[1])) == NULL) {
        const SpocOption *near = spoc_option_suggest(argv[1]);
        return spoc_ctl_usage("there is no key '%s'%s%s%s", argv[1],
                              near != NULL ? "; did you mean '" : "",
                              near != NULL ? near->name : "", near != NULL ? "'?" : "");
    }

    g_autoptr(GError) error = NULL;
    if (!spoc_privilege_drop(places, &error))
        return spoc_ctl_fail("%s", error->message);
    g_autoptr(SpocConfig) config = spoc_config_load(places);
    show_options(config, places, only, changed, json);
    guint problems = spoc_config_problems(config)->len;
    if (problems > 0)
        spoc_ctl_warn("%u %s found while reading; 'spocctl check' shows them", problems,
                      problems == 1 ? "problem was" : "problems were");
    return SPOC_CTL_GOOD;
}

const SpocCommand spoc_command_config = {
    .name = "config",
    .run = run_config,
    .help = "show the effective settings and where each comes from",
};
