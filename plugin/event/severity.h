/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  What an event is about, and how a printer is by what it says: the plain questions
 *          that grouping and the suppression of repeats ask.
 */
#pragma once

#include "event/event.h"

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

typedef enum {
    SPOC_CONDITION_NONE,    /* it does not tell a printer's state */
    SPOC_CONDITION_FINE,    /* idle or printing */
    SPOC_CONDITION_TROUBLE, /* it goes on, but warns of something */
    SPOC_CONDITION_STOPPED,
} SpocSeverityOfState;

SpocSeverityOfState spoc_event_severity(const SpocEvent *event);

/* Whether somebody has to do something. */
gboolean spoc_condition_is_fault(SpocSeverityOfState condition);

/* (transfer full): equal for events that say the same of a printer's state: "5 media-empty-error"
 */
char *spoc_event_state_signature(const SpocEvent *event);

/* Nothing more comes about this job. */
gboolean spoc_event_is_final(const SpocEvent *event);
