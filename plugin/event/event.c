/* SPDX-License-Identifier: Apache-2.0 */
#include "event/event.h"

#include "event/reason.h"

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

static void
event_clear(gpointer data)
{
    SpocEvent *event = data;
    g_free(event->name);
    g_free(event->text);
    g_free(event->job_name);
    g_strfreev(event->job_state_reasons);
    g_free(event->printer_uri);
    g_free(event->printer_name);
    g_strfreev(event->printer_state_reasons);
}

SpocEvent *
spoc_event_new(void)
{
    SpocEvent *event = g_rc_box_new0(SpocEvent);
    event->job_impressions_completed = -1;
    event->printer_is_accepting_jobs = -1;
    return event;
}

SpocEvent *
spoc_event_ref(const SpocEvent *event)
{
    return g_rc_box_acquire((gpointer)event);
}

SpocEvent *
spoc_event_with_reasons(const SpocEvent *event, const char *const *wanted)
{
    g_autoptr(GStrvBuilder) kept = g_strv_builder_new();
    gboolean are_all = TRUE;
    for (gsize i = 0; event->printer_state_reasons[i] != NULL; i++) {
        const char *reason = event->printer_state_reasons[i];
        if (spoc_reason_is_wanted(wanted, reason))
            g_strv_builder_add(kept, reason);
        else
            are_all = FALSE;
    }
    if (are_all)
        return spoc_event_ref(event);
    SpocEvent *copy = spoc_event_new();
    *copy = *event;
    copy->name = g_strdup(event->name);
    copy->text = g_strdup(event->text);
    copy->job_name = g_strdup(event->job_name);
    copy->job_state_reasons = g_strdupv(event->job_state_reasons);
    copy->printer_uri = g_strdup(event->printer_uri);
    copy->printer_name = g_strdup(event->printer_name);
    copy->printer_state_reasons = g_strv_builder_end(kept);
    return copy;
}

void
spoc_event_unref(SpocEvent *event)
{
    if (event != NULL)
        g_rc_box_release_full(event, event_clear);
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

ipp_t *
spoc_event_read_ipp(const guint8 *bytes, gsize size)
{
    Reader reader = {.bytes = bytes, .size = size};
    ipp_t *message = ippNew();
    if (ippReadIO(&reader, read_bytes, 1, NULL, message) == IPP_STATE_DATA && reader.size == 0)
        return message;
    ippDelete(message);
    return NULL;
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
    ipp_t *message = spoc_event_read_ipp(bytes, size);
    if (message == NULL)
        return NULL;
    g_autoptr(SpocEvent) event = spoc_event_new();
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

/* --- frames ----------------------------------------------------------------------------- */

/* Finds where an event message starts and ends in the stream, before libcups is given its bytes.
 * libcups reads collections by recursion and accepts what cupsd never writes. Here the only shape
 * that passes is the one that cupsd gives an event: one event-notification group of flat
 * attributes, bounded by SPOC_EVENT_MAX_BYTES. */
typedef enum {
    FRAME_WHOLE,
    FRAME_SHORT, /* more bytes may complete it */
    FRAME_BAD,   /* no bytes can make it a message */
} FrameResult;

typedef struct {
    gsize length_bytes; /* of the whole message; as far as it is known when it is short */
    gsize user_data_at; /* the value of notify-user-data, as far as it is there */
    gsize user_data_size;
} Frame;

/* Version 2.0, operation 0, request 0, the event-notification group, and its first
 * attribute's tag, name length and name (RFC 8010 3.1, RFC 3995 5.3.3.4). */
static const guint8 START[] = {0x02, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x07,
                               0x47, 0x00, 0x0e, 'n',  'o',  't',  'i',  'f',  'y',
                               '-',  'c',  'h',  'a',  'r',  's',  'e',  't'};

#define GROUP_AT 8
#define TAG_END 0x03
#define TAG_GROUP 0x07
#define TAG_OCTET_STRING 0x30

/* RFC 3995 5.3.5: at most 63 octets */
#define USER_DATA_MAX_BYTES 63

static const char USER_DATA[] = "notify-user-data";

/* (nullable): the first place at or behind @from where a message could start */
static const guint8 *
find_start(const guint8 *bytes, gsize size, gsize from)
{
    if (from >= size)
        return NULL;
    return memmem(bytes + from, size - from, START, sizeof START);
}

/* How many bytes at the end of @bytes could be the beginning of a start. */
static gsize
start_at_end(const guint8 *bytes, gsize size)
{
    for (gsize count = MIN(size, sizeof START - 1); count > 0; count--) {
        if (memcmp(bytes + size - count, START, count) == 0)
            return count;
    }
    return 0;
}

static gsize
read_length(const guint8 *bytes)
{
    return (gsize)bytes[0] << 8 | bytes[1];
}

/* Value tags that stand for one flat value (RFC 8010 3.5.2): out-of-band values, then
 * integers to mimeMediaType without the collections (0x34, 0x37, 0x4a). */
static gboolean
is_value_tag(guint8 tag)
{
    return (tag >= 0x10 && tag <= 0x16) || (tag >= 0x21 && tag <= 0x23) ||
           (tag >= 0x30 && tag <= 0x36 && tag != 0x34) ||
           (tag >= 0x41 && tag <= 0x49 && tag != 0x43);
}

/* Follows the attributes of the message that starts at @bytes. */
static FrameResult
walk_frame(const guint8 *bytes, gsize size, Frame *ret_frame)
{
    *ret_frame = (Frame){0};
    gsize limit = MIN(size, SPOC_EVENT_MAX_BYTES);
    FrameResult when_short = size >= SPOC_EVENT_MAX_BYTES ? FRAME_BAD : FRAME_SHORT;
    if (size < sizeof START || memcmp(bytes, START, sizeof START) != 0)
        return FRAME_BAD;

    for (gsize at = GROUP_AT + 1; at < limit;) {
        guint8 tag = bytes[at++];
        ret_frame->length_bytes = at;
        if (tag == TAG_END)
            return FRAME_WHOLE;
        if (!is_value_tag(tag))
            return FRAME_BAD;
        if (limit - at < 2)
            break;
        gsize name_size = read_length(bytes + at);
        gsize name_at = at + 2;
        if (name_at + name_size + 2 > limit)
            break;
        gsize value_size = read_length(bytes + name_at + name_size);
        at = name_at + name_size + 2;
        if (tag == TAG_OCTET_STRING && name_size == sizeof USER_DATA - 1 &&
            value_size <= USER_DATA_MAX_BYTES &&
            memcmp(bytes + name_at, USER_DATA, name_size) == 0) {
            ret_frame->user_data_at = at;
            ret_frame->user_data_size = MIN(value_size, limit - at);
        }
        if (value_size > limit - at)
            break;
        at += value_size;
    }
    return when_short;
}

/* --- the stream ------------------------------------------------------------------------- */

/* Whether another message begins within the first @extent bytes of this one, which was
 * therefore cut short. The pattern in the user data counts only when a whole message follows
 * from there, beyond the user data: no event fits into it. */
static gboolean
is_cut_short(const guint8 *bytes, gsize size, const Frame *frame, gsize extent)
{
    gsize from = 1;
    gsize user_data_end = frame->user_data_at + frame->user_data_size;
    const guint8 *start;
    while ((start = find_start(bytes, extent, from)) != NULL) {
        gsize at = (gsize)(start - bytes);
        if (at < frame->user_data_at || at >= user_data_end)
            return TRUE;
        Frame inner;
        if (walk_frame(start, size - at, &inner) == FRAME_WHOLE &&
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
    const guint8 *next = find_start(bytes, size, from);
    gsize count = size;
    if (next != NULL)
        count = (gsize)(next - bytes);
    else if (!complete)
        count = size - start_at_end(bytes, size);
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
    if (find_start(bytes, size, 0) != bytes)
        return pass_over(bytes, size, 0, complete, ret_consumed);

    Frame frame;
    FrameResult result = walk_frame(bytes, size, &frame);
    gsize extent = result == FRAME_WHOLE ? frame.length_bytes : MIN(size, SPOC_EVENT_MAX_BYTES);
    if (result == FRAME_BAD || is_cut_short(bytes, size, &frame, extent))
        return pass_over(bytes, size, 1, complete, ret_consumed);
    if (result == FRAME_SHORT)
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
