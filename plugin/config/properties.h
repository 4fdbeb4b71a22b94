/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   Reads Java properties as java.util.Properties.load() does: comments,
 *           separators, escapes, continuation lines. Pure: from bytes, no file.
 *
 * What differs from Java: UTF-8 first, with Latin-1 as what else it can be; a BOM is
 * skipped; unescaped blanks at the end of a value are dropped; a bad \uXXXX damages its
 * own entry alone.
 *
 * INPUT     Bytes of any kind.
 * ERRORS    SPOC_ERROR_LIMIT beyond a limit below, SPOC_ERROR_INVALID for UTF-16.
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

/* For another format that says the same: an empty one, an entry (copied), a warning. */
SpocProperties *spoc_properties_new(void);
void spoc_properties_add(SpocProperties *properties, const char *key, const char *value,
                         guint line);
void spoc_properties_warn(SpocProperties *properties, guint line, const char *format, ...)
    G_GNUC_PRINTF(3, 4);
void spoc_properties_free(SpocProperties *properties);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SpocProperties, spoc_properties_free)
