/* SPDX-License-Identifier: Apache-2.0 */
#include "oauth/json.h"

#include "base/error.h"

#include <math.h>
#include <string.h>

/* json-glib calls itself for each level, whatever the stack has left. */
static gboolean
is_too_deep(const char *bytes, gsize length)
{
    gboolean inside_text = FALSE;
    guint depth = 0;
    for (gsize i = 0; i < length; i++) {
        if (inside_text) {
            if (bytes[i] == '\\')
                i++;
            else if (bytes[i] == '"')
                inside_text = FALSE;
        } else if (bytes[i] == '"') {
            inside_text = TRUE;
        } else if (bytes[i] == '{' || bytes[i] == '[') {
            if (++depth > SPOC_OAUTH_JSON_MAX_DEPTH)
                return TRUE;
        } else if ((bytes[i] == '}' || bytes[i] == ']') && depth > 0) {
            depth--;
        } else if (bytes[i] == '/' || bytes[i] == '\'') {
            return TRUE; /* a comment, or a text by rules that are not JSON's: could hide brackets
                          */
        }
    }
    return FALSE;
}

JsonObject *
spoc_oauth_json_parse(const char *bytes, gsize length, GError **error)
{
    if (length > SPOC_OAUTH_JSON_MAX_BYTES) {
        g_set_error(error, SPOC_ERROR, SPOC_ERROR_LIMIT, "is larger than %d KiB",
                    (int)(SPOC_OAUTH_JSON_MAX_BYTES / 1024));
        return NULL;
    }
    g_autoptr(JsonParser) parser = json_parser_new_immutable();
    JsonNode *root = NULL;
    if (length > 0 && g_utf8_validate_len(bytes, length, NULL) && !is_too_deep(bytes, length) &&
        json_parser_load_from_data(parser, bytes, (gssize)length, NULL))
        root = json_parser_get_root(parser);
    if (root == NULL || !JSON_NODE_HOLDS_OBJECT(root)) {
        g_set_error_literal(error, SPOC_ERROR, SPOC_ERROR_CORRUPT, "is not a JSON object");
        return NULL;
    }
    return json_node_dup_object(root);
}

static JsonNode *
find_value(JsonObject *object, const char *name)
{
    JsonNode *node = json_object_get_member(object, name);
    return node != NULL && JSON_NODE_HOLDS_VALUE(node) ? node : NULL;
}

const char *
spoc_oauth_json_text(JsonObject *object, const char *name)
{
    JsonNode *node = find_value(object, name);
    if (node == NULL || json_node_get_value_type(node) != G_TYPE_STRING)
        return NULL;
    const char *text = json_node_get_string(node);
    return text != NULL && *text != '\0' ? text : NULL;
}

gint64
spoc_oauth_json_number(JsonObject *object, const char *name, gint64 maximum)
{
    JsonNode *node = find_value(object, name);
    const char *text = spoc_oauth_json_text(object, name);
    guint64 number = 0;
    if (text != NULL)
        return g_ascii_string_to_unsigned(text, 10, 0, (guint64)maximum, &number, NULL)
                   ? (gint64)number
                   : -1;
    if (node == NULL)
        return -1;
    if (json_node_get_value_type(node) == G_TYPE_INT64) {
        gint64 value = json_node_get_int(node);
        return value >= 0 ? MIN(value, maximum) : -1;
    }
    if (json_node_get_value_type(node) == G_TYPE_DOUBLE) {
        double value = json_node_get_double(node);
        return isfinite(value) && value >= 0 ? (gint64)MIN(value, (double)maximum) : -1;
    }
    return -1;
}
