/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  Events as cupsd writes them to a notifier, made with libcups: for the tests of
 *          every layer that reads some.
 */
#pragma once

#include <cups/ipp.h>
#include <glib.h>

/* What cupsd puts into an event; zero and NULL leave an attribute out. */
typedef struct {
    const char *event; /* "job-completed" */
    int subscription_id;
    int sequence_number;
    const void *user_data;
    int user_data_size;
    int when_unix_s;
    const char *text;
    const char *printer_uri;
    const char *printer_name;
    int printer_state;
    const char *printer_reason;
    const char *printer_reason_2;
    int job_id;
    gboolean spell_job_id; /* "job-id", as newer cupsd does for what is no job's subscription */
    int job_state;
    const char *title;
    const char *job_reason;
    int pages;
} BuildEvent;

/* A job of Alice's that was printed: about 520 bytes, as the real one */
#define BUILD_EVENT_DONE                                                                           \
    {                                                                                              \
        .event = "job-completed", .subscription_id = 7, .sequence_number = 3,                      \
        .when_unix_s = 1790000000, .text = "Job completed.",                                       \
        .printer_uri = "ipp://printhost:631/printers/q1", .printer_name = "q1",                    \
        .printer_state = 3, .printer_reason = "none", .job_id = 17, .job_state = 9,                \
        .title = "Quarterly report.pdf", .job_reason = "job-completed-successfully", .pages = 3    \
    }

static inline ssize_t
build_event_write(void *context, ipp_uchar_t *buffer, size_t size)
{
    g_byte_array_append(context, buffer, (guint)size);
    return (ssize_t)size;
}

static inline void
build_event_string(ipp_t *message, ipp_tag_t tag, const char *name, const char *value)
{
    if (value != NULL)
        ippAddString(message, IPP_TAG_EVENT_NOTIFICATION, tag, name, NULL, value);
}

static inline void
build_event_integer(ipp_t *message, ipp_tag_t tag, const char *name, int value)
{
    if (value != 0)
        ippAddInteger(message, IPP_TAG_EVENT_NOTIFICATION, tag, name, value);
}

/* Appends one message to @stream, in the order of cupsd's attributes. */
static inline void
build_event_append(GByteArray *stream, const BuildEvent *event)
{
    ipp_t *message = ippNew();
    ippSetVersion(message, 2, 0);
    build_event_string(message, IPP_TAG_CHARSET, "notify-charset", "utf-8");
    build_event_string(message, IPP_TAG_LANGUAGE, "notify-natural-language", "en-US");
    build_event_integer(message, IPP_TAG_INTEGER, "notify-subscription-id", event->subscription_id);
    build_event_integer(message, IPP_TAG_INTEGER, "notify-sequence-number", event->sequence_number);
    build_event_string(message, IPP_TAG_KEYWORD, "notify-subscribed-event", event->event);
    if (event->user_data != NULL)
        ippAddOctetString(message, IPP_TAG_EVENT_NOTIFICATION, "notify-user-data", event->user_data,
                          event->user_data_size);
    build_event_integer(message, IPP_TAG_INTEGER, "printer-up-time", event->when_unix_s);
    build_event_string(message, IPP_TAG_TEXT, "notify-text", event->text);
    build_event_string(message, IPP_TAG_URI, "notify-printer-uri", event->printer_uri);
    build_event_string(message, IPP_TAG_NAME, "printer-name", event->printer_name);
    build_event_integer(message, IPP_TAG_ENUM, "printer-state", event->printer_state);
    if (event->printer_reason_2 != NULL) {
        const char *reasons[] = {event->printer_reason, event->printer_reason_2};
        ippAddStrings(message, IPP_TAG_EVENT_NOTIFICATION, IPP_TAG_KEYWORD, "printer-state-reasons",
                      2, NULL, reasons);
    } else {
        build_event_string(message, IPP_TAG_KEYWORD, "printer-state-reasons",
                           event->printer_reason);
    }
    if (event->printer_name != NULL)
        ippAddBoolean(message, IPP_TAG_EVENT_NOTIFICATION, "printer-is-accepting-jobs", 1);
    build_event_integer(message, IPP_TAG_INTEGER, event->spell_job_id ? "job-id" : "notify-job-id",
                        event->job_id);
    build_event_integer(message, IPP_TAG_ENUM, "job-state", event->job_state);
    build_event_string(message, IPP_TAG_NAME, "job-name", event->title);
    build_event_string(message, IPP_TAG_KEYWORD, "job-state-reasons", event->job_reason);
    build_event_integer(message, IPP_TAG_INTEGER, "job-impressions-completed", event->pages);

    ippSetState(message, IPP_STATE_IDLE);
    if (ippWriteIO(stream, build_event_write, 1, NULL, message) != IPP_STATE_DATA)
        g_error("libcups does not write the event");
    ippDelete(message);
}
