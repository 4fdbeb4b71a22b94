/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   Reads Java properties as java.util.Properties.load() does: comments,
 *           separators, escapes, continuation lines; and mailto.conf(5). Pure: from bytes, no file.
 *
 * What differs from Java: UTF-8 first, with Latin-1 as what else it can be; a BOM is
 * skipped; unescaped blanks at the end of a value are dropped; a bad \uXXXX damages its
 * own entry alone.
 *
 * INPUT     Bytes of any kind.
 * ERRORS    SPOC_ERROR_LIMIT beyond a limit below, SPOC_ERROR_INVALID for UTF-16 and what is no
 *           text.
 * SECURITY  Values may be secrets: neither errors, warnings nor damages quote one.
 */
#pragma once

#include <glib.h>

#define SPOC_PROPERTIES_MAX_BYTES (1024 * 1024)
#define SPOC_PROPERTIES_MAX_LINE_BYTES (64 * 1024) /* of a logical line, continued ones joined */
#define SPOC_PROPERTIES_MAX_KEYS 4096

/**
 * SpocProperty:
 * @key: valid UTF-8, not empty, without NUL
 * @value: valid UTF-8; "" when nothing stands there
 * @line: where it begins, from 1
 * @damage: (nullable): why the value cannot be used: "has a malformed \u escape"
 */
typedef struct {
    char *key;
    char *value;
    guint line;
    char *damage;
} SpocProperty;

/**
 * SpocPropertyWarning:
 * @line: from 1
 * @text: one line, no value in it
 */
typedef struct {
    guint line;
    char *text;
} SpocPropertyWarning;

/**
 * SpocProperties:
 * @entries: (element-type SpocProperty): each key once, in the order of the lines that count
 * @warnings: (element-type SpocPropertyWarning)
 */
typedef struct {
    GPtrArray *entries;
    GPtrArray *warnings;
} SpocProperties;

/**
 * spoc_properties_parse:
 * @bytes: (array length=length): a whole file
 *
 * Returns: (transfer full): freed with spoc_properties_free(), or NULL with @error set
 */
SpocProperties *spoc_properties_parse(const char *bytes, gsize length,
                                      GError **error) G_GNUC_WARN_UNUSED_RESULT;

void spoc_properties_free(SpocProperties *properties);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SpocProperties, spoc_properties_free)

/* In CUPS_SERVERROOT, beside cupsd.conf */
#define SPOC_MAILTO_FILE "mailto.conf"

/**
 * spoc_mailto_parse:
 * @bytes: (array length=length): the whole file
 *
 * Reads mailto.conf(5), the configuration of CUPS's own mailto notifier, as if it were written in
 * our keys: lines "Directive value" as cupsd reads its own files, names in any case; "#" begins a
 * comment unless a backslash stands before it. Cc becomes notifyCc, From mailfrom, Subject
 * notifySubjectPrefix, SMTPServer mailserver; the last line of each counts, and the last of
 * SMTPServer and Sendmail. No command is started: with Sendmail mailserver is localhost, with a
 * warning. The values are checked later, like those of spoc.conf.
 *
 * Returns: (transfer full): our keys with the lines of mailto.conf, and warnings; or NULL with
 *   @error set, as of spoc_properties_parse()
 */
SpocProperties *spoc_mailto_parse(const char *bytes, gsize length,
                                  GError **error) G_GNUC_WARN_UNUSED_RESULT;
