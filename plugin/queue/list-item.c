/* SPDX-License-Identifier: Apache-2.0 */
#include "queue/list-item.h"

#include "base/error.h"
#include "base/text.h"

#include <string.h>

#define WAIT_REASON_MAX_BYTES 600

SpocQueueListItem *
spoc_queue_list_item_new(SpocEnvelope *envelope, SpocState state)
{
    SpocQueueListItem *listed = g_new0(SpocQueueListItem, 1);
    listed->envelope = envelope;
    listed->state = state;
    return listed;
}

void
spoc_queue_list_item_free(SpocQueueListItem *listed)
{
    if (listed == NULL)
        return;
    spoc_envelope_free(listed->envelope);
    g_free(listed);
}

static const char *
text_or_empty(const char *text)
{
    return text != NULL ? text : "";
}

static JsonArray *
recipients_array(const SpocEnvelope *envelope)
{
    JsonArray *recipients = json_array_new();
    for (guint i = 0; i < envelope->recipients->len; i++) {
        const SpocEnvelopeRecipient *recipient = g_ptr_array_index(envelope->recipients, i);
        JsonObject *object = json_object_new();
        json_object_set_string_member(object, "address", recipient->address);
        json_object_set_string_member(object, "state", spoc_recipient_state_name(recipient->state));
        json_array_add_object_element(recipients, object);
    }
    return recipients;
}

JsonNode *
spoc_queue_list_item_node(const SpocEnvelope *envelope, SpocState state)
{
    JsonObject *object = json_object_new();
    json_object_set_string_member(object, "id", text_or_empty(envelope->id));
    json_object_set_string_member(object, "kind", text_or_empty(envelope->kind));
    json_object_set_string_member(object, "state", spoc_message_state_name(state));
    json_object_set_array_member(object, "recipients", recipients_array(envelope));
    json_object_set_int_member(object, "job_id", envelope->job_id);
    json_object_set_string_member(object, "subject", text_or_empty(envelope->subject));
    json_object_set_int_member(object, "size_bytes", (gint64)envelope->size_bytes);
    json_object_set_int_member(object, "attempts", envelope->attempts);
    json_object_set_int_member(object, "created_unix_s", envelope->created_unix_s);
    json_object_set_int_member(object, "next_attempt_unix_s", envelope->next_attempt_unix_s);
    if (envelope->reason != NULL)
        json_object_set_string_member(object, "reason", envelope->reason);
    else
        json_object_set_null_member(object, "reason");

    JsonNode *node = json_node_new(JSON_NODE_OBJECT);
    json_node_take_object(node, object);
    return node;
}

char *
spoc_queue_list_item_line(const SpocEnvelope *envelope, SpocState state)
{
    g_autoptr(JsonNode) node = spoc_queue_list_item_node(envelope, state);
    return json_to_string(node, FALSE);
}

/* (nullable): the member's text; NULL when it is missing, null or of another type */
static const char *
string_member(JsonObject *object, const char *name)
{
    JsonNode *node = json_object_get_member(object, name);
    if (node == NULL || !JSON_NODE_HOLDS_VALUE(node) ||
        json_node_get_value_type(node) != G_TYPE_STRING)
        return NULL;
    return json_node_get_string(node);
}

/* 0 when it is missing, of another type or negative: no number here is */
static gint64
integer_member(JsonObject *object, const char *name)
{
    JsonNode *node = json_object_get_member(object, name);
    if (node == NULL || !JSON_NODE_HOLDS_VALUE(node) ||
        json_node_get_value_type(node) != G_TYPE_INT64)
        return 0;
    return MAX(json_node_get_int(node), 0);
}

static gboolean
parse_state(const char *name, SpocState *ret_state)
{
    for (guint state = 0; state < SPOC_STATE_FOLDERS; state++) {
        if (g_strcmp0(name, spoc_message_state_name((SpocState)state)) == 0) {
            *ret_state = (SpocState)state;
            return TRUE;
        }
    }
    return FALSE;
}

static SpocState
parse_recipient_state(const char *name)
{
    SpocState state = SPOC_STATE_WAITING;
    if (name != NULL)
        (void)spoc_recipient_state_parse(name, strlen(name), &state);
    return state;
}

static gboolean
parse_recipients(JsonObject *object, SpocEnvelope *envelope)
{
    JsonNode *node = json_object_get_member(object, "recipients");
    if (node == NULL || !JSON_NODE_HOLDS_ARRAY(node))
        return FALSE;
    JsonArray *recipients = json_node_get_array(node);
    guint count = json_array_get_length(recipients);
    if (count > SPOC_ENVELOPE_RECIPIENTS_MAX)
        return FALSE;
    for (guint i = 0; i < count; i++) {
        JsonNode *element = json_array_get_element(recipients, i);
        if (!JSON_NODE_HOLDS_OBJECT(element))
            return FALSE;
        JsonObject *recipient = json_node_get_object(element);
        const char *address = string_member(recipient, "address");
        if (address == NULL)
            return FALSE;
        spoc_envelope_add_recipient(envelope, address);
        SpocEnvelopeRecipient *added = g_ptr_array_index(envelope->recipients, i);
        added->state = parse_recipient_state(string_member(recipient, "state"));
    }
    return TRUE;
}

static SpocQueueListItem *
parse_object(JsonObject *object)
{
    SpocState state = SPOC_STATE_NEW;
    const char *id = string_member(object, "id");
    if (id == NULL || !spoc_spool_name_is_valid(id) ||
        !parse_state(string_member(object, "state"), &state))
        return NULL;
    g_autoptr(SpocEnvelope) envelope = spoc_envelope_new();
    if (!parse_recipients(object, envelope))
        return NULL;
    envelope->id = g_strdup(id);
    envelope->kind = g_strdup(text_or_empty(string_member(object, "kind")));
    envelope->subject = g_strdup(text_or_empty(string_member(object, "subject")));
    envelope->reason = g_strdup(string_member(object, "reason"));
    envelope->job_id = integer_member(object, "job_id");
    envelope->size_bytes = (guint64)integer_member(object, "size_bytes");
    envelope->attempts = (guint)MIN(integer_member(object, "attempts"), G_MAXINT);
    envelope->created_unix_s = integer_member(object, "created_unix_s");
    envelope->next_attempt_unix_s = integer_member(object, "next_attempt_unix_s");
    return spoc_queue_list_item_new(g_steal_pointer(&envelope), state);
}

SpocQueueListItem *
spoc_queue_list_item_parse(const char *line, GError **error)
{
    g_autoptr(JsonParser) parser = json_parser_new_immutable();
    SpocQueueListItem *listed = NULL;
    if (json_parser_load_from_data(parser, line, -1, NULL)) {
        JsonNode *root = json_parser_get_root(parser);
        if (root != NULL && JSON_NODE_HOLDS_OBJECT(root))
            listed = parse_object(json_node_get_object(root));
    }
    if (listed == NULL)
        g_set_error_literal(error, SPOC_ERROR, SPOC_ERROR_CORRUPT,
                            "an entry of the list of messages cannot be understood");
    return listed;
}

char *
spoc_wait_line(const char *journal, gint64 until_unix_s, const char *reason)
{
    g_autofree char *shown = spoc_text_line(reason, -1, WAIT_REASON_MAX_BYTES);
    return g_strdup_printf("%s %" G_GINT64_FORMAT " %s", journal, until_unix_s, shown);
}

gboolean
spoc_wait_parse(const char *line, char **ret_journal, gint64 *ret_until_unix_s, char **ret_reason)
{
    g_auto(GStrv) parts = g_strsplit(line, " ", 3);
    if (g_strv_length(parts) != 3 || !spoc_spool_name_is_valid(parts[0]) ||
        !g_utf8_validate(parts[2], -1, NULL) ||
        !g_ascii_string_to_signed(parts[1], 10, 0, G_MAXINT64, ret_until_unix_s, NULL))
        return FALSE;
    *ret_journal = g_strdup(parts[0]);
    *ret_reason = spoc_text_line(parts[2], -1, WAIT_REASON_MAX_BYTES);
    return TRUE;
}
