/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  What an event means to a reader: which sentence tells it, and whether it is good or
 *          bad news.
 */
#pragma once

#include "message/notification.h"
#include "message/words-soon.h"

typedef enum {
    SPOC_TONE_GOOD,
    SPOC_TONE_INFO,
    SPOC_TONE_ATTENTION,
    SPOC_TONE_FAULT,
} SpocTone;

/* job-state and printer-state, RFC 8011 5.3.7, 5.4.11 */
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

/* @printer_reasons, @job_reasons: those that are to be believed; never NULL */
SpocNews spoc_news_of(const SpocNotice *notice, char *const *printer_reasons);
SpocTone spoc_news_tone(SpocNews news, char *const *printer_reasons, char *const *job_reasons);
