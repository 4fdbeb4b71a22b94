/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/json.h"

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

char *
spoc_json_text(JsonNode *node)
{
    g_autofree char *text = json_to_string(node, TRUE);
    json_node_unref(node);
    return g_strconcat(text, "\n", NULL);
}
