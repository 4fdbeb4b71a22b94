/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   mailto.conf(5), the configuration of CUPS's own mailto notifier, read as if it were
 *           written in our keys. Pure.
 * INPUT     Lines "Directive value" as cupsd reads its own files: names in any case, "#" begins
 *           a comment unless a backslash stands before it.
 * ERRORS    SPOC_ERROR_LIMIT beyond a limit, SPOC_ERROR_INVALID for what is not text.
 * SECURITY  The values are checked like those of spoc.conf: nothing is believed here.
 */
#pragma once

#include "config/properties.h"

/* In CUPS_SERVERROOT, beside cupsd.conf */
#define SPOC_MAILTO_FILE "mailto.conf"

/**
 * spoc_mailto_parse:
 * @bytes: (array length=length): the whole file
 *
 * Cc becomes notifyCc, From mailfrom, Subject notifySubjectPrefix, SMTPServer mailserver; the last
 * line of each counts, and the last of SMTPServer and Sendmail. No command is started here: with
 * Sendmail mailserver is localhost, with a warning.
 *
 * Returns: (transfer full): our keys with the lines of mailto.conf, and warnings; or NULL with
 *   @error set
 */
SpocProperties *spoc_mailto_parse(const char *bytes, gsize length,
                                  GError **error) G_GNUC_WARN_UNUSED_RESULT;
