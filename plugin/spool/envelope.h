/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   The bytes of an envelope's file. The format is described at the top of
 *           envelope.c. Private to the layer.
 * SECURITY  Parsing takes any bytes; what is not exactly an envelope is SPOC_ERROR_CORRUPT.
 */
#pragma once

#include "spool/message.h"

/* SPOC_ERROR_INVALID when a name or an address cannot be written on one line,
 * SPOC_ERROR_LIMIT when something is too long or too many. Texts are made one line. */
GString *spoc_envelope_format(const SpocEnvelope *envelope,
                              GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Everything but next_attempt_unix_s, which is the file's modification time */
SpocEnvelope *spoc_envelope_parse(const char *text, gsize size,
                                  GError **error) G_GNUC_WARN_UNUSED_RESULT;
