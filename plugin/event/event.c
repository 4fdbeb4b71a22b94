/* SPDX-License-Identifier: Apache-2.0 */
#include "event/event.h"

#include "event/frame.h"

#include <cups/ipp.h>
#include <string.h>

static const struct {
    const char *name;
    SpocEventKind kind;
} KINDS[] = {
    {"job-created", SPOC_EVENT_JOB_CREATED},
    {"job-completed", SPOC_EVENT_JOB_COMPLETED},
    {"job-stopped", SPOC_EVENT_JOB_STOPPED},
    {"job-config-changed", SPOC_EVENT_JOB_CONFIG_CHANGED},
    {"job-state-changed", SPOC_EVENT_JOB_STATE_CHANGED},
    {"job-progress", SPOC_EVENT_JOB_PROGRESS},
    {"printer-added", SPOC_EVENT_PRINTER_ADDED},
    {"printer-created", SPOC_EVENT_PRINTER_ADDED},
    {"printer-deleted", SPOC_EVENT_PRINTER_DELETED},
    {"printer-config-changed", SPOC_EVENT_PRINTER_CONFIG_CHANGED},
    {"printer-modified", SPOC_EVENT_PRINTER_CONFIG_CHANGED},
    {"printer-state-changed", SPOC_EVENT_PRINTER_STATE_CHANGED},
    {"printer-stopped", SPOC_EVENT_PRINTER_STOPPED},
    {"printer-media-changed", SPOC_EVENT_PRINTER_MEDIA_CHANGED},
    {"printer-finishings-changed", SPOC_EVENT_PRINTER_FINISHINGS_CHANGED},
    {"printer-queue-order-changed", SPOC_EVENT_PRINTER_QUEUE_ORDER_CHANGED},
    {"printer-restarted", SPOC_EVENT_PRINTER_RESTARTED},
    {"printer-shutdown", SPOC_EVENT_PRINTER_SHUTDOWN},
    {"server-started", SPOC_EVENT_SERVER_STARTED},
    {"server-stopped", SPOC_EVENT_SERVER_STOPPED},
    {"server-restarted", SPOC_EVENT_SERVER_RESTARTED},
    {"server-audit", SPOC_EVENT_SERVER_AUDIT},
};

void
spoc_event_free(SpocEvent *event)
{
    if (event == NULL)
        return;
    g_free(event->name);
    g_free(event->text);
    g_free(event->job_name);
    g_strfreev(event->job_state_reasons);
    g_free(event->printer_uri);
    g_free(event->printer_name);
    g_strfreev(event->printer_state_reasons);
    g_free(event);
}

SpocEvent *
spoc_event_copy(const SpocEvent *event)
{
    SpocEvent *copy = g_memdup2(event, sizeof *event);
    copy->name = g_strdup(event->name);
    copy->text = g_strdup(event->text);
    copy->job_name = g_strdup(event->job_name);
    copy->job_state_reasons = g_strdupv(event->job_state_reasons);
    copy->printer_uri = g_strdup(event->printer_uri);
    copy->printer_name = g_strdup(event->printer_name);
    copy->printer_state_reasons = g_strdupv(event->printer_state_reasons);
    return copy;
}

gboolean
spoc_event_is_job(const SpocEvent *event)
{
    return event->kind >= SPOC_EVENT_JOB_CREATED && event->kind <= SPOC_EVENT_JOB_PROGRESS;
}

const char *
spoc_event_names_get(guint index)
{
    return index < G_N_ELEMENTS(KINDS) ? KINDS[index].name : NULL;
}

/* --- values ----------------------------------------------------------------------------- */

static char *
take_string(const char *text)
{
    return text != NULL ? g_utf8_make_valid(text, -1) : NULL;
}

static gboolean
is_textual(ipp_tag_t tag)
{
    return tag == IPP_TAG_TEXTLANG || tag == IPP_TAG_NAMELANG ||
           (tag >= IPP_TAG_TEXT && tag <= IPP_TAG_MIMETYPE);
}

static char *
get_string(ipp_attribute_t *attribute)
{
    if (!is_textual(ippGetValueTag(attribute)))
        return NULL;
    return take_string(ippGetString(attribute, 0, NULL));
}

static gint
get_integer(ipp_attribute_t *attribute, gint otherwise)
{
    ipp_tag_t tag = ippGetValueTag(attribute);
    if (tag != IPP_TAG_INTEGER && tag != IPP_TAG_ENUM)
        return otherwise;
    return MAX(ippGetInteger(attribute, 0), 0);
}

static char **
get_strings(ipp_attribute_t *attribute)
{
    g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
    int count = is_textual(ippGetValueTag(attribute)) ? ippGetCount(attribute) : 0;
    for (int i = 0; i < count; i++) {
        g_autofree char *text = take_string(ippGetString(attribute, i, NULL));
        if (text != NULL)
            g_strv_builder_add(builder, text);
    }
    return g_strv_builder_end(builder);
}

/* The last of two equal attributes counts; cupsd writes each once. */
static void
set_string(char **field, ipp_attribute_t *attribute)
{
    g_free(*field);
    *field = get_string(attribute);
}

static void
set_strings(char ***field, ipp_attribute_t *attribute)
{
    g_strfreev(*field);
    *field = get_strings(attribute);
}

static void
take_attribute(SpocEvent *event, const char *name, ipp_attribute_t *attribute)
{
    if (strcmp(name, "notify-subscribed-event") == 0)
        set_string(&event->name, attribute);
    else if (strcmp(name, "notify-subscription-id") == 0)
        event->subscription_id = get_integer(attribute, 0);
    else if (strcmp(name, "notify-sequence-number") == 0)
        event->sequence_number = get_integer(attribute, 0);
    else if (strcmp(name, "printer-up-time") == 0)
        event->when_unix_s = get_integer(attribute, 0);
    else if (strcmp(name, "notify-text") == 0)
        set_string(&event->text, attribute);
    else if (strcmp(name, "notify-job-id") == 0 || strcmp(name, "job-id") == 0) {
        event->job_id = get_integer(attribute, 0);
        event->job_id_is_subscriptions = name[0] == 'n';
    } else if (strcmp(name, "job-name") == 0)
        set_string(&event->job_name, attribute);
    else if (strcmp(name, "job-state") == 0)
        event->job_state = get_integer(attribute, 0);
    else if (strcmp(name, "job-state-reasons") == 0)
        set_strings(&event->job_state_reasons, attribute);
    else if (strcmp(name, "job-impressions-completed") == 0)
        event->job_impressions_completed = get_integer(attribute, -1);
    else if (strcmp(name, "notify-printer-uri") == 0)
        set_string(&event->printer_uri, attribute);
    else if (strcmp(name, "printer-name") == 0)
        set_string(&event->printer_name, attribute);
    else if (strcmp(name, "printer-state") == 0)
        event->printer_state = get_integer(attribute, 0);
    else if (strcmp(name, "printer-state-reasons") == 0)
        set_strings(&event->printer_state_reasons, attribute);
    else if (strcmp(name, "printer-is-accepting-jobs") == 0 &&
             ippGetValueTag(attribute) == IPP_TAG_BOOLEAN)
        event->printer_is_accepting_jobs = ippGetBoolean(attribute, 0);
}

/* --- one message ------------------------------------------------------------------------ */

typedef struct {
    const guint8 *bytes;
    gsize size;
} Reader;

static ssize_t
read_bytes(void *context, ipp_uchar_t *buffer, size_t size)
{
    Reader *reader = context;
    gsize count = MIN(size, reader->size);
    memcpy(buffer, reader->bytes, count);
    reader->bytes += count;
    reader->size -= count;
    return (ssize_t)count;
}

SpocEventKind
spoc_event_kind(const char *name)
{
    for (gsize i = 0; i < G_N_ELEMENTS(KINDS); i++) {
        if (strcmp(KINDS[i].name, name) == 0)
            return KINDS[i].kind;
    }
    return SPOC_EVENT_OTHER;
}

/* (nullable): NULL when libcups does not take it for a message, or it names no event */
static SpocEvent *
read_event(const guint8 *bytes, gsize size)
{
    Reader reader = {.bytes = bytes, .size = size};
    ipp_t *message = ippNew();
    if (ippReadIO(&reader, read_bytes, 1, NULL, message) != IPP_STATE_DATA || reader.size > 0) {
        ippDelete(message);
        return NULL;
    }
    g_autoptr(SpocEvent) event = g_new0(SpocEvent, 1);
    event->job_impressions_completed = -1;
    event->printer_is_accepting_jobs = -1;
    for (ipp_attribute_t *attribute = ippFirstAttribute(message); attribute != NULL;
         attribute = ippNextAttribute(message)) {
        const char *name = ippGetName(attribute);
        if (name != NULL)
            take_attribute(event, name, attribute);
    }
    ippDelete(message);
    if (event->name == NULL)
        return NULL;
    event->kind = spoc_event_kind(event->name);
    if (event->job_state_reasons == NULL)
        event->job_state_reasons = g_new0(char *, 1);
    if (event->printer_state_reasons == NULL)
        event->printer_state_reasons = g_new0(char *, 1);
    return g_steal_pointer(&event);
}

/* --- the stream ------------------------------------------------------------------------- */

/* Whether another message begins within the first @extent bytes of this one, which was
 * therefore cut short. The pattern in the user data counts only when a whole message follows
 * from there, beyond the user data: no event fits into it. */
static gboolean
is_cut_short(const guint8 *bytes, gsize size, const SpocFrame *frame, gsize extent)
{
    gsize from = 1;
    gsize user_data_end = frame->user_data_at + frame->user_data_size;
    const guint8 *start;
    while ((start = spoc_frame_find_start(bytes, extent, from)) != NULL) {
        gsize at = (gsize)(start - bytes);
        if (at < frame->user_data_at || at >= user_data_end)
            return TRUE;
        SpocFrame inner;
        if (spoc_frame_walk(start, size - at, &inner) == SPOC_FRAME_WHOLE &&
            at + inner.length_bytes > user_data_end)
            return TRUE;
        from = user_data_end;
    }
    return FALSE;
}

/* Passes over what belongs to no event, up to the next place where one may start. */
static SpocScanResult
pass_over(const guint8 *bytes, gsize size, gsize from, gboolean complete, gsize *ret_consumed)
{
    const guint8 *next = spoc_frame_find_start(bytes, size, from);
    gsize count = size;
    if (next != NULL)
        count = (gsize)(next - bytes);
    else if (!complete)
        count = size - spoc_frame_start_at_end(bytes, size);
    *ret_consumed = count;
    return count > 0 ? SPOC_SCAN_DAMAGED : SPOC_SCAN_MORE;
}

SpocScanResult
spoc_event_scan(const guint8 *bytes, gsize size, guint64 offset, gboolean complete,
                gsize *ret_consumed, SpocEvent **ret_event)
{
    g_return_val_if_fail(ret_consumed != NULL && ret_event != NULL, SPOC_SCAN_END);
    *ret_consumed = 0;
    *ret_event = NULL;
    if (size == 0)
        return complete ? SPOC_SCAN_END : SPOC_SCAN_MORE;
    if (spoc_frame_find_start(bytes, size, 0) != bytes)
        return pass_over(bytes, size, 0, complete, ret_consumed);

    SpocFrame frame;
    SpocFrameResult result = spoc_frame_walk(bytes, size, &frame);
    gsize extent =
        result == SPOC_FRAME_WHOLE ? frame.length_bytes : MIN(size, SPOC_EVENT_MAX_BYTES);
    if (result == SPOC_FRAME_BAD || is_cut_short(bytes, size, &frame, extent))
        return pass_over(bytes, size, 1, complete, ret_consumed);
    if (result == SPOC_FRAME_SHORT)
        return complete ? pass_over(bytes, size, 1, TRUE, ret_consumed) : SPOC_SCAN_MORE;

    g_autoptr(SpocEvent) event = read_event(bytes, frame.length_bytes);
    if (event == NULL)
        return pass_over(bytes, size, 1, complete, ret_consumed);
    event->offset = offset;
    event->length_bytes = frame.length_bytes;
    *ret_consumed = frame.length_bytes;
    *ret_event = g_steal_pointer(&event);
    return SPOC_SCAN_EVENT;
}
