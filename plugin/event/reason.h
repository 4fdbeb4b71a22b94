/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   What a keyword of printer-state-reasons is worth. Pure.
 * SECURITY  Keywords are what a printer, a driver or anybody's filter says: of any length, with any
 *           characters, and compared as a whole.
 */
#pragma once

#include <glib.h>

/* How bad an event is, and with it the mail about it: from good news to bad */
typedef enum {
    SPOC_EVENT_SEVERITY_GOOD,
    SPOC_EVENT_SEVERITY_INFO,
    SPOC_EVENT_SEVERITY_ATTENTION, /* somebody should look at it */
    SPOC_EVENT_SEVERITY_FAULT,     /* something does not work */
} SpocEventSeverity;

/**
 * spoc_reason_severity:
 *
 * By its suffix, -error, -warning or -report (RFC 8011 5.4.12). A supply, a container or a part
 * that is low, almost full or nearly worn out is attention and one that is used up, full or worn
 * out a fault, whatever the suffix: CUPS says toner-low-report. Without a suffix what CUPS and
 * drivers say is information, but for what is known to stop a printer.
 */
SpocEventSeverity spoc_reason_severity(const char *keyword);

/* It comes and goes with each job, and says nothing of how a printer is. */
gboolean spoc_reason_is_passing(const char *keyword);

/* (transfer full): without the suffix that says how bad it is: "media-empty" of "media-empty-error"
 */
char *spoc_reason_base(const char *keyword);

/* By notifyReasons: the last entry that matches counts, "*" or a whole keyword, behind a "-" what
 * is left out. A list that begins with what is left out has all the others. @wanted:
 * NULL-terminated */
gboolean spoc_reason_is_wanted(const char *const *wanted, const char *keyword);
