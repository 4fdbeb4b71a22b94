/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  A notification as most tests want it, to be changed where one wants another.
 */
#pragma once

#include "message/notification.h"

typedef struct {
    SpocEvent event;
    SpocPerson person;
    SpocNotice notice;
    SpocNotification notification;
    char *job_reasons[3];
    char *printer_reasons[3];
} Sample;

static inline void
sample_init(Sample *sample)
{
    *sample = (Sample){
        .event = {.offset = 1040,
                  .kind = SPOC_EVENT_JOB_COMPLETED,
                  .name = (char *)"job-completed",
                  .when_unix_s = 1790000000,
                  .text = (char *)"Job completed.",
                  .job_id = 17,
                  .job_name = (char *)"Report.pdf",
                  .job_state = 9,
                  .job_impressions_completed = 3,
                  .printer_uri = (char *)"ipp://printhost/printers/q1",
                  .printer_name = (char *)"q1",
                  .printer_state = 3,
                  .printer_is_accepting_jobs = 1},
        .person = {.address = (char *)"alice@example.com",
                   .name = (char *)"Alice Smith",
                   .is_owner = TRUE},
        .job_reasons = {(char *)"job-completed-successfully"},
        .printer_reasons = {(char *)"none"},
    };
    sample->event.job_state_reasons = sample->job_reasons;
    sample->event.printer_state_reasons = sample->printer_reasons;
    sample->notice = (SpocNotice){
        .event = &sample->event, .journal = "1790000000-0001-abc", .owner = "alice", .times = 1};
    sample->notification = (SpocNotification){.notices = &sample->notice,
                                              .notice_count = 1,
                                              .person = &sample->person,
                                              .sender = "print-server@example.com",
                                              .host_name = "printhost.example.com",
                                              .format = SPOC_FORMAT_TEXT,
                                              .fallback_unix_s = 1780000000};
}
