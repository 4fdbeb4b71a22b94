/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  What an event is about, how bad it is, and what a printer's state is remembered by.
 *          Pure.
 */
#pragma once

#include "event/event.h"
#include "event/reason.h"

/* job-state and printer-state, RFC 8011 5.3.7 and 5.4.11 */
enum {
    SPOC_JOB_PENDING = 3,
    SPOC_JOB_HELD,
    SPOC_JOB_PROCESSING,
    SPOC_JOB_STOPPED,
    SPOC_JOB_CANCELED,
    SPOC_JOB_ABORTED,
    SPOC_JOB_COMPLETED,
};
enum {
    SPOC_PRINTER_IDLE = 3,
    SPOC_PRINTER_PROCESSING,
    SPOC_PRINTER_STOPPED,
};

typedef enum {
    SPOC_TOPIC_JOB,
    SPOC_TOPIC_PRINTER,
    SPOC_TOPIC_SERVER,
} SpocTopic;

SpocTopic spoc_event_topic(const SpocEvent *event);

/* (transfer full): "job 12", "printer q1", "server": the same for events that belong together;
 * as it came, so not yet fit to be shown */
char *spoc_event_topic_name(const SpocEvent *event);

/* (transfer full) (nullable): the printer's or class's name, as it came, or as its URI says */
char *spoc_event_printer(const SpocEvent *event);
/* (transfer full) (nullable): NAME of ".../printers/NAME" or ".../classes/NAME", which share their
 * names in CUPS. @uri: (nullable) */
char *spoc_event_printer_of_uri(const char *uri);

/**
 * spoc_event_severity_by:
 * @job_reasons, @printer_reasons: NULL-terminated: those that are to be believed
 *
 * Returns: how bad an event is, by its kind, its states and these reasons: the one answer for
 * mails, recipients, digests and what is remembered. A resolved fault is good, whatever this says.
 */
SpocEventSeverity spoc_event_severity_by(const SpocEvent *event, char *const *job_reasons,
                                         char *const *printer_reasons);
/* By its own reasons */
SpocEventSeverity spoc_event_severity(const SpocEvent *event);

/* It tells how a printer is: idle, printing, in trouble or stopped. */
gboolean spoc_event_tells_state(const SpocEvent *event);
gboolean spoc_event_is_stopped(const SpocEvent *event);

/* (transfer full): equal for events that say the same of a printer's state, whether it prints or
 * not: "stopped media-empty-error", "going toner-low-report" */
char *spoc_event_state_signature(const SpocEvent *event);
/* (transfer full): with the reasons that are at least so bad alone; for @signature of any version
 */
char *spoc_state_signature_part(const char *signature, SpocEventSeverity at_least);
SpocEventSeverity spoc_state_signature_severity(const char *signature);
/* Whether the version before wrote it, where one stood for idle and one for printing */
gboolean spoc_state_signature_is_old(const char *signature);

/* Nothing more comes about this job. */
gboolean spoc_event_is_final(const SpocEvent *event);
