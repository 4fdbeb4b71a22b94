/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   IPP event bytes, as cupsd writes them to a notifier (RFC 3995), become plain
 *           data. Finds the next event again after damage.
 * SECURITY  The bytes are hostile: job titles, printer names and user data are anyone's.
 *           Strings here are valid UTF-8 but otherwise as they came: whoever shows one
 *           passes it through spoc_text_line().
 */
#pragma once

#include <glib.h>

#define SPOC_EVENT_MAX_BYTES 65536

typedef enum {
    SPOC_EVENT_OTHER,
    SPOC_EVENT_JOB_CREATED,
    SPOC_EVENT_JOB_COMPLETED,
    SPOC_EVENT_JOB_STOPPED,
    SPOC_EVENT_JOB_CONFIG_CHANGED,
    SPOC_EVENT_JOB_STATE_CHANGED,
    SPOC_EVENT_JOB_PROGRESS,
    SPOC_EVENT_PRINTER_ADDED,
    SPOC_EVENT_PRINTER_DELETED,
    SPOC_EVENT_PRINTER_CONFIG_CHANGED,
    SPOC_EVENT_PRINTER_STATE_CHANGED,
    SPOC_EVENT_PRINTER_STOPPED,
    SPOC_EVENT_PRINTER_MEDIA_CHANGED,
    SPOC_EVENT_PRINTER_FINISHINGS_CHANGED,
    SPOC_EVENT_PRINTER_QUEUE_ORDER_CHANGED,
    SPOC_EVENT_PRINTER_RESTARTED,
    SPOC_EVENT_PRINTER_SHUTDOWN,
    SPOC_EVENT_SERVER_STARTED,
    SPOC_EVENT_SERVER_STOPPED,
    SPOC_EVENT_SERVER_RESTARTED,
    SPOC_EVENT_SERVER_AUDIT,
} SpocEventKind;

/* printer-state and job-state carry IPP's numbers (RFC 8011 5.4.11, 5.3.7); 0: not said */
typedef struct {
    guint64 offset; /* of its first byte in the journal's stream */
    gsize length_bytes;
    SpocEventKind kind;
    char *name;           /* notify-subscribed-event as it came, "job-completed" */
    gint subscription_id; /* 0: not said */
    gint sequence_number;
    gint64 when_unix_s; /* printer-up-time, which cupsd fills with Unix time; 0: not said */
    char *text;         /* (nullable) notify-text */

    gint job_id;                      /* notify-job-id or job-id; 0: no job */
    gboolean job_id_is_subscriptions; /* spelled notify-job-id */
    char *job_name;                   /* (nullable) the title */
    gint job_state;
    char **job_state_reasons;       /* never NULL */
    gint job_impressions_completed; /* -1: not said */

    char *printer_uri;  /* (nullable) notify-printer-uri */
    char *printer_name; /* (nullable) */
    gint printer_state;
    char **printer_state_reasons;   /* never NULL */
    gint printer_is_accepting_jobs; /* -1: not said */
} SpocEvent;

/* (transfer full): one that says nothing yet. An event is not changed once it is made: who keeps it
 * takes a reference. */
SpocEvent *spoc_event_new(void);
SpocEvent *spoc_event_ref(const SpocEvent *event);
/* (transfer full): the same without the printer's reasons that spoc_reason_is_wanted() leaves out
 */
SpocEvent *spoc_event_with_reasons(const SpocEvent *event, const char *const *wanted);
void spoc_event_unref(SpocEvent *event);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SpocEvent, spoc_event_unref)

/* The kind of an event by its name in RFC 3995 or CUPS; SPOC_EVENT_OTHER for an unknown one */
SpocEventKind spoc_event_kind(const char *name);

typedef enum {
    SPOC_SCAN_EVENT,   /* one event; consumed up to its end, skipped bytes before it included */
    SPOC_SCAN_MORE,    /* nothing whole yet: come again with more bytes from the same place */
    SPOC_SCAN_DAMAGED, /* bytes that belong to no event were passed over; go on behind them */
    SPOC_SCAN_END,     /* the stream is complete and nothing is left */
} SpocScanResult;

/**
 * spoc_event_scan:
 * @bytes: the stream from @offset on
 * @offset: the place of @bytes in the stream
 * @complete: no byte will ever come behind these
 * @ret_consumed: (out): how many bytes are dealt with (0 for SPOC_SCAN_MORE)
 * @ret_event: (out) (transfer full): for SPOC_SCAN_EVENT
 *
 * Pure. A message cut short in the middle of the stream costs itself alone: the scan
 * goes on at the next "02 00 00 00 00 00 00 00 07 47 00 0e notify-charset". That
 * pattern inside notify-user-data does not start an event.
 */
SpocScanResult spoc_event_scan(const guint8 *bytes, gsize size, guint64 offset, gboolean complete,
                               gsize *ret_consumed, SpocEvent **ret_event);

gboolean spoc_event_is_job(const SpocEvent *event);

/* (transfer full) (nullable): the IPP message that all of these bytes are; NULL: they are none */
struct _ipp_s *spoc_event_read_ipp(const guint8 *bytes, gsize size);

/* (nullable): the names that events have, one after the other; NULL behind the last */
const char *spoc_event_names_get(guint index);
