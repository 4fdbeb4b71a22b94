/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   The text of a setting becomes a value of its option's type. Pure.
 * ERRORS    SPOC_ERROR_INVALID: "'TEXT' WHY; accepted: WHAT".
 * OWNERSHIP A SpocValue owns what is in it; spoc_value_clear() frees that.
 * SECURITY  An error never quotes the text of a secret. No value has a line break or
 *           another control character in it: it could end an SMTP command or a header.
 */
#pragma once

#include "config/option.h"

#define SPOC_VALUE_MAX_ENTRIES 256 /* of a list */

/**
 * SpocValue:
 * @text: as written, in canonical form (SSL/TLS becomes SSL_TLS); "" for empty
 * @integer: SPOC_TYPE_INTEGER; 0 or 1 for SPOC_TYPE_BOOLEAN; the place among the choices;
 *   milliseconds for SPOC_TYPE_DURATION; the port of a SPOC_TYPE_SERVER, 0 where none is named
 * @list: (nullable): SPOC_TYPE_LIST: NULL-terminated
 * @name: (nullable): of a SPOC_TYPE_MAILBOX
 * @address: (nullable): likewise; @text has both. The host of a SPOC_TYPE_SERVER
 * @durations_ms: (nullable) (array length=duration_count): SPOC_TYPE_DURATIONS
 */
typedef struct {
    char *text;
    gint64 integer;
    char **list;
    char *name;
    char *address;
    gint64 *durations_ms;
    gsize duration_count;
} SpocValue;

/**
 * spoc_value_parse:
 * @text: not empty; blanks at both ends do not count, except in a SPOC_TYPE_STRING
 * @value: (out caller-allocates): set only on success
 */
gboolean spoc_value_parse(const SpocOption *option, const char *text, SpocValue *value,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Nothing there: "", an empty list. */
void spoc_value_set_empty(const SpocOption *option, SpocValue *value);

/* A list of entries that are known to be good. */
void spoc_value_set_list(SpocValue *value, const char *const *entries);
void spoc_value_clear(SpocValue *value);

/* (transfer full): what the option accepts, in words: "a whole number from 1 to 65535" */
char *spoc_value_accepted(const SpocOption *option);
