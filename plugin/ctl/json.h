/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  What the commands' JSON output has in common.
 */
#pragma once

#include <json-glib/json-glib.h>

/* @value: (nullable): null then */
void spoc_json_set_text(JsonObject *object, const char *name, const char *value);

/* (transfer full): @object and @array are taken over */
JsonNode *spoc_json_object_node(JsonObject *object);
JsonNode *spoc_json_array_node(JsonArray *array);

/* (transfer full): pretty-printed, with its line break; @node is taken over */
char *spoc_json_text(JsonNode *node);
