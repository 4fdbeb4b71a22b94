/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/queue-print.h"

#include "ctl/ctl.h"
#include "ctl/json.h"

#include <string.h>

static char *
duration_text(gint64 seconds)
{
    static const struct {
        gint64 above_s;
        gint64 divisor;
        const char *unit;
    } units[] = {{172800, 86400, "d"}, {7200, 3600, "h"}, {120, 60, "min"}, {0, 1, "s"}};
    guint i = 0;
    while (seconds < units[i].above_s)
        i++;
    return g_strdup_printf("%" G_GINT64_FORMAT " %s", seconds / units[i].divisor, units[i].unit);
}

char *
spoc_queue_print_when(gint64 unix_s, gint64 now_unix_s)
{
    if (unix_s == 0)
        return g_strdup("never");
    if (unix_s == now_unix_s)
        return g_strdup("now");
    g_autofree char *amount = duration_text(ABS(unix_s - now_unix_s));
    return unix_s > now_unix_s ? g_strconcat("in ", amount, NULL)
                               : g_strconcat(amount, " ago", NULL);
}

/* What happens to it next */
static char *
next_text(const SpocQueueListItem *listed, gint64 now_unix_s)
{
    gint64 next = listed->envelope->next_attempt_unix_s;
    if (listed->state == SPOC_STATE_SENDING)
        return g_strdup("next now");
    if (listed->state == SPOC_STATE_NEW && next == 0)
        return g_strdup("next soon");
    if (listed->state == SPOC_STATE_FAILED)
        return g_strdup("given up");
    if (next == 0)
        return g_strdup(listed->state == SPOC_STATE_HELD ? "until it is released" : "next none");
    g_autofree char *when =
        next <= now_unix_s ? g_strdup("now") : spoc_queue_print_when(next, now_unix_s);
    if (listed->state == SPOC_STATE_HELD)
        return g_strdup_printf("until the problem below is mended; tried again %s and when "
                               "the configuration changes",
                               when);
    return g_strconcat("next ", when, NULL);
}

static char *
addresses_text(const SpocEnvelope *envelope)
{
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < envelope->recipients->len; i++) {
        const SpocEnvelopeRecipient *recipient = g_ptr_array_index(envelope->recipients, i);
        g_autofree char *shown = spoc_ctl_shown(recipient->address);
        g_string_append_printf(text, "%s%s", i > 0 ? ", " : "", shown);
        if (recipient->state != SPOC_STATE_WAITING)
            g_string_append_printf(text, " (%s)", spoc_recipient_state_name(recipient->state));
    }
    return g_string_free(text, FALSE);
}

char *
spoc_queue_print_short(const SpocQueueListItem *listed, gint64 now_unix_s)
{
    const SpocEnvelope *envelope = listed->envelope;
    g_autofree char *id = spoc_ctl_shown(envelope->id);
    g_autofree char *age = duration_text(MAX(now_unix_s - envelope->created_unix_s, 0));
    g_autofree char *next = next_text(listed, now_unix_s);
    g_autofree char *size = g_format_size(envelope->size_bytes);
    g_autofree char *recipients = addresses_text(envelope);
    g_autofree char *subject = spoc_ctl_shown(envelope->subject);
    GString *text = g_string_new(NULL);
    g_string_append_printf(text, "%s  %s  %s old, %s, %u %s, %s\n", id,
                           spoc_message_state_name(listed->state), age, size, envelope->attempts,
                           envelope->attempts == 1 ? "attempt" : "attempts", next);
    if (*recipients != '\0')
        g_string_append_printf(text, "    to %s\n", recipients);
    if (envelope->job_id != 0)
        g_string_append_printf(text, "    job %" G_GINT64_FORMAT ": %s\n", envelope->job_id,
                               subject);
    else
        g_string_append_printf(text, "    %s\n", subject);
    if (envelope->reason != NULL) {
        g_autofree char *reason = spoc_ctl_shown(envelope->reason);
        g_string_append_printf(text, "    (%s)\n", reason);
    }
    return g_string_free(text, FALSE);
}

static void
append_field(GString *text, const char *name, const char *value)
{
    g_autofree char *shown = spoc_ctl_shown(value);
    g_string_append_printf(text, "%-14s %s\n", name, shown);
}

static void
append_recipients(GString *text, const SpocEnvelope *envelope)
{
    for (guint i = 0; i < envelope->recipients->len; i++) {
        const SpocEnvelopeRecipient *recipient = g_ptr_array_index(envelope->recipients, i);
        g_autofree char *line = g_strdup_printf(
            "%s, %s%s%s", recipient->address, spoc_recipient_state_name(recipient->state),
            recipient->reply != NULL ? ": " : "", recipient->reply != NULL ? recipient->reply : "");
        append_field(text, "Recipient:", line);
    }
}

char *
spoc_queue_print_full(const SpocQueueListItem *listed)
{
    const SpocEnvelope *envelope = listed->envelope;
    g_autofree char *created = spoc_ctl_time(envelope->created_unix_s);
    g_autofree char *next = spoc_ctl_time(envelope->next_attempt_unix_s);
    GString *text = g_string_new(NULL);
    append_field(text, "Id:", envelope->id);
    append_field(text, "Kind:", envelope->kind);
    append_field(text, "State:", spoc_message_state_name(listed->state));
    if (envelope->reason != NULL)
        append_field(text, "Reason:", envelope->reason);
    append_field(text, "Subject:", envelope->subject);
    if (envelope->job_id != 0)
        g_string_append_printf(text, "%-14s %" G_GINT64_FORMAT "\n", "Job:", envelope->job_id);
    if (envelope->sender != NULL)
        append_field(text, "Sender:", *envelope->sender != '\0' ? envelope->sender : "<>");
    append_recipients(text, envelope);
    if (envelope->message_id != NULL)
        append_field(text, "Message-ID:", envelope->message_id);
    g_string_append_printf(text, "%-14s %" G_GUINT64_FORMAT " bytes\n",
                           "Size:", envelope->size_bytes);
    append_field(text, "Created:", created);
    append_field(text, "Next attempt:", next);
    g_string_append_printf(text, "%-14s %u\n", "Attempts:", envelope->attempts);
    for (guint i = 0; i < envelope->history->len; i++) {
        const SpocAttempt *attempt = g_ptr_array_index(envelope->history, i);
        g_autofree char *when = spoc_ctl_time(attempt->when_unix_s);
        g_autofree char *shown = spoc_ctl_shown(attempt->text);
        g_string_append_printf(text, "  %s  %s\n", when, shown);
    }
    return g_string_free(text, FALSE);
}

JsonNode *
spoc_queue_print_full_node(const SpocQueueListItem *listed)
{
    const SpocEnvelope *envelope = listed->envelope;
    JsonNode *node = spoc_queue_list_item_node(envelope, listed->state);
    JsonObject *object = json_node_get_object(node);
    JsonArray *recipients = json_object_get_array_member(object, "recipients");
    for (guint i = 0; i < envelope->recipients->len; i++) {
        const SpocEnvelopeRecipient *recipient = g_ptr_array_index(envelope->recipients, i);
        spoc_json_set_text(json_array_get_object_element(recipients, i), "reply", recipient->reply);
    }
    spoc_json_set_text(object, "sender", envelope->sender);
    spoc_json_set_text(object, "message_id", envelope->message_id);
    JsonArray *history = json_array_new();
    for (guint i = 0; i < envelope->history->len; i++) {
        const SpocAttempt *attempt = g_ptr_array_index(envelope->history, i);
        JsonObject *entry = json_object_new();
        json_object_set_int_member(entry, "when_unix_s", attempt->when_unix_s);
        json_object_set_string_member(entry, "text", attempt->text);
        json_array_add_object_element(history, entry);
    }
    json_object_set_array_member(object, "history", history);
    return node;
}

/* A line that is "From " behind any number of ">" gets one more ">". */
static gboolean
needs_quote(const char *line, gsize length)
{
    gsize quotes = 0;
    while (quotes < length && line[quotes] == '>')
        quotes++;
    return length - quotes >= 5 && memcmp(line + quotes, "From ", 5) == 0;
}

/* As asctime(3) writes it, in English whatever the locale is (RFC 4155, appendix A). */
static char *
mbox_time(gint64 unix_s)
{
    static const char *const days[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    g_autoptr(GDateTime) when = g_date_time_new_from_unix_utc(unix_s);
    if (when == NULL)
        when = g_date_time_new_from_unix_utc(0);
    return g_strdup_printf(
        "%s %s %2d %02d:%02d:%02d %d", days[g_date_time_get_day_of_week(when) - 1],
        months[g_date_time_get_month(when) - 1], g_date_time_get_day_of_month(when),
        g_date_time_get_hour(when), g_date_time_get_minute(when), g_date_time_get_second(when),
        g_date_time_get_year(when));
}

GBytes *
spoc_queue_print_mbox(const SpocEnvelope *envelope, GBytes *message)
{
    gsize size = 0;
    const char *at = g_bytes_get_data(message, &size);
    const char *end = at + size;
    g_autofree char *when = mbox_time(envelope->created_unix_s);
    GString *text = g_string_sized_new(size + 256);
    const char *sender = envelope->sender != NULL ? envelope->sender : "";
    g_string_append_printf(text, "From %s %s\n", *sender != '\0' ? sender : "MAILER-DAEMON", when);
    while (at < end) {
        const char *feed = memchr(at, '\n', (gsize)(end - at));
        gsize whole = feed != NULL ? (gsize)(feed - at) + 1 : (gsize)(end - at);
        gsize length = feed != NULL ? whole - 1 : whole;
        if (length > 0 && at[length - 1] == '\r')
            length--;
        if (needs_quote(at, length))
            g_string_append_c(text, '>');
        g_string_append_len(text, at, (gssize)length);
        g_string_append_c(text, '\n');
        at += whole;
    }
    g_string_append_c(text, '\n');
    return g_string_free_to_bytes(text);
}
