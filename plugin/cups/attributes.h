/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  What cupsd says of a subscription, of a job, and of a printer and its job.
 */
#pragma once

#include "event/subscription-match.h"

typedef struct {
    SpocSubscriptionStatus status;
    gint job_id;
    char *printer_uri; /* (nullable) */
    char *subscriber;  /* (nullable): who made it, if cupsd says */
    char *why;         /* (nullable): UNREACHABLE: the reason */
} SpocSubscriptionAnswer;

typedef struct {
    char *owner;           /* (nullable): job-originating-user-name; NULL: CUPS does not say */
    char *title;           /* (nullable): job-name */
    char *uuid;            /* (nullable): job-uuid */
    gint64 learned_unix_s; /* when CUPS said so */
} SpocJobAttributes;

void spoc_job_attributes_free(SpocJobAttributes *attributes);

/* Where a queue's documents go */
typedef enum {
    SPOC_DEVICE_UNKNOWN, /* CUPS could not say */
    SPOC_DEVICE_OTHER,   /* a printer, a class, or no queue that CUPS knows */
    SPOC_DEVICE_OURS,    /* our backend: what is printed there is mailed */
} SpocDevice;

/* What CUPS says now about a printer, and about a job when there is one. Texts are one bounded
 * line (spoc_text_line()), reasons are keywords. CUPS 2.4 clears printer_message when a job
 * ends, even when that stops the printer, and may leave processing-to-stop-point as the reason
 * of a job that is done. */
typedef struct {
    char *printer_info;             /* (nullable): its description */
    char *printer_location;         /* (nullable) */
    char *printer_message;          /* (nullable): printer-state-message, the printer's own words */
    gint printer_state;             /* RFC 8011 5.4.11; 0: not known */
    char **printer_state_reasons;   /* never NULL; "none" is left out */
    gint printer_is_accepting_jobs; /* -1: not known */
    gboolean is_class;
    SpocDevice device;
    gint job_state;           /* RFC 8011 5.3.7; 0: not known or no job */
    char **job_state_reasons; /* never NULL; "none" is left out */
    char *job_message;        /* (nullable): job-printer-state-message */
    gint job_impressions;     /* -1: not said, as the next two */
    gint job_impressions_completed;
    gint job_sheets_completed;
} SpocStateAttributes;

/* All unknown */
SpocStateAttributes *spoc_state_attributes_new(void);
SpocStateAttributes *spoc_state_attributes_copy(const SpocStateAttributes *attributes);
void spoc_state_attributes_free(SpocStateAttributes *attributes);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SpocStateAttributes, spoc_state_attributes_free)
