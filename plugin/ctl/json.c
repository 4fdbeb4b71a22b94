/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/json.h"

#include "base/text.h"

#include <string.h>

void
spoc_json_set_text(JsonObject *object, const char *name, const char *value)
{
    if (value != NULL)
        json_object_set_string_member(object, name, value);
    else
        json_object_set_null_member(object, name);
}

JsonNode *
spoc_json_object_node(JsonObject *object)
{
    JsonNode *node = json_node_new(JSON_NODE_OBJECT);
    json_node_take_object(node, object);
    return node;
}

JsonNode *
spoc_json_array_node(JsonArray *array)
{
    JsonNode *node = json_node_new(JSON_NODE_ARRAY);
    json_node_take_array(node, array);
    return node;
}

/* json-glib escapes ASCII's control characters; a terminal obeys others as well. */
static char *
escape_controls(const char *json)
{
    GString *text = g_string_sized_new(strlen(json) + 1);
    for (const char *p = json; *p != '\0'; p = g_utf8_next_char(p)) {
        gunichar character = g_utf8_get_char(p);
        if (character < 0x80 || !spoc_text_is_control(character))
            g_string_append_unichar(text, character);
        else if (character <= 0xffff)
            g_string_append_printf(text, "\\u%04x", character);
        else
            g_string_append_printf(text, "\\u%04x\\u%04x", 0xd7c0 + (character >> 10),
                                   0xdc00 + (character & 0x3ff));
    }
    return g_string_free(text, FALSE);
}

char *
spoc_json_text(JsonNode *node)
{
    g_autofree char *json = json_to_string(node, TRUE);
    json_node_unref(node);
    g_autofree char *text = escape_controls(json);
    return g_strconcat(text, "\n", NULL);
}
