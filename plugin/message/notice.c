/* SPDX-License-Identifier: Apache-2.0 */
#include "message/notice.h"

#include "event/severity.h"

static SpocNoticeKind
job_state_kind(gint state, SpocNoticeKind otherwise)
{
    switch (state) {
    case SPOC_JOB_PENDING:
        return SPOC_NOTICE_JOB_WAITING;
    case SPOC_JOB_HELD:
        return SPOC_NOTICE_JOB_HELD;
    case SPOC_JOB_PROCESSING:
        return SPOC_NOTICE_JOB_PRINTING;
    case SPOC_JOB_STOPPED:
        return SPOC_NOTICE_JOB_STOPPED;
    case SPOC_JOB_CANCELED:
        return SPOC_NOTICE_JOB_CANCELED;
    case SPOC_JOB_ABORTED:
        return SPOC_NOTICE_JOB_ABORTED;
    case SPOC_JOB_COMPLETED:
        return SPOC_NOTICE_JOB_PRINTED;
    default:
        return otherwise;
    }
}

static SpocNoticeKind
printer_state_kind(const SpocEvent *event, char *const *reasons)
{
    if (event->printer_state == SPOC_PRINTER_STOPPED)
        return SPOC_NOTICE_PRINTER_STOPPED;
    /* While the printer goes on */
    if (spoc_event_severity_by(event, event->job_state_reasons, reasons) >=
        SPOC_EVENT_SEVERITY_ATTENTION)
        return SPOC_NOTICE_PRINTER_TROUBLE;
    if (event->printer_state == SPOC_PRINTER_IDLE)
        return SPOC_NOTICE_PRINTER_IDLE;
    return event->printer_state == SPOC_PRINTER_PROCESSING ? SPOC_NOTICE_PRINTER_PRINTING
                                                           : SPOC_NOTICE_PRINTER_STATE;
}

static SpocNoticeKind
job_kind(const SpocEvent *event)
{
    switch (event->kind) {
    case SPOC_EVENT_JOB_CREATED:
        /* Whatever its state says: lp makes a job first, held, and brings the document then. */
        return SPOC_NOTICE_JOB_QUEUED;
    case SPOC_EVENT_JOB_COMPLETED:
        /* The job of a lost printer can be said to have ended while it is in any state. */
        return event->job_state >= SPOC_JOB_CANCELED
                   ? job_state_kind(event->job_state, SPOC_NOTICE_JOB_ENDED)
                   : SPOC_NOTICE_JOB_ENDED;
    case SPOC_EVENT_JOB_STOPPED:
        return event->job_state >= SPOC_JOB_CANCELED
                   ? job_state_kind(event->job_state, SPOC_NOTICE_JOB_STOPPED)
                   : SPOC_NOTICE_JOB_STOPPED;
    case SPOC_EVENT_JOB_PROGRESS:
        return event->job_impressions_completed > 0 ? SPOC_NOTICE_JOB_PROGRESS
                                                    : SPOC_NOTICE_JOB_PRINTING;
    case SPOC_EVENT_JOB_CONFIG_CHANGED:
        return SPOC_NOTICE_JOB_CHANGED;
    default:
        return job_state_kind(event->job_state, SPOC_NOTICE_JOB_CHANGED);
    }
}

SpocNoticeKind
spoc_notice_kind(const SpocNotice *notice, char *const *printer_reasons)
{
    const SpocEvent *event = notice->event;
    if (notice->is_resolved)
        return SPOC_NOTICE_PRINTER_RESOLVED;
    if (spoc_event_is_job(event))
        return job_kind(event);
    switch (event->kind) {
    case SPOC_EVENT_PRINTER_ADDED:
        return SPOC_NOTICE_PRINTER_ADDED;
    case SPOC_EVENT_PRINTER_DELETED:
        return SPOC_NOTICE_PRINTER_DELETED;
    case SPOC_EVENT_PRINTER_CONFIG_CHANGED:
        return SPOC_NOTICE_PRINTER_CHANGED;
    case SPOC_EVENT_PRINTER_STATE_CHANGED:
        return printer_state_kind(event, printer_reasons);
    case SPOC_EVENT_PRINTER_STOPPED:
        return SPOC_NOTICE_PRINTER_STOPPED;
    case SPOC_EVENT_PRINTER_MEDIA_CHANGED:
        return SPOC_NOTICE_PRINTER_MEDIA;
    case SPOC_EVENT_PRINTER_FINISHINGS_CHANGED:
        return SPOC_NOTICE_PRINTER_FINISHINGS;
    case SPOC_EVENT_PRINTER_QUEUE_ORDER_CHANGED:
        return SPOC_NOTICE_PRINTER_ORDER;
    case SPOC_EVENT_PRINTER_RESTARTED:
        return SPOC_NOTICE_PRINTER_RESTARTED;
    case SPOC_EVENT_PRINTER_SHUTDOWN:
        return SPOC_NOTICE_PRINTER_SHUTDOWN;
    case SPOC_EVENT_SERVER_STARTED:
        return SPOC_NOTICE_SERVER_STARTED;
    case SPOC_EVENT_SERVER_STOPPED:
        return SPOC_NOTICE_SERVER_STOPPED;
    case SPOC_EVENT_SERVER_RESTARTED:
        return SPOC_NOTICE_SERVER_RESTARTED;
    case SPOC_EVENT_SERVER_AUDIT:
        return SPOC_NOTICE_SERVER_AUDIT;
    default:
        return SPOC_NOTICE_OTHER;
    }
}

SpocEventSeverity
spoc_notice_severity(const SpocNotice *notice, char *const *printer_reasons,
                     char *const *job_reasons)
{
    return notice->is_resolved
               ? SPOC_EVENT_SEVERITY_GOOD
               : spoc_event_severity_by(notice->event, job_reasons, printer_reasons);
}
