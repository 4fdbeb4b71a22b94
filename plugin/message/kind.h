/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  What an event means to a reader: which sentence tells it, and whether it is good or
 *          bad news.
 */
#pragma once

#include "event/severity.h"
#include "message/notice.h"
#include "message/words.h"

typedef enum {
    SPOC_EVENT_SEVERITY_GOOD,
    SPOC_EVENT_SEVERITY_INFO,
    SPOC_EVENT_SEVERITY_ATTENTION,
    SPOC_EVENT_SEVERITY_FAULT,
} SpocEventSeverity;

/* @printer_reasons, @job_reasons: those that are to be believed; never NULL */
SpocNoticeKind spoc_notice_kind(const SpocNotice *notice, char *const *printer_reasons);
SpocEventSeverity spoc_notice_severity(SpocNoticeKind kind, char *const *printer_reasons,
                                       char *const *job_reasons);
